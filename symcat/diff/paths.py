"""Parameter paths of two machines in floats: a quick look at whether they agree, which proves and refutes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np
import sympy as sp

from symcat.category import functions as fn
from symcat.category.evaluate import Evaluation, Prepared
from symcat.category.expression import Bracket, Delta, scalar
from symcat.category.hyper import Hyper
from symcat.category.morphism import Morphism
from symcat.category.scalars import FLOAT
from symcat.diff.pair import Pair
from symcat.errors import DomainError
from symcat.laws.induction import Machine

STEPS = 12
QUICK = 4
SIZE = 5
TOLERANCE = 1e-7


@dataclass(frozen=True)
class Draw:
    """One point: hyperparameters, the factor by which the rate varies at each step, sizes, the parameter and the inputs."""

    hypers: Mapping[sp.Symbol, float]
    factors: Sequence[float]
    dims: Mapping[str, int]
    start: np.ndarray
    inputs: Sequence[Sequence[np.ndarray]]


@dataclass(frozen=True)
class Run:
    """What a machine did: outputs of each step, and its states before the first step and after each."""

    outputs: list[list[np.ndarray]]
    states: list[list[np.ndarray]]


class Screen:
    """The machines of a pair at some points, the first of them with the rules' defaults."""

    def __init__(self, pair: Pair, draws: int = 3) -> None:
        self.pair = pair
        raw = pair.raw(pair.wire)
        self.programs = [(Prepared(one.start), Prepared(one.step)) for one in raw]
        self.machines = raw
        self.points = [self._draw(seed) for seed in range(draws)]

    def agree(self, premises: Mapping[sp.Symbol, sp.Expr] | None = None, varying: bool = False, quick: bool = False) -> bool | None:
        """Whether the paths agree at all points; None when no step was defined on both sides."""
        found = None
        for point in self.points[1:2] if quick else self.points:
            here = self.compared(point, premises or {}, varying, QUICK if quick else STEPS)
            if here is False:
                return False
            found = found or here
        return found

    def switches(self) -> bool:
        """Whether a rule asks for the order of numbers that all entries share, such as a count of steps."""
        return any(not node.shape and node.body.has(Bracket, Delta, fn.step, fn.equal) for one in self.machines for node in one.step.nodes)

    def parting(self, steps: int) -> int | None:
        """The first of many steps after which the paths differ at a point; None when they do not."""
        found = []
        for point in self.points:
            longer = replace(point, inputs=[point.inputs[k % STEPS] for k in range(steps)])
            runs = [self.run(side, longer, {}, False, steps).outputs for side in (0, 1)]
            unlike = (k for k, rows in enumerate(zip(*runs, strict=True), 1) if any(_unlike(x, y) for x, y in zip(*rows, strict=True)))
            found.append(next(unlike, None))
        return min((k for k in found if k is not None), default=None)

    def moves(self, premises: Mapping[sp.Symbol, sp.Expr]) -> bool:
        """Whether the parameter moves under premises: rules that stand still are alike for a reason that says nothing."""
        for point in self.points[:2]:
            outputs = self.run(0, point, premises, False, QUICK).outputs
            finite = [x[np.isfinite(x)] for x in (np.broadcast_to(out[-1] - point.start, point.start.shape) for out in outputs)]
            if any(np.any(np.abs(x) > 0) for x in finite):
                return True
        return False

    def defined_apart(self) -> bool:
        """Whether one path is defined where the other is not: at the points, or with gradients that are 0 at first or at all."""
        for point in self.points[:2]:
            zero = [[np.zeros_like(x) for x in row] for row in point.inputs]
            for inputs in (point.inputs, [zero[0], *point.inputs[1:]], zero):
                outputs = [self.run(side, replace(point, inputs=inputs), {}, False, STEPS).outputs for side in (0, 1)]
                for rows in zip(*outputs, strict=True):
                    if any(np.any(np.isfinite(x) != np.isfinite(y)) for x, y in zip(*rows, strict=True)):
                        return True
        return False

    def compared(self, point: Draw, premises: Mapping[sp.Symbol, sp.Expr], varying: bool, steps: int) -> bool | None:
        runs = [self.run(k, point, premises, varying, steps) for k in (0, 1)]
        defined = False
        for left, right in zip(runs[0].outputs, runs[1].outputs, strict=True):
            for x, y in zip(left, right, strict=True):
                both = np.isfinite(x) & np.isfinite(y)
                defined |= bool(both.any())
                if _unlike(x, y):
                    return False
        return True if defined else None

    def run(self, side: int, point: Draw, premises: Mapping[sp.Symbol, sp.Expr], varying: bool, steps: int) -> Run:
        """One machine from the point's parameter along its inputs."""
        start, step = self.programs[side]
        machine: Machine = self.machines[side]
        count = len(machine.states)
        values = self._values(side, point, premises, 1.0)
        with np.errstate(all="ignore"):
            states = Evaluation(start, [point.start], point.dims, values, FLOAT).outputs()
            run = Run([], [states])
            for k in range(steps):
                if varying:
                    values = self._values(side, point, premises, point.factors[k])
                found = Evaluation(step, [*states, *point.inputs[k]], point.dims, values, FLOAT).outputs()
                states = found[:count]
                run.outputs.append([np.asarray(x, dtype=float) for x in found[count:]])
                run.states.append([np.asarray(x, dtype=float) for x in states])
        return run

    def hypers(self, point: Draw, premises: Mapping[sp.Symbol, sp.Expr], factor: float = 1.0) -> dict[sp.Symbol, float]:
        """The values of the aligned hyperparameters at a point, under premises."""
        base = dict(point.hypers)
        if self.pair.rate in base:
            base[self.pair.rate] *= factor
        for symbol, value in premises.items():
            base[symbol] = _number(value, base)
        return base

    def _values(self, side: int, point: Draw, premises: Mapping[sp.Symbol, sp.Expr], factor: float) -> dict[str, float]:
        base = self.hypers(point, premises, factor)
        if side == 0:
            return {s.name: value for s, value in base.items()}
        extra = {s: v for s, v in premises.items() if s in self.pair.align}
        return {s.name: _number(extra.get(s, self.pair.align[s]), base) for s in self.pair.align}

    def _draw(self, seed: int) -> Draw:
        random = Random(seed)
        hypers = {}
        for symbol, row in self.pair.hypers.items():
            own = float(row.default) if seed == 0 and row.default is not None else drawn(row, random)
            hypers[symbol] = own
        for symbol, value in self.pair.premises.items():
            hypers[symbol] = _number(value, hypers)
        step: Morphism = self.machines[0].step
        dims = {s.name: SIZE if self.pair.entrywise else 2 + k + seed % 2 for k, s in enumerate(step.dims)}
        shapes = [tuple(int(e.xreplace({s: sp.Integer(dims[s.name]) for s in e.free_symbols})) for e in wire.shape)
                  for wire in (self.machines[0].start.dom.types[0], *self.machines[0].inputs.types)]
        normal = np.random.default_rng(seed)
        draw = lambda shape: normal.uniform(0.2, 2.0, shape) * normal.choice([-1.0, 1.0], shape)
        start = draw(shapes[0])
        inputs = [[draw(shape) for shape in shapes[1:]] for _ in range(STEPS)]
        return Draw(hypers, [random.uniform(0.3, 1.7) for _ in range(STEPS)], dims, start, inputs)


def _unlike(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether two arrays differ by more than rounding where both are defined."""
    both = np.isfinite(x) & np.isfinite(y)
    x, y = x[both], y[both]
    return bool(np.any(np.abs(x - y) > TOLERANCE * (1e-6 + np.abs(x) + np.abs(y))))


def drawn(row: Hyper, random: Random) -> float:
    """A value inside the range of a hyperparameter, away from its ends."""
    if row.low is not None and row.high is not None:
        return float(row.low) + float(row.high - row.low) * random.uniform(0.3, 0.9)
    if row.low is not None:
        return float(row.low) + random.uniform(0.2, 0.8)
    if row.high is not None:
        return float(row.high) - random.uniform(0.2, 0.8)
    return random.choice([-1, 1]) * random.uniform(0.3, 1.3)


def _number(value: sp.Expr, base: Mapping[sp.Symbol, float]) -> float:
    value = scalar(value)
    if value.is_Symbol:
        return base[value]
    try:
        return float(value.subs(base))
    except TypeError as error:
        raise DomainError(f"{value} has no real value") from error
