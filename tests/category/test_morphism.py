import subprocess
import sys

import pytest
import sympy as sp

from symcat.category.expression import Argmax, At, Bracket, Delta, affine, index, partial, rename_arrays
from symcat.category.functions import FUNCTIONS, Smooth, derivative, sigmoid
from symcat.category.morphism import Builder
from symcat.category.space import Z2, Real, dims, space
from symcat.category.structure import copy, identity, swap
from symcat.errors import DomainError, ShapeError, TraceError

n, m, k = dims("n m k")


def linear():
    w = Builder()
    matrix, x = w.input("W", Real[n, m]), w.input("x", Real[n])
    return w.build([w.gather((m,), lambda j, r: At(x, r) * At(matrix, r, j), (n,))], ["y"])


def test_equal_comprehensions_are_shared_and_copies_vanish():
    w = Builder()
    x = w.input("x", Real[n])
    first = w.gather((n,), lambda i: At(x, i) ** 2)
    second = w.gather((n,), lambda i: At(x, i) ** 2, name="other")
    assert first == second
    assert w.gather((n,), lambda i: At(x, i)) == x
    assert len(w.build([first, second]).nodes) == 1


def test_zeros_are_fed_through_where_that_is_defined():
    w = Builder()
    x = w.input("x", Real[n])
    nothing = w.zero(Real[n])
    assert w.gather((n,), lambda i: At(nothing, i) * At(x, i)) == nothing
    inverse = w.gather((n,), lambda i: 1 / At(nothing, i))
    assert "zero" in w.build([inverse]).nodes[-1].sources


def test_dead_comprehensions_are_dropped_unless_a_requirement_needs_them():
    w = Builder()
    x = w.input("x", Real[n])
    y = w.gather((n,), lambda i: At(x, i) ** 2)
    assert w.build([x]).nodes == ()
    w.require((n,), At(y, index(0)), ">0")
    assert len(w.build([x]).nodes) == 1


def test_composition_checks_both_ends():
    with pytest.raises(ShapeError, match="ends at y: Real"):
        linear() >> linear()
    with pytest.raises(ShapeError, match="both ends must agree"):
        linear() + identity(space(x=Real[n]))


def test_equality_ignores_names_of_intermediate_arrays_but_not_structure():
    a = space(x=Real[n])
    assert swap(a, a) >> swap(a, a) == identity(a * a)
    assert copy(a) >> swap(a, a) == copy(a)
    assert swap(a, a) != identity(a * a)


def test_reads_out_of_range_are_refused_or_become_facts():
    w = Builder()
    x = w.input("x", Real[n])
    with pytest.raises(ShapeError, match="leaves its range"):
        w.gather((n,), lambda i: At(x, i + 1))
    with pytest.raises(ShapeError, match="leaves its range"):
        w.gather((n,), lambda i: At(x, i - 1))
    w = Builder()
    x = w.input("x", Real[n])
    y = w.gather((k,), lambda i: At(x, i))
    assert [str(f) for f in w.build([y]).facts] == ["-k + n >= 0"]


def test_an_output_out_of_range_is_refused():
    w = Builder()
    x = w.input("x", Real[n])
    with pytest.raises(ShapeError, match="leaves its range"):
        w.node((n,), [(index(0), n)], [index(0) + 1], At(x, index(0)))


def test_guards_can_bring_a_read_into_range():
    w = Builder()
    x = w.input("x", Real[n])
    w.node((n,), [(index(0), n)], [index(0)], At(x, index(0) - 1), guards=[index(0) - 1])
    assert w.build(["z"]).facts == ()


@pytest.mark.parametrize("make, error, words", [
    (lambda w, x: w.gather((n,), lambda i: At(x, i, i)), ShapeError, "2 indices"),
    (lambda w, x: w.gather((n,), lambda i: At("q", i)), TraceError, "not an array"),
    (lambda w, x: w.gather((n,), lambda i: sp.Float(0.5) * At(x, i)), TraceError, "float"),
    (lambda w, x: w.gather((n,), lambda i: At(x, i * i)), TraceError, "not affine"),
    (lambda w, x: w.gather((n,), lambda i: At(x, i), base=Z2), ShapeError, "over Z2 reads"),
    (lambda w, x: w.gather((n,), lambda i: At(x, i), op="product"), TraceError, "reducer"),
    (lambda w, x: w.gather((n,), lambda i: At(x, i), op="xor"), TraceError, "xor"),
    (lambda w, x: w.node((n,), [(index(0), n)], [index(0)], At(x, index(1))), TraceError, "loop index _1"),
    (lambda w, x: w.gather((n,), lambda i: Delta(Argmax(x, 0, i))), TraceError, "not a maximum"),
    (lambda w, x: w.gather((n,), lambda i: Delta(Argmax(w.gather((n,), lambda j, r: At(x, r), (n,), op="max"), 0, i + 1))), ShapeError,
     "leaves its range"),
    (lambda w, x: w.gather((n,), lambda i: Delta(Argmax(w.gather((n,), lambda j, r: At(x, r), (n,), op="max"), 1, i))), TraceError,
     "does not fit"),
    (lambda w, x: w.gather((n - n,), lambda i: At(x, i)), ShapeError, "at least one"),
])
def test_ill_formed_comprehensions(make, error, words):
    w = Builder()
    with pytest.raises(error, match=words):
        make(w, w.input("x", Real[n]))


