"""Numba: one fused loop over the entries of flat arrays, in place; whole arrays where entries depend on each other."""

from __future__ import annotations

from collections.abc import Sequence

from symcat.category.comprehension import Comprehension
from symcat.category.morphism import Morphism
from symcat.category.space import Real, Wire
from symcat.errors import UsageError
from symcat.interop.export.numba_arrays import numba_arrays
from symcat.interop.export.program import Block, Writer, block, conditions
from symcat.interop.export.signature import defaults, documentation, hypers_of, identifier, indented, initial, keywords
from symcat.interop.export.split import Entrywise, Split, split
from symcat.interop.export.text import Dialect, prefixed
from symcat.learn.optimisers import Optimiser
from symcat.learn.optimisers.entry import elementwise

SHARED = Dialect("numba", prefixed("np.", exp="exp", log="log", tanh="tanh", sin="sin", cos="cos", sign="sign", absolute="abs",
                                   maximum="maximum", minimum="minimum", sqrt="sqrt", where="where", expm1="expm1", log1p="log1p")
                 | {"step": lambda x: f"np.heaviside({x}, 0)", "equal": lambda x, y: f"np.equal({x}, {y}).astype(float)"}, "np.")
ENTRY = Dialect("numba", prefixed("np.", exp="exp", log="log", tanh="tanh", sin="sin", cos="cos", sign="sign", absolute="abs",
                                  maximum="maximum", minimum="minimum", sqrt="sqrt", expm1="expm1", log1p="log1p")
                | prefixed("", where="choose"), "np.")
CHOOSE = '''def choose(condition, x, y):
    """x where the condition holds, else y."""
    return np.where(condition, x, y)


@overload(choose)
def compiled_choose(condition, x, y):
    return lambda condition, x, y: x if condition else y


'''
LOOP = '''compiled_entry = njit(**FLAGS)(entry)


@njit(**FLAGS)
def loop({arrays}{numbers}):
    for i in range(p.size):
        {targets} = compiled_entry({entries}{numbers})


def update({arguments}):
    """One step in place, on contiguous arrays of one type{returns}."""
    {call}
    real = p.dtype.type
    loop({flat}{cast})
{result}'''


def numba(rule: Optimiser) -> str:
    """The module for Numba: `shared`, `entry`, the rule made of them, and `update`, which compiles them into one loop."""
    starts = [row.name for row in rule.states if callable(row.initial) and initial(rule, row.name).nodes]
    if starts:
        raise UsageError(f"{rule.name}: {', '.join(starts)} starts from more than the parameter itself, which the export to numba lacks")
    if rule.data or rule.look:
        reason = "reads data beside the gradient" if rule.data else "takes the gradient elsewhere than at the parameter"
        raise UsageError(f"{rule.name} {reason}, for which the export to numba has no place; export to numpy or jax")
    if not elementwise(rule):
        return numba_arrays(rule, CHOOSE.rstrip())
    parts = split(rule)
    hypers = hypers_of(rule)
    taken = {*parts.step.dom.names, *hypers, "np", "njit", "choose", "entry", "shared", "loop", "update", "real", "i", "overload"}
    entry = Entrywise(parts, taken).run()
    numbers, first = _shared(parts, entry, hypers, taken)
    body = _entry(parts, entry, numbers, taken)
    flags = 'FLAGS = {"fastmath": {"contract", "nsz"}, "error_model": "numpy"}'
    chooses = any("choose(" in line for line in body.lines)
    pieces = ["import numpy as np\nfrom numba import njit" + ("\nfrom numba.extending import overload" if chooses else ""), flags]
    pieces += [CHOOSE.rstrip()] if chooses else []
    leaf = ["p", "g", *parts.leaf_states]
    if first is not None:
        pieces.append(_function("shared", [*parts.shared_states, *hypers], "What all entries share.", first.lines,
                                list(first.outs.values())))
    pieces.append(_function("entry", [*leaf, *numbers], "One entry of the step.", body.lines,
                            [body.outs[name] for name in ("p", *parts.leaf_states)]))
    pieces += [_function(f"initial_{row.name}", ["p"], f"What {row.name} starts from.", [], ["p"])
               for row in rule.states if callable(row.initial)]
    pieces.append(_rule(rule, parts, numbers, hypers))
    pieces.append(_loop(rule, parts, numbers, hypers))
    return "\n\n\n".join(pieces) + "\n"


