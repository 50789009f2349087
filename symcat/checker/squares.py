"""Positivity shown by identities: sums of squares with weights >= 0, times products of what is known not to be negative.

A certificate claims left * goal = right + sum of multiplier * (row that is 0), where `left` and `right` are sums of terms, each
a sum of weighted squares times a product of rows.  A term is *positive* when its rows are ">0" and one square is a number.  With a
positive `left` the goal is >= 0, and > 0 with a positive `right` too.  `squared` claims left * goal = right + goal**2, which
shows that the goal is >= 0 whatever `left` is: were it below 0, one side were at most 0 and the other above.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import isqrt
from typing import TYPE_CHECKING, Any

from symcat.checker.expressions import ONE
from symcat.checker.forms import Refused
from symcat.checker.table import Expr

if TYPE_CHECKING:
    from symcat.checker.scalars import Scalars

Row = tuple[Expr, str]
Interval = tuple[Fraction, Fraction]


def positive(run: Scalars, goal: Expr, relation: str, identity: Sequence[Any]) -> None:
    """Refused unless the certificate shows `goal relation`; that something is not 0 is shown of its square."""
    goal, strict = (run.product(goal, goal) if relation == "!=0" else goal), relation != ">=0"
    known, first, second, ideal, squared = identity
    rows = [row(run, data) for data in known]
    left, left_positive = cone(run, first, rows)
    right, right_positive = cone(run, second, rows)
    for k, data in ideal:
        if rows[k][1] != "=0":
            raise Refused("only what is 0 has a multiplier of any sign")
        right = run.add(right, run.product(run.expression(data), rows[k][0]))
    squared = squared == 1
    right = run.add(right, run.product(goal, goal)) if squared else right
    run.same(run.product(left, goal), right)
    if not (left_positive or (squared and not strict)) or (strict and not right_positive):
        raise Refused("a side of the identity is not shown positive")


def cone(run: Scalars, terms: Sequence[Any], rows: Sequence[Row]) -> tuple[Expr, bool]:
    """A sum of terms, and whether one of them is positive."""
    total: Expr = {}
    found = False
    for factors, weighted in terms:
        if any(rows[k][1] not in (">0", ">=0") for k in factors):
            raise Refused("a factor that may be negative")
        squares = []
        for weight, data in weighted:
            weight, base = Fraction(*map(int, weight.split("/"))), run.expression(data)
            if weight < 0:
                raise Refused("a square with a negative weight")
            squares.append(run.scale(run.product(base, base), weight))
            found |= weight > 0 and base.keys() == {ONE} and all(rows[k][1] == ">0" for k in factors)
        total = run.add(total, run.product(run.add(*squares), *[rows[k][0] for k in factors]))
    return total, found


def row(run: Scalars, data: Sequence[Any]) -> Row:
    """Something that is known of kernels."""
    one = {ONE: 1}
    match data:
        case ["known", int(k)]:
            _, e, relation = run.hypotheses[k]
            return (run.product(e, e), ">0") if relation == "!=0" else (e, relation)
        case ["shown", [*e], str(relation)]:
            e = run.expression(e)
            if relation not in (">0", ">=0", "!=0") or not run.shown(e, relation):
                raise Refused("a row is not shown")
            return (run.product(e, e), ">0") if relation == "!=0" else (e, relation)
        case ["zero", [*e]]:
            e = run.expression(e)
            run.vanish(e)
            return e, "=0"
        case ["power", [*factors]]:
            e = run.expression([[1, factors]], [a for a, _ in factors])
            if not all(run.atom_sign(a) == ">0" for a, _ in factors):
                raise Refused("a kernel is not shown positive")
            return e, ">0"
        case ["tangent", [*u], [*v]]:       # exp(u) >= exp(v) (1 + u - v)
            u, v = run.expression(u), run.expression(v)
            slope = run.add(one, u, run.scale(v, -1))
            return run.add(run.exponential(u), run.scale(run.product(run.exponential(v), slope), -1)), ">=0"
        case ["sine", [*u]]:                # u**2 >= sin(u)**2
            u = run.expression(u)
            return run.add(run.product(u, u), run.scale(run.power(run.turn(u)[1], 2), -1)), ">=0"
        case ["cosine", [*u]]:              # 2 cos(u) >= 2 - u**2
            u = run.expression(u)
            return run.add(run.scale(run.turn(u)[0], 2), {ONE: -2}, run.product(u, u)), ">=0"
        case ["below one", (1 | -1) as s, [*u]]:      # |tanh u| < 1
            return run.add(one, run.scale(run.odd("tanh", run.expression(u)), s)), ">0"
        case ["tanh", kind, [*u]]:          # tanh(u)**2 <= u tanh(u) <= u**2
            u = run.expression(u)
            t = run.odd("tanh", u)
            small, large = (run.product(t, t), run.product(u, t)) if kind == "small" else (run.product(u, t), run.product(u, u))
            return run.add(large, run.scale(small, -1)), ">=0"
    raise Refused("an unknown row")


# ---- numbers
def bounds(run: Scalars, e: Expr, scale: int) -> Interval:
    """An interval that holds a number made of roots, pi and exp(1); `scale` is the precision."""
    total = Fraction(0), Fraction(0)
    for (guards, factors), q in e.items():
        part = Fraction(q), Fraction(q)
        for a, k in () if guards else factors:
            low, high = kernel(run, a, scale)
            if k < 0 and low <= 0 <= high:
                raise Refused("a denominator is not told from 0")
            for _ in range(abs(k)):
                part = times(part, (low, high) if k > 0 else (1 / high, 1 / low))
        total = total[0] + part[0], total[1] + part[1]
    if any(guards for guards, _ in e):
        raise Refused("guards around a number")
    return total


def times(x: Interval, y: Interval) -> Interval:
    ends = [p * q for p in x for q in y]
    return min(ends), max(ends)


def kernel(run: Scalars, a: int, scale: int) -> Interval:
    match run.things[a]:
        case ("several", e) | ("cut", _, e, _):
            return bounds(run, run.thaw(e), scale)
        case ("call", "pi", ()):
            return Fraction(3141592653589793238462643, 10**24), Fraction(3141592653589793238462644, 10**24)
        case ("call", "exp", (e,)) if run.thaw(e) == {ONE: 1}:
            return Fraction(2718281828459045235360287, 10**24), Fraction(2718281828459045235360288, 10**24)
        case ("call", str(root), (e,)) if root.startswith("root"):
            n = int(root[4:])
            low, high = [max(x, Fraction(0)) for x in bounds(run, run.thaw(e), scale)]
            return Fraction(nth_root(low * scale**n, n), scale), Fraction(nth_root(high * scale**n, n) + 1, scale)
    raise Refused("not a number made of roots")


def nth_root(x: Fraction, n: int) -> int:
    """The greatest integer whose n-th power is at most x >= 0."""
    whole = x.numerator // x.denominator
    if n == 2:
        return isqrt(whole)
    low, high = 0, 1 << (whole.bit_length() // n + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**n <= whole else (low, middle)
    return low
