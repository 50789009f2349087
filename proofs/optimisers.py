"""Optimisers against each other: which are one under a map of states, which reduce to which, and near-misses from published code."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import sympy as sp

from symcat.category.morphism import Builder
from symcat.category.space import Real, Space, dim
from symcat.category.trace import trace
from symcat.laws.card import reduces_to_descent
from symcat.laws.claim import Claim, Equation
from symcat.laws.induction import Induction, Machine, machine
from symcat.learn.optimisers import OPTIMISERS, Optimiser, adam, gradient_descent, momentum, optimiser, state

t, v, u = sp.symbols("t v u", real=True)
P, KINGMA, POLYAK = Real["n"], "Kingma and Ba 2015, algorithm 1", "Polyak 1964, heavy ball"
START = state(lambda p: p, "point")
REDUCES = {"gradient_descent": "proved", "momentum": "proved", "nesterov": "proved",
           "adagrad": "refuted", "rmsprop": "refuted", "adam": "refuted",
           "lookahead": "unknown"}     # which it does at no count that is drawn


def rule(name: str, **fixed: object) -> Optimiser:
    return OPTIMISERS[name].at(**fixed) if fixed else OPTIMISERS[name]


# ---- one optimiser in two forms
@optimiser
def momentum_rearranged(p, g, v=0, *, lr=0.01, gamma=0.9):
    """The same update with the terms in another order."""
    step = lr * g - gamma * v
    return p - step, -step


@optimiser
def adam_rearranged(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """Adam with its moments written as moving averages: m + (1 - b1)(g - m)."""
    t = t + 1
    m = m + (1 - b1) * (g - m)
    v = v + (1 - b2) * (g * g - v)
    corrected = m / (1 - b1**t)
    return p - lr * corrected / (eps + np.sqrt(v / (1 - b2**t))), m, v, t


@optimiser
def descent_by_rate(p, g, *, lr=0.1, wd=0.01):
    """Decoupled decay that the rate multiplies, as in AdamW of PyTorch: (1 - lr wd) p - lr g."""
    return (1 - lr * wd) * p - lr * g


@optimiser
def schedule_free_at_y(p, g, z=START, t=0, *, lr=0.1, b1=0.9):
    """Schedule-free descent whose parameter is y, where the gradient is taken: y moves by b1 c (z - x) and (1 - b1) times z's move."""
    t = t + 1
    x = (p - (1 - b1) * z) / b1
    z = z - lr * g
    return (1 - b1) * z + b1 * (x * t + z) / (t + 1), z, t


def looking(one: Optimiser) -> Machine:
    """The optimiser as a machine that puts out where it takes its next gradient."""
    plain = machine(one)
    get = one.lens(Space((("p", P),))).get
    build = Builder()
    *found, _ = build.call(plain.step, build.inputs(plain.step.dom))
    looked = build.call(get, (*found[1:], found[0]))
    return Machine(build.build((*found, *looked), plain.step.cod.names), plain.start)


def along(first: Machine, second: Machine, relation: Callable, invariants: Sequence[sp.Basic] = ()) -> Induction:
    return Induction(first, second, trace(relation, first.states, names=second.states.names), tuple(invariants))


def same_path(first: Optimiser, second: Optimiser, relation: Callable, invariants: Sequence[sp.Basic] = ()) -> Induction:
    """The parameter after every step, since the relation holds between the states."""
    return along(machine(first), machine(second), relation, invariants)


