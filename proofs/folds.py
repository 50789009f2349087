"""Folds: a cell iterated over an axis, its reverse derivative at fixed lengths, and the chain rule for every length by induction.

The reverse derivative of T steps is written here as a matrix, with one row of covectors for each unit covector of the last state.
RD.5 says what T + 1 steps are: first the reverse derivative of the last step, then that of the T steps before it.  By induction
over T that is the transpose of the forward derivative of all steps, for the initial state and for the constants of the cell.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from symcat.category.elementwise import generic
from symcat.category.expression import Delta
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Real, dims, space
from symcat.category.trace import apply, trace
from symcat.category.tracing.folding import fold
from symcat.derivative.forward import D
from symcat.derivative.reverse import R
from symcat.laws.claim import Claim, Equation
from symcat.laws.forward import FORWARD
from symcat.laws.induction import Fold, Induction, Machine
from symcat.laws.reverse import REVERSE
from symcat.lens.para import batch

n, m, d, k = dims("n m d k")
ONE = Real[()]
WERBOS, AXIOMS = "Werbos 1990, Backpropagation through time", "Cockett et al. 2020, Reverse derivative categories, RD.5"


# ---- one cell, for every length
def cell() -> Morphism:
    """s <- phi(A s + c) x, with an arbitrary smooth phi: the state, then the constant c, then what comes in, A and x."""
    phi = generic("phi")
    return trace(lambda s, c, A, x: phi(A @ s + c) * x, space(s=Real[d], c=Real[d], A=Real[d, d], x=Real[d]), names=("s",))


def unit(like: object) -> object:
    """The identity matrix, of the size of a vector."""
    build = Builder()
    build.inputs(space(like=Real[d]))
    return apply(build.build([build.gather((d, d), lambda i, j: Delta(i - j))], ["unit"]), like)


def forward() -> Machine:
    """s, c, M[j] = ds/ds0_j and K[j] = ds/dc_j, by the forward derivative of each step."""
    rows = batch(D(cell()), d, (4, 5, 6, 7))

    def step(s, c, M, K, A, x):
        still = np.zeros_like(M)
        none = (still[:, :, None] * A[None], still)
        moved = apply(rows, s, c, A, x, M, still, *none)
        varied = apply(rows, s, c, A, x, K, unit(s), *none)
        return apply(cell(), s, c, A, x), c, moved, varied, moved, varied
    return Machine(trace(step, _states() * space(A=Real[d, d], x=Real[d])), _start())


def reverse(order: bool = True, through: bool = True) -> Machine:
    """The same by RD.5: column i is the reverse derivative of all steps at the unit covector e_i of the state.

    That of the last step is taken first (`order`), and what it sends to the state before goes on to the steps before (`through`).
    """
    columns = batch(R(cell()), d, (4,))

    def step(s, c, M, K, A, x):
        back, own, _, _ = apply(columns, s, c, A, x, unit(s))
        before = M @ back.T if order else back.T @ M
        constants = own.T + K @ back.T if through else own.T
        return apply(cell(), s, c, A, x), c, before, constants, before, constants
    return Machine(trace(step, _states() * space(A=Real[d, d], x=Real[d])), _start())


def _states():
    return space(s=Real[d], c=Real[d], M=Real[d, d], K=Real[d, d])


def _start() -> Morphism:
    return trace(lambda s, c: (s, c, unit(s), unit(s) * 0), space(s=Real[d], c=Real[d]), names=_states().names)


def chain(**changed: bool) -> Induction:
    f, g = forward(), reverse(**changed)
    return Induction(f, g, trace(lambda s, c, M, K: (s, c, M, K), f.states, names=g.states.names))


def accumulated(all_steps: bool = True) -> Induction:
    """The gradient of the constants, added up from any start on, against the start plus what is added up from 0."""
    back = R(cell())

    def added(c, v, total, s, A, x):
        before, own, _, _ = apply(back, s, c, A, x, v)
        return before, total + own

    def from_start(c, v, total, s, A, x):
        v, total = added(c, v, total, s, A, x)
        return c, v, total, total

    def from_zero(c, v, start, total, s, A, x):
        v, total = added(c, v, total if all_steps else total * 0, s, A, x)
        return c, v, start, total, start + total
    inputs = space(s=Real[d], A=Real[d, d], x=Real[d])
    vector = space(c=Real[d], v=Real[d], total=Real[d])
    f = Machine(trace(from_zero, space(c=Real[d], v=Real[d], start=Real[d], total=Real[d]) * inputs),
                trace(lambda c, v, total: (c, v, total, 0 * total), vector))
    g = Machine(trace(from_start, vector * inputs), trace(lambda c, v, total: (c, v, total), vector))
    return Induction(f, g, trace(lambda c, v, start, total: (c, v, start + total), f.states, names=vector.names))


def derivative_of_a_closed_form(factor: int) -> Fold:
    """The forward derivative, step by step, of s <- s + x^2, against that of the sum of squares."""
    square = trace(lambda s, x: s + x**2, space(s=Real[d], x=Real[d]))
    closed = trace(lambda s, x: s + np.sum(x**2, axis=0), space(s=Real[d], x=Real[n, d]))
    step = Machine(trace(lambda s, v, x, w: (apply(square, s, x), apply(D(square), s, x, v, w)),
                         space(s=Real[d], v=Real[d], x=Real[d], w=Real[d])),
                   trace(lambda s, v: (s, v), space(s=Real[d], v=Real[d])))
    whole = trace(lambda s, v, x, w: (apply(closed, s, x), v + factor * np.sum(x * w, axis=0)),
                  space(s=Real[d], v=Real[d], x=Real[n, d], w=Real[n, d]))
    return Fold(step, whole, n)


# ---- folds of a fixed length
def steps(length: object, **options: bool) -> Morphism:
    """s_T of s <- phi(A s + c) x over lists of A and x, and the states before each step."""
    one = cell()
    return trace(lambda s, c, A, x: fold(lambda s, e, c: (apply(one, s, c, *e), s), s, (A, x), c, **options),
                 space(s=Real[d], c=Real[d], A=Real[length, d, d], x=Real[length, d]))


def one_more(length: int, gradient: Callable[[Morphism], Morphism]) -> tuple[Equation]:
    """R of T + 1 steps against RD.5: R of the last step, then `gradient` of T steps."""
    whole, first, last = R(steps(length + 1)), gradient(steps(length)), R(cell())

    def chained(s, c, A, x, v, handed):
        state = apply(steps(length), s, c, A[:length], x[:length])[0]
        v, own, A_last, x_last = apply(last, state, c, A[length], x[length], v)
        s0, rest, A_first, x_first = apply(first, s, c, A[:length], x[:length], v + handed[length], handed[:length])
        return s0, rest + own, np.concatenate([A_first, A_last[None]]), np.concatenate([x_first, x_last[None]])
    return (Equation(whole, trace(chained, whole.dom, names=whole.cod.names)),)


def without_the_state(f: Morphism) -> Morphism:
    """R(f) with no covector for the state that the next step reads."""
    g = R(f)
    return trace(lambda s, c, A, x, v, handed: apply(g, s, c, A, x, 0 * v, handed), g.dom, names=g.cod.names)


def in_the_same_direction(f: Morphism) -> Morphism:
    """R(f) of lists that are read from the other end, as if the steps were undone in the order in which they were done."""
    g = R(f)

    def turned(s, c, A, x, v, handed):
        s0, own, dA, dx = apply(g, s, c, A[::-1], x[::-1], v, handed[::-1])
        return s0, own, dA[::-1], dx[::-1]
    return trace(turned, g.dom, names=g.cod.names)


def two_states() -> Morphism:
    phi, psi = generic("phi"), generic("psi")
    step = lambda st, x: ((phi(st[1]) * x, psi(st[0]) + st[1]), st[0] * st[1])
    return trace(lambda s, t, x: (lambda r: (*r[0], r[1]))(fold(step, (s, t), x, reverse=True)), space(s=ONE, t=ONE, x=Real[2]))


def nested() -> Morphism:
    """Over the rows of a matrix, over the entries of a row."""
    phi = generic("phi")
    inner = lambda s, e: (phi(s) * e, None)
    return trace(lambda s, x: fold(lambda s, row: (fold(inner, s, row)[0], None), s, x)[0], space(s=ONE, x=Real[2, 2]))


FIXED: dict[str, Callable[[], Morphism]] = {
    "fold": lambda: steps(2), "fold reversed": lambda: steps(2, reverse=True), "fold of two states": two_states, "nested fold": nested,
}
Change = tuple[str, Callable[[], object]]
Row = tuple[str, str, str, Callable[[], object], tuple[Change, ...]]
BY_INDUCTION: tuple[Row, ...] = (
    ("RD.5 for every length", "the reverse derivative of T + 1 steps, put together from that of T steps and of one by the chain rule, "
     "is the transpose of the forward derivative, for the initial state and the constants", WERBOS, chain,
     (("the direction is not negated", lambda: chain(order=False)),
      ("the gradient of the state is dropped", lambda: chain(through=False)))),
    ("accumulation for every length", "gradients of constants that are added up from any start on are the start plus their sum", WERBOS,
     accumulated, (("the last step alone", lambda: accumulated(all_steps=False)),)),
    ("D of a fold for every length", "step by step, the forward derivative of a sum of squares is that of its closed form", AXIOMS,
     lambda: derivative_of_a_closed_form(2), (("half of it", lambda: derivative_of_a_closed_form(1)),)),
)
AT_LENGTHS: tuple[Row, ...] = tuple(
    (f"RD.5 of {before} steps and one", f"R of the fold over {before + 1} steps is R of the last step, then R of the fold over {before}",
     AXIOMS, lambda before=before: one_more(before, R),
     (("the gradient of the state is dropped", lambda before=before: one_more(before, without_the_state)),
      *((("the direction is not negated", lambda: one_more(2, in_the_same_direction)),) if before == 2 else ()))) for before in (1, 2))


def claims(rows: tuple[Row, ...], equality: str) -> tuple[Claim, ...]:
    """Each row as a claim, and each change of it as one that is refuted."""
    return tuple(claim for name, statement, source, true, changes in rows for claim in (
        Claim(name, statement, source, true, "proved", equality),
        *(Claim(f"{name}: {change}", f"{statement}; changed: {change}", source, false, "refuted", equality) for change, false in changes)))


CLAIMS = (
    *claims(BY_INDUCTION, "as functions"), *claims(AT_LENGTHS, "as morphisms"),
    *(law.claim(name, lambda make=make: (make(),)) for name, make in FIXED.items() for law in (*REVERSE, *FORWARD)),
)
