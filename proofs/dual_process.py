"""Two processes, cross-entropy and entropy, and the golden ratio: what holds of the claims in an abstract, and what does not.

Of the papers (arXiv 2104.13277, 2006.04751, 2410.12984, 2605.20009) no derivation was readable.  Every statement here is ours,
about what their abstracts claim; the closed forms of the two constants are our reconstruction.  How arXiv 2605.20009 itself
derives them is unknown to us, and nothing is claimed about it.
"""

from collections.abc import Callable

import numpy as np
import sympy as sp

from symcat.category.elementwise import generic, sigmoid
from symcat.category.space import Real, Space, dims, space
from symcat.category.trace import apply, trace
from symcat.derivative.reverse import R
from symcat.errors import UsageError
from symcat.laws.claim import Claim, Equation, Formula, Inequality
from symcat.prove.translate import translate

n = dims("n")
OURS = "stated by us, about the abstract of arXiv 2104.13277"
RELATED = "stated by us, about the abstracts of arXiv 2006.04751 and 2410.12984"
CONSTANTS = "reconstructed by us; the values as a summary of arXiv 2605.20009 gives them"
HEAVY_BALL = "heavy-ball theory; Polyak 1964"
FUNCTIONS = "as functions"
PAIR = space(x=Real[n], y=Real[n])


def equation(left: Callable, right: Callable, dom: Space) -> tuple[Equation, ...]:
    return (Equation(trace(left, dom), trace(right, dom)),)


def equal(left: sp.Expr, right: sp.Expr, *assuming: sp.Basic) -> tuple[Equation, ...]:
    """An equation between SymPy expressions over real symbols."""
    both = translate(sp.sympify(left), sp.sympify(right), assuming)
    if both.opaque:
        raise UsageError(f"{left} = {right}: as an equation of morphisms pi, sin and cos are arbitrary; use decide on the expressions")
    return (Equation(both.lhs, both.rhs),)


# ---- the two processes: beliefs p = softmax(y), outputs q = softmax(x)
def softmax(z):
    e = np.exp(z)
    return e / np.sum(e)


def entropy(p):
    return -np.sum(p * np.log(p))


def cross_entropy(p, q):
    return -np.sum(p * np.log(q))


def divergence(p, q):
    return np.sum(p * np.log(p / q))


def slope(function: Callable, wire: int) -> Callable:
    """(x, y) -> the gradient of a function of (x, y) in one of them."""
    return lambda x, y: apply(R(trace(function, PAIR)), x, y, 1)[wire]


def of_logits(function: Callable) -> Callable:
    return lambda x, y: function(softmax(y), softmax(x))


IN_X = {"KL": slope(of_logits(divergence), 0), "CE": slope(of_logits(cross_entropy), 0)}
IN_Y = {"KL": slope(of_logits(divergence), 1), "CE": slope(of_logits(cross_entropy), 1),
        "H": slope(lambda x, y: entropy(softmax(y)) + 0 * np.sum(x), 1)}
SLOPES = {
    "H": lambda x, y: -softmax(y) * (np.log(softmax(y)) + entropy(softmax(y))),
    "KL": lambda x, y: softmax(y) * (np.log(softmax(y) / softmax(x)) - divergence(softmax(y), softmax(x))),
    "CE": lambda x, y: softmax(y) * (-np.log(softmax(x)) - cross_entropy(softmax(y), softmax(x))),
}


def fixed_targets(function: Callable) -> Callable:
    """The gradient in the logits x, with the target p held."""
    dom = space(p=Real[n], x=Real[n])
    return lambda p, x: apply(R(trace(lambda p, x: function(p, softmax(x)), dom)), p, x, 1)[1]


