"""The primitives as Python functions: values against mpmath, and NaN, infinities and ties."""

import math

import mpmath
import numpy as np
import pytest

from symcat.kernel.elementary import source as e

POINTS = [-800.0, -40.0, -3.7, -1.0, -1e-9, 0.0, 1e-9, 0.25, 1.0, 3.7, 40.0, 800.0]
NAN, INF = math.nan, math.inf
pytestmark = pytest.mark.filterwarnings("ignore:.*encountered in scalar:RuntimeWarning")    # as Python functions they warn of overflow
UNARY = ("exp", "log", "tanh", "sin", "cos", "sqrt", "sigmoid", "softplus", "relu", "step", "absolute", "sign")


def ulps(ours, theirs):
    return abs(float((mpmath.mpf(float(ours)) - theirs) / mpmath.mpf(float(np.spacing(abs(float(theirs))) or 5e-324))))


def test_exp_and_tanh_against_mpmath():
    draw = np.random.default_rng(0)
    points = [*POINTS, *draw.uniform(-30, 30, 2000), *draw.uniform(-1, 1, 2000), *draw.uniform(-744, 709, 1000)]
    points += list(10.0 ** draw.uniform(-300, 0, 300))
    with mpmath.workdps(40):
        assert max(ulps(e.f_exp(x), mpmath.exp(mpmath.mpf(float(x)))) for x in points if -708 < x < 709) <= 2
        assert max(ulps(e.f_tanh(x), mpmath.tanh(mpmath.mpf(float(x)))) for x in points) <= 3
        assert max(ulps(e.f_sigmoid(x), 1 / (1 + mpmath.exp(-mpmath.mpf(float(x))))) for x in points if x > -700) <= 3


def test_sine_and_cosine_against_mpmath():
    points = [*POINTS, *np.random.default_rng(1).uniform(-100, 100, 500)]
    with mpmath.workdps(40):
        assert max(ulps(e.f_sin(x), mpmath.sin(mpmath.mpf(float(x)))) for x in points) <= 1
        assert max(ulps(e.f_cos(x), mpmath.cos(mpmath.mpf(float(x)))) for x in points) <= 1
    assert math.isnan(e.f_sin(INF)) and math.isnan(e.f_cos(-INF))


def test_the_ends_of_exp():
    assert e.f_exp(710.0) == e.f_exp(1e300) == e.f_exp(INF) == INF
    assert e.f_exp(-746.0) == e.f_exp(-1e300) == e.f_exp(-INF) == 0
    assert e.f_exp(0.0) == 1 and e.f_exp(-740.0) == pytest.approx(math.exp(-740.0), rel=1e-2, abs=5e-324)


def test_the_ends_of_tanh():
    assert e.f_tanh(INF) == 1 and e.f_tanh(-INF) == -1 and e.f_tanh(-50.0) == -1
    assert math.copysign(1, e.f_tanh(-0.0)) == -1 and e.f_tanh(5e-324) == 5e-324


@pytest.mark.parametrize("x", POINTS)
def test_sigmoid_and_softplus_against_mpmath(x):
    with mpmath.workdps(60):
        assert ulps(e.f_sigmoid(x), 1 / (1 + mpmath.exp(-mpmath.mpf(x)))) <= 3
        assert ulps(e.f_softplus(x), mpmath.log1p(mpmath.exp(mpmath.mpf(x)))) <= 3


@pytest.mark.parametrize("name", UNARY)
def test_nan_stays_nan(name):
    assert math.isnan(getattr(e, f"f_{name}")(NAN))


@pytest.mark.parametrize("name", ["maximum", "minimum", "equal", "power"])
def test_nan_in_either_argument_stays_nan(name):
    function = getattr(e, f"f_{name}")
    assert math.isnan(function(NAN, 2.0)) and math.isnan(function(2.0, NAN))


def test_a_choice_by_nan_is_nan():
    assert math.isnan(e.f_where(NAN, 1.0, 2.0))
    assert e.f_where(0.0, NAN, 2.0) == 2.0 and e.f_where(-3.0, 1.0, NAN) == 1.0


def test_a_nan_is_the_greatest_and_the_first_one_stays():
    assert e.f_greater(NAN, 1.0) and not e.f_greater(1.0, NAN) and not e.f_greater(NAN, NAN)
    assert e.f_greater(2.0, 1.0) and not e.f_greater(1.0, 1.0)


def test_infinities():
    assert e.f_sigmoid(INF) == 1 and e.f_sigmoid(-INF) == 0
    assert e.f_softplus(INF) == INF and e.f_softplus(-INF) == 0
    assert e.f_relu(INF) == INF and e.f_relu(-INF) == 0
    assert e.f_maximum(-INF, INF) == INF and e.f_minimum(-INF, INF) == -INF
    assert e.f_equal(INF, INF) == 1 and e.f_equal(INF, -INF) == 0
    assert e.infimum() == -INF


def test_kinks():
    assert [e.f_relu(x) for x in (-1.0, 0.0, 2.0)] == [0, 0, 2]
    assert [e.f_step(x) for x in (-1.0, 0.0, 2.0)] == [0, 0, 1]
    assert [e.f_sign(x) for x in (-1.0, 0.0, 2.0)] == [-1, 0, 1]
    assert [e.f_absolute(x) for x in (-1.0, 0.0, 2.0)] == [1, 0, 2]
    assert (e.f_bracket(-1), e.f_bracket(0), e.f_delta(0), e.f_delta(2)) == (0, 1, 1, 0)


def test_literals_are_the_nearest_numbers():
    assert e.rational(9, 10) == 0.9 and e.rational(1, 10**8) == 1e-8
    assert e.rational(10**30, 3 * 10**29) == 10 / 3
    assert e.f_real(7) == 7.0 and type(e.f_real(7)) is e.real


def test_roots_and_powers():
    assert e.f_root(27.0, 3) == pytest.approx(3, rel=1e-15)
    assert e.f_power(0.9, 3.0) == pytest.approx(0.729, rel=1e-15)
