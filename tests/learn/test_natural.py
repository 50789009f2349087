"""The combinators that make optimisers natural, against NumPy, and against what they refuse."""

import numpy as np
import pytest

from symcat.category.evaluate import evaluate
from symcat.category.space import Real, Wire, dim
from symcat.errors import SymcatError, UsageError
from symcat.learn.optimisers import adam, gradient_descent, momentum_ema, nat_adam, nat_gd, nat_heavy_ball, nesterov, rmsprop
from symcat.learn.optimisers.natural import in_chart, in_frame, with_connection, with_invariant_scalars, with_metric

RNG = np.random.default_rng(0)
P, G, M = (RNG.normal(size=3) for _ in range(3))
ROOT = RNG.normal(size=(3, 3))
METRIC = ROOT @ ROOT.T + np.eye(3)
COMETRIC = np.linalg.inv(METRIC)
GAMMA = RNG.normal(size=(3, 3, 3))
LR, B1, B2, EPS = 0.1, 0.9, 0.99, 1e-8
HYPERS = {"lr": LR, "b1": B1, "b2": B2, "eps": EPS, "rho": B2}


def run(rule, *inputs: object, n: int = 3) -> list[np.ndarray]:
    step = rule.step(Wire(Real, (dim(n),)))
    named = {symbol.name for symbol in step.hypers}
    return evaluate(step, [np.asarray(one, dtype=float) for one in inputs], hypers={k: v for k, v in HYPERS.items() if k in named})


def start(rule, p: np.ndarray) -> list[np.ndarray]:
    return rule(**{row.name: HYPERS[row.name] for row in rule.hypers}).initial([p])


@pytest.mark.parametrize(("rule", "datum"), [(nat_gd, COMETRIC), (with_metric(gradient_descent, "metric"), METRIC)], ids=["C", "G"])
def test_natural_descent_solves_with_the_metric(rule, datum):
    np.testing.assert_allclose(run(rule, P, G, datum)[0], P - LR * np.linalg.solve(METRIC, G), rtol=1e-12)


def test_heavy_ball_carries_its_new_momentum_along():
    p, m = run(nat_heavy_ball, P, G, COMETRIC, GAMMA, M)
    renewed = B1 * M + (1 - B1) * G
    moved = -LR * COMETRIC @ renewed
    np.testing.assert_allclose(p, P + moved, rtol=1e-12)
    np.testing.assert_allclose(m, renewed + sum(renewed[k] * GAMMA[k] @ moved for k in range(3)), rtol=1e-12)


def test_adam_divides_by_the_size_of_the_gradient():
    p, _, v = run(nat_adam, P, G, COMETRIC, GAMMA, M, 0.7)
    size = B2 * 0.7 + (1 - B2) * G @ COMETRIC @ G
    renewed = B1 * M + (1 - B1) * G
    np.testing.assert_allclose([v, *p], [size, *(P - LR * COMETRIC @ renewed / (np.sqrt(size) + EPS))], rtol=1e-12)
    assert v.shape == ()


def test_states_say_how_they_move():
    assert [row.functor for row in nat_adam.states] == ["covector", "scalar"]
    assert [row.kind for row in nat_adam.data] == ["cometric", "christoffel"]
    assert {row.functor for row in in_frame(adam).states} == {"frame", "scalar"}


def test_a_frame_that_is_the_identity_changes_nothing_for_ten_steps():
    framed, states, plain, others = P.copy(), start(in_frame(adam), P), P.copy(), start(adam, P)
    for k in range(10):
        framed, *states = run(in_frame(adam), framed, np.sin(framed + k), *states)
        plain, *others = run(adam, plain, np.sin(plain + k), *others)
        np.testing.assert_allclose(framed, plain, rtol=1e-12)


def test_steps_in_a_frame_are_steps_in_its_coordinates():
    p, *states = run(in_frame(rmsprop), P, G, ROOT, np.zeros(3), np.full(3, 0.2))
    q, v = run(rmsprop, np.zeros(3), ROOT.T @ G, np.full(3, 0.2))
    np.testing.assert_allclose(p, P + ROOT @ q, rtol=1e-12)
    np.testing.assert_allclose(states[2], v, rtol=1e-12)


def test_the_chart_log_multiplies():
    rule = in_chart(gradient_descent, np.log, np.exp)
    np.testing.assert_allclose(run(rule, np.abs(P), G)[0], np.abs(P) * np.exp(-LR * np.abs(P) * G), rtol=1e-12)


def test_a_chart_of_several_coordinates():
    """Rotated and stretched coordinates: the gradient is pulled back by the inverse chart."""
    matrix = np.array([[2.0, 1.0], [0.0, 1.0]])
    def chart(p):
        return np.stack([2 * p[0] + p[1], p[1]])

    def inverse(y):
        return np.stack([(y[0] - y[1]) / 2, y[1]])
    inverted = np.linalg.inv(matrix)
    np.testing.assert_allclose(run(in_chart(gradient_descent, chart, inverse), P[:2], G[:2], n=2)[0],
                               P[:2] - LR * inverted @ inverted.T @ G[:2], rtol=1e-12)


def unread(p, g, *, lr=0.1):
    return p - lr * g


def squared(p, g, square, v=0, *, lr=0.1):
    return p - lr * g / np.sqrt(v + square), v + square


@pytest.mark.parametrize(("make", "message"), [
    (lambda: with_metric(gradient_descent, "inverse"), "expected one of metric, cometric"),
    (lambda: with_metric(gradient_descent, name="lr"), "has an argument lr already"),
    (lambda: with_connection(gradient_descent), "keeps no state"),
    (lambda: with_connection(momentum_ema, "v"), "keeps m"),
    (lambda: with_invariant_scalars(unread, ("v",)), r"expected a rule \(p, g, square"),
    (lambda: with_invariant_scalars(squared, ("w",)), "has no state w"),
    (lambda: in_frame(nesterov), "without data or look"),
    (lambda: in_chart(nat_gd, np.log, np.exp), "without data or look"),
    (lambda: nat_gd.lens(None), "reads C"),
])
def test_what_cannot_be_made_natural_is_refused(make, message):
    with pytest.raises(UsageError, match=message):
        make()


def test_a_metric_of_a_symbolic_size_is_refused_by_the_trace():
    with pytest.raises(SymcatError):
        with_metric(gradient_descent, "metric").step(Real["n"])
