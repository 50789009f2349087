"""Equality of programs for all sizes: an index normal form of sums of products over polyhedral ranges."""
