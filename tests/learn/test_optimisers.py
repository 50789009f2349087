"""Every optimiser against its textbook form over the whole past, run in NumPy, and against exact rationals."""

import copy
import pickle
from fractions import Fraction
from inspect import signature

import numpy as np
import pytest

from proofs import recursions
from symcat.category.evaluate import evaluate
from symcat.category.objects import EXACT
from symcat.category.space import Real, Space, Wire, dim, dims, space
from symcat.errors import DomainError, TraceError, UsageError
from symcat.learn.optimisers import OPTIMISERS, adam, gradient_descent, momentum, nesterov, optimiser

n = dims("n")


# Other modules have oracles of their own.
ELSEWHERE = ("matrix", "second_order", "natural", "joining")
VECTOR = [name for name, rule in OPTIMISERS.items() if rule.rule.__module__.rpartition(".")[2] not in ELSEWHERE]


def rectified(ps, gs, *, lr, b1, b2, eps):
    """RAdam from sums over the past, with its branch."""
    k = len(gs)
    mean = recursions.corrected(b1, gs)
    most = 2 / (1 - b2) - 1
    rho = most - 2 * k * b2**k / (1 - b2**k)
    if rho <= 5:
        return ps[-1] - lr * mean
    r = np.sqrt((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho))
    return ps[-1] - lr * r * mean / (np.sqrt(recursions.corrected(b2, recursions.squares(gs))) + eps)


@pytest.mark.parametrize("name", VECTOR)
def test_twenty_steps_agree_with_the_textbook(name):
    rule, draw = recursions.rule_of(name), np.random.default_rng(1)
    form = rectified if name == "radam" else recursions.FORMS[name]
    step, values = rule.step(), rule.assignment()
    used = {symbol: value for symbol, value in values.items() if symbol in step.hypers}
    keywords = [row.name for row in signature(form).parameters.values() if row.kind is row.KEYWORD_ONLY]
    given = {key: float(rule.fixed.get(key, rule.value(key) if key not in rule.fixed else 0)) for key in keywords}
    p = draw.normal(size=5)
    states, ps, xs = rule.initial([p]), [p], []
    for _ in range(20):
        inputs = [draw.normal(size=5), *(draw.normal(size=[5] * len(row.wire(Real[n]).shape)) for row in rule.data)]
        p, *states = evaluate(step, (p, *inputs, *states), hypers=used)
        xs.append(inputs if rule.data else inputs[0])
        ps.append(form(ps, xs, **given))
        compared = dict(zip(("p", *rule.state_names), (p, *states), strict=True))[recursions.COMPARED.get(name, "p")]
        np.testing.assert_allclose(compared, ps[-1], rtol=1e-10, atol=1e-12)


def test_the_rectification_of_radam_starts_at_the_sixth_step():
    """At b2 = 999/1000 rho is 4.99... after five steps and above 5 after six: an exact computation."""
    b2, most = Fraction(999, 1000), Fraction(1999)
    rho = [most - 2 * k * b2**k / (1 - b2**k) for k in range(1, 8)]
    assert [r > 5 for r in rho] == [False] * 5 + [True] * 2


def test_states_have_the_least_shape_that_their_steps_keep():
    assert [str(wire) for wire in adam.state_wires(Real[n])] == ["Real[n]", "Real[n]", "Real[]"]
    assert gradient_descent.state_wires(Real[n]) == ()


def test_momentum_is_exact_on_rationals():
    third = Fraction(1, 3)
    p, v = evaluate(momentum.step(Real[n]), ([third], [third], [Fraction(1)]), hypers={"lr": Fraction(1, 2), "gamma": Fraction(1, 4)},
                    scalars=EXACT)
    assert v[0] == Fraction(1, 4) - Fraction(1, 6) and p[0] == third + v[0]


def test_nesterov_looks_ahead_and_momentum_does_not():
    params = Space((("p", Real[n]),))
    ahead, = evaluate(nesterov.lens(params).get, ([2.0], [1.0]), hypers=nesterov.assignment())
    here, = evaluate(momentum.lens(params).get, ([2.0], [1.0]), hypers=momentum.assignment())
    assert ahead[0] == pytest.approx(1 + 0.9 * 2) and here[0] == 1.0


def test_the_lens_on_several_wires_keeps_them_apart():
    params = space(W=Real[n, 2], b=Real[2])
    assert momentum.lens(params).dom[0].names == ("v_W", "v_b", "W", "b")
    assert len(adam.state_space(params)) == 6


def test_hyperparameter_values_are_exact_and_checked():
    assert adam(lr=0.01).value("lr") * 100 == 1
    with pytest.raises(DomainError, match=r"b1 = 1.5 is outside its range \[0, 1\)"):
        adam(b1=1.5)
    with pytest.raises(UsageError, match="no hyperparameter 'beta': it has lr, b1, b2, eps"):
        adam(beta=0.9)
    assert "eps" not in {row.name for row in adam.at(eps=0).hypers} and adam.at(eps=0).name == "adam(eps=0)"


@pytest.mark.parametrize("function, words", [
    (lambda p: p, "a rule is"),
    (lambda p, g, v: (p, v), "v is neither a state nor known data"),
    (lambda p, g, *, lr: p, "hyperparameter lr has no default"),
])
def test_rules_of_another_form_are_refused(function, words):
    with pytest.raises(TraceError, match=words):
        optimiser(function)


def test_a_rule_that_loses_a_state_or_grows_is_refused():
    with pytest.raises(TraceError, match="returns 1 arrays"):
        optimiser(lambda p, g, v=0: p).state_wires(Real[n])
    with pytest.raises(TraceError, match="returns a parameter"):
        optimiser(lambda p, g: np.outer(p, g)).state_wires(Real[n])


@pytest.mark.parametrize("rule", [OPTIMISERS["adam"], OPTIMISERS["adam"](lr=0.5), OPTIMISERS["momentum"].at(gamma=0)], ids=str)
def test_optimisers_are_pickled_by_name(rule):
    found = pickle.loads(pickle.dumps(rule))
    assert (found.name, found.hypers, found.values, found.fixed) == (rule.name, rule.hypers, rule.values, rule.fixed)
    assert found.step() == rule.step() and copy.deepcopy(rule) is rule


def test_a_rule_inside_a_function_cannot_be_pickled():
    @optimiser
    def inner(p, g, *, lr=0.1):
        return p - lr * g

    with pytest.raises(UsageError, match="top of a module"):
        pickle.dumps(inner)


@pytest.mark.parametrize("name", ["adam", "heavy_ball", "lars", "schedule_free", "adagrad", "descent_cosine"])
def test_initial_states_are_those_of_the_rule_on_each_shape(name):
    params = [np.linspace(1, 2, int(np.prod(shape))).reshape(shape) for shape in ((4, 3), (3,), (2, 3, 4), (), (1, 5))]
    found = OPTIMISERS[name].initial(params)
    expected = []
    for array in params:
        start = OPTIMISERS[name].start(Wire(Real, tuple(map(dim, array.shape))))
        expected += evaluate(start, (array,), hypers={s: v for s, v in OPTIMISERS[name].assignment().items() if s in start.hypers})
    assert [array.shape for array in found] == [array.shape for array in expected]
    assert all(np.array_equal(mine, theirs) for mine, theirs in zip(found, expected, strict=True))