FORMS = (
    ("Polyak's two points", "momentum is Polyak's form, where v is the last move", POLYAK,
     lambda: same_path(momentum, rule("heavy_ball"), lambda p, v: (p, p - v))),
    ("momentum of PyTorch", "momentum is PyTorch's, where its velocity is -v / lr, at a constant rate", "Sutskever et al. 2013",
     lambda: same_path(rule("momentum_torch"), momentum, lambda p, v, *, lr=0.01: (p, -lr * v))),
    ("momentum rearranged", "p - (lr g - gamma v) is heavy-ball momentum", POLYAK,
     lambda: same_path(momentum, momentum_rearranged, lambda p, v: (p, v))),
    ("Nesterov substituted", "the points where Nesterov looks are those of the substituted form", "Bengio et al. 2013",
     lambda: along(looking(rule("nesterov")), machine(rule("nesterov_substituted")), lambda p, v, *, gamma=0.9: (p + gamma * v, v))),
    ("Nesterov of PyTorch", "PyTorch's form is the substituted one, where its velocity is -v / lr", "Sutskever et al. 2013",
     lambda: same_path(rule("nesterov_torch"), rule("nesterov_substituted"), lambda p, v, *, lr=0.01: (p, -lr * v))),
    ("schedule-free at y", "the points where schedule-free descent looks are those of the form with y", "Defazio et al. 2024",
     lambda: along(looking(rule("schedule_free", b1=0.9)), machine(schedule_free_at_y.at(b1=0.9)),
                   lambda p, z, t: (z / 10 + 9 * p / 10, z, t), (t >= 0,))),
    ("Adam rearranged", "moving averages m + (1 - b)(g - m) give Adam", KINGMA,
     lambda: same_path(adam, adam_rearranged, lambda p, m, v, t: (p, m, v, t), (v >= 0, t >= 0))),
    ("eps of Adam", "without eps, both conventions of Adam are one", "Kingma and Ba 2015, end of section 2",
     lambda: same_path(adam.at(eps=0), rule("adam_eps_hat", eps=0), lambda p, m, v, t: (p, m, v, t), (v >= 0, t >= 0))),
    ("eps of RMSProp", "without eps, both places of eps are one", "Tieleman and Hinton 2012",
     lambda: same_path(rule("rmsprop", eps=0), rule("rmsprop_inside", eps=0), lambda p, v: (p, v), (v >= 0,))),
    ("decay by the rate", "coupled decay is the decoupled one that the rate multiplies", "Loshchilov and Hutter 2019, proposition 1",
     lambda: same_path(rule("descent_l2"), descent_by_rate, lambda p: p)),
    ("AdamW without decay", "AdamW at wd = 0 is Adam", "Loshchilov and Hutter 2019",
     lambda: same_path(rule("adamw", wd=0), adam, lambda p, m, v, t: (p, m, v, t), (v >= 0, t >= 0))),
    ("Adam with L2 without decay", "coupled decay at wd = 0 is Adam", "Loshchilov and Hutter 2019",
     lambda: same_path(rule("adam_l2", wd=0), adam, lambda p, m, v, t: (p, m, v, t), (v >= 0, t >= 0))),
    ("Lion is Signum", "Lion with one beta and without decay is Signum", "Chen et al. 2023, section 4",
     lambda: same_path(rule("lion", b1=0.9, b2=0.9, wd=0), rule("signum", b1=0.9), lambda p, m: (p, m))),
    ("Signum is sign descent", "Signum at b1 = 0 is sign descent", "Bernstein et al. 2018",
     lambda: same_path(rule("signum", b1=0), rule("sign_descent"), lambda p, m: p)),
    ("averaging does not move", "Polyak averaging leaves the points of descent as they are", "Polyak and Juditsky 1992",
     lambda: same_path(rule("polyak_averaging"), gradient_descent, lambda p, mean, t: p, (t >= 0,))),
    ("lookahead of one step", "lookahead after every step, with alpha = 1, is descent", "Zhang et al. 2019",
     lambda: same_path(gradient_descent, rule("lookahead", alpha=1, period=1), lambda p: (p, p, 0))),
)


# ---- near-misses: what was published, and which of ours it is not
@optimiser
def momentum_as_printed(p, g, v=0, *, lr=0.01, gamma=0.9):
    """The velocity with the sign that one text prints: v <- -gamma v - lr g."""
    v = -gamma * v - lr * g
    return p + v, v


