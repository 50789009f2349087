"""Five ways to make an optimiser natural, as combinators, and three optimisers made so.

Natural: related by every change of coordinates phi, exactly where phi is affine and as flows (steps of vanishing size) where it is
not.  The gradient is a covector and moves by J^T; a step has to be a vector, which moves by J.  Something must turn the one into the
other: a metric, a frame, or coordinates that were chosen once and for all.  And a momentum, a covector kept while the point moves, has to
be carried along by a connection.  The five ways are ours, derived here; `proofs/naturality` has a claim for each.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from symcat.category.space import Real, Space, Wire, dim
from symcat.category.trace import apply, trace
from symcat.category.tracing.array import unwrap
from symcat.derivative.reverse import R
from symcat.errors import UsageError
from symcat.learn.optimisers.optimiser import Optimiser, keyword_only, optimiser
from symcat.learn.optimisers.state import Datum, State, state

MOMENTUM, SQUARE = state(0, "covector"), state(0, "scalar")
METRICS: dict[str, Callable] = {
    "metric": lambda metric, covector: np.linalg.solve(metric, covector),
    "cometric": lambda cometric, covector: cometric @ covector,
}


def with_metric(rule: Optimiser, kind: str = "cometric", name: str = "C") -> Optimiser:
    """The rule whose displacement, a covector d, is replaced by the vector C d; `kind` is metric for G^-1 d instead.

    The rule reads C as its last datum, or the one of this name and kind that it reads already.  The displacement must be linear in
    gradient and momenta for the result to be natural.
    A cometric goes with every size, the inverse of a metric is written out for 1 to 3 entries.  Amari 1998 for plain descent.

    >>> from symcat.learn.optimisers import gradient_descent
    >>> print(with_metric(gradient_descent).step())
    p: Real[n] * g: Real[n] * C: Real[n, n] -> p: Real[n]
      mul[i] = lr*g[i]
      sub[i] = -mul[i] + p[i]
      sub1[i] = -p[i] + sub[i]
      matmul[i] = sum over j < n of sub1[j]*C[i, j]
      add[i] = matmul[i] + p[i]
      return add
      assumes lr > 0
    """
    if kind not in METRICS:
        raise UsageError(f"with_metric(kind={kind!r}): expected one of {', '.join(METRICS)}")
    raised, own = METRICS[kind], Datum(name, kind)
    data = rule.data if own in rule.data else (*rule.data, own)
    if own not in rule.data:
        _fresh(rule, name)

    def function(p, g, *rest, **hypers):
        states = rest[len(data):]
        moved, *new = _tuple(rule.rule(p, g, *rest[: len(rule.data)], *states, **hypers))
        return _returned(p + raised(rest[data.index(own)], moved - p), *new)

    shape = (dim(2),) if kind == "metric" and not all(size.is_number for size in rule.shape) else rule.shape
    return replace(_rewritten(rule, function, data), shape=shape)


def with_connection(rule: Optimiser, momentum: str = "m", name: str = "Gamma") -> Optimiser:
    """The rule whose new momentum m is carried along with its step d: m_k + sum_lj Gamma^l_kj d^j m_l.

    The rule reads the Christoffel symbols Gamma[l, k, j] = Gamma^l_kj at the parameter as its last datum.  As steps vanish the rate of
    the momentum is replaced by its covariant derivative along the path.
    """
    if momentum not in rule.state_names:
        raise UsageError(f"with_connection(momentum={momentum!r}): {rule.name} keeps {', '.join(rule.state_names) or 'no state'}")
    _fresh(rule, name)
    place = rule.state_names.index(momentum)

    def function(p, g, *rest, **hypers):
        data, (symbols, *states) = rest[: len(rule.data)], rest[len(rule.data):]
        moved, *new = _tuple(rule.rule(p, g, *data, *states, **hypers))
        kept = np.broadcast_to(new[place], p.shape)
        new[place] = kept + np.einsum("lkj,j,l->k", symbols, moved - p, kept)
        return moved, *new

    states = tuple(replace(row, functor=row.functor or "covector") if row.name == momentum else row for row in rule.states)
    return replace(_rewritten(rule, function, (*rule.data, Datum(name, "christoffel"))), states=states)


def with_invariant_scalars(rule: Callable, scalars: Sequence[str], name: str = "C", title: str | None = None) -> Optimiser:
    """A rule `(p, g, square, *states, *, hypers)` with |g|^2_C = g^T C g, one number, as the square of its gradient.

    Where an ordinary rule takes g^2 entry by entry, this one reads `square`; `scalars` are the states that are averages of it.
    Entries of g^2 mix with those of g in other coordinates; the one number is the same in all.
    """
    parameters = list(inspect.signature(rule).parameters.values())
    places = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]
    if len(places) < 3 or parameters[2].default is not inspect.Parameter.empty:
        raise UsageError(f"with_invariant_scalars({rule.__name__}): expected a rule (p, g, square, *states, *, hypers), got {places}")
    if missing := [one for one in scalars if one not in places[3:]]:
        raise UsageError(f"with_invariant_scalars(scalars={list(scalars)}): {rule.__name__} has no state {', '.join(missing)}")

    def function(p, g, cometric, *states, **hypers):
        return rule(p, g, g @ cometric @ g, *states, **hypers)

    metric = inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    function.__signature__ = inspect.Signature([*parameters[:2], metric, *parameters[3:]])
    read = optimiser(function, name=title or rule.__name__, data={name: "cometric"})
    states = tuple(replace(row, functor="scalar") if row.name in scalars else row for row in read.states)
    return replace(read, states=states)


def in_frame(rule: Optimiser) -> Optimiser:
    """The rule in the coordinates q of a frame E, a basis of tangent vectors that is a state and moves by E -> J E.

    q starts at 0 and p = p_0 + E q throughout: the rule sees q and E^T g, numbers that no linear change of coordinates alters, and
    so are its own states.  A frame that starts at the identity depends on the coordinates in which it was the identity: the choice
    is not gone, it has moved to the start.
    """
    _fresh(rule, "E", "q")
    if rule.data or rule.look:
        raise UsageError(f"in_frame({rule.name}): expected a rule of parameter, gradient and states alone, without data or look")

    def function(p, g, frame, q, *states, **hypers):
        moved, *new = _tuple(rule.rule(q, frame.T @ g, *states, **hypers))
        return p + frame @ (moved - q), frame, moved, *new

    def started(row: State) -> State:
        first = row.initial
        return replace(row, initial=_at_origin(first) if callable(first) else first, functor="scalar")

    basis = state(lambda p: np.diag(np.ones_like(p)), "frame").named("E")
    origin = state(lambda p: 0 * p, "scalar").named("q")
    return replace(_rewritten(rule, function, ()), name=f"in_frame({rule.name})", states=(basis, origin, *map(started, rule.states)))


def in_chart(rule: Optimiser, chart: Callable, inverse: Callable, name: str | None = None) -> Optimiser:
    """The rule in the coordinates y = chart(p), whatever those of p are; `inverse(y)` gives p back, with its domain as requirements.

    The gradient in y is J^T g with the Jacobian J of `inverse`.  In other coordinates phi(p) the same chart is chart . phi^-1, so the
    step is the same step.  With log and exp, descent multiplies: p exp(-lr p g).
    """
    def pulled(y, g):
        dom = Space((("y", Wire(Real, unwrap(y).shape)),))
        return apply(R(trace(inverse, dom)), y, g)

    def function(p, g, *rest, **hypers):
        y = chart(p)
        moved, *new = _tuple(rule.rule(y, pulled(y, g), *rest, **hypers))
        return _returned(inverse(moved), *new)

    if rule.data or rule.look:
        raise UsageError(f"in_chart({rule.name}): expected a rule of parameter, gradient and states alone, without data or look")
    states = tuple(replace(row, initial=_in(chart, row.initial) if callable(row.initial) else row.initial) for row in rule.states)
    return replace(_rewritten(rule, function, ()), name=name or f"in_chart({rule.name})", states=states)


def _at_origin(initial: Callable) -> Callable:
    return _like(initial, lambda p, **hypers: initial(np.zeros_like(p), **hypers))


def _in(chart: Callable, initial: Callable) -> Callable:
    return _like(initial, lambda p, **hypers: initial(chart(p), **hypers))


def _like(initial: Callable, function: Callable) -> Callable:
    """A function of the parameter with the hyperparameters of another."""
    function.__signature__ = inspect.Signature([inspect.Parameter("p", inspect.Parameter.POSITIONAL_OR_KEYWORD), *_keywords(initial)])
    return function


def _keywords(function: Callable) -> list[inspect.Parameter]:
    return [inspect.Parameter(one, inspect.Parameter.KEYWORD_ONLY) for one in keyword_only(function)]


def _rewritten(rule: Optimiser, function: Callable, data: tuple[Datum, ...]) -> Optimiser:
    """The optimiser with another function, which reads these data."""
    rest = inspect.Parameter("rest", inspect.Parameter.VAR_POSITIONAL)
    plain = [inspect.Parameter(one, inspect.Parameter.POSITIONAL_OR_KEYWORD) for one in ("p", "g")]
    function.__signature__ = inspect.Signature([*plain, rest, *_keywords(rule.rule)])
    return replace(rule, rule=function, data=data)


def _tuple(returned: object) -> tuple:
    return returned if isinstance(returned, (tuple, list)) else (returned,)


def _returned(parameter: object, *states: object) -> object:
    return (parameter, *states) if states else parameter


def _fresh(rule: Optimiser, *names: str) -> None:
    """UsageError when an argument of the rule has one of the names already, or its parameter is no vector."""
    taken = ("p", "g", *(row.name for row in rule.data), *rule.state_names, *(row.name for row in rule.hypers))
    for name in names:
        if name in taken:
            raise UsageError(f"{rule.name} has an argument {name} already: {', '.join(taken)}; give the new one another name")
    if len(rule.shape) != 1:
        raise UsageError(f"{rule.name} is about parameters of {len(rule.shape)} axes: a metric, a connection or a frame goes with a vector")


# ---- three optimisers, written out
@optimiser(data={"C": "cometric"})
def nat_gd(p, g, C, *, lr=0.1):
    """p <- p - lr C g, C the inverse of a metric: `with_metric` of gradient descent.  Amari 1998, equation 2.3.

    p, g: Real[n]; C: Real[n, n].
    """
    return p - lr * (C @ g)


@optimiser(data={"C": "cometric", "Gamma": "christoffel"})
def nat_heavy_ball(p, g, C, Gamma, m=MOMENTUM, *, lr=0.1, b1=0.9):
    """m <- b1 m + (1 - b1) g; p <- p + d with d = -lr C m; then m is carried along d: m_k <- m_k + Gamma^l_kj d^j m_l.

    `with_connection` and `with_metric` of momentum as a moving average; ours.  p, g, m: Real[n]; C: Real[n, n]; Gamma: Real[n, n, n],
    its first index the upper one.
    """
    m = b1 * m + (1 - b1) * g
    d = -lr * (C @ m)
    return p + d, m + np.einsum("lkj,j,l->k", Gamma, d, m)


@optimiser(data={"C": "cometric", "Gamma": "christoffel"})
def nat_adam(p, g, C, Gamma, m=MOMENTUM, v=SQUARE, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """Natural heavy ball, divided by the root of v, a moving average of the one number |g|^2 = g^T C g; no bias corrections.

    `with_connection`, `with_metric` and `with_invariant_scalars` of Adam; ours.  Shapes as in `nat_heavy_ball`; v: Real[()].
    """
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * (g @ C @ g)
    d = -lr * (C @ m) / (np.sqrt(v) + eps)
    return p + d, m + np.einsum("lkj,j,l->k", Gamma, d, m), v


NATURAL = (nat_gd, nat_heavy_ball, nat_adam)
