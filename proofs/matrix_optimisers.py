"""Matrix optimisers: closed forms of small matrices by their defining equations, and laws of matrix rules at all sizes.

At all sizes the inverse of a Hessian, a metric or a factor is a wire of its own, which moves as an inverse does; that it is one is
a claim too.  Hypotheses such as P^T P = 1 are premises.  The verdicts are ours and are quoted from no paper.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import sympy as sp

from symcat.category.evaluate import evaluate
from symcat.category.morphism import Morphism
from symcat.category.objects import SYMBOLIC
from symcat.category.space import Real, dims, space
from symcat.category.trace import apply, trace
from symcat.laws.claim import Claim
from symcat.laws.matrices import Hypothesis, MatrixEquation, coisometry, inverse, isometry, orthogonal, symmetric
from symcat.learn.optimisers import muon
from symcat.learn.optimisers.matrix import newton_schulz
from symcat.learn.optimisers.small_matrices import eigenbasis, inverse_root, polar_factor, root
from symcat.prove.field.read import ScalarGoal, read

m, n, k = dims("m n k")
a, b, c, d, u = sp.symbols("a b c d u", real=True)
SHULZ, ROOTS = "Jordan et al. 2024, Muon", "Higham 2008, Functions of Matrices, section 6.1"
S, X = np.array([[a, b], [b, d]], dtype=object), np.array([[a, b], [c, d]], dtype=object)
EYE = np.array([[1, 0], [0, 1]], dtype=object)
DEFINITE = (a > 0, a * d - b**2 > 0)
WEIGHTS = sp.symbols("w1:5", real=True)
TURN = np.array([[(1 - u**2) / (1 + u**2), -2 * u / (1 + u**2)], [2 * u / (1 + u**2), (1 - u**2) / (1 + u**2)]], dtype=object)

STRETCH = np.array([[sp.Integer(2), sp.S.Zero], [sp.S.Zero, sp.S.One]], dtype=object)


# ---- two rows: equations between entries, all of them at once
def entries(function: Callable, *given: np.ndarray) -> np.ndarray:
    """What a rule's function makes of matrices of symbols."""
    wires = space(**{f"x{i}": Real[tuple(one.shape)] for i, one in enumerate(given)})
    return evaluate(trace(function, wires), given, scalars=SYMBOLIC)[0]


def same(left: np.ndarray, right: np.ndarray, assuming: Sequence = ()) -> ScalarGoal:
    """All entries are equal: their sums with arbitrary weights are."""
    weigh = lambda x: sp.Add(*[weight * entry for weight, entry in zip(WEIGHTS, x.ravel(), strict=True)])
    return read(weigh(left), weigh(right), tuple(assuming))


def determinant(x: np.ndarray) -> sp.Expr:
    return x[0, 0] * x[1, 1] - x[0, 1] * x[1, 0]


SMALL = (
    ("square root", "R R = S for the closed form of S^(1/2), S positive definite of two rows",
     lambda: same(entries(lambda s: root(s) @ root(s), S), S, DEFINITE),
     "without the root in the denominator", lambda: same(entries(lambda s: root(s) @ root(s) * np.trace(s), S), S, DEFINITE)),
    ("inverse root", "R S R = 1 for the closed form of S^(-1/2)",
     lambda: same(entries(lambda s: inverse_root(s) @ s @ inverse_root(s), S), EYE, DEFINITE),
     "S R = 1", lambda: same(entries(lambda s: inverse_root(s) @ s, S), EYE, DEFINITE)),
    ("determinant of the root", "det S^(1/2) = (det S)^(1/2): the root is positive definite again, and has a root itself",
     lambda: read(determinant(entries(root, S)), sp.sqrt(a * d - b**2), DEFINITE),
     "det S^(1/2) = det S", lambda: read(determinant(entries(root, S)), a * d - b**2, DEFINITE)),
    ("polar factor is orthogonal", "U^T U = 1 for the closed form of the polar factor, det X > 0",
     lambda: same(entries(lambda x: polar_factor(x).T @ polar_factor(x), X), EYE, (a * d - b * c > 0,)),
     "U U = 1", lambda: same(entries(lambda x: polar_factor(x) @ polar_factor(x), X), EYE, (a * d - b * c > 0,))),
    ("polar factor, the other sheet", "U^T U = 1, det X < 0",
     lambda: same(entries(lambda x: polar_factor(x).T @ polar_factor(x), X), EYE, (a * d - b * c < 0,)),
     "U^T U = 2", lambda: same(entries(lambda x: polar_factor(x).T @ polar_factor(x), X), 2 * EYE, (a * d - b * c < 0,))),
    ("polar decomposition", "U^T X is symmetric, so that X = U (U^T X) is the polar decomposition, det X > 0",
     lambda: same(entries(lambda x: polar_factor(x).T @ x - x.T @ polar_factor(x), X), 0 * EYE, (a * d - b * c > 0,)),
     "X itself is symmetric", lambda: same(X - X.T, 0 * EYE, (a * d - b * c > 0,))),
    ("eigenbasis is orthogonal", "Q^T Q = 1 for the half-angle eigenvectors of a symmetric matrix, b != 0",
     lambda: same(entries(lambda s: eigenbasis(s).T @ eigenbasis(s), S), EYE, (sp.Ne(b, 0),)),
     "Q = Q^T", lambda: same(entries(lambda s: eigenbasis(s) - eigenbasis(s).T, S), 0 * EYE, (sp.Ne(b, 0),))),
    ("eigenbasis diagonalises", "Q^T S Q is diagonal with the eigenvalues, the larger first, b != 0",
     lambda: same(entries(lambda s: eigenbasis(s).T @ s @ eigenbasis(s), S), eigenvalues(1), (sp.Ne(b, 0),)),
     "the smaller first", lambda: same(entries(lambda s: eigenbasis(s).T @ s @ eigenbasis(s), S), eigenvalues(-1), (sp.Ne(b, 0),))),
    ("inverse by cofactors", "A A^-1 = 1 for two rows", lambda: same(entries(lambda x: x @ np.linalg.inv(x), X), EYE),
     "A^T A^-1 = 1", lambda: same(entries(lambda x: x.T @ np.linalg.inv(x), X), EYE)),
    ("determinant turned", "|det(P X)| = |det X| for every rotation P, by half angles",
     lambda: read(sp.Abs(determinant(TURN @ X)), sp.Abs(determinant(X))),
     "msign(P X) = P msign(X), which rotations satisfy, for P = diag(2, 1)",
     lambda: same(entries(polar_factor, STRETCH @ X), STRETCH @ entries(polar_factor, X), (a * d - b * c > 0,))),
)


