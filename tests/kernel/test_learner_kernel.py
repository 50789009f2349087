"""Learners as kernels: iris at batch 1 step by step against NumPy, what is refused, what is kept between calls."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import expit

from symcat.category.elementwise import sign
from symcat.category.evaluate import evaluate
from symcat.errors import DataError, UnprovedError, UsageError
from symcat.laws.obligations import obligations
from symcat.learn.data import load, split
from symcat.learn.layers import mlp
from symcat.learn.learner import Learner
from symcat.learn.losses import Loss, loss
from symcat.learn.models import model
from symcat.learn.optimisers import OPTIMISERS, adam, gradient_descent, optimiser
from symcat.learn.optimisers.combinators import Tensor, frozen
from symcat.learn.optimisers.schedules import cosine, with_schedule
from symcat.prove.decide import prove

DATA = split(load("iris"))


def learner(optimiser=gradient_descent, criterion="quadratic"):
    net = model("hidden", 4, 3)
    return Learner(net.para, loss(criterion, net.para.cod), optimiser, sizes=net.sizes)


def by_hand(params, x, t, rate=0.1):
    """One step of descent on 1/2 |y - t|^2 for a sigmoid layer of 20 and a linear one, one sample, by the chain rule."""
    b2, w2, b1, w1 = params
    hidden = expit(x @ w1 + b1)
    d = hidden @ w2 + b2 - t
    back = (w2 @ d) * hidden * (1 - hidden)
    return [p - rate * g for p, g in zip(params, (d, np.outer(hidden, d), back, np.outer(x, back)), strict=True)]


def test_the_first_hundred_steps_on_iris_agree_with_numpy():
    kernel = learner().compile(unproved=True, batch=1)
    params = mine = kernel.params
    for k in range(100):
        x, t = DATA.train.X[k], DATA.train.Y[k]
        params, _ = kernel.kernel.epoch(params, x[None], t[None])
        mine = by_hand(mine, x, t)
        for ours, theirs in zip(params, mine, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


def test_a_kernel_without_proofs_names_every_obligation_that_is_missing():
    one = learner()
    with pytest.raises(UnprovedError) as refusal:
        one.compile()
    for claim in obligations(one):
        assert f"{claim.name} (not given)" in str(refusal.value)
    assert "UNPROVED" in one.compile(unproved=True, batch=2).source


def test_proofs_of_another_learner_do_not_count():
    one, other = learner(), learner(criterion="cross_entropy")
    decided = [SimpleNamespace(claim=claim, verdict=prove(claim)) for claim in obligations(one)]
    kernel = one.compile(obligations=decided, batch=2)
    assert "status: PROVED" in kernel.source and kernel.digest
    with pytest.raises(UnprovedError, match=r"RD\.2 objective \(proved of another learner\)"):
        other.compile(obligations=decided)


def test_a_refuted_obligation_is_named():
    one = learner()
    decided = [SimpleNamespace(claim=claim, verdict=SimpleNamespace(proved=False, status="refuted")) for claim in obligations(one)]
    with pytest.raises(UnprovedError, match=r"learning step \(refuted\)"):
        one.compile(obligations=decided)


@pytest.mark.parametrize("rule", [OPTIMISERS["heavy_ball"], Tensor({"W": with_schedule(adam, cosine(steps=9))}, frozen)], ids=str)
def test_states_that_start_at_the_parameter_and_tensors_train_as_the_interpreter_does(rule):
    one = learner(rule)
    kernel = one.compile(unproved=True, batch=5)
    state, values = one.initial(seed=3), one.optimiser.assignment()
    found, _ = kernel.kernel.epoch([array.copy() for array in state], DATA.train.X[:20], DATA.train.Y[:20])
    for k in range(4):
        batch = DATA.train.X[5 * k:5 * k + 5], DATA.train.Y[5 * k:5 * k + 5]
        *state, _ = evaluate(one.step, (*state, *batch), hypers=values)
    for ours, theirs in zip(found, state, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)


def test_fit_goes_on_from_where_it_was_and_predicts():
    kernel = learner(adam(lr=0.01), "cross_entropy").compile(unproved=True)
    first = kernel.fit(DATA.train.X, DATA.train.Y, epochs=40, batch=15)
    second = kernel.fit(DATA.train.X, DATA.train.Y, epochs=40)
    assert kernel.kernel.batch == 15 and second.losses[0] < first.losses[0]
    assert (kernel.predict(DATA.test.X).argmax(axis=1) == DATA.test.labels).mean() > 0.9


@pytest.mark.parametrize("arguments, options, error, words", [
    ((DATA.train.X[:, :3], DATA.train.Y), {}, DataError, r"X has shape \(105, 3\).*samples of shape \(4,\)"),
    ((DATA.train.X, DATA.train.Y), {"batch": 106}, DataError, "a batch of 106 from 105 samples"),
    ((DATA.train.X, DATA.train.Y), {"batch": -1}, UsageError, "batch = -1"),
    ((np.full((8, 4), np.nan), np.zeros((8, 3))), {}, DataError, "X holds nan in row 0, column 0"),
    ((DATA.train.X, DATA.train.Y[:, :2]), {"batch": 15}, DataError, "target"),
    ((DATA.train.X, DATA.train.Y[:50]), {"batch": 15}, DataError, "same number"),
])
def test_data_that_does_not_fit(arguments, options, error, words):
    with pytest.raises(error, match=words):
        learner().compile(unproved=True).fit(*arguments, epochs=1, **options)


def test_no_kernel_before_the_first_batch_size():
    with pytest.raises(UsageError, match="no kernel is compiled yet"):
        learner().compile(unproved=True).explain()


@optimiser
def signs(p, g, *, lr=0.1):
    return p - lr * sign(g)


def test_points_where_rounding_decides_a_sign_say_nothing():
    net = mlp(2, 3, 2)
    made = Learner(net, loss("cross_entropy", net.cod), signs).compile(unproved=True, batch=3)
    assert "at negative, zero inputs" in made.kernel.validation.accuracy


@optimiser
def rooted(p, g, s=0, *, lr=0.1):
    s = s + g**2
    return p - lr * g / (s + 1) ** (1 / 3), s


def test_a_power_with_a_float_exponent_keeps_its_digits():
    """1/3 as a float is a rational with a denominator of 10^16: no root of that degree is taken."""
    net = mlp(1, 1)
    made = Learner(net, loss("quadratic", net.cod), rooted).compile(unproved=True, batch=1)
    state, _ = made.kernel.epoch(made.state, np.array([[2.0]]), np.array([[3.0]]))
    b, w = made.params
    g = b + 2 * w[0] - 3
    np.testing.assert_allclose(state[2], b - 0.1 * g / np.cbrt(g**2 + 1), rtol=1e-13)


def test_logarithms_without_a_value_are_left_out_of_the_comparison():
    """The divergence of a negative target is not defined; the check at such inputs is skipped, not broken."""
    net = mlp(2, 2)
    divergence = Loss(lambda target, prediction: np.sum(target * (np.log(target) - prediction))).at(net.cod.types[0])
    made = Learner(net, divergence, gradient_descent).compile(unproved=True, batch=1)
    assert "50 digits at random inputs" in made.kernel.validation.accuracy
