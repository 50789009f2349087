"""Finite bases: functions over Z2 by SAT with proofs that are replayed, over Z[n] by tables."""
