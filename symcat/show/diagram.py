"""The composite lens of a learner as a picture: forward wires above, backward wires below, the optimiser on top of the model.

    >>> print(chain([Box("f")], [Ends("x", "x'"), Ends("y", "y'")]))
           ┌───┐
    ─ x ──►│   │─ y ──►
           │ f │
    ◄─ x' ─│   │◄─ y' ─
           └───┘
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Ends:
    """What runs along one pair of wires: the label of the forward wire and that of the backward wire."""

    forward: str
    back: str


@dataclass(frozen=True)
class Box:
    """A lens in a chain, perhaps with a box of its own on top (a reparametrisation), and the ends of the topmost one."""

    title: str
    top: Ends | None = None
    above: Box | None = None


class Canvas:
    """Characters at (row, column), grown on demand."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], str] = {}

    def write(self, row: int, column: int, text: str) -> None:
        for k, character in enumerate(text):
            self.cells[row, column + k] = character

    def __str__(self) -> str:
        if not self.cells:
            return ""
        top, bottom = min(r for r, _ in self.cells), max(r for r, _ in self.cells)
        left, right = min(c for _, c in self.cells), max(c for _, c in self.cells)
        return "\n".join("".join(self.cells.get((r, c), " ") for c in range(left, right + 1)).rstrip() for r in range(top, bottom + 1))


def chain(boxes: Sequence[Box], ends: Sequence[Ends]) -> str:
    """Boxes from left to right; `ends` are the wires before the first, between them, and after the last (one more than boxes)."""
    canvas = Canvas()
    column = 0
    for box, wire in zip((*boxes, None), ends, strict=True):
        column = _wire(canvas, column, wire)
        if box:
            column = _box(canvas, column, box)
    return str(canvas)


def _wire(canvas: Canvas, column: int, wire: Ends) -> int:
    """The two wires from a column on; returns the column behind them.  Without labels nothing is drawn."""
    if not wire.forward and not wire.back:
        return column
    width = max(len(wire.forward), len(wire.back))
    canvas.write(1, column, f"─ {wire.forward} ".ljust(width + 3, "─") + "─►")
    canvas.write(3, column, f"◄─ {wire.back} ".ljust(width + 5, "─"))
    return column + width + 5


def _box(canvas: Canvas, column: int, box: Box) -> int:
    width = _width(box)
    _frame(canvas, 0, column, width, box.title, 3)
    _tower(canvas, 0, column, width, box)
    return column + width


def _tower(canvas: Canvas, row: int, column: int, width: int, box: Box) -> None:
    """What stands on a box whose upper edge is at a row: the wires with their labels, and the box above."""
    if not box.top:
        return
    left, right = column + width // 2 - 2, column + width // 2 + 2
    canvas.write(row, left, "▼")
    canvas.write(row, right, "┴")
    label_left, label_right = box.top.forward, box.top.back
    for k in (1, 2):
        canvas.write(row - k, left, "│")
        canvas.write(row - k, right, "▲" if k == 2 else "│")
    canvas.write(row - 1, left - len(label_left) - 1, label_left)
    canvas.write(row - 1, right + 2, label_right)
    if box.above:
        above = _width(box.above)
        start = column + (width - above) // 2
        _frame(canvas, row - 4, start, above, box.above.title, 1)
        canvas.write(row - 2, left, "┬")
        canvas.write(row - 2, right, "▲")
        _tower(canvas, row - 4, start, above, box.above)


def _frame(canvas: Canvas, row: int, column: int, width: int, title: str, inner: int) -> None:
    canvas.write(row, column, "┌" + "─" * (width - 2) + "┐")
    for k in range(inner):
        canvas.write(row + 1 + k, column, "│" + (title if k == inner // 2 else "").center(width - 2) + "│")
    canvas.write(row + 1 + inner, column, "└" + "─" * (width - 2) + "┘")


def _width(box: Box) -> int:
    return max(len(box.title) + 4, 11 if box.top else 5)


def learner(model: str, loss: str, rate: str, optimiser: str, wires: tuple[str, str, str], target: str) -> str:
    """The composite optimiser-reparametrised model >> loss >> rate; `wires` are the input, the prediction and the loss, with types."""
    x, y, value = wires
    back = [f"{text.split(':')[0]}'" for text in wires]
    boxes = [Box(model, Ends("P", "P'"), Box(optimiser, Ends("S * P", "S * P"))), Box(loss, Ends(target, f"{target}'")), Box(rate)]
    return chain(boxes, [Ends(x, back[0]), Ends(y, back[1]), Ends(value, back[2]), Ends("", "")])
