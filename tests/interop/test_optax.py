"""What is read besides the step: names, hyperparameters, exact constants, sizes, notes; and bad input."""

import subprocess
import sys

import numpy as np
import pytest
import sympy as sp

from symcat.category.evaluate import evaluate
from symcat.category.space import Real
from symcat.errors import TraceError, UsageError
from symcat.interop.decimals import exact
from symcat.interop.optax import read
from symcat.interop.rules import read as read_target
from symcat.learn.optimisers import adam as own_adam
from symcat.learn.optimisers.entry import elementwise, entry

jax = pytest.importorskip("jax")
optax = pytest.importorskip("optax")


def one(expr):
    return sp.simplify(expr)


def test_adam_is_the_formula_of_its_paper():
    p, g, mu, nu, t = sp.symbols("p g mu nu count", real=True)
    lr, b1, b2, eps = sp.symbols("learning_rate b1 b2 eps", real=True)
    m, v = b1 * mu + (1 - b1) * g, b2 * nu + (1 - b2) * g**2
    read_one = entry(read("adam"))
    expected = p - lr * (m / (1 - b1 ** (t + 1))) / (sp.sqrt(v / (1 - b2 ** (t + 1))) + eps)
    assert one(read_one.outputs["p"] - expected) == 0
    assert one(read_one.outputs["nu"] - v) == 0 and read_one.outputs["count"] == t + 1


def test_hyperparameters_have_names_defaults_and_ranges():
    rows = {row.name: row for row in read("adamw").hypers}
    assert rows["b1"].default == sp.Rational(9, 10) and rows["b1"].range == "[0, 1)"
    assert rows["weight_decay"].default == sp.Rational(1, 10000) and rows["weight_decay"].range == "[0, oo)"
    assert rows["learning_rate"].range == "(0, oo)" and "eps_root" not in rows


def test_a_default_of_zero_is_fixed_unless_asked_for():
    assert any("eps_root=0.0" in note for note in read("adam").notes)
    assert "eps_root" in [row.name for row in read("adam", symbolic=["eps_root"]).hypers]


def test_hidden_defaults_are_told():
    hidden = next(note for note in read("lion").notes if note.startswith("defaults of lion"))
    assert "weight_decay=0.001" in hidden and "b1=0.9" in hidden


def test_given_numbers_are_exact_through_arithmetic():
    symbols = sp.symbols("g mu", real=True)
    new = entry(read("adam(0.1, b1=0.9)")).outputs["mu"]
    assert sp.expand(new - (symbols[0] / 10 + sp.Rational(9, 10) * symbols[1])) == 0


def test_a_transformation_that_is_made_already_has_constants_read_as_short_decimals():
    rule = read(optax.adam(0.1))
    g, mu = sp.symbols("g mu", real=True)
    assert rule.hypers == () and "the constant 0.09999999999999998 is read as 1/10" in rule.notes
    assert sp.expand(entry(rule).outputs["mu"] - (g / 10 + sp.Rational(9, 10) * mu)) == 0


@pytest.mark.parametrize("value, dtype, expected, told", [
    (0.1, "float64", sp.Rational(1, 10), False), (1e-8, "float64", sp.Rational(1, 10**8), False),
    (np.float32(0.1), "float32", sp.Rational(1, 10), False), (1 - 0.999, "float64", sp.Rational(1, 1000), True),
    (1 / 3, "float64", sp.Rational(1, 3), True), (0.123456789012345, "float64", sp.Rational("0.123456789012345"), False),
    (np.pi, "float64", sp.Rational("3.141592653589793"), False), (7, "int32", sp.Integer(7), False),
    (1e-30, "float64", sp.Rational(1, 10**30), False),
    (np.nextafter(0.1, 1), "float64", sp.Rational(1, 10), True),
])
def test_constants(value, dtype, expected, told):
    number, note = exact(value, dtype)
    assert number == expected and (note is not None) == told


@pytest.mark.parametrize("name", ["adam", "lion", "adabelief", "radam", "rmsprop(eps_in_sqrt=False)", "sgd(momentum=0.9)"])
def test_elementwise_rules_are_recognised(name):
    assert elementwise(read(name))


@pytest.mark.parametrize("name", ["lamb", "lars", "muon", "chain(clip_by_global_norm(1.0), sgd(0.1))", "fromage"])
def test_rules_with_norms_are_not_elementwise(name):
    assert not elementwise(read(name))


def test_a_rule_read_once_steps_on_other_shapes():
    rule, draw = read("adam"), np.random.default_rng(0)
    for wire in (Real["m", "n"], Real[2, 3], Real[()]):
        shape = tuple(int(extent) if extent.is_Integer else 4 for extent in wire.shape)
        step = rule.step(wire)
        p, g = draw.normal(size=(2, *shape))
        hypers = {s.name: float(v) for s, v in rule.assignment().items() if s in step.hypers}
        zero = np.zeros(shape)
        new = evaluate(step, [p, g, 0, zero, zero], hypers=hypers)[0]
        assert np.allclose(new, p - 1e-3 * g / (np.abs(g) + 1e-8), rtol=1e-12)


def test_comparisons_of_sizes_are_premises():
    rule = read("muon")
    assert "for sizes with n >= m" in rule.notes
    assert "n - m" in [str(fact.expr) for fact in rule.step().facts] or "-m + n" in [str(fact.expr) for fact in rule.step().facts]
    assert "sqrt(maximum(1, n/m))" in str(rule.step())


def shaped(factor):
    """Descent whose rate depends on the shape."""
    return optax.GradientTransformation(lambda p: (), lambda g, s, p=None: (-0.1 * factor(p.shape) * g, s))


