"""Obligations of `detach`: what is detached must not matter to first order.

`detach(c)` has derivative 0 by declaration.  That is the true derivative of the whole exactly when the derivative in c,
taken with c as a free input, vanishes: one equation for every use.
"""

from __future__ import annotations

from symcat.category.comprehension import Comprehension
from symcat.category.functions import detach
from symcat.category.morphism import Builder, Morphism
from symcat.category.structure import zero
from symcat.category.unroll import unrolled
from symcat.derivative.reverse import R
from symcat.laws.claim import Claim, Equation

SOURCE = "chain rule; the shift in softmax is the standard example"


def detached(f: Morphism) -> tuple[Comprehension, ...]:
    """The comprehensions of f, and of the cells of its folds, that detach something."""
    return tuple(node for node in f.comprehensions if node.body.has(detach))


def with_input(f: Morphism, name: str) -> Morphism:
    """The morphism with one of its intermediate arrays made an input, in front of the others."""
    build = Builder()
    free = build.input("c", f.wires[name])
    names = dict(zip(f.dom.names, build.inputs(f.dom), strict=True))
    for fact in f.facts:
        build.fact(fact.expr, fact.relation)
    for node in f.nodes:
        if name in node.makes:
            names[name] = free
        else:
            build.follow(node, names)
    build.requirements += [requirement.rename(names) for requirement in f.requirements]
    return build.build([names[out] for out in f.outs], f.cod.names)


def independence(f: Morphism) -> tuple[Equation, ...]:
    """For every detached array c: the c-part of R[f with c as an input] is 0.  Folds whose cells detach are written out."""
    equations = []
    f = unrolled(f) if any(detached(node.cell) for node in f.folds) else f
    for node in detached(f):
        opened = R(with_input(f, node.name))
        build = Builder()
        slope, *_ = build.call(opened, build.inputs(opened.dom))
        part = build.build([slope], ("c",))
        equations.append(Equation(part, zero(part.dom, part.cod)))
    return tuple(equations)


def detach_claim(name: str, f: Morphism) -> Claim:
    return Claim(f"detach {name}", "the result does not depend on what is detached, to first order", SOURCE, lambda: independence(f))
