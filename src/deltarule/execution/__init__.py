"""Execution: ways to run a graph forward and backward."""
