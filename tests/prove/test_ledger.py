"""Ledgers: what filters keep, and what the journal remembers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from symcat.prove.ledger import Filter, Journal, expected, summary, topics, trust


def row(name: str, verdict: str = "proved", method: str = "index normal form", topic: str = "reverse", **more: object) -> dict:
    return {"module": f"{topic}.py", "topic": topic, "name": name, "statement": "s", "source": "here", "expected": "proved",
            "verdict": verdict, "method": method, "premises": [], "seconds": 0.5, "took": 0.6} | more


ROWS = [
    row("RD.1 dense"), row("RD.10 dense", seconds=2.0), row("RD.1", "refuted", "exact evaluation", expected="refuted"),
    row("GetPut adam", "refuted", "exact evaluation", "lenses"), row("PutPut adam", "unknown", "", "lenses", seconds=60),
    row("descent", method="SMT, trusted: z3", topic="inequalities"), row("softplus", method="Z3 in 2 cells", topic="inequalities"),
    row("clip", method="field normal form in 3 cells, pruning trusted: z3", topic="inequalities", seconds=3),
    row("question", "refuted", "SMT model, evaluated", "inequalities", expected="either"),
]


@pytest.mark.parametrize(("wanted", "names"), [
    (Filter(), [r["name"] for r in ROWS]),
    (Filter(verdict="unknown"), ["PutPut adam"]),
    (Filter(law="rd.1"), ["RD.1 dense", "RD.1"]),
    (Filter(topic="LENS"), ["GetPut adam", "PutPut adam"]),
    (Filter(method="cells"), ["softplus", "clip"]),
    (Filter(trusted=True), ["descent", "softplus", "clip"]),
    (Filter(unexpected=True), ["GetPut adam", "PutPut adam"]),
    (Filter(slower=2), ["RD.10 dense", "PutPut adam", "clip"]),
    (Filter(slowest=2), ["PutPut adam", "clip"]),
    (Filter(slowest=2, verdict="proved"), ["clip", "RD.10 dense"]),
    (Filter(keyword="inequalities soft"), ["softplus"]),
    (Filter(verdict="proved", topic="lens"), []),
])
def test_filters(wanted: Filter, names: list[str]) -> None:
    assert [r["name"] for r in wanted(ROWS)] == names


def test_only_proofs_rest_on_a_word() -> None:
    assert [r["name"] for r in ROWS if trust(r) == "trusted: z3"] == ["descent", "softplus", "clip"]
    assert trust(row("a", method="index normal form, trusted: the engine, in 2 cells")) == "trusted: the engine"
    assert trust(row("a", method="Z3; index normal form, trusted: the engine")) == "trusted: z3; trusted: the engine"
    assert trust(row("a", "unknown", "Z3")) == trust(row("a")) == ""


def test_counts_and_topics() -> None:
    assert summary(ROWS) == {"total": 9, "as_expected": 7, "unexpected": 1, "unknown": 1}
    assert topics(ROWS) == {"reverse": [0, 1, 2], "lenses": [3, 4], "inequalities": [5, 6, 7, 8]}
    assert expected(ROWS[8]) and not expected(ROWS[3])


def test_a_filter_of_words_alone_wants_all_of_them() -> None:
    assert Filter(keyword="x").wants_all and not Filter(slowest=3).wants_all


def test_the_last_line_on_a_claim_counts(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "new" / "ledger.jsonl")
    assert journal.read() == {}
    for verdict in ("unknown", "proved"):
        journal.add(row("a", verdict))
    journal.add(row("b", took=7))
    assert [r["verdict"] for r in journal.read().values()] == ["proved", "proved"]
    journal.tidy([("reverse.py", "a")])
    assert list(journal.read()) == [("reverse.py", "b")] and len(journal.path.read_text().splitlines()) == 1


def test_a_line_that_was_cut_off_spoils_no_other(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "ledger.jsonl")
    journal.add(row("a"))
    with open(journal.path, "a") as file:
        file.write(json.dumps(row("b"))[:40])
    journal.add(row("c"))
    for line in ("3", "null", "[]", '{"module": 1}', json.dumps({**row("d"), "took": None})):
        with open(journal.path, "a") as file:
            file.write(line + "\n")
    assert [name for _, name in journal.read()] == ["a", "c"]


def test_a_journal_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    journal = Journal(tmp_path / "file" / "ledger.jsonl")
    journal.add(row("a"))
    journal.tidy()
    assert journal.read() == {}
