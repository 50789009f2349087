"""Traced functions against the same functions on NumPy arrays, through the reference interpreter."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

from symcat.category.evaluate import evaluate
from symcat.category.expression import At
from symcat.category.space import Z2, Real, Z, dims, space
from symcat.category.trace import apply, hypers_of, morphism, trace
from tests.category.traced_programs import CASES, SIZES, Case

BY_NAME = {case.name: case for case in CASES}
n, m = dims("n m")


def inputs(case: Case, sizes: dict[str, int]) -> list[np.ndarray]:
    rng = np.random.default_rng(11)
    shapes = [tuple(int(extent.subs({s: sizes[s.name] for s in extent.free_symbols})) for extent in wire.shape) for wire in case.dom.types]
    return [rng.uniform(case.low, case.high, shape) for shape in shapes]


def test_no_case_hides_another() -> None:
    assert len(BY_NAME) == len(CASES) > 120


@pytest.mark.parametrize("sizes", SIZES, ids=["first", "second"])
@pytest.mark.parametrize("name", BY_NAME)
def test_the_traced_function_computes_what_numpy_computes(name: str, sizes: dict[str, int]) -> None:
    case = BY_NAME[name]
    f = trace(case.function, case.dom)
    arrays = inputs(case, sizes)
    defaults = {p.name: p.default for p in inspect.signature(case.function).parameters.values() if p.kind is p.KEYWORD_ONLY}
    expected = case.function(*(array if array.ndim else array[()] for array in arrays))
    expected = expected if isinstance(expected, tuple) else (expected,)
    found = evaluate(f, arrays, sizes, defaults)
    assert len(found) == len(expected)
    for value, reference in zip(found, expected, strict=True):
        assert value.shape == np.shape(reference)
        np.testing.assert_allclose(value, np.asarray(reference, dtype=float), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", BY_NAME)
def test_every_comprehension_is_one_operation(name: str) -> None:
    """Arrays come before their readers, and only einsum, where, joining and prod read more than two arrays."""
    f = trace(BY_NAME[name].function, BY_NAME[name].dom)
    seen = set(f.dom.names)
    for node in f.nodes:
        assert node.sources <= seen
        seen.add(node.name)
        many = node.name.rstrip("0123456789") in ("einsum", "where", "concatenate", "reshape", "prod")
        assert len(node.sources) <= (64 if many else 2)


DETERMINISM = """
from symcat.category.trace import trace
from tests.category.traced_programs import CASES
for case in CASES:
    print(case.name, trace(case.function, case.dom), trace(case.function, case.dom).digest)
