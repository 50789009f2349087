"""Random sums taken apart, rightly or not: triangles, residues, cuts, reversals, written-out values, shares of a denominator."""

from dataclasses import dataclass, replace

import sympy as sp

from symcat.category.comprehension import Comprehension, Requirement
from symcat.category.expression import At, Bracket, index
from symcat.category.functions import Smooth
from symcat.category.morphism import Morphism
from symcat.category.space import Real, dims, space
from tests.prove.index.oracle import Run

n, k = dims("n k")
I, J, K = index(0), index(1), index(2)
WIDE = 3 * n + 3 * k
DOM = space(x=Real[WIDE], w=Real[WIDE], m=Real[WIDE, WIDE])
SIZES = [{"n": 1, "k": 1}, {"n": 2, "k": 1}, {"n": 1, "k": 2}, {"n": 3, "k": 2}, {"n": 2, "k": 3}]
phi = Smooth.named("phi")


@dataclass(frozen=True)
class Part:
    """scale times the sum over a box of body where all conditions are at least 0."""

    extents: tuple
    body: sp.Expr
    conditions: tuple = ()
    scale: sp.Expr = sp.Integer(1)

    def moved(self, values, extents=None):
        change = lambda e: sp.sympify(e).xreplace(values)
        return replace(self, body=change(self.body), conditions=tuple(sp.expand(change(c)) for c in self.conditions),
                       extents=self.extents if extents is None else extents)

    def where(self, *conditions):
        return replace(self, conditions=(*self.conditions, *conditions))


def bodies(rng, count):
    """A product of reads in the first `count` indices, functions and a share of a positive denominator among them."""
    places = [index(p) for p in range(count)]
    a, b = rng.choice(places), rng.choice(places)
    reads = [At("x", a), At("w", b), At("x", b), At("m", a, b), At("m", b, a), phi(At("x", a)), phi(At("x", a) + At("x", b)),
             At("x", a) ** 2, sp.Integer(1), a + 1, At("x", a) - At("x", b)]
    body = sp.Mul(*[rng.choice(reads) for _ in range(rng.randint(1, 3))])
    return body * At("x", places[0]) if not body.has(At) else body


def whole(rng):
    extents = tuple(rng.choice([n, n, k, 2 * n, 3 * k, sp.Integer(3), n + 1]) for _ in range(rng.choice([1, 2, 2, 2, 3])))
    if len(extents) > 1 and rng.random() < 0.6:
        extents = (extents[0],) * 2 + extents[2:]
    part = Part(extents, bodies(rng, len(extents)))
    return part.where(rng.choice([I - J, J - I - 1, n - 1 - I - J])) if len(extents) > 1 and rng.random() < 0.2 else part


def taken_apart(rng, part):
    """Parts that add up to the given one."""
    count = len(part.extents)
    if not count:
        return [part]
    p = rng.randrange(count)
    v, extent = index(p), part.extents[p]
    kind = rng.choice(["triangle", "triangle", "triangle", "residue", "residue", "cut", "flip", "swap", "written"])
    others = [q for q in range(count) if q != p and part.extents[q] == extent]
    if kind == "triangle" and others:
        u = index(others[0])
        if rng.random() < 0.5:
            return [part.where(v - u - 1), part.where(u - v)]
        return [part.where(v - u - 1), part.where(u - v - 1), part.where(u - v, v - u)]
    if kind == "swap" and others:
        u = index(others[0])
        return [part.moved({u: v, v: u})]
    if kind == "residue":
        r = rng.choice([2, 3])
        sub = {2: {2 * n: n}, 3: {3 * k: k}}[r].get(extent)
        new = sub if sub is not None else extent
        extents = (*part.extents[:p], new, *part.extents[p + 1:])
        parts = [part.moved({v: r * v + residue}, extents) for residue in range(r)]
        return parts if sub is not None else [one.where(extent - 1 - r * v - residue) for residue, one in enumerate(parts)]
    if kind == "cut":
        at = rng.choice([k, n, sp.Integer(1)])
        return [part.where(at - 1 - v), part.where(v - at)]
    if kind == "flip":
        return [part.moved({v: extent - 1 - v})]
    if kind == "written" and extent == 3:
        rest = {index(q): index(q - 1) for q in range(p + 1, count)}
        return [part.moved({v: sp.Integer(c)} | rest, part.extents[:p] + part.extents[p + 1:]) for c in range(3)]
    return [part]


def mistaken(rng, parts):
    """Parts with one thing changed."""
    spot = rng.randrange(len(parts))
    part = parts[spot]
    kind = rng.choice(["scale", "condition", "drop", "index", "extent"])
    if kind == "scale":
        part = replace(part, scale=part.scale * rng.choice([2, -1]))
    elif kind == "condition" and part.conditions:
        place = rng.randrange(len(part.conditions))
        shifted = part.conditions[place] + rng.choice([1, -1])
        part = replace(part, conditions=part.conditions[:place] + (shifted,) + part.conditions[place + 1:])
    elif kind == "drop" and len(parts) > 1:
        return parts[:spot] + parts[spot + 1:]
    elif kind == "index":
        part = replace(part, body=part.body.xreplace({I: I + 1}))
    elif kind == "extent":
        part = replace(part, extents=(rng.choice([n, k, 2 * n]), *part.extents[1:]))
    return [*parts[:spot], part, *parts[spot + 1:]]


