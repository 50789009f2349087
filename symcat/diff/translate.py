"""The hyperparameters with which rule b reproduces rule a, as formulas in those of a.

At several settings of a the values that b would need are found by Newton's method on the two paths, in floats; a product of powers
of hyperparameters h and of 1 - h that takes all of these values is a candidate, which an induction has yet to prove.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
import sympy as sp

from symcat.diff.pair import Pair, foreign
from symcat.diff.paths import Draw, Screen
from symcat.diff.states import power_product

DRAWS = 14
STEPS = 4
PATIENCE = 3        # rounds in which the gap was not halved
EXACT = 1e-10
STARTS = (1.0, 0.2, 4.0)
MOST = 2            # hyperparameters of b that differ from those of a at once

Translation = Mapping[sp.Symbol, sp.Expr]


def translations(pair: Pair, late: Callable[[], bool]) -> Iterator[Translation]:
    """Maps from hyperparameters of b, under their own names with `_b` behind, to formulas in those of a; the fewest first."""
    screen = Screen(pair, DRAWS + 1)
    symbols = [foreign(row.symbol) for row in pair.b.hypers]
    for count in range(1, MOST + 1):
        for chosen in combinations(symbols, count):
            if late():
                return
            found = _solved(screen, chosen)
            if found is not None:
                yield found


def _solved(screen: Screen, chosen: Sequence[sp.Symbol]) -> Translation | None:
    values = []
    for point in screen.points[1:]:
        found = _newton(screen, point, chosen)
        if found is None:
            return None
        values.append(found)
    mine = {row.symbol for row in screen.pair.a.hypers}
    factors = []
    for symbol, row in screen.pair.hypers.items():
        if symbol in mine:
            own = np.array([point.hypers[symbol] for point in screen.points[1:]])
            factors += [(symbol, own), *([(1 - symbol, 1 - own)] if row.high == 1 else [])]
    table = np.array(values)
    formulas = {}
    for k, symbol in enumerate(chosen):
        direct, opposite = power_product(table[:, k], factors), power_product(1 - table[:, k], factors)
        formula = direct if direct is not None else None if opposite is None else 1 - opposite
        if formula is None or formula == screen.pair.align[symbol]:
            return None
        formulas[symbol] = formula
    return formulas


def _newton(screen: Screen, point: Draw, chosen: Sequence[sp.Symbol]) -> np.ndarray | None:
    """The values of some of b's hyperparameters at which its path is a's, at one point; None when none are found."""
    wanted = _path(screen, 0, point, {})
    if not np.isfinite(wanted).all():
        return None
    scale = np.abs(wanted - wanted[0]).max() + 1e-12

    def gap(values: np.ndarray) -> np.ndarray:
        return (_path(screen, 1, point, dict(zip(chosen, map(sp.Float, values), strict=True))) - wanted) / scale
    for factor in STARTS:
        x = np.array([factor * screen.hypers(point, {}).get(screen.pair.align[s], 0.5) for s in chosen])
        best, stalled = np.inf, 0
        while stalled < PATIENCE:
            here = gap(x)
            size = np.abs(here).max()
            if not np.isfinite(size):
                break
            if size < EXACT:
                return x
            best, stalled = (size, 0) if size < best / 2 else (best, stalled + 1)
            step = 1e-6 * np.abs(x) + 1e-9
            slopes = np.column_stack([(gap(x + step[k] * np.eye(len(x))[k]) - here) / step[k] for k in range(len(x))])
            if not np.isfinite(slopes).all():
                break
            x = x - np.linalg.lstsq(slopes, here, rcond=None)[0]
    return None


def _path(screen: Screen, side: int, point: Draw, premises: Mapping[sp.Symbol, sp.Expr]) -> np.ndarray:
    run = screen.run(side, point, premises, False, STEPS)
    return np.concatenate([out.ravel() for outs in run.outputs for out in outs])
