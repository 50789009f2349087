"""Expressions of the checker at points in floating point: what is certainly not so there need not be tried."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from symcat.checker.table import Expr, Table

CLOSE = 1e-9
FUNCTIONS: dict[str, Callable[[float], float]] = {
    "exp": math.exp, "log": math.log, "cos": math.cos, "sin": math.sin, "atan": math.atan, "asin": math.asin, "erf": math.erf,
    "tanh": math.tanh,
}


class Numeric:
    """The values of one table's kernels at points; nan where a kernel has none."""

    def __init__(self, table: Table, points: Sequence[Mapping[str, float]]) -> None:
        self.table, self.points = table, list(points)

    def signs(self, e: Expr) -> list[int | None]:
        """The signs of an expression at the points; None where floating point does not tell."""
        return [self._sign(e, point, {}) for point in self.points]

    def keep(self, e: Expr, allowed: Sequence[int]) -> None:
        """Forget the points at which an expression certainly has no such sign."""
        signs = self.signs(e)
        self.points = [p for p, s in zip(self.points, signs, strict=True) if s is None or s in allowed]

    def _sign(self, e: Expr, point: Mapping[str, float], memo: dict[int, float]) -> int | None:
        try:
            parts = self._parts(e, point, memo)
        except (ValueError, OverflowError, ZeroDivisionError):
            return None
        total, size = math.fsum(parts), math.fsum(map(abs, parts))
        if not math.isfinite(size):
            return None
        return 0 if abs(total) <= CLOSE * size else 1 if total > 0 else -1

    def _parts(self, e: Expr, point: Mapping[str, float], memo: dict[int, float]) -> list[float]:
        return [float(q) * math.prod(self._kernel(a, point, memo) ** k for a, k in factors) for (_, factors), q in e.items()]

    def _kernel(self, a: int, point: Mapping[str, float], memo: dict[int, float]) -> float:
        if a not in memo:
            memo[a] = self._value(self.table.things[a], point, memo)
        return memo[a]

    def _value(self, thing: tuple, point: Mapping[str, float], memo: dict[int, float]) -> float:
        match thing:
            case ("hyper", name):
                return point[name]
            case ("call", "pi", ()):
                return math.pi
            case ("call", function, (e,)):
                x = math.fsum(self._parts(self.table.thaw(e), point, memo))
                if function.startswith("root"):
                    return max(x, 0.0) ** (1 / int(function[4:])) if x > -CLOSE else math.nan
                return FUNCTIONS[function](x)
            case ("several", e) | ("cut", _, e, _):
                return math.fsum(self._parts(self.table.thaw(e), point, memo))
        raise ValueError(thing)
