"""Laws of lenses: the category of lenses, the functor f -> (f, R[f]), the very-well-behaved laws, the action laws.

Sources: Cruttwell, Gavranovic, Ghani, Wilson and Zanasi, "Categorical foundations of gradient-based learning" (2022);
GetPut, PutGet and PutPut: Foster et al., "Combinators for bidirectional tree transformations" (2007).
"""

from __future__ import annotations

from symcat.category.morphism import Morphism
from symcat.category.structure import identity, project
from symcat.derivative.reverse import R
from symcat.errors import ShapeError
from symcat.laws.claim import Equation
from symcat.laws.law import Law, pointwise, program
from symcat.lens.lens import Lens, identity_lens, lens, swap_lens

CRUTTWELL = "Cruttwell et al. 2022, Categorical foundations of gradient-based learning"
FOSTER = "Foster et al. 2007, Combinators for bidirectional tree transformations"
ACTION = "a lens whose put is an action of covectors on points"


def equal_lenses(f: Lens, g: Lens) -> tuple[Equation, ...]:
    """Two lenses are equal when both parts are."""
    return Equation(f.get, g.get), Equation(f.put, g.put)


def unit(f: Lens) -> tuple[Equation, ...]:
    a, b = f.dom[0], f.cod[0]
    if not (f.dom[0].fits(f.dom[1]) and f.cod[0].fits(f.cod[1])):
        raise ShapeError(f"the identity law as stated here needs A = A' and B = B', the lens is {f}")
    return (*equal_lenses(identity_lens(a) >> f, f), *equal_lenses(f >> identity_lens(b), f))


def associativity(f: Lens) -> tuple[Equation, ...]:
    g = lens(pointwise(f.cod[0]))
    h = lens(pointwise(f.cod[0]))
    return equal_lenses((f >> g) >> h, f >> (g >> h))


def interchange(f: Lens) -> tuple[Equation, ...]:
    g = lens(pointwise(f.cod[0]))
    return equal_lenses((f >> g) @ (f >> g), (f @ f) >> (g @ g))


def symmetry(f: Lens) -> tuple[Equation, ...]:
    a, b = f.dom[0], f.cod[0]
    g = identity_lens(b)
    twice = swap_lens(a, b) >> swap_lens(b, a)
    return (*equal_lenses((f @ g) >> swap_lens(b, b), swap_lens(a, b) >> (g @ f)), *equal_lenses(twice, identity_lens(a * b)))


def functor(f: Morphism, R=R) -> tuple[Equation, ...]:
    g = pointwise(f.cod)
    left, right = Lens(f >> g, R(f >> g)), Lens(f, R(f)) >> Lens(g, R(g))
    both = Lens(f @ g, R(f @ g)), Lens(f, R(f)) @ Lens(g, R(g))
    return (*equal_lenses(left, right), *equal_lenses(*both))


def get_put(f: Lens) -> tuple[Equation, ...]:
    w, (a,) = program(f.dom[0])
    left = w.build(w.call(f.put, (*a, *w.call(f.get, a))), f.dom[0].names)
    return (Equation(left, identity(f.dom[0])),)


def put_get(f: Lens) -> tuple[Equation, ...]:
    w, (a, b) = program(f.dom[0], f.cod[1])
    left = w.build(w.call(f.get, w.call(f.put, (*a, *b))), f.cod[0].names)
    return (Equation(left, project(f.dom[0], f.cod[1], 1)),)


def put_put(f: Lens) -> tuple[Equation, ...]:
    w, (a, b, c) = program(f.dom[0], f.cod[1], f.cod[1])
    left = w.build(w.call(f.put, (*w.call(f.put, (*a, *b)), *c)), f.dom[0].names)
    w, (a, _, c) = program(f.dom[0], f.cod[1], f.cod[1])
    return (Equation(left, w.build(w.call(f.put, (*a, *c)))),)


def no_move(f: Lens) -> tuple[Equation, ...]:
    w, (s,) = program(f.dom[0])
    left = w.build(w.call(f.put, (*s, *w.zeros(f.cod[1]))), f.dom[0].names)
    return (Equation(left, identity(f.dom[0])),)


def action(f: Lens) -> tuple[Equation, ...]:
    w, (s, u, v) = program(f.dom[0], f.cod[1], f.cod[1])
    left = w.build(w.call(f.put, (*w.call(f.put, (*s, *u)), *v)), f.dom[0].names)
    w, (s, u, v) = program(f.dom[0], f.cod[1], f.cod[1])
    return (Equation(left, w.build(w.call(f.put, (*s, *w.add_all(u, v))))),)


def own_parameter(f: Lens) -> tuple[Equation, ...]:
    """The parameter is the last part of S * P."""
    w, (s,) = program(f.dom[0])
    return (Equation(f.get, w.build(s[len(s) - len(f.cod[0]):])),)


LENS_CATEGORY: tuple[Law, ...] = (
    Law("lens unit", "1 ; f = f = f ; 1", CRUTTWELL, unit),
    Law("lens associativity", "(f ; g) ; h = f ; (g ; h)", CRUTTWELL, associativity),
    Law("lens interchange", "(f ; g) x (f ; g) = (f x f) ; (g x g)", CRUTTWELL, interchange),
    Law("lens symmetry", "(f x g) ; swap = swap ; (g x f) and swap ; swap = 1", CRUTTWELL, symmetry),
)
FUNCTOR = Law("functor", "lens(f ; g) = lens(f) ; lens(g) and lens(f x g) = lens(f) x lens(g)", CRUTTWELL, functor)
WELL_BEHAVED: tuple[Law, ...] = (
    Law("GetPut", "put(a, get(a)) = a", FOSTER, get_put),
    Law("PutGet", "get(put(a, b)) = b", FOSTER, put_get),
    Law("PutPut", "put(put(a, b), c) = put(a, c)", FOSTER, put_put),
)
ACTION_LAWS: tuple[Law, ...] = (
    Law("zero_gradient", "U0: put(s, 0) = s, no gradient, no move", ACTION, no_move),
    Law("additive_action", "U+: put(put(s, u), v) = put(s, u + v)", ACTION, action),
    Law("own_parameter", "G: get(s, p) = p, the gradient is taken at the stored parameter", ACTION, own_parameter),
)
