"""Folds in kernels: what a cell does for all steps at once leaves it, what remains becomes a loop over time."""