PROCESSES = (
    Claim("CE = H + KL", "the cross-entropy is the entropy plus the divergence", OURS,
          lambda: equation(cross_entropy, lambda p, q: entropy(p) + divergence(p, q), space(p=Real[n], q=Real[n]))),
    Claim("CE = H - KL", "the cross-entropy is the entropy minus the divergence", "near miss",
          lambda: equation(cross_entropy, lambda p, q: entropy(p) - divergence(p, q), space(p=Real[n], q=Real[n])), "refuted"),
    *(Claim(f"gradient of {name} in x", f"the gradient of {name}(softmax(y), softmax(x)) in x is q - p", OURS,
            lambda f=f: equation(f, lambda x, y: softmax(x) - softmax(y), PAIR)) for name, f in IN_X.items()),
    Claim("fixed targets", "with fixed targets KL and CE have one gradient in x: the entropy has no effect on the outputs", OURS,
          lambda: equation(fixed_targets(divergence), fixed_targets(cross_entropy), space(p=Real[n], x=Real[n]))),
    *(Claim(f"gradient of {name} in y", f"the gradient of {name} in y is {words}", OURS,
            lambda name=name: equation(IN_Y[name], SLOPES[name], PAIR))
      for name, words in (("H", "-p (ln p + H)"), ("KL", "p (ln(p/q) - KL)"), ("CE", "p (-ln q - CE)"))),
    Claim("gradient of KL in y, near miss", "the gradient of KL in y is p - q", "near miss: KL is not symmetric",
          lambda: equation(IN_Y["KL"], lambda x, y: softmax(y) - softmax(x), PAIR), "refuted"),
    Claim("diagonal, KL", "where p = q the gradient of KL in y is 0", OURS,
          lambda: equation(lambda x, y: IN_Y["KL"](y, y), lambda x, y: 0 * y, PAIR)),
    Claim("diagonal, CE", "where p = q the gradients of CE and H in y agree", OURS,
          lambda: equation(lambda x, y: IN_Y["CE"](y, y), lambda x, y: IN_Y["H"](y, y), PAIR)),
    Claim("everywhere, CE", "the gradients of CE and H in y agree wherever p and q are", "near miss: only where p = q",
          lambda: equation(IN_Y["CE"], IN_Y["H"], PAIR), "refuted"),
)

# ---- the flow of two classes, in the logits r of q and s of p: r' = -dKL/dr, s' = -dH/ds
LOGITS = space(r=Real[()], s=Real[()])


def flow(r, s):
    return sigmoid(s) - sigmoid(r), s * sigmoid(s) * (1 - sigmoid(s))


def binary_entropy(s):
    """H(p) with p = e / (1 + e), 1 - p = 1 / (1 + e) and e = exp(s)."""
    e = np.exp(s)
    return -e / (1 + e) * np.log(e / (1 + e)) - 1 / (1 + e) * np.log(1 / (1 + e))


def jacobian_at_zero(r, s):
    """J^T (r, s) at the origin."""
    return apply(R(trace(flow, LOGITS)), 0 * r, 0 * s, r, s)


R5 = sp.sqrt(5)
G, PHI = (R5 - 1) / 2, (1 + R5) / 2
P, Q, Z, W, S, L, T = sp.symbols("p q z w s L t", real=True)
INSIDE = (P > 0, P < 1)
LOGIT = sp.log(P / (1 - P))
BELIEF = sp.log(P) * P + sp.log(1 - P) * (1 - P)
MIRROR = P * sp.log(P / (1 - P)) + (1 - P) * sp.log((1 - P) / P)


def at(value: sp.Expr, expr: sp.Expr) -> sp.Expr:
    return expr.subs(P, value)


