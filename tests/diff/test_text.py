"""Text that comes in as a value is refused: SymPy's parser would run it."""

import ast
from pathlib import Path

import pytest
import sympy as sp

import symcat
from symcat.diff.pair import Pair
from symcat.diff.paths import _number
from symcat.errors import TraceError
from symcat.learn.optimisers import gradient_descent

TEXT = "__import__('builtins').print('run')"
LR = sp.Symbol("lr", real=True)


@pytest.mark.parametrize("make", [
    lambda: Pair(gradient_descent, gradient_descent, {}, {LR: TEXT}).values,
    lambda: Pair(gradient_descent, gradient_descent, {LR: TEXT}).values,
    lambda: Pair(gradient_descent, gradient_descent, {}, {LR: TEXT}).under({LR: sp.Integer(1)}),
    lambda: _number(TEXT, {}),
], ids=["premise", "alignment", "further premises", "number"])
def test_text_is_refused_and_not_run(make, capsys):
    with pytest.raises(TraceError, match="is no expression"):
        make()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("folder", ["card", "diff"])
def test_no_module_parses_text(folder):
    calls = [(path.name, node.lineno) for path in sorted((Path(symcat.__file__).parent / folder).glob("*.py"))
             for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
             if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("sympify", "parse_expr")]
    assert calls == []
