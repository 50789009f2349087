"""Proofs for Coq: claims that are proved, as files that coqc checks."""
