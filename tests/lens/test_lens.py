import pytest

from symcat.category.expression import At
from symcat.category.morphism import Builder
from symcat.category.space import Real, dims, space
from symcat.category.structure import copy, discard, identity, project
from symcat.derivative.reverse import R
from symcat.errors import ShapeError
from symcat.laws.law import pointwise
from symcat.lens.lens import Lens, identity_lens, lens, swap_lens
from symcat.lens.para import Para, batch, corner, para_identity

n, m, B = dims("n m B")
A, C = space(x=Real[n]), space(y=Real[m])


def linear() -> Para:
    w = Builder()
    matrix, x = w.input("W", Real[n, m]), w.input("x", Real[n])
    return Para(w.build([w.gather((m,), lambda j, r: At(x, r) * At(matrix, r, j), (n,))], ["y"]), 1)


def test_a_put_that_does_not_start_at_a_is_refused_with_both_sides_named():
    with pytest.raises(ShapeError, match=r"must start at A \* B'.*did you mean put\(a, db\)"):
        Lens(identity(A), project(C, A, 1))


def test_composition_is_the_chain_rule():
    f, g = pointwise(A), pointwise(A)
    assert (lens(f) >> lens(g)).put == R(f >> g)


def test_ends_must_meet():
    with pytest.raises(ShapeError, match="cannot compose lenses"):
        identity_lens(A) >> identity_lens(C)
    with pytest.raises(ShapeError, match="cannot compose"):
        para_identity(A) >> para_identity(C)
    with pytest.raises(ShapeError, match="reparametrisation ends at"):
        linear().reparametrise(identity(A))


def test_swap_is_its_own_inverse():
    twice = swap_lens(A, C) >> swap_lens(C, A)
    assert twice.get == identity(A * C) and twice.put == identity_lens(A * C).put


def test_later_parameters_come_first():
    two = linear() >> Para(linear().body.substitute({n: m, m: n}), 1)
    assert [str(wire) for wire in two.params.types] == ["Real[m, n]", "Real[n, m]"]
    assert two.lens().lens.put == R(two.body)


def test_tying_adds_gradients():
    tied = (linear() @ linear()).reparametrise(copy(linear().params))
    assert tied.params.fits(linear().params)
    put = tied.lens().lens.put
    assert put.nodes[-1].body.is_Add or any(node.body.is_Add for node in put.nodes)


def test_batching_shares_parameters_and_leads_with_the_batch_axis():
    many = batch(linear().body, B, [1])
    assert str(many.dom) == "W: Real[n, m] * x: Real[B, n]" and str(many.cod) == "y: Real[B, m]"
    gradient = R(many)
    (node,) = [node for node in gradient.nodes if node.name == gradient.outs[0]]
    assert [str(extent) for _, extent in node.reduced] == ["B"]


def test_batching_moves_selectors_and_unmapped_outputs():
    w = Builder()
    x, y = w.input("x", Real[n]), w.input("y", Real[m])
    top = w.gather((), lambda r: At(x, r), (n,), op="max")
    f = R(w.build([top], ["top"]).renamed())
    w2 = batch(f, B, [0, 2])
    assert any("argmax0(z[i])" in str(node) for node in w2.nodes)
    many = batch(w.build([top, y], ["top", "y"]), B, [0])
    assert [str(t) for t in many.cod.types] == ["Real[B]", "Real[B, m]"]


def test_corner_and_counts():
    assert corner(A).params.fits(A) and len(corner(A).dom) == 0
    with pytest.raises(ShapeError, match="parameter wires"):
        Para(identity(A), 2)
    assert len(discard(A).cod) == 0
