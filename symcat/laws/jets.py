"""The jet of a change of coordinates at a point, and how tensors move along it.

A smooth map phi enters a naturality square through its derivatives at one point only: J[a, i] = d_i phi_a and
H[a][i, j] = d_i d_j phi_a.  With symbols for these an identity holds for every smooth map at every point; with the
derivatives of a formula it is about that map.  `x~` is a tensor on the target's side, its pull-back is on the source's:

    g = J^T g~        G = J^T G~ J        h = J^T h~ J + sum_a g~_a H[a]        C = J^-1 C~ J^-T
    Gamma^l = sum_a (J^-1)_la (J^T Gamma~^a J + H[a])        m' = J^T m~' + (d/dt J^T) m~

The last term, with d/dt J along a velocity, is what makes a moving covector more than a covector at each instant.
Source: the chain rule; for Christoffel symbols any text on differential geometry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from symcat.errors import ShapeError

Matrix = sp.ImmutableDenseMatrix
Connection = tuple[Matrix, ...]


@dataclass(frozen=True)
class Jet:
    """First and second derivatives of a map from R^n to R^m at a point: `first` is m x n, `second` is m symmetric n x n matrices."""

    first: Matrix
    second: tuple[Matrix, ...]

    def __post_init__(self) -> None:
        m, n = self.first.shape
        if len(self.second) != m or any(one.shape != (n, n) for one in self.second):
            raise ShapeError(f"a jet from R^{n} to R^{m} with second derivatives of shapes {[one.shape for one in self.second]}: "
                             f"expected {m} matrices {n} x {n}")

    @property
    def inverse(self) -> Matrix:
        """J^-1 = adj(J) / det(J)."""
        m, n = self.first.shape
        if m != n:
            raise ShapeError(f"the inverse of a Jacobian {m} x {n}: only a change of coordinates has one, of as many coordinates")
        return self.first.adjugate() / self.first.det()

    def vector(self, u: Matrix) -> Matrix:
        """J u, a tangent vector pushed forward."""
        return self.first * u

    def covector(self, g: Matrix) -> Matrix:
        """J^T g~, a gradient pulled back."""
        return self.first.T * g

    def metric(self, metric: Matrix) -> Matrix:
        """J^T G~ J, a metric pulled back."""
        return self.first.T * metric * self.first

    def cometric(self, cometric: Matrix) -> Matrix:
        """J^-1 C~ J^-T, an inverse metric pulled back along a change of coordinates."""
        return self.inverse * cometric * self.inverse.T

    def hessian(self, hessian: Matrix, g: Matrix) -> Matrix:
        """J^T h~ J + sum_a g~_a H[a]: the second derivatives of a loss are no tensor where its gradient is not 0."""
        return sum((g[a] * one for a, one in enumerate(self.second)), self.metric(hessian))

    def connection(self, symbols: Connection) -> Connection:
        """Christoffel symbols pulled back along a change of coordinates."""
        lowered = [self.metric(upper) + one for upper, one in zip(symbols, self.second, strict=True)]
        return tuple(sum((self.inverse[k, a] * one for a, one in enumerate(lowered)), Matrix.zeros(*one.shape))
                     for k, one in enumerate(lowered))

    def drift(self, velocity: Matrix, m: Matrix) -> Matrix:
        """(d/dt J^T) m~ while the point moves with a velocity: sum_a m~_a H[a] velocity."""
        return sum((m[a] * one * velocity for a, one in enumerate(self.second)), Matrix.zeros(len(velocity), 1))


def jet(components: Sequence[sp.Expr], variables: Sequence[sp.Symbol]) -> Jet:
    """The jet of a map given by formulas.

    >>> r, t = sp.symbols("r t", real=True)
    >>> jet((r * sp.cos(t), r * sp.sin(t)), (r, t)).first
    Matrix([
    [cos(t), -r*sin(t)],
    [sin(t),  r*cos(t)]])
    """
    components = [sp.sympify(one, strict=True) for one in components]
    first = Matrix(len(components), len(variables), lambda a, i: sp.diff(components[a], variables[i]))
    return Jet(first, tuple(Matrix(sp.hessian(one, list(variables))) for one in components))


def generic_jet(n: int, name: str = "phi") -> Jet:
    """The jet of an arbitrary change of n coordinates: its derivatives are symbols, second ones symmetric.

    >>> generic_jet(1).second
    (Matrix([[phi0_00]]),)
    """
    first = Matrix(n, n, lambda a, i: sp.Symbol(f"{name}{a}_{i}", real=True))
    return Jet(first, tuple(symmetric(f"{name}{a}", n) for a in range(n)))


def symmetric(name: str, n: int) -> Matrix:
    """A symmetric matrix of symbols."""
    return Matrix(n, n, lambda i, j: sp.Symbol(f"{name}_{min(i, j)}{max(i, j)}", real=True))


def column(name: str, n: int) -> Matrix:
    """A column of symbols."""
    return Matrix(n, 1, lambda i, _: sp.Symbol(f"{name}{i}", real=True))


def levi_civita(metric: Matrix, slopes: Sequence[Matrix]) -> Connection:
    """The Christoffel symbols of a metric whose derivative along the k-th coordinate is `slopes[k]`.

    Gamma^l_ij = (G^-1)_lk (d_i G_kj + d_j G_ki - d_k G_ij) / 2.
    """
    n = metric.rows
    inverse = metric.adjugate() / metric.det()
    lowered = [Matrix(n, n, lambda i, j, k=k: (slopes[i][k, j] + slopes[j][k, i] - slopes[k][i, j]) / 2) for k in range(n)]
    return tuple(sum((inverse[upper, k] * lowered[k] for k in range(n)), Matrix.zeros(n, n)) for upper in range(n))


def slopes_of(metric: Matrix, variables: Sequence[sp.Symbol]) -> tuple[Matrix, ...]:
    """The derivatives of a metric given by a formula, along each coordinate."""
    return tuple(metric.diff(variable) for variable in variables)


def contraction(symbols: Connection, velocity: Matrix, m: Matrix) -> Matrix:
    """Gamma^l_kj velocity^j m_l: what the covariant derivative of a covector m along a velocity takes off its plain one."""
    return sum((m[k] * one * velocity for k, one in enumerate(symbols)), Matrix.zeros(len(velocity), 1))
