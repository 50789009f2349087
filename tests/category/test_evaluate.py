"""The interpreter against NumPy, Python integers and fractions, and its own kinds of scalars against each other."""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from symcat.category import evaluate as interpreter
from symcat.category import functions as fn
from symcat.category.comprehension import Comprehension, Fact
from symcat.category.evaluate import evaluate, fact_holds, generic_inputs, unmet
from symcat.category.expression import Argmax, At, Bracket, index
from symcat.category.modular import PRIME, PRIME_FUNCTIONS, P, modular, oracle, product
from symcat.category.morphism import Builder, Morphism
from symcat.category.objects import EXACT, EXACT_FUNCTIONS, SYMBOLIC, SYMBOLIC_FUNCTIONS
from symcat.category.scalars import FLOAT, FLOAT_FUNCTIONS, Irrational, Undecided
from symcat.category.space import Z2, Real, Z, dims, space
from symcat.category.trace import trace
from symcat.errors import DomainError, ShapeError, UsageError
from symcat.prove.decide import decide
from tests.category.programs import BY_NAME, PROGRAMS, Program, binary, one, pointwise

n, m = dims("n m")
RATIONAL = ["product", "scalar", "reciprocal", "cube", "matmul", "convolution", "masked", "accumulate", "running sum", "concatenate",
            "max pool", "argmax row", "slice", "shift", "stride", "relu", "maximum", "where", "momentum"]


