"""What cannot be traced is refused with an error that says what came and what to use instead."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import sympy as sp

from symcat.category import elementwise as sc
from symcat.category.space import Z2, Real, Z, dims, space
from symcat.category.structure import identity
from symcat.category.trace import apply, morphism, trace
from symcat.errors import ShapeError, SymcatError, TraceError

n, m, k = dims("n m k")
V, M, BITS, FIVE = Real[n], Real[n, m], Z2[n], Z[5][n]


def branch(x: object) -> object:
    return x if x[0] > 0 else -x


def loop(x: object) -> object:
    while x.sum() > 1:
        x = x / 2
    return x


def written(x: object) -> object:
    x[0] = 1.0
    return x


def given_out(x: object) -> object:
    np.add(x, x, out=x)
    return x


LEAKED: list[object] = []


def leak(x: object) -> object:
    LEAKED.append(x)
    return x


REFUSED: list[tuple[Callable, dict, str, str]] = [
    # Python on traced values
    (branch, {"x": V}, "truth of the traced", "np.where"),
    (loop, {"x": V}, "depends on data", "np.where"),
    (lambda x, *, lr=0.1: x if lr > 1 else -x, {"x": V}, "step(lr - 1)", "np.where"),
    (lambda x, y: x if x.shape == y.shape else -y, {"x": V, "y": Real[m]}, "not known for all dims", "np.where"),
    (lambda x: x if x else -x, {"x": V}, "truth of", "np.where"),
    (written, {"x": V}, "assignment to a part", "np.where, np.concatenate"),
    (given_out, {"x": V}, "np.add with out=", "use the result"),
    (lambda x: np.sum(x, out=x), {"x": V}, "with out=", "use the result"),
    (lambda x: math.sqrt(x[0]), {"x": V}, "float()", "np functions"),
    (lambda x: int(x[0]), {"x": V}, "int()", "one-hot"),
    (lambda x: x[int(x[0])], {"x": V}, "int()", "one-hot"),
    (lambda x: [0, 1][x[0]], {"x": V}, "int()", "one-hot"),
    (lambda x: sum(x[i] for i in range(len(x))), {"x": V}, "len()", "symbolic dim n"),
    (lambda x: sum(row for row in x), {"x": V}, "iteration", "einsum"),
    (lambda x: sum(x[i] for i in range(x.shape[0])), {"x": V}, "symbol, not a number", "sc.iota(n)"),
    (lambda x, *, steps=3: x * range(steps), {"x": V}, "symbol, not a number", "use it as it is"),
    (lambda x: x // 2, {"x": V}, "//", "use /"),
    (lambda x: x % 2, {"x": V}, "%", "Z[n]"),
    (lambda x: round(x[0]), {"x": V}, "rounding", "real numbers"),
    (lambda x: 1 in x, {"x": V}, "`in`", "np.any"),
    (lambda x: np.array([x[0], x[1]]), {"x": V}, "cannot become a NumPy array", "np.stack"),
    (lambda x: setattr(x, "shape", (1, 2)), {"x": V}, "cannot set shape", "reshape"),
    (lambda x: x.sort(), {"x": V}, "has no sort", "np.max"),
    (lambda x: x.wiggle, {"x": V}, "no attribute 'wiggle'", "array x"),
    (lambda x: x.astype(int), {"x": V}, "astype(int64)", "astype(float)"),
    # NumPy functions that are not supported
    (lambda x: np.tan(x), {"x": V}, "np.tan", "np.sin(x)/np.cos(x)"),
    (lambda x: np.sort(x), {"x": V}, "np.sort", "use"),
    (lambda x: np.linalg.inv(x), {"x": Real[n, n]}, "np.linalg.inv", "input wire"),
    (lambda x: np.linalg.svd(x), {"x": Real[n, n]}, "np.linalg.svd", "einsum"),
    (lambda x: np.fft.fft(x), {"x": V}, "np.fft.fft", "use"),
    (lambda x: np.convolve(x, x), {"x": V}, "np.convolve", "sc.windows"),
    (lambda x: np.multiply.accumulate(x), {"x": V}, "np.multiply.accumulate", "use"),
    (lambda x: np.sum(x, initial=1.0), {"x": V}, "np.sum with initial", "unexpected keyword"),
    (lambda x: np.where(x > 0), {"x": V}, "np.where(condition) alone", "both branches"),
    (lambda x: np.var(x, ddof=1), {"x": V}, "ddof=1", "write the sum"),
    (lambda x: np.linalg.norm(x, ord="nuc"), {"x": M}, "norm of order 'nuc'", "'fro'"),
    (lambda x: np.pad(x, 1, mode="edge"), {"x": V}, "mode 'edge'", "np.concatenate"),
    (lambda x: np.pad(x, 1, constant_values=2), {"x": V}, "value 2", "np.concatenate"),
    (lambda x: np.prod(x), {"x": V}, "prod over axis 0", "exp(sum(log(x)))"),
    (lambda x: np.reshape(x, -1, order="F"), {"x": M}, "order 'F'", "transpose"),
    # indices
    (lambda x, y: x[y], {"x": M, "y": V}, "indexed by the traced array", "one-hot"),
    (lambda x: x[x > 0], {"x": V}, "indexed by", "where(mask, x, 0)"),
    (lambda x: x[[0, 1]], {"x": V}, "lists of indices", "np.stack"),
    (lambda x: x["a"], {"x": V}, "'a'", "expected an integer"),
    (lambda x: x[0.5], {"x": V}, "0.5", "expected an integer"),
    (lambda x, *, lr=0.1: x[lr], {"x": V}, "lr", "not an integer made of dims"),
    (lambda x: x[:x[0]], {"x": V}, "traced array", "one-hot"),
    (lambda x: x[0, 0], {"x": V}, "2 indices", "1 axes"),
    (lambda x: x[..., ...], {"x": V}, "Ellipsis", "':'"),
    (lambda x: x[3], {"x": Real[3]}, "index 3 is out of range", "-3 to 2"),
    (lambda x: x[-4], {"x": Real[3]}, "index -4 is out of range", "-3 to 2"),
    (lambda x: x[2:2], {"x": V}, "is empty", "at least one entry"),
    (lambda x: x[5:], {"x": Real[3]}, "is empty", "at least one entry"),
    (lambda x: x[::0], {"x": V}, "step 0", "other than 0"),
    (lambda x, y: x[: y.shape[0] - 2 : -1], {"x": V, "y": Real[m]}, "m - 2 of a backward slice", "np.flip"),
    (lambda x: x[::2], {"x": V}, "not affine in the dims", "2*m"),
    (lambda x: sc.windows(x, 2, 2), {"x": V}, "not divisible by 2", "2*m"),
    (lambda x: sc.windows(x, 2, 2), {"x": Real[5]}, "3 is not divisible by 2", "2*m"),
    (lambda x: sc.windows(x, 4), {"x": Real[3]}, "do not fit", "dim 3"),
    # shapes
    (lambda x, y: x + y, {"x": V, "y": Real[m]}, "add: shapes [n] and [m]", "None"),
    (lambda x, y: x * y, {"x": M, "y": V}, "do not broadcast", "m and n"),
    (lambda x, y: x @ y, {"x": M, "y": M}, "matmul of shapes [n, m] and [n, m]", "m and n must be equal"),
    (lambda x, y: x @ y, {"x": Real[n, 1], "y": M}, "matmul of shapes [n, 1]", "must be equal"),
    (lambda x, y: x @ y, {"x": M, "y": Real[()]}, "at least one axis", "use *"),
    (lambda x: np.einsum("ij,jk->ik", x), {"x": M}, "names 2 operands, 1 came", "einsum"),
    (lambda x: np.einsum("ijk->i", x), {"x": M}, "do not fit", "rank 2"),
    (lambda x: np.einsum("ij->ii", x), {"x": M}, "once in the output", "'ij->ii'"),
    (lambda x: np.einsum("ij->k", x), {"x": M}, "must occur in an operand", "'ij->k'"),
    (lambda x: np.einsum("ii", x), {"x": M}, "n and m must be equal", "einsum"),
    (lambda x: x.sum(axis=2), {"x": M}, "axis 2", "-2 to 1"),
    (lambda x: x.sum(axis=(0, 0)), {"x": M}, "twice", "sum"),
    (lambda x: x.flatten(), {"x": M}, "product of two symbolic dims", "einsum"),
    (lambda x: x.reshape(n * m), {"x": M}, "product of two symbolic dims", "keep the axes"),
    (lambda x: x.reshape(m, n), {"x": M}, "product of two symbolic dims", "keep the axes"),
    (lambda x: x.reshape(5), {"x": Real[2, 3]}, "6 entries", "[5] has 5"),
    (lambda x: x.reshape(4, -1), {"x": V}, "not affine", "[n]"),
    (lambda x: x.reshape(-1, -1), {"x": V}, "at most one", "-1"),
    (lambda x: x.transpose(0, 0), {"x": M}, "twice", "transpose"),
    (lambda x: x.transpose(0), {"x": M}, "every axis must occur once", "transpose"),
    (lambda x: x.squeeze(0), {"x": V}, "dim n", "only dims of 1"),
    (lambda x, y: np.concatenate([x, y], axis=1), {"x": M, "y": Real[k, m]}, "concatenate along axis 1", "must agree"),
    (lambda x, y: np.stack([x, y]), {"x": V, "y": Real[m]}, "stack: shapes", "must be equal"),
    (lambda x: np.concatenate([x[0], x[1]]), {"x": V}, "rank 0", "np.stack"),
    (lambda x: np.broadcast_to(x, (3, 3)), {"x": V}, "do not broadcast", "n and 3"),
    (lambda x: np.diagonal(x), {"x": M}, "diagonal of axes 0 and 1", "one dim"),
    # numbers
    (lambda x: x / 0, {"x": V}, "the number 0", "!= 0"),
    (lambda x: x * sc.log(sp.Integer(-1)), {"x": V}, "the number -1", "> 0"),
    (lambda x: sp.Integer(-2) ** x, {"x": V}, "the number -2", ">= 0"),
    (lambda x: x + float("inf"), {"x": V}, "not real", "finite"),
    (lambda x: x + float("nan"), {"x": V}, "not real", "finite"),
    (lambda x: x + 1j, {"x": V}, "1j", "real number"),
    (lambda x: x + "a", {"x": V}, "'a'", "real number"),
    (lambda x: x + None, {"x": V}, "None", "real number"),
    (lambda x: x + np.arange(100.0), {"x": Real[100]}, "shape (100,)", "input wire"),
    (lambda x: x + np.array(["a", "b"]), {"x": Real[2]}, "dtype <U1", "real numbers"),
    (lambda x: x * sp.Symbol("a"), {"x": V}, "symbol a", "sc.dims('a')"),
    (lambda x: x * np.sqrt(n), {"x": V}, "NumPy function of a SymPy symbol", "x.shape"),
    (lambda x, *, n=2: x * n, {"x": V}, "n is a hyperparameter", "rename"),
    (lambda x: x * sp.Symbol("a", positive=True), {"x": V}, "symbol a", "sc.hyper"),
    (lambda x: x * sp.Symbol("a", integer=True), {"x": V}, "symbol a", "sc.hyper"),
    (lambda x: x * sp.Max(n, m), {"x": V}, "Max in the SymPy expression", "functions of symcat"),
    (lambda x: x * sp.pi, {"x": V}, "Pi in the SymPy expression", "rationals"),
    (lambda x: x * sp.tan(n), {"x": V}, "tan in the SymPy expression", "functions of symcat"),
    (lambda x: x * sp.I, {"x": V}, "ImaginaryUnit in the SymPy expression I", "functions of symcat"),
    (lambda x: x * sp.sqrt(-n), {"x": V}, "ImaginaryUnit", "functions of symcat"),
    (lambda x: x * sp.sqrt(sp.Symbol("a", real=True) ** 2 + n) * sp.oo, {"x": V}, "not a real number", "SymPy"),
    (lambda x: (x > 0) - (x < 0), {"x": V}, "difference of two comparisons", "1.0"),
    (lambda x: -(x > 0), {"x": V}, "minus of a comparison", "~"),
    (lambda x: (x > 0) @ (x > 0), {"x": V}, "logical operation", "1.0"),
    (lambda x: x & x, {"x": V}, "& on", "compare first"),
    (lambda x: ~x, {"x": V}, "~ on", "compare first"),
    # other bases
    (lambda x: x / x, {"x": BITS}, "division over Z2", "natural number"),
    (lambda x: np.exp(x), {"x": BITS}, "exp over Z2", "natural number"),
    (lambda x: x > 0, {"x": FIVE}, "greater over Z[5]", "natural number"),
    (lambda x: x.max(), {"x": FIVE}, "max over Z[5]", "natural number"),
    (lambda x: x.mean(), {"x": FIVE}, "mean over Z[5]", "natural number"),
    (lambda x: x * 0.5, {"x": BITS}, "scalar 1/2", "only integers act on Z2"),
    (lambda x: x**-1, {"x": FIVE}, "power -1 over Z[5]", "natural numbers"),
    (lambda x: x ^ x, {"x": FIVE}, "^ on", "over Z2"),
    (lambda x, y: x + y, {"x": BITS, "y": V}, "mixes arrays over Z2 and Real", "one base"),
    # results
    (lambda x: None, {"x": V}, "returned None", "return an array"),
    (lambda x: {"a": x}, {"x": V}, "dict", "real number"),
    (lambda x: "no", {"x": V}, "'no'", "real number"),
]


@pytest.mark.parametrize("case", range(len(REFUSED)), ids=lambda k: f"{k}: {REFUSED[k][2]}")
def test_refusals_name_what_came_and_the_way_out(case: int) -> None:
    function, wires, came, way = REFUSED[case]
    with pytest.raises(TraceError) as caught:
        trace(function, space(**wires))
    assert came in str(caught.value)
    assert way in str(caught.value)


def test_arrays_must_not_outlive_their_trace() -> None:
    trace(leak, space(x=V))
    with pytest.raises(TraceError, match=r"another trace|two different traces"):
        trace(lambda x: x + LEAKED[0], space(x=V))
    with pytest.raises(TraceError, match="another trace"):
        trace(lambda x: LEAKED[0], space(x=V))


def test_the_number_of_wires_must_fit_the_function() -> None:
    with pytest.raises(TraceError, match=r"step takes 2 arrays \(p, g\) but the domain x: Real\[n\] has 1 wires"):
        def step(p: object, g: object) -> object:
            return p

        trace(step, space(x=V))
    with pytest.raises(TraceError, match="takes x, y but the wires given are x, z"):
        morphism(lambda x, y: x, x=V, z=V)
    with pytest.raises(TraceError, match="3 names"):
        trace(lambda x: (x, x), space(x=V), names=("a", "b", "c"))


def test_unknown_hyperparameters_are_refused() -> None:
    with pytest.raises(TraceError, match="hyperparameter rate is not a keyword-only argument of the function, whose are: lr"):
        trace(lambda x, *, lr=0.1: lr * x, space(x=V), hypers={"rate": 1})


def test_generic_functions_and_symbols_have_no_values_outside_a_trace() -> None:
    with pytest.raises(TraceError, match="arbitrary function has no values"):
        sc.generic("phi")(np.ones(3))
    with pytest.raises(TraceError, match="outside of a trace"):
        sc.iota(n)
    with pytest.raises(TraceError, match="none of them traced"):
        apply(identity(space(x=V)), np.ones(3))
    with pytest.raises(TraceError, match="do not tile"):
        sc.windows(np.ones(5), 2, 2)


def test_a_morphism_applied_to_a_wrong_wire_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"wire x: Real\[n\] was given"):
        trace(lambda y: apply(identity(space(x=V)), y), space(y=Real[m]))


def test_a_failed_trace_leaves_nothing_behind() -> None:
    with pytest.raises(SymcatError):
        trace(lambda x: x / 0, space(x=V))
    with pytest.raises(TraceError, match="outside of a trace"):
        sc.iota(n)
