"""Pointwise arrays that are read at one place only are computed there."""

from __future__ import annotations

from dataclasses import replace

from symcat.category.comprehension import Comprehension
from symcat.category.expression import At, index, reads
from symcat.category.morphism import Morphism
from symcat.kernel.passes.rewrite import Rewrite, at, joined, rewrite, selected, uses


def fuse(f: Morphism) -> Morphism:
    """A pointwise array that one comprehension reads, each entry at one point and at its own indices, is computed in that one.

    The reader is pointwise too, or a sum of that array's entries alone: a product stays a product of two reads.  Bodies whose
    functions SymPy would merge, exp(x) exp(-x), stay apart.
    """
    count, chosen = uses(f), selected(f)

    def change(new: Rewrite, node: Comprehension) -> Comprehension:
        if not node.gather or node.op != "sum" or node.name in chosen:
            return node
        for read in reads(node.body):
            source = new.nodes.get(read.name)
            if source is None or not source.pointwise or source.op != "sum" or count.get(read.name) != 1:
                continue
            if _its_own(node, read) and (body := joined(node.body, {read: at(source.body, read.indices)})) is not None:
                node = replace(node, body=body)
        return node

    while True:
        after = rewrite(f, change)
        if after.nodes == f.nodes:
            return f
        f, count, chosen = after, uses(after), selected(after)


def _its_own(node: Comprehension, read: At) -> bool:
    """Whether a comprehension reads each entry of an array at most once, in the array's own order."""
    if sum(other.name == read.name for other in node.body.atoms(At)) != 1:
        return False
    if node.pointwise:
        wanted = [e for e, extent in zip(node.out, node.shape, strict=True) if extent != 1]
        return wanted == [e for e in read.indices if e != 0]
    return node.body == read and sorted(map(str, read.indices)) == sorted(str(index(k)) for k in range(len(node.extents)))