def _writer(step: Morphism, dialect: Dialect, nodes: Sequence[Comprehension], named: frozenset[str], inputs: Sequence[str]) -> Writer:
    wires = {name: step.wires[name] for name in inputs} | {node.name: node.wire for node in nodes}
    return Writer(wires, dialect, {}, named, conditions=conditions(nodes))


def _shared(parts: Split, entry: Entrywise, hypers: Sequence[str], taken: set[str]) -> tuple[list[str], Block | None]:
    """The names of the numbers that entries read, and the lines that compute them."""
    extra = entry.nodes()
    read = {name for node in entry.leaf for name in node.sources}
    made = [name for name in (*parts.shared_states, *(n.name for n in parts.shared), *(n.name for n in extra)) if name in read]
    numbers = [*entry.plain, *made]
    if not made and not parts.shared_states:
        return numbers, None
    nodes = [*parts.shared, *extra]
    outs = {name: parts.outs[name] for name in parts.shared_states} | {name: name for name in made if name not in parts.shared_states}
    named = frozenset(outs.values())
    statements = _writer(parts.step, SHARED, nodes, named, parts.shared_states).statements(nodes)
    return numbers, block(statements, {name: name for name in parts.shared_states}, outs, taken)


def _entry(parts: Split, entry: Entrywise, numbers: Sequence[str], taken: set[str]) -> Block:
    inputs = ["p", "g", *parts.leaf_states]
    outs = {name: parts.outs[name] for name in ("p", *parts.leaf_states)}
    known = dict.fromkeys((*numbers, *inputs), Wire(Real, ()))
    writer = Writer(known | {node.name: node.wire for node in entry.leaf}, ENTRY, {}, frozenset(outs.values()))
    return block(writer.statements(entry.leaf), {name: name for name in (*inputs, *numbers)}, outs, set(taken) | set(numbers))


def _function(name: str, arguments: Sequence[str], words: str, lines: Sequence[str], results: Sequence[str]) -> str:
    body = [f'"""{words}"""', *lines, f"return {', '.join(results)}"]
    return f"def {name}({', '.join(arguments)}):\n{indented(body)}"


def _call(parts: Split, numbers: Sequence[str], hypers: Sequence[str]) -> list[str]:
    left = [*parts.shared_states, *(name for name in numbers if name not in (*hypers, *parts.shared_states))]
    return [f"{', '.join(left)} = shared({', '.join([*parts.shared_states, *hypers])})"] if left else []


def _rule(rule: Optimiser, parts: Split, numbers: Sequence[str], hypers: Sequence[str]) -> str:
    """The rule as a function of arrays, made of the very parts that the loop compiles."""
    start = defaults(rule)
    leaf = ["p", *parts.leaf_states]
    arguments = ["p", "g", *(f"{s}={start.get(s, f'initial_{s}')}" for s in rule.state_names), *(["*", *keywords(rule)] if hypers else [])]
    lines = [*_call(parts, numbers, hypers), f"{', '.join(leaf)} = entry({', '.join(['p', 'g', *parts.leaf_states, *numbers])})"]
    text = f"def {identifier(rule)}({', '.join(arguments)}):\n"
    return text + indented([f'"""{documentation(rule)}"""', *lines, f"return {', '.join(['p', *rule.state_names])}"])


def _loop(rule: Optimiser, parts: Split, numbers: Sequence[str], hypers: Sequence[str]) -> str:
    leaf = ["p", *parts.leaf_states]
    own = ["p", "g", *parts.leaf_states]
    tail = "".join(f", {name}" for name in numbers)
    states = ", ".join(parts.shared_states)
    arguments = ", ".join([*own, *parts.shared_states, *(["*", *keywords(rule)] if hypers else [])])
    call = "\n    ".join(_call(parts, numbers, hypers)) or "# nothing is shared"
    return LOOP.format(arrays=", ".join(own), numbers=tail, targets=", ".join(f"{name}[i]" for name in leaf),
                       entries=", ".join(f"{name}[i]" for name in own), arguments=arguments, call=call,
                       returns=f"; returns the new {states}" if states else "", cast="".join(f", real({n})" for n in numbers),
                       flat=", ".join(f"{name}.reshape(-1)" for name in own), result=f"    return {states}" if states else "").rstrip()
