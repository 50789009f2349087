"""Inequalities of learning: descent, contraction, stability, convexity, bounds of activations and losses; false neighbours refuted."""

from __future__ import annotations

import sympy as sp

from symcat.category.functions import relu, sigmoid, softplus
from symcat.laws.claim import Claim, Inequality

x, y, z, u, v, w = sp.symbols("x y z u v w", real=True)
a, b, c, L, mu, lr, eps = sp.symbols("a b c L mu lr eps", positive=True)
alpha, h = sp.symbols("alpha h", real=True)     # momentum; rate times curvature
s, t = sp.symbols("s t", real=True)
p, q = sp.symbols("p q", positive=True)

half, quarter = sp.Rational(1, 2), sp.Rational(1, 4)
UNIT = (s >= 0, s <= 1)
SPECTRUM = (a <= L, b <= L, a >= mu, b >= mu)
MOMENTUM = (alpha >= 0, alpha < 1, h > 0)

NESTEROV = "Nesterov 2004, Introductory Lectures on Convex Optimization"
POLYAK = "Polyak 1964, heavy ball; conditions of Jury for the quadratic"
CLASSIC = "Hardy, Littlewood and Polya 1934, Inequalities"
REZNICK = "Motzkin 1967; Reznick 2000, Some concrete aspects of Hilbert's 17th problem"
STANDARD = "standard"


def quadratic(point: sp.Expr, curvature: sp.Expr = L) -> sp.Expr:
    return curvature * point**2 / 2


def stepped(point: sp.Expr, curvature: sp.Expr = L) -> sp.Expr:
    """One step of gradient descent on `quadratic`."""
    return point - lr * curvature * point


def bowl(first: sp.Expr, second: sp.Expr) -> sp.Expr:
    return quadratic(first, a) + quadratic(second, b)


AFTER = (1 - lr * a) ** 2 * x**2 + (1 - lr * b) ** 2 * y**2
ROOT = 1 + alpha - h                            # the sum of the eigenvalues of a step with momentum
HUBER = sp.Piecewise((x**2 / 2, sp.Abs(x) <= 1), (sp.Abs(x) - half, True))
CLIPPED = sp.Max(-c, sp.Min(c, x))
MOTZKIN = x**4 * y**2 + x**2 * y**4 + 1