FLOW = (
    Claim("entropy process of two classes", "dH/ds = -p (1 - p) s at p = sigmoid(s)", OURS,
          lambda: equation(lambda r, s: apply(R(trace(binary_entropy, space(s=Real[()]))), s, 1),
                           lambda r, s: -sigmoid(s) * (1 - sigmoid(s)) * s, LOGITS)),
    Claim("uniform equilibrium", "the flow rests where both logits are 0", OURS,
          lambda: equation(lambda r, s: flow(0 * r, 0 * s), lambda r, s: (0 * r, 0 * s), LOGITS)),
    Claim("no other finite equilibrium of s", "s w (1 - w) = 0 with 0 < w < 1 only at s = 0", OURS,
          lambda: Formula((W > 0, W < 1, sp.Eq(S * W * (1 - W), 0)), sp.Eq(S, 0)), equality=FUNCTIONS),
    Claim("saddle", "the Jacobian of the flow at the uniform equilibrium is ((-1/4, 1/4), (0, 1/4))", OURS,
          lambda: equation(jacobian_at_zero, lambda r, s: (-r / 4, r / 4 + s / 4), LOGITS)),
    Claim("saddle, eigenvalues", "det(J - z) = (z - 1/4)(z + 1/4): one direction attracts, one repels", OURS,
          lambda: equal(sp.Matrix([[-Z - sp.Rational(1, 4), sp.Rational(1, 4)], [0, sp.Rational(1, 4) - Z]]).det(),
                        (Z - sp.Rational(1, 4)) * (Z + sp.Rational(1, 4))), equality=FUNCTIONS),
    Claim("stable equilibrium", "the Jacobian at the uniform equilibrium contracts every direction", "near miss: it is a saddle",
          lambda: equation(jacobian_at_zero, lambda r, s: (-r / 4, -s / 4), LOGITS), "refuted"),
    Claim("golden equilibrium", "the entropy process rests at p = g, where s = ln phi", OURS,
          lambda: equal(sp.log(PHI) * G * (1 - G), 0), "refuted", FUNCTIONS),
    Claim("KL = H at g", "KL(p, 1 - p) = H(p) at p = g", OURS, lambda: equal(at(G, MIRROR), at(G, -BELIEF)), "refuted", FUNCTIONS),
    Claim("minimum at the uniform equilibrium", "ln 2, the cross-entropy at p = q = 1/2, is the least cross-entropy", OURS,
          lambda: Inequality(sp.log(2), -P * sp.log(Q) - (1 - P) * sp.log(1 - Q), "<=", (*INSIDE, Q > 0, Q < 1)), "refuted", FUNCTIONS),
)

# ---- where the golden ratio occurs: six equivalents of p^2 + p = 1, one equation in six dresses
GOLDEN = sp.Eq(P**2 + P - 1, 0)


def golden(name: str, words: str, condition: sp.Basic, *hypotheses: sp.Basic) -> Claim:
    return Claim(f"golden {name}", f"{words}, for 0 < p < 1 exactly where p^2 + p = 1", RELATED,
                 lambda: Formula((*INSIDE, *hypotheses), sp.Equivalent(condition, GOLDEN)), equality=FUNCTIONS)


def number(name: str, words: str, left: sp.Expr, right: sp.Expr, source: str = RELATED, expected: str = "proved") -> Claim:
    return Claim(name, words, source, lambda: equal(left, right), expected, FUNCTIONS)


