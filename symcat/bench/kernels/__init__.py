"""Compiled training on the clock, beside the same work in other libraries, each at its own best setting."""
