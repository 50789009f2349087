"""The value of a normal form is the value of the program, by two evaluators that share no code with the engine."""

import pytest
import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import Argmax, At, Bracket, Delta, index
from symcat.category.functions import absolute, equal, minimum, sign, softplus, where
from symcat.category.morphism import Morphism
from symcat.category.space import Real, Z, dims, space
from symcat.derivative.forward import D
from symcat.derivative.reverse import R
from tests.prove.index.oracle import Run, Value, normal_forms, random_arrays, worst_difference
from tests.prove.index.programs import GENERATORS, SIZES, attention, b, binary, k, m, n, perceptron, pointwise, program

TOLERANCE = 1e-9        # sums of at most a few hundred doubles of size about 1


@pytest.mark.parametrize("name", GENERATORS)
def test_generator_and_its_derivatives(name):
    f = GENERATORS[name]()
    sizes = SIZES | ({"p": 1, "q": 2} if name == "max_pool" else {})
    for g in (f, R(f), D(f)):
        worst, entries = worst_difference(g, sizes, facts=[n - k - 1] if name == "segment" else ())
        assert entries and worst < TOLERANCE


@pytest.mark.parametrize("make", [lambda: perceptron(False), attention])
def test_composite_and_its_derivatives(make):
    f = make()
    for g in (f, R(f), D(f)):
        assert worst_difference(g, SIZES)[0] < TOLERANCE


@pytest.mark.parametrize("function", [softplus, absolute, sign, lambda x: where(x, 2 * x, x + 1)])
def test_one_argument_functions(function):
    f = pointwise(function)
    assert worst_difference(f, SIZES)[0] < TOLERANCE
    assert worst_difference(R(f), SIZES)[0] < TOLERANCE


def test_two_argument_functions():
    for function in (minimum, equal, lambda x, y: where(x - y, x, y)):
        assert worst_difference(R(binary(function)), SIZES)[0] < TOLERANCE


def scattered():
    """y[i + 2 j] += (i + 1) x[j] over i < k, j < n where i - j >= 0; a maximum and a read at its selector."""
    i, j = index(0), index(1)
    nodes = (
        Comprehension("y", Real, (k + 2 * n,), (k, n), (i + 2 * j,), (i + 1) * At("x", j), "sum", (i - j,)),
        Comprehension("t", Real, (n,), (n, k), (i,), At("w", j) * At("x", i), "max"),
        Comprehension("s", Real, (), (n,), (), Delta(i - Argmax("t", 0, i)) * At("t", i) * Bracket(i - 1), "sum"),
        Comprehension("c", Real, (n,), (n, n), (i,), Bracket(i - j) * j**2, "sum"),
    )
    cod = space(y=Real[k + 2 * n], t=Real[n], s=Real[()], c=Real[n])
    return Morphism(space(x=Real[n], w=Real[k]), cod, nodes, ("y", "t", "s", "c"))


@pytest.mark.parametrize("sizes", [{"n": 1, "k": 1}, {"n": 3, "k": 2}, {"n": 2, "k": 4}])
def test_scatters_selectors_and_index_values(sizes):
    worst, entries = worst_difference(scattered(), sizes)
    assert worst < TOLERANCE
    assert entries == sizes["k"] + 2 * sizes["n"] + 2 * sizes["n"] + 1


def test_values_modulo_five():
    import random

    def write(g, x, w):
        return g.gather((n,), lambda i, j: 3 * At(x, i) * At(w, j) ** 2 + 4 * At(x, i), (k,), base=Z[5])
    f = program(write, x=Z[5][n], w=Z[5][k])
    sizes = {"n": 3, "k": 4}
    arrays = random_arrays(f, sizes, random.Random(3))
    table, (value,), (formals,) = normal_forms(f, modulus=5)
    (expected,) = Run(f, sizes, arrays).outputs()
    reader = Value(table, sizes, {f"x{j}": a for j, a in enumerate(arrays)})
    for place, entry in expected.items():
        assert (reader.expression(value, dict(zip(formals, place, strict=True))) - entry) % 5 == 0


def test_powers_roots_and_logarithms():
    t = sp.Symbol("t", real=True)
    f = program(lambda g, x: g.gather((b, m), lambda i, j: t ** (At(x, i, j) + 1) * sp.sqrt(4 * At(x, i, j)) / sp.log(At(x, i, j) + 3)),
                x=Real[b, m])
    assert worst_difference(f, SIZES, hypers={"t": 0.7}, low=0.5)[0] < TOLERANCE


def test_the_evaluators_can_disagree():
    good, other = dims("n k")
    right = program(lambda g, x: g.gather((), lambda i: At(x, i), (good,)), x=Real[good])
    run = Run(right, {"n": 3}, [{(0,): 1.0, (1,): 2.0, (2,): 4.0}])
    table, (value,), _ = normal_forms(program(lambda g, x: g.gather((), lambda i: 2 * At(x, i), (other,)), x=Real[other]))
    reader = Value(table, {"k": 3}, {"x0": {(0,): 1.0, (1,): 2.0, (2,): 4.0}})
    assert run.outputs()[0][()] == 7
    assert reader.expression(value, {}) == 14