OVER_PHI = 2 / (1 + R5)
EQUIVALENTS = (
    golden("a", "1 - p = p^2", sp.Eq(1 - P, P**2)),
    golden("a, as information", "t = 1 with t = p^2 / (1 - p)", sp.Eq(T, 1), sp.Eq(T * (1 - P), P**2)),
    Claim("golden a, difference", "2 I(p) - I(1 - p) = -ln(p^2 / (1 - p)) with I = -ln", RELATED,
          lambda: equal(-2 * sp.log(P) + sp.log(1 - P), -sp.log(P**2 / (1 - P)), *INSIDE), equality=FUNCTIONS),
    golden("b", "p / (1 - p) = 1 / p", sp.Eq(P / (1 - P), 1 / P)),
    Claim("golden b, difference", "logit p - (-ln p) = ln(p^2 / (1 - p)): input equals output information where that is 0", RELATED,
          lambda: equal(LOGIT + sp.log(P), sp.log(P**2 / (1 - P)), *INSIDE), equality=FUNCTIONS),
    golden("c", "p = (1 - p) / p", sp.Eq(P, (1 - P) / P)),
    golden("d", "p = 1 / (1 + p)", sp.Eq(P, 1 / (1 + P))),
    *(Claim(f"golden {name}, difference of sides", f"{words} has the factor p^2 + p - 1, over what is positive for 0 < p < 1", RELATED,
            lambda left=left, right=right: equal(left, right, *INSIDE), equality=FUNCTIONS) for name, words, left, right in (
        ("a", "p^2 - (1 - p)", P**2 - (1 - P), P**2 + P - 1),
        ("b", "p / (1 - p) - 1 / p", P / (1 - P) - 1 / P, (P**2 + P - 1) / (P * (1 - P))),
        ("c", "p - (1 - p) / p", P - (1 - P) / P, (P**2 + P - 1) / P),
        ("d", "p - 1 / (1 + p)", P - 1 / (1 + P), (P**2 + P - 1) / (1 + P)))),
    golden("e", "sin^2 + cos^2 = 1 with sin = p, cos = sqrt(p)", sp.Eq(P**2 + T**2, 1), T > 0, sp.Eq(T**2, P)),
    Claim("golden f, difference", "KL(p, 1 - p) - |dH/ds| = (p^2 + p - 1) logit p", RELATED,
          lambda: equal(MIRROR - P * (1 - P) * LOGIT, (P**2 + P - 1) * LOGIT, *INSIDE), equality=FUNCTIONS),
    Claim("golden f", "(2p - 1) L = p (1 - p) L exactly where p^2 + p = 1, for every L > 0: for 1/2 < p < 1 with L = logit p", RELATED,
          lambda: Formula((2 * P > 1, P < 1, L > 0), sp.Equivalent(sp.Eq((2 * P - 1) * L, P * (1 - P) * L), GOLDEN)),
          equality=FUNCTIONS),
    Claim("golden, cubic", "p = p^3 only where p^2 + p = 1, for 0 < p <= 1", "near miss",
          lambda: Formula((P > 0, P <= 1, sp.Eq(P, P**3)), GOLDEN), "refuted", FUNCTIONS),
    number("contraction at g", "the slope of 1 / (1 + p) at g is -g^2", -1 / (1 + G) ** 2, -(G**2)),
    Claim("contraction", "1 / (1 + p)^2 < 1 for p > 0: the continued fraction converges", RELATED,
          lambda: Inequality(1 / (1 + P) ** 2, 1, "<", (P > 0,)), equality=FUNCTIONS),
    number("g = 1 / phi", "g = 1 / phi", G, 1 / PHI),
    number("phi = 1 + g", "phi = 1 + g", PHI, 1 + G),
    number("1 - g = g^2", "1 - g = g^2", 1 - G, G**2),
    number("g^3 = 2 g - 1", "g^3 = 2 g - 1", G**3, 2 * G - 1),
    number("g^3 = g (1 - g)", "g^3 = g (1 - g)", G**3, G * (1 - G)),
    number("g^3 = g^2", "g^3 = g^2", G**3, G**2, "near miss", "refuted"),
    number("second root", "-phi is the other root of p^2 + p = 1: as a probability its information is complex", PHI**2 - PHI, 1),
    number("information of g", "I(g) = ln phi, which is 1 in base phi, with g as 1 / phi", -sp.log(OVER_PHI), sp.log(PHI)),
    number("information of 1 - g", "I(1 - g) = 2 ln phi, which is 2 in base phi, with 1 - g as 1 / phi^2",
           -sp.log(OVER_PHI**2), 2 * sp.log(PHI)),
    number("entropy of g", "H(g) = (1 + g^2) ln phi, with g as 1 / phi and 1 - g as 1 / phi^2",
           -OVER_PHI * sp.log(OVER_PHI) - OVER_PHI**2 * sp.log(OVER_PHI**2), (1 + G**2) * sp.log(PHI)),
    number("mirrored cross-entropy of g", "CE((g, 1 - g), (1 - g, g)) = phi ln phi, likewise",
           -OVER_PHI * sp.log(OVER_PHI**2) - OVER_PHI**2 * sp.log(OVER_PHI), PHI * sp.log(PHI)),
    number("mirrored divergence of g", "KL((g, 1 - g), (1 - g, g)) = g^3 ln phi, with g / (1 - g) as phi",
           OVER_PHI * sp.log(PHI) + OVER_PHI**2 * sp.log(OVER_PHI), G**3 * sp.log(PHI)),
    number("golden f at g", "KL(g, 1 - g) = |dH/ds| at p = g", at(G, MIRROR), at(G, P * (1 - P) * LOGIT)),
    number("golden f at 3/5", "KL(p, 1 - p) = |dH/ds| at p = 3/5", at(sp.Rational(3, 5), MIRROR),
           at(sp.Rational(3, 5), P * (1 - P) * LOGIT), "near miss", "refuted"),
    number("information of g, near miss", "I(g) = 2 ln phi", -sp.log(G), 2 * sp.log(PHI), "near miss", "refuted"),
)

# ---- the constants: alpha = sqrt(2) g, eta = (1 - alpha)^2
ALPHA = sp.sqrt(2) * G
ETA = 4 - R5 - 2 * ALPHA


def between(name: str, words: str, low: str, value: sp.Expr, high: str) -> tuple[Claim, Claim]:
    low, high = sp.Rational(low), sp.Rational(high)
    return (Claim(f"{name}, from below", f"{low} <= {words}", CONSTANTS, lambda: Inequality(low, value), equality=FUNCTIONS),
            Claim(f"{name}, from above", f"{words} < {high}", CONSTANTS, lambda: Inequality(value, high, "<"), equality=FUNCTIONS))


