"""The F-adjoint of multilayer perceptrons: backpropagation's two-step rule is the reverse derivative, for all widths.

The statements are ours: of the papers only abstracts and the author's public pages and code were available.
"""

from collections.abc import Callable

import numpy as np
import sympy as sp

from symcat.category.elementwise import generic, sigmoid
from symcat.category.expression import At, Delta
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Z2, Real, Space, dims, space
from symcat.category.trace import apply, trace
from symcat.derivative.f_adjoint import (
    ACTIVATIONS,
    IDENTITY,
    LOGISTIC,
    TANH,
    Activation,
    Net,
    arbitrary,
    augmented,
    coordinatewise,
    f_adjoint,
    f_propagation,
    forward,
    gradient,
    softmax,
    training_step,
)
from symcat.derivative.forward import D
from symcat.derivative.reverse import R
from symcat.laws.claim import Claim, Equation, Formula
from symcat.lens.para import Para, batch

n, n0, n1, B = dims("n n0 n1 B")
SOURCE = "the F-adjoint (arXiv 2304.13820), stated by us from its abstract and the author's public pages"
LOCAL = "the equilibrium F-adjoint (arXiv 2407.11049), stated by us from its abstract and the author's public code"
CODE = "a published script of the F-adjoint, read 2025"
HALF = sp.Rational(1, 2)
S1, S2, S3 = (arbitrary(f"s{k}") for k in (1, 2, 3))
DEEP = Net(("n0", "n1", "n2"), (S1, S2))
LINEAR = Net(("n0", "n1", "n2"), (IDENTITY, IDENTITY))
CUBIC = coordinatewise("y^3 + y^2 + 1", lambda y: y**3 + y**2 + 1, lambda y: y**2)
JAY = trace(lambda x: generic("J")(x), space(x=Real[1]))
FULL = ACTIVATIONS["softmax"]
DIAGONAL = Activation("softmax, diagonal alone", softmax, lambda y, x: softmax(y) * (1 - softmax(y)) * x)
AT_VALUE = coordinatewise("tanh, slope at the value", np.tanh, lambda y: 1 - np.tanh(np.tanh(y)) ** 2)
TWICE = coordinatewise("logistic, slope applied twice", sigmoid, lambda y: (sigmoid(y) * (1 - sigmoid(y))) ** 2)


def equation(left: Callable | Morphism, right: Callable | Morphism, dom: Space | None = None) -> tuple[Equation, ...]:
    """An equation between morphisms, or functions to be traced from `dom`."""
    sides = [side if isinstance(side, Morphism) else trace(side, dom) for side in (left, right)]
    return (Equation(*sides),)


def tupled(value: object) -> tuple:
    """What `apply` gives, as a tuple also when it is one array."""
    return value if isinstance(value, tuple) else (value,)


def theorem(net: Net) -> tuple[Equation, ...]:
    """R[F](W, X^0; xi) = (Y*^l (X^{l-1}; 1)^T for each l, X*^0) at X*^L = xi."""
    return equation(R(forward(net)), gradient(net))


def with_loss(net: Net, loss: Callable, slope: Callable) -> tuple[Equation, ...]:
    """R[J(F(.), t)](...; 1) has, in W and X^0, the F-adjoint's components at X*^L = dJ/dX^L."""
    last = net.cotangent.types[0]
    dom = net.dom * Space((("t", last),))
    objective = trace(lambda *a: np.sum(loss(apply(forward(net), *a[:-1]), a[-1])), dom)
    derived = R(objective)
    left = lambda *a: tupled(apply(derived, *a, 1))[:-1]
    right = lambda *a: apply(gradient(net), *a[:-1], slope(apply(forward(net), *a[:-1]), a[-1]))
    return equation(left, right, dom)


