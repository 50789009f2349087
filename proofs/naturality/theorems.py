"""Lemmas on which optimisers are natural, and under which maps: T1 to T9, each with a neighbour that is refuted.

T1 steepest descent in a norm, T2 plain descent, T3 powers of second moments, T4 units, T5 cometrics, T6 momentum (in `flows`),
T7 finite steps, T8 more parameters than outputs, T9 states that add up what belongs to different points.  An equivalence is stated
as what its two directions need: an identity for the residual, which is 0 exactly where the condition holds.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import sympy as sp
from _flow import expressions
from _scalars import FUNCTIONS, OURS, Difference, entrywise, identity

from symcat.category.elementwise import generic
from symcat.category.functions import sign
from symcat.category.space import Real, Space, dims, space
from symcat.category.trace import apply, trace
from symcat.derivative.forward import D
from symcat.laws.claim import Claim, Equation, Inequality
from symcat.laws.jets import Jet, Matrix, column, generic_jet, jet, symmetric
from symcat.learn.optimisers import nat_gd
from symcat.learn.optimisers.matrix import newton_schulz
from symcat.learn.optimisers.small_matrices import inverse_root, polar_factor

x, y, u, w = sp.symbols("x y u w", real=True)
a, b, c, g, k, m, power, other = sp.symbols("a b c g k m power other", real=True)
scale, v, row, col = sp.symbols("scale v row col", positive=True)
n, rows = dims("n rows")
HALF = sp.Rational(1, 2)
NEAR = "near miss"


def equal(left: Callable, right: Callable, dom: Space) -> tuple[Equation, ...]:
    return (Equation(trace(left, dom), trace(right, dom)),)


def rotation(half: sp.Symbol) -> Matrix:
    """Every rotation of the plane but the half turn, by the tangent of half its angle."""
    return Matrix([[1 - half**2, -2 * half], [2 * half, 1 - half**2]]) / (1 + half**2)


G2, X2, SPD = column("g", 2), Matrix(2, 2, sp.symbols("X11 X12 X21 X22", real=True)), symmetric("S", 2)
NOT_ZERO = (G2[0] ** 2 + G2[1] ** 2 > 0,)

# ---- T1: the direction of steepest descent in a norm is natural exactly under the isometries of the norm
SIGNED = tuple(Matrix([[s, 0], [0, t]]) * turn for turn in (Matrix.eye(2), Matrix([[0, 1], [1, 0]])) for s in (1, -1) for t in (1, -1))


def steepest(direction: Callable[[Matrix], Matrix], left: Matrix, g: Matrix = G2) -> Matrix:
    return left * direction(left.T * g) - direction(g)


def signs(g: Matrix) -> Matrix:
    return g.applyfunc(sign)


def normalised(g: Matrix) -> Matrix:
    return g / sp.sqrt(sum(entry**2 for entry in g))


def numerator(matrix: Matrix) -> Matrix:
    """X + det X X^-T, linear for 2 x 2 matrices."""
    return matrix + matrix.adjugate().T


def squared(matrix: Matrix) -> sp.Expr:
    """|X|^2 + 2 det X, the square of what the numerator is divided by where det X > 0."""
    return sum(entry**2 for entry in matrix) + 2 * matrix.det()


def polynomial(matrix: Matrix) -> Matrix:
    return expressions(lambda z: newton_schulz(z, 3, -5, 2, steps=1), matrix)


LEFT, SIDES = rotation(u), {"left": (rotation(u), Matrix.eye(2)), "right": (Matrix.eye(2), rotation(u))}
BOX = tuple(relation for one in (u, w) for relation in (one >= -1, one <= 1))

STEEPEST = (
    Claim("T1 sign is steepest in the largest entry", "<g, v> <= |g_1| + |g_2| where both |v_i| <= 1", OURS,
          lambda: Inequality(G2[0] * u + G2[1] * w, sp.Abs(G2[0]) + sp.Abs(G2[1]), "<=", BOX), equality=FUNCTIONS),
    identity("T1 sign attains it", "<g, sign g> = |g_1| + |g_2|", (G2.T * signs(G2))[0], sp.Abs(G2[0]) + sp.Abs(G2[1])),
    *(claim for number, turn in enumerate(SIGNED) for claim in entrywise(
        f"T1 sign, isometry {number + 1}", f"A sign(A^T g) = sign(g) for A = {turn.tolist()}", steepest(signs, turn))),
    identity("T1 sign, rotation", "A sign(A^T g) = sign(g) for every rotation A", steepest(signs, LEFT)[0], expected="refuted"),
    *entrywise("T1 normalised descent, rotation", "A s(A^T g) = s(g) for every rotation A and s(g) = g / |g|", steepest(normalised, LEFT),
               assuming=NOT_ZERO),
    identity("T1 normalised descent, stretching", "A s(A^T g) = s(g) for A = diag(2, 1) and s(g) = g / |g|",
             steepest(normalised, Matrix.diag(2, 1))[0], expected="refuted"),
    *entrywise("T1 polar factor, closed form", "where det X > 0, msign(X) = N(X) / sqrt(|X|^2 + 2 det X), N(X) = X + det X X^-T",
               expressions(polar_factor, X2), numerator(X2) / sp.sqrt(squared(X2)), (X2.det() > 0,)),
    *(claim for side, (left, right) in SIDES.items() for claim in (
        *entrywise(f"T1 polar factor, {side} rotations, numerator", "N(P X Q^T) = P N(X) Q^T for every rotation on one side",
                   numerator(left * X2 * right.T), left * numerator(X2) * right.T),
        identity(f"T1 polar factor, {side} rotations, denominator", "|X|^2 + 2 det X is that of P X Q^T: msign(P X Q^T) = P msign(X) Q^T",
                 squared(left * X2 * right.T), squared(X2)))),
    *entrywise("T1 Newton-Schulz, rotations", "3 X - 5 X X^T X + 2 (X X^T)^2 X at P X is P (that at X) for every rotation P of the rows",
               polynomial(LEFT * X2), LEFT * polynomial(X2)),
    identity("T1 Newton-Schulz, left scaling", "D p(D^T X) = p(X) for the polynomial p and D = diag(2, 1)",
             (Matrix.diag(2, 1) * polynomial(Matrix.diag(2, 1) * X2) - polynomial(X2))[0, 0], expected="refuted"),
)

# ---- T2: plain descent misses by (1 - J J^T) g~; maps with J^T J constant are affine
PLANE = generic_jet(2)
SQUARE = jet((x**2 - y**2, 2 * x * y), (x, y))
JETS = space(J=Real[n, n], H=Real[n, n, n])


def descent_residual(phi: Jet) -> Matrix:
    return phi.vector(-phi.covector(G2)) + G2


def turning(J, H):
    """T_abi = sum_c J_ca H_cbi for second derivatives H, symmetric in b and i."""
    return np.einsum("ca,cbi->abi", J, H + np.transpose(H, (0, 2, 1)))


def slope_of_square(J, H):
    """d_i (J^T J)_ab = T_abi + T_bai."""
    t = turning(J, H)
    return t + np.transpose(t, (1, 0, 2))


def by_slopes(J, H, turn=(2, 0, 1)):
    s = slope_of_square(J, H)
    return (s + np.transpose(s, (0, 2, 1)) - np.transpose(s, turn)) / 2


DESCENT = (
    *entrywise("T2 residual", "descent misses by (1 - J J^T) g~: natural for every loss exactly where J J^T = 1", descent_residual(PLANE),
               (Matrix.eye(2) - PLANE.first * PLANE.first.T) * G2),
    Claim("T2 rigid", "J^T H is made of derivatives of J^T J, at every size: where it is constant, J^T H = 0 and the map is affine",
          OURS, lambda: equal(turning, by_slopes, JETS)),
    Claim("T2 rigid, near miss", "the same with another turn of the last term", NEAR,
          lambda: equal(turning, lambda J, H: by_slopes(J, H, (1, 0, 2)), JETS), "refuted"),
    *entrywise("T2 similarity", "under c times a rotation descent moves c^2 times as far", Jet(c * LEFT, (Matrix.zeros(2, 2),) * 2).first
               * (c * LEFT).T, c**2 * Matrix.eye(2)),
    *entrywise("T2 conformal", "under z^2, J J^T = 4 (x^2 + y^2) 1: descent has the same orbits", SQUARE.first * SQUARE.first.T,
               4 * (x**2 + y**2) * Matrix.eye(2)),
    identity("T2 conformal, flow", "descent is natural under z^2", descent_residual(SQUARE)[0], expected="refuted"),
    identity("T2 conformal, time", "descent is natural under z^2 up to a constant factor of time: the factor at (x, y) is that at (1, 0)",
             4 * (x**2 + y**2), 4, expected="refuted"),
)

# ---- T3: powers of second moments
def diagonal(power: sp.Expr) -> sp.Expr:
    """scale (scale m) / (scale^2 v)^power, the pushed direction m / v^power."""
    return scale * (scale * m) / (scale**2 * v) ** power


def shampoo(power: sp.Expr, other: sp.Expr, g: sp.Expr, l: sp.Expr, r: sp.Expr) -> sp.Expr:
    return l**-power * g * r**-other


MIXING, MOMENT = Matrix([[1, 2], [0, 1]]), column("m", 2)


def full_matrix(apply_power: Callable[[Matrix], Matrix], left: Matrix) -> Matrix:
    """The residual of -V^-p m under a linear map, with V = A^T V~ A and m = A^T m~."""
    return left * apply_power(left.T * SPD * left) * left.T * MOMENT - apply_power(SPD) * MOMENT


def inverse(matrix: Matrix) -> Matrix:
    return matrix.adjugate() / matrix.det()


def roots(matrix: Matrix) -> Matrix:
    return expressions(inverse_root, matrix)


EXPONENTS = {HALF: "refuted", sp.Rational(3, 4): "refuted", sp.S.One: "proved", sp.S(2): "refuted"}
POWERS = (
    identity("T3 diagonal", "m / v^p under a scaling d is d^(2 - 2p) of itself, for every real p", diagonal(power),
             scale ** (2 - 2 * power) * m / v**power),
    *(identity(f"T3 diagonal, p = {p}", f"m / v^p is natural under scaling with p = {p}", diagonal(p), m / v**p, expected=expected)
      for p, expected in EXPONENTS.items()),
    *entrywise("T3 matrix, p = 1", "V^-1 m is natural under every invertible linear map of the plane", full_matrix(inverse, X2)),
    identity("T3 matrix, p = 1/2", "V^-1/2 m is natural under A = ((1, 2), (0, 1))",
             full_matrix(roots, MIXING).subs({SPD[0, 0]: 1, SPD[0, 1]: 0, SPD[1, 1]: 1})[0], expected="refuted"),
    identity("T3 two sides, uniform scaling", "L^-p G R^-q under c is c^(2 - 2p - 2q) of itself, in one dimension",
             scale * shampoo(power, other, scale * g, scale**2 * row, scale**2 * col),
             scale ** (2 - 2 * power - 2 * other) * shampoo(power, other, g, row, col)),
    identity("T3 two sides, loss scale", "L^-p G R^-q of c times the loss is c^(1 - 2p - 2q) of itself, in one dimension",
             shampoo(power, other, scale * g, scale**2 * row, scale**2 * col),
             scale ** (1 - 2 * power - 2 * other) * shampoo(power, other, g, row, col)),
    *(identity(f"T3 two sides, p + q = {p + q}, {law}", f"L^-{p} G R^-{q} is natural under {law}",
               factor * shampoo(p, q, scale * g, scale**2 * row, scale**2 * col), shampoo(p, q, g, row, col), expected=expected)
      for p, q in ((sp.Rational(1, 4), sp.Rational(1, 4)), (HALF, HALF)) for law, factor, expected in (
          ("uniform scaling", scale, "proved" if p + q == 1 else "refuted"),
          ("loss scale", sp.S.One, "proved" if p + q == HALF else "refuted"))),
)

# ---- T4: an update of gradients alone, homogeneous of degree k
SIZE = G2[0] ** 2 + G2[1] ** 2
GAP = sp.Symbol("gap", positive=True)       # the loss above its minimum
DEGREES = {"descent": (G2, 1), "normalised descent": (G2 / sp.sqrt(SIZE), 0), "g / |g|^2": (G2 / SIZE, -1)}


def at_scaled(direction: Matrix, factor: sp.Expr) -> Matrix:
    return direction.subs({entry: factor * entry for entry in G2}, simultaneous=True)


UNITS = (
    identity("T4 uniform scaling", "a direction u(g) of degree k under c: c u(c g) = c^(k + 1) u(g), natural exactly where k = -1",
             scale * (scale**k * m), scale ** (k + 1) * m),
    identity("T4 no degree does both", "c^(k + 1) / c^k = c: the factors under uniform scaling and loss scale are both 1 for c = 1 alone",
             scale ** (k + 1) / scale**k, scale),
    *(identity(f"T4 {name}, uniform scaling", f"{name} is natural under uniform scaling", scale * at_scaled(direction, scale)[0],
               direction[0], NOT_ZERO, "proved" if degree == -1 else "refuted") for name, (direction, degree) in DEGREES.items()),
    *(identity(f"T4 {name}, loss scale", f"{name} does not change with the scale of the loss", at_scaled(direction, scale)[0], direction[0],
               NOT_ZERO, "proved" if degree == 0 else "refuted") for name, (direction, degree) in DEGREES.items()),
    identity("T4 Polyak's step, uniform scaling", "(L - L*) g / |g|^2, which reads the loss, is natural under uniform scaling",
             scale * GAP * at_scaled(G2 / SIZE, scale)[0], GAP * (G2 / SIZE)[0], NOT_ZERO),
    identity("T4 Polyak's step, loss scale", "(L - L*) g / |g|^2 does not change with the scale of the loss",
             scale * GAP * at_scaled(G2 / SIZE, scale)[0], GAP * (G2 / SIZE)[0], NOT_ZERO),
)

# ---- T5: natural exactly where cometrics are related, J C J^T = C~
C2, D2 = symmetric("C", 2), symmetric("D", 2)
COMETRIC = (
    *entrywise("T5 residual", "-C g misses by (C~ - J C J^T) g~: natural for every loss exactly where J C J^T = C~",
               PLANE.vector(-C2 * PLANE.covector(G2)) + D2 * G2, (D2 - PLANE.first * C2 * PLANE.first.T) * G2),
    *entrywise("T5 pulled back", "the pulled-back cometric is related by J", PLANE.first * PLANE.cometric(C2) * PLANE.first.T, C2),
    *entrywise("T5 inverse of the pulled-back metric", "the inverse of J^T G J is the pulled-back inverse of G",
               inverse(PLANE.metric(SPD)), PLANE.cometric(inverse(SPD))),
)

# ---- T7: one step misses by eta^2 D^2 phi(xi, xi) / 2 and higher powers
phi = generic("phi")
STEP = space(A=Real[rows, n], C=Real[n, n], p=Real[n], g=Real[rows], eta=Real[()])
XI, HESSIAN = column("xi", 2), PLANE.second


def natural_map(A, p):
    """An arbitrary smooth function of each entry of A p."""
    return phi(A @ p)


FORWARD = D(trace(natural_map, space(A=Real[rows, n], p=Real[n])))


def pushed(A, p, xi):
    return apply(FORWARD, A, p, 0 * A, xi)


def defect(A, C, p, g, eta):
    """phi(step of p) - (phi(p) - eta J C g), for a gradient g of the source."""
    step = nat_gd.rule(p, A.T @ g, C, lr=eta)
    return natural_map(A, step) - natural_map(A, p) + eta * pushed(A, p, C @ (A.T @ g))


def along(function: Callable, A, C, p, g, eta):
    """The derivative in eta."""
    return apply(D(trace(function, STEP)), A, C, p, g, eta, 0 * A, 0 * C, 0 * p, 0 * g, 1 + 0 * eta)


def twice(A, C, p, g, eta):
    return along(lambda *point: along(defect, *point), A, C, p, g, 0 * eta)


def curvature(A, C, p, g, eta):
    """D^2 phi(xi, xi), the derivative of D phi(p) xi along xi."""
    xi = C @ (A.T @ g)
    inner = trace(lambda p, A, xi: pushed(A, p, xi), space(p=Real[n], A=Real[rows, n], xi=Real[n]))
    return apply(D(inner), p, A, xi, xi, 0 * A, 0 * xi)


Z = column("z", 2)
AFTER = tuple(expr.subs({x: x - c * XI[0], y: y - c * XI[1]}, simultaneous=True) for expr in (x**2 - y**2, 2 * x * y))

STEPS = (
    Claim("T7 value", "the defect of a step of nat_gd under p -> phi(A p) is 0 at eta = 0", OURS,
          lambda: equal(lambda A, C, p, g, eta: defect(A, C, p, g, 0 * eta), lambda A, C, p, g, eta: 0 * (A @ p), STEP)),
    Claim("T7 first order", "its derivative in eta at 0 is 0", OURS,
          lambda: equal(lambda A, C, p, g, eta: along(defect, A, C, p, g, 0 * eta), lambda A, C, p, g, eta: 0 * (A @ p), STEP)),
    Claim("T7 second order", "its second derivative at 0 is D^2 phi(xi, xi), xi = C g: the defect is eta^2 D^2 phi(xi, xi) / 2 + O(eta^3)",
          OURS, lambda: equal(twice, curvature, STEP)),
    Claim("T7 second order, near miss", "the defect is eta^2 D^2 phi(xi, xi) + O(eta^3)", NEAR,
          lambda: equal(twice, lambda *point: 2 * curvature(*point), STEP), "refuted"),
    *entrywise("T7 quadratic maps", "for z^2 the defect is eta^2 D^2 phi(xi, xi) / 2 exactly",
               Matrix([AFTER[0] - (x**2 - y**2), AFTER[1] - 2 * x * y]) + c * SQUARE.vector(XI),
               c**2 * Matrix([(XI.T * one * XI)[0] for one in SQUARE.second]) / 2),
)

# ---- T8: more parameters than outputs: J of rank 2 in 3 x 3, as B M with B: 3 x 2 and M: 2 x 3
TALL, WIDE = Matrix([[1, 0], [0, 1], [1, 1]]), Matrix(2, 3, sp.symbols("M11 M12 M13 M21 M22 M23", real=True))
STRETCH, PLAIN = Matrix.diag(2, 1, 1), Matrix([[1, 0, 1], [0, 1, 0]])
ERROR = column("e", 3)


def pseudo_inverse(tall: Matrix, wide: Matrix) -> Matrix:
    """(B M)^+ = M^T (M M^T)^-1 (B^T B)^-1 B^T, which is G^+ J^T for G = J^T J."""
    return wide.T * inverse(wide * wide.T) * inverse(tall.T * tall) * tall.T


OUTPUT = TALL * WIDE * pseudo_inverse(TALL, WIDE)
RANKS = (
    *entrywise("T8 function space", "J G^+ J^T = B (B^T B)^-1 B^T, for every M: the step of the outputs is the same for J and J K",
               OUTPUT, TALL * inverse(TALL.T * TALL) * TALL.T),
    *entrywise("T8 pseudo-inverse", "J J^+ J = J", TALL * WIDE * pseudo_inverse(TALL, WIDE) * TALL * WIDE, TALL * WIDE),
    identity("T8 parameters", "the step G^+ J^T e of the parameters is natural under K = diag(2, 1, 1)",
             ((STRETCH * pseudo_inverse(TALL, PLAIN * STRETCH) - pseudo_inverse(TALL, PLAIN)) * ERROR)[0], expected="refuted"),
    identity("T8 parameters, smallest", "at e = (1, 0, 0) the first entry of the step differs by 1/5",
             (STRETCH * pseudo_inverse(TALL, PLAIN * STRETCH) - pseudo_inverse(TALL, PLAIN))[0, 0], sp.Rational(1, 5)),
)

# ---- T9: sums over points, p_k the derivative of phi at the k-th
p1, p2, g1, g2, decay = sp.symbols("p1 p2 g1 g2 decay", real=True)
SUMS = (
    *Difference("T9 AdaGrad", "the sum of squares of two gradients transforms as a square does, by the derivative at the second point",
                (p1 * g1) ** 2 + (p2 * g2) ** 2 - p2**2 * (g1**2 + g2**2), g1**2 * (p1**2 - p2**2), {p1: 2, p2: 1, g1: 1}, 3).claims,
    *Difference("T9 average of gradients", "decay g1 + g2 transforms as a covector at the second point",
                decay * p1 * g1 + p2 * g2 - p2 * (decay * g1 + g2), decay * g1 * (p1 - p2), {decay: HALF, p1: 3, p2: 1, g1: 1}, 1).claims,
    identity("T9 transported", "with the first gradient carried along, p2 / p1 times p1 g1, the average is one",
             decay * (p2 / p1) * (p1 * g1) + p2 * g2, p2 * (decay * g1 + g2)),
    identity("T9 affine", "where the derivative is the same at both points the sum of squares transforms", (p1 * g1) ** 2 + (p1 * g2) ** 2,
             p1**2 * (g1**2 + g2**2)),
)

# ---- K-FAC: natural under W -> P W Q^-1, and not under every linear map of the entries of W
P2, Q2, A2, S2, W2 = X2, Matrix(2, 2, sp.symbols("Y11 Y12 Y21 Y22", real=True)), symmetric("A", 2), symmetric("S", 2), \
    Matrix(2, 2, sp.symbols("G11 G12 G21 G22", real=True))


def kfac(gradient: Matrix, inputs: Matrix, outputs: Matrix, damping: sp.Expr = sp.S.Zero) -> Matrix:
    """S^-1 G A^-1, with damping added to both factors."""
    return inverse(outputs + damping * Matrix.eye(2)) * gradient * inverse(inputs + damping * Matrix.eye(2))


def layer(left: Matrix, right: Matrix, damping: sp.Expr = sp.S.Zero) -> Matrix:
    """The step of W~ = P W Q^-1, times Q, less P times that of W, where a~ = Q a, s~ = P^-T s; W's tensors are G, A, S."""
    back = inverse(left)
    there = kfac(back.T * W2 * right.T, right * A2 * right.T, back.T * S2 * back, damping)
    return there * right - left * kfac(W2, A2, S2, damping)


KFAC = (
    *entrywise("K-FAC, inputs", "S^-1 G A^-1 is natural under every invertible map Q of the inputs", layer(Matrix.eye(2), Q2)),
    *entrywise("K-FAC, outputs", "S^-1 G A^-1 is natural under every invertible map P of the outputs", layer(P2, Matrix.eye(2))),
    identity("K-FAC, damped", "(S + d)^-1 G (A + d)^-1 is natural under diag(2, 1) of the inputs",
             layer(Matrix.eye(2), Matrix.diag(2, 1), sp.S.One)[0, 0], expected="refuted"),
    identity("K-FAC, entries mixed", "S^-1 G A^-1, with A and S as they are, is natural under doubling one entry of W",
             (2 * kfac(Matrix([[2 * W2[0, 0], W2[0, 1]], [W2[1, 0], W2[1, 1]]]), A2, S2) - kfac(W2, A2, S2))[0, 0], expected="refuted"),
)

CLAIMS = (*STEEPEST, *DESCENT, *POWERS, *UNITS, *COMETRIC, *STEPS, *RANKS, *SUMS, *KFAC)
