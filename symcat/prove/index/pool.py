"""Sums taken together: the sums of one term as one sum, and sums over one range as one sum of their summands.

Both are identities of finite sums.  *Joined sums*: a product of sums is the sum of the product over all pairs of points, each
sum with bound indices of its own.  *Pooled summands*: sums over one range add up to the sum of their summands, and a term
without some index of a box is the mean of its copies over that index; so the whole is zero when the pooled summand is zero at
every point of the range.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from symcat.prove.index.affine import Affine, number, plus, variable
from symcat.prove.index.sums import OPEN_POWER, Normaliser
from symcat.prove.index.table import NONE, Expr, Factors, Number, Sum

JOINED = 4      # bound indices of a joined sum
POOLED = 3      # bound indices whose orders are looked through


@dataclass(frozen=True)
class Member:
    """q * [guards] * the sum, over all points of a range, of factors; without a range the factors stand alone."""

    q: Number
    guards: frozenset
    range: tuple[Affine, ...]
    factors: Factors
    count: int


# ---- joined sums
def joined(algebra: Normaliser, e: Expr) -> Expr:
    """The expression with the sums of each term, where there are several, made one sum; itself where that cannot be."""
    parts: list[Expr] = []
    for (guards, factors), q in e.items():
        sums = [(algebra.table.atoms[a], k) for a, k in factors if isinstance(algebra.table.atoms[a], Sum) and k > 0]
        count = sum(data.count * k for data, k in sums)
        whole = _joined(algebra, sums) if sum(k for _, k in sums) > 1 and count <= JOINED else None
        if whole is None:
            parts.append({(guards, factors): q})
            continue
        rest = tuple([(a, k) for a, k in factors if not (isinstance(algebra.table.atoms[a], Sum) and k > 0)])
        parts.append(algebra.scale(algebra.multiply({(guards, rest): 1}, whole), q))
        algebra.count("joined")
    return algebra.add({}, *parts)


def _joined(algebra: Normaliser, sums: Sequence[tuple[Sum, int]]) -> Expr | None:
    """The product of powers of sums as one canonical sum."""
    table, used = algebra.table, frozenset().union(*[algebra.table.free[algebra.table.atom(data)] for data, _ in sums])
    guards, body, bound = NONE, {(NONE, ()): 1}, []
    for data, k in sums:
        if k > OPEN_POWER:
            return None
        for _ in range(k):
            more, inner, fresh = algebra.opened(data, used, {})
            used |= frozenset(fresh) | table.forms_free(more) | table.frozen_free[table.freeze(inner)]
            guards, bound, body = guards | more, bound + fresh, algebra.multiply(body, inner)
    if len(body) != 1:
        return None
    (((conditions, factors), q),) = body.items()
    own = frozenset(bound)
    inside = tuple([item for item in factors if table.free[item[0]] & own])
    if conditions or len(inside) != len(factors):
        return None
    return algebra.scale(algebra.canonical(bound, guards, inside), q)


# ---- pooled summands
def pooled(algebra: Normaliser, e: Expr) -> list[tuple[Normaliser, Expr]]:
    """For each range the algebra that assumes it and the pooled summand; empty where the terms have no common ranges."""
    points = _points(algebra, e)
    members = [_member(algebra, guards, factors, q, points) for (guards, factors), q in e.items()]
    top = max(members, key=lambda m: (m.count, m.range), default=None)
    if top is None or top.count == 0:
        return []
    ranges: dict[tuple, list[Member]] = {}
    for member in members:
        ranges.setdefault((member.count, member.range), []).append(member)
    if len(ranges) > 1 and (spread := _spread(algebra, ranges, top, points)) is not None:
        ranges = {(top.count, top.range): spread}
    if any(count == 0 for count, _ in ranges):
        return []
    algebra.count("pooled")
    return [_summand(algebra, own, list(group)) for (_, own), group in ranges.items()]


def _points(algebra: Normaliser, e: Expr) -> list[int]:
    """Variables for the points of the ranges, apart from everything that is free."""
    table = algebra.table
    used = table.forms_free(algebra.context.facts) | table.frozen_free[table.freeze(e)]
    return table.unknowns(used, max([_count(algebra, factors) for _, factors in e], default=0))


def _place(algebra: Normaliser, factors: Factors) -> int | None:
    """Which factor is the sum that is pooled: the first of power 1 with the most indices."""
    atoms = algebra.table.atoms
    found = [(-atoms[a].count, k) for k, (a, j) in enumerate(factors) if j == 1 and isinstance(atoms[a], Sum)]
    return min(found)[1] if found else None


def _count(algebra: Normaliser, factors: Factors) -> int:
    place = _place(algebra, factors)
    return 0 if place is None else algebra.table.atoms[factors[place][0]].count


def _member(algebra: Normaliser, guards: frozenset, factors: Factors, q: Number, points: Sequence[int]) -> Member:
    """A term over the points, its indices in the order that makes its range and then its denominators least."""
    place = _place(algebra, factors)
    if place is None:
        return Member(q, guards, (), factors, 0)
    data = algebra.table.atoms[factors[place][0]]
    rest = factors[:place] + factors[place + 1:]
    return min([Member(q, guards, own, inside, data.count) for own, inside in _orders(algebra, data, rest, points)],
               key=lambda member: (member.range, _denominators(member.factors), member.factors),
               default=Member(q, guards, (), factors, 0))


def _orders(algebra: Normaliser, data: Sum, rest: Factors, points: Sequence[int]) -> Iterator[tuple[tuple[Affine, ...], Factors]]:
    """The ranges and factors of a sum with its bound indices named in each order."""
    names = [algebra.table.bound(data.depth, k) for k in range(data.count)]
    own = points[:data.count]
    for order in permutations(own) if data.count <= POOLED else [own]:
        moves = {v: variable(w) for v, w in zip(names, order, strict=True)}
        image = algebra.multiply({(NONE, rest): 1}, algebra.substitute({(NONE, data.factors): 1}, moves))
        if len(image) == 1 and next(iter(image.items()))[1] == 1 and not next(iter(image))[0]:
            yield tuple(sorted([algebra.moved(guard, moves) for guard in data.guards])), next(iter(image))[1]


def _denominators(factors: Factors) -> Factors:
    return tuple([item for item in factors if item[1] < 0])


def _spread(algebra: Normaliser, ranges: dict[tuple, list[Member]], top: Member, points: Sequence[int]) -> list[Member] | None:
    """All members over the widest range, a box that the others are sides of; None when it is not such a box."""
    tops = _tops(algebra, top, points)
    if tops is None:
        return None
    found: list[Member] = []
    for group in ranges.values():
        for member in group:
            placed = _placed(algebra, member, tops, points) if member.range != top.range else [member]
            if placed is None:
                return None
            found.extend(placed)
    return found


def _tops(algebra: Normaliser, member: Member, points: Sequence[int]) -> list[Affine] | None:
    """The greatest value of each index where the range is a box 0 <= v <= top with top >= 0 known."""
    found: list[Affine] = []
    scratch = algebra.table.scratch(NONE, member.count)
    moves = {v: variable(w) for v, w in zip(points, scratch, strict=False)}
    box = algebra.context.box([algebra.moved(guard, moves) for guard in member.range])
    if box is None or len(box) != member.count:
        return None
    found = [box[v] for v in scratch]
    own = frozenset(scratch)
    return None if any(algebra.table.form_free(form) & own for form in found) else found


def _placed(algebra: Normaliser, member: Member, tops: Sequence[Affine], points: Sequence[int]) -> list[Member] | None:
    """A member over a side of the box, as its mean over the other indices."""
    own = _tops(algebra, member, points) if member.count else []
    if own is None:
        return None
    left, moves = list(range(len(tops))), {}
    for k, form in enumerate(own):
        place = next((j for j in left if tops[j] == form), None)
        if place is None:
            return None
        left.remove(place)
        moves[points[k]] = variable(points[place])
    size = algebra.product([algebra.value(plus(tops[j], number(1))) for j in left])
    body = algebra.substitute({(NONE, member.factors): 1}, {v: form for v, form in moves.items() if form != variable(v)})
    mean = algebra.multiply(body, algebra.inverse(size))
    if any(guards for guards, _ in mean):
        return None
    return [Member(member.q * q, member.guards, member.range, factors, member.count) for (_, factors), q in mean.items()]


def _summand(algebra: Normaliser, own: tuple[Affine, ...], members: list[Member]) -> tuple[Normaliser, Expr]:
    """The algebra at a point of a range, and the sum of what its members have there."""
    inner = algebra
    for guard in own:
        inner = inner.assuming(guard)
    return inner, inner.add({}, *[inner.scale(inner.term(member.guards, member.factors), member.q) for member in members])
