"""The learner's step against an independent NumPy computation, and its composition against the formula."""

import numpy as np
import pytest
from scipy import special

from symcat.category.evaluate import evaluate
from symcat.category.space import Real, dim, dims, space
from symcat.errors import ShapeError, UsageError
from symcat.learn.layers import layer, mlp
from symcat.learn.learner import Learner
from symcat.learn.losses import loss
from symcat.learn.optimisers import OPTIMISERS, gradient_descent, momentum
from symcat.learn.optimisers.combinators import Tensor
from symcat.learn.rates import Rate

n, h, m = dims("n h m")
NET = mlp("n", "h", "m")
SIZES = {n: 4, h: 5, m: 3}
CONSTANT = Rate()


def learner(optimiser=gradient_descent, name="cross_entropy", rate=CONSTANT):
    return Learner(NET, loss(name, NET.cod), optimiser, rate, sizes=SIZES)


def gradients(params, x, target, scale):
    """Of the mean loss of tanh net and softmax cross-entropy, by hand."""
    b2, w2, b1, w1 = params
    hidden = np.tanh(x @ w1 + b1)
    logits = hidden @ w2 + b2
    value = -np.mean(np.sum(target * special.log_softmax(logits, axis=1), axis=1))
    d = (special.softmax(logits, axis=1) * target.sum(axis=1, keepdims=True) - target) * scale(value) / len(x)
    back = d @ w2.T * (1 - hidden**2)
    return value, (d.sum(axis=0), hidden.T @ d, back.sum(axis=0), x.T @ back)


@pytest.mark.parametrize("rate, scale", [(Rate(), lambda _: 1.0), (Rate("loss_scaled"), lambda value: value)])
def test_thirty_steps_of_descent_agree_with_numpy(rate, scale):
    one, draw = learner(rate=rate), np.random.default_rng(3)
    params = mine = one.initial(seed=5)
    for _ in range(30):
        x, target = draw.normal(size=(6, 4)), np.eye(3)[draw.integers(3, size=6)]
        *params, value = evaluate(one.step, (*params, x, target), hypers=one.optimiser.assignment())
        expected, slopes = gradients(mine, x, target, scale)
        mine = [p - 0.1 * g for p, g in zip(mine, slopes, strict=True)]
        np.testing.assert_allclose(value, expected, rtol=1e-12)
        for ours, theirs in zip(params, mine, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", [name for name, rule in OPTIMISERS.items() if not rule.data and rule.shape == (dim("n"),)])
def test_composite_and_formula_agree_numerically(name):
    one, draw = learner(OPTIMISERS[name]), np.random.default_rng(4)
    state = [a + draw.uniform(0.1, 1, size=a.shape) for a in one.initial()]
    batch = draw.normal(size=(2, 4)), np.eye(3)[[0, 2]]
    left = evaluate(one.step, (*state, *batch), hypers=one.optimiser.assignment())
    right = evaluate(one.formula(), (*state, *batch), hypers=one.optimiser.assignment())
    for ours, theirs in zip(left, right, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10)


def test_roles_and_order():
    one = learner(momentum)
    assert one.step.dom.names == ("v_b", "v_W", "v_b1", "v_W1", "b", "W", "b1", "W1", "x", "target")
    assert one.step.cod.names == (*one.kept.names, "loss")
    assert one.kept.fits(one.step.cod[: len(one.kept)])


def test_initial_values_follow_the_seed_and_need_sizes():
    one = learner()
    assert all((a == b).all() for a, b in zip(one.initial(7), one.initial(7), strict=True))
    assert (one.initial(7)[1] != one.initial(8)[1]).any() and abs(one.initial(0)[3]).max() <= np.sqrt(6 / 9)
    with pytest.raises(ShapeError, match="give sizes="):
        Learner(NET, loss("quadratic", NET.cod), gradient_descent).initial()


def test_ill_fitting_parts():
    with pytest.raises(ShapeError, match="the loss compares prediction: Real\\[q\\] but the model returns"):
        Learner(NET, loss("quadratic", space(y=Real[dim("q")])), gradient_descent)
    with pytest.raises(ShapeError, match="a loss returns one number"):
        Learner(layer("bias", n=3), layer("bias", n=3), gradient_descent)
    with pytest.raises(UsageError, match="no rate"):
        Rate("falling")
    with pytest.raises(UsageError, match="no backend 'fortran'"):
        learner().compile(backend="fortran")
    with pytest.raises(UsageError, match=r"a dict came .* compile\(obligations=...\)"):
        learner().compile({})


@pytest.mark.parametrize("name, words", [
    ("polyak_step", r"polyak_step reads loss \(loss\), optimum \(optimum\)"), ("nat_gd", r"nat_gd reads C \(cometric\)"),
    ("shampoo", r"a rule for Real\[2, 2\], the parameter b is Real\[m\]: give this layer another optimiser"),
    ("muon", r"a rule for Real\[m, n\], the parameter b is Real\[m\]"), ("adagrad_full", r"a rule for Real\[2\], the parameter b is"),
])
def test_what_an_optimiser_cannot_train_is_refused_with_the_learner(name, words):
    with pytest.raises(UsageError, match=words):
        learner(OPTIMISERS[name])


def test_a_rule_for_matrices_trains_the_matrices():
    one = learner(Tensor({"b": gradient_descent, "b1": gradient_descent}, OPTIMISERS["muon"]))
    state, draw = one.initial(seed=2), np.random.default_rng(9)
    x, target = draw.normal(size=(8, 4)), np.eye(3)[draw.integers(3, size=8)]
    losses = []
    for _ in range(15):
        *state, value = evaluate(one.step, (*state, x, target), hypers=one.optimiser.assignment())
        losses.append(float(value))
    assert losses[-1] < 0.85 * losses[0]
