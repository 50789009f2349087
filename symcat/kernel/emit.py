"""Emission: a schedule and its layout as the text of one Python module.

The module has two parts.  The first asks for the primitives of the tile language that the program uses; the second, after
`MARK`, is the program: literals, addresses, and `epoch`, which runs all steps.  Everything in the program is an operation of a
ring or a primitive, so that it means something over symbols and over a finite field too: that is how it is validated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import sympy as sp

from symcat.kernel.block import Block, shown
from symcat.kernel.place import Layout
from symcat.kernel.product import Product
from symcat.kernel.scalar import Names
from symcat.kernel.schedule import Schedule

MARK = "# ---- program"
CALL = re.compile(r"\b([a-z]\w*)\(")
PYTHON = {"epoch", "range", "max", "min", "int"}


@dataclass(frozen=True)
class Text:
    """The emitted program, and for each nest the line of its loops within it."""

    program: str
    lines: tuple[int, ...]

    @property
    def primitives(self) -> tuple[str, ...]:
        """The primitives that the program uses, by name."""
        return tuple(sorted(set(CALL.findall(self.program)) - PYTHON))

    def module(self, header: str, dtype: str) -> str:
        """The whole module: header, primitives at a dtype, program."""
        wanted = ",\n    ".join(map(repr, self.primitives))
        return (f'"""{header}\n"""\n\nfrom symcat.kernel.tiles import namespace\n\n'
                f'globals().update(namespace("{dtype}", (\n    {wanted},\n)))\n\n{MARK}\n{self.program}')


def emit(plan: Schedule, layout: Layout) -> Text:
    """The program of a schedule: the same text for the same schedule under every hash seed."""
    blocks, constants, fresh = [], {"F_0": sp.S.Zero}, Names()
    for nest in plan.nests:
        block = (Product if nest.mode == "product" else Block)(nest, plan, layout, fresh)
        blocks.append(block.lines())
        constants.update(block.writer.constants)
    head = [f"{name} = rational({value.p}, {value.q})" for name, value in sorted(constants.items(), key=lambda item: (item[1], item[0]))]
    head.append("F_ninf = infimum()")
    head += [f"o_{name} = {buffer.offset}  # {shown(buffer.meant)}" for name, buffer in layout.arrays.items()]
    head += [f"p_{name}_{k} = {buffer.offset}  # position {k} of {name}" for (name, k), buffer in layout.positions.items()]
    head += [f"w_panel = {layout.panel.offset}"] if layout.panel.size else []
    text = [*head, "", "", f"def epoch(S, losses{''.join(f', B_{name}' for name in plan.data)}):",
            "    for s in range(losses.shape[0]):"]
    text += [f"        b_{name} = B_{name}[s]" for name in plan.data]
    starts = []
    for block in blocks:
        starts.append(len(text) + 1)
        text += ["        " + line for line in block]
    text.append(f"        losses[s] = S[0 + o_{plan.home(plan.loss)}]")
    return Text("\n".join(text) + "\n", tuple(starts))
