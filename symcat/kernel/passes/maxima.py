"""Places of maxima: no address depends on data.

`d_x[2 i + A_0, c] += dy[i, c]`, where A_0 is the place of the maximum of a window of two, is a sum over the places u of the window:
`d_x[2 i + u, c] += [A_0 = u] dy[i, c]`.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import Argmax, At, Delta, index
from symcat.category.morphism import Morphism
from symcat.kernel.passes.rewrite import Rewrite, comprehension, placed, rewrite


def place_maxima(f: Morphism) -> Morphism:
    """Selectors in output accesses and in indices of reads become loops over the window, with a delta in the body.

    Where all components of one maximum are asked for, one delta holds their flat position, `2 A_0 + A_1 - (2 u + v)`.
    """
    def change(new: Rewrite, node: Comprehension) -> Comprehension:
        if not (found := _addresses(node)):
            return node
        return _over_windows(new, node, found) if node.op == "sum" else _apart(new, node)

    return rewrite(f, change)


def _apart(new: Rewrite, node: Comprehension) -> Comprehension:
    """A maximum of entries at places of other maxima: the entries are an array of their own."""
    box = [symbol for symbol, _ in node.box]
    found = {}
    for read in sorted((read for read in node.body.atoms(At) if read.has(Argmax)), key=sp.default_sort_key):
        entries = comprehension(node.extents, node.box, box, read, name=f"at_{read.name}", base=node.base)
        found[read] = At(new.append(_over_windows(new, entries, _addresses(entries))), *box)
    return replace(node, body=node.body.xreplace(found))


def _addresses(node: Comprehension) -> list[Argmax]:
    """The selectors that an address depends on."""
    calls = [e.atoms(Argmax) for e in node.out] + [read.atoms(Argmax) for read in node.body.atoms(At)]
    return sorted(set().union(*calls), key=sp.default_sort_key)


def _over_windows(new: Rewrite, node: Comprehension, calls: list[Argmax]) -> Comprehension:
    extents, places, flat = list(node.extents), {}, {}
    for call in calls:
        places[call] = index(len(extents))
        extents.append(_window(new, call)[call.component])
        flat.setdefault((call.name, call.indices), []).append(call)
    deltas = []
    for group in flat.values():
        window = _window(new, group[0])
        if [call.component for call in group] == list(range(len(window))):
            deltas.append(Delta(sp.expand(_flat([call - places[call] for call in group], window))))
        else:
            deltas += [Delta(call - places[call]) for call in group]
    move = lambda e: placed(e, places)
    box = [(index(k), extent) for k, extent in enumerate(extents)]
    return comprehension(node.shape, box, list(map(move, node.out)), sp.Mul(*deltas, move(node.body)), guards=list(map(move, node.guards)),
                         name=node.name, base=node.base)


def _window(new: Rewrite, call: Argmax) -> list[sp.Expr]:
    return [extent for _, extent in new.nodes[call.name].reduced]


def _flat(parts: list[sp.Expr], window: list[sp.Expr]) -> sp.Expr:
    """A position in row-major order."""
    total = sp.S.Zero
    for part, extent in zip(parts, window, strict=True):
        total = total * extent + part
    return total
