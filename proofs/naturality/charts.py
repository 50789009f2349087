"""Natural by choice: frames in the state and charts of reference; a metric that comes with a model; paths of three exact steps.

The squares here are whole steps at every size, except for the paths: those compare three steps of an optimiser (of DoG two) with the
same steps after an affine change of coordinates, on the loss a^4/4 + a b + b^2 + a/3, with the gradients where the steps really are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp
from _scalars import FUNCTIONS, OURS, entrywise, identity

from symcat.category.evaluate import evaluate
from symcat.category.objects import SYMBOLIC
from symcat.category.space import Real, dims, space
from symcat.category.trace import apply, trace
from symcat.derivative.reverse import R
from symcat.laws.claim import Claim, Equation
from symcat.laws.jets import Matrix, jet
from symcat.learn.optimisers import (
    Optimiser,
    adam,
    adamw,
    dog,
    gradient_descent,
    momentum,
    momentum_ema,
    nat_adam,
    nat_gd,
    nat_heavy_ball,
    nesterov,
    prodigy,
    rmsprop,
    schedule_free,
    sign_descent,
)
from symcat.learn.optimisers.natural import in_chart, in_frame, with_connection, with_invariant_scalars, with_metric
from symcat.prove.field.read import read

n = dims("n")
NEAR = "near miss"


def equal(left: Callable, right: Callable, dom) -> tuple[Equation, ...]:
    return (Equation(trace(left, dom), trace(right, dom)),)


# ---- the natural optimisers are what the combinators make
def adam_of_square(p, g, square, m=0, v=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * square
    return p - lr * m / (np.sqrt(v) + eps), m, v


def built(rule: Optimiser, made: Optimiser) -> tuple[Equation, ...]:
    return (Equation(rule.step(Real[n]), made.step(Real[n])),)


MADE = (
    Claim("nat_gd", "nat_gd is descent with a metric", OURS, lambda: built(nat_gd, with_metric(gradient_descent))),
    Claim("nat_heavy_ball", "nat_heavy_ball is averaged momentum with a metric and a connection", OURS,
          lambda: built(nat_heavy_ball, with_connection(with_metric(momentum_ema)))),
    Claim("nat_heavy_ball, the other way round", "the same with the connection before the metric", NEAR,
          lambda: (Equation(nat_heavy_ball.step(Real[n]), reordered()),), "refuted"),
    Claim("nat_adam", "nat_adam is Adam without corrections, with a metric, a connection and one number for v", OURS,
          lambda: built(nat_adam, with_connection(with_metric(with_invariant_scalars(adam_of_square, ("v",)))))),
)


def reordered():
    """The connection sees the displacement before the metric turns it into a vector."""
    made = with_metric(with_connection(momentum_ema)).step(Real[n])
    return trace(lambda p, g, C, Gamma, m: apply(made, p, g, Gamma, C, m), nat_heavy_ball.step(Real[n]).dom)


# ---- a frame in the state: E -> A E, everything else as it is
def framed(rule: Optimiser, carry: Callable = lambda A, E: A @ E) -> tuple[Equation, ...]:
    """A step of the rule in a frame, then A, against A, then a step, for every matrix A and g = A^T g~."""
    ours = in_frame(rule)
    step, wires = ours.step(Real[n]), dict(zip(ours.state_names, ours.state_wires(Real[n]), strict=True))
    dom = space(A=Real[n, n], p=Real[n], g=Real[n], **wires)

    def left(A, p, g, E, *states):
        p, E, *states = apply(step, p, A.T @ g, E, *states)
        return A @ p, carry(A, E), *states

    def right(A, p, g, E, *states):
        return apply(step, A @ p, g, carry(A, E), *states)
    return equal(left, right, dom)


def first_frame(p):
    return apply(in_frame(gradient_descent).start(Real[n]), p)[0]


FRAMED = (gradient_descent, sign_descent, momentum, adam, adamw, rmsprop)
FRAMES = (
    *(Claim(f"in a frame, {rule.name}", f"{rule.name} in a frame is natural under every linear map, step by step", OURS,
            lambda rule=rule: framed(rule)) for rule in FRAMED),
    Claim("in a frame, start", "the first frame is natural: A 1 = 1", OURS,
          lambda: equal(lambda A, p: A @ first_frame(p), lambda A, p: first_frame(A @ p), space(A=Real[n, n], p=Real[n])), "refuted"),
    Claim("in a frame, left as it is", "descent in a frame that does not move is natural under every linear map", NEAR,
          lambda: framed(gradient_descent, lambda A, E: E), "refuted"),
)

# ---- a chart of reference: the same step in all coordinates
CHARTS = {
    "exp": (np.exp, np.log), "cube of exp": (lambda q: np.exp(3 * q), lambda p: np.log(p) / 3),
    "affine": (lambda q: 5 * q + 2, lambda p: (p - 2) / 5),
}


def charted(rule: Optimiser, phi: Callable, back: Callable, chart: Callable, inverse: Callable) -> tuple[Equation, ...]:
    """phi of a step in the chart against a step from phi(p) in the chart after phi^-1; the gradient in p is that in phi(p), pulled back."""
    here = in_chart(rule, lambda q: chart(phi(q)), lambda y: back(inverse(y))).step(Real[n])
    there = in_chart(rule, chart, inverse).step(Real[n])
    wires = dict(zip(rule.state_names, rule.state_wires(Real[n]), strict=True))

    def pulled(q, g):
        return apply(R(trace(phi, space(q=Real[n]))), q, g)

    def left(q, g, *states):
        found = apply(here, q, pulled(q, g), *states)
        moved, *rest = found if isinstance(found, tuple) else (found,)
        return phi(moved), *rest

    return equal(left, lambda q, g, *states: apply(there, phi(q), g, *states), space(q=Real[n], g=Real[n], **wires))


REFERENCE = (
    Claim("in the chart log, descent", "descent in the chart log is p exp(-lr p g): exponentiated gradients", OURS,
          lambda: equal(lambda p, g: apply(in_chart(gradient_descent, np.log, np.exp).step(Real[n]), p, g),
                        lambda p, g: apply(multiplied(), p, g), space(p=Real[n], g=Real[n])), equality="as functions"),
    *(Claim(f"in a chart, {rule.name}, {name}",
            f"{rule.name} in the chart log is the same step in p and in q where p = phi(q), {name}", OURS,
            lambda rule=rule, maps=maps: charted(rule, *maps, np.log, np.exp), equality="as functions")
      for rule in (gradient_descent, momentum, adam) for name, maps in CHARTS.items()),
)


def multiplied():
    return trace(lambda p, g, *, lr=0.1: p * np.exp(-lr * p * g), space(p=Real[n], g=Real[n]))


# ---- a metric that comes with the model: Fisher information of the normal distribution, by the moments of z = (x - mu) / sigma
z, mu, level = sp.symbols("z mu l", real=True)
sigma = sp.Symbol("sigma", positive=True)
MOMENTS = (1, 0, 1, 0, 3)       # of z^0 to z^4


def expectation(polynomial: sp.Expr) -> sp.Expr:
    """The mean of a polynomial in z."""
    return sum(value * MOMENTS[power] for (power,), value in sp.Poly(polynomial, z).terms())


def fisher(score: Matrix) -> Matrix:
    return (score * score.T).applyfunc(expectation)


SCORE = Matrix([z / sigma, (z**2 - 1) / sigma])     # the derivatives of -log sigma - z^2 / 2 in mu and sigma
LOGARITHMIC = jet((mu, sp.exp(level)), (mu, level))
HERE = Matrix.diag(1 / sigma**2, 2 / sigma**2)
THERE = Matrix.diag(sp.exp(-2 * level), 2)

FISHER = (
    *entrywise("Fisher, mu and sigma", "the information of a normal distribution is diag(1, 2) / sigma^2", fisher(SCORE), HERE),
    *entrywise("Fisher, mu and log sigma", "in (mu, log sigma) it is diag(exp(-2 l), 2)",
               fisher(LOGARITHMIC.covector(SCORE.subs(sigma, sp.exp(level)))), THERE),
    *entrywise("Fisher, pulled back", "the second is the first, pulled back along sigma = exp l",
               LOGARITHMIC.metric(HERE.subs(sigma, sp.exp(level))), THERE),
    identity("Fisher, near miss", "in (mu, log sigma) the second entry is 2 exp(-2 l)", THERE[1, 1], 2 * sp.exp(-2 * level),
             expected="refuted"),
)

# ---- three exact steps on a^4/4 + a b + b^2 + a/3
AT = Matrix([1, -sp.Rational(11, 2)])       # with the gradient (-25/6, -10), of length 65/6
STEPS, LENGTH = 3, sp.Rational(1, 2)


def slope(point: Matrix) -> Matrix:
    """The gradient of the loss."""
    a, b = point
    return Matrix([a**3 + b + sp.Rational(1, 3), a + 2 * b])


@dataclass(frozen=True)
class Path:
    """A rule at exact hyperparameters, and which of its initial states are lengths."""

    rule: Optimiser
    values: Mapping[str, sp.Rational]

    @property
    def steps(self) -> int:
        """Three, and two where norms of vectors nest roots in roots."""
        return 2 if self.rule.name.startswith("dog") else STEPS

    def points(self, point: Matrix, gradient: Callable[[Matrix], Matrix], length: sp.Expr) -> Matrix:
        """The parameter after the steps; lengths among the initial states are `length`."""
        wire = Real[2]
        step, start = self.rule.step(wire), self.rule.start(wire)
        states = self._run(start, [point])
        states = [np.array(length) if row.functor == "length" else one for row, one in zip(self.rule.states, states, strict=True)]
        for _ in range(self.steps):
            (seen,) = self._run(self.rule._look(wire), [point, *states]) if self.rule.look else (point,)
            point, *states = self._run(step, [point, gradient(Matrix(seen.tolist() if isinstance(seen, np.ndarray) else seen)), *states])
            point = Matrix(point.tolist())
        return point

    def _run(self, f, inputs: Sequence[object]) -> list[np.ndarray]:
        hypers = {symbol: value for symbol, value in self.values.items() if symbol in {one.name for one in f.hypers}}
        arrays = [np.array(one, dtype=object).reshape(tuple(map(int, wire.shape))) for one, wire in zip(inputs, f.dom.types, strict=True)]
        return evaluate(f, arrays, hypers=hypers, scalars=SYMBOLIC)

    def residual(self, left: Matrix, shift: Matrix, length: sp.Expr) -> Matrix:
        """A (path from A^-1 (p - t)) + t less the path from p."""
        inverse = left.inv()
        there = self.points(inverse * (AT - shift), lambda q: left.T * slope(left * q + shift), length)
        return left * there + shift - self.points(AT, slope, LENGTH)


RATES = {"lr": sp.Rational(1, 4), "gamma": sp.Rational(1, 2), "b1": sp.Rational(1, 2), "b2": sp.Rational(16, 25)}
NOWHERE, UNIT = Matrix.zeros(2, 1), Matrix.eye(2)
MAPS: dict[str, tuple[Matrix, Matrix, sp.Rational]] = {      # p = A q + t, and the factor of lengths
    "translation": (UNIT, Matrix([2, -3]), sp.S.One), "uniform scaling": (3 * UNIT, NOWHERE, sp.Rational(1, 3)),
    "diagonal scaling": (Matrix.diag(2, 5), NOWHERE, sp.S.One), "signed permutation": (Matrix([[0, -1], [1, 0]]), NOWHERE, sp.S.One),
    "rotation": (Matrix([[3, -4], [4, 3]]) / 5, NOWHERE, sp.S.One),
}
EUCLIDEAN, SIGNED = {"translation", "signed permutation", "rotation"}, {"translation", "signed permutation"}
TABLE: tuple[tuple[Optimiser, set[str]], ...] = (
    (momentum, EUCLIDEAN), (nesterov, EUCLIDEAN), (adam.at(eps=0), SIGNED), (schedule_free, EUCLIDEAN),
    (prodigy.at(eps=0), SIGNED | {"uniform scaling"}), (dog.at(eps=0), EUCLIDEAN | {"uniform scaling"}),
)


def trajectory(rule: Optimiser, name: str, expected: str, fixed: bool = False) -> tuple[Claim, ...]:
    """A claim for each coordinate after three steps; the first alone when they differ.  `fixed` lengths do not scale."""
    left, shift, factor = MAPS[name]

    def goal(entry: int):
        residual = Path(rule, RATES).residual(left, shift, LENGTH if fixed else factor * LENGTH)
        return read(residual[entry], sp.S.Zero)

    count = {2: "two", 3: "three"}[Path(rule, RATES).steps]
    words = f"{count} steps of {rule.name} commute with {name}" + (", its length a constant" if fixed else "")
    title = f"path, {rule.name}, {name}" + (", length fixed" if fixed else "")
    return tuple(Claim(f"{title} [{entry + 1}]", words, OURS, lambda entry=entry: goal(entry), expected, FUNCTIONS)
                 for entry in range(2 if expected == "proved" else 1))


PATHS = (
    *(claim for rule, kept in TABLE for name in MAPS for claim in trajectory(rule, name, "proved" if name in kept else "refuted")),
    *(claim for rule in (prodigy.at(eps=0), dog.at(eps=0)) for claim in trajectory(rule, "uniform scaling", "refuted", fixed=True)),
)

CLAIMS = (*MADE, *FRAMES, *REFERENCE, *FISHER, *PATHS)
