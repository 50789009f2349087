"""Forward and back together: lenses, the functor f -> (f, R[f]), and parametric maps."""
