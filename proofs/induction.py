"""All steps and all lengths, by induction: optimisers that are one another under a map of states, invariants, closed forms of folds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import sympy as sp

from symcat.category.elementwise import generic
from symcat.category.expression import At
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Real, dims, space
from symcat.category.trace import apply, trace
from symcat.laws.claim import Claim, Equation
from symcat.laws.induction import Fold, Induction, Invariance, Machine, machine
from symcat.laws.premises import facts_of
from symcat.learn.optimisers import Optimiser, adagrad, adam, momentum, optimiser, rmsprop

n, m, d = dims("n m d")
b, c, r, lr, L = sp.symbols("b c r lr L", real=True)
b1, b2, p, q, s, t, v = sp.symbols("b1 b2 p q s t v", real=True)
POLYAK, KINGMA = "Polyak 1964, heavy ball; Sutskever et al. 2013", "Kingma and Ba 2015, algorithm 1 and section 3"
STANDARD, NESTEROV = "standard", "Nesterov 2004, Introductory Lectures on Convex Optimization"
CHO, GERS = "Cho et al. 2014, GRU", "Gers, Schmidhuber and Cummins 2000, LSTM with a forget gate"
RATES = (*facts_of(b >= 0), *facts_of(b < 1))
ONE = Real[()]


# ---- optimisers
@optimiser
def torch_momentum(p, g, buf=0, *, lr=0.01, gamma=0.9):
    """buf <- gamma buf + g; p <- p - lr buf, as PyTorch has it."""
    buf = gamma * buf + g
    return p - lr * buf, buf


@optimiser
def damped_momentum(p, g, buf=0, *, lr=0.01, gamma=0.9):
    """buf <- gamma buf + (1 - gamma) g; p <- p - lr buf."""
    buf = gamma * buf + (1 - gamma) * g
    return p - lr * buf, buf


@optimiser
def averaged_momentum(p, g, m=0, *, lr=0.01, gamma=0.9):
    """A moving average of gradients with the rate made up for: p <- p - lr/(1 - gamma) m."""
    m = gamma * m + (1 - gamma) * g
    return p - lr / (1 - gamma) * m, m


@optimiser
def late_momentum(p, g, v=0, *, lr=0.01, gamma=0.9):
    """p moves by the velocity of the step before."""
    return p + v, gamma * v - lr * g


@optimiser
def adam_rearranged(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """Adam with its moments written as moving averages: m + (1 - b1)(g - m)."""
    t, m, v = t + 1, m + (1 - b1) * (g - m), v + (1 - b2) * (g * g - v)
    return p - lr * (m / (1 - b1**t)) / (eps + np.sqrt(v / (1 - b2**t))), m, v, t


@optimiser
def adam_of_an_earlier_step(p, g, m=0, v=0, t=1, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """Adam whose counter starts at 1, so that the correction is that of the step after."""
    return adam.rule(p, g, m, v, t, lr=lr, b1=b1, b2=b2, eps=eps)


def along(first: Optimiser, second: Optimiser, relation: Callable, invariants: Sequence[sp.Basic] = ()) -> Induction:
    f, g = machine(first), machine(second)
    return Induction(f, g, trace(relation, f.states, names=g.states.names), tuple(invariants))


def same(p, m, v, t):
    return p, m, v, t


def changing_rate(first: bool) -> Machine:
    """Both forms of momentum with a rate that comes in with the gradient."""
    def polyak(p, v, g, a, *, gamma=0.9):
        v = gamma * v - a * g
        return p + v, v, p + v

    def torch(p, buf, g, a, *, gamma=0.9):
        buf = gamma * buf + g
        return p - a * buf, buf, p - a * buf
    dom = space(p=ONE, v=ONE, g=ONE, a=ONE)
    return Machine(trace(polyak if first else torch, dom), trace(lambda p: (p, 0 * p), space(p=ONE)))


# ---- machines without optimisers
def of(step: Callable, start: Callable, states: str, inputs: str = "", parameters: str = "a", wire=ONE) -> Machine:
    spaces = [space(**dict.fromkeys(names.split(), wire)) for names in (f"{states} {inputs}", parameters)]
    return Machine(trace(step, spaces[0]), trace(start, spaces[1]))


def corrected(divided: bool = True) -> Induction:
    """A moving average of a constant c, after division by 1 - b^t, against c itself."""
    def average(m, t, c, *, b=0.9):
        t, m = t + 1, b * m + (1 - b) * c
        return m, t, c, (m / (1 - b**t) if divided else m)
    f = of(lambda t, c: (t + 1, c, c), lambda c: (0 * c, c), "t c", parameters="c")
    g = of(average, lambda c: (0 * c, 0 * c, c), "m t c", parameters="c")
    closed = trace(lambda t, c, *, b=0.9: (c * (1 - b**t), t, c), f.states, names=g.states.names)
    return Induction(f, g, closed, (t >= 0,), RATES)


def geometric(shift: int = 0) -> Induction:
    """(1 - r) (1 + r + ... + r^(t - 1)) against 1 - r^t."""
    f = of(lambda t, *, b=0.9: (t + 1, 1 - b ** (t + 1 + shift)), lambda a: 0 * a, "t")
    g = of(lambda total, t, *, b=0.9: (total + b**t, t + 1, (1 - b) * (total + b**t)), lambda a: (0 * a, 0 * a), "total t")
    closed = trace(lambda t, *, b=0.9: ((1 - b**t) / (1 - b), t), f.states, names=g.states.names)
    return Induction(f, g, closed, (t >= 0,), RATES)


def decaying(rate: Callable) -> Induction:
    """p <- c p against c^t p."""
    f = of(lambda t, p, *, b=0.9: (t + 1, p, b ** (t + 1) * p), lambda p: (0 * p, p), "t p", parameters="p")
    g = of(lambda p, *, b=0.9: (rate(b) * p, rate(b) * p), lambda p: p, "p", parameters="p")
    return Induction(f, g, trace(lambda t, p, *, b=0.9: b**t * p, f.states, names=g.states.names), (t >= 0,))


def layers(step: Callable) -> Induction:
    """A chain of layers on a sum, against the sum of the chains: states are vectors, one weight matrix comes in at each step."""
    vector, matrix = Real[d], Real[d, d]
    pair = Machine(trace(lambda x, y, W: (step(x, W), step(y, W), step(x, W) + step(y, W)), space(x=vector, y=vector, W=matrix)),
                   trace(lambda x, y: (x, y), space(x=vector, y=vector)))
    whole = Machine(trace(lambda z, W: (step(z, W), step(z, W)), space(z=vector, W=matrix)),
                    trace(lambda x, y: x + y, space(x=vector, y=vector)))
    return Induction(pair, whole, trace(lambda x, y: x + y, pair.states))


def quadratic_descent(bound: int) -> Invariance:
    """x <- x - a L x, for 0 <= a and a L <= bound: the distance from the minimum never exceeds that of the start."""
    f = of(lambda x, x0, *, h=0.5: (x - h * x, x0), lambda a: (a, a), "x x0")
    x, x0, h = sp.symbols("x x0 h", real=True)
    bounded = (x**2 <= x0**2,)
    return Invariance(f, bounded, bounded, (*facts_of(h >= 0), *facts_of(h <= bound)))


def gated(reset: bool) -> Invariance:
    """h <- (1 - z) h + z candidate, with z = sigmoid(u): the state of a GRU; its candidate is tanh or nothing in particular."""
    from symcat.category.elementwise import sigmoid, tanh

    step = lambda h, u, a: (1 - sigmoid(u)) * h + sigmoid(u) * (tanh(a) if reset else a)
    f = of(step, lambda a: 0 * a, "h", "u a", wire=Real[n])
    h = sp.Symbol("h", real=True)
    return Invariance(f, (h <= 1, h >= -1), (h <= 1, h >= -1))


def cell(bound: sp.Expr) -> Invariance:
    """c <- f c + i tanh(a), with gates f and i: the cell of an LSTM grows by less than 1 in a step."""
    from symcat.category.elementwise import sigmoid, tanh

    step = lambda c, t, f, i, a: (sigmoid(f) * c + sigmoid(i) * tanh(a), t + 1)
    dom = space(c=Real[n], t=ONE, f=Real[n], i=Real[n], a=Real[n])
    one = Machine(trace(step, dom), trace(lambda a: (0 * a, 0 * a.sum()), space(a=Real[n])))
    return Invariance(one, (c <= bound, c >= -bound), (c <= t, c >= -t, t >= 0))


# ---- folds over lists
def averaging() -> Machine:
    return of(lambda m, x, *, b=0.9: b * m + (1 - b) * x, lambda m: m, "m", "x", "m")


def average_closed(late: int = 1) -> Morphism:
    """b^n m + sum over s of (1 - b) b^(n - 1 - s) x[s]."""
    build = Builder()
    start, x = build.inputs(space(m=ONE, x=Real[n]))
    for fact in facts_of(b > 0):
        build.fact(fact.expr, fact.relation)
    total = build.gather((), lambda k: (1 - b) * b ** (n - late - k) * At(x, k), (n,))
    return build.build([build.gather((), lambda: b**n * At(start) + At(total))], ["m"])


def joined(both: bool) -> tuple[Equation]:
    """Summing the squares of two lists joined, against summing the second from where the first ended."""
    closed = summing(2).closed
    first, second, whole = closed, closed.substitute({n: m}), closed.substitute({n: n + m})
    dom = space(s=Real[d], x=Real[n, d], y=Real[m, d])
    one = trace(lambda s, x, y: apply(whole, s, np.concatenate([x, y])), dom, names=["s"])
    return (Equation(one, trace(lambda s, x, y: apply(second, apply(first, s, x) if both else s, y), dom, names=["s"])),)


def continued(restarted: bool) -> Induction:
    """A fold by an arbitrary step over a second list, from where the first list ended, against one that still knows that state."""
    phi, psi = generic("phi"), generic("psi")
    step = lambda state, x: phi(state) * x + psi(x) * state
    both = lambda first, s, x: (first, *[step(first if restarted else s, x)] * 2)
    f = of(both, lambda z: (z, z), "first s", "x", "z")
    g = of(lambda s, x: (step(s, x), step(s, x)), lambda z: z, "s", "x", "z")
    return Induction(f, g, trace(lambda first, s: s, f.states, names=g.states.names))


def summing(power: int) -> Fold:
    """s <- s + x^2 against s + the sum of x^power."""
    step = Machine(trace(lambda s, x: s + x**2, space(s=Real[d], x=Real[d])), trace(lambda s: s, space(s=Real[d])))
    return Fold(step, trace(lambda s, x: s + (x**power).sum(axis=0), space(s=Real[d], x=Real[n, d])), n)


Row = tuple[str, str, str, Callable[[], object], str, Callable[[], object]]
ROWS: tuple[Row, ...] = (
    ("heavy ball, PyTorch's form", "buf <- gamma buf + g, p <- p - lr buf is heavy-ball momentum with v = -lr buf, at every step", POLYAK,
     lambda: along(torch_momentum, momentum, lambda p, buf, *, lr: (p, -lr * buf)),
     "the gradient damped by 1 - gamma", lambda: along(damped_momentum, momentum, lambda p, buf, *, lr: (p, -lr * buf))),
    ("heavy ball, moving average", "a moving average of gradients, its rate divided by 1 - gamma, is heavy-ball momentum", POLYAK,
     lambda: along(averaged_momentum, torch_momentum, lambda p, m, *, gamma: (p, m / (1 - gamma))),
     "the velocity of the step before", lambda: along(late_momentum, momentum, lambda p, v: (p, v))),
    ("two forms of momentum and the rate", "with one rate for all steps both forms of momentum are one", POLYAK,
     lambda: along(momentum, torch_momentum, lambda p, v, *, lr: (p, -v / lr)),
     "the rate changes from step to step", lambda: Induction(changing_rate(True), changing_rate(False),
                                                             trace(lambda p, v: (p, -v), space(p=ONE, v=ONE)))),
    ("Adam rearranged", "moving averages m + (1 - b)(g - m) give Adam at every step; v >= 0 and t >= 0 leave no premise but the ranges",
     KINGMA, lambda: along(adam, adam_rearranged, same, (v >= 0, t >= 0)),
     "a counter that starts at 1", lambda: along(adam, adam_of_an_earlier_step, same)),
    ("Adam's second moment", "v >= 0 after every step of Adam, and 1 - b1^t, 1 - b2^t are not 0", KINGMA,
     lambda: Invariance(machine(adam), (v >= 0, sp.Ne(1 - b1**t, 0), sp.Ne(1 - b2**t, 0)), (v >= 0, t >= 0)),
     "v > 0", lambda: Invariance(machine(adam), (v > 0,), (v >= 0, t >= 0))),
    ("Adagrad's sum", "s >= 0 after every step of Adagrad", "Duchi, Hazan and Singer 2011",
     lambda: Invariance(machine(adagrad), (s >= 0,), (s >= 0,)), "s <= 10", lambda: Invariance(machine(adagrad), (s <= 10,), (s <= 10,))),
    ("RMSProp's average", "v >= 0 after every step of RMSProp", "Tieleman and Hinton 2012",
     lambda: Invariance(machine(rmsprop), (v >= 0,), (v >= 0,)), "v <= 1", lambda: Invariance(machine(rmsprop), (v <= 1,), (v <= 1,))),
    ("bias correction", "the moving average of a constant gradient, divided by 1 - b^t, is that gradient at every step", KINGMA,
     corrected, "without the division", lambda: corrected(divided=False)),
    ("geometric sum", "(1 - b)(1 + b + ... + b^(t-1)) = 1 - b^t", STANDARD, geometric, "1 - b^(t+1)", lambda: geometric(1)),
    ("geometric decay", "t steps p <- b p give b^t p", STANDARD, lambda: decaying(lambda b: b), "1 - b", lambda: decaying(lambda b: 1 - b)),
    ("residual linear layers", "a chain of layers h + W h, of any length and width, preserves sums", "He et al. 2016",
     lambda: layers(lambda h, W: h + W @ h), "with tanh", lambda: layers(lambda h, W: h + np.tanh(W @ h))),
    ("descent at every step", "gradient descent on L x^2 / 2 with 0 <= lr <= 2/L never leaves the ball it starts in", NESTEROV,
     lambda: quadratic_descent(2), "lr <= 3/L", lambda: quadratic_descent(3)),
    ("a GRU is bounded", "h <- (1 - z) h + z tanh(a) stays in [-1, 1] when it starts at 0, for every gate and input", CHO,
     lambda: gated(True), "without tanh", lambda: gated(False)),
    ("an LSTM's cell", "c <- f c + i tanh(a) is at most t after t steps when it starts at 0", GERS,
     lambda: cell(t), "at most t / 2", lambda: cell(t / 2)),
    ("moving average, closed form", "after a list of any length m is b^n m + sum over s of (1 - b) b^(n-1-s) x[s]", STANDARD,
     lambda: Fold(averaging(), average_closed(), n, RATES), "b^(n-s)", lambda: Fold(averaging(), average_closed(0), n, RATES)),
    ("sum of squares", "s <- s + x^2 over a list is s plus the sum of its squares", STANDARD,
     lambda: summing(2), "cubes", lambda: summing(3)),
    ("a list continued", "folding by any step over two lists joined is folding over the second from where the first ended", STANDARD,
     lambda: continued(False), "restarted at each step", lambda: continued(True)),
    ("two lists", "the sum of squares of two lists joined is that of the second, started from that of the first", STANDARD,
     lambda: joined(True), "the first forgotten", lambda: joined(False)),
)

CLAIMS = tuple(claim for name, statement, source, true, change, false in ROWS for claim in (
    Claim(name, statement, source, true, "proved", "as functions"),
    Claim(f"{name}: {change}", f"{statement}; changed: {change}", source, false, "refuted", "as functions"),
))