def test_sizes_that_coincide_are_compared():
    """JAX takes symbolic sizes as unequal: what a rule does for square matrices or single entries is no part of its program."""
    single = read(shaped(lambda shape: 2 if shape[0] == 1 else 1))
    assert single.shape[0].name == "n" and "for sizes with n >= 2" in single.notes
    assert "n - 2" in [str(fact.expr) for fact in single.step().facts]
    square = read(shaped(lambda shape: 2 if shape[0] == shape[-1] else 1), shape=("m", "n"))
    assert "for sizes with n >= m + 1" in square.notes
    assert read(shaped(len), shape=("m", "n")).notes == ()


def test_a_rule_that_treats_vectors_otherwise_says_so():
    with pytest.raises(TraceError, match="read it with shape"):
        read("muon").step(Real["n"])
    assert read("muon", shape=("n",)).state_names == ("count", "mu", "nu")


def test_what_never_reaches_the_parameter_is_left_out_and_told():
    rule = read("muon")
    assert rule.state_names == ("count", "mu")
    assert any("ns_coeffs keeps its initial value" in note for note in rule.notes)
    assert any("never reaches the parameter" in note for note in rule.notes)


def test_the_end_of_counting_is_told():
    assert any("2147483647" in note for note in read("adam").notes)
    assert not any("2147483647" in note for note in read("rmsprop").notes)


def test_a_loss_that_is_read_is_data():
    rule = read("polyak_sgd")
    assert [(row.name, row.kind) for row in rule.data] == [("loss", "loss")]
    assert read("sgd").data == ()


def test_what_no_one_reads_requires_nothing():
    """At a parameter of zeros LAMB divides by no norm: the quotient stands behind a condition."""
    from symcat.category.evaluate import unmet
    from symcat.category.scalars import FLOAT
    step = read("lars(momentum=0.9, weight_decay=0.0)").step()
    hypers = {symbol.name: 0.5 for symbol in step.hypers}
    zeros, ones = np.zeros(3), np.ones(3)
    assert unmet(step, [zeros, ones, zeros], hypers=hypers, scalars=FLOAT) == []
    assert np.isfinite(evaluate(step, [zeros, ones, zeros], hypers=hypers)[0]).all()


def test_targets_of_the_command_line():
    rule = read_target("optax:chain(clip(1.0), adam(b1=1/2))")
    assert rule.name == "optax:chain(clip(1.0), adam(b1=1/2))" and rule.state_names == ("count", "mu", "nu")
    assert read_target(optax.sgd(0.5)).name == "optax:chain"
    assert read_target("adam").name == own_adam.name


@pytest.mark.parametrize("text, message", [
    ("adm", "did you mean .*adam"), ("adam(lr=1)", "takes learning_rate, b1"), ("adam(b1=0.9, b1=0.8)", "no call|given twice"),
    ("adam(__import__('os').system('x'))", "calls what is no name|no optimiser"), ("adam(b1=1/0)", "divides by zero"),
    ("1 + 1", "is no number"),
    ("adam(", "no call"), ("apply_updates", "no optimiser"), ("adam(b1=[x for x in y])", "is no number"),
    ("chain(sgd(0.1), [])", "optax:chain"), ("masked(sgd(0.1))", "needs mask"),
])
def test_bad_targets(text, message):
    with pytest.raises(UsageError, match=message):
        read(text)


def test_arguments_given_twice_or_unknown():
    with pytest.raises(UsageError, match="given twice"):
        read("adam(b1=0.5)", {"b1": 0.4})
    with pytest.raises(UsageError, match="made already"):
        read(optax.adam(0.1), {"b1": 0.4})
    with pytest.raises(UsageError, match="no hyperparameter beta"):
        read("adam", symbolic=["beta"])
    with pytest.raises(UsageError, match="neither a call of optax"):
        read(3)


def test_a_primitive_that_is_unknown_is_named():
    def update(g, s, p=None):
        return jax.lax.erf_inv(g), s

    with pytest.raises(UsageError, match="primitive erf_inv, which symcat cannot read"):
        read(optax.GradientTransformation(lambda p: (), update))


def test_a_loop_that_depends_on_data_is_refused():
    def update(g, s, p=None):
        return jax.lax.while_loop(lambda x: (x < 1).all(), lambda x: 2 * x, g), s

    with pytest.raises(UsageError, match="primitive while"):
        read(optax.GradientTransformation(lambda p: (), update))


def test_a_state_of_another_structure_is_refused():
    with pytest.raises(UsageError, match="another structure"):
        read(optax.GradientTransformation(lambda p: (), lambda g, s, p=None: (g, (p,))))


def test_without_jax_the_extra_is_named():
    code = ("import sys; sys.modules['jax'] = None\n"
            "from symcat.interop.optax import read\n"
            "try: read('adam')\n"
            "except Exception as error: print(type(error).__name__, error)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("UsageError") and "pip install 'symcat[jax]'" in done.stdout


def branching(learning_rate=0.1, decay=0.9, threshold=0.5) -> "optax.GradientTransformation":
    """Python branches on one number and computes in floating point with another."""
    weight = 1 - np.sqrt(np.float64(decay))
    return optax.chain(optax.trace(float(weight)), optax.scale(-learning_rate * (2 if threshold > 0.3 else 1)))


def test_numbers_that_python_needs_are_constants_and_told():
    rule = read(branching)
    assert [row.name for row in rule.hypers] == ["learning_rate"]
    assert sum("is a constant: optax computes with it before it is traced" in note for note in rule.notes) == 2
    assert "-2*learning_rate" in str(rule.step())


def test_counters_kept_modulo_a_number_say_where_they_hold():
    step = read("MultiSteps(sgd(0.1), 3)").step()
    assert {"add >= 0", "sub1 >= 0"} <= {str(row) for row in step.requirements}
    assert "where(greater_equal, sub2, add)" in str(step)
