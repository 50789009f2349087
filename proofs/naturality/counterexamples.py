"""The smallest counterexamples to naturality: each square that does not commute, what it misses by, and where; beside squares that do.

A square compares an optimiser's direction, pushed forward along a map phi of parameters, with its direction on the other side, where
the loss L~ satisfies L = L~ . phi.  g~, h~, m~, v~ are the gradient, Hessian and moments on the target's side.
"""

from __future__ import annotations

import sympy as sp
from _scalars import Difference, entrywise, identity

from symcat.category.functions import absolute, sign
from symcat.laws.jets import Connection, Jet, Matrix, column, generic_jet, jet, symmetric

x, y, t, P = sp.symbols("x y t P", real=True)
lam, eta, c = sp.symbols("lam eta c", positive=True)
m, v = sp.Symbol("m", real=True), sp.Symbol("v", positive=True)
a, b, w, slope = sp.symbols("a b w slope", real=True)       # two layers of one neuron each, and the derivative of the loss
g, h = sp.symbols("g h", real=True)
HALF, ROOT2 = sp.Rational(1, 2), sp.sqrt(2)


def descent(g: Matrix) -> Matrix:
    return -g


def sign_descent(g: Matrix) -> Matrix:
    return -g.applyfunc(sign)


def square(phi: Jet, direction, g: Matrix, target=None) -> Matrix:
    """The residual of a direction that depends on the gradient alone: J u(J^T g~) - u~(g~)."""
    return phi.vector(direction(phi.covector(g))) - (target or direction)(g)


def linear(rows: object) -> Jet:
    """The jet of a linear map."""
    first = Matrix(rows)
    return Jet(first, (Matrix.zeros(first.cols, first.cols),) * first.rows)


def line(formula: sp.Expr) -> Jet:
    """The jet of a map of the line, in x."""
    return jet((formula,), (x,))


# ---- plain descent, against L~ = y^2 / 2 at y = phi(x); natural descent beside it
TWICE, EXP, CUBE, SHEAR = line(2 * x), line(sp.exp(x)), line(x**3), linear([[1, 2], [0, 1]])
G1, G2 = Matrix([[g]]), column("g", 2)


def at_quadratic(phi: Jet, value: sp.Expr) -> sp.Expr:
    return square(phi, descent, Matrix([[value]]))[0]


def natural_residual(phi: Jet, g: Matrix, cometric: Matrix) -> Matrix:
    """J C g - C~ g~ with the pulled-back cometric C."""
    return phi.vector(phi.cometric(cometric) * phi.covector(g)) - cometric * g


DESCENT = (
    *Difference("descent, y = 2x", "descent is natural under y = 2x", at_quadratic(TWICE, 2 * x), -6 * x, {x: 1}, -6).claims,
    *Difference("descent, y = exp x", "descent is natural under y = exp x", at_quadratic(EXP, sp.exp(x)), sp.exp(x) - sp.exp(3 * x),
                {x: 1}, sp.E - sp.E**3).claims,
    *Difference("descent, y = x^3", "descent is natural under y = x^3", at_quadratic(CUBE, x**3), x**3 - 9 * x**7, {x: 1}, -8,
                (x > 0,)).claims,
    *Difference("descent, shear", "descent is natural under A = ((1, 2), (0, 1))", square(SHEAR, descent, G2)[0], -4 * G2[0] - 2 * G2[1],
                {G2[0]: 1, G2[1]: 0}, -4).claims,
    identity("descent, shear, second entry", "at g~ = (1, 0) the second entry of the shear's residual is -2",
             square(SHEAR, descent, Matrix([1, 0]))[1], -2),
    *entrywise("natural descent, y = exp x", "natural descent is natural under y = exp x", natural_residual(EXP, G1, Matrix([[v]]))),
    *entrywise("natural descent, y = x^3", "natural descent is natural under y = x^3", natural_residual(CUBE, G1, Matrix([[v]])),
               assuming=(x > 0,)),
)

# ---- Newton: its Hessian is no tensor; the covariant Hessian h - Gamma g is one
LINE, PLANE = generic_jet(1), generic_jet(2)
D1, D2 = LINE.first[0], LINE.second[0][0]
COVECTOR, HESSIAN = column("g", 2), symmetric("h", 2)
UPPER = tuple(symmetric(f"Gamma{k}", 2) for k in range(2))


