"""optax: a rule as a GradientTransformation, whose update is what is to be added to the parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import At, index
from symcat.errors import UsageError
from symcat.interop.export.program import Block, Writer, block, conditions
from symcat.interop.export.signature import decimals, documentation, hypers_of, identifier, indented, initial, title
from symcat.interop.export.split import Split, split
from symcat.interop.export.text import JAX, Dialect
from symcat.learn.optimisers import Optimiser

LEAVES = '''def leaves(function, *trees):
    """The function at every leaf of trees of one structure, and its results as trees."""
    structure = jax.tree.structure(trees[0])
    rows = [function(*row) for row in zip(*(structure.flatten_up_to(tree) for tree in trees), strict=True)]
    return tuple(structure.unflatten(column) for column in zip(*rows, strict=True))'''


def gradient_only(rule: Optimiser, target: str) -> None:
    """UsageError for a rule that reads more than parameter and gradient."""
    if rule.data:
        raise UsageError(f"{rule.name} reads {', '.join(f'{row.name} ({row.kind})' for row in rule.data)}: {target} hands an optimizer "
                         "the gradient alone; export to numpy or jax")
    if rule.look is not None:
        raise UsageError(f"{rule.name} takes the gradient elsewhere than at the parameter, for which {target} has no place; "
                         "export to numpy or jax")


def optax(rule: Optimiser) -> str:
    """The module for optax: a NamedTuple of states, and a function of the hyperparameters that makes the transformation."""
    gradient_only(rule, "optax")
    parts = _updating(split(rule))
    name, hypers = identifier(rule), hypers_of(rule)
    state = f"{title(name)}State"
    taken = {*parts.step.dom.names, *hypers, "jax", "jnp", "optax", "leaf", "leaves", "state", "params", "init", "update", "grads"}
    first, names = shared_lines(parts, JAX, {s: s for s in parts.shared_states}, taken)
    body = leaf_lines(parts, JAX, names, taken, {"p": "change"})
    imports = "from typing import Any, NamedTuple\n\nimport jax\nimport jax.numpy as jnp\nimport optax"
    pieces = [imports, _state(state, rule), LEAVES]
    lines = [f'"""{documentation(rule)}"""', "", "def init(params):", *_indent(_init(rule, parts, state)), "",
             "def update(grads, state, params=None):", *_indent(_update(rule, parts, state, first, body)), "",
             "return optax.GradientTransformation(init, update)"]
    head = f"def {name}({', '.join(decimals(rule))}) -> optax.GradientTransformation:"
    pieces.append("\n".join([head, *_indent(lines)]))
    return "\n\n\n".join(pieces) + "\n"


def _updating(parts: Split) -> Split:
    """The step with the new parameter replaced by what is added to the old one."""
    array = parts.outs["p"]
    node = next((node for node in parts.leaf if node.name == array), None)
    place = tuple(map(index, range(len(parts.step.dom[0].shape))))
    if node is None:
        raise UsageError("a rule that returns its parameter as it was has no update to export")
    old, pointwise = At("p", *place), node.pointwise and node.out == place
    body = _opened(node.body, old, parts) if pointwise else node.body
    change = body - old if pointwise and old in sp.Add.make_args(body) else At(array, *place) - old
    update = replace(node, name="update_", body=change, extents=node.shape, out=place)
    inner, update = _scaled(update, parts)
    kept = array in {out for name, out in parts.outs.items() if name != "p"} or any(array in n.sources for n in parts.leaf) \
        or update.body.has(At(array, *place))
    leaf: list[Comprehension] = []
    for other in parts.leaf:
        leaf += [*([other] if other.name != array or kept else []), *([*inner, update] if other.name == array else [])]
    leaf = _needed(leaf, {**parts.outs, "p": "update_"})
    return replace(parts, leaf=tuple(leaf), outs={**parts.outs, "p": "update_"})


def _scaled(update: Comprehension, parts: Split) -> tuple[list[Comprehension], Comprehension]:
    """An update as a number times a direction: the factors that are numbers stand before the rest, where XLA is fastest."""
    place = tuple(map(index, range(len(update.shape))))
    nodes = {At(node.name, *place): node for node in parts.leaf if node.pointwise and node.shape == update.shape}
    outs = set(parts.outs.values())
    reads = [read for node in parts.leaf for read in node.body.atoms(At)]

    def pulled(body: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        factor, rest = sp.S.One, []
        for part in sp.Mul.make_args(body):
            inner = nodes.get(part)
            if not part.has(At):
                factor *= part
            elif inner is not None and inner.body.is_Mul and inner.name not in outs and reads.count(part) <= 1:
                scale, left = pulled(inner.body)
                factor, rest = factor * scale, [*rest, left]
            else:
                rest.append(part)
        return factor, sp.Mul(*rest)

    factor, direction = pulled(update.body)
    if factor in (1, -1) or isinstance(direction, At):
        return [], replace(update, body=factor * direction)
    inner = replace(update, name="direction", body=direction)
    return [inner], replace(update, body=factor * At("direction", *place))


def _needed(leaf: Sequence[Comprehension], outs: Mapping[str, str]) -> list[Comprehension]:
    """The nodes that outputs are made of."""
    needed, kept = set(outs.values()), []
    for node in reversed(leaf):
        if node.name in needed:
            kept.append(node)
            needed |= node.sources
    return kept[::-1]


def _opened(body: sp.Expr, old: sp.Expr, parts: Split) -> sp.Expr:
    """A sum, with the sums among its terms in it, as far as this shows the old parameter as a term."""
    nodes = {At(node.name, *map(index, range(len(node.shape)))): node for node in parts.leaf if node.pointwise}
    while old not in sp.Add.make_args(body):
        inner = next((t for t in sp.Add.make_args(body) if t in nodes and nodes[t].body.is_Add and nodes[t].body.has(old)), None)
        if inner is None:
            break
        body = body - inner + nodes[inner].body
    return body


def _writer(parts: Split, dialect: Dialect, nodes: Sequence[Comprehension], named: frozenset[str]) -> Writer:
    shape = parts.step.dom[0].shape
    dims = {extent: f"p.shape[{k}]" for k, extent in reversed(list(enumerate(shape))) if extent.is_Symbol}
    wires = parts.step.wires | {node.name: node.wire for node in nodes}
    return Writer(wires, dialect, dims, named, shared=parts.shared_names, conditions=conditions([*parts.shared, *parts.leaf]))


def shared_lines(parts: Split, dialect: Dialect, inputs: dict[str, str], taken: set[str]) -> tuple[Block, dict[str, str]]:
    """The lines that compute shared numbers, and what all of these are called where the rest reads them."""
    outs = {name: parts.outs[name] for name in parts.shared_states}
    handed = [name for name in parts.handed if name not in inputs and name not in outs.values()]
    wanted = outs | {name: name for name in handed}
    named = frozenset(wanted.values())
    late = [name for name in parts.shared_states if name in parts.handed]      # old values that the rest reads
    statements = _writer(parts, dialect, parts.shared, named).statements(parts.shared)
    lines = block(statements, inputs, outs | {f"{name}_before": name for name in late}, taken)
    names = {name: inputs[name] for name in late} | {outs[s]: lines.outs[s] for s in outs} | {n: lines.names[n] for n in handed}
    return lines, names


def leaf_lines(parts: Split, dialect: Dialect, names: dict[str, str], taken: set[str], labels: dict[str, str]) -> Block:
    """The lines for one array of parameters."""
    outs = {labels.get(name, name): parts.outs[name] for name in ("p", *parts.leaf_states)}
    statements = _writer(parts, dialect, parts.leaf, frozenset(outs.values())).statements(parts.leaf)
    inputs = {name: name for name in ("p", "g", *parts.leaf_states)} | names
    return block(statements, inputs, outs, taken | set(names.values()))


def _state(state: str, rule: Optimiser) -> str:
    rows = [f"{name}: Any" for name in rule.state_names] or ["pass"]
    return f'class {state}(NamedTuple):\n    """What {rule.name} keeps from step to step."""\n\n{indented(rows)}'


def _init(rule: Optimiser, parts: Split, state: str) -> list[str]:
    """The lines that make the initial state."""
    entries = []
    for row in rule.states:
        if row.name in parts.shared_states and not callable(row.initial):
            entries.append(f"{row.name}=jnp.asarray({_decimal(row.initial)}),")
        else:
            entries.append(f"{row.name}=jax.tree.map({_start(rule, row.name, parts)}, params),")
    return [f"return {state}(", *_indent(entries), ")"] if entries else [f"return {state}()"]


def _start(rule: Optimiser, name: str, parts: Split) -> str:
    """A function of a parameter that makes a state's initial value."""
    row, wire = rule.states[rule.state_names.index(name)], parts.step.wires[name]
    if row.initial == 0 and wire.shape == parts.step.dom[0].shape:
        return "jnp.zeros_like"
    if not callable(row.initial) and not wire.shape:
        return f"lambda p: jnp.asarray({_decimal(row.initial)}, p.dtype)"
    f = initial(rule, name)
    dims = {e: f"p.shape[{k}]" for k, e in enumerate(f.dom[0].shape) if e.is_Symbol}
    made = block(Writer(f.wires, JAX, dims, frozenset(f.outs)).statements(f.nodes), {"p": "p"}, {"value": f.outs[0]}, {"p"})
    if len(made.lines) > 1:
        raise UsageError(f"{rule.name}: {name} starts from more than one formula, which the export to optax lacks")
    return f"lambda p: {made.lines[0].partition(' = ')[2]}" if made.lines else "jnp.asarray"