def linear() -> tuple[Equation, ...]:
    """F*(X^0, a xi + b zeta) = a F*(X^0, xi) + b F*(X^0, zeta), in every component."""
    net, star = DEEP, DEEP.cotangent.types[0]
    dom = net.dom * Space((("xi", star), ("zeta", star))) * space(a=Real[()], b=Real[()])

    def mixed(*arrays):
        *point, xi, zeta, a, b = arrays
        return apply(f_adjoint(net), *point, a * xi + b * zeta)

    def parts(*arrays):
        *point, xi, zeta, a, b = arrays
        pairs = zip(apply(f_adjoint(net), *point, xi), apply(f_adjoint(net), *point, zeta), strict=True)
        return tuple(a * x + b * z for x, z in pairs)
    return equation(mixed, parts, dom)


def adjoint(pull: Callable = lambda x: x) -> tuple[Equation, ...]:
    """<xi, DF(X^0) h> = <X*^0, h>; `pull` spoils X*^0."""
    net = DEEP
    dom = net.dom * net.cotangent * space(h=Real["n0"])
    forwards = D(forward(net))

    def left(*arrays):
        *point, xi, h = arrays
        return np.sum(xi * apply(forwards, *point, *map(np.zeros_like, point[:-1]), h))
    return equation(left, lambda *a: np.sum(pull(apply(f_adjoint(net), *a[:-1])[-1]) * a[-1]), dom)


def recursion() -> tuple[Equation, ...]:
    """DF(X^0) h by Y' = W# X', X' = s'(Y) Y', upwards from X' = h."""
    net = DEEP
    dom = net.dom * space(h=Real["n0"])
    forwards = D(forward(net))

    def upwards(*arrays):
        *weights, x, h = arrays
        before = tupled(apply(f_propagation(net), *weights, x))[::2]
        for w, y, activation in zip(weights, before, net.activations, strict=True):
            h = activation.transposed(y, w[:, :-1] @ h)    # its own transpose, as it is diagonal
        return h
    return equation(lambda *a: apply(forwards, *a[:-1], *map(np.zeros_like, a[:-2]), a[-1]), upwards, dom)


def composed() -> tuple[Equation, ...]:
    """F* of stacked nets: the upper net's at X*^L, then the lower net's at the X*^0 that it gives."""
    lower, upper = Net(("n0", "n1"), (S1,)), Net(("n1", "n2", "n3"), (S2, S3))
    whole = lower >> upper

    def chained(*arrays):
        w1, w2, w3, x, x_star = arrays
        above = apply(f_adjoint(upper), w2, w3, apply(forward(lower), w1, x), x_star)
        return *above, *apply(f_adjoint(lower), w1, x, above[-1])
    return equation(f_adjoint(whole), chained, whole.dom * whole.cotangent)


def as_lenses() -> tuple[Equation, ...]:
    """The put of layer after layer as parametric lenses, whose parameters are W^2 * W^1, against the gradient."""
    layers = [Para(forward(Net(widths, (s,))), 1).lens() for widths, s in ((("n0", "n1"), S1), (("n1", "n2"), S2))]

    def reordered(w2, w1, x, xi):
        first, second, back = apply(gradient(DEEP), w1, w2, x, xi)
        return second, first, back
    put = (layers[0] >> layers[1]).lens.put
    return equation(put, reordered, put.dom)


def linear_net() -> tuple[Equation, ...]:
    product = lambda w1, w2, x, xi: (w2[:, :-1] @ w1[:, :-1]).T @ xi
    return equation(lambda *a: apply(f_adjoint(LINEAR), *a)[-1], product, LINEAR.dom * LINEAR.cotangent)


def twice_transposed() -> tuple[Equation, ...]:
    """The F-adjoint of the net with transposed weights, in the other order and without bias, is the net without bias."""
    back = Net(("n2", "n1", "n0"), (IDENTITY, IDENTITY))
    turned = lambda w: np.concatenate([w[:, :-1].T, np.zeros_like(w[:1, :-1].T)], axis=1)
    right = lambda w1, w2, x, xi: w2[:, :-1] @ (w1[:, :-1] @ x)
    return equation(lambda w1, w2, x, xi: apply(f_adjoint(back), turned(w2), turned(w1), xi, x)[-1], right,
                    LINEAR.dom * LINEAR.cotangent)


