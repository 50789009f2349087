"""What a kernel is compiled from: a training step as a morphism whose first wires are the state that it hands on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from symcat.category.fold import Fold
from symcat.category.functions import Smooth
from symcat.category.morphism import Morphism
from symcat.category.space import Real, Space
from symcat.errors import ShapeError, UsageError

DTYPES = ("float64", "float32")


@dataclass(frozen=True)
class TrainingStep:
    """A step S * D -> S * loss: the first `states` wires of the domain are the state, the others are a batch of data.

    The codomain is the new state, in order and with the same types, and then a loss of rank 0.  The first axis of every data
    wire runs over the samples of the batch.
    """

    step: Morphism
    states: int

    def __post_init__(self) -> None:
        dom, cod = self.step.dom, self.step.cod
        if not 0 <= self.states <= len(dom) or len(cod) != self.states + 1:
            raise ShapeError(f"a training step with {self.states} states from {dom} returns the {self.states} new states and a loss; "
                             f"this one returns {cod}")
        if not self.state.fits(cod[: self.states]):
            raise ShapeError(f"the new state is {cod[: self.states]}, but the state is {self.state}: the types must agree, in this order")
        if cod.types[-1].shape:
            raise ShapeError(f"the loss is {cod.types[-1]}: expected a number, Real[]; take the mean over the batch")
        for name, wire in dom:
            if wire.base != Real:
                raise UsageError(f"wire {name} is {wire}: kernels compute with real numbers, so every wire is over Real")
        if arbitrary := _arbitrary(self.step):
            raise UsageError(f"{', '.join(sorted(arbitrary))} is any smooth function, which cannot be compiled: put one in its place")
        leading = {wire.shape[0] if wire.shape else None for wire in self.data.types}
        if len(leading) > 1 or None in leading:
            raise ShapeError(f"the data wires {self.data} must share one first axis, the samples of a batch")

    @property
    def state(self) -> Space:
        return self.step.dom[: self.states]

    @property
    def data(self) -> Space:
        return self.step.dom[self.states:]

    @property
    def batch(self) -> sp.Expr:
        """The number of samples in a batch; 1 when there are no data wires."""
        return self.data.types[0].shape[0] if len(self.data) else sp.S.One

    def values(self, dims: Mapping | None, hypers: Mapping | None) -> dict[sp.Symbol, sp.Expr]:
        """Exact values for all dims and hyperparameters, given by symbol or by name; a float is its shortest decimal."""
        given = {getattr(key, "name", key): value for key, value in {**(dims or {}), **(hypers or {})}.items()}
        known = {symbol.name: symbol for symbol in self.step.symbols}
        missing = [name for name in known if name not in given]
        if missing:
            raise UsageError(f"no value for {', '.join(missing)}: a kernel has sizes and hyperparameters baked in; "
                             f"give dims={{...}} and hypers={{...}}")
        return {symbol: exact(given[name], name) for name, symbol in known.items()}


def _arbitrary(f: Morphism) -> set[str]:
    """The names of the arbitrary smooth functions in a program."""
    found: set[str] = set()
    for node in f.nodes:
        found |= _arbitrary(node.cell) if isinstance(node, Fold) else {str(call.args[0]) for call in node.body.atoms(Smooth)}
    return found


def exact(value: object, name: str) -> sp.Rational:
    """A number as a rational; a float by its shortest decimal, so that 0.9 is 9/10."""
    try:
        fraction = Fraction(repr(float(value))) if isinstance(value, float) else Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        raise UsageError(f"{name} = {value!r} is not a rational number: give an int, a float or a fraction") from None
    return sp.Rational(fraction.numerator, fraction.denominator)
