"""Naturality of flows: what optimisers become as steps vanish, and which of these flows every change of coordinates respects.

A flow of parameter and momentum is natural under phi when the parameter moves by J theta' = theta~' and the momentum, m = J^T m~,
by m' = J^T m~' + (d/dt J^T) m~.  The second term is what makes plain momentum unnatural; a connection supplies it.  Derivatives of
phi are symbols unless a formula is given, so that an identity holds for every change of one or of two coordinates.
"""

from __future__ import annotations

import numpy as np
import sympy as sp
from _flow import flow, gamma, gamma2, square
from _scalars import OURS, Difference, entrywise, identity

from symcat.category.elementwise import generic
from symcat.category.functions import sign
from symcat.category.space import Real, dims, space
from symcat.category.trace import apply, trace
from symcat.derivative.reverse import R
from symcat.laws.claim import Claim, Equation, Inequality
from symcat.laws.jets import Jet, Matrix, column, contraction, generic_jet, jet, levi_civita, slopes_of, symmetric
from symcat.learn.optimisers import adagrad, adam, momentum_ema, momentum_torch, nat_adam, nat_gd, nat_heavy_ball
from symcat.learn.optimisers.entry import entry
from symcat.learn.optimisers.natural import with_metric

x, y, t = sp.symbols("x y t", real=True)
p, g, m, b, lr, slope = sp.symbols("p g m b lr slope", real=True)
r, G, v, eta, u = sp.symbols("r G v eta u", positive=True)
B1, B2 = sp.symbols("b1 b2", real=True)
n, k = dims("n k")

# ---- limits of steps: which flow is meant
ADAM, EMA, SUM, ADAGRAD = (entry(rule) for rule in (adam.at(eps=0), momentum_ema, momentum_torch, adagrad.at(eps=0)))


def at(expr: sp.Expr, **values: object) -> sp.Expr:
    """An output of one entry of a rule, with values for some of its symbols."""
    return expr.subs({symbol: values[symbol.name] for symbol in expr.free_symbols if symbol.name in values}, simultaneous=True)


FIRST = at(ADAM.outputs["p"], m=0, v=0, t=0) - p
POWER1, POWER2, COUNT = sp.symbols("c1 c2 t", real=True)       # b1^t and b2^t
CONSTANT = at(ADAM.outputs["p"].subs({B1 ** (COUNT + 1): B1 * POWER1, B2 ** (COUNT + 1): B2 * POWER2}),
              m=g * (1 - POWER1), v=g**2 * (1 - POWER2)) - p
BETAS = (B1 > 0, B1 < 1, B2 > 0, B2 < 1)

LIMITS = (
    identity("average, vanishing beta", "m <- b m + (1 - b) g with b = 1 - gamma eta: the change over eta is gamma (g - m), at every eta",
             (at(EMA.outputs["m"], b1=1 - gamma * eta) - m) / eta, gamma * (g - m)),
    identity("second moment, vanishing beta", "v <- b v + (1 - b) g^2 with b = 1 - gamma2 eta: the change over eta is gamma2 (g^2 - v)",
             (at(ADAM.outputs["v"], b2=1 - gamma2 * eta, v=v) - v) / eta, gamma2 * (g**2 - v)),
    identity("AdaGrad, vanishing rate", "with S = eta s and lr = sqrt(eta), S grows by eta g^2: S' = g^2",
             eta * at(ADAGRAD.outputs["s"], s=v / eta) - v, eta * g**2),
    identity("AdaGrad, vanishing rate, parameter", "with S = eta s and lr = sqrt(eta) the parameter moves by -eta g / sqrt(S + eta g^2)",
             at(ADAGRAD.outputs["p"], s=v / eta, lr=sp.sqrt(eta)) - p, -eta * g / sp.sqrt(v + eta * g**2)),
    identity("average, fixed beta", "with b fixed, at a constant gradient, the average rests at m = g", at(EMA.outputs["m"], m=g), g),
    identity("momentum, fixed beta", "at a constant gradient m <- b m + g rests at g / (1 - b): descent of rate lr / (1 - b)",
             at(SUM.outputs["v"], v=g / (1 - b), gamma=b), g / (1 - b)),
    identity("Adam, fixed betas", "at a constant gradient, where m = (1 - b1^t) g and v = (1 - b2^t) g^2, every step is -lr sign(g)",
             CONSTANT, -lr * sign(g), (sp.Ne(g, 0), POWER1 > 0, POWER1 <= 1, POWER2 > 0, POWER2 <= 1, *BETAS)),
    identity("Adam, first step", "the first step of Adam from zero states, with eps = 0, is -lr sign(g)", FIRST, -lr * sign(g),
             (sp.Ne(g, 0), *BETAS)),
    identity("Adam, first step, near miss", "the first step of Adam from zero states, with eps = 0, is -lr g", FIRST, -lr * g,
             (sp.Ne(g, 0), *BETAS), "refuted"),
    Claim("bias factor, from above", "(1 - u)^(1/u) <= exp(-1), in logarithms: so (1 - gamma eta)^(t/eta) <= exp(-gamma t)", OURS,
          lambda: Inequality(sp.log(1 - u), -u, "<=", (u < 1,)), equality="as functions"),
    Claim("bias factor, from below", "(1 - u)^(1/u) >= exp(-1 / (1 - u)), in logarithms: both bounds meet as u = gamma eta vanishes, "
          "so 1 - (1 - gamma eta)^(t/eta) tends to 1 - exp(-gamma t)", OURS,
          lambda: Inequality(-u / (1 - u), sp.log(1 - u), "<=", (u < 1,)), equality="as functions"),
)

