"""A learner and what came of it, for a person: the composite lens with its wires, and the results of training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from symcat.learn.learner import Learner
from symcat.show.diagram import learner as picture

FRAME = 4    # columns that the panel takes around its content


def learner_panel(learner: Learner, model: str, layers: Sequence[str], loss: str, columns: int = 140) -> RenderableType:
    """The composite as a picture, and what its wires stand for; where it is too wide with types, they stand below it."""
    (x, x_wire), = learner.batched_model.dom
    (y, y_wire), = learner.batched_model.cod
    (value, value_wire), = learner.batched_loss.cod
    wires = (f"{x}: {x_wire}", f"{y}: {y_wire}", f"{value}: {value_wire}")
    parts = (model, loss, f"rate {learner.rate}", learner.optimiser.name)
    drawn = picture(*parts, wires, "target")
    wide = max(map(len, drawn.splitlines())) + FRAME > columns
    if wide:
        drawn = picture(*parts, (x, y, value), "target")
    legend = Table.grid(padding=(0, 2))
    sizes = ", ".join(f"{symbol} = {size}" for symbol, size in learner.sizes.items())
    rows = [("wires", ", ".join(wires))] if wide else []
    for word, meaning in (*rows, ("layers", " >> ".join(layers)), ("P", str(learner.params)), ("S", str(learner.states)),
                          ("target", str(learner.batched_loss.params.types[0])), ("optimiser", repr(learner.optimiser)),
                          ("sizes", f"proved for all; compiled at {sizes}" if sizes else "as written")):
        legend.add_row(Text(word, "bold"), Text(meaning))
    content = Group(Padding(Text(drawn, no_wrap=True), (0, 0, 1, 0)), legend)
    return Panel(content, title="the learner, as a lens", title_align="left", expand=False)


def scores(report: Mapping[str, Any]) -> Table:
    """Loss and accuracy on both parts of the data."""
    table = Table(title="result", title_justify="left", header_style="bold")
    for name in ("", "rows", "loss", "accuracy"):
        table.add_column(name, justify="right" if name else "left")
    for part in ("train", "test"):
        accuracy = report[f"{part}_accuracy"]
        table.add_row(part, str(report["rows"][part]), f"{report['loss_at_end'][part]:.4f}", "-" if accuracy is None else f"{accuracy:.4f}")
    return table