def expected(program: Program, inputs: list[np.ndarray]) -> tuple[np.ndarray, ...]:
    result = program.numpy(*inputs)
    return result if isinstance(result, tuple) else (result,)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_floats_agree_with_numpy(program: Program) -> None:
    inputs = program.inputs()
    got = evaluate(program.f, inputs, program.sizes, program.hypers)
    for left, right in zip(got, expected(program, inputs), strict=True):
        assert left.shape == np.shape(right)
        np.testing.assert_allclose(left, right, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_cutting_the_box_into_blocks_changes_nothing(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = program.inputs()
    whole = evaluate(program.f, inputs, program.sizes, program.hypers)
    monkeypatch.setattr(interpreter, "BLOCK", 3)
    for left, right in zip(evaluate(program.f, inputs, program.sizes, program.hypers), whole, strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-13, atol=1e-13)


def rational_inputs(program: Program, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    low = 1 if program.low > 0 else -6
    draw = lambda: Fraction(int(rng.integers(low, 7)), int(rng.integers(1, 4)))
    return [np.array([draw() for _ in range(int(np.prod(shape, dtype=int)))], dtype=object).reshape(shape)
            for shape in map(program.shape, program.f.dom.types)]


@pytest.mark.parametrize("name", RATIONAL)
def test_exact_rationals_agree_with_floats(name: str) -> None:
    program = BY_NAME[name]
    inputs = rational_inputs(program, 1)
    if name == "momentum":
        inputs[3] = np.array(Fraction(3))
    hypers = {key: Fraction(str(value)) for key, value in program.hypers.items()}
    for left, right in zip(evaluate(program.f, inputs, program.sizes, hypers, EXACT),
                           evaluate(program.f, inputs, program.sizes, hypers), strict=True):
        assert all(isinstance(value, Fraction) for value in left.ravel())
        np.testing.assert_allclose(left.astype(float), right, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["product", "reciprocal", "cube", "matmul", "convolution", "masked", "accumulate", "running sum"])
def test_the_prime_field_agrees_with_rationals_modulo_p(name: str) -> None:
    program = BY_NAME[name]
    inputs = rational_inputs(program, 2)
    exact = evaluate(program.f, inputs, program.sizes, scalars=EXACT)[0]
    field = evaluate(program.f, inputs, program.sizes, scalars=PRIME)[0]
    assert [q.numerator * pow(q.denominator, -1, P) % P for q in exact.ravel()] == [int(v) for v in field.ravel()]


SYMBOLIC_NAMES = ["tanh", "softplus", "composed", "where", "log", "root", "smooth", "matmul", "convolution", "concatenate",
                  "attention", "momentum"]


@pytest.mark.parametrize("name", SYMBOLIC_NAMES)
def test_expressions_at_numbers_agree_with_floats(name: str) -> None:
    program = BY_NAME[name]
    symbols = generic_inputs(program.f, program.sizes)
    inputs = program.inputs(3)
    where = {s: sp.Rational(float(v)) for array, values in zip(symbols, inputs, strict=True)
             for s, v in zip(array.ravel(), values.ravel(), strict=True)}
    hypers = {sp.Symbol(key, real=True): sp.Rational(value) for key, value in program.hypers.items()}
    build = Builder()
    numbers = [build.gather((), lambda e=e: e.xreplace(where | hypers)) for array in
               evaluate(program.f, symbols, program.sizes, scalars=SYMBOLIC) for e in array.ravel()]
    closed = [float(value) for value in evaluate(build.build(numbers), [])]
    plain = evaluate(program.f, inputs, program.sizes, program.hypers)
    np.testing.assert_allclose(closed, np.concatenate([array.ravel() for array in plain]), rtol=1e-11, atol=1e-12)


def test_every_kind_of_scalars_knows_every_function() -> None:
    declared = {row.__name__ for row in fn.FUNCTIONS} - {"Smooth"} | {"exp"}
    for table in (FLOAT_FUNCTIONS, EXACT_FUNCTIONS, SYMBOLIC_FUNCTIONS, PRIME_FUNCTIONS):
        assert set(table) == declared


KINKS = [("relu", (0,), 0), ("relu", (-2,), 0), ("relu", (3,), 3), ("step", (0,), 0), ("step", (1,), 1),
         ("sign", (0,), 0), ("sign", (-5,), -1), ("absolute", (-3,), 3),
         ("maximum", (2, -1), 2), ("minimum", (2, -1), -1), ("equal", (2, 2), 1), ("equal", (2, 1), 0),
         ("where", (0, 5, 7), 7), ("where", (-1, 5, 7), 5)]


@pytest.mark.parametrize(("name", "arguments", "value"), KINKS)
@pytest.mark.parametrize("scalars", [FLOAT, EXACT, SYMBOLIC], ids=lambda s: s.name)
def test_functions_with_kinks(scalars: object, name: str, arguments: tuple[int, ...], value: int) -> None:
    build = Builder()
    names = build.inputs(space(*[Real[()]] * len(arguments)))
    f = build.build([build.gather((), lambda: getattr(fn, name)(*[At(x) for x in names]))])
    assert evaluate(f, arguments, scalars=scalars)[0] == value


def first_maximum(wire: object = Real[n]) -> Morphism:
    build = Builder()
    (x,) = build.inputs(space(x=wire))
    top = build.gather((), lambda i: At(x, i), (n,), op="max")
    return build.build([top, build.gather((), lambda: Argmax(top, 0))])


@pytest.mark.parametrize("scalars", [FLOAT, EXACT, SYMBOLIC, PRIME], ids=lambda s: s.name)
def test_the_first_of_equal_maxima_is_selected(scalars: object) -> None:
    top, place = evaluate(first_maximum(), [[1, 4, 0, 4]], scalars=scalars)
    assert (int(top), int(place)) == (4, 1)


def test_a_maximum_of_symbols_has_a_value_and_no_position() -> None:
    f = first_maximum()
    x, y = generic_inputs(f, {"n": 2})[0]
    with pytest.raises(Undecided, match="depends on the symbols"):
        evaluate(f, [[x, y]], scalars=SYMBOLIC)
    alone = one(space(x=Real[n]), lambda b, x: b.gather((), lambda i: At(x, i), (n,), op="max"))
    assert evaluate(alone, [[x, y]], scalars=SYMBOLIC)[0].item() == fn.maximum(x, y)


def test_a_maximum_over_two_axes_selects_in_row_major_order() -> None:
    build = Builder()
    (x,) = build.inputs(space(x=Real[n, m]))
    top = build.gather((), lambda i, j: At(x, i, j), (n, m), op="max")
    f = build.build([build.gather((), lambda k=k: Argmax(top, k)) for k in (0, 1)])
    assert [int(v) for v in evaluate(f, [[[0, 2, 7], [7, 1, 7]]])] == [0, 2]


@pytest.mark.parametrize("base", [Z2, Z[5], Z[6]], ids=str)
def test_integers_modulo_n_against_python(base: object) -> None:
    modulus = base.modulus
    f = one(space(x=base[n, m], y=base[m]), lambda b, x, y: b.gather(
        (n,), lambda i, j: At(x, i, j) ** 3 * At(y, j) + 4 * At(x, i, j), (m,), base=base))
    rng = np.random.default_rng(4)
    x, y = rng.integers(0, modulus, (3, 4)), rng.integers(0, modulus, 4)
    for scalars in (FLOAT, EXACT, PRIME):
        got = evaluate(f, [x, y], scalars=scalars)[0]
        assert [int(v) for v in got] == [sum(int(a) ** 3 * int(b) + 4 * int(a) for a, b in zip(row, y, strict=True)) % modulus for row in x]


def test_modulo_a_large_n_the_arithmetic_is_exact() -> None:
    modulus = 2**40 + 15
    f = one(space(x=Z[modulus][n]), lambda b, x: b.gather((), lambda i: At(x, i) ** 3, (n,), base=Z[modulus]))
    values = [2**39 + 7, 12345678901, 3]
    assert int(evaluate(f, [np.array(values, dtype=object)])[0]) == sum(v**3 for v in values) % modulus


def test_expressions_over_z2_are_formal_polynomials() -> None:
    f = one(space(x=Z2[()]), lambda b, x: b.gather((), lambda: At(x) ** 2, base=Z2))
    (x,) = generic_inputs(f)
    assert evaluate(f, [x], scalars=SYMBOLIC)[0].item() == x.item() ** 2


def test_the_product_and_sums_of_the_prime_field_against_python_integers() -> None:
    rng = np.random.default_rng(5)
    edges = np.array([0, 1, 2, P - 1, P - 2, 2**31, 2**31 - 1, 2**30, 2**60])
    a = np.r_[rng.integers(0, P, 2000), np.repeat(edges, len(edges))]
    b = np.r_[rng.integers(0, P, 2000), np.tile(edges, len(edges))]
    assert [int(v) for v in product(a, b)] == [int(u) * int(v) % P for u, v in zip(a, b, strict=True)]
    assert int(PRIME.total(a)) == sum(map(int, a)) % P
    places = rng.integers(0, 5, len(a))
    sums = [sum(int(v) for v, place in zip(a, places, strict=True) if place == k) % P for k in range(6)]
    assert [int(v) for v in PRIME.scatter(6, places, a)] == sums
    assert [int(v) for v in PRIME.power(a[:50] + 1, Fraction(-3))] == [pow(int(v) + 1, -3, P) for v in a[:50]]


def test_oracles_are_functions_that_differ_by_name_and_argument() -> None:
    x = np.arange(1000)
    values = {name: oracle(name)(x) for name in ("exp", "log", "tanh")}
    assert all(len(set(v.tolist())) == 1000 and v.min() >= 0 and v.max() < P for v in values.values())
    assert np.all(values["exp"] != values["log"])
    assert np.all(oracle("exp")(x) == values["exp"])
    assert int(oracle("pow")(np.int64(2), np.int64(3))) != int(oracle("pow")(np.int64(3), np.int64(2)))
    assert int(oracle("exp")(np.int64(1))) == 1932623547895514160


def test_exact_rationals_refuse_what_is_irrational_or_undefined() -> None:
    with pytest.raises(Irrational, match=r"exp\(1\) is irrational"):
        evaluate(pointwise(sp.exp), [[1]], scalars=EXACT)
    with pytest.raises(DomainError, match="division by zero"):
        evaluate(pointwise(lambda x: 1 / x), [[0]], scalars=EXACT)
    with pytest.raises(DomainError, match="root of a negative"):
        evaluate(pointwise(sp.sqrt), [[-4]], scalars=EXACT)
    with pytest.raises(DomainError, match="log needs a positive"):
        evaluate(pointwise(sp.log), [[0]], scalars=EXACT)
    with pytest.raises(DomainError, match="no NaN"):
        evaluate(pointwise(lambda x: x + 1), [[float("nan")]], scalars=EXACT)
    with pytest.raises(DomainError, match="over Z"):
        evaluate(one(space(x=Z2[()]), lambda b, x: b.gather((), lambda: sp.tanh(At(x)), base=Z2)), [1])
    assert list(evaluate(pointwise(sp.sqrt), [[Fraction(9, 4), 0]], scalars=EXACT)[0]) == [Fraction(3, 2), 0]
    assert list(evaluate(pointwise(sp.exp), [[0]], scalars=EXACT)[0]) == [1]


def test_a_float_is_the_binary_fraction_that_it_is() -> None:
    assert evaluate(pointwise(lambda x: 2 * x), [[0.1]], scalars=EXACT)[0][0] == 2 * Fraction(0.1)


def test_nan_stays_nan() -> None:
    for body in (fn.relu, lambda x: fn.maximum(x, 1), lambda x: x * 0 + x):
        assert np.isnan(evaluate(pointwise(body), [[np.nan]])[0][0])


def test_dims_come_from_the_shapes_and_are_checked() -> None:
    f = BY_NAME["concatenate"].f
    assert evaluate(f, [[1, 2], [3]])[0].tolist() == [1, 2, 9]
    square = BY_NAME["diagonal"].f
    with pytest.raises(ShapeError, match=r"wire x, axis 1: expected n = 2 \(with n = 2\), an axis of 3 entries came"):
        evaluate(square, [np.ones((2, 3))])
    with pytest.raises(ShapeError, match=r"has 2 axes but an array of shape \(3,\) came"):
        evaluate(square, [np.ones(3)])
    with pytest.raises(ShapeError, match="takes 1 arrays, 2 came"):
        evaluate(square, [np.ones((2, 2)), 1])
    with pytest.raises(ShapeError, match="size of m is not known"):
        evaluate(BY_NAME["count"].f, [[1.0]])
    with pytest.raises(ShapeError, match=r"expected 2\*n = "):
        evaluate(BY_NAME["stride"].f, [[1.0, 2.0, 3.0]])
    assert evaluate(BY_NAME["slice"].f, [np.arange(5.0)])[0].tolist() == [4, 9]


def test_a_missing_hyperparameter_is_named() -> None:
    with pytest.raises(DomainError, match="hyperparameter b1 has no value"):
        evaluate(BY_NAME["momentum"].f, [[1.0]] * 3 + [1.0], hypers={"lr": 1})


def test_a_read_out_of_range_raises() -> None:
    i = index(0)
    node = Comprehension("y", Real, (n,), (n,), (i,), At("x", i + 1))
    f = Morphism(space(x=Real[n]), space(y=Real[n]), (node,), ("y",))
    with pytest.raises(ShapeError, match=r"runs over 1\.\.3 but the axis has 3"):
        evaluate(f, [[1, 2, 3]])


def test_requirements_are_decided_at_a_point_before_what_needs_them_is_computed() -> None:
    def write(b: Builder, x: str, y: str) -> str:
        b.require((n,), At(y, index(0)), "!=0")
        ratio = b.gather((n,), lambda i: At(x, i) / At(y, i))
        b.require((n,), At(ratio, index(0)), ">=0", ">0")
        return b.gather((n,), lambda i: sp.sqrt(At(ratio, i)))
    f = one(space(x=Real[n], y=Real[n]), write)
    assert unmet(f, [[4, 1], [1, 1]]) == []
    assert [state for _, state in unmet(f, [[4, 1], [1, 0]])] == [False, None]
    assert [(r.relation, state) for r, state in unmet(f, [[4, -1], [1, 1]])] == [(">=0", False)]
    assert [state for _, state in unmet(f, [[4, 1], [1, 0]], scalars=FLOAT)] == [False]


def test_facts_are_decided_exactly() -> None:
    b1 = sp.Symbol("b1", real=True)
    assert fact_holds(Fact(1 - b1, ">0"), {}, {"b1": Fraction(9, 10)}) is True
    assert fact_holds(Fact(1 - b1, ">0"), {}, {b1: 1}) is False
    assert fact_holds(Fact(n - m, ">=0"), {n: 2, "m": 3}, {}) is False
    assert fact_holds(Fact(sp.exp(b1), ">0"), {}, {"b1": 1}) is None


def test_a_batch_of_the_digits_network_takes_moments() -> None:
    f = BY_NAME["network"].f
    sizes = {"B": 64, "n": 64, "h": 128, "k": 10}
    rng = np.random.default_rng(6)
    shapes = ((64, 64), (64, 128), (128,), (128, 10))
    inputs = [rng.integers(0, P, shape) for shape in shapes]
    left, right = (int(evaluate(f, inputs, sizes, scalars=PRIME)[0]) for _ in range(2))
    assert left == right
    inputs[1][3, 5] = (inputs[1][3, 5] + 1) % P
    assert int(evaluate(f, inputs, sizes, scalars=PRIME)[0]) != left


def test_mixed_functions_of_two_arguments_broadcast() -> None:
    assert evaluate(binary(lambda x, y: fn.where(x, 3, y)), [[0, 1], [5, 6]], scalars=EXACT)[0].tolist() == [5, 3]
    assert modular(7).array([8, -1]).tolist() == [1, 6]


def test_sizes_that_break_a_premise_are_refused():
    f = trace(lambda x: x[5:-2:-1], space(x=Real["m"]))
    assert evaluate(f, [np.arange(6.0)])[0].tolist() == [5.0]
    with pytest.raises(ShapeError, match=r"assumes m - 6 >= 0, which fails at m = 4"):
        evaluate(f, [np.arange(4.0)])
    with pytest.raises(UsageError, match="as one list"):
        evaluate(f, np.arange(6.0), np.arange(6.0))


@pytest.mark.parametrize("condition", [1, sp.Integer(0)])
def test_a_factor_that_stands_twice_counts_twice(condition):
    """SymPy does not merge equal factors around another one when it does not know that they commute."""
    phi, dom = fn.Smooth.named("phi"), space(a=Real[()], b=Real[n])
    a, b, inside = phi(At("a")), phi(At("b", index(0))), Bracket(index(0) - condition)
    body = a * b * a * inside
    assert body.args.count(a) == 2
    twice, squared = (Morphism(dom, space(y=Real[n]), (Comprehension("y", Real, (n,), (n,), (index(0),), e),), ("y",))
                      for e in (body, a**2 * b * inside))
    inputs = [1.5, [0.25, -0.5, 2.0]]
    assert np.allclose(evaluate(twice, inputs)[0], evaluate(squared, inputs)[0], rtol=1e-12)
    assert decide(twice, squared).proved