def bias_column() -> tuple[Equation, ...]:
    """The last column of R[F] in W^l is Y*^l."""
    derived = R(forward(DEEP))
    last = lambda *a: tuple(g[:, -1] for g in apply(derived, *a)[:-1])
    return equation(last, lambda *a: tuple(apply(f_adjoint(DEEP), *a)[::2][::-1]), DEEP.dom * DEEP.cotangent)


def back_through(columns: Callable) -> tuple[Equation, ...]:
    """X*^0 of one layer, by a choice of columns of W."""
    net = Net(("n0", "n1"), (S1,))
    derived = R(forward(net))

    def by_columns(w, x, xi):
        y_star, _ = apply(f_adjoint(net), w, x, xi)
        return columns(w).T @ y_star
    return equation(lambda *a: apply(derived, *a)[-1], by_columns, net.dom * net.cotangent)


def new_weights() -> tuple[Callable, Callable, Space]:
    """X*^1 of a two-layer net with the new and with the old W^2, after a step of rate lr."""
    def new(w1, w2, x, xi, lr):
        x1 = tupled(apply(f_propagation(DEEP), w1, w2, x))[1]
        y_star = apply(f_adjoint(DEEP), w1, w2, x, xi)[0]
        return (w2 - lr * np.outer(y_star, augmented(x1)))[:, :-1].T @ y_star

    def old(w1, w2, x, xi, lr):
        return apply(f_adjoint(DEEP), w1, w2, x, xi)[1]
    return new, old, DEEP.dom * DEEP.cotangent * space(lr=Real[()])


def update_order() -> tuple[Equation, ...]:
    new, old, dom = new_weights()
    return equation(new, old, dom)


def update_order_error() -> tuple[Equation, ...]:
    new, old, dom = new_weights()

    def error(w1, w2, x, xi, lr):
        x1 = tupled(apply(f_propagation(DEEP), w1, w2, x))[1]
        return -lr * np.sum(apply(f_adjoint(DEEP), w1, w2, x, xi)[0] ** 2) * x1
    return equation(lambda *a: new(*a) - old(*a), error, dom)


def step_is_descent() -> tuple[Equation, ...]:
    """The training step subtracts lr times the reverse derivative."""
    derived = R(forward(DEEP))
    descent = lambda *a, lr: tuple(w - lr * g for w, g in zip(a, apply(derived, *a)[:-1], strict=False))
    return equation(training_step(DEEP), descent, DEEP.dom * DEEP.cotangent)


def top_covector(loss: Callable, covector: Callable) -> tuple[Equation, ...]:
    """The gradient of a loss of the pre-activation y, with target t, is a covector."""
    pair = space(y=Real[n], t=Real[n])
    derived = R(trace(lambda y, t: np.sum(loss(y, t)), pair))
    return equation(lambda y, t: apply(derived, y, t, 1)[0], covector, pair)


def squares(y, t):
    return HALF * (sigmoid(y) - t) ** 2


def binary_cross_entropy(y, t):
    return -t * np.log(sigmoid(y)) - (1 - t) * np.log(1 - sigmoid(y))


def softmax_cross_entropy(y, t):
    return t * (np.log(np.sum(np.exp(y))) - y)


def squares_slope(y, t):
    return (sigmoid(y) - t) * sigmoid(y) * (1 - sigmoid(y))


def batches(reduced: Callable) -> tuple[Equation, ...]:
    """Gradients in W^l of F on a batch, against gradients of the samples, reduced."""
    net = DEEP
    together = R(batch(forward(net), B, [net.depth]))
    apart = batch(gradient(net), B, [net.depth, net.depth + 1])
    left = lambda *a: tuple(apply(together, *a)[:-1])
    return equation(left, lambda *a: tuple(reduced(g) for g in apply(apart, *a)[:-1]), together.dom)


