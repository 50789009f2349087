"""The pytest plugin, in a test run of its own: what passes, what fails, and what the report then shows."""

from importlib.metadata import entry_points

import numpy as np
import pytest

from symcat.errors import UsageError
from symcat.learn.optimisers import gradient_descent, momentum, optimiser
from symcat.testing import LawFailure, assert_law, assert_same

pytest_plugins = ["pytester"]

INSTALLED = any(point.name == "symcat" for point in entry_points(group="pytest11"))     # pytest then finds it on its own
PLUGIN = () if INSTALLED else ("-p", "symcat.testing.plugin")

SUITE = '''
import numpy as np
import pytest
from symcat.testing import assert_law


def mine(p, g, *, lr=0.1):
    return p - lr * np.sign(g)


def other(p, g, *, lr=0.1):
    return p - g * lr


def test_kept():
    assert_law(mine, "loss scale")


def test_broken(assert_law):
    assert_law(mine, "uniform_scaling")


def test_same(assert_same):
    assert_same(other, "gradient_descent")


def test_not_the_same(assert_same):
    assert_same(mine, "gradient_descent")
'''


def test_a_suite_with_the_plugin(pytester: pytest.Pytester):
    pytester.makepyfile(test_mine=SUITE)
    result = pytester.runpytest_inprocess(*PLUGIN, "-q")
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(["*mine and the law uniform_scaling: *", "*symcat: verdict*", "*REFUTED: at *scale=2*the two sides are*"])
    result.stdout.fnmatch_lines(["*mine and gradient_descent are different*"])
    assert "assertions.py" not in result.stdout.str().split("short test summary")[0]


def test_the_fixtures_are_listed(pytester: pytest.Pytester):
    shown = pytester.runpytest_inprocess(*PLUGIN, "--fixtures").stdout.str()
    assert "assert_law" in shown and "assert_same" in shown


def signed(p, g, *, lr=0.1):
    return p - lr * np.sign(g)


@pytest.mark.parametrize("law", ["loss scale", "loss_scale", " translation "])
def test_names_with_spaces(law):
    assert assert_law(signed, law).proved


def test_a_failure_carries_statement_leg_and_witness():
    with pytest.raises(LawFailure) as failure:
        assert_law(momentum, "diagonal scaling")
    text = str(failure.value)
    assert "diagonal_scaling" in text and "differs: REFUTED: at " in text and "the two sides are" in text
    assert [title for title, _ in failure.value.sections] == ["law", "verdict"]


def test_the_path_is_another_question():
    def counted(p, g, d=1, *, lr=0.1):
        return p - lr * d * g / np.sqrt(np.sum(g**2)), d

    rule = optimiser(counted)
    assert assert_law(rule, "translation", on="path").proved
    with pytest.raises(UsageError, match="no verdict on the path"):
        assert_law(gradient_descent, "GetPut", on="path")


@pytest.mark.parametrize("call, words", [
    (lambda: assert_law(signed, "gravity"), "no law 'gravity' in the card"),
    (lambda: assert_law(signed, "loss scale", on="flow"), "expected one of step, path"),
    (lambda: assert_law(3, "loss scale"), "expected an optimiser"),
])
def test_bad_input(call, words):
    with pytest.raises(UsageError, match=words):
        call()


def test_premises_have_to_be_given():
    def coupled(p, g, *, lr=0.1, wd=0.01):
        return p - lr * (g + wd * p)

    with pytest.raises(LawFailure):
        assert_same(coupled, gradient_descent)
    assert assert_same(coupled, gradient_descent, given={"wd": 0}).same
