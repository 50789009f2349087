"""The law matrix: cells against the table by hand, the pages against their data, the page in docs/ against a fresh run."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from symcat.card.matrix import COLUMNS, ROSTER, MatrixRow, in_columns, matrix, matrix_row
from symcat.card.rows import law_names
from symcat.cli import main
from symcat.interop.rules import read
from symcat.show.matrix import SIGNS, anchor, markdown, page

PAGE = Path(__file__).parents[2] / "docs" / "matrix.md"
TABLE = {
    "gradient_descent": ("zero_gradient translation sign_flips permutation rotation projection", "O(n)⋉Rⁿ"),
    "sign_descent": ("zero_gradient loss_scale translation sign_flips permutation projection", "B_n⋉Rⁿ"),
    "no_such_rule": ("", ""),
}


@pytest.fixture(scope="module")
def rows() -> tuple[MatrixRow, ...]:
    return matrix(("ours",), roster={"ours": tuple(TABLE)})


def test_rows_by_hand(rows):
    for row in rows:
        kept, group = TABLE[row.target]
        proved = {column for column, cell in row.cells.items() if all(record["verdict"] == "proved" for record in cell.values())}
        assert (proved, row.group) == (set(kept.split()), group), row.target
        assert set(row.cells) == (set(COLUMNS) if kept else set())
    assert "no optimiser 'no_such_rule'" in rows[-1].reason


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.places, self.targets, self.open = set(), set(), []

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.places |= {found["id"]} if "id" in found else set()
        self.targets |= {found["href"].removeprefix("#")} if "href" in found else set()
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("written", [page, markdown])
def test_every_cell_leads_to_its_proof_or_counterexample(rows, written):
    text = written(rows, COLUMNS)
    links = Links()
    links.feed(text)
    targets = links.targets | set(re.findall(r"\]\(#([^)]+)\)", text))
    assert len(targets) == sum(len(cell) for row in rows for cell in row.cells.values()) and targets <= links.places
    assert not links.open and "<script" not in text and "http" not in text.replace("http-equiv", "")


def test_text_of_rules_is_escaped():
    record = {"name": "translation", "verdict": "unknown", "statement": "<b> | x", "reason": "<i>late</i>", "premises": []}
    odd = MatrixRow("<script>(x=1)", "ours", in_columns([record]), "")
    assert "<script>" not in page([odd], COLUMNS) and "<i>" not in page([odd], COLUMNS)
    assert r"\<i>late" in markdown([odd], COLUMNS)


def test_anchors_are_unlike_each_other():
    names = [anchor(target, law) for targets in ROSTER.values() for target in targets for law in ("linear", "left_linear")]
    assert len(set(names)) == len(names)


def test_the_page_in_the_docs_agrees_with_a_fresh_run(rows):
    lines = {line.split("`")[1]: line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")}
    assert set(lines) <= {target for targets in ROSTER.values() for target in targets}
    for row in rows[:2]:
        signs = [re.findall(r"\[(.)\]", cell) for cell in lines[row.target].split("|")[2:-2]]
        fresh = [[SIGNS[record["verdict"]] for record in row.cells.get(column, {}).values()] for column in COLUMNS]
        assert signs == fresh, row.target


def test_matrix_rules_have_sides():
    cells = in_columns([{"name": name} for name in law_names(read("muon_exact"))])
    assert set(cells["rotation"]) == {"left", "right"} and {"row", "column"} <= set(cells["permutation"])


def test_what_cannot_be_read_says_why():
    row = matrix_row("adam(eps)")
    assert not row.cells and "'eps' is not hyperparameter=number" in row.reason


def test_the_command_refuses_a_file_for_a_folder(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["matrix", "--out", str(tmp_path / "file")]) == 2
    assert "is a file, expected a folder" in capsys.readouterr().err


def test_rows_in_a_file_are_not_decided_again(rows, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("symcat.commands.matrix.ROSTER", {"ours": tuple(TABLE)})
    monkeypatch.setattr("symcat.card.matrix.ROSTER", {"ours": tuple(TABLE)})
    monkeypatch.setattr("symcat.card.matrix.matrix_row", None)
    kept = tmp_path / "rows.jsonl"
    kept.write_text("".join(f"{json.dumps(row.data())}\n" for row in rows))
    assert main(["matrix", "--only", "ours", "--out", str(tmp_path / "pages"), "--rows", str(kept)]) == 0
    assert (tmp_path / "pages" / "matrix.md").read_text() == markdown(rows, COLUMNS)
    assert len(kept.read_text().splitlines()) == len(TABLE) and "not read: no_such_rule" in capsys.readouterr().out
    kept.write_text("{}")
    assert main(["matrix", "--rows", str(kept), "--out", str(tmp_path)]) == 2
