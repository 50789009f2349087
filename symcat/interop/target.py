"""Targets: `adam`, `file.py:name`, `package.module:name`, each perhaps with hyperparameters, as in `adam(eps=0)`.

Values are numbers (`0`, `1e-3`, `9/10`), read as exact rationals, or the flags True and False; no text is evaluated.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from symcat.errors import UsageError

SHAPE = re.compile(r"(?P<where>[^()]+?)\s*(?:\((?P<arguments>[^()]*)\))?\Z")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?\Z|[+-]?\d+/\d+\Z")
FLAGS = {"True": True, "False": False}


@dataclass(frozen=True)
class Target:
    """Where an object is found, and the hyperparameters it is to be used with."""

    where: str
    arguments: tuple[tuple[str, Fraction | bool], ...] = ()

    def find(self, table: Mapping[str, object], kind: str) -> object:
        """The object: a row of the table, or what a file or module holds under the name."""
        if self.where in table:
            return table[self.where]
        place, colon, name = self.where.rpartition(":")
        if not colon or not place or not name:
            raise UsageError(f"no {kind} {self.where!r}: there are {', '.join(table)}, and file.py:name or package.module:name")
        module = _file(Path(place)) if place.endswith(".py") else _module(place)
        if not hasattr(module, name):
            public = [n for n in vars(module) if not n.startswith("_")]
            raise UsageError(f"{place} has no {name!r}: it has {', '.join(public[:12]) or 'no public names'}")
        return getattr(module, name)


def parse(text: str) -> Target:
    """Read a target.

    >>> parse("adam(eps=0, b1=9/10)")
    Target(where='adam', arguments=(('eps', Fraction(0, 1)), ('b1', Fraction(9, 10))))
    """
    match = SHAPE.match(text.strip())
    if not match:
        raise UsageError(f"target {text!r}: expected a name such as adam, adam(eps=0), file.py:name or package.module:name")
    arguments: dict[str, Fraction | bool] = {}
    for part in (match["arguments"] or "").split(","):
        if not part.strip() and not (match["arguments"] or "").strip():
            continue
        name, sign, value = (piece.strip() for piece in part.partition("="))
        if not sign or not name.isidentifier():
            raise UsageError(f"target {text!r}: {part.strip()!r} is not hyperparameter=number")
        flag = FLAGS.get(value)
        if flag is None and (not NUMBER.match(value) or re.search(r"/0+\Z", value)):
            raise UsageError(f"target {text!r}: {name} = {value!r} is not a number; write 0, 1e-3 or 9/10, or True or False for a flag")
        if name in arguments:
            raise UsageError(f"target {text!r}: {name} is given twice")
        arguments[name] = Fraction(value) if flag is None else flag
    return Target(match["where"].strip(), tuple(arguments.items()))


def _file(path: Path) -> object:
    """The module of a user's Python file, which is run to define it."""
    if not path.is_file():
        raise UsageError(f"{path} does not exist: check the path of the target")
    spec = importlib.util.spec_from_file_location(f"symcat_target_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[spec.name]
        raise UsageError(f"{path} cannot be run: {type(error).__name__}: {error}") from error
    return module


def _module(name: str) -> object:
    if not all(part.isidentifier() for part in name.split(".")):
        raise UsageError(f"{name!r} is neither a Python file (.py) nor a module")
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UsageError(f"module {name} cannot be imported: {error}") from error
