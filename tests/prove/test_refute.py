"""The refuter finds every mutant of a table and leaves every true equation alone; its witnesses are checked by other means."""

import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from symcat.category import functions as fn
from symcat.category.comprehension import Fact
from symcat.category.evaluate import evaluate
from symcat.category.expression import At, Delta, index
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Z2, Real, Z, dims, space
from symcat.category.structure import add, copy, identity, swap
from symcat.derivative.forward import D
from symcat.derivative.reverse import R
from symcat.errors import ShapeError
from symcat.prove.refute import refute
from symcat.prove.sample import Setting
from symcat.prove.witness import Tested, Witness
from tests.category.programs import BY_NAME, PROGRAMS, Program, binary, one, pointwise, softmax

B, n, m, k = dims("B n m k")
A = space(x=Real[n])
b1, eps = sp.Symbol("b1", real=True), sp.Symbol("eps", real=True)
HALF = sp.Rational(1, 2)


def needing(relation: str, body: object, smooth: str | None = None) -> Morphism:
    def write(b: Builder, x: str) -> str:
        b.require((n,), At(x, index(0)), relation, smooth)
        return b.gather((n,), lambda i: body(At(x, i)))
    return one(A, write)


def matmuls(left_first: bool) -> Morphism:
    def write(b: Builder, x: str, y: str, z: str) -> str:
        times = lambda p, q, rows, inner, columns: b.gather((rows, columns), lambda i, j, r: At(p, i, r) * At(q, r, j), (inner,))
        return times(times(x, y, n, m, k), z, n, k, B) if left_first else times(x, times(y, z, m, k, B), n, m, B)
    return one(space(x=Real[n, m], y=Real[m, k], z=Real[k, B]), write)


def shifted_softmax() -> Morphism:
    def write(b: Builder, x: str) -> str:
        y = b.gather((B, n), lambda i, j: At(x, i, j) + 7)
        return b.call(softmax(), [y])[0]
    return one(space(x=Real[B, n]), write)


TRUE = {
    "tanh by sigmoid": (pointwise(sp.tanh), pointwise(lambda x: 2 * fn.sigmoid(2 * x) - 1)),
    "softplus by log": (pointwise(fn.softplus), pointwise(lambda x: sp.log(1 + sp.exp(x)))),
    "relu by maximum": (pointwise(fn.relu), pointwise(lambda x: fn.maximum(x, 0))),
    "absolute by relu": (pointwise(fn.absolute), pointwise(lambda x: fn.relu(x) + fn.relu(-x))),
    "exponential law": (binary(lambda x, y: sp.exp(x) * sp.exp(y)), binary(lambda x, y: sp.exp(x + y))),
    "square root": (needing(">=0", lambda x: sp.sqrt(x) * sp.sqrt(x + 1)), needing(">=0", lambda x: sp.sqrt(x * x + x))),
    "logarithm": (needing(">0", lambda x: sp.log(x**2)), needing(">0", lambda x: 2 * sp.log(x))),
    "cancelled": (needing("!=0", lambda x: (x**2 + x) / x), pointwise(lambda x: x + 1)),
    "associativity": (matmuls(True), matmuls(False)),
    "softmax shift": (softmax(), shifted_softmax()),
    "delta": (pointwise(lambda x: x), one(A, lambda b, x: b.gather((n,), lambda i, r: Delta(i - r) * At(x, r), (n,)))),
    "swap twice": (swap(A, A) >> swap(A, A), identity(A * A)),
    "copy then add": (copy(A) >> add(A), pointwise(lambda x: 2 * x)),
    "D of a product": (D(binary(lambda x, y: x * y)), one(A * A * A * A, lambda b, x, y, v, w: b.gather(
        (n,), lambda i: At(x, i) * At(w, i) + At(v, i) * At(y, i)))),
    "hyperparameters": (pointwise(lambda x: (1 - b1**2) * x), pointwise(lambda x: (1 - b1) * (1 + b1) * x)),
}

