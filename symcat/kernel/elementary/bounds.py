"""How far each element function may be from the exact value: the one place where it is stated.

A unit in the last place (ulp) is the distance of the floats around the exact value; where that is denormal, the smallest denormal.
`symcat bench elementary` measures these at every float32 and at ten million float64.
"""

from __future__ import annotations

from types import MappingProxyType

CORRECTLY_ROUNDED = 0.5
BOUNDS = MappingProxyType({
    "exp": 1.0, "expm1": 2.0, "log": 1.0, "log1p": 1.5, "tanh": 1.5, "sigmoid": 1.5, "softplus": 2.0,
    "sqrt": CORRECTLY_ROUNDED, "rsqrt": 1.5, "sin": 1.0, "cos": 1.0, "power": 1.0, "root": 1.0, "rational_power": 1.0,
})
# These choose, or change a sign, and round nothing.
EXACT = ("relu", "step", "absolute", "sign", "maximum", "minimum", "equal", "where", "pick", "nonneg", "zero")