def eigenvalues(sign: int) -> np.ndarray:
    half = sign * sp.sqrt(((a - d) / 2) ** 2 + b**2)
    return np.array([[(a + d) / 2 + half, 0], [0, (a + d) / 2 - half]], dtype=object)


# ---- all sizes: rules whose inverses come in
def preconditioned(p, g, Hi, *, lr=1.0):
    """p <- p - lr Hi g: Newton, Gauss-Newton and the natural gradient, with the inverse of their matrix as Hi."""
    return p - lr * (Hi @ g)


def kfac_given(p, g, Si, Ai, lr=1):
    """W <- W - lr S^-1 g A^-1, K-FAC with the inverses of its factors."""
    return p - lr * (Si @ g @ Ai)


def bfgs_of_b(B, s, y):
    return B - np.outer(B @ s, B @ s) / (s @ (B @ s)) + np.outer(y, y) / (y @ s)


def bfgs_of_inverse(H, s, y):
    rho, one = 1 / (y @ s), np.diag(np.ones_like(s))
    return (one - rho * np.outer(s, y)) @ H @ (one - rho * np.outer(y, s)) + rho * np.outer(s, s)


def heavy_ball(p, g, v, *, lr=0.01, gamma=0.9):
    v = gamma * v - lr * g
    return p + v, v


def normalised(p, g, *, lr=0.1):
    return p - lr * g / np.sqrt(np.sum(g * g))


def clipped(p, g, *, lr=0.1, bound=1.0):
    return p - lr * g * np.minimum(1, bound / np.sqrt(np.sum(g * g)))


def square(rule: Callable | Morphism, wires: dict, before: Callable, after: Callable, maps: dict, *hypotheses: Hypothesis,
           moved: Morphism | None = None) -> MatrixEquation:
    """The rule before a change of coordinates, its outputs moved by `after`, against the rule behind `before`, which moves its inputs."""
    step = rule if isinstance(rule, Morphism) else trace(rule, space(**wires))
    other = moved or step
    dom, count = space(**wires, **maps), len(wires)

    def one(*given):
        found = apply(step, *given[:count])
        return after(*(found if isinstance(found, tuple) else (found,)), *given[count:])

    return MatrixEquation(trace(one, dom), trace(lambda *given: apply(other, *before(*given)), dom), hypotheses)


VECTOR, MATRIX, GL = {"p": Real[n], "g": Real[n]}, {"p": Real[m, n], "g": Real[m, n]}, {"A": Real[n, n], "B": Real[n, n]}
TURNS = {"P": Real[m, m], "Q": Real[n, n]}
MUON = {**MATRIX, "v": Real[m, n]}


def muon_turned(*hypotheses: Hypothesis, rows: sp.Expr = m) -> MatrixEquation:
    both = lambda x, P, Q: P @ x @ Q.T
    return square(muon.step(), MUON, lambda p, g, v, P, Q: tuple(both(x, P, Q) for x in (p, g, v)),
                  lambda p, v, P, Q: (both(p, P, Q), both(v, P, Q)), {"P": Real[rows, m], "Q": Real[n, n]}, *hypotheses,
                  moved=muon.step(Real[rows, n]))