# name, statement, source, (lhs, rhs, relation, assumptions), the false neighbour: what is different, and the same again
Side = tuple[sp.Expr, sp.Expr, str, tuple[sp.Basic, ...]]
ROWS: tuple[tuple[str, str, str, Side, str, Side], ...] = (
    ("descent lemma", "f(x - lr f') <= f(x) - lr f'^2 / 2 for f = L x^2 / 2 and lr <= 1/L", NESTEROV,
     (quadratic(stepped(x)), quadratic(x) - lr * (L * x) ** 2 / 2, "<=", (lr <= 1 / L,)),
     "lr <= 2/L", (quadratic(stepped(x)), quadratic(x) - lr * (L * x) ** 2 / 2, "<=", (lr <= 2 / L,))),
    ("descent", "f(x - lr f') <= f(x) for f = L x^2 / 2 and lr <= 2/L", NESTEROV,
     (quadratic(stepped(x)), quadratic(x), "<=", (lr <= 2 / L,)),
     "lr <= 3/L", (quadratic(stepped(x)), quadratic(x), "<=", (lr <= 3 / L,))),
    ("strict descent", "f(x - lr f') < f(x) for f = L x^2 / 2, lr < 2/L and x != 0", NESTEROV,
     (quadratic(stepped(x)), quadratic(x), "<", (lr < 2 / L, sp.Ne(x, 0))),
     "lr <= 2/L", (quadratic(stepped(x)), quadratic(x), "<", (lr <= 2 / L, sp.Ne(x, 0)))),
    ("descent in two dimensions", "f(x - lr grad f) <= f(x) for f = (a x^2 + b y^2) / 2 with a, b <= L and lr <= 2/L", NESTEROV,
     (bowl(stepped(x, a), stepped(y, b)), bowl(x, y), "<=", (*SPECTRUM[:2], lr <= 2 / L)),
     "b is not bounded", (bowl(stepped(x, a), stepped(y, b)), bowl(x, y), "<=", (a <= L, lr <= 2 / L))),
    ("contraction", "|x - lr a x| <= (1 - lr mu) |x| for mu <= a <= L and lr <= 1/L", NESTEROV,
     (sp.Abs(1 - lr * a), 1 - lr * mu, "<=", (a >= mu, a <= L, lr <= 1 / L)),
     "lr <= 2/L", (sp.Abs(1 - lr * a), 1 - lr * mu, "<=", (a >= mu, a <= L, lr <= 2 / L))),
    ("contraction in two dimensions", "|x+|^2 <= (1 - lr mu)^2 |x|^2 for mu <= a, b <= L and lr <= 1/L", NESTEROV,
     (AFTER, (1 - lr * mu) ** 2 * (x**2 + y**2), "<=", (*SPECTRUM, lr <= 1 / L)),
     "lr <= 2/L", (AFTER, (1 - lr * mu) ** 2 * (x**2 + y**2), "<=", (*SPECTRUM, lr <= 2 / L))),
    ("best rate", "|1 - 2a / (L + mu)| <= (L - mu) / (L + mu) for mu <= a <= L", NESTEROV,
     (sp.Abs(1 - 2 * a / (L + mu)), (L - mu) / (L + mu), "<=", (a >= mu, a <= L)),
     "(L - mu) / (L + 2 mu)", (sp.Abs(1 - 2 * a / (L + mu)), (L - mu) / (L + 2 * mu), "<=", (a >= mu, a <= L))),
    ("heavy ball, stable", "|1 + alpha - h| < 1 + alpha for 0 < h < 2 (1 + alpha), 0 <= alpha < 1", POLYAK,
     (sp.Abs(ROOT), 1 + alpha, "<", (*MOMENTUM, h < 2 * (1 + alpha))),
     "h <= 2 (1 + alpha)", (sp.Abs(ROOT), 1 + alpha, "<", (*MOMENTUM, h <= 2 * (1 + alpha)))),
    ("heavy ball, window", "the eigenvalues are complex, (1 + alpha - h)^2 < 4 alpha, for (1 - sqrt alpha)^2 < h < (1 + sqrt alpha)^2",
     POLYAK,
     (ROOT**2, 4 * alpha, "<", (*MOMENTUM, h > (1 - sp.sqrt(alpha)) ** 2, h < (1 + sp.sqrt(alpha)) ** 2)),
     "h < 2 (1 + alpha)", (ROOT**2, 4 * alpha, "<", (*MOMENTUM, h > (1 - sp.sqrt(alpha)) ** 2, h < 2 * (1 + alpha)))),
    ("average", "an exponential average lies between the old value and the new", STANDARD,
     (s * x + (1 - s) * y, sp.Max(x, y), "<=", UNIT), "s <= 2", (s * x + (1 - s) * y, sp.Max(x, y), "<=", (s >= 0, s <= 2))),
    ("normalised step", "|m| / (sqrt(v) + eps) < 1 for m^2 <= v", "Kingma and Ba 2015, Adam",
     (sp.Abs(x) / (sp.sqrt(p) + eps), sp.S.One, "<", (x**2 <= p,)),
     "m^2 <= 2 v", (sp.Abs(x) / (sp.sqrt(p) + eps), sp.S.One, "<", (x**2 <= 2 * p,))),
    ("clipping", "|clip(x, -c, c)| <= c", STANDARD, (sp.Abs(CLIPPED), c, "<=", ()), "strict", (sp.Abs(CLIPPED), c, "<", ())),
    ("arithmetic and geometric mean, 2", "sqrt(a b) <= (a + b) / 2", CLASSIC,
     (sp.sqrt(a * b), (a + b) / 2, "<=", ()), "strict", (sp.sqrt(a * b), (a + b) / 2, "<", ())),
    ("arithmetic and geometric mean, 3", "3 a b c <= a^3 + b^3 + c^3", CLASSIC,
     (3 * a * b * c, a**3 + b**3 + c**3, "<=", ()), "for all reals", (3 * x * y * z, x**3 + y**3 + z**3, "<=", ())),
    ("arithmetic and geometric mean, 4", "4 x y z u <= x^4 + y^4 + z^4 + u^4", CLASSIC,
     (4 * x * y * z * u, x**4 + y**4 + z**4 + u**4, "<=", ()),
     "5 x y z u", (5 * x * y * z * u, x**4 + y**4 + z**4 + u**4, "<=", ())),
    ("Cauchy-Schwarz, 2", "(x u + y v)^2 <= (x^2 + y^2) (u^2 + v^2)", CLASSIC,
     ((x * u + y * v) ** 2, (x**2 + y**2) * (u**2 + v**2), "<=", ()),
     "without a cross term", ((x * u + y * v) ** 2, x**2 * u**2 + y**2 * v**2, "<=", ())),
    ("Cauchy-Schwarz, 3", "the inner product of two vectors of length 3 against their norms", CLASSIC,
     ((x * u + y * v + z * w) ** 2, (x**2 + y**2 + z**2) * (u**2 + v**2 + w**2), "<=", ()),
     "strict", ((x * u + y * v + z * w) ** 2, (x**2 + y**2 + z**2) * (u**2 + v**2 + w**2), "<", ())),
    ("Young", "x y <= eps x^2 / 2 + y^2 / (2 eps)", CLASSIC,
     (x * y, eps * x**2 / 2 + y**2 / (2 * eps), "<=", ()), "eps^2", (x * y, eps**2 * x**2 / 2 + y**2 / (2 * eps), "<=", ())),
    ("triangle", "|x + y| <= |x| + |y|", CLASSIC,
     (sp.Abs(x + y), sp.Abs(x) + sp.Abs(y), "<=", ()), "the other way", (sp.Abs(x) + sp.Abs(y), sp.Abs(x + y), "<=", ())),
    ("convexity of x^2", "(s x + (1 - s) y)^2 <= s x^2 + (1 - s) y^2 for 0 <= s <= 1", CLASSIC,
     ((s * x + (1 - s) * y) ** 2, s * x**2 + (1 - s) * y**2, "<=", UNIT),
     "s >= 0", ((s * x + (1 - s) * y) ** 2, s * x**2 + (1 - s) * y**2, "<=", UNIT[:1])),
    ("convexity of x^4", "(s x + (1 - s) y)^4 <= s x^4 + (1 - s) y^4 for 0 <= s <= 1", CLASSIC,
     ((s * x + (1 - s) * y) ** 4, s * x**4 + (1 - s) * y**4, "<=", UNIT),
     "x^3", ((s * x + (1 - s) * y) ** 3, s * x**3 + (1 - s) * y**3, "<=", UNIT)),
    ("convexity of 1/x", "2 / (a + b) <= (1/a + 1/b) / 2", CLASSIC,
     (2 / (a + b), (1 / a + 1 / b) / 2, "<=", ()), "for all reals", (2 / (x + y), (1 / x + 1 / y) / 2, "<=", ())),
    ("variance", "(x + y + z)^2 <= 3 (x^2 + y^2 + z^2)", CLASSIC,
     ((x + y + z) ** 2, 3 * (x**2 + y**2 + z**2), "<=", ()), "2 instead of 3", ((x + y + z) ** 2, 2 * (x**2 + y**2 + z**2), "<=", ())),
    ("Motzkin", "3 x^2 y^2 <= x^4 y^2 + x^2 y^4 + 1, which is no sum of squares until it is multiplied by one", REZNICK,
     (3 * x**2 * y**2, MOTZKIN, "<=", ()), "31/10", (sp.Rational(31, 10) * x**2 * y**2, MOTZKIN, "<=", ())),
    ("slope of the sigmoid", "sigma(x) (1 - sigma(x)) <= 1/4", STANDARD,
     (sigmoid(x) * (1 - sigmoid(x)), quarter, "<=", ()), "strict", (sigmoid(x) * (1 - sigmoid(x)), quarter, "<", ())),
    ("tanh", "x tanh(x) <= x^2", STANDARD, (x * sp.tanh(x), x**2, "<=", ()), "x^2 / 2", (x * sp.tanh(x), x**2 / 2, "<=", ())),
    ("relu is 1-Lipschitz", "|relu(x) - relu(y)| <= |x - y|", STANDARD,
     (sp.Abs(relu(x) - relu(y)), sp.Abs(x - y), "<=", ()), "1/2", (sp.Abs(relu(x) - relu(y)), sp.Abs(x - y) / 2, "<=", ())),
    ("softplus", "relu(x) < softplus(x)", STANDARD, (relu(x), softplus(x), "<", ()), "|x|", (sp.Abs(x), softplus(x), "<", ())),
    ("Huber", "the Huber loss is at most half the square", STANDARD,
     (HUBER, x**2 / 2, "<=", ()), "at most a third", (HUBER, x**2 / 3, "<=", ())),
    ("logarithm", "log(p) <= p - 1", STANDARD, (sp.log(p), p - 1, "<=", ()), "p - 2", (sp.log(p), p - 2, "<=", ())),
    ("Gibbs", "the relative entropy of two coins is not negative", "Kullback and Leibler 1951",
     (sp.S.Zero, p * sp.log(p / q) + (1 - p) * sp.log((1 - p) / (1 - q)), "<=", (p < 1, q < 1)),
     "strict", (sp.S.Zero, p * sp.log(p / q) + (1 - p) * sp.log((1 - p) / (1 - q)), "<", (p < 1, q < 1))),
    ("cross-entropy", "-log softmax(x, y)_1 > 0", STANDARD,
     (x, sp.log(sp.exp(x) + sp.exp(y)), "<", ()), "of the first against the second", (y + 1, sp.log(sp.exp(x) + sp.exp(y)), "<", ())),
)


def inequality(side: Side) -> Inequality:
    return Inequality(*side)


CLAIMS = tuple(claim for name, statement, source, true, change, false in ROWS for claim in (
    Claim(name, statement, source, lambda true=true: inequality(true), "proved", "as functions"),
    Claim(f"{name}: {change}", f"{statement}; changed: {change}", source, lambda false=false: inequality(false), "refuted", "as functions"),
))
