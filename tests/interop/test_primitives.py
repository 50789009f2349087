"""Each primitive against JAX in double precision, on vectors, matrices and edge values; conditions only where results are read."""

import numpy as np
import pytest

from symcat.category.evaluate import evaluate, unmet
from symcat.category.scalars import FLOAT
from symcat.category.space import Real, space
from symcat.category.trace import trace
from symcat.errors import UsageError
from symcat.interop.jax_function import Through

jax = pytest.importorskip("jax")
jnp, lax = jax.numpy, jax.lax

VECTORS = {
    "arithmetic": lambda x, y: (x + y) * x - y / (3 + x * x), "maximum": jnp.maximum, "minimum": jnp.minimum,
    "abs": lambda x, y: jnp.abs(x) - jnp.sign(y), "cbrt": lambda x, y: jnp.cbrt(x), "square": lambda x, y: jnp.square(x),
    "powers": lambda x, y: x**3 + jnp.abs(y) ** 1.5 + (1 + x * x) ** y, "rsqrt": lambda x, y: lax.rsqrt(1 + x * x),
    "exp": lambda x, y: jnp.exp(x) + jnp.expm1(y) + jnp.exp2(x), "log": lambda x, y: jnp.log(1 + x * x) + jnp.log1p(y * y),
    "tanh": lambda x, y: jnp.tanh(x) + jax.nn.sigmoid(y), "waves": lambda x, y: jnp.sin(x) * jnp.cos(y),
    "compare": lambda x, y: jnp.where(x < y, x, 2.0) + jnp.where(x >= y, 1.0, y) + (x == y) + (x != y) + (x <= y) + (x > y),
    "logic": lambda x, y: jnp.where((x < y) & (x > 0) | ~(y > 0), x, y) + ((x > 0) ^ (y > 0)),
    "clip": lambda x, y: jnp.clip(x, -0.5, 0.5) + jnp.clip(y, 0.1), "select": lambda x, y: jnp.select([x < 0, y < 0], [x, y], 1.0),
    "sums": lambda x, y: jnp.sum(x) * y + jnp.mean(y) - jnp.max(x) + jnp.min(y), "dot": lambda x, y: x * jnp.dot(x, y),
    "norm": lambda x, y: x / jnp.linalg.norm(y), "flip": lambda x, y: jnp.flip(x) + y, "slices": lambda x, y: x[1:] - y[:-1],
    "join": lambda x, y: jnp.concatenate([x, y]), "any": lambda x, y: jnp.where(jnp.any(x > 1) & jnp.all(y < 9), x, y),
    "cumsum": lambda x, y: jnp.cumsum(x), "iota": lambda x, y: x * jnp.arange(x.shape[0]), "outer": lambda x, y: jnp.outer(x, y),
    "broadcast": lambda x, y: x[:, None] - y[None, :], "nan": lambda x, y: jnp.where(jnp.isnan(x), 0.0, jnp.nan_to_num(y)),
    "loop": lambda x, y: lax.fori_loop(0, 4, lambda k, z: 0.5 * z + y + k, x),
    "cond": lambda x, y: lax.cond(jnp.sum(x) > 0, lambda z: z + 1, lambda z: 2 * z, y),
    "ties": lambda x, y: jnp.where(x <= y, y, x) - jnp.where(x < y, x, y), "scan": lambda x, y: lax.scan(
        lambda z, _: (jnp.tanh(z) + x, None), y, None, length=3)[0],
    "switch": lambda x, y: lax.cond(True, lambda z: z, lambda z: -z, x), "logical": lambda x, y: jnp.logical_not(x > y) * x,
    "custom": lambda x, y: jax.nn.relu(x) + jax.nn.softplus(y), "clamped": lambda x, y: lax.clamp(-0.3, x, 0.3),
    "entry": lambda x, y: x[0] * y + x[-1], "stack": lambda x, y: jnp.stack([x, y, x * y], 1), "pad": lambda x, y: jnp.pad(x, (1, 2)),
    "argmax": lambda x, y: jnp.argmax(jnp.tanh(x) + 0.1 * y) * y, "argmin": lambda x, y: x * jnp.argmin(y),
}
MATRICES = {
    "product": lambda a, b: a @ b.T, "transpose": lambda a, b: a.T @ b, "rows": lambda a, b: a - jnp.mean(a, axis=1, keepdims=True),
    "columns": lambda a, b: b / jnp.linalg.norm(b, axis=0), "trace": lambda a, b: jnp.trace(a.T @ b) * a,
    "einsum": lambda a, b: jnp.einsum("ij,kj->ik", a, b), "three": lambda a, b: a @ b.T @ a, "largest": lambda a, b: jnp.max(a, axis=0) * b,
    "unit axes": lambda a, b: jnp.squeeze(a[None] @ b.T[None], 0), "batch": lambda a, b: jnp.einsum("ij,ij->i", a, b)[:, None] * a,
    "reshape": lambda a, b: a.reshape(1, *a.shape)[0] * b, "swap": lambda a, b: jnp.swapaxes(a, 0, 1), "sum": lambda a, b: a.sum(1),
    "row": lambda a, b: a[0] * b, "column": lambda a, b: a[:, :1] * b, "corner": lambda a, b: a[0, 1:] * a[0, :-1],
}
PAIR = {"vectors": space(x=Real["n"], y=Real["n"]), "matrices": space(x=Real["m", "n"], y=Real["m", "n"])}
EDGES = np.array([0.0, 1.0, -1.0, 0.5, 2.0]), np.array([0.0, 1.0, 1.0, -0.5, -2.0])


