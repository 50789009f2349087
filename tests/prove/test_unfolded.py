"""Goals about folds: decided where they can be written out, refuted by short lengths, never proved by mistake."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symcat.category.evaluate import evaluate
from symcat.category.morphism import Morphism
from symcat.category.space import Real, dims, space
from symcat.category.trace import trace
from symcat.category.tracing.folding import fold
from symcat.derivative.reverse import R
from symcat.errors import SymcatError
from symcat.laws.claim import Equation
from symcat.laws.induction import Fold as FoldOfMachine
from symcat.laws.induction import Machine
from symcat.laws.reverse import REVERSE
from symcat.prove.decide import decide, settle
from symcat.prove.field.unrolled import fixed as fixed_sizes
from symcat.prove.record import goal_digest
from symcat.prove.unfolded import aligned, folded, written_out

T, n = dims("T n")


def total(power: int = 2, length: object = T) -> Morphism:
    return trace(lambda s, x: fold(lambda s, x: (s + x**power, None), s, x)[0], space(s=Real[n], x=Real[length, n]))


def closed(length: object = T) -> Morphism:
    return trace(lambda s, x: s + np.sum(x * x, axis=0), space(s=Real[n], x=Real[length, n]))


def fixed(f: Morphism) -> Morphism:
    return f.substitute({n: sp.Integer(2)})


@pytest.mark.parametrize(("lhs", "rhs", "status"), [
    (total(2, 3), closed(3), "proved"), (total(3, 3), closed(3), "refuted"), (fixed(R(total(2, 3))), fixed(R(closed(3))), "proved"),
    (R(total(2, 3)), R(total(3, 3)), "refuted"), (total(2, 3), total(2, 3), "proved"),
    (total(), closed(), "unknown"), (total(3), closed(), "refuted"), (total(), total(), "unknown"),
], ids=range(8))
def test_verdicts(lhs: Morphism, rhs: Morphism, status: str) -> None:
    verdict = decide(lhs, rhs)
    assert verdict.status == status
    if verdict.refuted and T in lhs.dims:
        sizes, inputs = verdict.witness["dims"], verdict.witness["inputs"]
        arrays = [np.array(sp.sympify(inputs[name]), float).reshape([int(d.subs({T: sizes["T"], n: sizes["n"]})) for d in wire.shape])
                  for name, wire in lhs.dom]
        values = [evaluate(f, arrays, sizes)[0] for f in (lhs, rhs)]
        assert not np.allclose(*values)


def test_a_proof_is_about_what_the_folds_are_written_out_to() -> None:
    goal = (Equation(total(2, 3), closed(3)),)
    _, record = settle(goal)
    assert folded(goal) and not folded(written_out(goal))
    assert "cell" not in str(record["goal"])
    assert goal_digest(goal) == goal_digest(written_out(goal))


def test_programs_that_were_written_in_two_orders_are_identical_when_aligned() -> None:
    def step(first: bool) -> Morphism:
        def f(x, y):
            if first:
                a, b = 1 / x, np.tanh(y)
            else:
                b, a = np.tanh(y), 1 / x
            return a * b, np.sqrt(b)
        return trace(f, space(x=Real[n], y=Real[n]))
    lhs, rhs = step(True), step(False)
    assert lhs != rhs
    one, other = aligned(lhs, rhs)
    assert one == other == lhs
    assert aligned(lhs, lhs) == (lhs, lhs)


def test_additivity_of_a_fold_is_proved_by_its_typing() -> None:
    (law,) = [law for law in REVERSE if law.name == "RD.2"]
    verdict, _ = settle(law.claim("fold", lambda: (total(2, 2),)).goal())
    assert verdict.proved and verdict.method == "linear typing"


def test_aligning_keeps_what_differs() -> None:
    lhs = trace(lambda x, y: (x * y, np.sqrt(x)), space(x=Real[n], y=Real[n]))
    rhs = trace(lambda x, y: (x * y, 1 / y), space(x=Real[n], y=Real[n]))
    one, other = aligned(lhs, rhs)
    assert one == lhs and other == rhs
    assert [r.relation for r in one.requirements] == [">=0"] and [r.relation for r in other.requirements] == ["!=0"]


def test_operations_on_comprehensions_alone_say_so() -> None:
    with pytest.raises(SymcatError, match="fold over T steps"):
        fixed_sizes(total())


def powers(length: object) -> Morphism:
    return trace(lambda s: fold(lambda s, _: (s * s, None), s, None, length=length)[0], space(s=Real[()]))


@pytest.mark.parametrize("rel", ["=", "<=", "<"])
@pytest.mark.parametrize(("premise", "admitted"), [(T >= 4, set()), (T <= 1, {1}), (T >= 3, {3}), (T <= 2, {1, 2})], ids=str)
def test_lengths_that_the_premises_exclude_refute_nothing(rel: str, premise: sp.Basic, admitted: set[int]) -> None:
    """s^2, s^4, s^8 against s^2: the first is equal and neither of the others, which are greater at 2."""
    failing = admitted - ({1} if rel != "<" else set())
    verdict = decide(powers(T), powers(1), rel, (premise,))
    assert verdict.status == ("refuted" if failing else "unknown")
    assert not failing or verdict.witness["dims"]["T"] in failing


def test_a_closed_form_over_all_lengths_is_not_compared_at_one() -> None:
    """2^n s, where n is the number of steps of the machine as well: the statement has no case n = 1."""
    double = Machine(trace(lambda s: 2 * s, space(s=Real[()])), trace(lambda s: s, space(s=Real[()])))
    closed = trace(lambda s: fold(lambda s, _: (2 * s, None), s, None, length=T)[0], space(s=Real[()]))
    assert settle(FoldOfMachine(double, closed, T), "as functions")[0].unknown
