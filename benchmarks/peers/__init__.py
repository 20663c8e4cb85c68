"""The other libraries, each used as one who knows it well would."""
