"""PyTorch: a rule as a class of optimizers, with parameter groups and a state that can be saved."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from symcat.errors import UsageError
from symcat.interop.export.optax import gradient_only, leaf_lines, shared_lines
from symcat.interop.export.program import Block, Writer, block
from symcat.interop.export.signature import decimals, documentation, hypers_of, identifier, initial, title
from symcat.interop.export.split import Split, split
from symcat.interop.export.text import Dialect, prefixed
from symcat.learn.optimisers import Optimiser

SCALARS = Dialect("torch", prefixed("math.", sqrt="sqrt", exp="exp", log="log", tanh="tanh", sin="sin", cos="cos", log1p="log1p",
                                    expm1="expm1") | prefixed("", maximum="max", minimum="min", absolute="abs")
                  | {"choice": lambda c, x, y: f"({x} if {c} else {y})", "where": lambda c, x, y: f"({x} if {c} else {y})",
                     "step": lambda x: f"(1.0 if {x} > 0 else 0.0)", "equal": lambda x, y: f"(1.0 if {x} == {y} else 0.0)",
                     "sign": lambda x: f"(1.0 if {x} > 0 else -1.0 if {x} < 0 else 0.0)"}, "torch.")
TORCH = Dialect("torch", prefixed("torch.", sqrt="sqrt", exp="exp", log="log", tanh="tanh", sin="sin", cos="cos", sign="sign",
                                  absolute="abs", maximum="maximum", minimum="minimum", where="where", log1p="log1p", expm1="expm1")
                | {"maximum by a number": lambda x, c: f"torch.clamp({x}, min={c})",
                   "minimum by a number": lambda x, c: f"torch.clamp({x}, max={c})",
                   "maximum of a number": lambda c, x: f"torch.maximum(torch.as_tensor({c}, dtype=p.dtype), {x})",
                   "minimum of a number": lambda c, x: f"torch.minimum(torch.as_tensor({c}, dtype=p.dtype), {x})",
                   "choice": lambda c, x, y: f"torch.where(torch.tensor({c}), {x}, {y})",
                   "step": lambda x: f"torch.gt({x}, 0).to(p.dtype)", "equal": lambda x, y: f"torch.eq({x}, {y}).to(p.dtype)"},
                "torch.", SCALARS)


def torch(rule: Optimiser) -> str:
    """The module for PyTorch."""
    gradient_only(rule, "torch")
    parts, hypers = split(rule), hypers_of(rule)
    taken = {*parts.step.dom.names, *hypers, "math", "torch", "self", "group", "state", "closure", "loss", "params", "defaults"}
    first, names = shared_lines(parts, TORCH, {s: s for s in parts.shared_states}, taken)
    body = leaf_lines(parts, TORCH, names, taken, {"p": "p_new"})
    used = "\n".join([*first.lines, *body.lines])
    imports = ("import math\n\n" if "math." in used else "") + "import torch"
    loop = ['for group in self.param_groups:', *_indent([*[f'{name} = group["{name}"]' for name in hypers],
                                                          'for p in group["params"]:', *_indent(_entry(rule, parts, first, body))])]
    step = ['loss = None', 'if closure is not None:', '    with torch.enable_grad():', '        loss = closure()', *loop, 'return loss']
    values = ", ".join(f'"{name}": {name}' for name in hypers)
    text = [f"class {title(identifier(rule))}(torch.optim.Optimizer):", f'    """{documentation(rule)}"""', "",
            f"    def __init__(self, params, {', '.join(decimals(rule))}):" if hypers else "    def __init__(self, params):",
            f"        super().__init__(params, {{{values}}})", "", "    @torch.no_grad()", "    def step(self, closure=None):",
            *[f"        {line}" if line else "" for line in ['"""One step; returns what the closure does."""', *step]]]
    return imports + "\n\n\n" + "\n".join(text) + "\n"


def _entry(rule: Optimiser, parts: Split, first: Block, body: Block) -> list[str]:
    """The lines for one parameter."""
    lines = ["if p.grad is None:", "    continue"]
    if rule.states:
        lines += ["state = self.state[p]", "if not state:", *_indent([f'state["{row.name}"] = {_start(rule, row.name, parts)}'
                                                                     for row in rule.states])]
    lines += ["g = p.grad", *[f'{name} = state["{name}"]' for name in rule.state_names], *first.lines, *body.lines]
    values = {name: first.outs[name] if name in parts.shared_states else body.outs[name] for name in rule.state_names}
    lines += [f'state["{name}"] = {f"{value}.clone()" if value in ("p", "g") else value}' for name, value in values.items()]
    return [*lines, f"p.copy_({body.outs['p_new']})"]


def _start(rule: Optimiser, name: str, parts: Split) -> str:
    """What a state starts from."""
    row, wire = rule.states[rule.state_names.index(name)], parts.step.wires[name]
    if name in parts.shared_states and not callable(row.initial):
        return repr(float(row.initial)) if row.initial != 0 else "0.0"
    if row.initial == 0 and wire.shape == parts.step.dom[0].shape:
        return "torch.zeros_like(p)"
    if not callable(row.initial) and not wire.shape:
        return f"torch.full((), {float(row.initial)!r}, dtype=p.dtype)"
    f = initial(rule, name)
    dims = {e: f"p.shape[{k}]" for k, e in enumerate(f.dom[0].shape) if isinstance(e, sp.Symbol)}
    made = block(Writer(f.wires, TORCH, dims, frozenset(f.outs)).statements(f.nodes), {"p": "p"}, {"value": f.outs[0]}, {"p"})
    if len(made.lines) > 1:
        raise UsageError(f"{rule.name}: {name} starts from more than one formula, which the export to torch lacks")
    return made.lines[0].partition(" = ")[2] if made.lines else "p.clone()"


def _indent(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]
