"""Whether a normal form is zero after all: denominators cleared, guards split, ranges of sums refined; all bounded.

Each step replaces the expression by one, or by several cases, that it equals under the context; none is a licence outside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations, product
from math import prod

from symcat.category.polyhedron import tight
from symcat.prove.index.affine import Affine, negated, number, plus, solve, times, variable
from symcat.prove.index.algebra import merge
from symcat.prove.index.pool import joined, pooled
from symcat.prove.index.residues import by_residues
from symcat.prove.index.strides import argument_guards, strides
from symcat.prove.index.sums import Normaliser
from symcat.prove.index.table import NONE, Expr, Factors, Several, Sum, Zero

DEPTH = 6
REFINEMENT = 3      # what one refinement of ranges costs of the depth
CELLS = 24
LARGE = 30          # terms of a difference that is looked at no further
SYMMETRIC = 4       # indices whose permutations are looked through for symmetries


def vanishes(algebra: Normaliser, e: Expr, depth: int = 0) -> bool:
    """Whether the expression is shown to be zero under the algebra's context."""
    if not e:
        return True
    if depth > DEPTH:
        return False
    e = _without_common(algebra, e)
    cases = _by_condition(algebra, e)
    if len(cases) == 1 and (cleared := _cleared(algebra, e)) is not None:
        return vanishes(algebra, cleared, depth + 1)
    if (selected := _at_selectors(algebra, e)) is not None:
        return vanishes(algebra, selected, depth + 1)
    guard = next(iter(sorted({g for guards, _ in e for g in guards})), None)
    guard = guard or next(iter(sorted({g for _, factors in e for g in argument_guards(algebra.table, factors)})), None)
    if guard is not None:
        return all(_vanishes_under(algebra, e, side, depth) for side in (guard, negated(guard)))
    if any(_denominators(algebra, e)):
        return all(vanishes(algebra, cleared if (cleared := _cleared(algebra, case)) is not None else case, depth + 1) for case in cases)
    if any(vanishes(algebra, refined, depth + REFINEMENT) for refined in _refinements(algebra, e)):
        return True
    if _vanishes_pointwise(algebra, e, depth):
        return True
    if depth > REFINEMENT or len(e) > LARGE:
        return False
    return _vanishes_joined(algebra, e, depth) or _vanishes_by_residues(algebra, e, depth)


def _without_common(algebra: Normaliser, e: Expr) -> Expr:
    """The expression without the factors that all its terms have in common: c f is zero where f is.

    A sum whose range may be empty stays: where it is, f need not be zero.
    """
    sums = {a: algebra.table.atoms[a] for a, _ in algebra.common(e) if isinstance(algebra.table.atoms[a], Sum)}
    common = {a: k for a, k in algebra.common(e) if k > 0 and (a not in sums or algebra.context.box(sums[a].guards) is not None)}
    if not common:
        return e
    return {(guards, tuple([(a, k - common.get(a, 0)) for a, k in factors if k != common.get(a, 0)])): q
            for (guards, factors), q in e.items()}


def _at_selectors(algebra: Normaliser, e: Expr) -> Expr | None:
    """Of an expression all under an equation that sets an index equal to a selection, its value there; None without such an equation."""
    table = algebra.table
    for a, _ in next(iter(e))[1]:
        data = table.atoms[a]
        if not isinstance(data, Zero) or not all(a in dict(factors) for _, factors in e):
            continue
        for v in algebra.solvable(data.form):
            value = solve(data.form, v)
            if table.variables[v].kind in ("index", "free") and any(w in table.selectors for w, _ in value[1]):
                rest = {(guards, tuple([item for item in factors if item[0] != a])): q for (guards, factors), q in e.items()}
                algebra.count("at_selection")
                return algebra.substitute(rest, {v: value})
    return None


def _vanishes_joined(algebra: Normaliser, e: Expr, depth: int) -> bool:
    """Whether it vanishes with the sums of each term made one: their ranges refined, or their summands added."""
    whole = joined(algebra, e)
    if whole != e and any(vanishes(algebra, refined, depth + REFINEMENT) for refined in _refinements(algebra, whole)):
        return True
    pools = pooled(algebra, whole)
    return bool(pools) and all(vanishes(inner, body, depth + REFINEMENT) for inner, body in pools)


