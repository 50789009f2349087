"""The suite: bounds as bars, worst arguments, times, progress, and the page that is made of them."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from symcat.bench.elementary import measure
from symcat.bench.elementary.points import everything
from symcat.bench.report import Bar, Report, Row
from symcat.kernel.elementary.bounds import BOUNDS
from symcat.show.elementary import page

PAGE = Path(__file__).parents[3] / "docs" / "elementary.md"


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(measure, "everything", lambda: islice(everything(), 16000, 16002))
    monkeypatch.setattr(measure, "BLOCKS_PER_STEP", 1)
    monkeypatch.setattr(measure, "ALL", 2 * measure.BLOCK)
    monkeypatch.setattr(measure, "MANY", 4000)
    monkeypatch.setattr(measure, "CHUNK", 3000)
    monkeypatch.setattr(measure, "TURNS", 1)


@pytest.mark.parametrize("name", ["tanh", "power"])
def test_a_function_is_measured_at_both_types(name, short):
    notes = []
    found = measure.report(name, notes.append)
    assert found.met and [bar.name for bar in found.bars] == [f"{name}, float32: worst error", f"{name}, float64: worst error"]
    assert all(0 < bar.figure <= BOUNDS[name] == bar.at_most for bar in found.bars)
    assert found.bars[0].note.endswith("131,072 arguments") or name == "power"
    assert all(row.ours_us > 0 and set(row.peers) == {"NumPy", "C library"} for row in found.rows)
    assert len(notes) == measure.steps(name)


def test_the_worst_error_and_its_argument(monkeypatch):
    monkeypatch.setattr(measure, "compiled", lambda *given, **options: lambda x: np.where(x == 3, 9, np.exp(x)).astype(np.float32))
    found = measure.over("exp", "float32", [(np.array([1, 2], np.float32),), (np.array([3, 4], np.float32),)])
    assert found.at == (3.0,) and found.error > 1e6 and found.looked_at == 4 and str(found) == "0x1.8000000000000p+1"


def test_a_missed_bound_is_a_missed_bar(short, monkeypatch):
    monkeypatch.setitem(measure.CASES, "exp", measure.CASES["expm1"])
    found = measure.report("exp", lambda note: None)
    assert not found.met and found.bars[0].figure > 1e6


def test_the_page():
    report = Report(tuple(Row("elementary", f"exp, {dtype}, a million numbers", 500.0, {"NumPy": 700.0, "C library": 2500.0})
                          for dtype in measure.DTYPES),
                    (Bar("exp, float32: worst error", 0.75, "ulp", at_most=1.0, note="at 0x1p+0; 5 arguments"),
                     Bar("exp, float64: worst error", None, "ulp", at_most=1.0, note="no wider type to compare with")))
    text = page(report, {"cpu": "a processor", "python": "3.11", "versions": {"numpy": "2", "sympy": "1"}})
    assert "| exp | 1 | 0.750 | 0x1p+0 | not measured |  |" in text
    assert "| exp | 0.50 | 0.70 | 2.50 | 0.50 | 0.70 | 2.50 |" in text and "numpy 2.\n" in text


def test_the_written_page_states_every_bound():
    text = PAGE.read_text(encoding="utf-8")
    for name, bound in BOUNDS.items():
        assert f"| {name} | {'correctly rounded' if bound == 0.5 else f'{bound:g}'} |" in text
    assert text.count("\n| ") == 2 * len(BOUNDS) + 2
