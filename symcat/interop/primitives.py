"""JAX's primitives, by name, as operations on traced arrays; a name that is not in the table is an error of its own.

A value of the program is a traced value of the shape that JAX gave it, or one of rank 0, which stands for itself everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from symcat.category.functions import maximum
from symcat.category.hyper import certainly
from symcat.category.tracing import arithmetic, contraction, indexing, joining, reduction, reshaping
from symcat.category.tracing.value import Value, materialise, pointwise
from symcat.interop.program import Constant, Operation

if TYPE_CHECKING:
    from symcat.interop.jaxpr import Run

Primitive = Callable[..., Value]
TABLE: dict[str, Primitive] = {}

RANDOM = "it uses randomness: a rule with noise is no function of parameter, gradient and state"
DECOMPOSITION = "it decomposes a matrix, which is no finite program of sums and products"
REFUSED: dict[str, str] = {
    **dict.fromkeys(("random_bits", "random_seed", "random_split", "random_wrap", "random_unwrap", "random_fold_in", "random_gamma",
                     "threefry2x32", "random_clone", "rng_bit_generator", "rng_uniform"), RANDOM),
    **dict.fromkeys(("svd", "eigh", "eig", "qr", "geqrf", "householder_product", "lu", "schur", "cholesky", "triangular_solve",
                     "custom_linear_solve", "tridiagonal_solve", "lu_pivots_to_permutation"), DECOMPOSITION),
    **dict.fromkeys(("floor", "ceil", "round", "nextafter"), "it rounds: traced values are real numbers"),
    **dict.fromkeys(("sort", "top_k", "approx_top_k", "argsort"), "it sorts: positions that depend on data are not in the language"),
    **dict.fromkeys(("scatter", "scatter-add", "scatter_add", "dynamic_update_slice"),
                    "it reads or writes at places that may depend on data"),
    **dict.fromkeys(("pure_callback", "io_callback", "debug_callback"), "it calls Python at run time"),
}


INFINITE = frozenset(("lt", "le", "gt", "ge", "eq", "ne", "select_n", "max", "min", "broadcast_in_dim", "convert_element_type", "reshape",
                      "squeeze"))


def primitive(*names: str) -> Callable[[Primitive], Primitive]:
    """Put an operation into the table."""
    def put(function: Primitive) -> Primitive:
        TABLE.update(dict.fromkeys(names, function))
        return function

    return put


def simple(function: Callable[..., Value]) -> Primitive:
    """The operation that takes the values alone."""
    return lambda run, operation, *values: function(*values)


TABLE |= {name: simple(function) for name, function in {
    "add": arithmetic.add, "add_any": arithmetic.add, "sub": arithmetic.subtract, "mul": arithmetic.multiply, "neg": arithmetic.negative,
    "abs": arithmetic.absolute, "sign": arithmetic.sign, "exp": arithmetic.exp,
    "expm1": arithmetic.expm1, "tanh": arithmetic.tanh, "logistic": arithmetic.sigmoid, "sin": arithmetic.sin, "cos": arithmetic.cos,
    "square": arithmetic.square}.items()}


@primitive("stop_gradient", "optimization_barrier", "pvary", "sharding_constraint", "mesh_cast", "reduce_precision")
def identity(run: Run, operation: Operation, value: Value, *rest: Value) -> Value:
    return value


@primitive("div")
def divide(run: Run, operation: Operation, x: Value, y: Value) -> Value:
    if "int" in operation.outs[0].dtype:
        raise run.refusal(operation, "it divides integers and drops the remainder")
    divisor = run.safe(operation, y, 1)
    if run.excluded(operation, y, 1):
        return pointwise("div", lambda a, b: a / b, x, divisor)     # the divisor is 1 wherever y is 0
    return arithmetic.divide(x, divisor)


@primitive("sqrt")
def sqrt(run: Run, operation: Operation, x: Value) -> Value:
    bounds = x.scalar.args if x.array is None and isinstance(x.scalar, maximum) else ()
    if any(certainly(bound, ">0", run.tape.hypers) for bound in bounds):
        return pointwise("sqrt", sp.sqrt, x)
    return arithmetic.sqrt(x if run.nonnegative(x) else run.safe(operation, x))


@primitive("rsqrt")
def rsqrt(run: Run, operation: Operation, x: Value) -> Value:
    return arithmetic.power(run.safe(operation, x), sp.Rational(-1, 2))


@primitive("cbrt")
def cbrt(run: Run, operation: Operation, x: Value) -> Value:
    """The real cube root, of negative numbers too."""
    return arithmetic.multiply(arithmetic.sign(x), arithmetic.power(arithmetic.absolute(x), sp.Rational(1, 3)))


@primitive("log")
def log(run: Run, operation: Operation, x: Value) -> Value:
    return arithmetic.log(run.safe(operation, x))


@primitive("log1p")
def log1p(run: Run, operation: Operation, x: Value) -> Value:
    return arithmetic.log(run.safe(operation, arithmetic.add(x, 1)))


@primitive("exp2")
def exp2(run: Run, operation: Operation, x: Value) -> Value:
    return arithmetic.power(2, x)


@primitive("integer_pow")
def integer_pow(run: Run, operation: Operation, x: Value) -> Value:
    exponent = sp.Integer(operation.params["y"])
    return arithmetic.power(run.safe(operation, x) if exponent < 0 else x, exponent)


@primitive("pow")
def power(run: Run, operation: Operation, x: Value, y: Value) -> Value:
    whole = y.array is None and y.scalar.is_Integer and y.scalar >= 0
    return arithmetic.power(x if whole or x.array is None else run.safe(operation, x), y)


@primitive("is_finite")
def is_finite(run: Run, operation: Operation, x: Value) -> Value:
    run.note("all numbers are finite here: is_finite is always true")
    return run.truth(True)


@primitive("max", "min")
def extreme(run: Run, operation: Operation, x: Value, y: Value) -> Value:
    """The greater or the lesser; an infinite bound is none."""
    none = -sp.oo if operation.name == "max" else sp.oo
    for value, other in ((x, y), (y, x)):
        if value.array is None and value.scalar == none:
            return other
    run.finite(operation, (x, y))
    return (arithmetic.maximum if operation.name == "max" else arithmetic.minimum)(x, y)


# ---- comparisons and truth values
@primitive("lt", "le", "gt", "ge", "eq", "ne")
def compare(run: Run, operation: Operation, x: Value, y: Value) -> Value:
    known = run.known(operation, x, y)
    return COMPARISONS[operation.name](x, y) if known is None else run.truth(known)


COMPARISONS = {"lt": arithmetic.less, "le": arithmetic.less_equal, "gt": arithmetic.greater, "ge": arithmetic.greater_equal,
               "eq": arithmetic.equal, "ne": arithmetic.not_equal}


SETTLED: dict[str, tuple[int, int]] = {"and": (0, 1), "or": (1, 0)}     # what decides alone, and what leaves it to the other


def logical(function: Callable[..., Value]) -> Primitive:
    """An operation on truth values; one that is known decides or vanishes."""
    def operation_on_truths(run: Run, operation: Operation, *values: Value) -> Value:
        if operation.outs[0].dtype != "bool":
            raise run.refusal(operation, "it works on the bits of integers")
        for value, other in zip(values, values[::-1], strict=True) if operation.name in SETTLED else ():
            deciding, neutral = SETTLED[operation.name]
            if value.array is None and value.scalar in (deciding, neutral):
                return run.truth(bool(deciding)) if value.scalar == deciding else other
        return function(*values)

    return operation_on_truths


TABLE |= {"and": logical(arithmetic.both), "or": logical(arithmetic.either), "not": logical(arithmetic.negation),
          "xor": logical(arithmetic.one_of)}


@primitive("select_n")
def select(run: Run, operation: Operation, chooser: Value, *branches: Value) -> Value:
    known = chooser.array is None and chooser.scalar.is_Integer
    if known and 0 <= chooser.scalar < len(branches):
        return branches[int(chooser.scalar)]
    if (wanted := run.guarded(operation, chooser)) is not None and len(branches) == 2:
        return branches[int(wanted)]
    run.finite(operation, branches)
    if (bound := _bound(run, operation, branches)) is not None:
        return bound
    if operation.ins[0].dtype == "bool":
        return branches[0] if len(branches) == 1 else arithmetic.where(chooser, branches[1], branches[0])
    result = branches[-1]
    for number in reversed(range(len(branches) - 1)):
        result = arithmetic.where(arithmetic.equal(chooser, number), branches[number], result)
    return result


def _bound(run: Run, operation: Operation, branches: Sequence[Value]) -> Value | None:
    """A choice by a comparison between what is compared: the greater or the lesser of two."""
    made = run.program.maker.get(operation.ins[0])
    if made is None or made.name not in ("lt", "le", "gt", "ge") or len(branches) != 2:
        return None
    low, high = map(run.read, made.ins if made.name in ("lt", "le") else made.ins[::-1])
    if not all(map(alike, branches, (low, high))):
        return arithmetic.minimum(low, high) if all(map(alike, branches, (high, low))) else None
    if high.array is None and high.scalar.is_nonpositive and run.nonnegative(low):
        return low
    return arithmetic.maximum(low, high)


def alike(x: Value, y: Value) -> bool:
    return x.array == y.array and x.scalar == y.scalar


@primitive("clamp")
def clamp(run: Run, operation: Operation, low: Value, x: Value, high: Value) -> Value:
    return arithmetic.minimum(arithmetic.maximum(x, low), high)


@primitive("rem")
def remainder(run: Run, operation: Operation, x: Value, y: Value) -> Value:
    """x mod k for a whole x between 0 and 2k - 1, which is required: counters that start at 0 and are kept modulo k."""
    if "int" not in operation.outs[0].dtype or y.array is not None or not y.scalar.is_Integer or y.scalar <= 0:
        raise run.refusal(operation, "it takes a remainder of what is no counter")
    if x.array is not None and not run.program.kept_below(operation, run.first):
        raise run.refusal(operation, "it takes a remainder of a count that grows without end; keep the count itself as the remainder")
    x.tape.require(x, ">=0")
    x.tape.require(arithmetic.subtract(2 * y.scalar - 1, x), ">=0")
    result = arithmetic.where(arithmetic.greater_equal(x, y), arithmetic.subtract(x, y), x)
    if result.array is not None:
        run.natural.add(result.array)
    return result


@primitive("convert_element_type")
def convert(run: Run, operation: Operation, x: Value) -> Value:
    source, target = operation.ins[0].dtype, operation.outs[0].dtype
    if target == "bool":
        return arithmetic.truthy(x)
    if "float" in source and "int" in target and not (x.array is None and x.scalar.is_Integer):
        raise run.refusal(operation, f"it rounds {source} to {target}")
    return replace(x, truth=False)


# ---- shapes: axes of one entry are not there, so that most changes of shape change nothing
@primitive("squeeze", "expand_dims")
def same(run: Run, operation: Operation, x: Value) -> Value:
    return x


@primitive("broadcast_in_dim")
def broadcast_in_dim(run: Run, operation: Operation, x: Value, *sizes: Value) -> Value:
    shape = run.dims(operation.params["shape"])
    if not x.rank or run.squeezed(shape) == x.shape:
        return x
    places = [int(k) for k in operation.params["broadcast_dimensions"]]
    own = [k for k, extent in zip(places, run.dims(operation.ins[0].shape), strict=True) if extent != 1]
    lined = indexing.getitem(x, tuple(slice(None) if k in own else None for k in range(len(shape)) if k >= own[0]))
    return reshaping.broadcast_to(lined, shape)


@primitive("reshape")
def reshape(run: Run, operation: Operation, x: Value, *sizes: Value) -> Value:
    if operation.params.get("dimensions") is not None:
        raise run.refusal(operation, "it permutes the axes of a reshape")
    target = run.squeezed(operation.params["new_sizes"])
    return reshaping.reshape(x, target) if x.rank and x.shape != target else x


@primitive("transpose")
def transpose(run: Run, operation: Operation, x: Value) -> Value:
    if not x.rank:
        return x
    own = own_axes(run, operation)
    return reshaping.transpose(x, tuple(own[int(k)] for k in operation.params["permutation"] if int(k) in own))


def own_axes(run: Run, operation: Operation, place: int = 0) -> dict[int, int]:
    """The axes of an operand that are there, by JAX's numbers."""
    kept = [k for k, extent in enumerate(run.dims(operation.ins[place].shape)) if extent != 1]
    return {axis: k for k, axis in enumerate(kept)}


