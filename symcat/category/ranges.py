"""Typing of one comprehension: every access in range, for all dims that satisfy the facts, or what the dims must satisfy besides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import Argmax, Bracket, Delta, affine, is_index, reads
from symcat.category.polyhedron import implied
from symcat.category.space import Dim, Wire
from symcat.errors import ShapeError, TraceError

Access = tuple[tuple[sp.Expr, ...], tuple[Dim, ...], object]


def check_form(node: Comprehension) -> None:
    """Errors for a comprehension that is ill formed by itself."""
    if node.op not in ("sum", "max"):
        raise TraceError(f"reducer {node.op!r}: expected sum, max or xor")
    if len(node.out) != len(node.shape):
        raise ShapeError(f"{node.name} has {len(node.shape)} axes but its output access has {len(node.out)} indices")
    if node.op == "max" and not node.gather:
        raise TraceError(f"{node.name}: a max needs an output access that is its loop indices over the whole shape; it is {node.out}")
    if node.op == "max" and node.base.modulus:
        raise TraceError(f"{node.name}: max over {node.base}, which has no order")
    stray = sorted(s.name for s in node.symbols if is_index(s) and s not in dict(node.box))
    if stray:
        raise TraceError(f"{node.name} uses the loop index {stray[0]}, but its box has {len(node.extents)} indices")
    for e in (*node.guards, *(call.args[0] for call in node.body.atoms(Bracket, Delta))):
        affine(e)


def accesses(node: Comprehension, wires: Mapping[str, Wire], nodes: Mapping[str, Comprehension]) -> list[Access]:
    """The indices, the shape that they point into, and what they belong to: output, reads, selectors, in a fixed order."""
    found: list[Access] = [(node.out, node.shape, node.name)]
    for read in reads(node.body):
        wire = wires[read.name]
        if wire.base != node.base:
            raise ShapeError(f"{node.name} over {node.base} reads {read.name} over {wire.base}")
        if len(read.indices) != len(wire.shape):
            raise ShapeError(f"{read} has {len(read.indices)} indices but {read.name} is {wire}")
        found.append((read.indices, wire.shape, read))
    return found + [(selector.indices, selected(selector, nodes).shape, selector) for selector in node.selectors]


def selected(selector: Argmax, nodes: Mapping[str, Comprehension]) -> Comprehension:
    """The max-comprehension that a selector selects from."""
    source = nodes.get(selector.name)
    if source is None or source.op != "max":
        raise TraceError(f"{selector} selects from {selector.name}, which is not a maximum of this program")
    if not 0 <= selector.component < len(source.reduced) or len(selector.indices) != len(source.shape):
        raise TraceError(f"{selector} does not fit {source}: it has a component for each reduced index and an index for each axis")
    return source


def missing(node: Comprehension, access: Access, known: Iterable[Mapping], nodes: Mapping[str, Comprehension]) -> Iterator[sp.Expr]:
    """What the dims must satisfy (each at least 0) for an access to be in range, when what is known does not show it."""
    indices, shape, what = access
    for e, extent in zip(indices, shape, strict=True):
        if (e, extent) in node.box:
            continue
        bounds = [*node.box, *((s, selected(s, nodes).reduced[s.component][1]) for s in sorted(e.atoms(Argmax), key=sp.default_sort_key))]
        form, size = affine(e), affine(extent)
        top = {key: size.get(key, 0) - form.get(key, 0) for key in {**size, **form}}
        top[sp.S.One] = top.get(sp.S.One, 0) - 1
        context = [*known, *map(affine, node.guards), *(side for bound in bounds for side in _within(*bound))]
        for goal in (form, top):
            if not implied(context, goal):
                yield _least(goal, dict(bounds), e, what)


def _within(variable: sp.Expr, extent: Dim) -> tuple[dict, dict]:
    """0 <= variable <= extent - 1."""
    upper = affine(extent)
    upper[sp.S.One] = upper.get(sp.S.One, 0) - 1
    upper[variable] = upper.get(variable, 0) - 1
    return {variable: 1}, upper


def _least(goal: Mapping, bounds: Mapping, e: sp.Expr, what: object) -> sp.Expr:
    """The least value of an affine form over a box, an expression in dims."""
    least = sp.S.Zero
    for variable, coefficient in goal.items():
        if variable in bounds:
            least += coefficient * (bounds[variable] - 1) if coefficient < 0 else 0
        else:
            least += coefficient * variable
    least = sp.expand(least)
    if least.is_number and least < 0:
        raise ShapeError(f"index {e} of {what} leaves its range: the bound fails by {-least}")
    return least
