"""Requirements that follow from facts are no premises; those that follow from others go where `decide` shows it, and never all."""

import random
from dataclasses import replace

import pytest
import sympy as sp

from symcat.category.comprehension import Fact, Requirement
from symcat.category.expression import At, index
from symcat.category.space import Real, dims
from symcat.learn.optimisers import OPTIMISERS
from symcat.prove.decide import decide
from symcat.prove.index.context import Context
from symcat.prove.index.domain import Domain
from symcat.prove.index.equal import Proof, prove_equal
from symcat.prove.index.program import Cuts, Program
from symcat.prove.index.sums import Normaliser
from symcat.prove.index.table import Table
from tests.prove.index.programs import program

n, m = dims("n m")
I, J = index(0), index(1)
b, c = sp.symbols("b c", real=True)
HALF_OPEN = (Fact(b, ">=0"), Fact(1 - b, ">0"))
V, T = Requirement((n,), At("v", I), ">=0", ">=0"), Requirement((), At("t"), ">=0", ">=0")


def premises(f, g=None, facts=()):
    proof = prove_equal(f, g or f, facts)
    assert isinstance(proof, Proof)
    return proof.premises


def requiring(*requirements, facts=(), **wires):
    """The identity of the first wire with requirements `(extents, expression, relation)`."""
    def write(g, *names):
        for extents, e, relation in requirements:
            g.require(extents, e, relation)
        return g.gather(wires[names[0]].shape, lambda *i: At(names[0], *i))
    return replace(program(write, **wires), facts=tuple(facts))


def given(f, *requirements):
    return replace(f, requirements=(*requirements, *f.requirements))


def left(f, g, equality="as morphisms"):
    """The premises of a verdict."""
    verdict = decide(f, g, equality=equality)
    assert verdict.proved
    return verdict.premises


# ---- optimisers
def test_adam_needs_no_premise_beyond_its_ranges_and_its_states():
    step = OPTIMISERS["adam"].step(Real[n])
    assert left(given(step, V, T), step) == (*map(str, step.facts), "v[i] >= 0 for i < n", "t >= 0")


def test_adam_without_its_states_keeps_what_does_not_follow():
    step = OPTIMISERS["adam"].step(Real[n])
    assert left(given(step, T), step)[-2:] == ("t >= 0", "(b2*v[i] + (1 - b2)*g[i]**2)/(1 - b2**(t + 1)) >= 0 for i < n")
    assert {"1 - b1**(t + 1) != 0", "1 - b2**(t + 1) != 0"} <= set(left(given(step, V), step))


def test_adam_from_its_first_state():
    """v = 0, t = 0: corrections are 1 - b, and the second moment is a square."""
    step = OPTIMISERS["adam"].step(Real[n])
    zero = lambda g: [g.zero(Real[n]), g.zero(Real[n]), g.zero(Real[()])]
    first = program(lambda g, p, d: list(g.call(step, [p, d, *zero(g)])), p=Real[n], d=Real[n])
    assert premises(first) == tuple(map(str, step.facts))


@pytest.mark.parametrize("name", ["adagrad", "rmsprop"])
def test_running_squares(name):
    step = OPTIMISERS[name].step(Real[n])
    state = Requirement((n,), At(step.dom.names[2], I), ">=0", ">=0")
    assert len([text for text in premises(step) if "g[i]" in text]) == 1
    assert not [text for text in left(given(step, state), step) if "g[i]" in text]


# ---- normal forms and programs
def test_a_variance_is_at_least_zero():
    """Multiplied out, the sum of squares and the square of the sum have opposite signs; the program shows it."""
    def write(shift):
        def body(g, x):
            mean = g.gather((), lambda i: At(x, i) / n, (n,))
            away = g.gather((n,), lambda i: (At(x, i) - At(mean)) ** (2 if shift else 3))
            variance = g.gather((), lambda i: At(away, i) / n, (n,))
            g.require((), At(variance) + shift * c, ">0")
            return g.gather((), lambda: sp.log(At(variance) + shift * c))
        return program(body, x=Real[n])
    assert premises(write(1), facts=(Fact(c, ">0"),)) == ("c > 0",)
    assert len(premises(write(1), facts=(Fact(c, ">=0"),))) == 2
    assert len(premises(write(0))) == 1


