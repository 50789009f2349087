"""The bug zoo: documented discrepancies between implementations of optimisers, each a pair of rules with the relation it must get."""
