"""Declared derivatives are true derivatives: off the kinks by a formula, and everywhere for smooth functions.

RD.1 to RD.7 cannot see a wrong one-argument derivative (relu' = 17 passes them all), so each function of the table carries
its own claims.  They are generated from `FUNCTIONS`: a new row is faced with them without further code.
"""

from __future__ import annotations

import sympy as sp

from symcat.category.expression import At
from symcat.category.functions import FUNCTIONS, Declared, Smooth, derivative, detach
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Real, Wire
from symcat.category.structure import project
from symcat.derivative.reverse import R
from symcat.laws.claim import Claim, Equation, Formula

SOURCE = "one-variable calculus; the declared value at a kink is a convention"


def off_the_kink(function: type[sp.Function], row: Declared) -> Formula:
    """A piecewise-linear function equals its declared linearisation wherever no kink is crossed or left on the way."""
    arity = len(row.derivatives)
    start, end = sp.symbols(f"x0:{arity}", real=True), sp.symbols(f"y0:{arity}", real=True)
    near = []
    for here, there in zip(row.kinks(*start), row.kinks(*end), strict=True):
        near.append(sp.Or(sp.And(here > 0, there > 0), sp.And(here < 0, there < 0), sp.And(sp.Eq(here, 0), sp.Eq(there, 0))))
    moved = sum(slope(*start) * (y - x) for slope, x, y in zip(row.derivatives, start, end, strict=True))
    return Formula(tuple(near), sp.Eq(function(*end), function(*start) + moved))


def from_definition(function: type[sp.Function], row: Declared) -> tuple[Equation, ...]:
    """SymPy's derivative of the defining formula equals the declared derivative, its own calls replaced by definitions."""
    x = sp.Symbol("x", real=True)
    expected = sp.diff(row.definition(x), x)
    declared = derivative(function(x), 0)
    for other, definition in DEFINITIONS.items():
        declared = declared.replace(other, definition)
    return (Equation(_scalar(expected, x), _scalar(declared, x)),)


def from_inverse(function: type[sp.Function], row: Declared) -> tuple[Equation, ...]:
    """The reverse derivative of f and then its inverse is that of the identity, where x > 0."""
    build = Builder()
    name = build.input("x", Wire(Real, ()))
    build.require((), At(name), ">0")
    there = build.gather((), lambda: function(At(name)), name="there")
    back = build.gather((), lambda: row.inverse(At(there)), name="back")
    f = build.build([back], ("x",))
    return (Equation(R(f), project(f.dom, f.cod, 1)),)


DEFINITIONS = {function: row.definition for function, row in FUNCTIONS.items() if row.definition}


def _scalar(expr: sp.Expr, x: sp.Symbol) -> Morphism:
    build = Builder()
    name = build.input("x", Wire(Real, ()))
    return build.build([build.gather((), lambda: expr.xreplace({x: At(name)}), name="y")], ("y",))


def declared_derivatives() -> tuple[Claim, ...]:
    """A claim for every function of the table."""
    claims = []
    for function, row in FUNCTIONS.items():
        if function in (detach, Smooth):
            continue
        name = function.__name__
        if row.inverse:
            claims.append(Claim(f"derivative of {name}", f"{name} and then its inverse has the derivative of the identity", SOURCE,
                                lambda function=function, row=row: from_inverse(function, row)))
        elif row.definition:
            claims.append(Claim(f"derivative of {name}", f"the declared derivative of {name} is the derivative of its definition",
                                SOURCE, lambda function=function, row=row: from_definition(function, row)))
        else:
            claims.append(Claim(f"derivative of {name} off its kinks",
                                f"where no kink is crossed or left, {name} equals its declared linearisation", SOURCE,
                                lambda function=function, row=row: off_the_kink(function, row), equality="as functions"))
    return tuple(claims)
