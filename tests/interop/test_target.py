"""Targets: what the small parser reads, and everything that it refuses."""

from fractions import Fraction

import pytest

from symcat.errors import UsageError
from symcat.interop.target import parse


@pytest.mark.parametrize("text, where, arguments", [
    ("adam", "adam", {}),
    (" adam( ) ", "adam", {}),
    ("adam(eps=0)", "adam", {"eps": 0}),
    ("adam(lr=1e-3, b1=9/10,b2=.5)", "adam", {"lr": Fraction(1, 1000), "b1": Fraction(9, 10), "b2": Fraction(1, 2)}),
    ("dir/my file.py:rule(lr=-2.)", "dir/my file.py:rule", {"lr": -2}),
    ("package.module:name", "package.module:name", {}),
])
def test_parse(text, where, arguments):
    target = parse(text)
    assert target.where == where and dict(target.arguments) == arguments


@pytest.mark.parametrize("text, message", [
    ("", "expected a name"),
    ("adam(eps=0", "expected a name"),
    ("adam(eps=0))", "expected a name"),
    ("adam(eps)", "'eps' is not hyperparameter=number"),
    ("adam(eps=)", "is not a number"),
    ("adam(eps=0,)", "'' is not hyperparameter=number"),
    ("adam(eps=0, eps=1)", "eps is given twice"),
    ("adam(eps=1/0)", "is not a number"),
    ("adam(eps=nan)", "is not a number"),
    ("adam(eps=inf)", "is not a number"),
    ("adam(eps=1e99999)", "is not a number"),
    ("adam(eps=2**9)", "is not a number"),
    ("adam(eps=__import__)", "is not a number"),
    ("adam(eps=0x10)", "is not a number"),
    ("adam(1=2)", "is not hyperparameter=number"),
])
def test_what_is_not_a_target(text, message):
    with pytest.raises(UsageError, match=message.replace("(", r"\(").replace("*", r"\*")):
        parse(text)


def test_names_come_from_the_table_first():
    assert parse("adam").find({"adam": 7}, "optimiser") == 7


def test_objects_of_files_and_modules(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("def rule(p, g):\n    return p\n\nVALUE = 3\n")
    assert parse(f"{path}:VALUE").find({}, "optimiser") == 3
    assert parse("math:pi").find({}, "optimiser") == pytest.approx(3.14159265)
    with pytest.raises(UsageError, match="has no 'rules': it has rule, VALUE"):
        parse(f"{path}:rules").find({}, "optimiser")


@pytest.mark.parametrize("text, message", [
    ("sgd", "no optimiser 'sgd': there are adam, and file.py:name"),
    ("none.py:rule", "none.py does not exist"),
    ("no_such_module:rule", "cannot be imported"),
    ("not a module:rule", "neither a Python file"),
    (":rule", "no optimiser ':rule'"),
    ("math:", "no optimiser 'math:'"),
])
def test_objects_that_are_not_there(text, message):
    with pytest.raises(UsageError, match=message):
        parse(text).find({"adam": 1}, "optimiser")


def test_a_file_that_fails_says_how(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("1 / 0\n")
    with pytest.raises(UsageError, match="cannot be run: ZeroDivisionError: division by zero"):
        parse(f"{path}:rule").find({}, "optimiser")
