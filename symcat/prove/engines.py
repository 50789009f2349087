"""The engines that the pipeline consults, as one value: tests and later engines put others in their place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Engines:
    """What a pipeline consults.

    `refute(lhs, rhs, facts, seed=0)` gives a witness or what was tested, `equal(lhs, rhs, facts)` and `additive(f, wires)` a
    proof or a failure, and `valid(formula)` a status with its detail.
    """

    refute: Callable
    equal: Callable
    additive: Callable
    valid: Callable


def standard() -> Engines:
    """The engines that symcat comes with."""
    return Engines(_refute, _equal, _additive, valid)


def _refute(lhs, rhs, facts=(), *, seed=0):
    from symcat.prove.refute import refute

    return refute(lhs, rhs, facts, seed=seed)


def _equal(lhs, rhs, facts=()):
    from symcat.prove.index.equal import prove_equal

    return prove_equal(lhs, rhs, facts)


def _additive(f, wires):
    from symcat.prove.index.equal import prove_additive

    return prove_additive(f, wires)


def valid(formula: object) -> tuple[str, object]:
    """Z3's answer; the solver is loaded only when a formula is to be decided."""
    from symcat.prove.smt import valid as by_z3

    return by_z3(formula)