MUTANTS = {
    "tanh by sigmoid": pointwise(lambda x: 2 * fn.sigmoid(x) - 1),
    "softplus by log": pointwise(lambda x: sp.log(1 + sp.exp(-x))),
    "relu by maximum": pointwise(lambda x: fn.maximum(x, -1)),
    "absolute by relu": pointwise(lambda x: fn.relu(x) - fn.relu(-x)),
    "exponential law": binary(lambda x, y: sp.exp(x) + sp.exp(y)),
    "square root": needing(">=0", lambda x: sp.sqrt(x * x + 2 * x)),
    "logarithm": needing(">0", lambda x: sp.log(x) ** 2),
    "cancelled": pointwise(lambda x: x),
    "associativity": one(space(x=Real[n, m], y=Real[m, k], z=Real[k, B]), lambda b, x, y, z: b.gather(
        (n, B), lambda i, j, r: At(x, i, r) * At(z, 0, j), (m,))),
    "softmax shift": one(space(x=Real[B, n]), lambda b, x: b.gather((B, n), lambda i, j: At(b.call(softmax(), [x])[0], i, j) / 2)),
    "delta": one(A, lambda b, x: b.gather((n,), lambda i, r: At(x, r), (n,))),
    "swap twice": swap(A, A),
    "copy then add": identity(A),
    "D of a product": one(A * A * A * A, lambda b, x, y, v, w: b.gather((n,), lambda i: At(v, i) * At(w, i))),
    "hyperparameters": pointwise(lambda x: (1 - b1) ** 2 * x),
}


@pytest.mark.parametrize("name", TRUE)
def test_true_equations_are_never_refuted(name: str) -> None:
    for seed in range(3):
        found = refute(*TRUE[name], seed=seed, tries=45)
        assert isinstance(found, Tested), found
        assert found.premises_satisfiable and found.tested >= 3


def confirmed(lhs: Morphism, rhs: Morphism, found: Witness) -> bool:
    """The witness, read back from its strings, tells the sides apart in floats too, and its values are theirs."""
    inputs = [np.vectorize(lambda text: float(Fraction(text)), otypes=[float])(np.array(value, dtype=object))
              for value in found.inputs.values()]
    hypers = {name: Fraction(value) for name, value in found.hypers.items()}
    sides = [evaluate(f, inputs, found.dims, hypers) for f in (lhs, rhs)]
    wire = lhs.cod.names.index(found.output)
    values = [float(side[wire][found.index]) for side in sides]
    claimed = [float(Fraction(text)) for text in (found.left, found.right)]
    return values == pytest.approx(claimed, rel=1e-9) and values[0] != values[1]


@pytest.mark.parametrize("name", MUTANTS)
def test_every_mutant_is_refuted(name: str) -> None:
    lhs, rhs = TRUE[name][0], MUTANTS[name]
    found = refute(lhs, rhs)
    assert isinstance(found, Witness), found
    assert confirmed(lhs, rhs, found)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_a_program_and_its_gradient_are_not_refuted_against_themselves(program: Program) -> None:
    for f in (program.f, R(program.f)):
        found = refute(f, f.renamed(), tries=8)
        assert isinstance(found, Tested) and found.premises_satisfiable


@pytest.mark.parametrize("name", ["matmul", "convolution", "max pool", "concatenate", "attention", "network", "diagonal"])
def test_a_gradient_scaled_by_a_hair_is_refuted(name: str) -> None:
    """The second side is the gradient of 1000001/1000000 times the function."""
    f = BY_NAME[name].f
    build = Builder()
    (y,) = build.call(f, build.inputs(f.dom))
    scaled = build.gather(f.cod.types[0].shape, lambda *i: At(y, *i) * sp.Rational(1000001, 1000000))
    assert isinstance(refute(R(f), R(build.build([scaled])), tries=20), Witness)


def test_a_witness_is_small() -> None:
    found = refute(pointwise(lambda x: x**3), pointwise(lambda x: x))
    assert (found.dims, found.inputs, found.left, found.right, found.exact) == ({"n": 1}, {"x": ["2"]}, "8", "2", True)
    found = refute(pointwise(fn.relu), identity(A))
    assert (found.inputs, found.at_kink) == ({"x": ["-1"]}, False)


def test_a_witness_as_data_is_what_a_verdict_takes() -> None:
    from symcat.verdict import refuted
    found = refute(add(A), add(A) >> pointwise(lambda x: x**2))
    verdict = refuted(found.data())
    assert verdict.refuted and "two sides are" in str(verdict)


