"""The flow of an optimiser as its steps vanish, as expressions in the entries of a few coordinates, and its naturality square."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import sympy as sp

from symcat.category.evaluate import evaluate, generic_inputs
from symcat.category.objects import SYMBOLIC
from symcat.category.space import Real, Space, Wire, dim
from symcat.category.trace import trace
from symcat.laws.jets import Connection, Jet, Matrix
from symcat.learn.optimisers import Optimiser

eta = sp.Symbol("eta", positive=True)
gamma, gamma2 = sp.symbols("gamma gamma2", real=True)
RATES = {"lr": eta, "b1": 1 - gamma * eta, "b2": 1 - gamma2 * eta}     # averages keep their memory as eta vanishes


@dataclass(frozen=True)
class Flow:
    """`inputs` are arrays of symbols for p, g, data and states; `rates` the expressions that each output moves by."""

    inputs: Mapping[str, np.ndarray]
    rates: Mapping[str, np.ndarray]

    def __call__(self, **values: object) -> dict[str, Matrix]:
        """The rates at a point: columns, matrices, tuples of matrices or expressions for the inputs; those not read are passed over."""
        place: dict[sp.Symbol, sp.Expr] = {}
        for name, given in values.items():
            if name not in self.inputs:
                continue
            entries = np.array([np.array(one) for one in given] if isinstance(given, tuple) else given, dtype=object)
            place |= dict(zip(self.inputs[name].ravel(), entries.ravel(), strict=True))
        return {name: Matrix([sp.sympify(one).xreplace(place) for one in array.ravel()]) for name, array in self.rates.items()}


def flow(rule: Optimiser, n: int) -> Flow:
    """The derivative in eta, at eta = 0, of one step on n coordinates, its hyperparameters depending on eta as RATES says."""
    step = rule.step(Wire(Real, (dim(n),)))
    inputs = generic_inputs(step)
    hypers = {row.symbol: RATES.get(row.name, row.symbol) for row in rule.hypers}
    slope = np.vectorize(lambda e: sp.diff(sp.sympify(e), eta).subs(eta, 0), otypes=[object])
    outputs = map(slope, evaluate(step, inputs, hypers=hypers, scalars=SYMBOLIC))
    return Flow(dict(zip(step.dom.names, inputs, strict=True)), dict(zip(step.cod.names, outputs, strict=True)))


def square(rule: Flow, phi: Jet, g: Matrix, m: Matrix, cometric: Matrix, upper: Connection, v: sp.Expr = sp.S.One) -> dict[str, Matrix]:
    """What each component of the flow exceeds that of the target's by, for tensors of the target.

    The parameter's velocity is pushed forward, the momentum's rate compared with J^T m~' + (d/dt J^T) m~, scalars as they are.
    """
    source = rule(g=phi.covector(g), m=phi.covector(m), C=phi.cometric(cometric), Gamma=phi.connection(upper), v=v)
    target = rule(g=g, m=m, C=cometric, Gamma=upper, v=v)
    found = {"p": phi.vector(source["p"]) - target["p"]}
    if "m" in source:
        found["m"] = source["m"] - phi.covector(target["m"]) - phi.drift(source["p"], m)
    return found | {name: source[name] - target[name] for name in source if name not in found}


def expressions(function: Callable, *matrices: Matrix) -> Matrix:
    """A function of arrays at matrices of expressions."""
    dom = Space(tuple((f"x{k}", Wire(Real, tuple(map(dim, one.shape)))) for k, one in enumerate(matrices)))
    (found,) = evaluate(trace(function, dom), [np.array(one, dtype=object) for one in matrices], scalars=SYMBOLIC)
    return Matrix(found.tolist())
