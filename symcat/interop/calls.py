"""Calls in text, such as `chain(clip_by_global_norm(1.0), adam(b1=9/10))`: names, numbers, flags and calls of names.

The text is parsed and walked; nothing of it is run.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from symcat.errors import UsageError

Item: TypeAlias = "Call | Name | Fraction | bool | str | tuple | dict | None"
EXPECTED = "expected a name or a call of names with numbers, flags, strings, tuples and calls, such as adam(b1=9/10)"


@dataclass(frozen=True)
class Name:
    """A name, dotted perhaps."""

    name: str


@dataclass(frozen=True)
class Call:
    """A name called."""

    name: str
    positional: tuple[Item, ...] = ()
    keywords: tuple[tuple[str, Item], ...] = ()


def parse(text: str) -> Call | Name:
    """The call or name that a text is; UsageError for anything else.

    >>> parse("sgd(1e-2, momentum=9/10)")
    Call(name='sgd', positional=(Fraction(1, 100),), keywords=(('momentum', Fraction(9, 10)),))
    """
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UsageError(f"{text!r} is no call: {EXPECTED}") from error
    found = _item(node, text)
    if not isinstance(found, (Call, Name)):
        raise UsageError(f"{text!r} is no call: {EXPECTED}")
    return found


def _item(node: ast.AST, text: str) -> Item:
    if isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, (bool, str))):
        return node.value
    if isinstance(node, (ast.Name, ast.Attribute)):
        return Name(_dotted(node, text))
    if isinstance(node, ast.Call):
        return _call(node, text)
    if isinstance(node, (ast.Tuple, ast.List)):
        return tuple(_item(entry, text) for entry in node.elts)
    if isinstance(node, ast.Dict) and None not in node.keys:
        return {_item(key, text): _item(value, text) for key, value in zip(node.keys, node.values, strict=True) if key is not None}
    return _number(node, text)


def _call(node: ast.Call, text: str) -> Call:
    keywords: dict[str, Item] = {}
    for keyword in node.keywords:
        if keyword.arg is None or keyword.arg in keywords:
            raise UsageError(f"{text!r}: {'** is not supported' if keyword.arg is None else f'{keyword.arg} is given twice'}; {EXPECTED}")
        keywords[keyword.arg] = _item(keyword.value, text)
    return Call(_dotted(node.func, text), tuple(_item(entry, text) for entry in node.args), tuple(keywords.items()))


def _dotted(node: ast.AST, text: str) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, text)}.{node.attr}"
    raise UsageError(f"{text!r} calls what is no name: {EXPECTED}")


def _number(node: ast.AST, text: str) -> Fraction:
    """A number, exact as it is written; a fraction of two."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        return -_number(node.operand, text) if isinstance(node.op, ast.USub) else _number(node.operand, text)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        below = _number(node.right, text)
        if not below:
            raise UsageError(f"{text!r} divides by zero")
        return _number(node.left, text) / below
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and abs(node.value) < 1e300:
        return Fraction(repr(node.value))
    raise UsageError(f"{text!r}: {ast.unparse(node)} is no number; {EXPECTED}")
