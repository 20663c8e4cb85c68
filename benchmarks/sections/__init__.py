"""The sections of the benchmarks: each measures one thing, and writes it up."""