def program(parts):
    """The sum of the parts, and an entry of the widest array for the wires to be used."""
    nodes = []
    for position, part in enumerate(parts):
        inside = [Bracket(c) for c in part.conditions]
        inside += [Bracket(e) * Bracket(WIDE - 1 - e) for read in part.body.atoms(At) for e in read.indices]
        nodes.append(Comprehension(f"p{position}", Real, (), part.extents, (), part.scale * sp.Mul(*inside) * part.body))
    total = Comprehension("y", Real, (), (), (), sp.Add(*[At(node.name) for node in nodes]))
    return Morphism(DOM, space(y=Real[()]), (*nodes, total), ("y",))


def goal(rng):
    """Two programs: a sum, or the square of one, and the same taken apart up to three times, with a mistake now and then."""
    first = whole(rng)
    parts = [first]
    for _ in range(rng.randint(1, 3)):
        spot = rng.randrange(len(parts))
        parts = [*parts[:spot], *taken_apart(rng, parts[spot]), *parts[spot + 1:]]
    if rng.random() < 0.4:
        parts = mistaken(rng, parts)
    return program([first]), program(parts)


def squared(rng):
    """The square of a sum, or a product of two, and its double sum taken apart."""
    body, other = bodies(rng, 1), bodies(rng, 1) if rng.random() < 0.5 else None
    extent = rng.choice([n, k, 2 * n])
    second = (body if other is None else other).xreplace({I: J})
    parts = [Part((extent, extent), body * second)]
    for _ in range(rng.randint(1, 2)):
        spot = rng.randrange(len(parts))
        parts = [*parts[:spot], *taken_apart(rng, parts[spot]), *parts[spot + 1:]]
    if rng.random() < 0.4:
        parts = mistaken(rng, parts)
    sums = [program([Part((extent,), one)]).nodes[0] for one in (body, body if other is None else other)]
    nodes = (replace(sums[0], name="s"), replace(sums[1], name="t"), Comprehension("y", Real, (), (), (), At("s") * At("t")))
    return Morphism(DOM, space(y=Real[()]), nodes, ("y",)), program(parts)


def shares(rng):
    """Sums of quotients by x[i] + w[i] or by x[i] + w[j] + 1, and a sum that they may add up to."""
    pair = rng.random() < 0.5
    denominator = At("x", I) + At("w", J) + 1 if pair else At("x", I) + At("w", I)
    extents = (n, k) if pair else (n,)
    pieces = [At("x", I), At("w", J), sp.Integer(1)] if pair else [At("x", I), At("w", I)]
    outer = rng.choice([sp.Integer(1), At("m", I, 0), At("x", I)])
    chosen = [rng.choice(pieces) for _ in pieces] if rng.random() < 0.5 else pieces
    top = rng.choice([sp.Integer(1), sp.Integer(1), denominator])
    nodes = [Comprehension(f"q{p}", Real, (), extents, (), outer * one * top / denominator) for p, one in enumerate(chosen)]
    total = Comprehension("y", Real, (), (), (), sp.Add(*[At(node.name) for node in nodes]))
    required = (Requirement(extents, denominator, ">0", ">0"),)
    left = Morphism(DOM, space(y=Real[()]), (*nodes, total), ("y",), required)
    closed = [Part(extents, outer * top), Part((n,), outer * top.xreplace({J: I}), (), k if pair else sp.Integer(1))]
    return left, program([rng.choice(closed)])


def licensed(rng):
    """Sums with d / d for d, x or x + 1, required not to be 0 at the first k entries alone; elsewhere it is 0 now and then."""
    below = rng.choice([lambda at: At("x", at), lambda at: At("x", at) + 1])
    required = (Requirement((k,), below(I), "!=0", "!=0"),)
    inverse = Comprehension("v", Real, (k,), (k,), (I,), 1 / below(I))
    extra = rng.choice([n, k, n + 1])
    p, q = rng.choice([I, J]), rng.choice([I, J])
    order = [I - J - 1, J - I, I - J, J - n + I, k - 1 - I, J - k]
    conditions = [rng.choice(order) for _ in range(rng.randint(0, 2))]
    inside = [k - 1 - p, p]

    def summand(quotient, guards):
        body = sp.Mul(*[Bracket(g) for g in guards]) * quotient * At("w", q)
        return Comprehension("y", Real, (n,), (n, extra), (I,), body)
    outer = rng.choice([sp.Integer(1), below(p), At("x", I)])
    left = summand(At("v", p) * below(p) * outer, [*conditions, *inside])
    kept = [g for g in [*conditions, *inside] if rng.random() > 0.12]
    right = summand(outer if rng.random() < 0.85 else sp.Integer(1), kept)
    cod = space(y=Real[n])
    return Morphism(DOM, cod, (inverse, left), ("y",), required), Morphism(DOM, cod, (inverse, right), ("y",), required)


def zeros(left, right, rng):
    """Whether two programs agree at all sizes where entries beyond the first k are 0 or not, and the first k are not."""
    for sizes in SIZES:
        wide = 3 * sizes["n"] + 3 * sizes["k"]
        for _ in range(3):
            x = {(p,): rng.choice([1, 2, -3]) if p < sizes["k"] else rng.choice([0, -1, 1, 3]) for p in range(wide)}
            w = {(p,): rng.choice([0, 1, 2, 5]) for p in range(wide)}
            one, other = (Run(f, sizes, [x, w, {}]).outputs() for f in (left, right))
            if any(abs(a[p] - b[p]) > 1e-9 for a, b in zip(one, other, strict=True) for p in a):
                return False
    return True
