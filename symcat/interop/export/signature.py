"""What all targets write around a formula: names, defaults, ranges and words."""

from __future__ import annotations

import inspect
import keyword
import re
from collections.abc import Sequence

from symcat.category.hyper import exact_number
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Space
from symcat.category.trace import trace
from symcat.interop.export.text import number
from symcat.learn.optimisers import Optimiser


def identifier(rule: Optimiser) -> str:
    """The rule's name as a Python name.

    >>> from symcat.learn.optimisers import OPTIMISERS
    >>> identifier(OPTIMISERS["adam"].at(eps=0))
    'adam_eps_0'
    """
    name = re.sub(r"\W+", "_", rule.name.rpartition(":")[2] if ":" in rule.name else rule.name).strip("_").lower()
    return f"rule_{name}" if not name or name[0].isdigit() or keyword.iskeyword(name) else name


def title(name: str) -> str:
    """A Python name as the name of a class."""
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))


def keywords(rule: Optimiser) -> list[str]:
    """The hyperparameters with their values."""
    return [f"{row.name}={number(rule.value(row.name)).text if rule.value(row.name) is not None else 'None'}" for row in rule.hypers]


def decimals(rule: Optimiser) -> list[str]:
    """The hyperparameters with their values as floats, for libraries that take an integer for a setting."""
    values = {row.name: rule.value(row.name) for row in rule.hypers}
    return [f"{name}={None if value is None else float(value)!r}" for name, value in values.items()]


def hypers_of(rule: Optimiser) -> list[str]:
    """The names of the hyperparameters."""
    return [row.name for row in rule.hypers]


def hypers_read(rule: Optimiser, f: Morphism) -> list[str]:
    """The hyperparameters that a program reads, with their values."""
    read = {symbol.name for symbol in f.symbols}
    return [text for text in keywords(rule) if text.partition("=")[0] in read]


def defaults(rule: Optimiser) -> dict[str, str]:
    """The initial values of the states that are numbers."""
    return {row.name: number(exact_number(row.initial)).text for row in rule.states if not callable(row.initial)}


def initial(rule: Optimiser, name: str) -> Morphism:
    """The initial value of one state, p -> state."""
    start, build = rule.start(), Builder()
    outs = build.call(start, build.inputs(start.dom))
    return build.build([outs[rule.state_names.index(name)]], (name,))


def looked(rule: Optimiser) -> Morphism:
    """Where a rule that looks ahead takes the gradient: (p, states) -> p."""
    step = rule.step()
    kept = tuple((name, wire) for name, wire in step.dom if name == "p" or name in rule.state_names)
    rows = {row.name: row for row in rule.hypers} | dict(rule.fixed)
    wanted = {name: rows[name] for name, p in inspect.signature(rule.look).parameters.items() if p.kind is p.KEYWORD_ONLY}
    return trace(rule.look, Space(kept), hypers=wanted, names=("p",))


def documentation(rule: Optimiser) -> str:
    """The rule's own words, and the ranges of its hyperparameters."""
    words = " ".join(line for line in inspect.cleandoc(rule.rule.__doc__ or "").split("\n\n")[0].split()) or f"One step of {rule.name}."
    words = words.replace("\\", "").replace('"""', "'''")
    ranges = [f"{row.name} in {row.range}" for row in rule.hypers]
    return words + (f"\n\n    {'; '.join(ranges)}.\n    " if ranges else "")


def indented(lines: Sequence[str], depth: int = 1) -> str:
    return "\n".join("    " * depth + line for line in lines)
