"""The generated functions: errors against their bounds, special values, the same bits for every number of lanes, no branches or calls."""

import itertools
import math
import re

import mpmath
import numpy as np
import pytest
from llvmlite import ir

from symcat.bench.elementary.oracle import CASES, errors, exact, wider
from symcat.bench.elementary.points import strata
from symcat.kernel.elementary import GENERATORS, Generator, Ops
from symcat.kernel.elementary.bounds import BOUNDS, EXACT
from symcat.kernel.elementary.machine import compiled, has_fma, loop, run_over

TYPES = ("float32", "float64")
NAN, INF = math.nan, math.inf
COUNT = 9_000
MP = {
    "exp": mpmath.exp, "expm1": mpmath.expm1, "log": mpmath.log, "log1p": mpmath.log1p, "tanh": mpmath.tanh, "sqrt": mpmath.sqrt,
    "rsqrt": lambda x: 1 / mpmath.sqrt(x), "sin": mpmath.sin, "cos": mpmath.cos, "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)), "power": mpmath.power, "root": lambda x: mpmath.power(x, mpmath.mpf(1) / 3),
    "rational_power": lambda x: mpmath.power(x, mpmath.mpf(2) / 3),
}
ENDS = {    # values at the ends of the domain
    "exp": ((INF, INF), (-INF, 0.0), (1000.0, INF), (-1000.0, 0.0), (0.0, 1.0), (-0.0, 1.0)),
    "expm1": ((INF, INF), (-INF, -1.0), (1000.0, INF), (-1000.0, -1.0), (0.0, 0.0), (-0.0, -0.0)),
    "log": ((INF, INF), (-INF, NAN), (0.0, -INF), (-0.0, -INF), (-1e-30, NAN), (1.0, 0.0)),
    "log1p": ((INF, INF), (-INF, NAN), (-1.0, -INF), (-1.5, NAN), (0.0, 0.0), (-0.0, -0.0), (3e38, math.log(3e38))),
    "tanh": ((INF, 1.0), (-INF, -1.0), (0.0, 0.0), (-0.0, -0.0), (1e30, 1.0), (-1e30, -1.0)),
    "sigmoid": ((INF, 1.0), (-INF, 0.0), (0.0, 0.5), (-0.0, 0.5), (1e30, 1.0), (-1e30, 0.0)),
    "softplus": ((INF, INF), (-INF, 0.0), (1e30, 1e30), (-1e30, 0.0)),
    "sqrt": ((INF, INF), (-INF, NAN), (0.0, 0.0), (-0.0, -0.0), (-1.0, NAN)),
    "rsqrt": ((INF, 0.0), (-INF, NAN), (0.0, INF), (-0.0, -INF), (-1.0, NAN)),
    "sin": ((INF, NAN), (-INF, NAN), (0.0, 0.0), (-0.0, -0.0)),
    "cos": ((INF, NAN), (-INF, NAN), (0.0, 1.0), (-0.0, 1.0)),
    "root": ((INF, INF), (-INF, NAN), (0.0, 0.0), (-1.0, NAN), (1.0, 1.0), (27.0, 3.0)),
    "rational_power": ((INF, INF), (-INF, NAN), (0.0, 0.0), (-1.0, NAN), (1.0, 1.0), (27.0, 9.0)),
}
CHOICES = {     # away from NaN
    "relu": lambda x: np.where(x > 0, x, 0), "step": lambda x: np.where(x > 0, 1, 0), "absolute": np.abs, "sign": np.sign,
    "maximum": np.fmax, "minimum": np.fmin, "equal": lambda x, y: np.where(x == y, 1, 0), "where": lambda c, x, y: np.where(c != 0, x, y),
}
DOMAIN = {"log": 0, "log1p": -1, "sqrt": 0, "rsqrt": 0, "power": 0, "root": 0, "rational_power": 0}
# Where `symcat bench elementary` found the greatest errors, with a fused multiply-add: over all float32, and over ten million float64.
WORST = (
    ("exp", "float32", 0.7791, "-0x1.5ed7420000000p+6"),
    ("exp", "float64", 0.7505, "-0x1.626612ccf64bcp+9"),
    ("expm1", "float32", 1.5616, "0x1.632a5e0000000p-2"),
    ("expm1", "float64", 1.5459, "0x1.726c6ae214f20p-2"),
    ("log", "float32", 0.8316, "0x1.697dc80000000p+0"),
    ("log", "float64", 0.8271, "0x1.693701e0ba885p-1"),
    ("log1p", "float32", 1.38, "0x1.c4771a0000000p-2"),
    ("log1p", "float64", 1.377, "0x1.a827999fcf80bp-2"),
    ("tanh", "float32", 1.348, "0x1.407ed00000000p-1"),
    ("tanh", "float64", 1.313, "0x1.4586334c7ebe0p-1"),
    ("sigmoid", "float32", 1.4958, "-0x1.62bfde0000000p+2"),
    ("sigmoid", "float64", 1.3999, "-0x1.099484ad45c0cp+2"),
    ("softplus", "float32", 1.7224, "-0x1.bf591a0000000p-1"),
    ("softplus", "float64", 1.7241, "-0x1.b8f05437fdeb0p-1"),
    ("sqrt", "float32", 0.5, "0x1.fffffe0000000p-125"),
    ("sqrt", "float64", 0.5, "0x1.0000000000001p-1022"),
    ("rsqrt", "float32", 1.4903, "0x1.0195660000000p-126"),
    ("rsqrt", "float64", 1.4966, "0x1.003430baaff73p-8"),
    ("sin", "float32", 0.844, "0x1.5b5ac40000000p+14"),
    ("sin", "float64", 0.8008, "0x1.2d97c7f332709p+1"),
    ("cos", "float32", 0.849, "0x1.831a620000000p+11"),
    ("cos", "float64", 0.7915, "-0x1.925edc51b2505p-1"),
    ("power", "float32", 0.5065, "0x1.6a0d960000000p+0", "0x1.ffe0c40000000p+7"),
    ("power", "float64", 0.7722, "0x1.9cfc5a59a2687p-32", "0x1.05441f8d29299p+5"),
    ("root", "float32", 0.5008, "0x1.62c2780000000p-85"),
    ("root", "float64", 0.6455, "0x1.6a802f40be551p+313"),
    ("rational_power", "float32", 0.5008, "0x1.2c20e20000000p-125"),
    ("rational_power", "float64", 0.6543, "0x1.312224f0e7d1cp-7"),
)