def solved(matrix: Matrix, vector: Matrix) -> Matrix:
    return matrix.adjugate() * vector / matrix.det()


def newton(phi: Jet, g: Matrix, h: Matrix) -> Matrix:
    """The residual of -h^-1 g."""
    return phi.vector(-solved(phi.hessian(h, g), phi.covector(g))) + solved(h, g)


def connected(g: Matrix, upper: Connection) -> Matrix:
    """Gamma g, the part of second derivatives that depends on the coordinates."""
    return sum((g[k] * one for k, one in enumerate(upper)), Matrix.zeros(len(g), len(g)))


def covariant_newton(phi: Jet, g: Matrix, h: Matrix, upper: Connection) -> Matrix:
    """The residual of -(h - Gamma g)^-1 g; `h` is the covariant Hessian on the target's side."""
    source = phi.hessian(h + connected(g, upper), g) - connected(phi.covector(g), phi.connection(upper))
    return phi.vector(-solved(source, phi.covector(g))) + solved(h, g)


def newton_on_quadratic(phi: Jet, value: sp.Expr) -> sp.Expr:
    return newton(phi, Matrix([[value]]), Matrix([[1]]))[0]


NEWTON = (
    *Difference("Newton, any phi", "Newton's direction is natural under every change of coordinates of the line",
                newton(LINE, G1, Matrix([[h]]))[0], g**2 * D2 / (h * (g * D2 + h * D1**2))).claims,
    *Difference("Newton, y = exp x", "Newton's direction is natural under y = exp x", newton_on_quadratic(EXP, sp.exp(x)), sp.exp(x) / 2,
                {x: 0}, HALF).claims,
    *Difference("Newton, y = x^3", "Newton's direction is natural under y = x^3", newton_on_quadratic(CUBE, x**3), 2 * x**3 / 5, {x: 1},
                sp.Rational(2, 5), (x > 0,)).claims,
    *entrywise("covariant Newton, any phi", "-(h - Gamma g)^-1 g is natural under every change of coordinates of the line",
               covariant_newton(LINE, G1, Matrix([[h]]), (Matrix([[sp.Symbol("Gamma", real=True)]]),))),
    *entrywise("covariant Newton, any phi of the plane", "-(h - Gamma g)^-1 g is natural under every change of coordinates of the plane",
               covariant_newton(PLANE, COVECTOR, HESSIAN, UPPER)),
    *entrywise("Newton, linear", "Newton's direction is natural under every invertible linear map of the plane",
               newton(Jet(PLANE.first, (Matrix.zeros(2, 2),) * 2), COVECTOR, HESSIAN)),
)

# ---- signs and second moments
ROTATION = linear([[sp.Rational(3, 5), -sp.Rational(4, 5)], [sp.Rational(4, 5), sp.Rational(3, 5)]])


def adam(m: sp.Expr, v: sp.Expr) -> sp.Expr:
    return -m / sp.sqrt(v)


def one_sample(g: Matrix) -> Matrix:
    """Adam's direction with one sample's moments, m = g and v = g^2."""
    return g.applyfunc(lambda entry: -entry / absolute(entry))


def turned(direction) -> sp.Expr:
    return square(ROTATION, direction, G2)[0]


def turned_signs(g: Matrix) -> sp.Expr:
    r, s = ROTATION.covector(g)
    return -sp.Rational(3, 5) * sign(r) + sp.Rational(4, 5) * sign(s) + sign(g[0])


MOMENTS = (
    *Difference("Adam, y = P x", "Adam's direction is natural under y = P x, with m = P m~ and v = P^2 v~",
                P * adam(P * m, P**2 * v) - adam(m, v), -m * (P - 1) / sp.sqrt(v), {P: 2, m: 1, v: 1}, -1, (P > 0,)).claims,
    *Difference("sign, rotation", "sign descent is natural under the rotation of (3, 4, 5)", turned(sign_descent), turned_signs(G2),
                {G2[0]: 1, G2[1]: 1}, -sp.Rational(2, 5)).claims,
    identity("sign, rotation, second entry", "at g~ = (1, 1) the second entry of the rotation's residual is 4/5",
             square(ROTATION, sign_descent, Matrix([1, 1]))[1], sp.Rational(4, 5)),
    *Difference("Adam of one sample, rotation", "m / sqrt(v) with m = g, v = g^2 is natural under the rotation of (3, 4, 5)",
                turned(one_sample), turned_signs(G2), {G2[0]: 1, G2[1]: 1}, -sp.Rational(2, 5)).claims,
    *Difference("AdamW, y = x + t", "Adam with decoupled weight decay is natural under y = x + t",
                (adam(m, v) - lam * x) - (adam(m, v) - lam * (x + t)), lam * t, {lam: 1, t: 1}, 1).claims,
)

