"""Hyperparameters: exact defaults, ranges declared or inferred, and what follows from a range."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from symcat.category.hyper import Hyper, certainly, exact_number, hyper, infer
from symcat.errors import DomainError, UsageError


@pytest.mark.parametrize(("value", "exact"), [
    (0.9, "9/10"), (1e-8, "1/100000000"), (3, "3"), (True, "1"), (Fraction(2, 3), "2/3"), (sp.Rational(1, 7), "1/7"),
    (np.float64(0.1), "1/10"), (np.float32(0.1), "1/10"), (np.int8(-4), "-4"), (0.1 + 0.2, "7500000000000001/25000000000000000"),
])
def test_numbers_are_exact(value: object, exact: str) -> None:
    assert exact_number(value) == sp.Rational(exact)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), np.float32("-inf")])
def test_numbers_that_are_not_real_are_refused(value: float) -> None:
    with pytest.raises(DomainError, match="not real"):
        exact_number(value)


@pytest.mark.parametrize("value", ["0.1", None, 1j, [1]])
def test_things_that_are_no_numbers_are_refused(value: object) -> None:
    with pytest.raises(UsageError, match="not a real number"):
        exact_number(value)


@pytest.mark.parametrize(("name", "interval"), [
    ("lr", "(0, oo)"), ("rate", "(0, oo)"), ("learning_rate", "(0, oo)"), ("eps", "(0, oo)"), ("epsilon", "(0, oo)"), ("delta", "(0, oo)"),
    ("b1", "[0, 1)"), ("b2", "[0, 1)"), ("beta", "[0, 1)"), ("beta_2", "[0, 1)"), ("gamma", "[0, 1)"), ("momentum", "[0, 1)"),
    ("rho", "[0, 1)"), ("decay", "[0, 1)"), ("weight_decay", "[0, oo)"), ("l2", "[0, oo)"), ("scale", "(-oo, oo)"), ("lrs", "(-oo, oo)"),
])
def test_ranges_are_inferred_from_names(name: str, interval: str) -> None:
    assert infer(name).range == interval


def test_a_default_outside_the_inferred_range_drops_it() -> None:
    assert infer("momentum", 1.5).range == "(-oo, oo)"
    assert infer("momentum", 0).range == "[0, 1)"
    assert infer("lr", 0).range == "(-oo, oo)"


def test_a_default_outside_the_declared_range_is_refused() -> None:
    with pytest.raises(DomainError, match=r"default 1, outside its range \[0, 1\)"):
        hyper(1, low=0, below=1)
    with pytest.raises(UsageError, match="low or above"):
        hyper(low=0, above=0)
    with pytest.raises(UsageError, match="name 'a b'"):
        hyper(name="a b")


def test_values_are_checked_against_the_range() -> None:
    beta = infer("b1", 0.9)
    assert beta.check(0) == 0
    assert beta.check(0.5) == sp.Rational(1, 2)
    for value in (1, 1.5, -0.1):
        with pytest.raises(DomainError, match=r"b1 = .* is outside its range \[0, 1\)"):
            beta.check(value)


def test_facts_say_what_the_range_says() -> None:
    assert [str(fact) for fact in hyper(1, name="a", above=0, high=2).facts] == ["a > 0", "2 - a >= 0"]
    assert infer("scale").facts == ()


DECLARED = {h.symbol: h for h in (infer("lr"), infer("b1"), infer("b2"), infer("weight_decay"), hyper(name="half", low=-1, high=1),
                                  hyper(name="open", above=-2, below=2), hyper(name="top", high=3))}
lr, b1, b2, wd, half, opened, top = DECLARED
n = sp.Symbol("n", integer=True, positive=True)

SHOWN = [(lr, ">0"), (1 - b1, ">0"), (b1, ">=0"), (1 - b1, "!=0"), (lr * (1 - b1), ">0"), (lr / (1 - b1), "!=0"), (lr + wd, ">0"),
         ((1 - b1) / (1 - b2), ">0"), (1 - b1 * b2, ">0"), (opened + 2, ">0"), (2 - opened, ">0"), (n, ">0"), (n - 1, ">=0"),
         (n + wd, ">0"), (sp.sqrt(lr), ">0"), (1 + b1, "!=0"), (-lr, "!=0"), (half**2, ">=0")]
NOT_SHOWN = [(b1, ">0"), (b1, "!=0"), (wd, ">0"), (1 - lr, "!=0"), (half, ">=0"), (half, "!=0"), (opened, ">=0"), (top, ">=0"),
             (n - 1, ">0"), (b1 - b2, "!=0"), (lr - wd, "!=0"), (n - 2, ">=0"), (half + 1, ">0"), (1 - half, "!=0"), (3 - top, "!=0")]


@pytest.mark.parametrize(("expr", "relation"), SHOWN, ids=str)
def test_what_follows_from_the_ranges_is_shown(expr: sp.Expr, relation: str) -> None:
    assert certainly(expr, relation, DECLARED)


@pytest.mark.parametrize(("expr", "relation"), NOT_SHOWN, ids=str)
def test_what_does_not_follow_is_not_shown(expr: sp.Expr, relation: str) -> None:
    assert not certainly(expr, relation, DECLARED)


def test_the_model_of_a_range_covers_it_and_nothing_else() -> None:
    for declared in DECLARED.values():
        model = declared.model()
        (free,) = model.free_symbols
        for number in (0, sp.Rational(1, 3), 1, 7, 100):
            if number > 0 or not free.is_positive:
                value = model.subs(free, number)
                assert declared.admits(value) or free.is_nonnegative is None


def test_hypers_are_values() -> None:
    assert infer("lr", 0.1) == Hyper("lr", sp.Rational(1, 10), sp.Integer(0), None, open_low=True)
    assert hyper(0.1, above=0).named("lr") == infer("lr", 0.1)
