"""Python functions over arrays that run on NumPy arrays and can be traced: the instances of the tracer's tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from symcat.category import elementwise as sc
from symcat.category.space import Real, Space, dims, space

B, n, m, k = dims("B n m k")
SIZES = ({"B": 3, "n": 4, "m": 2, "k": 5}, {"B": 2, "n": 5, "m": 6, "k": 3})
V, W, M, N = Real[n], Real[m], Real[n, m], Real[m, k]
SQUARE, CUBE, S = Real[n, n], Real[B, n, m], Real


@dataclass(frozen=True)
class Case:
    """A function, its wires, and where its inputs are drawn from."""

    name: str
    function: Callable
    dom: Space
    low: float = -2.0
    high: float = 2.0


def case(name: str, function: Callable, low: float = -2.0, high: float = 2.0, **wires: object) -> Case:
    return Case(name, function, space(**{wire: value[()] if value is S else value for wire, value in wires.items()}), low, high)


def positive(name: str, function: Callable, **wires: object) -> Case:
    return case(name, function, 0.5, 3.0, **wires)


POINTWISE = [
    case("add", lambda x, y: x + y, x=M, y=M),
    case("subtract from a number", lambda x: 3 - x, x=V),
    case("a number times", lambda x: 0.25 * x * 2, x=M),
    case("broadcast rows", lambda x, c: x * c + 1, x=M, c=W),
    case("broadcast columns", lambda x, c: x - c[:, None], x=M, c=V),
    case("broadcast a dim of 1", lambda x, c: x + c, x=M, c=Real[n, 1]),
    case("broadcast both ways", lambda x, y: x[:, None] * y[None, :], x=V, y=W),
    case("broadcast a scalar wire", lambda x, t: x * t - t, x=M, t=S),
    case("x - x", lambda x: x - x + 1, x=V),
    positive("divide", lambda x, y: x / y, x=V, y=V),
    positive("divide by itself", lambda x: x / x, x=V),
    positive("divide a number", lambda x: 2 / x, x=V),
    case("divide by a dim", lambda x: x / x.shape[0], x=V),
    case("divide by a number", lambda x: x / 4, x=V),
    case("negative", lambda x: -x + +x * 2, x=V),
    case("powers", lambda x: x**2 + x**3 - x**0 + x**1, x=V),
    positive("negative and fractional powers", lambda x: x**-1 + x**-2 + x**0.5 + x**1.5 + x**-0.5, x=V),
    positive("a power with an array exponent", lambda x, t: x**t + 0.5**t, x=V, t=S),
    case("sin, cos", lambda x: np.sin(x) * sc.cos(3 * x), x=V),
    case("exp, expm1, tanh", lambda x: np.exp(x) + np.expm1(x) - np.tanh(x), x=V),
    positive("log, log1p, sqrt", lambda x: np.log(x) + np.log1p(x) * np.sqrt(x), x=V),
    case("square, abs, sign", lambda x: np.square(x) - abs(x) + np.sign(x) * np.abs(x), x=V),
    positive("reciprocal, power", lambda x: np.reciprocal(x) + np.power(x, 2), x=V),
    case("heaviside", lambda x: np.heaviside(x, 0) + np.heaviside(x, 0.5), x=V),
    case("maximum, minimum", lambda x, y: np.maximum(x, y) - 2 * np.minimum(x, 0.5), x=V, y=V),
    case("clip", lambda x: np.clip(x, -1, 1) + x.clip(0, None), x=V),
    case("relu and friends", lambda x: sc.relu(x) + 2 * sc.sigmoid(x) - sc.softplus(x) + sc.step(x), x=V),
    case("our names", lambda x, y: sc.maximum(x, y) * sc.minimum(x, y) + sc.absolute(x) * sc.sign(y) - sc.tanh(sc.exp(x)), x=V, y=V),
    positive("our roots", lambda x: sc.sqrt(x) + sc.log(x) + sc.detach(x), x=V),
    case("logaddexp", lambda x, y: np.logaddexp(x, y) - 2 * np.logaddexp(0, x), x=V, y=V),
    case("where", lambda x, y: np.where(x > y, x, -y) + sc.where(x <= 0, 1.0, x), x=V, y=V),
    case("where on a number", lambda x: np.where(x, x, 1.0), x=V),
    case("comparisons", lambda x, y: 1.0 * (x > y) + 2 * (x >= 0) - 3 * (x < y) * 1.0 + (x <= 1), x=V, y=V),
    case("equal", lambda x, y: 1.0 * (x == y) + 2 * (x != 0) + sc.equal(x, x), x=V, y=V),
    case("logic", lambda x, y: ((x > 0) & (y > 0)) * 1.0 + 2 * ((x > 0) | ~(y > 1)) + 4 * ((x > 0) ^ (y > 0)), x=V, y=V),
    case("logical functions", lambda x, y: 1.0 * np.logical_and(x, y > 0) + 2 * np.logical_or(x > 0, y > 0) + np.logical_not(x > 0),
         x=V, y=V),
    case("a sum of comparisons is or", lambda x, y: 3.0 * ((x > 0) + (y > 0)), x=V, y=V),
    case("constants", lambda x: x + np.array([1.0, 2.5]) * x, x=Real[n, 2]),
    case("a constant matrix", lambda x: x @ np.array([[1, 2, 0.5], [0, -1, 0.125]]), x=Real[n, 2]),
    case("numpy scalars", lambda x: np.float64(0.1) * x + np.float32(0.5) - np.int64(2), x=V),
    case("like", lambda x: np.zeros_like(x) + 2 * np.ones_like(x) + np.full_like(x, 0.5) * x, x=M),
    case("hyperparameters", lambda x, *, lr=0.5, b1=0.25: x * (1 - b1) - lr / (1 - b1) * x**2 + np.sqrt(lr + 1), x=V),
]

INDEXING = [
    case("integers", lambda x: x[0] + x[-1] + x[1], x=M),
    case("an entry", lambda x: x[0, -1] * x[1, 0], x=M),
    case("slices", lambda x: x[1:] - x[:-1], x=V),
    case("inner part", lambda x: x[1:-1, :], x=Real[n, 3]),
    case("leading part", lambda x: x[:2] + x[-2:], x=V),
    case("strides", lambda x: x[::2] - x[1::2], x=Real[2 * n]),
    case("a stride with a rest", lambda x: x[::2], x=Real[2 * n + 1]),
    case("strides of numbers", lambda x: x[1:8:3] + x[-1:0:-3], x=Real[10]),
    case("clamped", lambda x: x[2:100] + x[-100:3], x=Real[5]),
    case("reversed", lambda x: x[::-1] + x[:, ::-1][::-1, ::-1], x=M),
    case("reversed part", lambda x: x[-2::-1] * x[:0:-1], x=V),
    case("new axes", lambda x: x[None, :, None] * x[:, None, None], x=V),
    case("ellipsis", lambda x: x[..., 0] + x[0, ..., 1][None], x=CUBE),
    case("symbolic bounds", lambda x: x[: x.shape[0] - 1] + x[1: x.shape[0]], x=V),
    case("symbolic index", lambda x: x[x.shape[0] - 2], x=V),
    case("iteration", lambda x: sum(row * c for c, row in enumerate(x)), x=Real[3, n]),
    case("unpacking", lambda x: (lambda a, b: a * b)(*x), x=Real[2, n]),
    case("windows", lambda x: sc.windows(x, 2), x=Real[n + 1]),
    case("pooling windows", lambda x: sc.windows(x, (2, 2), 2).max((-1, -2)), x=Real[B, 2 * n, 2 * m]),
    case("strided windows", lambda x: sc.windows(x, 3, 2, axis=0).sum(-1), x=Real[2 * n + 1, m]),
    case("correlation", lambda x, w: np.einsum("bijuv,uv->bij", sc.windows(x, (3, 3)), w), x=Real[B, n + 2, m + 2], w=Real[3, 3]),
    case("symbolic windows", lambda x, w: sc.windows(x, w.shape[0]) @ w, x=Real[n + m - 1], w=W),
    case("iota", lambda x: x * sc.iota(x.shape[0]), x=V),
    case("one-hot", lambda y: 1.0 * sc.equal(sc.iota(5), y[:, None] - y[:, None] + 2), y=V),
    case("causal mask", lambda x: np.where(sc.iota(x.shape[0])[:, None] >= sc.iota(x.shape[1])[None, :], x, 0), x=SQUARE),
]

SHAPES = [
    case("transpose", lambda x: x.T @ x + np.transpose(x) @ x, x=M),
    case("transpose three", lambda x: x.transpose(2, 0, 1) + np.transpose(x, (2, 0, 1)), x=CUBE),
    case("swapaxes, moveaxis", lambda x: x.swapaxes(0, 2) + np.swapaxes(x, 2, 0) * np.moveaxis(np.moveaxis(x, 0, -1), 0, 1), x=CUBE),
    case("expand, squeeze", lambda x: np.squeeze(np.expand_dims(x, 1), 1) + x[:, None].squeeze(), x=V),
    case("broadcast_to", lambda x: np.broadcast_to(x, (3, *x.shape)), x=V),
    case("flatten the last axes", lambda x: x.reshape(x.shape[0], -1), x=Real[B, 3, 2]),
    case("flatten with a symbol first", lambda x: x.flatten(), x=Real[n, 3]),
    case("flatten with a symbol last", lambda x: x.ravel(), x=Real[3, n]),
    case("flatten with a symbol between", lambda x: x.reshape(-1), x=Real[2, n, 3]),
    case("split a number", lambda x: x.reshape(2, 3, x.shape[1]), x=Real[6, m]),
    case("split a dim", lambda x: np.reshape(x, (x.shape[0] // 2 if isinstance(x.shape[0], int) else n, 2)), x=Real[2 * n]),
    case("split a dim, symbol last", lambda x: x.reshape(2, -1), x=Real[2 * n]),
    case("regroup", lambda x: x.reshape(8, 3), x=Real[6, 4]),
    case("regroup with a symbol", lambda x: x.reshape(x.shape[0] * 3, 4), x=Real[n, 6, 2]),
    case("ones in and out", lambda x: x.reshape(1, -1).reshape(-1, 1).reshape(x.shape), x=V),
    case("ones between", lambda x: x.reshape(x.shape[0], 1, x.shape[1]).reshape(1, x.shape[0], x.shape[1], 1), x=M),
    case("a scalar as an array", lambda t: t.reshape(1) + t.reshape((1, 1))[0], t=S),
    case("concatenate", lambda x, y: np.concatenate([x, y, x]), x=V, y=W),
    case("concatenate columns", lambda x, y: np.concatenate((x, y), axis=-1), x=M, y=Real[n, k]),
    case("concatenate all", lambda x, y: np.concatenate([x, y], axis=None), x=Real[n, 2], y=V),
    case("concatenate a constant", lambda x: np.concatenate([np.array([1.0, 2.0]), x]), x=V),
    case("stack", lambda x, y: np.stack([x, y, x + y], axis=1), x=V, y=V),
    case("stack numbers", lambda x: np.stack([x[0], x[1] * 2]), x=V),
    case("hstack, vstack", lambda x, y: np.hstack([x, y]).sum() * np.vstack([x, x]), x=V, y=W),
    case("pad", lambda x: np.pad(x, ((1, 2), (0, 1))), x=M),
    case("pad evenly", lambda x: np.pad(x, 1) + np.pad(x, (1, 1)), x=V),
    case("flip", lambda x: np.flip(x) + np.flip(x, 0) * np.flip(x, axis=1), x=M),
    case("roll", lambda x: np.roll(x, 1) + np.roll(x, -2) + np.roll(x, 0), x=V),
    case("roll an axis", lambda x: np.roll(x, 1, axis=1), x=Real[n, 3]),
    case("diagonals", lambda x: np.diagonal(x) + np.diag(x) * np.trace(x), x=SQUARE),
    case("diagonal of three axes", lambda x: np.diagonal(x, axis1=0, axis2=2), x=Real[n, m, n]),
    case("diagonal matrix", lambda x: np.diag(x), x=V),
    case("triangles", lambda x: np.tril(x) + 2 * np.triu(x, 1) - np.tril(x, -1), x=SQUARE),
]

SUMS = [
    case("sums", lambda x: x.sum() + x.sum(axis=0).sum() + np.sum(x, axis=-1).sum(), x=M),
    case("sum, keepdims", lambda x: x - x.sum(axis=0, keepdims=True), x=M),
    case("sum over two axes", lambda x: np.sum(x, axis=(0, 2)) + x.sum((2, 0)), x=CUBE),
    case("mean", lambda x: x - x.mean(axis=1, keepdims=True) + np.mean(x), x=M),
    case("var, std", lambda x: np.var(x, axis=0) + x.std(axis=0), x=M),
    case("max, min", lambda x: x.max(axis=0) - np.min(x, axis=0) + np.amax(x) * np.amin(x), x=M),
    case("max, keepdims", lambda x: x - x.max(axis=-1, keepdims=True), x=M),
    case("argmax", lambda x: x.argmax(axis=1) + np.argmax(x), x=M),
    case("any, all", lambda x: 1.0 * np.any(x > 1.5, axis=0) + 2 * (x > -1.5).all(axis=0), x=M),
    case("count", lambda x: (x > 0).sum(axis=0) + (x > 0).mean(), x=M),
    case("prod", lambda x: np.prod(x, axis=0) + x.prod(axis=0, keepdims=True)[0], x=Real[3, n]),
    case("cumsum", lambda x: np.cumsum(x, axis=1) + x.cumsum(axis=0), x=M),
    case("norms", lambda x: np.linalg.norm(x, axis=1) + np.linalg.norm(x), x=M),
    case("other norms", lambda x: np.linalg.norm(x, ord=1, axis=0) * np.linalg.norm(x, ord=np.inf, axis=0), x=M),
    case("reduce", lambda x: np.add.reduce(x) + np.maximum.reduce(x, axis=0), x=M),
    case("softmax", lambda x: np.exp(x - x.max(-1, keepdims=True)) / np.exp(x - x.max(-1, keepdims=True)).sum(-1, keepdims=True), x=M),
    case("layer norm", lambda x: (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5), x=Real[n, 3]),
]

CONTRACTIONS = [
    case("matrix times matrix", lambda x, y: x @ y, x=M, y=N),
    case("matrix times vector", lambda x, v: x @ v + np.matmul(x, v) + x.dot(v), x=M, v=W),
    case("vector times matrix", lambda v, x: v @ x + np.dot(v, x), v=V, x=M),
    case("vector times vector", lambda x, y: x @ y + np.dot(x, y) * np.inner(x, y) - np.vdot(x, y), x=V, y=V),
    case("batches", lambda x, y: x @ y, x=CUBE, y=Real[B, m, k]),
    case("a batch against one", lambda x, y: x @ y + y.T @ x.swapaxes(-1, -2) @ x @ y @ y.T @ y, x=Real[B, m, m], y=Real[m, m]),
    case("batched vectors", lambda x, v: x @ v, x=CUBE, v=W),
    case("broadcast batches", lambda x, y: x @ y, x=Real[1, n, m], y=Real[B, m, k]),
    case("dot of many axes", lambda x, y: np.dot(x, y), x=CUBE, y=Real[k, m, n]),
    case("dot with a scalar", lambda x, t: np.dot(x, t), x=V, t=S),
    case("outer", lambda x, y: np.outer(x, y) + np.multiply.outer(x, y), x=V, y=W),
    case("inner of matrices", lambda x, y: np.inner(x, y), x=M, y=Real[k, m]),
    case("tensordot", lambda x, y: np.tensordot(x, y, axes=1) + np.tensordot(x, y, ([1], [0])), x=M, y=N),
    case("einsum", lambda x, y: np.einsum("ij,jk->ki", x, y), x=M, y=N),
    case("einsum, implicit", lambda x, y: np.einsum("ij,jk", x, y) * np.einsum("ba", x @ y).T, x=M, y=N),
    case("einsum, diagonals", lambda x: np.einsum("ii->i", x) * np.einsum("ii", x), x=SQUARE),
    case("einsum, three operands", lambda x, A, y: np.einsum("i,ij,j->", x, A, y), x=V, A=M, y=W),
    case("einsum, ellipsis", lambda x, y: (np.einsum("...ij,jk->...ik", x, y), np.einsum("b...j,jk", x, y)), x=CUBE, y=N),
    case("matrix transpose", lambda x: x @ x.mT, x=CUBE),
    case("einsum, sums", lambda x: np.einsum("ij->j", x) * np.einsum("ij->", x), x=M),
    case("the same array twice", lambda x: x * x + np.einsum("i,i->i", x, x), x=V),
]

MODELS = [
    case("dense", lambda x, A, c: np.tanh(x @ A + c), x=Real[B, n], A=M, c=W),
    case("quadratic loss", lambda x, y: 0.5 * np.sum((x - y) ** 2) / x.shape[0], x=M, y=M),
    case("cross-entropy", lambda z, y: -np.sum(y * (z - np.log(np.sum(np.exp(z), axis=-1, keepdims=True)))) / z.shape[0], z=M, y=M),
    case("attention", lambda q, a, v: np.exp(q @ a.T / np.sqrt(q.shape[-1])) @ v, q=M, a=Real[k, m], v=Real[k, B]),
    positive("several outputs", lambda x, y: (x + y, x * y, x), x=V, y=V),
    positive("numbers as outputs", lambda x: (0, 2.5, x.shape[0]), x=V),
    case("augmented assignment", lambda x: _accumulated(x), x=V),
    positive("adam", lambda p, g, m, v, t, *, lr=1e-3, b1=0.9, b2=0.999, eps=1e-8: _adam(p, g, m, v, t, lr, b1, b2, eps),
             p=M, g=M, m=M, v=M, t=S),
]


def _accumulated(x: object) -> object:
    total = x * 0.5
    total += x
    total *= 2
    return total


def _adam(p: object, g: object, m: object, v: object, t: object, lr: float, b1: float, b2: float, eps: float) -> tuple:
    t = t + 1
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    return p - lr * (m / (1 - b1**t)) / (sc.sqrt(v / (1 - b2**t)) + eps), m, v, t


CASES = [*POINTWISE, *INDEXING, *SHAPES, *SUMS, *CONTRACTIONS, *MODELS]
