"""The flow of a rule as its steps vanish, and the square of the flow under changes of each coordinate, p[i] -> phi_i(p[i]).

The rate goes to 0 with a number eta, and with it the forgetting of averages, 1 - b = eta times a speed; where a rule divides by
1 - b^t the averages keep their b.  At eta = 0 each output has a value and a rate.  For phi with the derivatives d > 0 and e at the
point, an array that moves by d^k on one axis goes to x~ = d^k x, and its rate to

    x~' = d^k x' + k d^(k-1) e p' x

whose second term is what plain momentum lacks.  A point among the states has derivatives of its own; they keep the order of the line.

A flow's square involves phi through its first and second derivatives only.  Those of linear maps and of maps of single coordinates
generate, by composition, those of all smooth changes of coordinates that keep the orientation: a flow that is natural under both is
natural under every such change.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from symcat.category.evaluate import Evaluation, generic_inputs
from symcat.category.expression import At, Bracket
from symcat.category.functions import FUNCTIONS, absolute, equal, maximum, minimum, relu, sign, step
from symcat.category.hyper import Hyper
from symcat.category.morphism import Builder, Morphism
from symcat.category.objects import SYMBOLIC
from symcat.category.space import Real, Space, Wire, unused
from symcat.category.trace import apply, trace
from symcat.derivative.forward import D
from symcat.errors import SymcatError
from symcat.laws.claim import Equation
from symcat.laws.naturality.families import diagonal_scaling
from symcat.laws.naturality.functors import Transport
from symcat.laws.naturality.inference import inferred
from symcat.laws.premises import suppose
from symcat.learn.optimisers import Optimiser

RATES = ("lr", "learning_rate", "rate", "step_size")
NATURAL = ("loss", "optimum", "hessian", "hessian_diagonal", "metric", "cometric", "christoffel", "jacobian")
KINKED = (relu, step, absolute, sign, maximum, minimum)
Array = Any     # traced


@dataclass(frozen=True)
class Flow:
    """A rule with its rate, and the forgetting of its averages unless `fixed`, going to 0 with eta, which is its last input."""

    rule: Optimiser
    fixed: bool = False

    @property
    def memories(self) -> tuple[Hyper, ...]:
        """The hyperparameters between 0 and 1 that stand for averages."""
        return tuple(row for row in self.rule.hypers if (row.low, row.high, row.open_low, row.open_high) == (0, 1, False, True))

    @cached_property
    def morphism(self) -> Morphism:
        """(p, g, data, states, eta) -> (p, states)."""
        step = self.rule.step()
        names = [row.name for row in self.rule.hypers if row.symbol in step.hypers or row.name in RATES]
        slow = [] if self.fixed else [row.name for row in self.memories]
        given: dict[str, object] = {row.name: row for row in self.rule.hypers} | dict(self.rule.fixed)
        taken = [*given, *step.dom.names]
        given |= {name: Hyper(unused(f"speed_{name}", taken), low=sp.S.Zero, open_low=True) for name in slow}

        def stepped(*arrays: Array, **hypers: Array) -> object:
            *point, eta = arrays
            for name in hypers:
                hypers[name] = hypers[name] * eta if name in RATES else 1 - hypers[name] * eta if name in slow else hypers[name]
            return self.rule.rule(*point, **hypers)

        keywords = [p for p in inspect.signature(self.rule.rule).parameters.values() if p.kind is p.KEYWORD_ONLY]
        stepped.__signature__ = inspect.Signature([inspect.Parameter("arrays", inspect.Parameter.VAR_POSITIONAL), *keywords])
        dom = step.dom * Space((("eta", Wire(Real, ())),))
        hypers = {p.name: given[p.name] for p in keywords if p.name in names or p.name in self.rule.fixed or p.name in given}
        return trace(stepped, dom, hypers=hypers, names=step.cod.names)

    @property
    def moves(self) -> bool:
        """Whether the rule has a rate and stays where it is at eta = 0."""
        if not any(row.name in RATES for row in self.rule.hypers):
            return False
        point = self._at_rest()
        return point is not None and all(sp.expand(entry) == 0 for entry in (point[0][0] - point[1]).ravel())

    @property
    def regular(self) -> bool:
        """Whether the rule is defined at eta = 0, and has a derivative there: lr |g| and sign(lr g) have none."""
        return self._at_rest() is not None

    def _at_rest(self) -> tuple[list[np.ndarray], np.ndarray] | None:
        """The outputs at eta = 0 for two coordinates of symbols, and the parameter there."""
        sizes = dict.fromkeys(self.morphism.dims, 2)
        inputs = generic_inputs(self.morphism, sizes)
        inputs[-1] = np.array(sp.S.Zero)
        hypers = {symbol: sp.Symbol(symbol.name, positive=True) for symbol in self.morphism.hypers}
        try:
            run = Evaluation(self.morphism, inputs, sizes, hypers, SYMBOLIC)
            return None if _bends(run) else (run.outputs(), inputs[0])
        except SymcatError:
            return None

    def value_and_rate(self, *point: Array) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        """The outputs at eta = 0, and their derivatives in eta there, on traced arrays."""
        still = 0 * point[-1]
        zero = np.sum(still) if np.ndim(still) else still
        values = apply(self.morphism, *point, zero)
        rates = apply(D(self.morphism), *point, zero, *(0 * one for one in point), 1 + zero)
        return tuple(one if isinstance(one, tuple) else (one,) for one in (values, rates))


def flow_of(rule: Optimiser) -> Flow | None:
    """The flow of a rule of vectors whose gradient is taken at the parameter; None where it has none."""
    if rule.look or len(rule.shape) != 1 or any(row.kind not in NATURAL for row in rule.data):
        return None
    flow = Flow(rule)
    if not flow.memories or not flow.regular:
        flow = Flow(rule, fixed=True)
    return flow if flow.moves else None


def _bends(run: Evaluation) -> bool:
    """Whether some function of a run is at its kink, or a maximum is tied, whatever the inputs are."""
    for node in run.f.nodes:
        calls = sorted(node.body.atoms(*KINKED), key=sp.default_sort_key)
        places = [kink for call in calls for kink in FUNCTIONS[type(call)].kinks(*call.args)]
        places += [a - b for call in node.body.atoms(equal) for a, b in [call.args]]
        places += [call.args[0] for call in node.body.atoms(Bracket) if call.has(At)]
        if any(sp.expand(value) == 0 for place in places for value in np.ravel(run.over(node, place))):
            return True
        if node.op == "max" and _tied(run.over(node, node.body), len(node.shape)):
            return True
    return False


def _tied(values: np.ndarray, rank: int) -> bool:
    rows = values.reshape(int(np.prod(values.shape[:rank], dtype=int)), -1)
    return any(sp.expand(row[k] - other) == 0 for row in rows for k in range(len(row)) for other in row[:k])


def along_coordinates(rule: Optimiser) -> dict[str, Transport]:
    """How each state moves: points as phi says, others by the powers with which they move when coordinates are scaled."""
    scaled = inferred(rule, *diagonal_scaling(rule.wire)).found
    return {row.name: Transport(point=True) if row.functor == "point" else scaled[row.name].transport for row in rule.states}


def words(flow: Flow) -> str:
    """What goes to 0, for statements."""
    kept = ", averages keeping their memory in steps" if flow.fixed and flow.memories else ""
    slow = "" if flow.fixed or not flow.memories else " and the forgetting of averages with it"
    return f"as the rate goes to 0{slow}{kept}, the flow commutes with p[i] -> phi_i(p[i]) for all smooth phi_i with phi_i' > 0"


@dataclass(frozen=True)
class Bent:
    """Derivatives of phi at the parameter, and at the points among the states, on traced arrays."""

    first: Array
    second: Array

    def power(self, x: Array, transport: Transport, sign: int) -> Array:
        """x times d^(sign k) on each axis."""
        for axis, k in transport.blocks:
            x = x * self._on(self.first ** (sign * k), axis, np.ndim(x))
        return x

    def turned(self, rate: Array, value: Array, speed: Array, transport: Transport) -> Array:
        """The rate of d^k x, for a parameter that moves with a speed."""
        found = self.power(rate, transport, 1)
        for axis, k in transport.blocks:
            found = found + self.power(value, transport, 1) * self._on(k * self.second * speed / self.first, axis, np.ndim(value))
        return found

    def pulled(self, kind: str, x: Array, gradient: Array) -> Array:
        """A datum on the source's side from that on the target's; `gradient` is the target's."""
        d, e = self.first, self.second
        match kind:
            case "hessian":
                return x * d[:, None] * d[None, :] + np.diag(gradient * e)
            case "hessian_diagonal":
                return x * d**2 + gradient * e
            case "metric":
                return x * d[:, None] * d[None, :]
            case "cometric":
                return x / (d[:, None] * d[None, :])
            case "jacobian":
                return x * d[None, :]
            case "christoffel":
                own = np.diag(np.ones_like(d))
                return x * d[None, :, None] * d[None, None, :] / d[:, None, None] + own[:, :, None] * own[None] * (e / d)[:, None, None]
        return x

    def _on(self, factor: Array, axis: int, rank: int) -> Array:
        return factor[(None,) * axis + (slice(None),) + (None,) * (rank - axis - 1)]


