"""Which transport each state has: its declared functor, or the one that a few steps of two runs show.

The rule is run from the two ends of a map, in floating point, with the gradients and data of the one end those of the other; a
state's transport is the candidate that takes the one run's state to the other's.  A coincidence of floats proves nothing: what is
found is part of the law's statement, and the law is decided with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import sympy as sp

from symcat.category.evaluate import evaluate
from symcat.category.morphism import Builder, Morphism
from symcat.category.sizes import size_of
from symcat.category.space import Space, Wire
from symcat.errors import SymcatError
from symcat.laws.naturality.families import APART, FIRST, Family
from symcat.laws.naturality.functors import STILL, Transport, candidates, declared
from symcat.laws.naturality.squares import brought
from symcat.learn.optimisers import Optimiser

STEPS = 3
TOLERANCE, TINY = 1e-7, 1e-12
STARTS = (0, 1, -1, 2, -2)      # powers by which an initial value that is a number is tried
GIVEN = {"scale": 1.7, "half": 0.4, "cosine": 0.6, "shear": 0.7}


@dataclass(frozen=True)
class Found:
    """A state's transport and how it was found: declared, inferred, none where no candidate goes with the state's own steps, or any
    where all do, since the state stays 0."""

    transport: Transport
    how: str


@dataclass(frozen=True)
class Inferred:
    """The transport of each state, whether parameter and states of the two runs go together at every step, or surely do not."""

    found: Mapping[str, Found]
    together: bool
    apart: bool


def transports(rule: Optimiser, family: Family, wire: Wire | None = None) -> dict[str, Found]:
    """The transport of each state along a family.

    >>> from symcat.laws.naturality.families import uniform_scaling
    >>> from symcat.learn.optimisers import adam
    >>> {name: found.transport.blocks for name, found in transports(adam, *uniform_scaling(adam.wire)).items()}
    {'m': ((0, -1),), 'v': ((0, -2),), 't': ()}
    """
    return dict(inferred(rule, family, wire).found)


def inferred(rule: Optimiser, family: Family, wire: Wire | None = None) -> Inferred:
    """The transports that make the two runs go together for longest, whatever initial values that are numbers become."""
    wire = wire or rule.wire
    known = {row.name: Found(moved, "declared") for row in rule.states
             if row.functor is not None and (moved := declared(row.functor, family, wire)) is not None}
    runs = _Runs(rule, family, wire)
    best: dict[str, Found] = {}
    highest, full = (-1, 0), (len(rule.states), STEPS * (1 + len(rule.states)))
    for powers in _initial_powers(rule, family, runs.fixed):
        for emptied in (False, True) if runs.fixed or (runs.numbers and not any(powers.values())) else (False,):
            found, score = runs.judge(powers, known, emptied)
            if score > highest:
                best, highest = found, score
        if highest == full:
            break
    whole = highest[1] == full[1]
    return Inferred({name: best[name] for name in rule.state_names}, whole, not whole and runs.defined())


def _initial_powers(rule: Optimiser, family: Family, fixed: Sequence[int]) -> Iterator[Mapping[str, int]]:
    """How initial values that are fixed, other than 0, are scaled: each of them by each power, under scalings alone."""
    free = [row.name for k, row in enumerate(rule.states) if family.kind in ("scale", "loss")
            and (k in fixed or (not callable(row.initial) and row.initial != 0))]
    for choice in product(STARTS, repeat=min(len(free), 3)):
        yield dict(zip(free, choice, strict=False))


class _Runs:
    """Two runs of a rule, from the two ends of a map."""

    def __init__(self, rule: Optimiser, family: Family, wire: Wire) -> None:
        self.rule, self.family, self.wire = rule, family, wire
        self.random = np.random.default_rng(1)
        self.dims = _sizes(rule, wire)
        self.hypers = {symbol: float(value) if value is not None else 0.5 for symbol, value in rule.assignment().items()}
        self.step, self.start = rule.step(wire), rule.start(wire)
        self.moves: dict[tuple[Wire, Transport], Morphism] = {}
        self.given = self._given()
        self.point = self._draw(wire, positive=family.kind == "chart")
        self.inputs = [self._inputs() for _ in range(STEPS)]

    def _draw(self, wire: Wire, positive: bool = False) -> np.ndarray:
        shape = tuple(size_of(extent, self.dims, "") for extent in wire.shape)
        drawn = self.random.uniform(0.5, 2, shape)
        return drawn if positive else drawn * self.random.choice((-1, 1), shape)

    def _given(self) -> dict[str, np.ndarray]:
        found = {}
        for name, shape, condition in self.family.action.inputs(self.family.extents(self.wire)):
            sized = tuple(size_of(extent, self.dims, "") for extent in shape)
            if name == "choice":
                found[name] = np.eye(sized[0])[::-1] if sized[0] < 3 else np.roll(np.eye(sized[0]), 1, axis=0)
            else:
                found[name] = np.asarray(GIVEN[name]) if name in GIVEN else self._draw(Wire(self.wire.base, shape), condition is not None)
        return found

    def _inputs(self) -> tuple[np.ndarray, list[np.ndarray]]:
        """A gradient and data for one step."""
        data = []
        for row in self.rule.data:
            array = self._draw(row.wire(self.wire), positive=row.kind in ("loss", "optimum", "hessian_diagonal"))
            if row.kind in ("hessian", "metric", "cometric"):
                size = int(np.sqrt(array.size))
                square = array.reshape(size, size)
                array = (square @ square.T + size * np.eye(size)).reshape(array.shape)
            data.append(array + 3 if row.kind == "loss" else array)
        return self._draw(self.wire), data

    @cached_property
    def fixed(self) -> tuple[int, ...]:
        """The states that start at something other than 0 that is no function of the parameter: the identity, say, or a small number.

        Numbers under scalings are not among them: `_initial_powers` scales these.
        """
        starts = list(zip(self._started(self.point), self._started(self.point + 1), strict=True))
        same = [bool(np.any(one) and np.array_equal(one, other)) for one, other in starts]
        numbers = self.family.kind not in ("scale", "loss")
        moves = [callable(row.initial) or (numbers and one.ndim > 0) for row, (one, _) in zip(self.rule.states, starts, strict=True)]
        return tuple(k for k in range(len(starts)) if same[k] and moves[k])

    @property
    def numbers(self) -> tuple[int, ...]:
        """Under scalings, the states that start at a number other than 0."""
        scaled = self.family.kind in ("scale", "loss")
        return tuple(k for k, row in enumerate(self.rule.states) if scaled and not callable(row.initial) and row.initial != 0)

    def defined(self) -> bool:
        """Whether all numbers of the two runs are finite."""
        return all(np.all(np.isfinite(array)) for run in self._states({}, False) for step in run for array in step)

    def judge(self, powers: Mapping[str, int], known: Mapping[str, Found], emptied: bool) -> tuple[dict[str, Found], tuple[int, int]]:
        """The transports that fit best, how many states have one, and at how many steps they and the parameter fit.

        `emptied` starts states near 0 that start at something fixed, which moves along no map.
        """
        first, second = self._states(powers, emptied)
        found = {}
        total = _agreeing([run[0] for run in second], [self._moved("p", self.family.point(), run[0], run[0]) for run in first])
        for k, name in enumerate(self.rule.state_names):
            tried = [known[name].transport] if name in known else candidates(self.family, self.wire, self.step.cod[k + 1])
            best, score = known[name].transport if name in known else self._unmatched(self.step.cod[k + 1]), 0
            for transport in tried:
                agrees = _agreeing([run[k + 1] for run in second], [self._moved(name, transport, run[k + 1], run[0]) for run in first])
                if agrees > score:
                    best, score = transport, agrees
            still = not any(np.any(run[k + 1]) for run in (*first, *second))
            found[name] = known.get(name) or Found(best, "any" if still else "inferred" if score else "none")
            total += score
        return found, (sum(one.how != "none" for one in found.values()), total)

    def _unmatched(self, wire: Wire) -> Transport:
        """What a square is written with for a state that nothing fits: covectors along a chart, else the state as it is."""
        return Transport(((0, -1),)) if self.family.kind == "chart" and wire == self.wire else STILL

    def _states(self, powers: Mapping[str, int], emptied: bool) -> tuple[list[list[np.ndarray]], list[list[np.ndarray]]]:
        """Parameter and states after each step, at both ends."""
        one = [self.point, *self._started(self.point)]
        other_point = self._moved("p", self.family.point(), self.point, self.point)
        other = [other_point, *self._started(other_point)]
        for k, name in enumerate(self.rule.state_names):
            if powers.get(name):
                other[k + 1] = other[k + 1] * GIVEN["scale"] ** powers[name]
        for k in (*self.fixed, *self.numbers) if emptied else ():
            one[k + 1], other[k + 1] = TINY * one[k + 1], TINY * other[k + 1]
        runs: tuple[list, list] = ([], [])
        program = brought(self.rule, self.family, self.wire)
        for gradient, data in self.inputs:
            ends = self._evaluate(program, [one[0], gradient, *data, *self.given.values()])
            half = len(ends) // 2
            one = self._evaluate(self.step, [one[0], *ends[:half], *one[1:]])
            other = self._evaluate(self.step, [other[0], *ends[half:], *other[1:]])
            runs[0].append(one)
            runs[1].append(other)
        return runs

    def _started(self, point: np.ndarray) -> list[np.ndarray]:
        return self._evaluate(self.start, [point]) if self.rule.states else []

    def _moved(self, name: str, transport: Transport, array: np.ndarray, point: np.ndarray) -> np.ndarray:
        """An array at the one end brought to the other."""
        wire = self.step.cod[self.step.cod.names.index(name)]
        if (wire, transport) not in self.moves:
            build = Builder()
            p, own = build.inputs(Space((("p", self.wire), ("own", wire))))
            site = self.family.site(build, self.wire)
            self.moves[wire, transport] = build.build([self.family.move(self.family.at(site, p), own, transport)])
        return self._evaluate(self.moves[wire, transport], [point, array, *self.given.values()])[0]

    def _evaluate(self, program: Morphism, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        with np.errstate(all="ignore"):
            try:
                return evaluate(program, inputs, self.dims, self.hypers)
            except (SymcatError, ZeroDivisionError):
                return [np.full(tuple(size_of(e, self.dims, "") for e in wire.shape), np.nan) for wire in program.cod.types]


def _sizes(rule: Optimiser, wire: Wire) -> dict[sp.Symbol, int]:
    """Small sizes, all different, of the dims of a parameter, and places of generators."""
    symbols = sorted({symbol for extent in wire.shape for symbol in extent.free_symbols}, key=lambda symbol: symbol.name)
    return {symbol: 3 + k for k, symbol in enumerate(symbols)} | {FIRST: 1, APART: 1}


def _agreeing(ours: Sequence[np.ndarray], theirs: Sequence[np.ndarray]) -> int:
    """The number of first steps at which two runs agree; an array that is 0 on both sides agrees with everything."""
    count = 0
    for left, right in zip(ours, theirs, strict=True):
        size = np.max(np.abs(left) + np.abs(right))
        if not (np.isfinite(size) and np.all(np.abs(left - right) <= TOLERANCE * size)):
            break
        count += 1
    return count