# ---- changes of coordinates, and tensors on the target's side
LINE, PLANE = generic_jet(1), generic_jet(2)
D1, D2 = LINE.first[0], LINE.second[0][0]
EXP, CUBE = jet((sp.exp(x),), (x,)), jet((x**3,), (x,))
POLAR = jet((r * sp.cos(t), r * sp.sin(t)), (r, t))
G1, M1, C1, UPPER1 = Matrix([[g]]), Matrix([[m]]), Matrix([[1 / G]]), (Matrix([[slope / (2 * G)]]),)
G2, M2, C2, UPPER2 = column("g", 2), column("m", 2), symmetric("C", 2), tuple(symmetric(f"Gamma{upper}", 2) for upper in range(2))
FLAT1, FLAT2 = (Matrix.zeros(1, 1),), (Matrix.zeros(2, 2),) * 2
ONE, TWO = (G1, M1, C1), (G2, M2, C2)
CASES = {
    "any phi of the line": (1, LINE, ONE, UPPER1, ()), "y = exp x": (1, EXP, ONE, UPPER1, ()), "y = x^3": (1, CUBE, ONE, UPPER1, (x > 0,)),
    "polar": (2, POLAR, TWO, FLAT2, ()), "any phi of the plane": (2, PLANE, TWO, UPPER2, ()),
}


def natural(rule, leg: str, words: str) -> tuple[Claim, ...]:
    """One leg of a flow's square commutes for every change of coordinates of the table."""
    flows = {size: flow(rule, size) for size in (1, 2)}
    return tuple(claim for name, (size, phi, point, upper, domain) in CASES.items()
                 for claim in entrywise(f"{rule.name}, {leg}, {name}", f"{words} under {name}",
                                        square(flows[size], phi, *point, upper, v=v)[leg], assuming=domain))


PARAMETER, MOMENTUM = "the parameter's flow is natural", "the momentum's flow is natural"
DESCENT = natural(nat_gd, "p", PARAMETER)
HEAVY_BALL = (*natural(nat_heavy_ball, "p", PARAMETER), *natural(nat_heavy_ball, "m", MOMENTUM))
ADAM_NATURAL = (*natural(nat_adam, "p", PARAMETER), *natural(nat_adam, "m", MOMENTUM),
                *natural(nat_adam, "v", "the flow of v, the average of |g|^2_C, is natural"))

# ---- momentum without a connection
NAIVE = with_metric(momentum_ema)
NAIVE1, NAIVE2 = (flow(NAIVE, size) for size in (1, 2))
POLAR_MOMENTUM = Matrix([sp.Symbol("p_r", real=True), sp.Symbol("p_t", real=True)])       # J^T m~
P_R, P_T = POLAR_MOMENTUM
CARTESIAN = POLAR.inverse.T * POLAR_MOMENTUM
NAIVE_POLAR = square(NAIVE2, POLAR, G2, CARTESIAN, Matrix.eye(2), FLAT2)

