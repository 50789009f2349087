"""The F-adjoint of a multilayer perceptron: backpropagation as a two-step rule, for all widths and over any base.

Depth L, widths N_0 ... N_L, weights W^l of shape N_l x (N_{l-1} + 1) with the bias in the last column.  F-propagation is

    Y^l = W^l (X^{l-1}; 1)          X^l = s^l(Y^l)                        l = 1 ... L

and the F-adjoint of it at a covector X*^L, with W#^l the weights without their last column, is

    Y*^l = (D s^l(Y^l))^T X*^l      X*^{l-1} = (W#^l)^T Y*^l              l = L ... 1

The gradient in W^l is the outer product Y*^l (X^{l-1}; 1)^T.  Nothing here calls the reverse derivative R: that the two agree
(theorem RDC-F) is a claim of `proofs/f_adjoint.py`.  Source: arXiv 2304.13820, conventions of the author's public pages; bodies
of the papers were not available.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from sympy.core.symbol import Str

from symcat.category.elementwise import generic, relu, sigmoid, softplus, step
from symcat.category.functions import Smooth
from symcat.category.morphism import Morphism
from symcat.category.space import Base, Dim, Real, Space, Wire, dim
from symcat.category.trace import trace
from symcat.category.tracing import arithmetic
from symcat.category.tracing.array import lifted
from symcat.errors import ShapeError, UsageError

Array = Any    # a traced array


@dataclass(frozen=True)
class Activation:
    """A map on vectors, and the transpose of its derivative: `transposed(y, x_star)` is (D s(y))^T x_star."""

    name: str
    function: Callable[[Array], Array]
    transposed: Callable[[Array, Array], Array]


def coordinatewise(name: str, function: Callable[[Array], Array], slope: Callable[[Array], Array]) -> Activation:
    """An activation that acts on each entry, whose transposed derivative multiplies by its slope at y (not at the value)."""
    return Activation(name, function, lambda y, x_star: x_star * slope(y))


def arbitrary(name: str) -> Activation:
    """An arbitrary smooth function on each entry: what is proved with it holds for every one."""
    slope = lifted(arithmetic.real(f"{name}_slope", lambda x: Smooth(Str(name), sp.S.One, x)))
    return coordinatewise(name, generic(name), slope)


def softmax(y: Array) -> Array:
    e = np.exp(y)
    return e / np.sum(e)


def softmax_transposed(y: Array, x_star: Array) -> Array:
    """(diag s - s s^T) x_star: the full Jacobian of softmax."""
    s = softmax(y)
    return s * (x_star - np.sum(s * x_star))


IDENTITY = coordinatewise("identity", lambda y: y, np.ones_like)
TANH = coordinatewise("tanh", np.tanh, lambda y: 1 - np.tanh(y) ** 2)
LOGISTIC = coordinatewise("logistic", sigmoid, lambda y: sigmoid(y) * (1 - sigmoid(y)))
SOFTPLUS = coordinatewise("softplus", softplus, sigmoid)
RELU = coordinatewise("relu", relu, step)
SOFTMAX = Activation("softmax", softmax, softmax_transposed)
ACTIVATIONS = {a.name: a for a in (IDENTITY, TANH, LOGISTIC, SOFTPLUS, RELU, SOFTMAX)}


@dataclass(frozen=True)
class Net:
    """A multilayer perceptron: widths N_0 ... N_L and one activation for each of its L layers.

    >>> print(Net((2, 3, 1), (LOGISTIC, LOGISTIC)).dom)
    W1: Real[3, 3] * W2: Real[1, 4] * X0: Real[2]
    """

    widths: tuple[Dim | int | str, ...]
    activations: tuple[Activation, ...]
    base: Base = Real

    def __post_init__(self) -> None:
        if isinstance(self.widths, str) or not isinstance(self.widths, Iterable) or not isinstance(self.activations, Iterable):
            raise UsageError(f"widths {self.widths!r} and activations {self.activations!r}: give a tuple of each, Net((2, 1), (TANH,))")
        object.__setattr__(self, "widths", tuple(map(dim, self.widths)))
        object.__setattr__(self, "activations", tuple(self.activations))
        if not self.activations or len(self.widths) != len(self.activations) + 1:
            raise ShapeError(f"{len(self.widths)} widths and {len(self.activations)} activations: give at least one layer, and one "
                             "width more than there are activations, such as Net((2, 3, 1), (TANH, IDENTITY))")
        for activation in self.activations:
            if not isinstance(activation, Activation):
                raise UsageError(f"the activation {activation!r}: expected an Activation, such as {', '.join(ACTIVATIONS)} of ACTIVATIONS")

    @property
    def sizes(self) -> tuple[Dim, ...]:
        """The widths as SymPy integers and symbols."""
        return tuple(map(dim, self.widths))

    @property
    def depth(self) -> int:
        return len(self.activations)

    @property
    def weights(self) -> Space:
        """W^1 ... W^L, each with its bias in the last column."""
        shapes = zip(self.sizes[1:], self.sizes, strict=False)
        return Space(tuple((f"W{k}", Wire(self.base, (rows, columns + 1))) for k, (rows, columns) in enumerate(shapes, 1)))

    @property
    def dom(self) -> Space:
        """Weights, then the data X^0."""
        return self.weights * self._vector("X0", 0)

    @property
    def cotangent(self) -> Space:
        """The covector X*^L."""
        return self._vector(f"X{self.depth}_star", self.depth)

    def __rshift__(self, other: Net) -> Net:
        """The net whose layers are those of this one, then those of the other."""
        if not isinstance(other, Net):
            return NotImplemented
        if self.widths[-1] != other.widths[0] or self.base != other.base:
            raise ShapeError(f"a net that ends with {self.widths[-1]} units over {self.base} and one that starts with {other.widths[0]} "
                             f"over {other.base}: widths and bases must agree where nets are joined")
        return Net(self.widths + other.widths[1:], self.activations + other.activations, self.base)

    def _vector(self, name: str, layer: int) -> Space:
        return Space(((name, Wire(self.base, (self.sizes[layer],))),))


def augmented(x: Array) -> Array:
    """(x; 1)."""
    return np.concatenate([x, np.ones_like(x[:1])])


def propagate(net: Net, weights: Sequence[Array], x: Array) -> tuple[list[Array], list[Array]]:
    """[Y^1 ... Y^L] and [X^0 ... X^L]."""
    before, after = [], [x]
    for w, activation in zip(weights, net.activations, strict=True):
        before.append(w @ augmented(after[-1]))
        after.append(activation.function(before[-1]))
    return before, after


def sweep(net: Net, weights: Sequence[Array], before: Sequence[Array], x_star: Array) -> tuple[list[Array], list[Array]]:
    """[Y*^1 ... Y*^L] and [X*^0 ... X*^L], from the top down with the weights that F-propagation used."""
    y_stars, x_stars = [], [x_star]
    for w, y, activation in zip(reversed(weights), reversed(before), reversed(net.activations), strict=True):
        y_stars.append(activation.transposed(y, x_stars[-1]))
        x_stars.append(w[:, :-1].T @ y_stars[-1])
    return y_stars[::-1], x_stars[::-1]


def forward(net: Net) -> Morphism:
    """F : (W^1 ... W^L, X^0) -> X^L."""
    return trace(lambda *a: propagate(net, a[:-1], a[-1])[1][-1], net.dom, names=(f"X{net.depth}",))


def f_propagation(net: Net) -> Morphism:
    """(W^1 ... W^L, X^0) -> (Y^1, X^1, ..., Y^L, X^L)."""
    def values(*arrays: Array) -> tuple[Array, ...]:
        before, after = propagate(net, arrays[:-1], arrays[-1])
        return tuple(array for pair in zip(before, after[1:], strict=True) for array in pair)
    return trace(values, net.dom, names=[f"{letter}{k}" for k in range(1, net.depth + 1) for letter in "YX"])


def f_adjoint(net: Net) -> Morphism:
    """(W^1 ... W^L, X^0, X*^L) -> (Y*^L, X*^{L-1}, ..., Y*^1, X*^0)."""
    def covectors(*arrays: Array) -> tuple[Array, ...]:
        y_stars, x_stars = _backward(net, *arrays)[1:]
        return tuple(array for k in reversed(range(net.depth)) for array in (y_stars[k], x_stars[k]))
    names = [name for k in range(net.depth, 0, -1) for name in (f"Y{k}_star", f"X{k - 1}_star")]
    return trace(covectors, net.dom * net.cotangent, names=names)


def gradient(net: Net) -> Morphism:
    """(W^1 ... W^L, X^0, X*^L) -> (Y*^1 (X^0; 1)^T, ..., Y*^L (X^{L-1}; 1)^T, X*^0), of the type of R(forward(net))."""
    def covectors(*arrays: Array) -> tuple[Array, ...]:
        after, y_stars, x_stars = _backward(net, *arrays)
        return (*(np.outer(y_star, augmented(x)) for y_star, x in zip(y_stars, after, strict=False)), x_stars[0])
    return trace(covectors, net.dom * net.cotangent, names=net.dom.names)


def training_step(net: Net) -> Morphism:
    """(W^1 ... W^L, X^0, X*^L) -> (W^l - lr Y*^l (X^{l-1}; 1)^T), every X* taken with the old weights."""
    if net.base != Real:
        raise UsageError(f"a training step over {net.base}: its rate is a real number; gradient(net) is there over every base")
    def stepped(*arrays: Array, lr: Array) -> tuple[Array, ...]:
        after, y_stars, _ = _backward(net, *arrays)
        return tuple(w - lr * np.outer(y_star, augmented(x)) for w, y_star, x in zip(arrays, y_stars, after, strict=False))
    return trace(stepped, net.dom * net.cotangent, names=net.weights.names)


def _backward(net: Net, *arrays: Array) -> tuple[list[Array], list[Array], list[Array]]:
    """X, Y* and X* of all layers from weights, data and top covector."""
    *weights, x, x_star = arrays
    before, after = propagate(net, weights, x)
    return after, *sweep(net, weights, before, x_star)