# ---- preconditioners: Muon, averaged diagonals, Hutchinson
LEFT, MATRIX = Matrix.diag(2, 1), Matrix([[1, 1], [-1, 1]])
R2 = Matrix(2, 2, sp.symbols("X11 X12 X21 X22", real=True))
d1, d2, h11, h12, h22, z1, z2 = sp.symbols("d1 d2 h11 h12 h22 z1 z2", real=True)


def polar_factor(matrix: Matrix) -> Matrix:
    """msign(X) = (X + |det X| X^-T) / sqrt(|X|^2 + 2 |det X|), the orthogonal factor of a 2 x 2 matrix."""
    size = absolute(matrix.det())
    return (matrix + size * matrix.adjugate().T / matrix.det()) / sp.sqrt(sum(entry**2 for entry in matrix) + 2 * size)


def muon_square(left: Matrix, matrix: Matrix) -> Matrix:
    return left * polar_factor(left.T * matrix) - polar_factor(matrix)


def block_average(g: Matrix, h: Matrix) -> Matrix:
    """-m / h with every entry of the diagonal h replaced by their mean."""
    return -g * len(h) / sum(h)


def hutchinson(hessian: Matrix, z: Matrix) -> Matrix:
    """z (H z), one sample's estimate of the diagonal."""
    return Matrix([zi * one for zi, one in zip(z, hessian * z, strict=True)])


SCALES, SAMPLE, FULL = Matrix.diag(d1, d2), Matrix([z1, z2]), Matrix([[h11, h12], [h12, h22]])
ESTIMATE = hutchinson(SCALES * FULL * SCALES, SAMPLE) - SCALES**2 * hutchinson(FULL, SAMPLE)
AVERAGE = LEFT * block_average(LEFT * Matrix([1, 1]), LEFT**2 * Matrix([1, 1])) - block_average(Matrix([1, 1]), Matrix([1, 1]))
OFF = d1 * (d1 - d2) * h12 * z1 * z2
DIAGONAL, DOUBLED = column("h", 2), {z1: 1, z2: 1}

PRECONDITIONERS = (
    identity("Muon, left scaling", "Muon's direction is natural under W -> D W with D = diag(2, 1)", muon_square(LEFT, R2)[0, 0],
             expected="refuted"),
    *entrywise("Muon, left scaling, source", "at G~ = ((1, 1), (-1, 1)): D msign(D G~) = ((sqrt 2, sqrt 2), (-sqrt 2 / 2, sqrt 2 / 2))",
               LEFT * polar_factor(LEFT.T * MATRIX), Matrix([[ROOT2, ROOT2], [-ROOT2 / 2, ROOT2 / 2]])),
    *entrywise("Muon, left scaling, target", "msign(((1, 1), (-1, 1))) = ((sqrt 2, sqrt 2), (-sqrt 2, sqrt 2)) / 2",
               polar_factor(MATRIX), Matrix([[ROOT2, ROOT2], [-ROOT2, ROOT2]]) / 2),
    *entrywise("polar factor is orthogonal", "msign(X)^T msign(X) = 1 for 2 x 2 matrices of determinant > 0",
               (polar_factor(R2).T * polar_factor(R2)), Matrix.eye(2), (R2.det() > 0,)),
    identity("block average, diagonal scaling", "m / h with the mean of h for each of its entries is natural under diag(2, 1)",
             (LEFT * block_average(LEFT * G2, LEFT**2 * DIAGONAL) - block_average(G2, DIAGONAL))[0], expected="refuted"),
    *entrywise("block average, diagonal scaling, smallest", "at h~ = m~ = (1, 1) the residual is (-3/5, 3/5)", AVERAGE,
               Matrix([-3, 3]) / 5),
    *Difference("Hutchinson, one sample", "z (H z) transforms as the diagonal of H does under diag(d1, d2)", ESTIMATE[0], -OFF,
                {d1: 2, d2: 1, h12: 1, **DOUBLED}, -2).claims,
    identity("Hutchinson, second entry", "the second entry of the residual is d2 h12 z1 z2 (d1 - d2)", ESTIMATE[1],
             d2 * h12 * z1 * z2 * (d1 - d2)),
    *entrywise("Hutchinson, in expectation", "the mean of the residual over z in {-1, 1}^2 is 0",
               sum((ESTIMATE.subs({z1: r, z2: s}) for r in (-1, 1) for s in (-1, 1)), Matrix.zeros(2, 1)) / 4),
)

