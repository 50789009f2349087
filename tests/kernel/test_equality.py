"""Equality of expressions that programs compute: what is shown, what is refuted, what is left open."""

import pytest
import sympy as sp

from symcat.errors import ValidationError
from symcat.kernel.equality import difference, same, terms

x, y, z = sp.symbols("x y z")
EQUAL = {
    "one denominator": ((x + y) / (x * y), 1 / x + 1 / y),
    "multiplied out": ((x + y) ** 5, sum(sp.binomial(5, k) * x**k * y ** (5 - k) for k in range(6))),
    "a shared denominator": (x / (x + y) + y * (1 / (x + y)), (x + y) / (x + y)),
    "reciprocals squared": ((x + 1) / (y + z) ** 2, x / (y + z) ** 2 + (y + z) ** -2),
    "opaque functions": (sp.exp(x) * (y + 1), y * sp.exp(x) + sp.exp(x)),
    "opaque roots": (sp.sqrt(x) * (y + 1), sp.sqrt(x) * y + sp.sqrt(x)),
}
OPEN = {
    "another fraction": (x / y, y / x),
    "another power": ((x + y) ** 5, (x + y) ** 4),
    "another function": (sp.exp(x), sp.tanh(x)),
    "another argument": (sp.exp(x + 1), sp.exp(x + 2)),
    "a sign": (x - y, y - x),
}


@pytest.mark.parametrize("name", EQUAL)
def test_what_is_equal(name):
    assert same(*EQUAL[name])


@pytest.mark.parametrize("name", OPEN)
def test_what_is_not_equal(name):
    assert not same(*OPEN[name])


def test_a_difference_that_is_a_number_is_an_error():
    with pytest.raises(ValidationError, match="differs from the morphism's by 1"):
        same(x + 1, x)
    with pytest.raises(ValidationError, match="by -1/2"):
        same((x + y) * z - sp.Rational(1, 2), x * z + y * z)


def test_what_would_take_long_to_multiply_out_is_not_shown():
    wide = sum(sp.symbols("a:40"))
    assert same((wide + 1) * wide, wide**2 + wide)
    assert terms((wide + 1) ** 9, {}) > 10**9
    assert not same((wide + 1) ** 9 * wide, (wide + 1) ** 8 * (wide**2 + wide))
    assert difference((wide + 1) ** 9, sp.S.Zero) is None


def test_terms_are_counted_with_powers():
    assert terms((x + y + 1) ** 2 * (x + z) + 3, {}) == 6 * 2 + 1
