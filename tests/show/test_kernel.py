"""The table of a kernel: every nest has its row, and a nest that was measured with another one has no time of its own."""

import io

import pytest
from rich.console import Console

from symcat.kernel.account import account
from symcat.kernel.measure import Speed
from symcat.show.kernel import explained
from tests.kernel.steps import learner, learner_work


@pytest.mark.parametrize("measured", [True, False])
def test_every_nest_has_a_row(measured):
    found = account(learner_work(learner("adam")))
    seconds = tuple(1e-6 * (position + 1) if measured or position % 2 else None for position in range(len(found.rows)))
    console = Console(file=io.StringIO(), width=240)
    console.print(explained(Speed(found, 1e-4, seconds, peak=1e11, stream=1e11)))
    text = console.file.getvalue()
    for position, row in enumerate(found.rows):
        line = next(line for line in text.splitlines() if line.startswith("│") and f" {row.line} " in line.split("│")[1])
        assert f" {row.flops} " in line and row.mode in line
        assert (f" {position + 1}.00 " in line) == (seconds[position] is not None)
    assert f"states {found.states} bytes" in text and f"measured: 100.00 us a step, {found.flops / 1e5:.1f} GFLOP/s" in text
