"""Emission: a schedule and its layout as the text of one Python module.

The module has two parts.  The first asks for the primitives of the tile language that the program uses; the second, after
`MARK`, is the program: literals, addresses, and `epoch`, which runs all steps.  Everything in the program is an operation of a
ring or a primitive, so that it means something over symbols and over a finite field too: that is how it is validated.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import sympy as sp

from symcat.kernel.block import Block, indented, shown
from symcat.kernel.dot import Dot
from symcat.kernel.folds.recurrence import Recurrence
from symcat.kernel.place import Layout
from symcat.kernel.product import Product
from symcat.kernel.scalar import Names
from symcat.kernel.schedule import Schedule
from symcat.kernel.threads.shares import Shares
from symcat.kernel.turn import Turn

MARK = "# ---- program"
CALL = re.compile(r"\b([a-z]\w*)\(")
PYTHON = {"epoch", "range", "max", "min", "int"}


@dataclass(frozen=True)
class Text:
    """The emitted program, and for each nest the line of its loops within it.

    A `portable` program has no tiles: its primitives are Python functions.
    """

    program: str
    lines: tuple[int, ...]
    portable: bool = False

    @property
    def primitives(self) -> tuple[str, ...]:
        """The primitives that the program uses, by name."""
        return tuple(sorted(set(CALL.findall(self.program)) - PYTHON))

    def module(self, header: str, dtype: str) -> str:
        """The whole module: header, primitives at a dtype, program."""
        wanted = ",\n    ".join(map(repr, self.primitives))
        home = "symcat.kernel.tiles.portable" if self.portable else "symcat.kernel.tiles"
        return (f'"""{header}\n"""\n\nfrom {home} import namespace\n\n'
                f'globals().update(namespace("{dtype}", (\n    {wanted},\n)))\n\n{MARK}\n{self.program}')


def emit(plan: Schedule, layout: Layout, shares: Shares | None = None) -> Text:
    """The program of a schedule: the same text for the same schedule under every hash seed.

    With `shares` it is the program of one of several threads: `epoch` then takes words for barriers, the number of the thread, and
    how many there are.
    """
    blocks, constants, fresh = [], {"F_0": sp.S.Zero}, Names()
    for nest in plan.nests:
        block = {"product": Product, "turn": Turn, "dot": Dot}.get(nest.mode, Block)(nest, plan, layout, fresh)
        blocks.append(block.lines())
        constants.update(block.writer.constants)
    head = [f"{name} = rational({value.p}, {value.q})" for name, value in sorted(constants.items(), key=lambda item: (item[1], item[0]))]
    head.append("F_ninf = infimum()")
    head += [f"o_{name} = {buffer.offset}  # {shown(buffer.meant)}" for name, buffer in layout.arrays.items()]
    head += [f"p_{name}_{k} = {buffer.offset}  # position {k} of {name}" for (name, k), buffer in layout.positions.items()]
    head += [f"w_panel = {layout.panel.offset}"] if layout.panel.size else []
    takes = ", ".join(["S", "losses", *(("W", "me", "n") if shares else ()), *(f"B_{name}" for name in plan.data)])
    text = [*head, "", "", f"def epoch({takes}):",
            "    for s in range(losses.shape[0]):"]
    text += [f"        b_{name} = B_{name}[s]" for name in plan.data]
    starts: dict[int, int] = {}
    for line, nest in _step(plan, blocks, shares):
        if nest is not None:
            starts.setdefault(nest, len(text) + 1)
        text.append("        " + line)
    lines = [0]
    for nest in range(len(plan.nests)):     # a nest of a loop that one thread runs as a whole is where the loop is
        lines.append(starts.get(nest, lines[-1]))
    return Text("\n".join(text) + "\n", tuple(lines[1:]), plan.width == 1)


def _step(plan: Schedule, blocks: Sequence[Sequence[str]], shares: Shares | None) -> list[tuple[str, int | None]]:
    """The lines of one step, each with the position of the nest that begins there."""
    loops = {group: f"for time in range({_steps(loop)}):" for group, loop in enumerate(plan.groups)}
    final = f"losses[s] = S[0 + o_{plan.home(plan.loss)}]"
    if shares:
        return shares.step(blocks, loops, final)
    result: list[tuple[str, int | None]] = []
    for group, members in groupby(range(len(blocks)), key=lambda k: plan.nests[k].group):
        result += [(loops[group], None)] if group is not None else []
        for k in members:
            lines = indented(blocks[k], 0 if group is None else 1)
            result += [(line, k if position == 0 else None) for position, line in enumerate(lines)]
    return [*result, (final, None)]


def _steps(loop: Recurrence) -> str:
    """The steps of a recurrence, as what `range` takes."""
    return f"{loop.length - 1}, -1, -1" if loop.backward else str(loop.length)
