"""The provers measured: goals from a seed beside SymPy, proofs for all sizes, and the whole campaign."""