def check(function, kind, *inputs):
    with jax.enable_x64(True):
        theirs = np.asarray(function(*map(jnp.asarray, inputs)))
    (ours,) = evaluate(trace(Through(function, "f"), PAIR[kind]), inputs)
    assert ours.shape == theirs.shape and np.allclose(ours, theirs, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", VECTORS)
def test_on_vectors(name):
    check(VECTORS[name], "vectors", *np.random.default_rng(0).normal(size=(2, 5)))
    check(VECTORS[name], "vectors", *EDGES)


@pytest.mark.parametrize("name", MATRICES)
def test_on_matrices(name):
    draw = np.random.default_rng(1)
    check(MATRICES[name], "matrices", *draw.normal(size=(2, 3, 5)))
    check(MATRICES[name], "matrices", *draw.normal(size=(2, 4, 2)))


def requirements(function):
    return [row.relation for row in trace(Through(function, "f"), PAIR["vectors"]).requirements]


@pytest.mark.parametrize("function, conditions", [
    (lambda x, y: y / x, ["!=0"]), (lambda x, y: jnp.sqrt(x), [">=0"]), (lambda x, y: jnp.log(x), [">0"]),
    (lambda x, y: jnp.where(x > 0, 1.0, 2.0) + y, []),
])
def test_partial_operations_record_their_conditions(function, conditions):
    assert requirements(function) == conditions


@pytest.mark.parametrize("name", ["quotient", "root", "logarithm", "two deep"])
def test_guarded_operations_are_finite_everywhere(name):
    """With each guarded operand replaced, every array of the program is a number at the point that the guard excludes."""
    function = {"quotient": lambda x, y: jnp.where(x == 0, 1.0, y / x), "root": lambda x, y: jnp.where(x < 0, 0.0, jnp.sqrt(x)),
                "logarithm": lambda x, y: jnp.where(x > 0, jnp.log(x) * y, y),
                "two deep": lambda x, y: jnp.where(x > 0, jnp.where(y > 0, 1 / (x * y), y), 0.0)}[name]
    step = trace(Through(function, "f"), PAIR["vectors"])
    assert unmet(step, EDGES, scalars=FLOAT) == []
    check(function, "vectors", *EDGES)


@pytest.mark.parametrize("function, conditions", [
    (lambda x, y: jnp.where(x == 0, 1.0, y / x), 0), (lambda x, y: jnp.where((x == 0) | (y == 0), 1.0, y / x), 0),
    (lambda x, y: jnp.where((x != 0) & (y > 1), y / x, 2.0), 0), (lambda x, y: jnp.where(x > 0, y / x, 2.0), 0),
    (lambda x, y: jnp.where((x == 0) & (y == 0), 1.0, y / x), 1), (lambda x, y: jnp.where(x >= 0, y / x, 2.0), 1),
    (lambda x, y: jnp.where((x != 0) | (y > 1), y / x, 2.0), 1), (lambda x, y: jnp.where(x != 1, y / x, 2.0), 1),
    (lambda x, y: jnp.where(~(x == 0), y / x, 2.0), 0), (lambda x, y: jnp.where(y == 0, 1.0, y / x), 1),
    (lambda x, y: jnp.where(x == 0, 1.0, y / (x + 1)), 1),
])
def test_a_divisor_that_the_condition_keeps_from_zero_asks_for_nothing(function, conditions):
    assert len(requirements(function)) == conditions


def test_what_is_read_elsewhere_too_keeps_its_condition():
    def twice(x, y):
        root = jnp.sqrt(x)
        return jnp.where(x > 0, root, 0.0) + root

    step = trace(Through(twice, "f"), PAIR["vectors"])
    assert [str(row) for row in step.requirements] == ["x[i] >= 0 for i < n"]


def test_a_condition_on_entries_does_not_pass_through_a_sum():
    step = trace(Through(lambda x, y: jnp.where(x > 0, jnp.sum(jnp.log(x)), 0.0), "f"), PAIR["vectors"])
    assert "x[i] > 0 for i < n" in [str(row) for row in step.requirements]


@pytest.mark.parametrize("function, message", [
    (lambda x, y: jnp.floor(x), "floor: it rounds"), (lambda x, y: x // 2, "floor|rem|round"), (lambda x, y: jnp.sort(x), "sort: it sorts"),
    (lambda x, y: x + jax.random.normal(jax.random.key(0), x.shape), "it uses randomness"), (lambda x, y: x * jnp.inf, "not finite"),
    (lambda x, y: jnp.linalg.solve(jnp.outer(x, y), x), "it decomposes a matrix|which symcat cannot read"),
    (lambda x, y: lax.while_loop(lambda z: z.sum() < 9, lambda z: z + 1, x), "primitive while"),
    (lambda x, y: lax.scan(lambda z, r: (z + r, None), 0.0, x)[0] + y, "primitive scan"),
    (lambda x, y: x.astype(int) * y, "it rounds float64"), (lambda x, y: x[jnp.argmax(y)], "places that depend on data"),
    (lambda x, y: lax.switch(jnp.int32(y.sum() > 0) + jnp.int32(x.sum() > 0), [jnp.sin, jnp.cos, jnp.tanh], x), "primitive cond"),
    (lambda x, y: x[3] + y, "not shown to lie inside"),
    (lambda x, y: lax.erf_inv(x), "primitive erf_inv, which symcat cannot read"),
])
def test_what_cannot_be_read(function, message):
    with pytest.raises(UsageError, match=message):
        trace(Through(function, "f"), PAIR["vectors"])
