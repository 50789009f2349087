"""Each pass does what it is there for."""

import numpy as np
import pytest
import sympy as sp

from symcat.category.elementwise import sigmoid
from symcat.category.evaluate import evaluate
from symcat.category.expression import At, Delta, index
from symcat.category.morphism import Builder
from symcat.category.space import Real, space
from symcat.category.trace import trace
from symcat.errors import UsageError
from symcat.kernel.passes import inline, orient, share_calls, simplify, specialise, split
from tests.category.programs import BY_NAME
from tests.kernel.passes.programs import agree, special
from tests.kernel.steps import REAL_PROGRAMS, descent, learner, learner_step, learner_values


@pytest.mark.parametrize("program", REAL_PROGRAMS, ids=lambda p: p.name)
def test_specialisation_is_evaluation_at_the_values(program):
    step = descent(program.f)
    inputs = program.inputs(3)
    expected = evaluate(step.step, inputs, program.sizes, program.hypers)
    found = evaluate(special(program), inputs)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


def test_specialisation_needs_all_values():
    with pytest.raises(UsageError, match="no value for"):
        specialise(BY_NAME["network"].f, {})


def test_copies_views_and_constants_are_read_where_they_are_used():
    b = Builder()
    x, y = b.inputs(space(x=Real[3, 4], y=Real[4]))
    turned = b.gather((4, 3), lambda i, j: At(x, j, i))
    half = b.gather((), lambda: sp.Rational(1, 2))
    spread = b.gather((4, 3), lambda i, j: At(y, i) + 0)
    f = b.build([b.gather((4, 3), lambda i, j: At(turned, i, j) * At(half) + At(spread, i, j))])
    g = inline(f)
    assert len(f.nodes) == 4 and len(g.nodes) == 1
    assert g.nodes[0].body == At("x", index(1), index(0)) / 2 + At("y", index(0))


def test_a_division_by_a_constant_zero_is_left_alone():
    b = Builder()
    x, = b.inputs(space(x=Real[3]))
    none = b.gather((), lambda: sp.S.Zero)
    f = b.build([b.gather((3,), lambda i: At(x, i) / At(none))])
    assert inline(f).nodes == f.nodes


def test_a_call_that_is_held_is_read():
    b = Builder()
    x, = b.inputs(space(x=Real[3]))
    y = b.gather((3,), lambda i: sp.tanh(At(x, i)))
    f = b.build([y, b.gather((2,), lambda i: sp.tanh(At(x, i + 1)) ** 2)])
    assert share_calls(f).nodes[1].body == At("z", index(0) + 1) ** 2


def test_a_scatter_that_contracts_is_split():
    b = Builder()
    dy, K = b.inputs(space(dy=Real[4, 5], K=Real[3, 5]))
    i, u, o = index(0), index(1), index(2)
    f = b.build([b.node((6,), ((i, 4), (u, 3), (o, 5)), (i + u,), At(dy, i, o) * At(K, u, o))])
    contraction, scatter = split(f).nodes
    assert contraction.gather and contraction.reduced and not scatter.reduced
    assert agree(f, split(f))


def test_a_delta_in_a_body_survives_the_passes():
    b = Builder()
    x, = b.inputs(space(x=Real[4]))
    f = b.build([b.gather((4, 4), lambda i, j: Delta(i - j) * At(x, j))])
    assert agree(f, orient(split(simplify(f))))


def test_dead_comprehensions_are_dropped_with_their_requirements():
    f = specialise(*_with_values(learner("adam")))
    assert f.requirements == () and f.facts == ()
    needed = {name for node in f.nodes for name in node.sources} | set(f.outs)
    assert {node.name for node in f.nodes} <= needed


def _with_values(made):
    step = learner_step(made)
    return step.step, step.values(learner_values(made, 2), None)


def test_simplification_removes_most_comprehensions_of_an_optimiser():
    f = specialise(*_with_values(learner("gradient_descent")))
    g = simplify(f)
    assert len(g.nodes) < len(f.nodes)
    assert simplify(g) == g




def test_a_call_on_a_slice_is_held_for_the_slice_alone():
    f = trace(lambda z: sigmoid(z[:, 0:4]) * sigmoid(z[:, 4:8]), space(z=Real[3, 8]))
    z = np.arange(24.0).reshape(3, 8) / 24
    assert np.array_equal(evaluate(simplify(f), [z])[0], evaluate(f, [z])[0])