def _decimal(value: sp.Rational) -> str:
    return repr(float(value))


def _update(rule: Optimiser, parts: Split, state: str, first: Block, body: Block) -> list[str]:
    arguments = ["g", *(["p"] if _reads_p(parts, body) else []), *parts.leaf_states]
    trees = ["grads", *(["params"] if "p" in arguments else []), *(f"state.{name}" for name in parts.leaf_states)]
    results = ["change", *parts.leaf_states]
    lines = []
    if "p" in arguments:
        lines += ["if params is None:", f'    raise ValueError("{rule.name} reads the parameters: give update(grads, state, params)")']
    if parts.shared_states:
        lines.append(f"{', '.join(parts.shared_states)} = {', '.join(f'state.{name}' for name in parts.shared_states)}")
    returned = [body.outs["change"], *(body.outs[name] for name in parts.leaf_states)]
    lines += [*first.lines, "", f"def leaf({', '.join(arguments)}):", *_indent([*body.lines, f"return {', '.join(returned)},"]), ""]
    lines.append(f"{', '.join(results)}{',' if len(results) == 1 else ''} = leaves(leaf, {', '.join(trees)})")
    states = [f"{s}={first.outs[s] if s in parts.shared_states else s}" for s in rule.state_names]
    return [*lines, f"return change, {state}({', '.join(states)})"]


def _reads_p(parts: Split, body: Block) -> bool:
    """Whether the lines of a leaf read the parameter, be it for its shape."""
    return any(re.search(r"\bp\b", line) for line in body.lines) or "p" in body.outs.values()


def _indent(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" if line else "" for line in lines]
