"""Passes from morphism to morphism, each of which keeps the meaning.

    specialise   dims and hyperparameters become numbers
    inline       copies, constants and broadcasts are read where they are used
    share_calls  a function call that another array already holds is read from there
    split        a scatter that also contracts becomes a contraction and a pure scatter

Requirements and facts have been checked or proved by the time a step is compiled; they are dropped and keep nothing alive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import At, index, is_index
from symcat.category.morphism import Builder, Morphism
from symcat.errors import UsageError

UNDEFINED = (sp.zoo, sp.nan, sp.oo, -sp.oo)
Change = Callable[[Comprehension], Comprehension]


def rewrite(f: Morphism, change: Change) -> Morphism:
    """The program with every comprehension passed through `change`, in order; equal ones are shared, dead ones dropped."""
    build = Builder()
    build.inputs(f.dom)
    names: dict[str, str] = {}
    for node in f.nodes:
        changed = change(node)
        names[node.name] = build.append(changed.rename({old: new for old, new in names.items() if old != node.name}))
    return build.build([names.get(out, out) for out in f.outs], f.cod.names)


def specialise(f: Morphism, values: Mapping[sp.Symbol, sp.Expr]) -> Morphism:
    """The program at given dims and hyperparameters; a fact that they violate is an error that names it."""
    missing = [symbol.name for symbol in f.symbols if symbol not in values]
    if missing:
        raise UsageError(f"no value for {', '.join(missing)}: a kernel has sizes and hyperparameters baked in")
    return replace(f.substitute(values), requirements=(), facts=())


def simplify(f: Morphism) -> Morphism:
    """`inline` and `share_calls` until nothing changes."""
    while True:
        simpler = share_calls(inline(f))
        if simpler.nodes == f.nodes and simpler.outs == f.outs:
            return f
        f = simpler


def inline(f: Morphism) -> Morphism:
    """Reads of copies, views, broadcasts and constants become reads of what they hold."""
    trivial: dict[str, sp.Expr] = {}

    def resolved(expr: sp.Expr) -> sp.Expr:
        found = {read: _at(trivial[read.name], read.indices) for read in expr.atoms(At) if read.name in trivial}
        changed = expr.xreplace(found) if found else expr
        return expr if changed.has(*UNDEFINED) else changed

    def change(node: Comprehension) -> Comprehension:
        node = replace(node, body=resolved(node.body))
        if node.pointwise and node.op == "sum" and (node.body.is_Rational or isinstance(node.body, At)):
            trivial[node.name] = node.body
        return node

    return rewrite(f, change)


def share_calls(f: Morphism) -> Morphism:
    """`f(z[i])` becomes `y[i]` where the program has `y[i] = f(z[i])` before it."""
    held: dict[tuple, str] = {}

    def change(node: Comprehension) -> Comprehension:
        found = {call: At(held[key], *call.args[0].indices) for call in node.body.atoms(sp.Function)
                 if len(call.args) == 1 and isinstance(call.args[0], At) and (key := (call.func, call.args[0].name)) in held}
        if found:
            node = replace(node, body=node.body.xreplace(found))
        body = node.body
        if node.pointwise and isinstance(body, sp.Function) and len(body.args) == 1 and isinstance(body.args[0], At) \
                and body.args[0].indices == node.out:
            held.setdefault((body.func, body.args[0].name), node.name)
        return node

    return rewrite(f, change)


def split(f: Morphism) -> Morphism:
    """A scatter with contracted indices becomes a contraction over them, and a scatter of its result.

    `dx[i + u] += dy[i, o] K[u, o]` over i, u, o becomes `part[i, u] = sum over o of dy[i, o] K[u, o]`, `dx[i + u] += part[i, u]`.
    """
    build = Builder()
    build.inputs(f.dom)
    names: dict[str, str] = {}
    for node in f.nodes:
        moved = node.rename({old: new for old, new in names.items() if old != node.name})
        names[node.name] = build.append(_halved(build, moved))
    return build.build([names.get(out, out) for out in f.outs], f.cod.names)


def _halved(build: Builder, node: Comprehension) -> Comprehension:
    """The pure scatter that remains after the contraction has been appended; the node itself where there is nothing to split."""
    inner = {symbol for symbol, _ in node.reduced}
    outer = [item for item in node.box if item[0] not in inner]
    if node.gather or node.guards or node.op != "sum" or not inner or not outer:
        return node
    kept = [symbol for symbol, _ in outer]
    shape = [extent for _, extent in outer]
    part = build.node(shape, (*outer, *node.reduced), kept, node.body, name=f"part_{node.name}", base=node.base)
    place = {symbol: index(k) for k, symbol in enumerate(kept)}
    move = lambda e: e.xreplace(place)
    return replace(node, extents=tuple(shape), out=tuple(map(move, node.out)), body=At(part, *map(index, range(len(kept)))))


def _at(body: sp.Expr, indices: tuple[sp.Expr, ...]) -> sp.Expr:
    """A pointwise body at given indices."""
    return body.xreplace({symbol: indices[int(symbol.name[1:])] for symbol in body.free_symbols if is_index(symbol)})