def schulz_turned(*hypotheses: Hypothesis, steps: int = 5) -> MatrixEquation:
    iterate = lambda x, *, a=3.4445, b=-4.775, c=2.0315: newton_schulz(x, a, b, c, steps)
    return square(iterate, {"x": Real[m, n]}, lambda x, P, Q: (P @ x @ Q.T,), lambda y, P, Q: P @ y @ Q.T, TURNS, *hypotheses)


def polar_turned(*hypotheses: Hypothesis) -> MatrixEquation:
    """The closed form of the polar factor, with X^-1 and |det X| as wires: the one moves as an inverse does, the other not at all."""
    wires = {"X": Real[m, m], "Xi": Real[m, m], "size": Real[()]}
    return square(lambda x, xi, size: (x + size * xi.T) / np.sqrt(np.sum(x * x) + 2 * size), wires,
                  lambda x, xi, size, P, Q: (P @ x @ Q.T, Q @ xi @ P.T, size), lambda y, P, Q: P @ y @ Q.T,
                  {"P": Real[m, m], "Q": Real[m, m]}, *hypotheses)


def muon_transposed(slip: int) -> MatrixEquation:
    return square(muon.step(), MUON, lambda p, g, v: (p.T, g.T, slip * v.T), lambda p, v: (p.T, v.T), {}, moved=muon.step(Real[n, m]))


def newton_moved(rule: Callable, *hypotheses: Hypothesis, fixed: bool = False) -> MatrixEquation:
    """p -> A p, g -> A^-T g, and the inverse Hessian or metric to A Hi A^T; not moved when it is `fixed`."""
    step = trace(rule, space(**VECTOR, Hi=Real[n, n]))
    return square(step, {**VECTOR, "Hi": Real[n, n]}, lambda p, g, H, A, B: (A @ p, B.T @ g, H if fixed else A @ H @ A.T),
                  lambda p, A, B: A @ p, GL, *hypotheses)


def kfac_moved(damping: int) -> MatrixEquation:
    """W -> P W Q^-1 with a -> Q a and s -> P^-T s; damping is added to the inverses of the factors as it is, in both coordinates."""
    wires = {**MATRIX, "Si": Real[m, m], "Ai": Real[n, n]}
    rule = lambda p, g, Si, Ai, *, lr=0.1: kfac_given(p, g, Si + damping * np.diag(np.ones_like(p[:, 0])), Ai, lr)
    return square(rule, wires, lambda p, g, S, A, P, R, Q, T: (P @ p @ T, R.T @ g @ Q.T, P @ S @ P.T, T.T @ A @ T),
                  lambda p, P, R, Q, T: P @ p @ T, {"P": Real[m, m], "R": Real[m, m], "Q": Real[n, n], "T": Real[n, n]},
                  inverse("P", "R"), inverse("Q", "T"))


def inverse_moves(right: Callable) -> MatrixEquation:
    """The inverse of B^T S B, with A = B^-1, is A S^-1 A^T."""
    wires = space(S=Real[n, n], Si=Real[n, n], **GL)
    return MatrixEquation(trace(lambda S, Si, A, B: (B.T @ S @ B) @ right(Si, A), wires),
                          trace(lambda S, Si, A, B: np.diag(np.ones_like(S[0])), wires), (inverse("S", "Si"), inverse("A", "B")))


def bfgs_moved(update: Callable, tensor: bool, *hypotheses: Hypothesis) -> MatrixEquation:
    """s -> A s, y -> A^-T y, and B -> A^-T B A^-1, its inverse H -> A H A^T."""
    move = (lambda V, A, B: B.T @ V @ B) if tensor else (lambda V, A, B: A @ V @ A.T)
    wires = {"V": Real[n, n], "s": Real[n], "y": Real[n]}
    return square(update, wires, lambda V, s, y, A, B: (move(V, A, B), A @ s, B.T @ y), move, GL, *hypotheses)


def turned(rule: Callable, states: int, *hypotheses: Hypothesis, lost: bool = False) -> MatrixEquation:
    """A rule of vectors before and after p -> A p, g -> A g, states likewise; `lost`: the gradient stays behind."""
    wires = VECTOR | {f"v{i}": Real[n] for i in range(states)}
    move = lambda *given: tuple(x if lost and i == 1 else given[-1] @ x for i, x in enumerate(given[:-1]))
    return square(rule, wires, move, lambda *given: tuple(given[-1] @ x for x in given[:-1]), {"A": Real[n, n]}, *hypotheses)


