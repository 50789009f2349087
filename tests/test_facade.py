"""What the facade says to arguments of the wrong kind."""

import pytest

import symcat as sc


@pytest.mark.parametrize("call, words", [
    (lambda: sc.R(abs), r"a builtin_function_or_method was asked for: expected a morphism; read a function with sc\.morphism"),
    (lambda: sc.D("x"), "a str was asked for: expected a morphism"),
    (lambda: sc.lens(3), "a int was asked for: expected a morphism"),
    (lambda: sc.check(3), "a int: expected an optimiser, a function"),
    (lambda: sc.prove(abs), "expected a claim or a learner"),
    (lambda: sc.decide("x", "y"), "expected a SymPy expression or a morphism"),
])
def test_wrong_kinds_are_named_with_the_way_out(call, words):
    with pytest.raises(sc.UsageError, match=words):
        call()
