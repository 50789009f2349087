"""Arrays that hold nothing of their own: copies, views, broadcasts, constants, multiples, axes of one entry."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import Argmax, At, index
from symcat.category.functions import detach
from symcat.category.morphism import Morphism
from symcat.kernel.passes.rewrite import Rewrite, at, comprehension, joined, rewrite


def simplify(f: Morphism) -> Morphism:
    """`inline` and `share_calls` until nothing changes."""
    while True:
        simpler = share_calls(inline(f))
        if simpler.nodes == f.nodes and simpler.outs == f.outs:
            return f
        f = simpler


def inline(f: Morphism) -> Morphism:
    """Reads of copies, views, broadcasts, constants and rational multiples of an array become reads of what they hold."""
    trivial: dict[str, sp.Expr] = {}

    def resolved(expr: sp.Expr) -> sp.Expr:
        found = {read: at(trivial[read.name], read.indices) for read in expr.atoms(At) if read.name in trivial}
        for chosen in (found, {read: value for read, value in found.items() if isinstance(value, At)}):
            if chosen and (whole := joined(expr, chosen)) is not None:
                return whole
        return expr

    def change(new: Rewrite, node: Comprehension) -> Comprehension:
        body = node.body.replace(detach, lambda x: x) if node.body.has(detach) else node.body
        body = resolved(body)
        node = node if body is node.body else replace(node, body=body)
        if node.op == "sum" and node.body == 0:
            node = replace(node, extents=node.shape, out=tuple(map(index, range(len(node.shape)))), guards=())
        if node.pointwise and node.op == "sum" and held(node.body):
            trivial[new.append(node)] = node.body
        return node

    return rewrite(f, change)


def held(body: sp.Expr) -> bool:
    """Whether a body is a number or a multiple of one read."""
    return body.is_Rational or isinstance(body.as_coeff_Mul()[1], At)


def share_calls(f: Morphism) -> Morphism:
    """`f(z[i])` becomes `y[i]` where the program has `y[i] = f(z[i])` before it; so do roots, and 1/sqrt(z[i]) as 1/y[i]."""
    known: dict[tuple, tuple[str, sp.Expr]] = {}

    def shared(call: sp.Function | sp.Pow) -> sp.Expr | None:
        key, exponent = _called(call)
        name, own = known.get(key, (None, None))
        return None if name is None or not (exponent / own).is_Integer else At(name, *call.args[0].indices) ** (exponent / own)

    def change(new: Rewrite, node: Comprehension) -> Comprehension:
        found = {call: y for call in node.body.atoms(sp.Function, sp.Pow) if _callable(call) and (y := shared(call)) is not None}
        if found:
            node = replace(node, body=node.body.xreplace(found))
        if node.pointwise and _callable(node.body) and node.body.args[0].indices == node.out \
                and new.wires[node.body.args[0].name].shape == node.shape:
            key, exponent = _called(node.body)
            known.setdefault(key, (new.append(node), exponent))
        return node

    return rewrite(f, change)


def _callable(call: sp.Expr) -> bool:
    """Whether an expression is a function of one read, or a root of one."""
    if call.is_Pow:
        return isinstance(call.base, At) and call.exp.is_Rational and not call.exp.is_Integer
    return isinstance(call, sp.Function) and len(call.args) == 1 and isinstance(call.args[0], At)


def _called(call: sp.Expr) -> tuple[tuple, sp.Expr]:
    return ((sp.Pow, call.base.name), call.exp) if call.is_Pow else ((call.func, call.args[0].name), sp.S.One)


def units(f: Morphism) -> Morphism:
    """Loops of one step vanish: their index is 0, in reads and selectors too; of what a program returns axes of one entry stay."""
    return _squeezed(_without_units(f))


def entrywise(f: Morphism) -> Morphism:
    """Pointwise arrays with axes of one entry read arrays of their own shape at their own indices, so that one may replace the other."""
    def change(new: Rewrite, node: Comprehension) -> Comprehension:
        if not node.pointwise or sp.S.One not in node.shape:
            return node
        zero = tuple(sp.S.Zero if extent == 1 else e for e, extent in zip(node.out, node.shape, strict=True))
        found = {read: At(read.args[0], *node.out) for read in node.body.atoms(At)
                 if read.indices == zero and new.wires[read.name].shape == node.shape}
        return replace(node, body=node.body.xreplace(found)) if found else node

    return rewrite(f, change)


def _without_units(f: Morphism) -> Morphism:
    components: dict[str, dict[int, int]] = {}    # of a maximum: where its components have gone

    def change(new: Rewrite, node: Comprehension) -> Comprehension:
        node = _at_zero(new, node, components)
        single = {symbol: sp.S.Zero for symbol, extent in node.box if extent == 1}
        guards = [g for g in (guard.xreplace(single) for guard in node.guards) if not (g.is_Integer and g >= 0)]
        body = node.body.xreplace(single)
        if any(guard.is_Integer for guard in guards):
            return replace(node, extents=node.shape, out=tuple(map(index, range(len(node.shape)))), body=sp.S.Zero, guards=())
        kept = [item for item in node.box if item[0] not in single]
        out = [e.xreplace(single) for e in node.out]
        rows = [(index(len(node.extents) + k), sp.S.One) for k, extent in enumerate(node.shape) if extent == 1]
        fresh = iter(rows)
        whole = [next(fresh)[0] if extent == 1 else e for e, extent in zip(out, node.shape, strict=True)]
        extents = dict(kept)
        plain = not guards and len(set(whole)) == len(whole) and all(
            extent == 1 or extents.get(e) == extent for e, extent in zip(whole, node.shape, strict=True))
        if node.op == "max":
            order = [symbol for symbol, _ in node.reduced]
            left = [symbol for symbol in order if symbol not in single]
            components[node.name] = {order.index(symbol): k for k, symbol in enumerate(left)}
            if not left:
                node = replace(node, op="sum")
        return comprehension(node.shape, [*kept, *rows] if plain else kept, whole if plain else out, body, op=node.op,
                             guards=guards, name=node.name, base=node.base)

    new = Rewrite(f)
    for node in f.nodes:
        changed = change(new, new.renamed(node))
        moved = components.pop(node.name, None)
        new.follow(node, changed)
        if moved is not None:
            components[new.names[node.name]] = moved
    return new.build()


def _at_zero(new: Rewrite, node: Comprehension, components: dict[str, dict[int, int]]) -> Comprehension:
    """The comprehension with index 0 along axes of one entry, and selectors by the components that are left."""
    def entries(call: At | Argmax) -> list[sp.Expr]:
        return [sp.S.Zero if extent == 1 else e for e, extent in zip(call.indices, new.wires[call.name].shape, strict=True)]

    def selector(call: Argmax) -> sp.Expr:
        place = components.get(call.name, {}).get(call.component, None if call.name in components else call.component)
        return sp.S.Zero if place is None else Argmax(call.args[0], place, *entries(call))

    for kind, moved in ((Argmax, selector), (At, lambda read: At(read.args[0], *entries(read)))):
        found = {call: value for e in (node.body, *node.out, *node.guards) for call in e.atoms(kind) if (value := moved(call)) != call}
        if found:
            change = lambda e, found=found: e.xreplace(found)
            node = replace(node, body=change(node.body), out=tuple(map(change, node.out)), guards=tuple(map(change, node.guards)))
    return node


def _squeezed(f: Morphism) -> Morphism:
    """Arrays that are no outputs without their axes of one entry."""
    axes = {node.name: tuple(k for k, extent in enumerate(node.shape) if extent != 1) for node in f.nodes
            if node.name not in f.outs and sp.S.One in node.shape}
    if not axes:
        return f

    def entry(call: At | Argmax) -> At | Argmax:
        return call.func(*call.args[:-len(call.indices)], *(call.indices[k] for k in axes[call.name]))

    def change(new: Rewrite, node: Comprehension) -> Comprehension:
        for kind in (Argmax, At):
            found = {call: entry(call) for e in (node.body, *node.out, *node.guards) for call in e.atoms(kind) if call.name in axes}
            if found:
                moved = lambda e, found=found: e.xreplace(found)
                node = replace(node, body=moved(node.body), out=tuple(map(moved, node.out)), guards=tuple(map(moved, node.guards)))
        if node.name not in axes:
            return node
        kept = axes[node.name]
        gone = {e for k, e in enumerate(node.out) if k not in kept}
        return comprehension([node.shape[k] for k in kept], [item for item in node.box if item[0] not in gone],
                             [node.out[k] for k in kept], node.body, op=node.op, guards=node.guards, name=node.name, base=node.base)

    new = Rewrite(f)
    for node in f.nodes:
        new.follow(node, new.renamed(change(new, node)))
    return new.build()
