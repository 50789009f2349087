"""The nonlinear half of naturality: figures by NumPy and Runge-Kutta, mutants of squares, and what the folder of proofs states."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

from symcat.category.evaluate import evaluate
from symcat.category.space import Real
from symcat.errors import ShapeError
from symcat.laws.claim import Claim
from symcat.laws.jets import Jet, Matrix, column, contraction, generic_jet, jet, levi_civita, slopes_of, symmetric
from symcat.learn.optimisers import nat_heavy_ball
from symcat.prove.claim import as_expected
from symcat.prove.decide import prove
from symcat.prove.field.read import read
from symcat.prove.field.term import number
from symcat.prove.module import ProofsModule, load

FOLDER = Path(__file__).parents[2] / "proofs" / "naturality"
MODULES = ("counterexamples", "flows", "theorems", "projections", "charts")


@cache
def module(name: str) -> ProofsModule:
    return load(FOLDER / f"{name}.py")


def status(expr: sp.Expr, *assuming: sp.Basic) -> str:
    """The verdict on an expression being 0."""
    return prove(Claim("zero", "the expression is 0", "a test", lambda: read(expr, sp.S.Zero, assuming), equality="as functions")).status


# ---- what the folder states
@pytest.mark.parametrize("name", MODULES)
def test_truths_stand_beside_what_is_refuted(name: str):
    claims = module(name).claims
    expected = [claim.expected for claim in claims]
    assert set(expected) == {"proved", "refuted"}
    assert expected.count("refuted") >= 3
    assert all("derived here" in claim.source or claim.source.startswith(("near miss", "RD.5")) for claim in claims)


QUICK = {"counterexamples": "", "flows": "naive heavy ball", "theorems": "T9", "projections": "copies", "charts": "Fisher"}


@pytest.mark.parametrize("name", MODULES)
def test_quick_claims_come_out_as_expected(name: str):
    chosen = [claim for claim in module(name).claims if QUICK[name] in claim.name and "any phi of the plane" not in claim.name]
    assert chosen
    wrong = [claim.name for claim in chosen if not as_expected(claim, prove(claim))]
    assert not wrong


# ---- flows by Runge-Kutta, in two charts: L = (y - 2)^2 / 2, gamma = 1.3, from y = 1 and m = 0.3 to t = 3
GAMMA = 1.3


def runge_kutta(field: Callable[[np.ndarray], np.ndarray], start: tuple[float, ...], end: float, steps: int = 20_000) -> np.ndarray:
    z, h = np.array(start), end / steps
    for _ in range(steps):
        k1 = field(z)
        k2 = field(z + h / 2 * k1)
        k3 = field(z + h / 2 * k2)
        z = z + h / 6 * (k1 + 2 * k2 + 2 * k3 + field(z + h * k3))
    return z


def in_y(z: np.ndarray) -> np.ndarray:
    y, m = z
    return np.array([-m, GAMMA * (y - 2 - m)])


def in_x(connection: float) -> Callable[[np.ndarray], np.ndarray]:
    """y = exp(x): G = exp(2 x) and Gamma = 1; m is the momentum in x."""
    def field(z: np.ndarray) -> np.ndarray:
        x, m = z
        speed = -m * np.exp(-2 * x)
        return np.array([speed, GAMMA * ((np.exp(x) - 2) * np.exp(x) - m) + connection * speed * m])
    return field


@pytest.mark.parametrize(("field", "start", "read_y", "value"), [
    (in_y, (1.0, 0.3), lambda y: y, 2.0875968327), (in_x(1), (0.0, 0.3), np.exp, 2.0875968327), (in_x(0), (0.0, 0.3), np.exp, 1.9918885890),
], ids=["y", "exp chart", "exp chart, naive"])
def test_heavy_ball_by_runge_kutta(field, start, read_y, value):
    assert read_y(runge_kutta(field, start, 3.0, 4000)[0]) == pytest.approx(value, abs=5e-10)


IN_Y = (lambda y: y - 2, lambda y: 1.0, lambda y: y, 1.0)
IN_X = (lambda x: (np.exp(x) - 2) * np.exp(x), lambda x: np.exp(-2 * x), np.exp, 0.0)


def stepped(chart: tuple, symbol: float, steps: int) -> float:
    """Where steps of nat_heavy_ball at the rate 3 / steps end, read in y; `symbol` is the Christoffel symbol."""
    slope, cometric, seen, point = chart
    step, rate = nat_heavy_ball.step(Real[1]), 3 / steps
    p, m = np.array([point]), np.array([0.3])
    for _ in range(steps):
        data = [np.full((1, 1), cometric(p[0])), np.full((1, 1, 1), symbol)]
        p, m = evaluate(step, [p, slope(p), *data, m], hypers={"lr": rate, "b1": 1 - GAMMA * rate})
    return float(seen(p[0]))


def test_steps_of_nat_heavy_ball_tend_to_its_flow_in_both_charts():
    coarse, fine = (abs(stepped(IN_X, 1.0, steps) - 2.0875968327) for steps in (75, 150))
    assert fine < 0.65 * coarse < 1e-3        # of first order in the rate
    assert stepped(IN_Y, 0.0, 150) == pytest.approx(2.0875968327, abs=1e-3)
    assert stepped(IN_X, 0.0, 150) == pytest.approx(1.9918885890, abs=2e-2)


# ---- residuals by finite differences, singular values and pseudo-inverses
def pushed(phi: Callable, x: np.ndarray, direction: np.ndarray, h: float = 1e-6) -> np.ndarray:
    return (phi(x + h * direction) - phi(x - h * direction)) / (2 * h)


def gradient(loss: Callable, x: np.ndarray, h: float = 1e-6) -> np.ndarray:
    return np.array([(loss(x + h * one) - loss(x - h * one)) / (2 * h) for one in np.eye(len(x))])


@pytest.mark.parametrize(("phi", "at", "value"), [
    (lambda x: 2 * x, 1.0, -6.0), (np.exp, 1.0, np.e - np.e**3), (lambda x: x**3, 1.0, -8.0),
], ids=["2x", "exp", "cube"])
def test_descent_misses_by_the_stated_value(phi, at, value):
    x, loss = np.array([at]), lambda y: float(y @ y) / 2
    residual = pushed(phi, x, -gradient(lambda q: loss(phi(q)), x)) + gradient(loss, phi(x))
    assert residual[0] == pytest.approx(value, abs=1e-4)


@pytest.mark.parametrize(("phi", "at", "value"), [(np.exp, 0.0, 0.5), (lambda x: x**3, 1.0, 0.4)], ids=["exp", "cube"])
def test_newton_misses_by_the_stated_value(phi, at, value):
    f, h = lambda x: phi(x) ** 2 / 2, 1e-3
    first, second = (f(at + h) - f(at - h)) / (2 * h), (f(at + h) - 2 * f(at) + f(at - h)) / h**2
    slope = (phi(at + h) - phi(at - h)) / (2 * h)
    assert -slope * first / second + phi(at) == pytest.approx(value, abs=1e-5)


def test_muon_under_left_scaling_by_singular_values():
    def polar(x):
        u, _, v = np.linalg.svd(x)
        return u @ v
    left, x, r = np.diag([2.0, 1.0]), np.array([[1.0, 1.0], [-1.0, 1.0]]), np.sqrt(2)
    np.testing.assert_allclose(left @ polar(left.T @ x), [[r, r], [-r / 2, r / 2]], atol=1e-12)
    np.testing.assert_allclose(polar(x), np.array([[1, 1], [-1, 1]]) / r, atol=1e-12)


def test_pseudo_inverses_keep_the_step_of_outputs_only():
    tall, wide, stretch = np.array([[1.0, 0], [0, 1], [1, 1]]), np.array([[1.0, 0, 1], [0, 1, 0]]), np.diag([2.0, 1, 1])
    def step(j):
        return np.linalg.pinv(j.T @ j) @ j.T
    j = tall @ wide
    np.testing.assert_allclose(j @ step(j), (j @ stretch) @ step(j @ stretch), atol=1e-12)
    assert (stretch @ step(j @ stretch) - step(j))[0, 0] == pytest.approx(0.2, abs=1e-12)


def test_the_defect_of_a_step_in_the_cubic_chart_is_a_third_of_eta_squared():
    defects = [((1 - eta / 3) ** 3 - (1 - eta)) / eta**2 for eta in (1e-2, 1e-3, 1e-4)]
    np.testing.assert_allclose(defects, 1 / 3, atol=5e-4)


def test_momentum_in_polar_coordinates_misses_by_the_stated_vector():
    """A free particle, m constant in Cartesian coordinates: m_r' is p_t^2 / r^3 with u = -m, where the naive flow has 0."""
    r, t, momentum, h = 1.7, 0.6, np.array([0.4, -0.9]), 1e-6
    def polar_momentum(point):
        radius, angle = np.hypot(*point), np.arctan2(point[1], point[0])
        jacobian = np.array([[np.cos(angle), -radius * np.sin(angle)], [np.sin(angle), radius * np.cos(angle)]])
        return jacobian.T @ momentum
    point = r * np.array([np.cos(t), np.sin(t)])
    rate = (polar_momentum(point - h * momentum) - polar_momentum(point + h * momentum)) / (2 * h)
    p_t = polar_momentum(point)[1]
    np.testing.assert_allclose(0 - rate, [p_t**2 / r**3, 0], atol=1e-8)