def test_substitution_of_dims_checks_the_facts():
    w = Builder()
    x = w.input("x", Real[n])
    f = w.build([w.gather((k,), lambda i: At(x, i))])
    assert str(f.substitute({n: sp.Integer(5), k: sp.Integer(2)}).cod.types[0]) == "Real[2]"
    assert f.substitute({n: sp.Integer(5), k: sp.Integer(2)}).facts == ()
    with pytest.raises(ShapeError):
        f.substitute({n: sp.Integer(1), k: sp.Integer(2)})


def test_digest_does_not_depend_on_the_hash_seed():
    code = ("from symcat.category.space import *; from symcat.category.structure import *; from symcat.derivative.reverse import R\n"
            "from symcat.laws.law import pointwise\na = space(x=Real['n'], y=Real[2])\n"
            "print(R(copy(a) >> pointwise(a) @ pointwise(a)).digest)")
    seen = {subprocess.run([sys.executable, "-c", code], env={"PYTHONHASHSEED": seed, "PATH": ""}, capture_output=True, text=True,
                           check=True).stdout for seed in ("0", "1", "2")}
    assert len(seen) == 1 and len(seen.pop().strip()) == 64


def test_partial_agrees_with_sympy_on_smooth_bodies():
    x, y = At("x", index(0)), At("y")
    u, v = sp.symbols("u v", real=True)
    for body in (x * y + x**3, sp.exp(x * y) / y, sp.sqrt(x) * y, sp.log(x) + sp.tanh(x * x), 1 / (x + y), y**x, (x - y) ** -2):
        plain = body.xreplace({x: u, y: v})
        for read, symbol in ((x, u), (y, v)):
            ours = partial(body, read, derivative).xreplace({x: u, y: v})
            point = {u: sp.Rational(3, 2), v: sp.Rational(5, 4)}
            assert abs(sp.N(ours.subs(point) - sp.diff(plain, symbol).subs(point), 30)) < 1e-25


def test_every_function_has_as_many_derivatives_as_arguments():
    for function, row in FUNCTIONS.items():
        (arity,) = {len(row.derivatives)}
        assert next(iter(function.nargs)) == arity, function


def test_text_is_never_parsed():
    with pytest.raises(TraceError, match="is no expression"):
        Builder().gather((), lambda: "__import__('os').getcwd()")
    with pytest.raises(TraceError, match="is no expression"):
        At("x", "n + 1")


def test_index_language():
    assert Bracket(sp.Integer(0)) == 1 and Bracket(sp.Integer(-1)) == 0 and Delta(sp.Integer(2)) == 0 and Delta(sp.Integer(0)) == 1
    assert Delta(n - m) == Delta(m - n)
    assert affine(2 * index(0) - n + 3) == {index(0): 2, n: -1, sp.S.One: 3}
    with pytest.raises(TraceError):
        affine(n * m)
    moved = rename_arrays(At("x", Argmax("z", 0, index(0))) + sigmoid(At("y")), {"x": "a", "z": "b"})
    assert moved == At("a", Argmax("b", 0, index(0))) + sigmoid(At("y"))


@pytest.mark.parametrize("array", ["g", "x"])
def test_renaming_an_array_leaves_a_smooth_function_of_its_name_alone(array):
    def applied(function):
        w = Builder()
        x = w.input(array, Real[n])
        return w.build([w.gather((n,), lambda i: Smooth.named(function)(At(x, i)), name=function)], ["y"])

    assert applied("g") != applied("h")
    assert applied("g") == applied("g").renamed(["another"])
    twice = applied("g") >> applied("g")
    assert {call.args[0].name for node in twice.nodes for call in node.body.atoms(Smooth)} == {"g"}


def test_substitution_checks_requirements_and_states_facts_first():
    scale = sp.Symbol("c", real=True)
    w = Builder()
    x = w.input("x", Real[n])
    w.require((), scale, "!=0")
    f = w.build([w.gather((n - 3,), lambda i: At(x, i + 3) / scale)], ["y"])
    with pytest.raises(DomainError, match=r"requires 0 != 0, which fails"):
        f.substitute({scale: sp.S.Zero})
    assert f.substitute({scale: sp.Integer(3)}).requirements == ()
    assert [str(fact) for fact in f.substitute({n: m - 1}).facts] == ["m - 5 >= 0"]
    assert f.substitute({}) == f


def test_sizes_may_be_plain_integers():
    assert linear().substitute({n: 3}) == linear().substitute({n: sp.Integer(3)})
    with pytest.raises(TraceError, match="give a number"):
        linear().substitute({n: "3"})