WITHOUT = (
    *entrywise("naive heavy ball, parameter", "without a connection the parameter's flow is natural under any phi of the line",
               square(NAIVE1, LINE, *ONE, FLAT1)["p"]),
    *Difference("naive heavy ball, momentum", "without a connection the momentum's flow is natural under any phi of the line",
                square(NAIVE1, LINE, *ONE, FLAT1)["m"][0], m**2 * D2 / (G * D1), {m: 1, D2: 1, G: 1, D1: 1}, 1).claims,
    *entrywise("naive heavy ball, polar, parameter", "without a connection the parameter's flow is natural under polar coordinates",
               NAIVE_POLAR["p"]),
    identity("naive heavy ball, polar", "without a connection the momentum's flow is natural under polar coordinates",
             (POLAR.inverse.T * NAIVE_POLAR["m"])[0], expected="refuted"),
    *entrywise("naive heavy ball, polar, residual", "the momentum's flow misses by (p_t^2 cos t, p_t^2 sin t) / r^3, read on the target",
               POLAR.inverse.T * NAIVE_POLAR["m"], Matrix([P_T**2 * sp.cos(t), P_T**2 * sp.sin(t)]) / r**3),
    *entrywise("naive heavy ball, affine", "without a connection momentum is natural under every affine map of the plane",
               square(NAIVE2, Jet(PLANE.first, FLAT2), *TWO, FLAT2)["m"]),
)

# ---- which connection: that of the metric moves as a connection has to, and gives Hamilton's form
METRIC2, SLOPES2 = symmetric("G", 2), tuple(symmetric(f"G{one}", 2) for one in ("x", "y"))


def pulled_slopes(phi: Jet, metric: Matrix, slopes: tuple[Matrix, ...]) -> tuple[Matrix, ...]:
    """The derivatives of J^T G~ J along each coordinate of the source."""
    size = metric.rows
    found = []
    for i in range(size):
        turning = Matrix(size, size, lambda a, j, i=i: phi.second[a][i, j])
        along = sum((phi.first[c, i] * slopes[c] for c in range(size)), Matrix.zeros(size, size))
        found.append(turning.T * metric * phi.first + phi.first.T * metric * turning + phi.first.T * along * phi.first)
    return tuple(found)


def levi_civita_moves(phi: Jet, metric: Matrix, slopes: tuple[Matrix, ...], upper: int) -> Matrix:
    source = levi_civita(phi.metric(metric), pulled_slopes(phi, metric, slopes))
    return source[upper] - phi.connection(levi_civita(metric, slopes))[upper]


def hamiltonian(metric: Matrix, slopes: tuple[Matrix, ...]) -> Matrix:
    """Gamma^l_kj velocity^j m_l with velocity = -C m, less (d_k C^ij) m_i m_j / 2, where d_k C = -C (d_k G) C."""
    inverse = metric.adjugate() / metric.det()
    upper = contraction(levi_civita(metric, slopes), -inverse * M2, M2)
    return upper - Matrix([-(M2.T * inverse * one * inverse * M2)[0] / 2 for one in slopes])


CONNECTIONS = (
    *entrywise("Levi-Civita, any phi of the line", "the Christoffel symbol of a metric of the line moves as a connection",
               levi_civita_moves(LINE, Matrix([[G]]), (Matrix([[slope]]),), 0)),
    *(claim for upper in range(2) for claim in entrywise(
        f"Levi-Civita, any phi of the plane, upper {upper + 1}", "the Christoffel symbols of a metric of the plane move as a connection",
        levi_civita_moves(PLANE, METRIC2, SLOPES2, upper))),
    *(claim for upper, known in enumerate((Matrix([[0, 0], [0, -r]]), Matrix([[0, 1 / r], [1 / r, 0]]))) for claim in entrywise(
        f"Levi-Civita, polar, upper {upper + 1}", "Gamma^r_tt = -r and Gamma^t_rt = 1 / r, and no others",
        levi_civita(Matrix.diag(1, r**2), slopes_of(Matrix.diag(1, r**2), (r, t)))[upper], known)),
    *(claim for upper in range(2) for claim in entrywise(
        f"flat connection, polar, upper {upper + 1}", "none in Cartesian coordinates become those of diag(1, r^2) in polar ones",
        POLAR.connection(FLAT2)[upper], levi_civita(Matrix.diag(1, r**2), slopes_of(Matrix.diag(1, r**2), (r, t)))[upper])),
    *entrywise("Hamilton's form", "with the metric's connection the covariant term is (d_k C^ij) m_i m_j / 2, a gradient of energy",
               hamiltonian(METRIC2, SLOPES2)),
)

