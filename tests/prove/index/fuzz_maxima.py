"""Random maxima of bodies that are changed, mostly increasingly, and maxima of maxima against maxima over pairs; ties are frequent."""

import itertools

import mpmath as mp
import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import Argmax, At, index
from symcat.category.functions import sigmoid
from symcat.category.morphism import Morphism
from symcat.category.space import Real, dims, space
from tests.prove.index.oracle import Run

n, m = dims("n m")
I, J = index(0), index(1)
DOM = space(x=Real[n, m], w=Real[m], s=Real[n])
SIZES = [{"n": 1, "m": 1}, {"n": 2, "m": 1}, {"n": 1, "m": 3}, {"n": 3, "m": 2}, {"n": 3, "m": 4}]
BODIES = (At("x", I, J), At("x", I, J), At("x", I, J) + At("w", J), At("x", I, J) * At("w", J), At("x", I, J) - 2 * At("w", J))
S = At("s", I)
CHANGES = (lambda e: 3 * e, lambda e: e + S, lambda e: sp.exp(S) * e, sp.exp, sp.tanh, sigmoid, lambda e: e / n, lambda e: e / 2 - 1,
           lambda e: sp.exp(e) * sp.exp(S), lambda e: 1 + 2 * sp.exp(e), lambda e: sp.exp(e) ** 2, lambda e: 1 / sp.exp(e))
BAD = (lambda e: -e, lambda e: S * e, lambda e: sp.exp(-e), lambda e: e**2, lambda e: e + At("w", J), lambda e: -sp.tanh(e))


def changed(rng, body):
    for _ in range(rng.choice([0, 1, 1, 2])):
        change = rng.choice(CHANGES if rng.random() < 0.85 else BAD)
        body = sp.expand(change(body)) if rng.random() < 0.5 else change(body)
    return body


def selected(body, shown):
    """x at the first maximiser of a body over j, times what is shown besides."""
    top = Comprehension("t", Real, (n,), (n, m), (I,), body, "max")
    out = Comprehension("y", Real, (n,), (n,), (I,), At("x", I, Argmax("t", 0, I)) + shown)
    return Morphism(DOM, space(y=Real[n]), (top, out), ("y",))


def goal(rng):
    """One selection by a body and by the same changed; or the maximum itself, changed after and before."""
    body = rng.choice(BODIES)
    if rng.random() < 0.6:
        return selected(changed(rng, body), sp.Integer(0)), selected(changed(rng, body), sp.Integer(0))
    change = rng.choice(CHANGES if rng.random() < 0.7 else BAD)
    return selected(change(body), At("t", I)), selected(body, change(At("t", I)).xreplace({J: Argmax("t", 0, I)}))


def iterated(rng):
    """max over i of max over j, and max over pairs, by the entry that they select."""
    body, outer = rng.choice(BODIES), rng.choice([sp.Integer(0), S, S])
    scale = rng.choice([sp.Integer(1), sp.Integer(2), sp.Integer(-1)]) if rng.random() < 0.3 else sp.Integer(1)
    inner = Comprehension("t", Real, (n,), (n, m), (I,), body, "max")
    over = Comprehension("z", Real, (), (n,), (), scale * At("t", I) + outer, "max")
    first = Argmax("z", 0)
    left = Comprehension("y", Real, (), (), (), At("x", first, Argmax("t", 0, first)))
    whole = body if rng.random() < 0.8 else changed(rng, body)
    pairs = Comprehension("z", Real, (), (n, m), (), whole + (outer if rng.random() < 0.8 else 0), "max")
    right = Comprehension("y", Real, (), (), (), At("x", Argmax("z", 0), Argmax("z", 1)))
    cod = space(y=Real[()])
    return Morphism(DOM, cod, (inner, over, left), ("y",)), Morphism(DOM, cod, (pairs, right), ("y",))


DIGITS, SLACK = 140, mp.mpf(10) ** -110     # tanh of the largest value that occurs, about 100, is more than 1e-90 from 1
SCALAR = {"exp": mp.exp, "tanh": mp.tanh, "sigmoid": lambda x: 1 / (1 + mp.exp(-x))}


def agree(left, right, rng):
    """Whether two programs have equal outputs at all sizes, at small random values among which ties are frequent."""
    with mp.workdps(DIGITS):
        for sizes in SIZES:
            for _ in range(4):
                shapes = [(sizes["n"], sizes["m"]), (sizes["m"],), (sizes["n"],)]
                arrays = [{p: mp.mpf(rng.choice([-2, -1, 0, 1, 2])) / 4 for p in itertools.product(*map(range, shape))} for shape in shapes]
                one, other = (Run(f, sizes, arrays, scalar=SCALAR, slack=SLACK).outputs() for f in (left, right))
                if any(abs(a[p] - b[p]) > SLACK for a, b in zip(one, other, strict=True) for p in a):
                    return False
    return True