def flow_square(flow: Flow, given: Mapping[str, Transport] | None = None) -> tuple[Equation, ...]:
    """The equations of the flow's square, at every size: the parameter's velocity, then the value and the rate of each state.

    The inputs are the source's parameter and points, the target's parameter q, secants of phi from the parameter to the points, and the
    target's gradient, data and states.
    """
    rule = flow.rule
    step, transports = rule.step(), along_coordinates(rule) if given is None else given
    points = [row.name for row in rule.states if transports[row.name].point]
    inner = step.dom
    dom = Space((("d", rule.wire), ("e", rule.wire), ("q", rule.wire), *inner)) * Space(tuple(
        (f"{kind}_{name}", rule.wire) for name in points for kind in ("d", "secant")))
    conditions = [sp.Symbol("d", real=True) > 0, *_monotonic(points)]

    def sides(*arrays: Array) -> tuple[list[Array], list[Array]]:
        named = dict(zip(dom.names, arrays, strict=True))
        bent = Bent(named["d"], named["e"])
        g, p = named[inner.names[1]], named[inner.names[0]]
        data = [bent.pulled(row.kind, named[row.name], g) for row in rule.data]
        states = [named[name] if name in points else bent.power(named[name], transports[name], -1) for name in rule.state_names]
        source, rates = flow.value_and_rate(p, g * bent.first, *data, *states)
        far = [named["q"] + named[f"secant_{name}"] * (named[name] - p) if name in points else named[name] for name in rule.state_names]
        target, moves = flow.value_and_rate(named["q"], g, *(named[row.name] for row in rule.data), *far)
        left, right = [bent.first * rates[0]], [moves[0]]
        for name, value, rate, there, moved in zip(rule.state_names, source[1:], rates[1:], target[1:], moves[1:], strict=True):
            if name in points:
                left, right = [*left, named[f"d_{name}"] * rate], [*right, moved]
                continue
            left += [bent.power(value, transports[name], 1), bent.turned(rate, value, rates[0], transports[name])]
            right += [there, moved]
        return left, right

    both = trace(lambda *arrays: [one for side in sides(*arrays) for one in side], dom)
    both = suppose(both, conditions)
    count = len(both.outs) // 2
    return tuple(Equation(_only(both, k), _only(both, count + k)) for k in range(count))


def _only(f: Morphism, position: int) -> Morphism:
    build = Builder()
    return build.build([build.call(f, build.inputs(f.dom))[position]], f.cod.names[position:position + 1])


def _monotonic(points: Sequence[str]) -> list[sp.Basic]:
    """Derivatives and secants of increasing functions are positive; points other than the parameter, so that both are free."""
    symbol: Callable[[str], sp.Symbol] = lambda name: sp.Symbol(name, real=True)
    p, q = symbol("p"), symbol("q")
    rows = [relation for name in points
            for relation in (symbol(f"d_{name}") > 0, symbol(f"secant_{name}") > 0, sp.Ne(symbol(name), p))]
    target = {name: q + symbol(f"secant_{name}") * (symbol(name) - p) for name in points}
    for k, name in enumerate(points):
        rows += [(symbol(name) - symbol(other)) * (target[name] - target[other]) > 0 for other in points[:k]]
    return rows
