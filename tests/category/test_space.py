import pytest
import sympy as sp

from symcat.category.space import Z2, Real, Space, Z, dim, dims, space, unused
from symcat.errors import ShapeError

n, m = dims("n m")


def test_dims_are_positive_integers_or_affine_in_names():
    assert dim(3) == 3 and dim("n") == n and dim(2 * n + 1) == 2 * n + 1
    assert n.is_integer and n.is_positive


@pytest.mark.parametrize("value, words", [
    (0, "not positive"), (-1, "not positive"), (True, "a dim is"), (1.5, "a dim is"), ("2x", "not a name"), (n / 2, "divisible"),
    (sp.Symbol("q"), "not a dim"),
])
def test_bad_dims_are_named(value, words):
    with pytest.raises(ShapeError, match=words):
        dim(value)


def test_product_renames_clashes_and_fits_ignores_names():
    a, b = space(x=Real[n]), space(x=Real[m])
    assert (a * b).names == ("x", "x1")
    assert (a * b).fits(space(u=Real[n], v=Real[m]))
    assert not (a * b).fits(b * a)


def test_a_wire_name_used_twice_is_an_error_that_names_it():
    with pytest.raises(ShapeError, match="'x' is used twice"):
        Space((("x", Real[n]), ("x", Real[m])))


@pytest.mark.parametrize("name", ["_x", "1x", "x y", ""])
def test_bad_wire_names(name):
    with pytest.raises(ShapeError, match="wire name"):
        Space(((name, Real[n]),))


def test_something_else_than_a_wire():
    with pytest.raises(ShapeError, match="expected a wire"):
        Space((("x", n),))


def test_bases():
    assert Z[2] == Z2 and str(Z2) == "Z2" and str(Z[5][n]) == "Z[5][n]"
    x = sp.Symbol("x")
    assert Z2.reduce(2 * x + 3) == 1 and Z[5].reduce(7 * x - 1) == 2 * x + 4 and Real.reduce(7 * x) == 7 * x
    with pytest.raises(ShapeError, match="modulus"):
        Z[1]
    with pytest.raises(ShapeError, match="only integers"):
        Z2.reduce(x / 2)


def test_unused_counts_up():
    assert unused("x", {"y"}) == "x" and unused("x", {"x"}) == "x1" and unused("x1", {"x1"}) == "x2"
