"""Every optimiser against its textbook form, which keeps no state: the next point from all points and all gradients so far.

A form gets the points p_0, ..., p_(k-1), the inputs x_1, ..., x_k of the steps (the gradient, or a tuple of gradient and data)
and the hyperparameters, and gives p_k: moving averages are sums over the past, maxima are over the past, norms are of
differences of points.  Each is compared over three steps with the optimiser run from its initial states, at symbolic
gradients and hyperparameters.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import reduce

import numpy as np

from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Space
from symcat.category.trace import trace
from symcat.laws.claim import Claim, Equation
from symcat.laws.induction import machine
from symcat.learn.optimisers import OPTIMISERS, Optimiser

STEPS = 3


def average(b, xs):
    """The exponential moving average of xs that starts at 0."""
    return sum((1 - b) * b ** (len(xs) - 1 - k) * x for k, x in enumerate(xs))


def total(xs):
    return sum(xs[1:], start=xs[0])


def size(x):
    return np.sqrt(np.sum(x * x))


def squares(xs):
    return [x * x for x in xs]


# ---- descent
def gradient_descent(ps, gs, *, lr):
    return ps[0] - lr * total(gs)


def momentum(ps, gs, *, lr, gamma):
    """Each gradient counts lr (1 + gamma + ... + gamma^j), j the number of steps since it came."""
    return ps[0] - lr * sum(sum(gamma**i for i in range(len(gs) - k)) * g for k, g in enumerate(gs))


def momentum_ema(ps, gs, *, lr, b1):
    return ps[-1] - lr * average(b1, gs)


def nesterov_substituted(ps, gs, *, lr, gamma):
    """The gradients of the past are one step older than in momentum, and the last counts 1 + gamma."""
    return ps[0] - lr * sum(sum(gamma**i for i in range(len(gs) - k + 1)) * g for k, g in enumerate(gs))


def normalised_descent(ps, gs, *, lr):
    return ps[-1] - lr * gs[-1] / size(gs[-1])


def clipped_descent(ps, gs, *, lr, bound):
    """The least of 1 and bound / |g| is bound over the greater of |g| and bound."""
    return ps[-1] - lr * bound * gs[-1] / np.maximum(size(gs[-1]), bound)


def value_clipped_descent(ps, gs, *, lr, bound):
    return ps[-1] - lr * np.minimum(np.maximum(gs[-1], -bound), bound)


def descent_l2(ps, gs, *, lr, wd):
    return ps[0] - lr * total(gs) - lr * wd * total(ps)


def descent_decoupled(ps, gs, *, lr, wd):
    return ps[0] - lr * total(gs) - wd * total(ps)


def polyak_step(ps, xs):
    g, value, least = xs[-1]
    return ps[-1] - (value - least) * g / np.sum(g * g)


# ---- signs
def sign_descent(ps, gs, *, lr):
    return ps[0] - lr * total([np.sign(g) for g in gs])


def signum(ps, gs, *, lr, b1):
    return ps[-1] - lr * np.sign(average(b1, gs))


def lion(ps, gs, *, lr, b1, b2, wd):
    past = average(b2, gs[:-1]) if gs[:-1] else 0
    return (1 - lr * wd) * ps[-1] - lr * np.sign(b1 * past + (1 - b1) * gs[-1])


# ---- adaptive
def adagrad(ps, gs, *, lr, eps):
    return ps[-1] - lr * gs[-1] / (eps + np.sqrt(total(squares(gs))))


def rmsprop(ps, gs, *, lr, rho, eps):
    return ps[-1] - lr * gs[-1] / (eps + np.sqrt(average(rho, squares(gs))))


def rmsprop_inside(ps, gs, *, lr, rho, eps):
    return ps[-1] - lr * gs[-1] / np.sqrt(eps + average(rho, squares(gs)))


def rmsprop_centred(ps, gs, *, lr, rho, eps):
    mean = average(rho, gs)
    return ps[-1] - lr * gs[-1] / np.sqrt(average(rho, squares(gs)) - mean * mean + eps)


def adadelta(ps, gs, *, lr, rho, eps):
    """The updates of the past are p_(k-1) - p_k over lr."""
    moves = [(before - after) / lr for before, after in zip(ps, ps[1:], strict=False)]
    u = average(rho, squares(moves)) if moves else 0 * gs[-1]
    return ps[-1] - lr * gs[-1] * np.sqrt(u + eps) / np.sqrt(average(rho, squares(gs)) + eps)


# ---- Adam and its relatives
def corrected(b, xs):
    """The exponential moving average with the weights divided by their sum, 1 - b^k."""
    return average(b, xs) / (1 - b ** len(xs))


def adam(ps, gs, *, lr, b1, b2, eps):
    return ps[-1] - lr * corrected(b1, gs) / (eps + np.sqrt(corrected(b2, squares(gs))))


def adam_eps_hat(ps, gs, *, lr, b1, b2, eps):
    rate = lr * np.sqrt(1 - b2 ** len(gs)) / (1 - b1 ** len(gs))
    return ps[-1] - rate * average(b1, gs) / (eps + np.sqrt(average(b2, squares(gs))))


def adamw(ps, gs, *, lr, b1, b2, eps, wd):
    return adam(ps, gs, lr=lr, b1=b1, b2=b2, eps=eps) - lr * wd * ps[-1]


def adam_l2(ps, gs, *, lr, b1, b2, eps, wd):
    return adam(ps, [g + wd * p for g, p in zip(gs, ps, strict=True)], lr=lr, b1=b1, b2=b2, eps=eps)


def greatest(xs):
    """The maximum of 0 and xs, in the order of time."""
    return reduce(np.maximum, xs, 0)


def amsgrad(ps, gs, *, lr, b1, b2, eps):
    u = greatest([average(b2, squares(gs[: k + 1])) for k in range(len(gs))])
    return ps[-1] - lr * average(b1, gs) / (eps + np.sqrt(u))


def amsgrad_max_first(ps, gs, *, lr, b1, b2, eps):
    u = greatest([average(b2, squares(gs[: k + 1])) for k in range(len(gs))])
    return ps[-1] - lr * corrected(b1, gs) / (eps + np.sqrt(u / (1 - b2 ** len(gs))))


def amsgrad_correction_first(ps, gs, *, lr, b1, b2, eps):
    u = greatest([corrected(b2, squares(gs[: k + 1])) for k in range(len(gs))])
    return ps[-1] - lr * corrected(b1, gs) / (eps + np.sqrt(u))


def adamax(ps, gs, *, lr, b1, b2, eps):
    u = reduce(lambda u, g: np.maximum(b2 * u, np.abs(g) + eps), gs, 0)
    return ps[-1] - lr * corrected(b1, gs) / u


def nadam(ps, gs, *, lr, b1, b2, eps):
    k = len(gs)
    ahead = b1 * average(b1, gs) / (1 - b1 ** (k + 1)) + (1 - b1) * gs[-1] / (1 - b1**k)
    return ps[-1] - lr * ahead / (eps + np.sqrt(corrected(b2, squares(gs))))


def nadam_scheduled(ps, gs, *, lr, b1, b2, eps, psi):
    k = len(gs)
    mus = [b1 * (1 - 0.96 ** (psi * (j + 1)) / 2) for j in range(k + 1)]
    ahead = mus[k] * average(b1, gs) / (1 - total_product(mus)) + (1 - mus[k - 1]) * gs[-1] / (1 - total_product(mus[:-1]))
    return ps[-1] - lr * ahead / (eps + np.sqrt(corrected(b2, squares(gs))))


def total_product(xs):
    return reduce(lambda x, y: x * y, xs)


def radam(ps, gs, *, lr, b1, b2, eps):
    """At b2 = 999/1000 the first five steps are not rectified."""
    return ps[-1] - lr * corrected(b1, gs)


def yogi(ps, gs, *, lr, b1, b2, eps):
    mean = average(b1, gs)
    return ps[-1] - lr * mean / (eps + np.sqrt(yogi_square(gs, b2)))


def yogi_square(gs, b2):
    """A millionth at the start; then nearer to g^2, by a part of g^2."""
    return reduce(lambda v, g: v + (b2 - 1) * (g * g) * np.sign(v - g * g), gs, 1e-6)


def yogi_corrected(ps, gs, *, lr, b1, b2, eps):
    k = len(gs)
    mean = (average(b1, gs) + b1**k * 1e-6) / (1 - b1**k)
    return ps[-1] - lr * mean / (eps + np.sqrt(yogi_square(gs, b2) / (1 - b2**k)))


def adabelief(ps, gs, *, lr, b1, b2, eps):
    k = len(gs)
    errors = [g - average(b1, gs[: j + 1]) for j, g in enumerate(gs)]
    s = average(b2, squares(errors)) + eps * sum(b2**j for j in range(k))
    return ps[-1] - lr * corrected(b1, gs) / (eps + np.sqrt(s / (1 - b2**k)))


def adahessian(ps, xs, *, lr, b1, b2, eps):
    gs, hs = zip(*xs, strict=True)
    return ps[-1] - lr * corrected(b1, gs) / (eps + np.sqrt(corrected(b2, squares(hs))))


def sophia(ps, xs, *, lr, b1, b2, gamma, eps, wd):
    gs, hs = zip(*xs, strict=True)
    ratio = average(b1, gs) / np.maximum(gamma * average(b2, hs), eps)
    return (1 - lr * wd) * ps[-1] - lr * np.minimum(np.maximum(ratio, -1), 1)


# ---- whole tensors
def scaled(weights, update):
    """weights / update, and 1 where one of them is 0."""
    return np.where((update > 0) * (weights > 0), weights / np.where((weights > 0) * (update > 0), update, 1), 1)


def lars(ps, gs, *, lr, gamma, eta, wd):
    steps = [lr * scaled(eta * size(p), size(g) + wd * size(p)) * (g + wd * p) for p, g in zip(ps, gs, strict=True)]
    return ps[-1] - sum(gamma ** (len(steps) - 1 - k) * step for k, step in enumerate(steps))


def lamb(ps, gs, *, lr, b1, b2, eps, wd):
    u = corrected(b1, gs) / (eps + np.sqrt(corrected(b2, squares(gs)))) + wd * ps[-1]
    return ps[-1] - lr * u * scaled(size(ps[-1]), size(u))


def dog(ps, gs, *, lr, eps):
    r = reduce(lambda r, p: np.maximum(r, size(p - ps[0])), ps, 1e-6)
    return ps[-1] - lr * r * gs[-1] / np.sqrt(total([np.sum(g * g) for g in gs]) + eps)


def prodigy(ps, gs, *, lr, b1, b2, eps):
    """The estimates d of the distance, one for each step."""
    b3, ds = np.sqrt(b2), [1e-6]
    for k in range(1, len(gs)):
        r = average(b3, [lr * d * d * np.sum(g * (ps[0] - p)) for d, g, p in zip(ds, gs, ps, strict=False)])
        s = np.sum(np.abs(average(b3, [lr * d * d * g for d, g in zip(ds, gs[:k], strict=True)])))
        ds.append(np.maximum(ds[-1], r / np.where(s > 0, s, 1)))
    mean = average(b1, [d * g for d, g in zip(ds, gs, strict=True)])
    square = average(b2, squares([d * g for d, g in zip(ds, gs, strict=True)]))
    return ps[-1] - lr * ds[-1] * mean / (np.sqrt(square) + ds[-1] * eps)


# ---- averages of points
def descended(ps, gs, lr):
    """All points of gradient descent, the start included."""
    return [ps[0] - lr * total(gs[:k]) if k else ps[0] for k in range(len(gs) + 1)]


def polyak_averaging(ps, gs, *, lr):
    return total(descended(ps, gs, lr)[1:]) / len(gs)


def ema_averaging(ps, gs, *, lr, decay):
    points = descended(ps, gs, lr)
    return average(decay, points[1:]) + decay ** len(gs) * ps[0]


def schedule_free(ps, gs, *, lr):
    return total(descended(ps, gs, lr)) / (len(gs) + 1)


def schedule_free_training(ps, gs, *, lr, b1):
    points = descended(ps, gs, lr)
    return b1 * total(points[1:]) / len(gs) + (1 - b1) * points[-1]


def lookahead(ps, gs, *, lr, alpha):
    """At a period of 2: every second point lies between the point two steps before and two steps of descent from there."""
    if len(gs) % 2:
        return ps[-1] - lr * gs[-1]
    return ps[-2] - alpha * lr * (gs[-2] + gs[-1])


# ---- composites: a factor of the rate for each step, from 0 on
def descent_at(factors, ps, gs, lr):
    return ps[0] - lr * total([factor * g for factor, g in zip(factors, gs, strict=True)])


def descent_cosine(ps, gs, *, lr, steps, least):
    angles = [np.pi * np.minimum(k, steps) / steps for k in range(len(gs))]
    return descent_at([(1 + least + (1 - least) * np.cos(angle)) / 2 for angle in angles], ps, gs, lr)


def descent_exponential(ps, gs, *, lr, rate):
    return descent_at([rate**k for k in range(len(gs))], ps, gs, lr)


def descent_drop(ps, gs, *, lr, factor):
    """At steps = 2."""
    return descent_at([1, 1, *[factor] * len(gs)][: len(gs)], ps, gs, lr)


def adam_warmup(ps, gs, *, lr, b1, b2, eps, steps):
    return adam(ps, gs, lr=lr * np.minimum(len(gs) / steps, 1), b1=b1, b2=b2, eps=eps)


def adam_clipped(ps, gs, *, lr, b1, b2, eps, bound):
    return adam(ps, [g * bound / np.maximum(size(g), bound) for g in gs], lr=lr, b1=b1, b2=b2, eps=eps)


FORMS: dict[str, Callable] = {form.__name__: form for form in (
    gradient_descent, momentum, momentum_ema, nesterov_substituted, normalised_descent, clipped_descent, value_clipped_descent, descent_l2,
    descent_decoupled, polyak_step, sign_descent, signum, lion, adagrad, rmsprop, rmsprop_inside, rmsprop_centred, adadelta, adam,
    adam_eps_hat, adamw, adam_l2, amsgrad, amsgrad_max_first, amsgrad_correction_first, adamax, nadam, nadam_scheduled, radam, yogi,
    yogi_corrected, adabelief, adahessian, sophia, lars, lamb, dog, prodigy, polyak_averaging, ema_averaging, schedule_free,
    schedule_free_training, lookahead, descent_cosine, descent_exponential, descent_drop, adam_warmup, adam_clipped,
)} | {"heavy_ball": momentum, "momentum_torch": momentum, "nesterov": momentum, "nesterov_torch": nesterov_substituted}
AT = {"radam": {"b2": 0.999}, "lookahead": {"period": 2}, "descent_drop": {"steps": 2}}
ANYWHERE = ("adam_l2", "lamb")       # for any points, since those of the optimiser itself are long expressions
COMPARED = {"polyak_averaging": "mean", "ema_averaging": "mean"}    # a state instead of the parameter
SOURCE = "the paper that the optimiser's docstring names"


def rule_of(name: str) -> Optimiser:
    """The optimiser, with the hyperparameters fixed that its form fixes."""
    return OPTIMISERS[name].at(**AT[name]) if name in AT else OPTIMISERS[name]


def equation(name: str, form: Callable, steps: int) -> Equation:
    """The optimiser's parameter after some steps, against the form."""
    rule = rule_of(name)
    left = moved(rule, steps) if name in ANYWHERE else run(rule, steps, COMPARED.get(name, "p"))
    width = 1 + len(rule.data)

    def textbook(p, *inputs, **hypers):
        if name in ANYWHERE:
            return form([p, *inputs[1::2]], inputs[::2], **hypers)
        xs = [inputs[k * width:(k + 1) * width] if width > 1 else inputs[k] for k in range(steps)]
        ps = [p]
        for k in range(steps):
            ps.append(form(ps, xs[: k + 1], **hypers))
        return ps[-1]

    keywords = [row for row in inspect.signature(form).parameters.values() if row.kind is row.KEYWORD_ONLY]
    wires = [inspect.Parameter(wire, inspect.Parameter.POSITIONAL_ONLY) for wire in left.dom.names]
    textbook.__signature__ = inspect.Signature([*wires, *keywords])
    given = {row.name: row for row in rule.hypers} | dict(rule.fixed)
    return Equation(left, trace(textbook, left.dom, hypers={row.name: given[row.name] for row in keywords}, names=left.cod.names))


def run(rule: Optimiser, steps: int, compared: str) -> Morphism:
    """p * x_1 * ... * x_k -> the parameter, or a state, after all steps."""
    states = machine(rule).run(steps, outputs=False)
    build = Builder()
    outs = dict(zip(states.cod.names, build.call(states, build.inputs(states.dom)), strict=True))
    return build.build([outs[compared]], [compared])


def moved(rule: Optimiser, steps: int) -> Morphism:
    """p_0 * g_1 * p_1 * ... * g_k -> p_k: the points before are given, whatever they are, and the states follow from the gradients."""
    build = Builder()
    each = Space((("p", rule.wire), ("g", rule.wire)))
    inputs = build.inputs(reduce(lambda a, b: a * b, [each] * steps))
    states = build.call(rule.start(), inputs[:1])
    for k in range(steps):
        new, *states = build.call(rule.step(), (inputs[2 * k], inputs[2 * k + 1], *states))
    return build.build([new], ["p"])


CLAIMS = tuple(Claim(f"recursion {name}", f"three steps of {name} from its initial states are the textbook's", SOURCE,
                     lambda name=name, form=form: tuple(equation(name, form, steps) for steps in range(1, STEPS + 1)))
               for name, form in FORMS.items())
