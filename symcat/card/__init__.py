"""The law card of an optimiser: its laws, its group, its units, what it reduces to, where it is stable, and what is odd about it."""
