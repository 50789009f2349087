"""Equality of real expressions: a normal form over kernels, cell by cell where expressions have switches."""