# ---- averages of points; finite steps
AVERAGED = sp.exp((a + b) / 2) - (sp.exp(a) + sp.exp(b)) / 2
EXP_STEP = sp.exp(sp.log(y) - eta) - y * (1 - eta)
CUBE_STEP = (x - eta * x / 3) ** 3 - x**3 * (1 - eta)

STEPS = (
    *Difference("averaging, y = exp x", "the mean of two points is natural under y = exp x", AVERAGED,
                -(sp.exp(a / 2) - sp.exp(b / 2)) ** 2 / 2, {a: 0, b: sp.log(3)}, sp.sqrt(3) - 2).claims,
    *Difference("natural descent, step in y = exp x", "one step of natural descent on y^2 / 2 is the same in y and in x = ln y", EXP_STEP,
                y * (sp.exp(-eta) - 1 + eta), {y: 1, eta: 1}, sp.exp(-1), (y > 0,)).claims,
    identity("natural descent, step in y = exp x, order 2", "its defect is eta^2 y / 2 - eta^3 y / 6 + ...: the second derivative is y",
             sp.diff(EXP_STEP, eta, 2).subs(eta, 0), y, (y > 0,)),
    identity("natural descent, step in y = exp x, order 3", "the third derivative is -y", sp.diff(EXP_STEP, eta, 3).subs(eta, 0), -y,
             (y > 0,)),
    *Difference("natural descent, step in y = x^3", "one step of natural descent on y^2 / 2 is the same in y and in x with y = x^3",
                CUBE_STEP, eta**2 * x**3 * (9 - eta) / 27, {x: 1, eta: 1}, sp.Rational(8, 27), (x > 0,)).claims,
)

# ---- maps that are not invertible: surjections and embeddings
ONTO, FORGET = linear([[1, 0, 1], [0, 1, 0]]), linear([[1, 0, 0], [0, 1, 0]])
PRODUCT = jet((a * b, a**2 - b**2), (a, b))
LAYERS = Matrix([slope * w, slope * a])                     # the gradient of loss(a w) in (a, w)
SPLIT, ISOMETRIC = linear([[HALF, 0], [0, 1]] * 2), linear([[ROOT2 / 2, 0], [0, ROOT2 / 2]] * 2)
RESCALING, DUPLICATE = linear([[c, 0], [0, 1 / c]]), linear([[1], [1]])
F, dF = sp.symbols("loss1 F1", real=True)                   # derivatives of the loss and of a neuron's contribution


def split_gradient(first: sp.Expr, second: sp.Expr) -> Matrix:
    """The gradient of loss(a1 w1 + a2 w2) in (a1, w1, a2, w2) at two equal neurons."""
    return Matrix([slope * second, slope * first] * 2)


def embedded(phi: Jet, direction, source: Matrix, target: Matrix) -> Matrix:
    return phi.vector(direction(source)) - direction(target)


BY_HALVES, BY_ROOTS = split_gradient(a / 2, w), split_gradient(a / ROOT2, w / ROOT2)
SINGLE, PAIR = Matrix([F * dF]), Matrix([F * dF, F * dF]) / 2
FIELD = Matrix([-(a**2) * w * slope, -(w**2) * a * slope])