def test_a_difference_at_a_kink_alone_is_found_and_marked() -> None:
    found = refute(pointwise(fn.step), pointwise(lambda x: (1 + fn.sign(x)) / 2))
    assert found.at_kink and found.inputs == {"x": ["0"]} and (found.left, found.right) == ("0", "1/2")


def test_a_difference_elsewhere_is_preferred_to_one_at_a_kink() -> None:
    assert not refute(pointwise(fn.absolute), pointwise(lambda x: fn.relu(x) + 1)).at_kink


def test_ties_of_a_maximum_count_as_kinks() -> None:
    tied = BY_NAME["max pool"].f

    def write(b: Builder, x: str, c: str) -> str:
        i, j, r = map(index, range(3))
        return b.node((B, 2 * n), ((i, B), (j, n), (r, 2)), (i, 2 * j + r),
                      At(c, i, j) * fn.equal(At(x, i, 2 * j + r), At(b.call(tied, [x])[0], i, j)))
    every = one(space(x=Real[B, 2 * n], c=Real[B, n]), write)
    found = refute(R(tied), every)
    assert isinstance(found, Witness) and found.at_kink


def test_a_tiny_difference_is_seen_though_floats_agree() -> None:
    tiny = sp.Rational(1, 10**60)
    found = refute(pointwise(lambda x: sp.exp(x)), pointwise(lambda x: sp.exp(x) + tiny))
    assert isinstance(found, Witness) and found.left != found.right


def test_points_outside_the_domain_of_either_side_do_not_refute() -> None:
    """|x| = x where x >= 0, and not elsewhere."""
    root = pointwise(fn.absolute)
    assert isinstance(refute(root, needing(">=0", lambda x: x)), Tested)
    assert isinstance(refute(root, pointwise(lambda x: x)), Witness)


def test_premises_that_nothing_satisfies_are_reported() -> None:
    def write(b: Builder, x: str) -> str:
        b.require((n,), At(x, index(0)), ">0")
        b.require((n,), -At(x, index(0)), ">0")
        return b.gather((n,), lambda i: At(x, i) + 1)
    found = refute(one(A, write), identity(A))
    assert found == Tested(0, False, found.screened, found.undecided)


def test_facts_about_hyperparameters_and_dims_are_respected() -> None:
    scaled, plain = pointwise(lambda x: fn.absolute(b1) * x), pointwise(lambda x: b1 * x)
    assert isinstance(refute(scaled, plain), Witness)
    assert isinstance(refute(scaled, plain, (Fact(b1, ">=0"),)), Tested)
    found = refute(scaled, pointwise(lambda x: b1 * x + eps), (Fact(b1, ">0"), Fact(1 - b1, ">0"), Fact(eps - b1, ">=0")))
    assert 0 < Fraction(found.hypers["b1"]) < 1 and Fraction(found.hypers["eps"]) >= Fraction(found.hypers["b1"])
    sized = refute(pointwise(lambda x: x), pointwise(lambda x: x * n / 2), (Fact(n - 3, ">=0"), Fact(2 * m - n, ">=0")))
    assert sized.dims == {"m": 2, "n": 3}


def test_sizes_are_the_smallest_first_and_satisfy_the_facts() -> None:
    setting = Setting.of(identity(A), identity(A), (Fact(n - m - 4, ">=0"),))
    assert setting.sizes(3)[0] == {"m": 1, "n": 5}
    assert all(s["n"] - s["m"] >= 4 for s in setting.sizes(5))


def test_contradictory_facts_about_dims_leave_nothing_to_test() -> None:
    found = refute(identity(A), pointwise(lambda x: 2 * x), (Fact(n - 3, ">=0"), Fact(2 - n, ">=0")))
    assert found == Tested(0, False)


def test_an_arbitrary_smooth_function_is_named_in_the_witness() -> None:
    phi = fn.Smooth.named("phi")
    found = refute(pointwise(lambda x: phi(2 * x)), pointwise(lambda x: 2 * phi(x)))
    assert isinstance(found, Witness) and found.note.startswith("phi(x) = sin(")
    assert isinstance(refute(R(pointwise(lambda x: phi(x) ** 2)), one(A * A, lambda b, x, c: b.gather(
        (n,), lambda i: At(c, i) * 2 * phi(At(x, i)) * fn.Smooth(phi(At(x, i)).args[0], sp.S.One, At(x, i))))), Tested)


# ---- Z[n]

