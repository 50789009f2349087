"""Maps that are not invertible: dropping parameters that the loss ignores, towers of such maps, and copies of neurons.

A projection pi to the first n of n + k parameters satisfies L = L~ . pi, so the gradient has zeros behind; states are zero there too,
and states that are points are the parameter itself there.  J^-T does not exist: states are related by pi, not carried by a map.
All sizes are symbols, so a square for k = 1 is one for every level of the tower ... -> R^(n+1) -> R^n, and fields that
commute with all of it define one on the limit.  Because L = L~ . pi, such maps compare architectures only where outputs agree.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from _scalars import OURS

from symcat.category.space import Real, Space, Wire, dim, dims, space
from symcat.category.trace import apply, trace
from symcat.laws.claim import Claim, Equation
from symcat.learn.optimisers import OPTIMISERS, Optimiser, adam, gradient_descent, lamb, lars, sign_descent
from symcat.learn.optimisers.matrix import newton_schulz
from symcat.learn.optimisers.second_order import damped_newton

n, k, m = dims("n k m")



def extended(x, behind):
    """x with something behind it."""
    return np.concatenate([x, behind])


def kept(x, like):
    """The first entries of an array, or a number as it is."""
    return x[: like.shape[0]] if np.ndim(like) else x


def parts(returned: object) -> tuple:
    return returned if isinstance(returned, tuple) else (returned,)


def forgetting(rule: Optimiser, behind: object = k, size: object = n) -> tuple[Equation, ...]:
    """Step, then drop what is behind, against: drop it, then step; for a rule of vectors and data of rank 0 or 2."""
    wire, front = Wire(Real, (dim(size),)), rule.state_wires(Wire(Real, (dim(size),)))
    data = tuple((row.name, row.wire(wire)) for row in rule.data)
    dom = Space((("p", wire), ("rest", Wire(Real, (dim(behind),))), ("g", wire), *data, *zip(rule.state_names, front, strict=True)))
    whole = Wire(Real, (dim(size + behind),))
    large, small = rule.step(whole), rule.step(wire)

    def lifted(value, rest, functor: str | None = None):
        if np.ndim(value) == 2:
            return np.pad(value, ((0, rest.shape[0]), (0, rest.shape[0])))
        return extended(value, rest if functor == "point" else 0 * rest) if np.ndim(value) else value

    def left(p, rest, g, *others):
        functors = [None] * len(data) + [row.functor for row in rule.states]
        taken = [lifted(value, rest, functor) for value, functor in zip(others, functors, strict=True)]
        new = parts(apply(large, extended(p, rest), extended(g, 0 * rest), *taken))
        return tuple(kept(one, like) for one, like in zip(new, (p, *others[len(data):]), strict=True))

    def right(p, rest, g, *others):
        return apply(small, p, g, *others)
    return (Equation(trace(left, dom), trace(right, dom)),)


NATURAL = ("gradient_descent", "descent_l2", "momentum", "heavy_ball", "momentum_ema", "nesterov_substituted", "normalised_descent",
           "clipped_descent", "polyak_step", "sign_descent", "signum", "lion", "adagrad", "rmsprop", "rmsprop_centred", "adadelta", "adam",
           "adamw", "amsgrad", "nadam", "yogi", "adabelief", "sophia", "prodigy", "dog", "schedule_free", "polyak_averaging", "nat_gd",
           "adamax")


def claim(rule: Optimiser, expected: str = "proved", **given: object) -> Claim:
    """The claim about the projection of all parameters, or of given numbers of them."""
    return Claim(f"{rule.name}, projection", f"{rule.name}: a step, projected, is the step of what is projected", OURS,
                 lambda: forgetting(rule, **given), expected)


PROJECTIONS = (
    *(claim(OPTIMISERS[name]) for name in NATURAL if name in OPTIMISERS),
    claim(damped_newton, behind=1, size=2),
    claim(lars, "refuted"), claim(lamb, "refuted"),
    Claim("lars, projection, nothing but zeros dropped", "lars: a step, projected, is the step of what is projected, where the rest is 0",
          OURS,
          lambda: tuple(Equation(*(at_zero(side) for side in (one.lhs, one.rhs))) for one in forgetting(lars))),
)


def at_zero(f):
    """A morphism of (p, rest, g, ...) where rest is 0."""
    dom = Space(tuple((name, wire) for name, wire in f.dom if name != "rest")) * space(size=Real[k])
    return trace(lambda p, g, *others: apply(f, p, 0 * others[-1], g, *others[:-1]), dom)


# ---- projections of matrices: rows that the loss ignores
MATRICES = space(X=Real[m, n], rest=Real[k, n])


def iterated(X):
    return newton_schulz(X, 3, -5, 2, steps=1)


ROWS = (
    Claim("Newton-Schulz, rows dropped", "a step of Muon's polynomial on a matrix with zero rows below is the step without them", OURS,
          lambda: (Equation(trace(lambda X, rest: iterated(extended(X, 0 * rest))[: X.shape[0]], MATRICES),
                            trace(lambda X, rest: iterated(X), MATRICES)),)),
    Claim("mean square, rows dropped", "the mean square of the entries, which Adafactor's clipping divides by, is that without zero rows",
          OURS, lambda: (Equation(trace(lambda X, rest: np.mean(extended(X, 0 * rest) ** 2), MATRICES),
                                  trace(lambda X, rest: np.mean(X**2), MATRICES)),), "refuted"),
    Claim("square, rows dropped", "the sum of squares of the entries is that without zero rows", OURS,
          lambda: (Equation(trace(lambda X, rest: np.sum(extended(X, 0 * rest) ** 2), MATRICES),
                            trace(lambda X, rest: np.sum(X**2), MATRICES)),)),
)

# ---- coisometries: A A^T = 1; and towers
ONTO = space(A=Real[m, n], B=Real[k, m], u=Real[m], w=Real[k])
TOWER = space(p=Real[n], q=Real[1], r=Real[1], g=Real[n])


def two_levels(p, q, r, g):
    """A step two levels up, projected twice."""
    step = gradient_descent.step(Real[n + 2])
    return apply(step, extended(extended(p, q), r), extended(extended(g, 0 * q), 0 * r))[: p.shape[0] + 1][: p.shape[0]]


COISOMETRIES = (
    Claim("descent, linear maps of any sizes", "-A A^T u is -u less (A A^T - 1) u: descent is natural under A where A A^T = 1", OURS,
          lambda: (Equation(trace(lambda A, B, u, w: A @ -(A.T @ u), ONTO), trace(lambda A, B, u, w: -u - ((A @ A.T) @ u - u), ONTO)),)),
    Claim("coisometries compose", "(B A)(B A)^T = B (A A^T) B^T: a tower of them is one", OURS,
          lambda: (Equation(trace(lambda A, B, u, w: (B @ A) @ (B @ A).T, ONTO), trace(lambda A, B, u, w: B @ (A @ A.T) @ B.T, ONTO)),)),
    Claim("tower, two levels", "descent on R^(n+2), projected to R^(n+1) and then to R^n, is descent on R^n", OURS,
          lambda: (Equation(trace(two_levels, TOWER), trace(lambda p, q, r, g: apply(gradient_descent.step(Real[n]), p, g), TOWER)),)),
)

# ---- copies: theta -> (theta, theta) for a mean of n contributions, whose gradients halve

def copied(rule: Optimiser, powers: Sequence[int] = (), weighted: bool = False) -> tuple[Equation, ...]:
    """A step, then two copies, against two copies, then a step.

    Each vector state is a homogeneous function of gradients, of the degree given, so that it halves as often; `weighted` gradients
    are multiplied by the number of parameters first.
    """
    wires = rule.state_wires(Real[n])
    dom = space(p=Real[n], g=Real[n]) * Space(tuple(zip(rule.state_names, wires, strict=True)))
    once, twice = rule.step(Real[n]), rule.step(Real[2 * n])

    def stepped(step, p, g, states):
        return parts(apply(step, p, p.shape[0] * g if weighted else g, *states))[0]

    def left(p, g, *states):
        moved = stepped(once, p, g, states)
        return extended(moved, moved)

    def right(p, g, *states):
        halves = [extended(one, one) / 2**power if np.ndim(one) else one for one, power in zip(states, powers, strict=True)]
        return stepped(twice, extended(p, p), extended(g, g) / 2, halves)
    return (Equation(trace(left, dom), trace(right, dom)),)


ADAM = "Adam is natural under theta -> (theta, theta), with m' = (m, m) / 2 and v' = (v, v) / 4"
DUPLICATION = (
    Claim("n times the gradient, copies", "descent by n g is natural under theta -> (theta, theta), at every n: a tower without end", OURS,
          lambda: copied(gradient_descent, weighted=True)),
    Claim("descent, copies", "descent by g is natural under theta -> (theta, theta)", OURS, lambda: copied(gradient_descent), "refuted"),
    Claim("sign, copies", "sign descent is natural under theta -> (theta, theta)", OURS, lambda: copied(sign_descent),
          equality="as functions"),
    Claim("Adam, copies", f"{ADAM}, eps = 0", OURS, lambda: copied(adam.at(eps=0), (1, 2, 0)), equality="as functions"),
    Claim("Adam with eps, copies", f"{ADAM}, eps > 0", OURS, lambda: copied(adam, (1, 2, 0)), "refuted"),
)

CLAIMS = (*PROJECTIONS, *ROWS, *COISOMETRIES, *DUPLICATION)
