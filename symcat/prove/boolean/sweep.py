"""Variables of a graph that are equal, or opposite, proved one after the other: what the solver then need not find out by itself.

Variables that agree at all random points are candidates.  Each is compared with the first of its kind by a small solver that sees
only the definitions nearby, with what was proved before; it may answer too that they differ, which says nothing about the whole.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

from symcat.prove.boolean.sat import compare

NEAR = 200      # variables
TRIES = 300     # conflicts
MISSES = 60     # candidates that were not shown to be equal

Clause = Sequence[int]


def sweep(clauses: Sequence[Clause], words: Mapping[int, int]) -> tuple[list[Clause], list[Clause]]:
    """Clauses that say which variables are equal, and the steps that lead to them, these clauses among them.

    `words` has the values of every variable at the random points, one bit for each, and at 0 all bits.
    """
    definitions: dict[int, list[Clause]] = {}
    for clause in clauses:
        definitions.setdefault(max(map(abs, clause)), []).append(clause)
    first: dict[int, int] = {}
    same: dict[int, tuple[int, list[Clause]]] = {}
    found, steps, misses = [], [], 0
    for variable in sorted(definitions):
        word = words[variable]
        literal = variable if word & 1 else -variable
        kind = word if word & 1 else word ^ words[0]
        other = first.setdefault(kind, literal)
        if other == literal:
            continue
        learned = compare(_near(variable, abs(other), definitions, same), literal, other, TRIES)
        misses += learned is None
        if misses > MISSES:
            break
        if learned is not None:
            pair = [(-literal, other), (literal, -other)]
            same[variable] = abs(other), pair
            found += pair
            steps += [*learned, *pair]
    return found, steps


def _near(one: int, other: int, definitions: Mapping[int, Sequence[Clause]],
          same: Mapping[int, tuple[int, Sequence[Clause]]]) -> list[Clause]:
    """The definitions of two variables and of those that these rest on, nearest first; a variable that is known rests on its equal."""
    queue, seen, clauses = deque((one, other)), {one, other}, []
    while queue and len(seen) < NEAR:
        variable = queue.popleft()
        if variable in same:
            rest, defining = [same[variable][0]], same[variable][1]
        else:
            defining = definitions.get(variable, ())
            rest = [abs(x) for clause in defining for x in clause]
        clauses += defining
        for x in rest:
            if x not in seen:
                seen.add(x)
                queue.append(x)
    return clauses
