"""The engines that the pipeline consults, as one value: tests and later engines put others in their place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from symcat.laws.claim import Formula, Inequality
from symcat.prove.index.equal import Failure, Proof, prove_additive, prove_equal
from symcat.prove.refute import refute
from symcat.prove.witness import Tested, Witness


def valid(formula: Formula) -> tuple[str, object]:
    """Z3's answer; the solver is loaded only when a formula is to be decided."""
    from symcat.prove.smt import valid as by_z3

    return by_z3(formula)


def ordered(goal: Inequality) -> object:
    """The outcome of the engines of inequalities; they are loaded only when an inequality is to be decided."""
    from symcat.prove.inequality.engine import decide_inequality

    return decide_inequality(goal)


@dataclass(frozen=True)
class Engines:
    """What a pipeline consults.

    `refute(lhs, rhs, facts, seed=0)` gives a witness or what was tested, `equal(lhs, rhs, facts)` and `additive(f, wires)` a
    proof or a failure, `valid(formula)` a status with its detail, and `ordered(inequality)` a proof, a witness or why there is neither.
    """

    refute: Callable[..., Witness | Tested]
    equal: Callable[..., Proof | Failure]
    additive: Callable[..., Proof | Failure]
    valid: Callable[[Formula], tuple[str, object]]
    ordered: Callable[[Inequality], object] = ordered


STANDARD = Engines(refute, prove_equal, prove_additive, valid)
