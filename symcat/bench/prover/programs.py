"""Random small programs with guards, scatters, maxima, selectors, index values and nested arrays, and changed copies of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import Argmax, At, Bracket, Delta, index
from symcat.category.functions import Smooth
from symcat.category.morphism import Morphism
from symcat.category.space import Real, dims, space
from symcat.derivative.reverse import R
from symcat.errors import ShapeError

n, k = dims("n k")
I, J = index(0), index(1)
DOM = space(x=Real[n], w=Real[k], m=Real[n, k])
SHAPES: dict[str, tuple] = {"x": (n,), "w": (k,), "m": (n, k)}
SIZES = ({"n": 1, "k": 1}, {"n": 2, "k": 1}, {"n": 3, "k": 2}, {"n": 2, "k": 3}, {"n": 4, "k": 4})
CHANGES = ("order", "flip", "flip", "swap", "index", "guard", "range", "scatter")
DIFFERENTIATED = 0.3


@dataclass(frozen=True)
class Recipe:
    """One node: `shape` and `extra` extents, factors (array, index forms), an output form, and what else its body has."""

    shape: tuple
    extra: tuple
    factors: tuple[tuple[str, tuple], ...]
    guard: sp.Expr | None
    scatter: sp.Expr | None
    smooth: bool
    value: bool
    op: str

    @property
    def extents(self) -> tuple:
        return self.shape + self.extra


@dataclass(frozen=True)
class Pair:
    """Two programs of one type, and the sizes at which all their facts hold."""

    seed: int
    left: Morphism
    right: Morphism
    sizes: tuple[dict[str, int], ...]


def pairs(first: int = 1) -> Iterator[Pair]:
    """Pairs of a program and a changed copy, or of their reverse derivatives, without end; each is made from its seed alone."""
    seed = first
    while True:
        found = pair(seed)
        if found is not None:
            yield found
        seed += 1


def pair(seed: int) -> Pair | None:
    """The pair of a seed; None when its sides are of two types, or when no size suits both."""
    pick = random.Random(seed)
    made = recipes(pick)
    left, right = program(made), program(changed(pick, made))
    if not left.cod.fits(right.cod):
        return None
    if pick.random() < DIFFERENTIATED:
        try:
            left, right = R(left), R(right)
        except ShapeError:      # the builder asks for unguarded reads in range
            return None
    facts = [fact.expr for f in (left, right) for fact in f.facts]
    sizes = tuple(size for size in SIZES if all(e.subs({n: size["n"], k: size["k"]}) >= 0 for e in facts))
    return Pair(seed, left, right, sizes) if sizes else None


# ---- recipes
def recipes(pick: random.Random) -> list[Recipe]:
    """One or two nodes, the second of which may read the first."""
    arrays, made = dict(SHAPES), []
    for position in range(pick.randint(1, 2)):
        made.append(recipe(pick, arrays))
        arrays[f"z{position}"] = made[-1].shape
    return made


def recipe(pick: random.Random, arrays: dict[str, tuple]) -> Recipe:
    """One node over given arrays."""
    shape = pick.choice([(), (n,), (k,)])
    extra = pick.choice([(), (k,), (n,), (k,)]) if shape else pick.choice([(k,), (n,), (n, k)])
    count = len(shape) + len(extra)
    factors = []
    for _ in range(pick.randint(1, 3)):
        name = pick.choice(sorted(arrays))
        factors.append((name, tuple(form(pick, count) for _ in arrays[name])))
    guard = pick.choice([None, None, None, I - J, J - I, I - 1, k - 1 - I]) if count > 1 else None
    op = "max" if shape and extra and pick.random() < 0.2 else "sum"
    scatter = form(pick, count) if shape and op == "sum" and pick.random() < 0.25 else None
    return Recipe(shape, extra, tuple(factors), guard, scatter, pick.random() < 0.3, pick.random() < 0.15, op)


def form(pick: random.Random, count: int) -> sp.Expr:
    """A random affine index in the first `count` loop indices."""
    options = [I, I + 1, I - 1, n - 1 - I, sp.Integer(0), k - 1 - I]
    if count > 1:
        options += [J, J, I + J, I - J, J - I, k - 1 - J, n - 1 - J, 2 * I + J, 2 * J]
    return pick.choice(options)


def program(made: Sequence[Recipe]) -> Morphism:
    """The program of some recipes; a maximum is followed by the position at which it is attained."""
    arrays, nodes = dict(SHAPES), []
    for position, plan in enumerate(made):
        nodes.append(node(f"z{position}", plan, arrays))
        arrays[f"z{position}"] = plan.shape
        if plan.op == "max":
            body = Delta(Argmax(f"z{position}", 0, I) - I) * At(f"z{position}", I)
            nodes.append(Comprehension(f"a{position}", Real, plan.shape, plan.shape, (I,), body))
            arrays[f"a{position}"] = plan.shape
    last = nodes[-1]
    return Morphism(DOM, space(y=last.wire), tuple(nodes), (last.name,))


def node(name: str, plan: Recipe, arrays: dict[str, tuple]) -> Comprehension:
    """One recipe as a comprehension; reads are 0 outside their arrays."""
    body: sp.Expr = sp.Integer(1)
    for array, places in plan.factors:
        read = Smooth.named("phi")(At(array, *places)) if plan.smooth else At(array, *places)
        inside = [Bracket(e) * Bracket(extent - 1 - e) for e, extent in zip(places, arrays[array], strict=True)]
        body = body * sp.Mul(*inside) * read
    body = body * Bracket(plan.guard) if plan.guard is not None else body
    body = body * (I + 1) if plan.value else body
    if plan.scatter is None:
        return Comprehension(name, Real, plan.shape, plan.extents, tuple(index(p) for p in range(len(plan.shape))), body, plan.op)
    return Comprehension(name, Real, plan.shape, plan.extents, (plan.scatter,), body, plan.op,
                         (plan.scatter, plan.shape[0] - 1 - plan.scatter))


# ---- changes
def changed(pick: random.Random, made: Sequence[Recipe]) -> list[Recipe]:
    """A copy that is reordered or reversed (often equal), or has another index, guard or range (mostly different)."""
    spot = pick.randrange(len(made))
    plan = made[spot]
    last = len(plan.extents) - 1
    kind = pick.choice(CHANGES)
    if kind == "order":
        plan = replace(plan, factors=tuple(pick.sample(plan.factors, len(plan.factors))))
    elif kind == "flip" and plan.extra and plan.op == "sum":
        plan = _moved(plan, {index(last): plan.extents[last] - 1 - index(last)})
    elif kind == "swap" and len(plan.extra) == 2:
        plan = replace(_moved(plan, {I: J, J: I}), extra=plan.extra[::-1])
    elif kind == "index":
        which = pick.randrange(len(plan.factors))
        array, places = plan.factors[which]
        other = (array, tuple(form(pick, len(plan.extents)) for _ in places))
        plan = replace(plan, factors=(*plan.factors[:which], other, *plan.factors[which + 1:]))
    elif kind == "guard" and len(plan.extents) > 1:
        plan = replace(plan, guard=pick.choice([None, I - J, J - I, J - 1]))
    elif kind == "range" and plan.extra:
        plan = replace(plan, extra=tuple(pick.choice([n, k]) for _ in plan.extra))
    elif kind == "scatter" and plan.scatter is not None:
        plan = replace(plan, scatter=form(pick, len(plan.extents)))
    return [*made[:spot], plan, *made[spot + 1:]]


def _moved(plan: Recipe, turn: dict[sp.Symbol, sp.Expr]) -> Recipe:
    """A recipe after an affine change of its loop indices."""
    move: Callable = lambda e: None if e is None else sp.expand(e.xreplace(turn))
    factors = tuple((array, tuple(map(move, places))) for array, places in plan.factors)
    return replace(plan, factors=factors, guard=move(plan.guard), scatter=move(plan.scatter))