MAPS = (
    *Difference("descent, surjection", "descent is natural under A = ((1, 0, 1), (0, 1, 0))", square(ONTO, descent, G2)[0], -G2[0],
                {G2[0]: 1}, -1).claims,
    *entrywise("descent, projection", "descent is natural under dropping a coordinate", square(FORGET, descent, G2)),
    *Difference("sign, surjection", "sign descent is natural under A = ((1, 0, 1), (0, 1, 0))", square(ONTO, sign_descent, G2)[0],
                -sign(G2[0]), {G2[0]: 1, G2[1]: 1}, -1).claims,
    *entrywise("sign, projection", "sign descent is natural under dropping a coordinate", square(FORGET, sign_descent, G2)),
    *Difference("LARS, projection", "the norm of the parameter is natural under dropping a coordinate",
                sp.sqrt(a**2 + b**2 + w**2) - sp.sqrt(a**2 + b**2), w**2 / (sp.sqrt(a**2 + b**2 + w**2) + sp.sqrt(a**2 + b**2)),
                {a: 3, b: 4, w: 12}, 8, (a**2 + b**2 > 0,)).claims,
    *Difference("descent, product", "descent on (a, b) moves a b by a function of a b: the same at (2a, b / 2)",
                (-(a**2 + b**2) + (4 * a**2 + b**2 / 4)) * slope, (3 * a**2 - 3 * b**2 / 4) * slope, {a: 1, b: 1, slope: 1},
                sp.Rational(9, 4)).claims,
    identity("descent, product, speed", "descent on (a, b) moves a b by -(a^2 + b^2) loss'",
             PRODUCT.vector(descent(PRODUCT.covector(Matrix([slope, 0]))))[0], -(a**2 + b**2) * slope),
    identity("descent, product, conserved", "descent on (a, b) conserves a^2 - b^2",
             PRODUCT.vector(descent(PRODUCT.covector(Matrix([slope, 0]))))[1], 0),
    identity("descent, product, well defined", "(a^2 + b^2)^2 = (a^2 - b^2)^2 + 4 (a b)^2", (a**2 + b**2) ** 2,
             (a**2 - b**2) ** 2 + 4 * (a * b) ** 2),
    *entrywise("descent, product, cometric", "with phi = (a b, a^2 - b^2), J J^T = diag(a^2 + b^2, 4 (a^2 + b^2))",
               PRODUCT.first * PRODUCT.first.T, Matrix.diag(a**2 + b**2, 4 * (a**2 + b**2))),
    *Difference("descent, neuron split", "descent is natural under (a, w) -> (a/2, w, a/2, w)",
                embedded(SPLIT, descent, LAYERS, BY_HALVES)[0], slope * w / 2, {slope: 1, w: 2}, 1).claims,
    identity("descent, neuron split, second entry", "the residual in w is -loss' a / 2", embedded(SPLIT, descent, LAYERS, BY_HALVES)[1],
             -slope * a / 2),
    *entrywise("descent, isometric split", "descent is natural under (a, w) -> (a, w, a, w) / sqrt 2",
               embedded(ISOMETRIC, descent, LAYERS, BY_ROOTS)),
    *Difference("sign, isometric split", "sign descent is natural under (a, w) -> (a, w, a, w) / sqrt 2",
                embedded(ISOMETRIC, sign_descent, LAYERS, BY_ROOTS)[0], (1 - ROOT2 / 2) * sign(slope * w), {slope: 1, w: 1},
                1 - ROOT2 / 2).claims,
    *Difference("descent, node rescaling", "descent is natural under (a, w) -> (c a, w / c)",
                embedded(RESCALING, descent, LAYERS, RESCALING.inverse.T * LAYERS)[0], -slope * w * (c**2 - 1) / c,
                {slope: 1, w: 1, c: 2}, -sp.Rational(3, 2)).claims,
    *entrywise("logarithmic metric, node rescaling", "(-a^2 w loss', -w^2 a loss') is natural under (a, w) -> (c a, w / c)",
               RESCALING.vector(FIELD) - FIELD.subs({a: c * a, w: w / c}, simultaneous=True)),
    *Difference("descent, mean-field duplication", "descent is natural under theta -> (theta, theta) for f = mean of F",
                embedded(DUPLICATE, descent, SINGLE, PAIR)[0], -F * dF / 2, {F: 1, dF: 2}, -1).claims,
    *entrywise("n times the gradient, mean-field duplication", "-n grad is natural under theta -> (theta, theta)",
               DUPLICATE.vector(descent(SINGLE)) - 2 * descent(PAIR)),
    *entrywise("sign, mean-field duplication", "sign descent is natural under theta -> (theta, theta)",
               embedded(DUPLICATE, sign_descent, SINGLE, PAIR)),
    identity("Adam, mean-field duplication", "m / sqrt(v) is natural under theta -> (theta, theta), with m' = m / 2 and v' = v / 4",
             adam(m, v) - adam(m / 2, v / 4)),
)

CLAIMS = (*DESCENT, *NEWTON, *MOMENTS, *PRECONDITIONERS, *STEPS, *MAPS)