# ---- relaxation of the equilibrium F-adjoint: X <- X - tau (X - b), with b = W#^T Y*
RELAXATION = space(x=Real[n], b=Real[n], u=Real[()], tau=Real[()])
TAU, X, BOUND = sp.symbols("tau x b", real=True)


def relaxed(x, b, tau):
    return x - tau * (x - b)


def relaxation() -> tuple[Equation, ...]:
    """X_k = b + u (x - b) with u = (1 - tau)^k: so it is at k = 0, where u = 1, and from k to k + 1."""
    base = trace(lambda x, b, u, tau: b + 1 * (x - b), RELAXATION)
    after = trace(lambda x, b, u, tau: relaxed(b + u * (x - b), b, tau), RELAXATION)
    return (*equation(base, lambda x, b, u, tau: x, RELAXATION),
            *equation(after, lambda x, b, u, tau: b + u * (1 - tau) * (x - b), RELAXATION))


def residual(low: str, high: str) -> Formula:
    """r^100 for r = 9/10, through r^10 and r^50, lies between two numbers."""
    r = sp.symbols("r r10 r50 r100", real=True)
    powers = (sp.Eq(r[0], sp.Rational(9, 10)), sp.Eq(r[1], r[0] ** 10), sp.Eq(r[2], r[1] ** 5), sp.Eq(r[3], r[2] ** 2))
    return Formula(powers, sp.And(r[3] > sp.Rational(low), r[3] < sp.Rational(high)))


# ---- the worked example of the author's notebook: exact weights, data (0, 0), J = (X - 1)^2 / 2
EXAMPLE = Net((2, 2, 1), (LOGISTIC, LOGISTIC))
NUMBERS = ([[1, -1, 1], [-1, 1, -1]], [[1, -1, 1]], [0, 0])


def table(build: Builder, numbers: object) -> str:
    """A constant array."""
    values = np.asarray(numbers, dtype=object)
    entries = list(np.ndindex(values.shape))
    return build.gather(values.shape, lambda *i: sp.Add(*[
        sp.Rational(values[place]) * sp.Mul(*[Delta(k - at) for k, at in zip(i, place, strict=True)]) for place in entries]))


def notebook(*numbers: sp.Rational) -> tuple[Equation, ...]:
    """X*^0 of the example, against numbers."""
    build = Builder()
    point = [table(build, one) for one in NUMBERS]
    (top,) = build.call(forward(EXAMPLE), point)
    error = build.gather((1,), lambda i: At(top, i) - 1)
    left = build.build(build.call(f_adjoint(EXAMPLE), [*point, error])[-1:], ["X0_star"])
    other = Builder()
    return equation(left, other.build([table(other, numbers)], ["X0_star"]))


def antisymmetric() -> tuple[Equation, ...]:
    """The two components of X*^0 of the example add up to 0."""
    (left,) = notebook(0, 0)
    return equation(left.lhs >> trace(lambda x: x[0] + x[1], space(x=Real[2])), left.lhs >> trace(lambda x: 0 * x[0], space(x=Real[2])))


