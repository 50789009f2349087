"""Every Python block of the README and of docs/ runs, in order, in one namespace for each file; every example runs too."""

import re
import runpy
from pathlib import Path

import pytest

from symcat.laws.additive import ADDITIVE, NOT_A_LAW
from symcat.laws.forward import FORWARD
from symcat.laws.lenses import ACTION_LAWS, FUNCTOR, LENS_CATEGORY, WELL_BEHAVED
from symcat.laws.parametric import PARA
from symcat.laws.reverse import REVERSE

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(path: Path) -> list[str]:
    """The code blocks of a page, each moved to the line at which it stands, so that tracebacks point there."""
    text = path.read_text(encoding="utf-8")
    return ["\n" * text[: match.start(1)].count("\n") + match[1] for match in BLOCK.finditer(text)]


@pytest.mark.parametrize("path", [path for path in PAGES if blocks(path)], ids=lambda path: path.name)
def test_blocks_run(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace: dict = {"__name__": path.stem}
    for block in blocks(path):
        exec(compile(block, str(path), "exec"), namespace)
    if path.name == "README.md":
        assert namespace["accuracy"] >= 0.93 and namespace["history"].losses[-1] < namespace["history"].losses[0] / 4


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_between_pages_hold_and_no_block_is_left_open(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("```") % 2 == 0
    for target in re.findall(r"\]\(([\w/.]+\.\w+)\)", text):
        assert (path.parent / target).exists(), f"{path.name} links to {target}, which does not exist"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_run(path, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(path), run_name="__main__")
    assert capsys.readouterr().out.strip()
    assert path.read_text(encoding="utf-8").count("\n") <= 60


def test_the_page_of_laws_is_the_tables():
    """Every law of the tables, in words, and nothing else."""
    tables = (ADDITIVE, (NOT_A_LAW,), REVERSE, FORWARD, LENS_CATEGORY, (FUNCTOR,), WELL_BEHAVED, ACTION_LAWS, PARA)
    rows = re.findall(r"^\| (?!name)([^|-][^|]*?) \| `(.*)` \|$", (ROOT / "docs" / "laws.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [(law.name, law.statement) for table in tables for law in table]


def test_there_is_something_to_run():
    assert len(blocks(ROOT / "README.md")) >= 3 and len(blocks(ROOT / "docs" / "tutorial.md")) >= 10 and len(EXAMPLES) >= 3