# ---- at every size: gradients are covectors, and the cometric of a map makes descent natural
DEEP = space(A=Real[k, n], B=Real[k, k], x=Real[n])
phi, psi = generic("phi"), generic("psi")


def gradient_of_composite(A, B, x):
    loss = lambda A, B, x: np.sum(psi(B @ phi(A @ x)))
    return apply(R(trace(loss, DEEP)), A, B, x, 1)[2]


def pulled_gradient(A, B, x):
    outer = apply(R(trace(lambda B, y: np.sum(psi(B @ y)), space(B=Real[k, k], y=Real[k]))), B, phi(A @ x), 1)[1]
    return apply(R(trace(lambda A, x: phi(A @ x), space(A=Real[k, n], x=Real[n]))), A, x, outer)[1]


RELATED = space(p=Real[n], g=Real[k], J=Real[k, n], C=Real[n, n])


def equal(left, right, dom, source: str = OURS) -> tuple[Equation, ...]:
    return (Equation(trace(left, dom), trace(right, dom)),)


EVERY_SIZE = (
    Claim("gradients are covectors", "R[L . phi](x, 1) = R[phi](x, R[L](phi x, 1)), for L = sum psi(B y) and phi = phi(A x) of every size",
          "RD.5, the chain rule", lambda: equal(gradient_of_composite, pulled_gradient, DEEP)),
    Claim("gradients are covectors, near miss", "the gradient of L . phi is that of L at phi x, multiplied by A^T alone", "near miss",
          lambda: equal(gradient_of_composite, lambda A, B, x: A.T @ apply(
              R(trace(lambda B, y: np.sum(psi(B @ y)), space(B=Real[k, k], y=Real[k]))), B, phi(A @ x), 1)[1], DEEP), "refuted"),
    Claim("natural descent, related cometrics", "a step of nat_gd from p with the gradient J^T g~, less p, is pushed by J to the step with "
          "the cometric J C J^T: every J, invertible or not, at every size", OURS,
          lambda: equal(lambda p, g, J, C: J @ (apply(nat_gd.step(Real[n]), p, J.T @ g, C) - p),
                        lambda p, g, J, C: apply(nat_gd.step(Real[k]), 0 * g, g, J @ C @ J.T), RELATED)),
    Claim("natural descent, related cometrics, near miss", "with the cometric J^T C J", "near miss: J transposed", lambda: equal(
        lambda p, g, J, C: J @ (apply(nat_gd.step(Real[n]), p, J.T @ g, C) - p),
        lambda p, g, J, C: apply(nat_gd.step(Real[n]), 0 * g, g, J.T @ C @ J),
        space(p=Real[n], g=Real[n], J=Real[n, n], C=Real[n, n])), "refuted"),
    Claim("size of a gradient", "g^T C g = g~^T (J C J^T) g~ for g = J^T g~: the scalar of nat_adam is the same in all coordinates", OURS,
          lambda: equal(lambda p, g, J, C: (J.T @ g) @ C @ (J.T @ g), lambda p, g, J, C: g @ (J @ C @ J.T) @ g, RELATED)),
    Claim("natural descent, affine step", "A (step of nat_gd) + c is the step from A p + c with the cometric A C A^T, at every size", OURS,
          lambda: equal(lambda p, g, J, C, c: J @ apply(nat_gd.step(Real[n]), p, J.T @ g, C) + c,
                        lambda p, g, J, C, c: apply(nat_gd.step(Real[k]), J @ p + c, g, J @ C @ J.T), RELATED * space(c=Real[k]))),
)

CLAIMS = (*LIMITS, *DESCENT, *HEAVY_BALL, *ADAM_NATURAL, *WITHOUT, *CONNECTIONS, *EVERY_SIZE)