def test_requirements_do_not_vouch_for_each_other():
    """2 x >= 0 and x >= 0 follow from each other: the engine keeps both, a verdict one, whatever their order."""
    first, second = ((n,), 2 * At("x", I), ">=0"), ((n,), At("x", I), ">=0")
    for pair in ((first, second), (second, first)):
        f = requiring(*pair, x=Real[n])
        assert set(premises(f)) == {"2*x[i] >= 0 for i < n", "x[i] >= 0 for i < n"}
        assert len(left(f, requiring(x=Real[n]))) == 1


def test_a_node_and_an_input_do_not_vouch_for_each_other():
    def write(parts):
        def body(g, x):
            z = g.gather((n,), lambda i: 2 * At(x, i))
            g.require((n,), At(z, I), ">=0")
            g.require((n,), At(x, I), ">=0")
            return g.gather((n,), lambda i: sp.sqrt(2) * sp.sqrt(At(x, i)) if parts else sp.sqrt(At(z, i)))
        return program(body, x=Real[n])
    assert len(left(write(True), write(False), "as functions")) == 1


@pytest.mark.parametrize(("e", "relation", "facts", "shown"), [
    (1 - b**3, ">0", HALF_OPEN, True),
    (1 - b**3, ">0", HALF_OPEN[:1], False),
    (1 - b**2, ">0", HALF_OPEN[1:], False),
    (2 - b - b**2, ">0", HALF_OPEN, True),
    (2 - b - 2 * b**2, ">0", HALF_OPEN, False),
    (1 - b * At("x", 0) ** 2, ">=0", HALF_OPEN, False),
    (1 - b, "!=0", HALF_OPEN, True),
    (1 - 2 * b, ">=0", HALF_OPEN, False),
    (b * At("x", 0) ** 2 + (1 - b) * At("x", 0) ** 4, ">=0", HALF_OPEN, True),
    (b * At("x", 0) ** 2 + (1 - 2 * b) * At("x", 0) ** 4, ">=0", HALF_OPEN, False),
    (b * At("x", 0) ** 2 + (1 - b) * At("x", 0) ** 3, ">=0", HALF_OPEN, False),
    (1 / (1 - b), ">0", HALF_OPEN, True),
    (sp.exp(At("x", 0)) - b, ">0", HALF_OPEN, False),
    (1 - b * sp.exp(-At("x", 0) ** 2), ">0", HALF_OPEN, True),
    (1 - b * sp.exp(At("x", 0) ** 2), ">0", HALF_OPEN, False),
])
def test_signs_from_facts(e, relation, facts, shown):
    f = requiring(((), e, relation), facts=facts, x=Real[n])
    assert (len(premises(f)) == len(facts)) is shown


# ---- random expressions
def value_of(e, point):
    return e.xreplace({At("x"): point["x"], At("v"): point["v"], b: point["b"], c: point["c"]})


def test_signs_of_random_expressions_hold_at_points():
    """b in [0, 1), c > 0, v >= 0, x any: a sign that is shown is the sign at every point tried, edges included."""
    rng, shown = random.Random(5), {">0": 0, ">=0": 0}
    points = [{"b": sp.Rational(p, 10), "c": sp.Rational(q, 7), "v": sp.Rational(r, 3), "x": sp.Rational(s, 2)}
              for p in (0, 3, 9) for q in (1, 20) for r in (0, 1, 12) for s in (-3, 0, 1, 8)]
    atoms = [b, b, 1 - b, c, At("v"), At("x") ** 2, At("x"), sp.Integer(1), 1 - b**2, c + 1, 1 / (c + 1), At("v") ** 2]
    for _ in range(400):
        e = sp.Add(*[rng.choice([1, 1, 2, -1]) * sp.Mul(*[rng.choice(atoms) for _ in range(rng.randint(1, 3))])
                     for _ in range(rng.randint(1, 3))])
        table = Table()
        algebra = Normaliser(table, Context(table), Domain(table))
        reader = Program(requiring(x=Real[()], v=Real[()]), algebra, Cuts(0))
        for fact in (*HALF_OPEN, Fact(c, ">0")):
            algebra.domain.require((), reader.convert(fact.expr, {}), fact.relation, str(fact), fact=True)
        algebra.domain.require((), reader.convert(At("v"), {}), ">=0", "v")
        sign = algebra.sign(reader.convert(e, {}))
        if sign is not None:
            shown[sign] += 1
            assert all((value_of(e, p) > 0) if sign == ">0" else (value_of(e, p) >= 0) for p in points), (e, sign)
    assert shown[">0"] > 20
    assert shown[">=0"] > 20