def same(x, y):
    """Equal as numbers with signs of zeros, or both NaN."""
    x, y = np.asarray(x), np.asarray(y)
    return bool(np.all((np.isnan(x) & np.isnan(y)) | ((x == y) & (np.signbit(x) == np.signbit(y)))))


def run(name, dtype, arguments, **options):
    return compiled(name, dtype, numbers=CASES[name].numbers if name in CASES else (), **options)(*arguments)


def ulps(ours, value):
    """The distance in units in the last place of the exact value."""
    rounded = ours.dtype.type(value)
    return float(abs((mpmath.mpf(float(ours)) - value) / mpmath.mpf(float(abs(np.spacing(rounded))))))


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", BOUNDS)
def test_errors_stay_within_bounds(name, dtype, fused):
    if wider(dtype) is None:
        pytest.skip("no type on this machine is wide enough to compare float64 with")
    arguments = strata(name, dtype, COUNT)
    found = errors(run(name, dtype, arguments, fused=fused), exact(name, arguments))
    k = int(found.argmax())
    assert found[k] <= BOUNDS[name], [x[k] for x in arguments]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", BOUNDS)
def test_errors_against_mpmath(name, dtype):
    draw = np.random.default_rng(3)
    largest = 80 if dtype == "float32" else 700
    x = np.concatenate([draw.uniform(-largest, largest, 40), draw.uniform(-1, 1, 32), draw.normal(size=24) * 1e-6]).astype(dtype)
    x = np.where(x <= DOMAIN.get(name, -INF), np.abs(x), x)
    arguments = (x, draw.normal(size=x.size).astype(dtype) * 2)[:CASES[name].arguments]
    ours = run(name, dtype, arguments)
    with mpmath.workdps(60):
        exactly = [MP[name](*(mpmath.mpf(float(v)) for v in values)) for values in zip(*arguments, strict=True)]
        assert max(ulps(y, value) for y, value in zip(ours, exactly, strict=True)) <= BOUNDS[name]


@pytest.mark.parametrize("name, dtype, error, at", [(name, dtype, error, at) for name, dtype, error, *at in WORST])
def test_worst_arguments(name, dtype, error, at):
    if wider(dtype) is None:
        pytest.skip("no type on this machine is wide enough to compare float64 with")
    arguments = [np.array([float.fromhex(text)]).astype(dtype) for text in at]
    found = errors(run(name, dtype, arguments, lanes=1), exact(name, arguments))[0]
    assert found <= BOUNDS[name]
    assert abs(found - error) < 0.002 or not has_fma()


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", ENDS)
def test_ends(name, dtype):
    x, expected = np.array(ENDS[name]).astype(dtype).T
    assert same(run(name, dtype, (x,), lanes=1), expected)
    assert math.isnan(run(name, dtype, (np.array([NAN], dtype),), lanes=1)[0])


