"""Selectors up to increasing changes, and maxima of maxima; ties and decreasing changes are near misses that must not be proved."""

import random

import pytest
import sympy as sp

from symcat.category.comprehension import Fact
from symcat.category.expression import Argmax, At, Delta
from symcat.category.functions import maximum, relu, sigmoid
from symcat.category.space import Real, dims
from symcat.derivative.reverse import R
from symcat.prove.index.equal import Proof, prove_equal
from tests.prove.index import fuzz_maxima
from tests.prove.index.programs import program

n, m, k = dims("n m k")
lam = sp.Symbol("lam", real=True)
ROUNDS = 60


def proved(left, right, facts=()):
    return isinstance(prove_equal(left, right, facts), Proof)


def before(change):
    """max over j of change(x[i, j], s[i])."""
    def write(g, x, s):
        y = g.gather((n, m), lambda i, j: change(At(x, i, j), At(s, i)))
        return g.gather((n,), lambda i, j: At(y, i, j), (m,), op="max")
    return program(write, x=Real[n, m], s=Real[n])


def after(change):
    """change(max over j of x[i, j], s[i])."""
    def write(g, x, s):
        top = g.gather((n,), lambda i, j: At(x, i, j), (m,), op="max")
        return g.gather((n,), lambda i: change(At(top, i), At(s, i)))
    return program(write, x=Real[n, m], s=Real[n])


INCREASING = {
    "shift": lambda x, s: x + s, "scale": lambda x, s: 3 * x - 1, "exp": lambda x, s: sp.exp(x), "tanh": lambda x, s: sp.tanh(x),
    "sigmoid": lambda x, s: sigmoid(2 * x), "positive factor": lambda x, s: sp.exp(s) * x + sp.tanh(s), "share": lambda x, s: x / n,
    "power": lambda x, s: sp.exp(x) ** 3, "product": lambda x, s: sp.exp(x) * sp.exp(s),
}
OTHERS = {
    "negative": lambda x, s: -x, "factor": lambda x, s: s * x, "decreasing": lambda x, s: sp.exp(-x), "square": lambda x, s: x**2,
    "inverse": lambda x, s: 1 / sp.exp(x), "weakly increasing": lambda x, s: relu(x),
}


@pytest.mark.parametrize("name", INCREASING)
def test_increasing_changes_pass_through_a_maximum(name):
    change = INCREASING[name]
    assert proved(before(change), after(change))
    assert proved(R(before(change)), R(after(change)))
    assert not proved(before(change), after(lambda x, s: change(x, s) + s))


@pytest.mark.parametrize("name", OTHERS)
def test_other_changes_do_not(name):
    assert not proved(before(OTHERS[name]), after(OTHERS[name]))


def test_a_hyperparameter_must_be_positive():
    """At lam = 0 the values agree, but the gradient goes to the first entry on one side and to the greatest on the other."""
    change = lambda x, s: lam * x
    assert proved(before(change), after(change), (Fact(lam, ">0"),))
    assert not proved(before(change), after(change), (Fact(lam, ">=0"),))
    assert not proved(before(change), after(change))


def test_a_positive_factor_only_in_its_range():
    def write(extent, scaled):
        def body(g, x, s):
            g.require((extent,), At(s, fuzz_maxima.I), ">0")
            y = g.gather((n, m), lambda i, j: At(s, i) * At(x, i, j)) if scaled else x
            top = g.gather((n,), lambda i, j: At(y, i, j), (m,), op="max")
            return g.gather((n,), lambda i: At(x, i, Argmax(top, 0, i)))
        return program(body, x=Real[n, m], s=Real[n])
    assert proved(write(n, True), write(n, False))
    assert not proved(write(1, True), write(1, False))


# ---- maxima of maxima
def nested(exchanged=False):
    def write(g, x):
        if exchanged:
            columns = g.gather((m,), lambda j, i: At(x, i, j), (n,), op="max")
            return g.gather((), lambda j: At(columns, j), (m,), op="max")
        rows = g.gather((n,), lambda i, j: At(x, i, j), (m,), op="max")
        return g.gather((), lambda i: At(rows, i), (n,), op="max")
    return program(write, x=Real[n, m])


PAIRS = program(lambda g, x: g.gather((), lambda i, j: At(x, i, j), (n, m), op="max"), x=Real[n, m])


def test_the_maximum_of_row_maxima():
    assert proved(nested(), PAIRS)
    assert proved(R(nested()), R(PAIRS))
    assert not proved(nested(exchanged=True), PAIRS)        # on a tie it selects another entry
    first = program(lambda g, x: g.gather((), lambda i: At(x, i, 0), (n,), op="max"), x=Real[n, m])
    assert not proved(nested(), first)


def test_ties_are_not_moved():
    forward = program(lambda g, x: g.gather((), lambda j: At(x, j), (n,), op="max"), x=Real[n])
    backward = program(lambda g, x: g.gather((), lambda j: At(x, n - 1 - j), (n,), op="max"), x=Real[n])
    parts = program(lambda g, x: g.gather((), lambda: maximum(At(g.gather((), lambda j: At(x, j), (k,), op="max")),
                                                              At(g.gather((), lambda j: At(x, j + k), (n - k,), op="max")))), x=Real[n])
    assert not proved(forward, backward)
    assert not proved(forward, parts)


def test_softmax_has_the_first_greatest_entry_of_its_argument():
    def write(soft):
        def body(g, x, d):
            if soft:
                e = g.gather((n, m), lambda i, j: sp.exp(At(x, i, j)))
                total = g.gather((n,), lambda i, j: At(e, i, j), (m,))
                g.require((n,), At(total, fuzz_maxima.I), "!=0")
                x = g.gather((n, m), lambda i, j: soft * At(e, i, j) / At(total, i))
            top = g.gather((n,), lambda i, j: At(x, i, j), (m,), op="max")
            return g.gather((n, m), lambda i, j: At(d, i) * Delta(j - Argmax(top, 0, i)))
        return program(body, x=Real[n, m], d=Real[n])
    assert proved(write(1), write(0))
    assert not proved(write(-1), write(0))


# ---- random goals
@pytest.mark.parametrize(("goal", "rule"), [(fuzz_maxima.goal, "increasing"), (fuzz_maxima.iterated, "iterated_maximum")])
def test_random_maxima(goal, rule):
    used = different = 0
    for seed in range(ROUNDS):
        left, right = goal(random.Random(seed))
        proof = prove_equal(left, right)
        same = fuzz_maxima.agree(left, right, random.Random(seed)) if isinstance(proof, Proof) or seed % 4 == 0 else None
        assert same is not False or not isinstance(proof, Proof), (seed, str(left), str(right))
        used += isinstance(proof, Proof) and any(rule in base["rules"] for base in proof.trace.get("bases", []))
        different += same is False
    assert used > ROUNDS // 5
    assert different > 1
