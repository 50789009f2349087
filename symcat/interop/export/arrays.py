"""NumPy and JAX: a rule as a pure function of arrays, `(p, g, data, states, *, hyperparameters) -> (p, states)`."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from symcat.category.morphism import Morphism
from symcat.interop.export.program import Block, block, writer
from symcat.interop.export.signature import defaults, documentation, hypers_read, identifier, indented, initial, keywords, looked
from symcat.interop.export.text import JAX, NUMPY, Dialect
from symcat.learn.optimisers import Optimiser

IMPORTS = {"numpy": "import numpy as np", "jax": "import jax.numpy as jnp"}
DIALECTS = {"numpy": NUMPY, "jax": JAX}


def arrays(rule: Optimiser, target: str) -> str:
    """The module for NumPy or JAX."""
    dialect, name = DIALECTS[target], identifier(rule)
    parts = [IMPORTS[target]]
    starts = defaults(rule)
    step = rule.step()
    wide = "einsum(" in "".join(program(step, dialect, keywords(rule)).lines)    # which needs to know ranks
    for row in rule.states:
        if callable(row.initial) or (wide and step.wires[row.name].shape):
            starts[row.name] = f"initial_{row.name}"
            first = initial(rule, row.name)
            parts.append(function(f"initial_{row.name}", first, ["p"], hypers_read(rule, first), dialect,
                                  f"What {row.name} starts from."))
    if rule.look is not None:
        look = looked(rule)
        parts.append(function(f"look_{name}", look, ["p", *(f"{s}={starts[s]}" for s in rule.state_names)],
                              hypers_read(rule, look), dialect, "Where the gradient is to be taken."))
    given = [*(n for n in step.dom.names if n not in rule.state_names),
             *(f"{s}={starts[s]}" for s in rule.state_names)]
    parts.append(function(name, step, given, keywords(rule), dialect, documentation(rule)))
    return "\n\n\n".join(parts) + "\n"


def function(name: str, f: Morphism, positional: Sequence[str], hypers: Sequence[str], dialect: Dialect, words: str) -> str:
    """A program as a function definition."""
    body = program(f, dialect, [h.partition("=")[0] for h in hypers])
    signature = ", ".join([*positional, *(["*", *hypers] if hypers else [])])
    lines = [*body.lines, f"return {', '.join(body.outs.values())}"]
    return f"def {name}({signature}):\n{indented([f'{chr(34) * 3}{words}{chr(34) * 3}', *lines])}"


def program(f: Morphism, dialect: Dialect, hypers: Sequence[str]) -> Block:
    """The lines of a program, in its own order."""
    statements = writer(f, dialect).statements(f.nodes)
    outs = dict(zip(f.cod.names, f.outs, strict=True))
    taken = {*f.dom.names, *hypers, "np", "jnp", "p", "g", *(s.name for s in f.symbols if isinstance(s, sp.Symbol))}
    return block(statements, {name: name for name in f.dom.names}, outs, taken)