def test_christoffel_symbols_of_a_surface_of_revolution():
    r, t = sp.symbols("r t", positive=True)
    metric = Matrix.diag(1, sp.exp(2 * r))
    found = levi_civita(metric, slopes_of(metric, (r, t)))
    assert sp.simplify(found[0][1, 1] + sp.exp(2 * r)) == 0
    assert sp.simplify(found[1][0, 1] - 1) == 0


# ---- mutants of the square: each must be refuted
G2, M2, C2, UPPER = column("g", 2), column("m", 2), symmetric("C", 2), tuple(symmetric(f"Gamma{one}", 2) for one in range(2))


class WithoutDrift(Jet):
    def drift(self, velocity, m):
        return 0 * velocity


class DriftBackwards(Jet):
    def drift(self, velocity, m):
        return -Jet.drift(self, velocity, m)


class Transposed(Jet):
    def covector(self, g):
        return self.first * g


class Untransposed(Jet):
    def vector(self, u):
        return self.first.T * u


class TensorConnection(Jet):
    def connection(self, symbols):
        """Without the second derivatives."""
        return Jet(self.first, tuple(0 * one for one in self.second)).connection(symbols)


class UnmovedMetric(Jet):
    def cometric(self, cometric):
        return cometric


def momentum_square(phi: Jet, sign: int = 1) -> Matrix:
    """The residual of the momentum of natural heavy ball at gamma = 1; `sign` is that of the connection's term."""
    own = phi.covector(M2)
    moved, moves = -phi.cometric(C2) * own, -C2 * M2
    source = phi.covector(G2) - own + sign * contraction(phi.connection(UPPER), moved, own)
    target = G2 - M2 + sign * contraction(UPPER, moves, M2)
    return source - phi.covector(target) - phi.drift(moved, M2)


