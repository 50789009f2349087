"""Parametric maps and lenses: a body that takes parameters first, composed with the later parameters in front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from symcat.category.expression import At
from symcat.category.fold import Fold
from symcat.category.lifting import lifted, lifted_requirement
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Dim, Space, Wire
from symcat.category.structure import identity
from symcat.errors import ShapeError
from symcat.lens.lens import Lens, lens


@dataclass(frozen=True)
class Para:
    """A parametric map A -> B: the first `count` wires of the body's domain are the parameters P, the rest is A."""

    body: Morphism
    count: int

    def __post_init__(self) -> None:
        if not 0 <= self.count <= len(self.body.dom):
            raise ShapeError(f"{self.count} parameter wires for a body from {self.body.dom}: expected 0 to {len(self.body.dom)}")

    @property
    def params(self) -> Space:
        return self.body.dom[: self.count]

    @property
    def dom(self) -> Space:
        return self.body.dom[self.count:]

    @property
    def cod(self) -> Space:
        return self.body.cod

    def __rshift__(self, other: Para) -> Para:
        """Composition, this one first; the composite's parameters are Q * P, the later layer's in front."""
        if not isinstance(other, Para):
            return NotImplemented
        if not self.cod.fits(other.dom):
            raise ShapeError(f"cannot compose: the first ends at {self.cod} but the second starts at {other.dom}")
        build = Builder()
        q, p = build.inputs(other.params), build.inputs(self.params)
        x = build.inputs(self.dom)
        outs = build.call(other.body, (*q, *build.call(self.body, (*p, *x))))
        return Para(build.build(outs, other.cod.names), self.count + other.count)

    def __matmul__(self, other: Para) -> Para:
        """The product: parameters P * Q, inputs side by side."""
        if not isinstance(other, Para):
            return NotImplemented
        build = Builder()
        p, q = build.inputs(self.params), build.inputs(other.params)
        x, y = build.inputs(self.dom), build.inputs(other.dom)
        outs = (*build.call(self.body, (*p, *x)), *build.call(other.body, (*q, *y)))
        return Para(build.build(outs, (self.cod * other.cod).names), self.count + other.count)

    def reparametrise(self, alpha: Morphism) -> Para:
        """The map with parameters fed through alpha : Q -> P.  Weight tying is alpha = copy; freezing is alpha constant."""
        if not alpha.cod.fits(self.params):
            raise ShapeError(f"reparametrisation ends at {alpha.cod}, but the parameters are {self.params}")
        build = Builder()
        q = build.inputs(alpha.dom)
        x = build.inputs(self.dom)
        return Para(build.build(build.call(self.body, (*build.call(alpha, q), *x)), self.cod.names), len(alpha.dom))

    def lens(self) -> ParaLens:
        """The image under f -> (f, R[f])."""
        return ParaLens(lens(self.body), self.count, self.count)

    def __str__(self) -> str:
        return f"[{self.params}] {self.dom} -> {self.cod}"


@dataclass(frozen=True)
class ParaLens:
    """A parametric lens (A, A') -> (B, B') with parameter (P, P'): of its points the first `count` wires are P, of what `put`
    returns the first `back_count` wires are P'."""

    lens: Lens
    count: int
    back_count: int

    @property
    def params(self) -> tuple[Space, Space]:
        return self.lens.get.dom[: self.count], self.lens.put.cod[: self.back_count]

    @property
    def dom(self) -> tuple[Space, Space]:
        return self.lens.get.dom[self.count:], self.lens.put.cod[self.back_count:]

    @property
    def cod(self) -> tuple[Space, Space]:
        return self.lens.cod

    def __rshift__(self, other: ParaLens) -> ParaLens:
        """Composition, this one first; parameters (Q * P, Q' * P')."""
        if not isinstance(other, ParaLens):
            return NotImplemented
        if not (self.cod[0].fits(other.dom[0]) and self.cod[1].fits(other.dom[1])):
            raise ShapeError(f"cannot compose: the first ends at ({self.cod[0]}, {self.cod[1]}), "
                             f"the second starts at ({other.dom[0]}, {other.dom[1]})")
        forward = Builder()
        q, p = forward.inputs(other.params[0]), forward.inputs(self.params[0])
        x = forward.inputs(self.dom[0])
        get = forward.build(forward.call(other.lens.get, (*q, *forward.call(self.lens.get, (*p, *x)))), other.cod[0].names)
        back = Builder()
        q, p = back.inputs(other.params[0]), back.inputs(self.params[0])
        x, covector = back.inputs(self.dom[0]), back.inputs(other.cod[1])
        middle = back.call(self.lens.get, (*p, *x))
        dq = back.call(other.lens.put, (*q, *middle, *covector))
        dp = back.call(self.lens.put, (*p, *x, *dq[other.back_count:]))
        names = (other.params[1] * self.lens.put.cod).names
        put = back.build((*dq[: other.back_count], *dp), names)
        return ParaLens(Lens(get, put), self.count + other.count, self.back_count + other.back_count)

    def reparametrise(self, r: Lens) -> ParaLens:
        """The lens with parameters fed through a lens r : (Q, Q') -> (P, P'): an optimiser on P, say."""
        if not (r.cod[0].fits(self.params[0]) and r.cod[1].fits(self.params[1])):
            raise ShapeError(f"reparametrisation ends at ({r.cod[0]}, {r.cod[1]}), but the parameters are "
                             f"({self.params[0]}, {self.params[1]})")
        forward = Builder()
        q, x = forward.inputs(r.dom[0]), forward.inputs(self.dom[0])
        get = forward.build(forward.call(self.lens.get, (*forward.call(r.get, q), *x)), self.cod[0].names)
        back = Builder()
        q, x, covector = back.inputs(r.dom[0]), back.inputs(self.dom[0]), back.inputs(self.cod[1])
        outs = back.call(self.lens.put, (*back.call(r.get, q), *x, *covector))
        new = back.call(r.put, (*q, *outs[: self.back_count]))
        put = back.build((*new, *outs[self.back_count:]), (r.put.cod * self.dom[1]).names)
        return ParaLens(Lens(get, put), len(r.dom[0]), len(r.dom[1]))