RDC_F = "R[F](W, X^0; xi) = (Y*^l (X^{l-1}; 1)^T for each l, X*^0) with X*^L = xi"
NETS = {
    "depth 1": Net(("n0", "n1"), (S1,)),
    "depth 2": DEEP,
    "depth 3": Net(("n0", "n1", "n2", "n3"), (S1, S2, S3)),
    "2-3-1": Net((2, 3, 1), (S1, S2)),
    "relu": Net(("n0", "n1", "n2"), (ACTIVATIONS["relu"], IDENTITY)),
    "softmax, full Jacobian": Net(("n0", "n1", "n2"), (S1, FULL)),
    "softmax between layers": Net(("n0", "n1", "n2"), (FULL, S2)),
}
WRONG = {
    "softmax, diagonal alone": (Net(("n0", "n1"), (DIAGONAL,)), CODE),
    "slope at the value": (Net(("n0", "n1"), (AT_VALUE,)), "near miss: s'(X) for s'(Y)"),
    "slope applied twice": (Net(("n0", "n1"), (TWICE,)), CODE),
}
OVER_Z2 = {
    "depth 1": Net(("n0", "n1"), (CUBIC,), Z2),
    "depth 2": Net(("n0", "n1", "n2"), (CUBIC, IDENTITY), Z2),
    "1-1-1": Net((1, 1, 1), (CUBIC, CUBIC), Z2),
}
REDUCED_TO_ONE = Net(("n0", "n1", 1), (S1, S2))

