"""Element functions: worst errors over all float32 and many float64, and times beside NumPy and the C library."""