VALUES = (
    number("alpha squared", "(sqrt(2) g)^2 = 3 - sqrt(5)", ALPHA**2, 3 - R5, CONSTANTS),
    number("alpha", "sqrt(2) g = sqrt(3 - sqrt(5))", ALPHA, sp.sqrt(3 - R5), CONSTANTS),
    number("alpha, near miss", "sqrt(2) g = sqrt(3 - sqrt(5) / 2)", ALPHA, sp.sqrt(3 - R5 / 2), "near miss", "refuted"),
    number("eta, nested root", "(1 - sqrt(2) g)^2 = 4 - sqrt(5) - 2 sqrt(3 - sqrt(5))", (1 - ALPHA) ** 2, 4 - R5 - 2 * sp.sqrt(3 - R5),
           CONSTANTS),
    number("alpha as a modulus", "alpha^2 = |g (1 + i)|^2 = g^2 + g^2", ALPHA**2, 2 * G**2, CONSTANTS),
    number("eta", "(1 - alpha)^2 = 4 - sqrt(5) - 2 alpha", (1 - ALPHA) ** 2, ETA, CONSTANTS),
    number("eta, near miss", "(1 - alpha)^2 = 4 - sqrt(5) - alpha", (1 - ALPHA) ** 2, 4 - R5 - ALPHA, "near miss", "refuted"),
    *between("alpha rounds to 0.874", "alpha", "0.8735", ALPHA, "0.8745"),
    *between("eta rounds to 0.016", "eta", "0.0155", ETA, "0.0165"),
)

# ---- heavy-ball theory: x = eta lambda, state (theta, Delta), matrix ((1 - x, alpha), (-x, alpha))
A, X, ROOT, U, V, K, M, E = sp.symbols("a x c u v K M e", real=True)
C, RATE = sp.symbols("c0 lam", real=True)
DECAY = (A >= 0, A < 1)
STABLE = sp.And(X > 0, X < 2 * (1 + A))


def scaled(factor: Callable) -> tuple[Equation, ...]:
    """A gradient step of rate factor(eta, c) on c times an arbitrary loss, against one of rate eta on the loss."""
    loss = lambda p: np.sum(generic("loss")(p))
    gradient = lambda f, p: apply(R(trace(f, space(p=Real[n]))), p, 1)
    scale = lambda p, c: c * loss(p)
    dom = space(p=Real[n], eta=Real[()], c=Real[()])
    in_p = lambda p, c: apply(R(trace(scale, space(p=Real[n], c=Real[()]))), p, c, 1)[0]
    return equation(lambda p, eta, c: p - factor(eta, c) * in_p(p, c), lambda p, eta, c: p - eta * gradient(loss, p) + 0 * (1 / c), dom)


def averaged(scale: Callable) -> tuple[Equation, ...]:
    """Delta = scale(alpha) v is kept when Delta' = alpha Delta - (1 - alpha)^2 g and v' = alpha v + (1 - alpha) g."""
    dom = space(v=Real[n], g=Real[n], alpha=Real[()])
    return equation(lambda v, g, alpha: alpha * (scale(alpha) * v) - (1 - alpha) ** 2 * g,
                    lambda v, g, alpha: scale(alpha) * (alpha * v + (1 - alpha) * g), dom)


