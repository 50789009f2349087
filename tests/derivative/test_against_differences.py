"""R and D of programs of every kind against central differences in double precision, which know nothing of symcat's rules."""

from collections.abc import Sequence

import numpy as np
import pytest
import sympy as sp

from symcat.category import functions as fn
from symcat.category.evaluate import evaluate
from symcat.category.expression import At, index
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Z2, Real, Z, dims, space
from symcat.derivative.forward import D
from symcat.derivative.reverse import R
from tests.category.programs import BY_NAME, PROGRAMS, Program, binary, maxpool, one, pointwise

n = dims("n")
STEP = 1e-5
DIFFERENTIABLE = [program for program in PROGRAMS if program.name != "detach"]
Arrays = Sequence[np.ndarray]


def run(f: Morphism, program: Program, inputs: Arrays) -> list[np.ndarray]:
    return evaluate(f, inputs, program.sizes, program.hypers)


def central_difference(f: Morphism, program: Program, inputs: Arrays, direction: Arrays) -> list[np.ndarray]:
    """(f(x + h v) - f(x - h v)) / 2h; the error is of order h^2 plus rounding of order 1e-16 / h."""
    ahead = run(f, program, [x + STEP * v for x, v in zip(inputs, direction, strict=True)])
    behind = run(f, program, [x - STEP * v for x, v in zip(inputs, direction, strict=True)])
    return [(a - b) / (2 * STEP) for a, b in zip(ahead, behind, strict=True)]


def basis(inputs: Arrays) -> list[tuple[int, tuple[int, ...], list[np.ndarray]]]:
    """Each input entry with the direction that moves it alone."""
    found = []
    for wire, array in enumerate(inputs):
        for place in np.ndindex(array.shape):
            direction = [np.zeros(x.shape) for x in inputs]
            direction[wire][place] = 1.0
            found.append((wire, place, direction))
    return found


def check_reverse(f: Morphism, program: Program, inputs: Arrays, tolerance: float) -> None:
    """R[f](x; b) at each entry e equals b . (derivative of f along e)."""
    rng = np.random.default_rng(7)
    covector = [rng.normal(size=y.shape) for y in run(f, program, inputs)]
    gradient = run(R(f), program, [*inputs, *covector])
    assert [g.shape for g in gradient] == [x.shape for x in inputs]
    for wire, place, direction in basis(inputs):
        slopes = central_difference(f, program, inputs, direction)
        expected = sum(float((b * s).sum()) for b, s in zip(covector, slopes, strict=True))
        assert gradient[wire][place] == pytest.approx(expected, rel=tolerance, abs=tolerance), (wire, place)


@pytest.mark.parametrize("program", DIFFERENTIABLE, ids=lambda p: p.name)
def test_the_reverse_derivative(program: Program) -> None:
    check_reverse(program.f, program, program.inputs(11), 1e-7)


@pytest.mark.parametrize("program", DIFFERENTIABLE, ids=lambda p: p.name)
def test_the_forward_derivative(program: Program) -> None:
    inputs = program.inputs(12)
    direction = [np.random.default_rng(13).normal(size=x.shape) for x in inputs]
    for left, right in zip(run(D(program.f), program, [*inputs, *direction]),
                           central_difference(program.f, program, inputs, direction), strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-7, atol=1e-7)


SECOND = [name for name in (p.name for p in DIFFERENTIABLE) if name != "softmax"]


@pytest.mark.parametrize("name", SECOND)
def test_the_reverse_derivative_of_the_reverse_derivative(name: str) -> None:
    program = BY_NAME[name]
    inputs = program.inputs(14)
    rng = np.random.default_rng(15)
    covector = [rng.normal(size=y.shape) for y in run(program.f, program, inputs)]
    check_reverse(R(program.f), program, [*inputs, *covector], 2e-6)


def test_the_maximum_that_softmax_subtracts_does_not_count() -> None:
    """Softmax detaches its shift, which is a constant to first and second order: R(R(softmax)) is what differences say."""
    program = BY_NAME["softmax"]
    inputs = program.inputs(16)
    covector = [np.random.default_rng(17).normal(size=inputs[0].shape)]
    check_reverse(R(program.f), program, [*inputs, *covector], 2e-6)


def test_detach_stops_the_derivative_and_not_the_value() -> None:
    f = pointwise(lambda x: x * fn.detach(x))
    assert evaluate(f, [[3.0]])[0].tolist() == [9]
    assert evaluate(R(f), [[3.0], [1.0]])[0].tolist() == [3]


@pytest.mark.parametrize(("name", "slope"), [("relu", 0), ("step", 0), ("absolute", 0), ("sign", 0)])
def test_the_declared_derivative_at_the_kink(name: str, slope: int) -> None:
    f = pointwise(getattr(fn, name))
    assert evaluate(R(f), [[0.0], [5.0]])[0].tolist() == [slope]


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_at_a_tie_the_first_argument_takes_the_derivative(name: str) -> None:
    left, right = evaluate(R(binary(getattr(fn, name))), [[2.0], [2.0], [5.0]])
    assert (left.tolist(), right.tolist()) == ([5], [0])


def test_at_a_tie_the_first_maximum_takes_the_derivative() -> None:
    assert evaluate(R(maxpool()), [[[1.0, 1.0, 0.0, 3.0]], [[5.0, 7.0]]])[0].tolist() == [[5, 0, 0, 7]]


@pytest.mark.parametrize("base", [Z2, Z[5]], ids=str)
def test_modulo_n_the_derivative_is_the_formal_one(base: object) -> None:
    """d(x^3 y) = 3 x^2 y dx + x^3 dy, by hand, at every point."""
    k = base.modulus
    f = one(space(x=base[n], y=base[n]), lambda b, x, y: b.gather((n,), lambda i: At(x, i) ** 3 * At(y, i), base=base))
    points = np.array(np.meshgrid(*[np.arange(k)] * 3)).reshape(3, -1)
    dx, dy = evaluate(R(f), list(points))
    x, y, b = points
    assert dx.tolist() == (3 * x**2 * y * b % k).tolist()
    assert dy.tolist() == (x**3 * b % k).tolist()


def test_over_z2_a_square_has_derivative_zero_though_it_is_the_identity_as_a_function() -> None:
    f = one(space(x=Z2[()]), lambda b, x: b.gather((), lambda: At(x) ** 2, base=Z2))
    assert [int(evaluate(f, [v])[0]) for v in (0, 1)] == [0, 1]
    assert [int(evaluate(R(f), [v, 1])[0]) for v in (0, 1)] == [0, 0]


def test_a_wrong_gradient_is_seen() -> None:
    """The check itself can fail: the derivative of another function does not pass."""
    program = BY_NAME["cube"]
    inputs = program.inputs(1)
    wrong = run(R(BY_NAME["tanh"].f), program, [*inputs, np.ones(5)])[0]
    slopes = central_difference(program.f, program, inputs, [np.ones(5)])[0]
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        np.testing.assert_allclose(wrong, slopes, rtol=1e-3)


def test_requirements_become_those_of_the_derivative() -> None:
    def write(b: Builder, x: str) -> str:
        b.require((n,), At(x, index(0)), ">=0", ">0")
        return b.gather((n,), lambda i: sp.sqrt(At(x, i)))
    f = one(space(x=Real[n]), write)
    assert [r.relation for r in f.requirements] == [">=0"]
    assert [r.relation for r in R(f).requirements] == [">0"]