"""


def test_traces_are_the_same_under_every_hash_seed() -> None:
    texts = []
    for seed in ("1", "4242"):
        done = subprocess.run([sys.executable, "-c", DETERMINISM], capture_output=True, text=True, check=True,
                              cwd=Path(__file__).parents[2], env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": "."})
        texts.append(done.stdout)
    assert texts[0] == texts[1]
    assert texts[0].count("return ") == len(CASES)


# ---- what the program looks like
def test_one_matmul_is_one_comprehension() -> None:
    f = morphism(lambda x, W: x @ W, x=Real["b", n], W=Real[n, m])
    assert [str(node) for node in f.nodes] == ["matmul[i, j] = sum over k < n of W[k, j]*x[i, k]"]
    assert f.nodes[0].gather


def test_scalars_of_hyperparameters_make_no_comprehension() -> None:
    f = morphism(lambda g, *, b1=0.9: (1 - b1) * g, g=Real[n])
    assert len(f.nodes) == 1
    assert f.nodes[0].body.atoms(At)
    assert [str(s) for s in f.hypers] == ["b1"]


def test_equal_subterms_are_shared() -> None:
    f = morphism(lambda x: np.exp(x) / (1 + np.exp(x)), x=Real[n])
    assert sum(isinstance(node.body, sp.exp) for node in f.nodes) == 1


def test_a_strided_slice_reads_its_stride_and_concatenate_scatters() -> None:
    f = morphism(lambda x, y: np.concatenate([x[::2], y]), x=Real[2 * n], y=Real[m])
    assert str(f.nodes[0]) == "slice[i] = x[2*i]"
    assert str(f.nodes[2]) == "place1[i + n] += y[i]"
    assert not any(node.guards for node in f.nodes)


def test_maxima_are_max_reductions() -> None:
    f = morphism(lambda x: x.max(axis=1), x=Real[n, m])
    assert [node.op for node in f.nodes] == ["max"]


def test_floats_enter_as_their_shortest_decimal() -> None:
    assert str(morphism(lambda x: 0.9 * x, x=Real[n]).nodes[0]) == "mul[i] = 9*x[i]/10"
    assert str(morphism(lambda x: np.float32(0.1) * x, x=Real[n]).nodes[0]) == "mul[i] = x[i]/10"


def test_a_sum_with_zeros_is_the_sum_of_the_rest() -> None:
    assert morphism(lambda x: x, x=Real[n]).nodes == ()


def test_the_bool_of_dims_that_agree_is_decided() -> None:
    def checked(x: object, y: object) -> object:
        if x.shape != y.shape or x.shape[0] < 1 or x.shape[0] + 1 == y.shape[0]:
            raise ValueError(x.shape)
        return x + y

    assert len(morphism(checked, x=Real[n], y=Real[n]).nodes) == 1


# ---- premises
def test_requirements_are_recorded_when_the_operation_happens() -> None:
    f = morphism(lambda x, y: (x / x, np.log(y), np.sqrt(y), x**-2, y**1.5), x=Real[n], y=Real[n])
    assert [(str(r), r.smooth) for r in f.requirements] == [
        ("x[i] != 0 for i < n", "!=0"), ("y[i] > 0 for i < n", ">0"), ("y[i] >= 0 for i < n", ">0")]


def test_nonzero_constants_and_dims_require_nothing() -> None:
    f = morphism(lambda x: x / 2 / x.shape[0] / (x.shape[0] + 1) + np.sqrt(x.shape[0]) + np.log(x.shape[0]), x=Real[n])
    assert f.requirements == ()
    assert f.facts == ()


def test_declared_ranges_discharge_what_follows_from_them() -> None:
    f = morphism(lambda x, *, lr=0.1, b1=0.9, eps=1e-8: lr * x / (1 - b1) / eps / (eps * (1 - b1)) + np.sqrt(lr), x=Real[n])
    assert f.requirements == ()
    assert [str(fact) for fact in f.facts] == ["lr > 0", "b1 >= 0", "1 - b1 > 0", "eps > 0"]


def test_conditions_on_hyperparameters_are_requirements_of_rank_0() -> None:
    f = morphism(lambda x, *, scale=2.0, b1=0.9: x / scale + np.sqrt(scale) + x / b1, x=Real[n])
    assert [str(r) for r in f.requirements] == ["scale != 0", "scale >= 0", "b1 != 0"]
    assert morphism(lambda x, *, scale=2.0: x * np.sqrt(scale**2), x=Real[n]).requirements == ()


def test_a_power_of_a_hyperparameter_is_differentiable_inside_its_domain() -> None:
    f = morphism(lambda t, *, b1=0.9: b1**t, t=Real)
    assert [(str(r), r.smooth) for r in f.requirements] == [("b1 >= 0", ">0")]


def test_a_power_of_zero_is_zero_where_it_is_defined() -> None:
    f = morphism(lambda t, *, b1=0.9: 1 - b1**t, t=Real[n], b1=0)
    assert [str(r) for r in f.requirements] == ["t[i] > 0 for i < n"]
    np.testing.assert_array_equal(evaluate(f, [[1.0, 2.0]])[0], [1.0, 1.0])


def test_facts_of_unused_hyperparameters_do_not_appear() -> None:
    assert morphism(lambda x, *, lr=0.1: x + x, x=Real[n]).facts == ()


def test_symbolic_slices_record_what_they_assume() -> None:
    f = morphism(lambda x, y: x[: y.shape[0]] + y, x=Real[n], y=Real[m])
    assert [str(fact) for fact in f.facts] == ["-m + n >= 0"]
    assert str(morphism(lambda x: x[2:], x=Real[n]).facts[0]) == "n - 3 >= 0"


# ---- hyperparameters and the ways in
def test_flags_stay_what_they_are() -> None:
    def step(p: object, g: object, *, lr: float = 0.1, nesterov: bool = False) -> object:
        return p - lr * (g + g if nesterov else g)

    assert trace(step, space(p=Real[n], g=Real[n])) == trace(step, space(p=Real[n], g=Real[n]), hypers={"nesterov": False})
    assert len(trace(step, space(p=Real[n], g=Real[n]), hypers={"nesterov": True}).nodes) == 3


def test_numbers_given_for_hyperparameters_are_constants() -> None:
    f = morphism(lambda x, *, lr=0.1: lr * x, x=Real[n], lr=0.5)
    assert f.hypers == ()
    assert str(f.nodes[0]) == "mul[i] = x[i]/2"
    assert hypers_of(lambda x, *, lr=0.1: x, {"lr": 0})["lr"] == 0


def test_a_decorator_and_the_order_of_arguments() -> None:
    @morphism(W=Real[n, m], x=Real[n])
    def f(x: object, W: object) -> object:
        return x @ W

    assert f.dom.names == ("x", "W")
    assert f.cod.names == ("y",)
    assert trace(lambda x, y: (y, x), space(x=Real[n], y=Real[m]), names=("a", "b")).cod.names == ("a", "b")


def test_numpy_functions_are_morphisms() -> None:
    assert str(trace(np.tanh, space(x=Real[n])).nodes[0]) == "tanh[i] = tanh(x[i])"


def test_a_morphism_is_applied_in_a_trace() -> None:
    double = morphism(lambda x: x + x, x=Real[n])
    f = morphism(lambda x: np.exp(apply(double, x)), x=Real[n])
    np.testing.assert_allclose(evaluate(f, [[1.0, 2.0]])[0], np.exp([2.0, 4.0]))


# ---- other bases
def test_polynomials_over_z2() -> None:
    f = morphism(lambda x, y: (x ^ y) + (x & y) * x**3 + 1 - x, x=Z2[n], y=Z2[n])
    assert f.cod[0] == Z2[n]
    x, y = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    np.testing.assert_array_equal(evaluate(f, [x, y])[0], ((x ^ y) + (x & y) * x**3 + 1 - x) % 2)


def test_powers_over_z2_are_not_simplified() -> None:
    assert str(morphism(lambda x: x * x, x=Z2[n]).nodes[0]) == "mul[i] = x[i]**2"


def test_linear_algebra_over_z5() -> None:
    f = morphism(lambda A, x: 3 * (A @ x) - x.sum() + np.concatenate([x[1:], x[:1]]), A=Z[5][n, n], x=Z[5][n])
    rng = np.random.default_rng(2)
    A, x = rng.integers(0, 5, (4, 4)), rng.integers(0, 5, 4)
    np.testing.assert_array_equal(evaluate(f, [A, x])[0], (3 * (A @ x) - x.sum() + np.roll(x, -1)) % 5)


def test_a_number_for_a_hyperparameter_takes_numpy_functions():
    f = trace(lambda x, *, b: np.sqrt(b) * x if b > 0 else x, space(x=Real[n]), hypers={"b": sp.Rational(1, 4)})
    assert str(f.nodes[0]) == "mul[i] = x[i]/2"