def bits(body: object, base: object = Z2) -> Morphism:
    return one(space(x=base[n]), lambda b, x: b.gather((n,), lambda i: body(At(x, i)), base=base))


def test_a_square_and_its_root_differ_as_polynomials_over_z2_and_agree_as_functions() -> None:
    found = refute(bits(lambda x: x**2), bits(lambda x: x))
    assert (found.left, found.right, found.equal_as_functions) == ("x_0**2", "x_0", True)
    assert found.monomial == {"monomial": "x_0**2", "left": 1, "right": 0}
    assert "equal as functions" in found.note and found.data()["equal_as_functions"] is True


def test_over_z5_polynomials_that_differ_as_functions_have_a_point() -> None:
    found = refute(bits(lambda x: x**5 + x, Z[5]), bits(lambda x: 3 * x, Z[5]))
    assert found.equal_as_functions is False
    (x,) = found.inputs["x"]
    assert (x**5 + x - 3 * x) % 5 != 0
    assert refute(bits(lambda x: x**5, Z[5]), bits(lambda x: x, Z[5])).equal_as_functions is True


def test_coefficients_are_compared_modulo_n() -> None:
    double = lambda base: one(space(x=base[n]), lambda b, x: b.add(x, x))
    assert isinstance(refute(double(Z2), bits(lambda x: 0)), Tested)
    assert isinstance(refute(double(Z[3]), bits(lambda x: 0, Z[3])), Witness)
    assert isinstance(refute(R(bits(lambda x: x**2)), R(bits(lambda x: 3))), Tested)


def test_what_is_no_polynomial_is_left_undecided() -> None:
    assert refute(bits(lambda x: b1 * x), bits(lambda x: x)) == Tested(0, False)
    assert refute(bits(lambda x: fn.equal(x, 1)), bits(lambda x: x)) == Tested(0, False)


def test_real_and_finite_wires_may_stand_side_by_side() -> None:
    both = bits(lambda x: x**2) @ pointwise(lambda x: x)
    assert isinstance(refute(both, bits(lambda x: x) @ pointwise(lambda x: x)), Tested)
    assert isinstance(refute(both, bits(lambda x: 1 + x) @ pointwise(lambda x: x)), Witness)


def test_a_network_of_real_size_is_tried_in_balls() -> None:
    sizes = {B: 8, n: 64, dims("h"): 32, k: 10}
    f = R(BY_NAME["network"].f).substitute({s: sp.Integer(size) for s, size in sizes.items()})
    found = refute(f, f.renamed(), tries=4)
    assert found.tested >= 1 and found.premises_satisfiable


def test_types_must_agree() -> None:
    with pytest.raises(ShapeError, match="both sides must have the same types"):
        refute(identity(A), add(A))


def test_the_result_is_the_same_under_every_hash_seed() -> None:
    code = ("from tests.prove.test_refute import *\n"
            "print([refute(TRUE[name][0], MUTANTS[name]).data() for name in ('swap twice', 'exponential law', 'hyperparameters')])")
    found = {subprocess.run([sys.executable, "-c", code], env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."}, capture_output=True,
                            text=True, check=True).stdout for seed in ("1", "2")}
    assert len(found) == 1 and found.pop().startswith("[{")


@pytest.mark.parametrize(("fact", "holds"), [
    (Fact(b1 * n - 4, ">=0"), lambda size, b: b * size >= 4),
    (Fact(b1**2 * n - 5, ">0"), lambda size, b: b * b * size > 5),
])
def test_a_shrunk_witness_satisfies_premises_that_join_dims_and_hyperparameters(fact, holds) -> None:
    found = refute(pointwise(lambda x: b1 * x), pointwise(lambda x: b1**2 * x), [fact])
    assert isinstance(found, Witness)
    assert holds(found.dims["n"], Fraction(found.hypers["b1"]))


@pytest.mark.parametrize("digits", [12, 100, 160, 400])
def test_very_small_differences_are_differences(digits):
    w = Builder()
    x = w.input("x", Real[()])
    plain = w.build([w.gather((), lambda: sp.exp(At(x)))])
    w = Builder()
    x = w.input("x", Real[()])
    moved = w.build([w.gather((), lambda: sp.exp(At(x)) + sp.Rational(1, 10**digits))])
    found = refute(plain, moved)
    assert found.left != found.right