DYNAMICS = (
    Claim("heavy ball, characteristic polynomial", "det(M - z) = z^2 - (1 + alpha - x) z + alpha", HEAVY_BALL,
          lambda: equal(sp.Matrix([[1 - X - Z, A], [-X, A - Z]]).det(), Z**2 - (1 + A - X) * Z + A), equality=FUNCTIONS),
    Claim("heavy ball, characteristic polynomial, near miss", "det(M - z) = z^2 - (1 - x) z + alpha", "near miss",
          lambda: equal(sp.Matrix([[1 - X - Z, A], [-X, A - Z]]).det(), Z**2 - (1 - X) * Z + A), "refuted", FUNCTIONS),
    Claim("heavy ball, window", "complex eigenvalues exactly where (1 - sqrt alpha)^2 < x < (1 + sqrt alpha)^2", HEAVY_BALL,
          lambda: Formula((ROOT >= 0, ROOT < 1, sp.Eq(A, ROOT**2)), sp.Equivalent((1 + A - X) ** 2 - 4 * A < 0,
                          sp.And((1 - ROOT) ** 2 < X, X < (1 + ROOT) ** 2))), equality=FUNCTIONS),
    Claim("heavy ball, discriminant", "4 alpha - (1 + alpha - x)^2 = (x - (1 - c)^2) ((1 + c)^2 - x) with c^2 = alpha", HEAVY_BALL,
          lambda: equal(4 * ROOT**2 - (1 + ROOT**2 - X) ** 2, (X - (1 - ROOT) ** 2) * ((1 + ROOT) ** 2 - X)), equality=FUNCTIONS),
    Claim("heavy ball, stability of real eigenvalues", "both within the unit circle exactly where 0 < x < 2 (1 + alpha)", HEAVY_BALL,
          lambda: Formula((*DECAY, sp.Eq(U + V, 1 + A - X), sp.Eq(U * V, A)), sp.Equivalent(sp.And(U**2 < 1, V**2 < 1), STABLE)),
          equality=FUNCTIONS),
    Claim("heavy ball, stability of complex eigenvalues", "u +- iv with v != 0 are within the unit circle, and 0 < x < 2 (1 + alpha)",
          HEAVY_BALL, lambda: Formula((*DECAY, sp.Ne(V, 0), sp.Eq(2 * U, 1 + A - X), sp.Eq(U**2 + V**2, A)),
                                      sp.And(U**2 + V**2 < 1, STABLE)), equality=FUNCTIONS),
    Claim("heavy ball, stability, near miss", "stable for every x > 0", "near miss",
          lambda: Formula((*DECAY, X > 0, sp.Eq(U + V, 1 + A - X), sp.Eq(U * V, A)), sp.And(U**2 < 1, V**2 < 1)), "refuted", FUNCTIONS),
    Claim("Polyak's pair", "eta = 4 / (sqrt L + sqrt mu)^2 and sqrt(alpha) = (sqrt L - sqrt mu) / (sqrt L + sqrt mu) determine mu and L",
          HEAVY_BALL, lambda: Formula((E > 0, ROOT >= 0, ROOT < 1, K > 0, M > 0), sp.Equivalent(
              sp.And(sp.Eq(E * (K + M), 2), sp.Eq(ROOT * (K + M), K - M)), sp.And(sp.Eq(E * K, 1 + ROOT), sp.Eq(E * M, 1 - ROOT)))),
          equality=FUNCTIONS),
    Claim("universal pair", "no rate eta of plain gradient descent contracts a curvature lambda more than the golden pair's sqrt alpha",
          OURS, lambda: Inequality(ALPHA, (1 - E * RATE) ** 2, "<=", (E > 0, RATE > 0)), "refuted", FUNCTIONS),
    Claim("golden pair at curvature 300", "the golden pair diverges at lambda = 300: 2 (1 + alpha) < 300 eta", OURS,
          lambda: Inequality(2 * (1 + ALPHA), 300 * ETA, "<"), equality=FUNCTIONS),
    Claim("golden pair at curvature 1, speed", "at lambda = 1 the golden pair contracts by no less than 0.93 a step: 0.93^2 < alpha", OURS,
          lambda: Inequality(sp.Rational("0.8649"), ALPHA, "<"), equality=FUNCTIONS),
    Claim("units of the rate", "a step of rate eta / c on c times a loss is the step of rate eta on the loss", OURS,
          lambda: scaled(lambda eta, c: eta / c)),
    Claim("units of the rate, near miss", "a step of rate eta on c times a loss is the step of rate eta on the loss", "near miss",
          lambda: scaled(lambda eta, c: eta), "refuted"),
    Claim("average form", "Delta' = alpha Delta - (1 - alpha)^2 g is -(1 - alpha) times an average of gradients", OURS,
          lambda: averaged(lambda alpha: alpha - 1)),
    Claim("average form, near miss", "Delta' = alpha Delta - (1 - alpha)^2 g is minus an average of gradients", "near miss",
          lambda: averaged(lambda alpha: -1), "refuted"),
)

CLAIMS = (*PROCESSES, *FLOW, *EQUIVALENTS, *VALUES, *DYNAMICS)
