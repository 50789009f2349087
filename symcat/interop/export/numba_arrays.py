"""Numba for rules whose entries depend on each other: whole arrays, compiled, with temporaries between the operations."""

from __future__ import annotations

from symcat.errors import UsageError
from symcat.interop.export.program import Writer, block, conditions
from symcat.interop.export.signature import defaults, documentation, hypers_of, identifier, indented, keywords
from symcat.interop.export.text import Dialect, prefixed
from symcat.learn.optimisers import Optimiser

NAMES = {"exp": "exp", "log": "log", "tanh": "tanh", "sin": "sin", "cos": "cos", "sign": "sign", "absolute": "abs", "maximum": "maximum",
         "minimum": "minimum", "sqrt": "sqrt", "expm1": "expm1", "log1p": "log1p"}
NUMBERS = Dialect("numba", prefixed("np.", **NAMES) | prefixed("", where="choose") | {
    "step": lambda x: f"choose({x} > 0, 1.0, 0.0)", "equal": lambda x, y: f"choose({x} == {y}, 1.0, 0.0)"}, "np.")
ARRAYS = Dialect("numba", prefixed("np.", **NAMES, where="where") | {
    "step": lambda x: f"np.where({x} > 0, 1.0, 0.0)", "equal": lambda x, y: f"np.where({x} == {y}, 1.0, 0.0)"}, "np.", NUMBERS)
LACKING = ("einsum(", "keepdims", "np.diagonal(", "np.max(", "np.concatenate(")    # what Numba lacks, or has not for an axis or a number


def numba_arrays(rule: Optimiser, choose: str) -> str:
    """The module: `whole`, a step on arrays; the rule; and `update`, which compiles the step and writes its results in place."""
    step, hypers = rule.step(), hypers_of(rule)
    numbers = frozenset(name for name, wire in step.wires.items() if not wire.shape)
    shape = step.dom[0].shape
    dims = {extent: f"p.shape[{k}]" for k, extent in reversed(list(enumerate(shape))) if extent.is_Symbol}
    writer = Writer(step.wires, ARRAYS, dims, frozenset(step.outs), shared=numbers, conditions=conditions(step.nodes))
    outs = dict(zip(step.cod.names, step.outs, strict=True))
    taken = {*step.dom.names, *hypers, "np", "njit", "choose", "whole", "update", "overload", "compiled"}
    body = block(writer.statements(step.nodes), {name: name for name in step.dom.names}, outs, taken)
    if lacking := [word for word in LACKING if any(word in line for line in body.lines)]:
        raise UsageError(f"{rule.name} needs {lacking[0].rstrip('(')} of arrays, which the export to numba lacks; export to numpy or jax")
    own = ["p", "g", *rule.state_names]
    chooses = any("choose(" in line for line in body.lines)
    pieces = ["import numpy as np\nfrom numba import njit" + ("\nfrom numba.extending import overload" if chooses else ""),
              'FLAGS = {"fastmath": {"contract", "nsz"}, "error_model": "numpy"}', *([choose] if chooses else [])]
    pieces.append(_definition("whole", [*own, *hypers], "One step on arrays.", [*body.lines, f"return {', '.join(body.outs.values())}"]))
    pieces += [_definition(f"initial_{row.name}", ["p"], f"What {row.name} starts from.", ["return p"])
               for row in rule.states if callable(row.initial)]
    start = defaults(rule)
    arguments = ["p", "g", *(f"{s}={start.get(s, f'initial_{s}')}" for s in rule.state_names), *(["*", *keywords(rule)] if hypers else [])]
    pieces.append(_definition(identifier(rule), arguments, documentation(rule), [f"return whole({', '.join([*own, *hypers])})"]))
    pieces.append("compiled = njit(**FLAGS)(whole)")
    pieces.append(_update(rule, own, hypers, [name for name in rule.state_names if name in numbers]))
    return "\n\n\n".join(pieces) + "\n"


def _update(rule: Optimiser, own: list[str], hypers: list[str], numbers: list[str]) -> str:
    arrays = [name for name in ("p", *rule.state_names) if name not in numbers]
    made = ", ".join(f"new_{name}" for name in ("p", *rule.state_names))
    lines = [f"{made} = compiled({', '.join([*own, *hypers])})", *(f"{name}[...] = new_{name}" for name in arrays)]
    lines += [f"return {', '.join(f'new_{name}' for name in numbers)}"] if numbers else []
    words = "One step in place" + (f"; returns the new {', '.join(numbers)}." if numbers else ".")
    return _definition("update", [*own, *(["*", *keywords(rule)] if hypers else [])], words, lines)


def _definition(name: str, arguments: list[str], words: str, lines: list[str]) -> str:
    body = [f'"""{words}"""', *lines]
    return f"def {name}({', '.join(arguments)}):\n{indented(body)}"
