"""The law card of an optimiser: which laws are asked of it, whatever it is."""

from __future__ import annotations

from symcat.category.space import Real, Space, Wire, dim
from symcat.laws.claim import Claim, Equation
from symcat.laws.law import program
from symcat.laws.lenses import ACTION_LAWS, WELL_BEHAVED
from symcat.learn.optimisers import gradient_descent
from symcat.learn.optimisers.optimiser import Optimiser

VECTOR = Wire(Real, (dim("n"),))
PARAMETER = Space((("p", VECTOR),))
REDUCTION = "p - lr g, plain gradient descent, Cauchy 1847"


def memoryless(optimiser: Optimiser) -> Optimiser:
    """The optimiser with every hyperparameter whose range is [0, 1), a rate of forgetting, fixed at 0."""
    forgetting = {row.name: 0 for row in optimiser.hypers if (row.low, row.high, row.open_low, row.open_high) == (0, 1, False, True)}
    return optimiser.at(**forgetting) if forgetting else optimiser


def reduces_to_descent(optimiser: Optimiser) -> tuple[Equation, ...]:
    """The parameter that one step of the memoryless optimiser returns, against that of plain descent."""
    ours, plain = memoryless(optimiser).step(VECTOR), gradient_descent.step(VECTOR)
    w, (arguments,) = program(ours.dom)
    left = w.build(w.call(ours, arguments)[:1], ("p",))
    w, (arguments,) = program(ours.dom)
    return (Equation(left, w.build(w.call(plain, arguments[:2]), ("p",))),)


def card(optimiser: Optimiser) -> tuple[Claim, ...]:
    """The claims: lens laws, action laws, reduction to plain descent.  Both verdicts are findings: none is expected."""
    claims = [law.claim(optimiser.name, lambda: (optimiser.lens(PARAMETER),), "either") for law in (*WELL_BEHAVED, *ACTION_LAWS)]
    settings = ", ".join(f"{name} = {value}" for name, value in memoryless(optimiser).fixed.items())
    statement = "one step is p - lr g" + (f" when {settings}" if settings else "")
    claims.append(Claim(f"reduces_to_descent {optimiser.name}", statement, REDUCTION, lambda: reduces_to_descent(optimiser), "either"))
    return tuple(claims)