def _vanishes_by_residues(algebra: Normaliser, e: Expr, depth: int) -> bool:
    """Whether it vanishes with indices split by their residues modulo a stride that occurs in it."""
    for modulus in strides(algebra.table, e):
        cases = by_residues(algebra, e, modulus)
        if cases and all(vanishes(inner, case, depth + REFINEMENT) for inner, case in cases):
            return True
    return False


def vanishes_everywhere(algebra: Normaliser, e: Expr, indices: Sequence[int], limit: int) -> bool:
    """Whether the expression vanishes at each value of its indices, all of constant extent with at most `limit` points in all."""
    extents = [algebra.table.variables[v].extent for v in indices]
    if any(extent[1] for extent in extents) or prod(extent[0] for extent in extents) > limit:
        return False
    points = product(*[range(extent[0]) for extent in extents])
    return all(vanishes(algebra, algebra.renormalised(algebra.substitute(e, dict(zip(indices, map(number, point), strict=True)))))
               for point in points)


def _by_condition(algebra: Normaliser, e: Expr) -> list[Expr]:
    """The terms under equal guards and deltas.

    A denominator is known not to be zero only where the guards and deltas of its own term hold.
    """
    cases: dict[tuple, Expr] = {}
    for (guards, factors), q in e.items():
        deltas = tuple([a for a, _ in factors if isinstance(algebra.table.atoms[a], Zero)])
        cases.setdefault((guards, deltas), {})[guards, factors] = q
    return list(cases.values())


def _denominators(algebra: Normaliser, e: Expr) -> list[int]:
    """The denominators of several terms."""
    return sorted({a for _, factors in e for a, _ in factors if isinstance(algebra.table.atoms[a], Several)})


def _cleared(algebra: Normaliser, e: Expr) -> Expr | None:
    """The expression, all under one condition, times the largest of its denominators of several terms; None when it has none."""
    table, several = algebra.table, _denominators(algebra, e)
    if not several:
        return None
    chosen = max(several, key=lambda a: (table.depth[a], len(table.frozen[table.atoms[a].body]), a))
    body = table.thaw(table.atoms[chosen].body)
    most = max(-dict(factors).get(chosen, 0) for _, factors in e)
    parts = []
    for (guards, factors), q in e.items():
        own = -dict(factors).get(chosen, 0)
        rest = tuple([item for item in factors if item[0] != chosen])
        parts.append(algebra.multiply({(guards, rest): q}, algebra.power(body, most - own)))
    return algebra.add({}, *parts)


def _vanishes_under(algebra: Normaliser, e: Expr, guard: Affine, depth: int) -> bool:
    """Whether the expression vanishes where one more guard holds; where that leaves an index one value, at that value."""
    if algebra.context.infeasible((guard,)):
        return True
    inner = algebra.assuming(guard)
    pinned = inner.solvable(guard) if inner.context.holds(times(guard, -1)) else []
    if pinned:
        return vanishes(inner, inner.substitute(e, {pinned[0]: solve(guard, pinned[0])}), depth + 1)
    return vanishes(inner, inner.renormalised(e), depth + 1)


def _refinements(algebra: Normaliser, e: Expr) -> Iterator[Expr]:
    """The expression with sums of equal factors split by each other's guards: all families of sums, then one at a time."""
    families: dict[tuple, list[tuple[Sum, Factors, object]]] = {}
    for (_, factors), q in e.items():
        for a, k in factors:
            data = algebra.table.atoms[a]
            if isinstance(data, Sum) and k == 1:
                rest = tuple([item for item in factors if item[0] != a])
                families.setdefault((rest, data.depth, data.count, data.factors), []).append((data, merge(rest, ((a, 1),)), q))
    whole = [(rest, members) for (rest, *_), members in families.items() if len(members) > 1]
    together = e
    for rest, members in whole:
        refined = _refined(algebra, together, rest, members)
        together = refined if refined is not None else together
    if together != e:
        yield together
    for rest, members in whole if len(whole) > 1 else ():
        refined = _refined(algebra, e, rest, members)
        if refined is not None:
            yield refined


