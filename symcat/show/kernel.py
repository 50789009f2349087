"""What a kernel is made of and how fast it runs, as a table."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from symcat.kernel.explain import memory, rates
from symcat.kernel.measure import Speed

COLUMNS = (("line", True), ("what", False), ("loops", True), ("as", False), ("flops", True), ("bytes", True), ("us", True),
           ("GFLOP/s", True), ("roofline", True), ("results", False))


def explained(timed: Speed) -> RenderableType:
    """One row for each nest: where it is in the program, its loops, its work, its time; then memory and the whole step."""
    table = Table(title="the kernel", title_justify="left", header_style="bold")
    for name, right in COLUMNS:
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    for position, row in enumerate(timed.account.rows):
        seconds, flops = timed.nests[position], row.flops * row.times
        pace = ("", "", "") if seconds is None else (f"{1e6 * seconds:.2f}", f"{flops / seconds / 1e9:.1f}", f"{timed.share(position):.0%}")
        loops = " x ".join(map(str, row.loops)) or "1"
        table.add_row(str(row.line), row.mode, f"{row.times} times {loops}" if row.times > 1 else loops, row.form, str(flops),
                      str(row.bytes * row.times), *pace, ", ".join(row.targets))
    return Group(table, Text(memory(timed.account)), Text(rates(timed)))
