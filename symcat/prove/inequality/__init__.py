"""Inequalities over the reals: exact certificates by sums of squares, Z3 where none is found, refutation at exact points."""