ORTHOGONAL = (orthogonal("P"), orthogonal("Q"))
ALL_SIZES = (
    ("Newton-Schulz turned", "NS5(P X Q^T) = P NS5(X) Q^T for orthogonal P and Q, at every size, for all coefficients", SHULZ,
     lambda: schulz_turned(*ORTHOGONAL), "one iteration, P symmetric only",
     lambda: schulz_turned(symmetric("P"), orthogonal("Q"), steps=1)),
    ("Muon turned", "a step of Muon commutes with W -> P W Q^T for orthogonal P and Q, its momentum likewise, at every size", SHULZ,
     lambda: muon_turned(*ORTHOGONAL), "Q arbitrary", lambda: muon_turned(orthogonal("P"))),
    ("Muon embedded", "a step of Muon commutes with W -> P W Q^T for P^T P = 1, an isometric embedding into more rows", SHULZ,
     lambda: muon_turned(isometry("P"), orthogonal("Q"), rows=k), "P P^T = 1, a projection of the momentum",
     lambda: muon_turned(coisometry("P"), orthogonal("Q"), rows=k)),
    ("polar factor turned", "(X + |det X| X^-T) / sqrt(|X|^2 + 2 |det X|), the polar factor of two rows, commutes with X -> P X Q^T",
     "Bernstein and Newhouse 2024", lambda: polar_turned(*ORTHOGONAL), "Q arbitrary", lambda: polar_turned(orthogonal("P"))),
    ("Muon transposed", "a step of Muon on the transposed matrix is the transposed step, at every size", SHULZ, lambda: muon_transposed(1),
     "with twice the momentum", lambda: muon_transposed(2)),
    ("Newton under linear maps", "a step with the inverse Hessian commutes with p -> A p for every invertible A, at every size",
     "Shiebler 2022, Generalized Optimization", lambda: newton_moved(preconditioned, inverse("A", "B")),
     "the inverse Hessian stays as it is", lambda: newton_moved(preconditioned, inverse("A", "B"), fixed=True)),
    ("the inverse of a tensor", "(A^-T S A^-1)^-1 = A S^-1 A^T at every size: how inverse Hessians, metrics and factors move", "standard",
     lambda: inverse_moves(lambda Si, A: A @ Si @ A.T), "A S^-1 A", lambda: inverse_moves(lambda Si, A: A @ Si @ A)),
    ("K-FAC under linear maps", "an undamped step S^-1 G A^-1 commutes with W -> P W Q^-1 for all invertible P and Q, at every size",
     "Martens and Grosse 2015, theorem 1", lambda: kfac_moved(0), "an identity matrix added to the inverse of S", lambda: kfac_moved(1)),
    ("BFGS under linear maps", "the update of B commutes with p -> A p for every invertible A, B a tensor, at every size",
     "Nocedal and Wright 2006, section 6.1", lambda: bfgs_moved(bfgs_of_b, True, inverse("A", "B")), "B moves like a vector's square",
     lambda: bfgs_moved(bfgs_of_b, False, inverse("A", "B"))),
    ("BFGS of the inverse under linear maps", "the update of H = B^-1 commutes with p -> A p, H -> A H A^T, at every size",
     "Nocedal and Wright 2006, equation 6.17", lambda: bfgs_moved(bfgs_of_inverse, False, inverse("A", "B")), "H moves like B",
     lambda: bfgs_moved(bfgs_of_inverse, True, inverse("A", "B"))),
    ("heavy ball turned", "heavy ball commutes with orthogonal maps, at every size", "Polyak 1964",
     lambda: turned(heavy_ball, 1, orthogonal("A")), "the gradient stays", lambda: turned(heavy_ball, 1, orthogonal("A"), lost=True)),
    ("normalised descent turned", "p - lr g / |g| commutes with orthogonal maps, at every size", "standard",
     lambda: turned(normalised, 0, orthogonal("A")), "symmetric maps", lambda: turned(normalised, 0, symmetric("A"))),
    ("clipped descent turned", "p - lr g min(1, bound / |g|) commutes with orthogonal maps, at every size and in both regimes",
     "Pascanu, Mikolov and Bengio 2013", lambda: turned(clipped, 0, orthogonal("A")), "symmetric maps",
     lambda: turned(clipped, 0, symmetric("A"))),
)

CLAIMS = (
    *(Claim(name, words, ROOTS, goal, equality="as functions") for name, words, goal, _, _ in SMALL),
    *(Claim(f"{name}, near miss", wrong, ROOTS, goal, "refuted", "as functions") for name, _, _, wrong, goal in SMALL),
    *(Claim(name, words, source, goal, equality="as functions") for name, words, source, goal, _, _ in ALL_SIZES),
    *(Claim(f"{name}, near miss", wrong, source, goal, "refuted", "as functions") for name, _, source, _, wrong, goal in ALL_SIZES),
)