CLAIMS = (
    *(Claim(f"RDC-F {name}", RDC_F, SOURCE, lambda net=net: theorem(net)) for name, net in NETS.items()),
    *(Claim(f"RDC-F {name}", f"{RDC_F}, for {name}", source, lambda net=net: theorem(net), "refuted")
      for name, (net, source) in WRONG.items()),
    *(Claim(f"RDC-F over Z2, {name}", f"{RDC_F}, over Z2 with s(y) = y^3 + y^2 + 1 and s'(y) = y^2", SOURCE,
            lambda net=net: theorem(net)) for name, net in OVER_Z2.items()),
    Claim("RDC-F over Z2, slope of y", "y^2 has the slope of y over Z2: they are one function, but not one polynomial", SOURCE,
          lambda: theorem(Net(("n0", "n1"), (coordinatewise("y^2", lambda y: y**2, np.ones_like),), Z2)), "refuted"),
    Claim("gradient, arbitrary loss", "dJ/dW^l = Y*^l (X^{l-1}; 1)^T and dJ/dX^0 = X*^0, for arbitrary s^1, s^2 and J of one output",
          SOURCE, lambda: with_loss(REDUCED_TO_ONE, lambda x, t: generic("J")(x), lambda x, t: apply(R(JAY), x, np.ones_like(x)))),
    *(Claim(f"gradient, {one.name} then {two.name}", "dJ/dW^l = Y*^l (X^{l-1}; 1)^T and dJ/dX^0 = X*^0 for J = |X^L - t|^2 / 2", SOURCE,
            lambda one=one, two=two: with_loss(Net(("n0", "n1", "n2"), (one, two)), lambda x, t: HALF * (x - t) ** 2, lambda x, t: x - t))
      for one, two in ((LOGISTIC, LOGISTIC), (TANH, IDENTITY))),
    Claim("F-adjoint is linear", "F*(a xi + b zeta) = a F*(xi) + b F*(zeta)", SOURCE, linear),
    Claim("adjoint identity", "<xi, DF(X^0) h> = <X*^0, h> for all h", SOURCE, adjoint),
    Claim("adjoint identity, near miss", "<xi, DF(X^0) h> = <-X*^0, h>", SOURCE, lambda: adjoint(lambda x: -x), "refuted"),
    Claim("forward recursion", "DF(X^0) h is the recursion Y' = W# X', X' = s'(Y) Y' from X' = h", SOURCE, recursion),
    Claim("F-adjoint of stacked nets", "F* of K after L is K's F*, then L's at the X*^0 that K's gives", SOURCE, composed),
    Claim("layers as parametric lenses", "composing layers as lenses concatenates F-propagations: its put is the gradient",
          SOURCE, as_lenses),
    Claim("identity net", "with s the identity, X*^0 = (W#^2 W#^1)^T X*^2", SOURCE, linear_net),
    Claim("identity net, twice", "the F-adjoint of the transposed net without bias is the net without bias", SOURCE, twice_transposed),
    Claim("bias column", "the last column of dJ/dW^l is Y*^l", SOURCE, bias_column),
    Claim("back through W#", "X*^0 = (W#)^T Y*, with the bias column left out", SOURCE, lambda: back_through(lambda w: w[:, :-1])),
    Claim("back through W", "X*^0 = (W without its first column)^T Y*", "near miss: the bias column left in",
          lambda: back_through(lambda w: w[:, 1:]), "refuted"),
    Claim("training step", "the training step is W - lr R[F]", SOURCE, step_is_descent),
    Claim("new weights in the sweep", "X*^1 may be taken with the new W^2", CODE, update_order, "refuted"),
    Claim("new weights in the sweep, error", "X*^1 by the new W^2 differs from X*^1 by -lr |Y*^2|^2 X^1", SOURCE, update_order_error),
    Claim("squares after a logistic", "(X - t) s'(Y) is the gradient of |X - t|^2 / 2", SOURCE,
          lambda: top_covector(squares, squares_slope)),
    Claim("cross-entropy, with the slope", "(X - t) s'(Y) is the gradient of the cross-entropy after a logistic", CODE,
          lambda: top_covector(binary_cross_entropy, squares_slope), "refuted"),
    Claim("cross-entropy after a logistic", "X - t is the gradient of the cross-entropy after a logistic", SOURCE,
          lambda: top_covector(binary_cross_entropy, lambda y, t: sigmoid(y) - t)),
    Claim("cross-entropy after softmax", "(sum t) X - t is the gradient of the cross-entropy after softmax", SOURCE,
          lambda: top_covector(softmax_cross_entropy, lambda y, t: np.sum(t) * softmax(y) - t)),
    Claim("batch gradient", "the gradient of a batch is the sum of the samples' gradients", SOURCE,
          lambda: batches(lambda g: np.sum(g, axis=0))),
    Claim("batch gradient, mean", "the gradient of a batch is the mean of the samples' gradients", "near miss",
          lambda: batches(lambda g: np.mean(g, axis=0)), "refuted"),
    Claim("relaxation, closed form", "X_k = b + (1 - tau)^k (X_0 - b): at k = 0, and from k to k + 1", LOCAL, relaxation),
    Claim("relaxation, fixed point", "b is a fixed point of the relaxation", LOCAL,
          lambda: equation(lambda x, b, u, tau: relaxed(b, b, tau), lambda x, b, u, tau: b, RELAXATION)),
    Claim("relaxation, only fixed point", "for tau != 0 a fixed point of the relaxation is b", LOCAL,
          lambda: Formula((sp.Ne(TAU, 0), sp.Eq(relaxed(X, BOUND, TAU), X)), sp.Eq(X, BOUND)), equality="as functions"),
    Claim("relaxation, stability", "|1 - tau| < 1 exactly where 0 < tau < 2", LOCAL,
          lambda: Formula((), sp.Equivalent((1 - TAU) ** 2 < 1, sp.And(TAU > 0, TAU < 2))), equality="as functions"),
    Claim("relaxation, stability, near miss", "|1 - tau| < 1 wherever 0 < tau", LOCAL,
          lambda: Formula((TAU > 0,), (1 - TAU) ** 2 < 1), "refuted", "as functions"),
    Claim("relaxation, residual", "100 steps at tau = 1/10 leave 0.9^100 = 2.656139889e-5 to ten digits", LOCAL,
          lambda: residual("2.6561398885e-5", "2.6561398895e-5"), equality="as functions"),
    Claim("notebook's last value", "X*^0 of the notebook's 2-2-1 example is (-0.02, 0.02)",
          "the author's notebook, which rounds at every step", lambda: notebook(-sp.Rational(1, 50), sp.Rational(1, 50)), "refuted"),
    Claim("notebook's example", "the two components of X*^0 of the notebook's 2-2-1 example add up to 0", SOURCE, antisymmetric),
)