@pytest.mark.parametrize("dtype", TYPES)
def test_powers_of_special_numbers_are_those_of_c_but_nan_is_kept(dtype):
    values = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, INF, -INF, NAN, 1e-45, 1e30, -1e30, 16777217.0]
    x, y = np.array(list(itertools.product(values, values)), dtype).T
    with np.errstate(all="ignore"):
        expected = np.power(x, y)
    expected[np.isnan(x) | np.isnan(y)] = NAN
    ours = run("power", dtype, (x, y), lanes=1)
    assert same(np.where(np.isfinite(expected), 0, ours), np.where(np.isfinite(expected), 0, expected))
    assert (np.signbit(ours) == np.signbit(expected))[~np.isnan(expected)].all()
    found = errors(ours, exact("power", (x, y)))
    assert (found[~(np.isnan(x) | np.isnan(y))] <= BOUNDS["power"]).all()


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", BOUNDS)
def test_every_number_of_lanes_gives_the_same_bits(name, dtype):
    arguments = [x[-960:] for x in strata(name, dtype, 2000, seed=1)]
    first = run(name, dtype, arguments, lanes=1)
    assert all(same(first, run(name, dtype, arguments, lanes=lanes)) for lanes in (3, 32))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", CHOICES)
def test_choices(name, dtype):
    values = [NAN, INF, -INF, 0.0, -0.0, 1.0, -1.0, 1e-45, -2.5]
    arguments = np.array(list(itertools.product(values, repeat=GENERATORS[name].arity)), dtype).T
    ours = run(name, dtype, arguments, lanes=3)
    compared = arguments[:1] if name == "where" else arguments
    expected = np.where(np.isnan(compared).any(axis=0), NAN, CHOICES[name](*arguments))
    assert ((ours == expected) | (np.isnan(ours) & np.isnan(expected))).all()


@pytest.mark.parametrize("dtype", TYPES)
def test_choices_of_generated_programs_alone(dtype):
    v, a = np.array(list(itertools.product([NAN, INF, -INF, 0.0, -1.0], repeat=2)), dtype).T
    x, y = np.arange(25, dtype=dtype), -np.arange(25, dtype=dtype) - 1
    greater = (v > a) | (np.isnan(v) & ~np.isnan(a))
    assert same(run("pick", dtype, (v, a, x, y), lanes=5), np.where(greater, x, y))
    z = np.array([0.0, -0.0, 1.0, -1.0, INF, -INF, NAN, 1e-45], dtype)
    assert same(run("nonneg", dtype, (z,), lanes=4), [1, 1, 1, 0, 1, 0, NAN, 1])
    assert same(run("zero", dtype, (z,), lanes=4), [1, 1, 0, 0, 0, 0, NAN, 0])


@pytest.mark.parametrize("name", ["maximum", "minimum", "equal", "power"])
def test_nan_of_either_side_is_kept(name):
    x, y = np.array([NAN, NAN, NAN, 2.0, 1.0, 0.0], np.float32), np.array([1.0, 0.0, NAN, NAN, NAN, NAN], np.float32)
    assert np.isnan(run(name, "float32", (x, y), lanes=2)).all()


def test_every_function_has_a_bound_or_is_exact():
    assert sorted([*BOUNDS, *EXACT]) == sorted(GENERATORS)
    assert sorted(CASES) == sorted(BOUNDS) == sorted(MP)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", [name for name in GENERATORS if name not in ("sin", "cos")])
def test_no_branches_and_no_calls(name, dtype):
    """Beside the loop there is one block, and nothing is called that is not one instruction."""
    numbers = (2, 3)[: GENERATORS[name].integers]
    module = loop(GENERATORS[name], dtype, 8, True, numbers)
    assert all(len(function.blocks) in (0, 1) for function in module.functions if function.name != "over")
    assert {function.name.split(".")[1] for function in module.functions if function.name.startswith("llvm.")} <= {"fma", "sqrt", "rint"}
    if has_fma():
        assert not re.search(r"\b(?:callq?|bl)\s", compiled(name, dtype, lanes=8, numbers=numbers).code.assembly)


def test_long_code_is_written_once_per_module_and_type():
    module = ir.Module("two")
    vector = ir.VectorType(ir.FloatType(), 8)
    function = ir.Function(module, ir.FunctionType(vector, [vector]), "twice")
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    b = Ops.of(builder, vector)
    builder.ret(GENERATORS["exp"].emit(b, GENERATORS["exp"].emit(b, function.args[0])))
    assert [f.name for f in module.functions if f.blocks] == ["twice", "symcat.exp.v8f32.fused"]


def test_a_function_that_is_off_by_more_is_found():
    arguments = strata("exp", "float32", COUNT)
    wrong = Generator(1, lambda b, x: b.mul(GENERATORS["exp"].emit(b, x), b.const(1 + 2.0**-22)))
    assert errors(run_over(wrong, "float32", 16)(*arguments), exact("exp", arguments)).max() > BOUNDS["exp"]