@primitive("rev")
def rev(run: Run, operation: Operation, x: Value) -> Value:
    own = own_axes(run, operation)
    axes = tuple(own[int(k)] for k in operation.params["dimensions"] if int(k) in own)
    return indexing.flip(x, axes) if x.rank and axes else x


@primitive("iota")
def iota(run: Run, operation: Operation, *sizes: Value) -> Value:
    axis = int(operation.params["dimension"])
    return run.tape.gather(run.dims(operation.params["shape"]), lambda *i: i[axis], name="iota", base=run.base)


@primitive("dim_as_value")
def dim_as_value(run: Run, operation: Operation) -> Value:
    return run.tape.scalar(run.dims((operation.params["dim"],))[0])


# ---- sums, maxima, products
def reduced(function: Callable[..., Value], uniform: Callable[[Value, sp.Expr], Value]) -> Primitive:
    """A reduction over axes; of an array that is the same everywhere it is known from the number of entries that go."""
    def reduce(run: Run, operation: Operation, x: Value) -> Value:
        axes = tuple(map(int, operation.params["axes"]))
        if x.rank:
            own = own_axes(run, operation)
            return function(x, tuple(own[k] for k in axes if k in own))
        return uniform(x, sp.Mul(*[run.dims((operation.ins[0].shape[k],))[0] for k in axes]))

    return reduce


