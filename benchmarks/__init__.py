"""Speed of deltarule beside that of the best other libraries, measured in the same run: python -m benchmarks --help."""
