"""SymPy expressions at exact points: the last word on a refutation, spoken by SymPy on the expressions as they were given."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping

import sympy as sp
from sympy.core.evalf import PrecisionExhausted

from symcat.category import functions as fn
from symcat.category.expression import At
from symcat.errors import SoundnessError
from symcat.prove.translate import Translation
from symcat.verdict import Verdict, refuted, unknown

VALUES = tuple(map(sp.Rational, ("1", "2", "-1", "0", "1/2", "3", "-2", "-1/2", "1/3", "5", "10", "-7/3", "1/10")))
POINTS = 300
DIGITS = 40
APART = sp.Rational(1, 10**20)

DEFINITIONS = {
    fn.relu: lambda x: sp.Max(x, 0),
    fn.step: lambda x: sp.Piecewise((1, x > 0), (0, True)),
    fn.absolute: sp.Abs,
    fn.sign: sp.sign,
    fn.maximum: sp.Max,
    fn.minimum: sp.Min,
    fn.equal: lambda x, y: sp.Piecewise((1, sp.Eq(x, y)), (0, True)),
    fn.where: lambda c, x, y: sp.Piecewise((y, sp.Eq(c, 0)), (x, True)),
    fn.sigmoid: lambda x: 1 / (1 + sp.exp(-x)),
    fn.softplus: lambda x: sp.log(1 + sp.exp(x)),
    fn.detach: lambda x: x,
}

Point = dict[sp.Symbol, sp.Rational]


def restated(verdict: Verdict, lhs: sp.Expr, rhs: sp.Expr, both: Translation) -> Verdict:
    """A refutation of the translated goal as one of the expressions themselves; unknown when it is not one."""
    point = _point(verdict.witness["inputs"], both)
    if both.undefined:
        if both.opaque:
            return unknown("the two sides differ for some smooth functions in place of sin, cos and constants", equality="as functions")
        return verdict
    if not admitted(point, both):
        return unknown("the only difference found is at a point that the assumptions exclude", "exact evaluation", "as functions")
    left, right = value(lhs, point), value(rhs, point)
    if left is None or right is None:
        return unknown("the two sides differ as real functions where SymPy finds no real value", "exact evaluation", "as functions")
    gap = difference(left, right)
    if gap:
        witness = {"inputs": {str(s): str(v) for s, v in point.items()}, "left": str(left), "right": str(right),
                   "exact": left.is_Rational and right.is_Rational}
        return refuted(witness, equality="as functions")
    if both.opaque:
        return unknown("no engine for identities of sin, cos and constants such as pi", "exact evaluation", "as functions")
    raise SoundnessError(f"{lhs} and {rhs} differ at {point} after their translation but not before: this is a defect in symcat")


def violation(lhs: sp.Expr, rhs: sp.Expr, rel: str, both: Translation) -> dict | None:
    """A witness against `lhs <= rhs` or `lhs < rhs`, or None."""
    if both.undefined:
        return None
    for point in samples([s for s in both.names if s.is_Symbol]):
        found = violated(lhs, rhs, rel, both, point)
        if found:
            return found
    return None


def violated(lhs: sp.Expr, rhs: sp.Expr, rel: str, both: Translation, point: Point) -> dict | None:
    """The witness against `lhs rel rhs` that a point is, or None when it is none."""
    if both.undefined or not admits(lhs, rhs, both, point):
        return None
    left, right = value(lhs, point), value(rhs, point)
    if left is None or right is None:
        return None
    gap = difference(left, right)
    if (gap is not None and gap > 0) or (rel == "<" and gap == 0):
        return {"inputs": {str(s): str(v) for s, v in point.items()}, "left": str(left), "right": str(right), "relation": rel,
                "exact": left.is_Rational and right.is_Rational}
    return None


def admits(lhs: sp.Expr, rhs: sp.Expr, both: Translation, point: Point) -> bool:
    """Whether a point satisfies the assumptions and the conditions of the domain, and both sides have real values there.

    The square of log(-1) is a real number, but -1 is not in the domain.
    """
    if not admitted(point, both) or value(lhs, point) is None or value(rhs, point) is None:
        return False
    place = {At(name): point[symbol] if symbol.is_Symbol else symbol for symbol, name in both.names.items()}
    for requirement in (*both.lhs.requirements, *both.rhs.requirements):
        number = value(requirement.expr.xreplace(place), {})
        if number is None or meets(number, requirement.relation) is not True:
            return False
    return True


def meets(number: sp.Expr, relation: str) -> bool | None:
    """Whether an expression is >0, >=0 or !=0, as far as SymPy knows."""
    return {">0": number.is_positive, ">=0": number.is_nonnegative, "!=0": number.is_nonzero}[relation]


def value(e: sp.Expr, point: Mapping[sp.Symbol, sp.Rational]) -> sp.Expr | None:
    """The real number that an expression is at a point, or None when it is not one."""
    try:
        placed = e.xreplace(dict(point))      # numbers first: SymPy thinks long about maxima of symbols
        number = placed.replace(lambda part: type(part) in DEFINITIONS, lambda part: DEFINITIONS[type(part)](*part.args))
    except (TypeError, ValueError):         # SymPy compares no complex numbers: max(log(-1), 0)
        return None
    if not number.is_number or number.has(sp.zoo, sp.nan, sp.oo, -sp.oo, sp.I) or number.is_real is False:
        return None
    return number if number.is_real else None


def difference(left: sp.Expr, right: sp.Expr) -> sp.Expr | None:
    """`left - right` when it is certain: exactly, or bounded away from 0; None when it is not."""
    gap = left - right
    if gap.is_Rational:
        return gap
    try:
        approximation = gap.evalf(DIGITS, strict=True)
    except PrecisionExhausted:
        return None
    return approximation if approximation.is_Float and abs(approximation) > APART else None


def _point(inputs: Mapping[str, str], both: Translation) -> Point:
    return {symbol: sp.Rational(str(inputs[name])) for symbol, name in both.names.items() if symbol.is_Symbol and name in inputs}


def admitted(point: Point, both: Translation) -> bool:
    """Whether a point satisfies the assumptions of the symbols and the relations given."""
    for symbol, number in point.items():
        for name, holds in symbol.assumptions0.items():
            if getattr(number, f"is_{name}", None) != holds:
                return False
    return all(relation.xreplace(dict(point)) == sp.true for relation in both.relations)


def samples(symbols: list[sp.Symbol]) -> Iterator[Point]:
    """Points of small rationals, simplest first, then at random from a fixed seed."""
    grid = itertools.islice(itertools.product(VALUES, repeat=len(symbols)), POINTS)
    pick = random.Random(0)
    chance = ([pick.choice(VALUES) for _ in symbols] for _ in range(POINTS if symbols else 0))
    for values in itertools.chain(grid, chance):
        yield dict(zip(symbols, values, strict=True))