def _refined(algebra: Normaliser, e: Expr, rest: Factors, members: list) -> Expr | None:
    """The expression with the members of one family split into cells."""
    guards = _closed(algebra, members[0][0], {g for data, _, _ in members for g in data.guards})
    result = e
    for data, factors, q in members:
        cells = _cells(algebra, frozenset(data.guards), guards)
        if cells is None:
            return None
        result = algebra.subtract(result, {(NONE, factors): q})
        used = algebra.table.factors_free(factors) | algebra.table.forms_free(guards)
        for cell in cells:
            part = Sum(data.depth, data.count, tuple(sorted(cell)), data.factors)
            conditions, body, fresh = algebra.opened(part, used, {})
            total = algebra.total_of(body, conditions, fresh)
            result = algebra.add(result, algebra.multiply(total, {(NONE, rest): q}))
    return result if result != e else None


def _closed(algebra: Normaliser, data: Sum, guards: set[Affine]) -> list[Affine]:
    """The guards with their images under the permutations of the bound indices that leave the summand as it is."""
    names = [algebra.table.bound(data.depth, k) for k in range(data.count)]
    body = {(NONE, data.factors): 1}
    found = set(guards)
    for order in permutations(names) if 1 < data.count <= SYMMETRIC else ():
        moves = {v: variable(w) for v, w in zip(names, order, strict=True) if v != w}
        if moves and algebra.substitute(body, moves) == body:
            found |= {tight(algebra.moved(guard, moves)) for guard in guards}
    return sorted(found)


def _vanishes_pointwise(algebra: Normaliser, e: Expr, depth: int) -> bool:
    """Whether the sums over each one range, added under one sum, have a summand that vanishes throughout the range."""
    table, ranges, outside = algebra.table, {}, {}
    for (guards, factors), q in e.items():
        place = next((k for k, (a, j) in enumerate(factors) if j == 1 and isinstance(table.atoms[a], Sum)), None)
        if place is None:
            outside[guards, factors] = q
            continue
        data = table.atoms[factors[place][0]]
        ranges.setdefault((data.count, _range(algebra, data)), []).append((data, (guards, factors[:place] + factors[place + 1:]), q))
    if not ranges or (outside and len(ranges) > 1):
        return False
    return all(_summand_vanishes(algebra, list(own), members, outside, depth) for (_, own), members in ranges.items())


def _range(algebra: Normaliser, data: Sum) -> tuple[Affine, ...]:
    """The guards of a sum in a form that does not depend on its depth."""
    names = {algebra.table.bound(data.depth, k): variable(algebra.table.bound(0, k)) for k in range(data.count)}
    return tuple(sorted(algebra.moved(guard, names) for guard in data.guards))


def _summand_vanishes(algebra: Normaliser, own: list[Affine], members: list, outside: Expr, depth: int) -> bool:
    """Whether the summands of sums over one range cancel at each of its points; what stands outside is spread over a box."""
    table, count = algebra.table, members[0][0].count
    used = table.forms_free(algebra.context.facts).union(*[table.factors_free(f) for _, (_, f), _ in members])
    used = used.union(*[table.free[table.atom(data)] for data, _, _ in members], *[table.factors_free(f) for _, f in outside])
    points = table.unknowns(used, count)
    inner = algebra
    for guard in own:
        inner = inner.assuming(algebra.moved(guard, {table.bound(0, k): variable(v) for k, v in enumerate(points)}))
    body: Expr = {}
    for data, (guards, rest), q in members:
        moves = {table.bound(data.depth, k): variable(v) for k, v in enumerate(points)}
        summand = inner.substitute({(NONE, data.factors): 1}, moves)
        body = inner.add(body, inner.scale(inner.multiply(summand, inner.term(guards, rest)), q))
    if outside:
        box = algebra.context.box(members[0][0].guards)
        if box is None:
            return False
        size = inner.product([inner.value(plus(top, number(1))) for top in box.values()])
        body = inner.add(body, inner.multiply(outside, inner.inverse(size)))
    return vanishes(inner, body, depth + REFINEMENT)


def _cells(algebra: Normaliser, own: frozenset, guards: list[Affine]) -> list[frozenset] | None:
    """The polyhedron cut along each guard, with the guards that each cell satisfies; None when there are too many cells."""
    cells = [own]
    for guard in guards:
        grown = []
        for cell in cells:
            if algebra.context.implied(cell, guard):
                grown.append(cell | {guard})
            elif algebra.context.implied(cell, negated(guard)):
                grown.append(cell | {negated(guard)})
            else:
                grown += [cell | {guard}, cell | {negated(guard)}]
        cells = grown
        if len(cells) > CELLS:
            return None
    return cells
