"""Balls enclose what mpmath computes at a much higher precision, and decide only what they know."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy as sp

from symcat.category import functions as fn
from symcat.category.evaluate import evaluate, unmet
from symcat.category.expression import Argmax, At, index
from symcat.category.morphism import Builder
from symcat.category.objects import EXACT_FUNCTIONS
from symcat.category.scalars import Undecided, smooth_sample
from symcat.category.space import Real, dims, space
from symcat.errors import DomainError
from symcat.prove.balls import BALL_FUNCTIONS, apart, balls, digits, enclose, precision
from tests.category.programs import BY_NAME, one, pointwise

n = dims("n")
POINTS = [Fraction(p, q) for p, q in ((-7, 2), (-1, 3), (1, 7), (1, 1), (22, 7), (40, 1))]
ORACLES = {
    "exp": mpmath.exp, "log": lambda x: mpmath.log(abs(x)), "tanh": mpmath.tanh, "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log(1 + mpmath.exp(x)), "relu": lambda x: max(x, 0), "step": lambda x: int(x > 0),
    "absolute": abs, "sign": mpmath.sign, "detach": lambda x: x,
}


def encloses(ball: object, value: mpmath.mpf) -> bool:
    """Whether a ball holds a number, with room only for the rounding of the number itself."""
    middle, radius = (mpmath.ldexp(*map(int, part.man_exp())) for part in (ball.mid(), ball.rad()))
    return abs(middle - value) <= radius + abs(value) * mpmath.mpf(2) ** -900


@pytest.mark.parametrize("name", ORACLES)
@pytest.mark.parametrize("bits", [64, 200])
def test_functions_enclose_the_true_value(name: str, bits: int) -> None:
    with precision(bits), mpmath.workprec(1000):
        for point in POINTS:
            x = abs(point) if name == "log" else point
            ball = BALL_FUNCTIONS[name](enclose(x))
            assert encloses(ball, mpmath.mpf(ORACLES[name](mpmath.mpf(x.numerator) / x.denominator))), x
            assert float(ball.rad()) <= 2.0 ** (10 - bits) * max(1.0, abs(float(ball.mid())))


def test_every_function_is_there() -> None:
    assert set(BALL_FUNCTIONS) == set(EXACT_FUNCTIONS)


NAMES = ["tanh", "softplus", "composed", "log", "root", "smooth", "softmax", "attention", "network", "max pool", "momentum"]


@pytest.mark.parametrize("name", NAMES)
def test_programs_in_balls_agree_with_floats(name: str) -> None:
    program = BY_NAME[name]
    inputs = program.inputs(21)
    with precision(128):
        enclosed = evaluate(program.f, inputs, program.sizes, program.hypers, balls(128))
    for left, right in zip(enclosed, evaluate(program.f, inputs, program.sizes, program.hypers), strict=True):
        np.testing.assert_allclose(left.astype(float), right, rtol=1e-11, atol=1e-12)
        assert all(float(ball.rad()) < 1e-25 for ball in left.ravel())


def test_powers() -> None:
    with precision(100):
        kind = balls(100)
        assert kind.scalar_power(enclose(Fraction(9, 4)), Fraction(3, 2)).overlaps(enclose(Fraction(27, 8)))
        assert kind.scalar_power(enclose(Fraction(-2)), Fraction(-3)) == enclose(Fraction(-1, 8))
        assert kind.scalar_power(enclose(Fraction(9, 10)), enclose(Fraction(3))).overlaps(enclose(Fraction(729, 1000)))
        assert not kind.scalar_power(enclose(Fraction(-2)), Fraction(1, 2)).is_finite()
        with pytest.raises(DomainError, match="division by zero"):
            kind.scalar_power(enclose(Fraction(0)), Fraction(-1))


@pytest.mark.parametrize("order", range(6))
def test_the_sample_of_a_smooth_function_and_its_derivatives(order: int) -> None:
    a, b = smooth_sample("phi")
    wave = lambda x: mpmath.sin(mpmath.mpf(a.numerator) / a.denominator * x) + mpmath.mpf(b.numerator) / b.denominator * x**3
    with mpmath.workprec(400):
        expected = mpmath.diff(wave, mpmath.mpf(3) / 7, order)
    with precision(128):
        ball = balls(128).scalar_smooth("phi", order, enclose(Fraction(3, 7)))
    assert float(ball.mid()) == pytest.approx(float(expected), rel=1e-12)


def test_what_a_ball_leaves_open_stays_open() -> None:
    with precision(64):
        wide = enclose(Fraction(1, 3)) - enclose(Fraction(1, 3))
        assert not wide.is_exact() and wide.contains(0)
        step = BALL_FUNCTIONS["step"](wide)
        assert step.contains(0) and step.contains(1)
        assert BALL_FUNCTIONS["sign"](wide).contains(-1)
        assert BALL_FUNCTIONS["where"](wide, enclose(Fraction(5)), enclose(Fraction(7))).contains(6)
        assert all(not BALL_FUNCTIONS[name](1 / wide).is_finite() for name in ("step", "relu", "sign", "absolute"))
        assert [balls(64).holds(wide, relation) for relation in ("!=0", ">0", ">=0")] == [None, None, None]
        assert [balls(64).holds(enclose(Fraction(0)), relation) for relation in ("!=0", ">0", ">=0")] == [False, False, True]
        with pytest.raises(Undecided, match="open at 64 bits"):
            balls(64).exceeds(wide, enclose(Fraction(0)))
        assert apart(wide, enclose(Fraction(0))) is False
        assert apart(1 / wide, enclose(Fraction(0))) is None
        assert apart(enclose(Fraction(1)), enclose(Fraction(2))) is True
        assert digits(enclose(Fraction(1, 3)), 5) == "0.33333"


def test_a_position_that_balls_cannot_decide_raises() -> None:
    build = Builder()
    (x,) = build.inputs(space(x=Real[n]))
    e = build.gather((n,), lambda i: sp.exp(At(x, i)) * sp.exp(-At(x, i) / 2))
    top = build.gather((), lambda i: At(e, i), (n,), op="max")
    f = build.build([build.gather((), lambda: Argmax(top, 0))])
    with precision(64):
        assert evaluate(f, [[1, 2]], scalars=balls(64))[0].item() == 1
        with pytest.raises(Undecided):
            evaluate(f, [[Fraction(1, 3), Fraction(1, 3)]], scalars=balls(64))


def test_requirements_in_balls_are_three_valued() -> None:
    def write(b: Builder, x: str) -> str:
        e = b.gather((n,), lambda i: sp.exp(At(x, i)) - 1)
        b.require((n,), At(e, index(0)), "!=0")
        return b.gather((n,), lambda i: 1 / At(e, index(0)))
    f = one(space(x=Real[n]), write)
    with precision(64):
        assert unmet(f, [[1, 2]], scalars=balls(64)) == []
        assert [state for _, state in unmet(f, [[0, 2]], scalars=balls(64))] == [False]
    tiny = pointwise(lambda x: fn.relu(x))
    with precision(64):
        assert evaluate(tiny, [[Fraction(-1, 10**30)]], scalars=balls(64))[0][0] == 0
