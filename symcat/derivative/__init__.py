"""How morphisms are differentiated: the reverse derivative R, the forward derivative D from it, linear maps and daggers."""
