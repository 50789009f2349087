"""Random small programs with guards, scatters, maxima, selectors, index values and nested arrays, and changed copies of them."""

from dataclasses import dataclass, replace

import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import Argmax, At, Bracket, Delta, index
from symcat.category.functions import Smooth
from symcat.category.morphism import Morphism
from symcat.category.space import Real, dims, space

n, k = dims("n k")
I, J = index(0), index(1)
DOM = space(x=Real[n], w=Real[k], m=Real[n, k])
SHAPES = {"x": (n,), "w": (k,), "m": (n, k)}
SIZES = [{"n": 1, "k": 1}, {"n": 2, "k": 1}, {"n": 3, "k": 2}, {"n": 2, "k": 3}, {"n": 4, "k": 4}]


@dataclass(frozen=True)
class Recipe:
    """One node: `shape` and `extra` extents, factors (array, index forms), a kind of decoration, and an output form."""

    shape: tuple
    extra: tuple
    factors: tuple
    guard: object
    scatter: object
    smooth: bool
    value: bool
    op: str


def forms(rng, count):
    """A random affine index in the first `count` loop indices."""
    options = [I, I + 1, I - 1, n - 1 - I, sp.Integer(0), k - 1 - I]
    if count > 1:
        options += [J, J, I + J, I - J, J - I, k - 1 - J, n - 1 - J, 2 * I + J, 2 * J]
    return rng.choice(options)


def recipe(rng, arrays):
    shape = rng.choice([(), (n,), (k,)])
    extra = rng.choice([(), (k,), (n,), (k,)]) if shape else rng.choice([(k,), (n,), (n, k)])
    count = len(shape) + len(extra)
    factors = []
    for _ in range(rng.randint(1, 3)):
        name = rng.choice(sorted(arrays))
        factors.append((name, tuple(forms(rng, count) for _ in arrays[name])))
    guard = rng.choice([None, None, None, I - J, J - I, I - 1, k - 1 - I]) if count > 1 else None
    op = "max" if shape and extra and rng.random() < 0.2 else "sum"
    scatter = forms(rng, count) if shape and op == "sum" and rng.random() < 0.25 else None
    return Recipe(shape, extra, tuple(factors), guard, scatter, rng.random() < 0.3, rng.random() < 0.15, op)


def node(name, plan, arrays):
    body = sp.Integer(1)
    for array, places in plan.factors:
        read = At(array, *places)
        if plan.smooth:
            read = Smooth.named("phi")(read)
        inside = [Bracket(e) * Bracket(d - 1 - e) for e, d in zip(places, arrays[array], strict=True)]
        body = body * sp.Mul(*inside) * read
    if plan.guard is not None:
        body = body * Bracket(plan.guard)
    if plan.value:
        body = body * (I + 1)
    extents = plan.shape + plan.extra
    out = tuple(index(p) for p in range(len(plan.shape)))
    guards = ()
    if plan.scatter is not None:
        out, guards = (plan.scatter,), (plan.scatter, plan.shape[0] - 1 - plan.scatter)
    return Comprehension(name, Real, plan.shape, extents, out, body, plan.op, guards)


def program(plans, last=None):
    arrays, nodes = dict(SHAPES), []
    for position, plan in enumerate(plans):
        nodes.append(node(f"z{position}", plan, arrays))
        arrays[f"z{position}"] = plan.shape
        if plan.op == "max":
            chosen = Comprehension(f"a{position}", Real, plan.shape, plan.shape, (I,),
                                   Delta(Argmax(f"z{position}", 0, I) - I) * At(f"z{position}", I))
            nodes.append(chosen)
            arrays[f"a{position}"] = plan.shape
    out = last or nodes[-1].name
    wires = {f.name: f.wire for f in nodes}
    return Morphism(DOM, space(y=wires[out]), tuple(nodes), (out,))


def plans(rng):
    arrays, made = dict(SHAPES), []
    for position in range(rng.randint(1, 2)):
        made.append(recipe(rng, arrays))
        arrays[f"z{position}"] = made[-1].shape
    return made


def changed(rng, made):
    """A changed copy: reordered or reversed (often equal), or with another index, guard or range (mostly different)."""
    spot = rng.randrange(len(made))
    plan = made[spot]
    extents = plan.shape + plan.extra
    kind = rng.choice(["order", "flip", "flip", "swap", "index", "guard", "range", "scatter"])
    if kind == "order":
        plan = replace(plan, factors=tuple(rng.sample(plan.factors, len(plan.factors))))
    elif kind == "flip" and plan.extra and plan.op == "sum":
        last = len(extents) - 1
        turn = {index(last): extents[last] - 1 - index(last)}
        move = lambda e: sp.expand(sp.sympify(e).xreplace(turn)) if e is not None else None
        factors = tuple((a, tuple(map(move, p))) for a, p in plan.factors)
        plan = replace(plan, factors=factors, guard=move(plan.guard), scatter=move(plan.scatter))
    elif kind == "swap" and len(plan.extra) == 2:
        turn = {I: J, J: I}
        move = lambda e: sp.sympify(e).xreplace(turn) if e is not None else None
        factors = tuple((a, tuple(map(move, p))) for a, p in plan.factors)
        plan = replace(plan, extra=plan.extra[::-1], factors=factors, guard=move(plan.guard))
    elif kind == "index":
        which = rng.randrange(len(plan.factors))
        array, places = plan.factors[which]
        other = (array, tuple(forms(rng, len(extents)) for _ in places))
        plan = replace(plan, factors=plan.factors[:which] + (other,) + plan.factors[which + 1:])
    elif kind == "guard" and len(extents) > 1:
        plan = replace(plan, guard=rng.choice([None, I - J, J - I, J - 1]))
    elif kind == "range" and plan.extra:
        plan = replace(plan, extra=tuple(rng.choice([n, k]) for _ in plan.extra))
    elif kind == "scatter" and plan.scatter is not None:
        plan = replace(plan, scatter=forms(rng, len(extents)))
    return [*made[:spot], plan, *made[spot + 1:]]