TABLE |= {"reduce_sum": reduced(reduction.total, lambda x, count: arithmetic.multiply(x, count)),
          "reduce_prod": reduced(reduction.prod, lambda x, count: arithmetic.power(x, count)),
          **{name: reduced(function, lambda x, count: x) for name, function in {
              "reduce_max": reduction.maximum, "reduce_min": reduction.minimum, "reduce_or": reduction.some,
              "reduce_and": reduction.every}.items()}}


@primitive("cumsum")
def cumsum(run: Run, operation: Operation, x: Value) -> Value:
    if operation.params.get("reverse"):
        raise run.refusal(operation, "it sums backwards")
    own, axis = own_axes(run, operation), int(operation.params["axis"])
    return reduction.cumsum(run.entries(x, operation.ins[0].shape), own[axis]) if axis in own else x


@primitive("dot_general")
def dot_general(run: Run, operation: Operation, x: Value, y: Value) -> Value:
    """Products of entries, summed over the contracted axes: batch axes first, then the free ones of x and of y."""
    (left, right), (batch_left, batch_right) = operation.params["dimension_numbers"]
    ranks = [len(atom.shape) for atom in operation.ins]
    letters = contraction.LETTERS[: sum(ranks)]
    first, second = list(letters[: ranks[0]]), list(letters[ranks[0]:])
    for i, j in zip((*left, *batch_left), (*right, *batch_right), strict=True):
        second[int(j)] = first[int(i)]
    free = [label for k, label in enumerate(first) if k not in (*left, *batch_left)]
    free += [label for k, label in enumerate(second) if k not in (*right, *batch_right)]
    labels = ["".join(own[k] for k in own_axes(run, operation, place)) for place, own in enumerate((first, second))]
    out = "".join(label for label in [*(first[int(i)] for i in batch_left), *free] if label in "".join(labels))
    values = [run.entries(value, atom.shape) for value, atom in zip((x, y), operation.ins, strict=True)]
    if not all(value.rank for value in values):
        return arithmetic.multiply(*values)
    return contraction.contract("matmul", values, labels, out, strict=contraction.LETTERS)


def constant(run: Run, item: Constant) -> Value:
    """A constant of the program."""
    array = np.asarray(item.value)
    if array.size and (array == array.flat[0]).all():
        return run.number(array.flat[0], item.dtype)
    entries = [run.number(entry, item.dtype) for entry in array.flat]
    flat = joining.stack([materialise(entry) for entry in entries])
    return flat if array.ndim == 1 else reshaping.reshape(flat, array.shape)


def name_of(atom: Any) -> str:
    return f"{atom.dtype}[{', '.join(map(str, atom.shape))}]"