def unparametrised(f: Morphism) -> Para:
    """A morphism as a parametric map without parameters."""
    return Para(f, 0)


def para_identity(a: Space) -> Para:
    return Para(identity(a), 0)


def corner(a: Space) -> Para:
    """The corner 1 -> A: the parameter is the output."""
    return Para(identity(a), len(a))


def batch(f: Morphism, size: Dim, mapped: Sequence[int]) -> Morphism:
    """The morphism on `size` samples at once: the wires at the positions `mapped` and everything computed from them get a
    leading axis; the other wires are shared.  Covectors of shared wires therefore add up over the batch."""
    build = Builder()
    axes: dict[str, bool] = {}
    names: dict[str, str] = {}
    for position, (name, wire) in enumerate(f.dom):
        axes[name] = position in mapped
        names[name] = build.input(name, Wire(wire.base, (size, *wire.shape)) if axes[name] else wire)
    for fact in f.facts:
        build.fact(fact.expr, fact.relation)
    for node in f.nodes:
        over = any(axes[source] for source in node.sources)
        axes |= dict.fromkeys(node.makes, over)
        if over and isinstance(node, Fold):
            names.update(zip(node.makes, _batched_fold(build, node, size, axes, names), strict=True))
        else:
            build.follow(lifted(node, size, axes) if over else node, names)
    for requirement in f.requirements:
        moved = lifted_requirement(requirement, size, axes).rename(names)
        if moved not in build.requirements:
            build.requirements.append(moved)
    outs = []
    for name, out in zip(f.cod.names, f.outs, strict=True):
        if not axes[out]:
            wire = build.wires[names[out]]
            outs.append(build.gather((size, *wire.shape), lambda b, *i, out=out: At(names[out], *i), name=name, base=wire.base))
        else:
            outs.append(names[out])
    return build.build(outs, f.cod.names)


def _batched_fold(build: Builder, fold: Fold, size: Dim, axes: Mapping[str, bool], names: Mapping[str, str]) -> list[str]:
    """A fold on a batch: its states and results are those of every sample, the axis of steps stays in front inside."""
    count, behind = fold.states, fold.states + fold.entries
    mapped = [k for k, argument in enumerate(fold.arguments) if k < count or axes[argument]]
    given = []
    for k, argument in enumerate(fold.arguments):
        name, wire = names[argument], build.wires[names[argument]]
        if k < count and not axes[argument]:
            name = build.gather((size, *wire.shape), lambda b, *i, name=name: At(name, *i), name=name, base=wire.base)
        elif count <= k < behind and axes[argument]:
            name = _swapped(build, name)
        given.append(name)
    cell = batch(fold.cell, size, mapped)
    found = build.fold(cell, given[:count], given[count:behind], given[behind:], fold.length, backward=fold.backward, names=fold.names)
    return [*found[:count], *(_swapped(build, name) for name in found[count:])]


def _swapped(build: Builder, name: str) -> str:
    """The array with its first two axes exchanged."""
    first, second, *rest = build.wires[name].shape
    return build.gather((second, first, *rest), lambda i, j, *k: At(name, j, i, *k), name=name, base=build.wires[name].base)