@optimiser
def adam_with_one_correction(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """Adam with b2 in both bias corrections."""
    t = t + 1
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    return p - lr * (m / (1 - b2**t)) / (np.sqrt(v / (1 - b2**t)) + eps), m, v, t


@optimiser
def adam_uncorrected(p, g, m=0, v=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """Adam without corrections."""
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    return p - lr * m / (np.sqrt(v) + eps), m, v


@optimiser
def amsgrad_forgetting(p, g, m=0, v=0, u=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """AMSGrad that does not keep the maximum it takes."""
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    return p - lr * m / (np.sqrt(np.maximum(u, v)) + eps), m, v, u


@optimiser
def lion_with_coupled_decay(p, g, m=0, *, lr=0.0001, b1=0.9, b2=0.99, wd=0):
    """Lion with wd p added to the gradient inside the sign."""
    g = g + wd * p
    return p - lr * np.sign(b1 * m + (1 - b1) * g), b2 * m + (1 - b2) * g


@optimiser
def adamw_by_decay_alone(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8, wd=0.01):
    """AdamW whose decay the rate does not multiply."""
    t = t + 1
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    return (1 - wd) * p - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps), m, v, t


@optimiser
def adamax_with_root(p, g, m=0, u=0, t=0, *, lr=0.002, b1=0.9, b2=0.999, eps=1e-8):
    """AdaMax with Adam's root in the denominator."""
    t = t + 1
    m = b1 * m + (1 - b1) * g
    u = np.maximum(b2 * u, np.abs(g) + eps)
    return p - lr * (m / (1 - b1**t)) / np.sqrt(u), m, u, t


@optimiser
def nadam_with_old_moment(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """NAdam that mixes the moment from before the step with the gradient."""
    t = t + 1
    v = b2 * v + (1 - b2) * g**2
    ahead = b1 * m / (1 - b1 ** (t + 1)) + (1 - b1) * g / (1 - b1**t)
    return p - lr * ahead / (np.sqrt(v / (1 - b2**t)) + eps), b1 * m + (1 - b1) * g, v, t


@optimiser
def adabelief_with_old_moment(p, g, m=0, s=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-16):
    """AdaBelief whose error is taken from the moment before the step."""
    t = t + 1
    s = b2 * s + (1 - b2) * (g - m) ** 2 + eps
    m = b1 * m + (1 - b1) * g
    return p - lr * (m / (1 - b1**t)) / (np.sqrt(s / (1 - b2**t)) + eps), m, s, t


@optimiser
def adadelta_with_new_average(p, g, v=0, u=0, *, lr=1, rho=0.95, eps=1e-6):
    """AdaDelta that averages plain gradients instead of its own moves."""
    v = rho * v + (1 - rho) * g**2
    d = np.sqrt(u + eps) / np.sqrt(v + eps) * g
    return p - lr * d, v, rho * u + (1 - rho) * g**2


@optimiser
def dog_of_the_last_distance(p, g, x0=START, r=1e-6, s=0, *, lr=1, eps=1e-8):
    """DoG with the last distance instead of the greatest."""
    r = np.maximum(1e-6, np.sqrt(np.sum((p - x0) ** 2)))
    s = s + np.sum(g**2)
    return p - lr * r / np.sqrt(s + eps) * g, x0, r, s


def paths(first: Optimiser, second: Optimiser, steps: int) -> tuple[Equation, ...]:
    """The parameter of both after this many steps from their initial states."""
    return (Equation(machine(first).run(steps), machine(second).run(steps)),)


def counted(steps: int) -> str:
    return "one step" if steps == 1 else f"{steps} steps"


# Near-miss, the optimiser that it is taken for, the number of steps after which it shows; before that the two are proved to agree.
MISSES: tuple[tuple[Optimiser, Optimiser, int], ...] = (
    (momentum_as_printed, momentum, 2),
    (adam_with_one_correction, adam, 1),
    (adam_uncorrected, adam, 1),
    (rule("adam_eps_hat"), adam, 1),
    (rule("rmsprop_inside"), rule("rmsprop"), 1),
    (amsgrad_forgetting, rule("amsgrad"), 2),
    (rule("amsgrad_max_first"), rule("amsgrad_correction_first"), 2),
    (lion_with_coupled_decay, rule("lion"), 1),
    (adamw_by_decay_alone, rule("adamw"), 1),
    (rule("adam_l2"), rule("adamw"), 1),
    (adamax_with_root, rule("adamax"), 1),
    (nadam_with_old_moment, rule("nadam"), 1),
    (adabelief_with_old_moment, rule("adabelief"), 1),
    (adam_uncorrected, rule("yogi"), 1),
    (adadelta_with_new_average, rule("adadelta"), 2),
    (dog_of_the_last_distance, rule("dog"), 3),
    (rule("nesterov_substituted"), momentum, 1),
    (rule("momentum_ema", b1=0.9), rule("momentum_torch", gamma=0.9), 1),
    (rule("schedule_free_training"), rule("schedule_free"), 1),
    (rule("descent_decoupled"), rule("descent_l2"), 1),
)
WITHOUT_DATA = {name: one for name, one in OPTIMISERS.items() if one.shape == (dim("n"),) and not one.data}

CLAIMS = (
    *(Claim(f"reduces_to_descent {name}", "with every rate of forgetting at 0, one step is p - lr g", "Cauchy 1847",
            lambda one=one: reduces_to_descent(one), REDUCES.get(name, "either")) for name, one in WITHOUT_DATA.items()),
    *(Claim(name, f"{statement}, at every step", source, goal) for name, statement, source, goal in FORMS),
    *(Claim(f"{miss.name} is not {one.name}", f"after {counted(steps)} {miss.name} is at the point of {one.name}",
            "implementations compared", lambda miss=miss, one=one, steps=steps: paths(miss, one, steps), "refuted")
      for miss, one, steps in MISSES),
    *(Claim(f"{miss.name} shows late", f"{miss.name} is at the point of {one.name} for {counted(late - 1)}",
            "implementations compared", lambda miss=miss, one=one, late=late: tuple(
                equation for steps in range(1, late) for equation in paths(miss, one, steps)))
      for miss, one, late in MISSES if late > 1 and miss.name != "amsgrad_max_first"),     # max(0, v) is v is beyond the engine
)