def parameter_square(phi: Jet) -> Matrix:
    return phi.vector(phi.cometric(C2) * phi.covector(G2)) - C2 * G2


PLANE = generic_jet(2)


def as_mutant(kind: type[Jet]) -> Jet:
    return kind(PLANE.first, PLANE.second)


def test_the_squares_themselves_are_proved():
    assert [status(one) for one in (*momentum_square(PLANE), *parameter_square(PLANE))] == ["proved"] * 4


@pytest.mark.parametrize("kind", [WithoutDrift, DriftBackwards, TensorConnection, UnmovedMetric], ids=lambda kind: kind.__name__)
def test_mutants_of_the_momentum_square_are_refuted(kind):
    assert "refuted" in [status(one) for one in momentum_square(as_mutant(kind))]


def test_a_connection_of_the_wrong_sign_is_refuted():
    assert status(momentum_square(PLANE, -1)[0]) == "refuted"


@pytest.mark.parametrize("kind", [Transposed, Untransposed, UnmovedMetric], ids=lambda kind: kind.__name__)
def test_mutants_of_the_parameter_square_are_refuted(kind):
    assert "refuted" in [status(one) for one in parameter_square(as_mutant(kind))]


def test_mutants_of_a_hessian_are_refuted():
    """Without the gradient's term, Newton's direction looks natural under every map."""
    line, g, h = generic_jet(1), sp.Symbol("g", real=True), sp.Symbol("h", real=True)
    tensor, true = line.metric(Matrix([[h]]))[0], line.hessian(Matrix([[h]]), Matrix([[g]]))[0]
    slope = line.first[0]
    assert status(slope**2 * g / tensor - g / h) == "proved"
    assert status(slope**2 * g / true - g / h) == "refuted"


TWO, HALF, MINUS = (number(Fraction(one)) for one in ("2", "1/2", "-1"))


@pytest.mark.parametrize(("name", "wrong"), [
    ("descent, y = exp x", lambda e: e + TWO), ("Newton, any phi", lambda e: TWO * e), ("Adam, y = P x", lambda e: MINUS * e),
    ("Hutchinson, one sample", lambda e: MINUS * e), ("naive heavy ball, momentum", lambda e: HALF * e),
])
def test_wrong_residuals_are_refuted(name, wrong):
    claims = {claim.name: claim for one in ("counterexamples", "flows") for claim in module(one).claims}
    claim = claims[f"{name}, residual"]
    mutant = replace(claim.goal(), rhs=wrong(claim.goal().rhs))
    assert prove(replace(claim, goal=lambda: mutant)).status == "refuted"


def test_jets_refuse_shapes_that_do_not_fit():
    with pytest.raises(ShapeError, match="expected 2 matrices 3 x 3"):
        Jet(Matrix.zeros(2, 3), (Matrix.zeros(3, 3),))
    with pytest.raises(ShapeError, match="only a change of coordinates has one"):
        _ = jet(sp.symbols("x y", real=True)[:1], sp.symbols("x y", real=True)).inverse
