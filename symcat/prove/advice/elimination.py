"""Contradictions between affine guards, by Fourier-Motzkin elimination with integer tightening, with the multipliers that show them."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd

from symcat.checker.forms import ZERO, Form, plus, tight

CAP = 400
Parts = list[list[int]]


def steps(rows: Sequence[Form]) -> list[Parts] | None:
    """Steps from rows, each "is at least 0", to a contradiction, as `contradiction` replays them; None when none is found.

    >>> steps([(0, ((0, 1),)), (-1, ((0, -1),))])
    [[[0, 1], [1, 1]]]
    """
    return Elimination(rows).run()


class Elimination:
    """Rows with where they come from."""

    def __init__(self, rows: Sequence[Form]) -> None:
        self.given = len(rows)
        self.rows, self.parts = list(rows), [None] * len(rows)

    def run(self) -> list[Parts] | None:
        system = [k if tight(row) == row else self.derive([[k, 1]]) for k, row in enumerate(list(self.rows))]
        while True:
            tightest = self._tightest(system)
            if isinstance(tightest, list):
                return self._history(self.derive(tightest))
            if not tightest or len(tightest) > CAP:
                return None
            system = self._eliminated(tightest)

    def derive(self, parts: Parts) -> int:
        """The number of a sum of rows with multipliers, divided by its content and rounded down."""
        total = ZERO
        for k, times in parts:
            total = plus(total, self.rows[k], times)
        self.rows.append(tight(total))
        self.parts.append(parts)
        return len(self.rows) - 1

    def _tightest(self, system: Sequence[int]) -> dict[tuple, int] | Parts:
        """The tightest row for each direction; the parts of a contradiction when there is one."""
        found: dict[tuple, int] = {}
        for k in system:
            constant, terms = self.rows[k]
            if not terms and constant < 0:
                return [[k, 1]]
            if terms and (terms not in found or constant < self.rows[found[terms]][0]):
                found[terms] = k
        for terms, k in found.items():
            against = found.get(tuple((v, -q) for v, q in terms))
            if against is not None and self.rows[k][0] + self.rows[against][0] < 0:
                return [[k, 1], [against, 1]]
        return found

    def _eliminated(self, system: dict[tuple, int]) -> list[int]:
        """The system without the variable whose elimination adds the fewest rows."""
        signs: dict[int, list[int]] = {}
        for terms in system:
            for v, q in terms:
                signs.setdefault(v, [0, 0])[q < 0] += 1
        chosen = min(signs, key=lambda v: (signs[v][0] * signs[v][1] - sum(signs[v]), v))
        coefficients = {k: dict(terms).get(chosen, 0) for terms, k in system.items()}
        lower = [k for k, q in coefficients.items() if q > 0]
        upper = [k for k, q in coefficients.items() if q < 0]
        rest = [k for k, q in coefficients.items() if not q]
        for low in lower:
            for high in upper:
                common = gcd(coefficients[low], coefficients[high])
                rest.append(self.derive([[low, -coefficients[high] // common], [high, coefficients[low] // common]]))
        return rest

    def _history(self, last: int) -> list[Parts]:
        """The steps that a row rests on, renumbered."""
        needed: set[int] = set()
        waiting = [last]
        while waiting:
            k = waiting.pop()
            if self.parts[k] is not None and k not in needed:
                needed.add(k)
                waiting += [j for j, _ in self.parts[k]]
        place = {k: self.given + position for position, k in enumerate(sorted(needed))}
        return [[[place.get(j, j), times] for j, times in self.parts[k]] for k in sorted(needed)]
