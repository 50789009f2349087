"""Readers of scatters become scatters themselves, and arrays that are used at one place are not stored."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import Argmax, At, affine, index, reads
from symcat.category.morphism import Morphism
from symcat.kernel.passes.rewrite import (
    Rewrite,
    comprehension,
    indices_of,
    over,
    placed,
    rewrite,
    shifted,
    shifted_box,
    uses,
)


def absorb(f: Morphism) -> Morphism:
    """The only reader of a scatter `s[e(y)] += b(y)` becomes a scatter over y, where each entry of s is read at most once.

    Of a scatter that writes every entry exactly once (`bijective`) any sum may be the reader: `z[..x..] += B(s[x], x)` becomes
    `z[..e(y)..] += B(b(y), e(y))`.  Of any other scatter the reader must be a multiple of its entry.
    A pointwise array whose entries are read once, by a scatter, is computed there.
    """
    while True:
        after = _once(f)
        if after.nodes == f.nodes:
            return f
        f = after


def _once(f: Morphism) -> Morphism:
    count = uses(f)

    def change(new: Rewrite, node: Comprehension) -> Comprehension:
        if node.op != "sum" or node.reduced:
            return node
        for read in reads(node.body):
            source = new.nodes.get(read.name)
            if source is None or source.op != "sum" or count.get(read.name) != 1 or not _plain(source, node):
                continue
            found = _computed(source, node, read) if source.gather else _moved(source, node, read)
            if found is not None:
                return found
        return node

    return rewrite(f, change)


def _plain(source: Comprehension, node: Comprehension) -> bool:
    """Whether selectors stand in bodies alone."""
    return not any(e.has(Argmax) for e in (*source.out, *source.guards, *node.out, *node.guards))


def _moved(source: Comprehension, node: Comprehension, read: At) -> Comprehension | None:
    """The reader of a scatter over the scatter's own points."""
    if sum(a.name == read.name for a in node.body.atoms(At)) != 1 or not _entries(read, node) \
            or not _covers(node, read, source):
        return None
    whole = bijective(source)
    if not whole and not _multiple(node.body, read):
        return None
    inner = shifted(source)
    places = dict(zip(read.indices, inner.out, strict=True))
    if not whole and node.pointwise and node.body != read:
        return None
    body = placed(node.body, places).xreplace({placed(read, places): inner.body})
    return comprehension(node.shape, shifted_box(source), [sp.expand(e.xreplace(places)) for e in node.out], body,
                         guards=(*inner.guards, *(sp.expand(g.xreplace(places)) for g in node.guards)), name=node.name, base=node.base)


def _computed(source: Comprehension, node: Comprehension, read: At) -> Comprehension | None:
    """A scatter that computes the entries of a pointwise array itself."""
    if node.gather or not source.pointwise or not _entries(read, node) or not _multiple(node.body, read):
        return None
    body = placed(source.body, dict(zip(map(index, range(len(read.indices))), read.indices, strict=True)))
    return replace(node, body=node.body.xreplace({read: body}))


def _entries(read: At, node: Comprehension) -> bool:
    """Whether each point of a comprehension reads an entry of its own."""
    return sorted(map(str, read.indices)) == sorted(str(symbol) for symbol, _ in node.box)


def _covers(node: Comprehension, read: At, source: Comprehension) -> bool:
    """Whether the loops of a comprehension run over the whole of an array that it reads."""
    return all(over(node)[e] == extent for e, extent in zip(read.indices, source.shape, strict=True))


def _multiple(body: sp.Expr, read: At) -> bool:
    """Whether a body is a product with a read as one factor, and nothing else of that array."""
    return body == read or (body.is_Mul and read in body.args and not sp.Mul(*(a for a in body.args if a != read)).has(read))


def bijective(node: Comprehension) -> bool:
    """Whether a scatter writes every entry exactly once: each axis counts, in mixed radix, with loop indices of its own."""
    if node.guards or node.reduced or any(e.has(Argmax) for e in node.out):
        return False
    box, seen = over(node), set()
    for e, extent in zip(node.out, node.shape, strict=True):
        form = affine(e)
        own = indices_of(e)
        if form.get(sp.S.One, 0) or own & seen or set(form) != own:
            return False
        seen |= own
        step = 1
        for symbol, coefficient in sorted(form.items(), key=lambda item: item[1]):
            if coefficient != step:
                return False
            step *= int(box[symbol])
        if step != extent:
            return False
    return True
