"""A card on the terminal, as Markdown and as LaTeX: from data made by hand, with everything that needs care in it."""

import io
import re

import pytest
from rich.console import Console

from symcat.show.card import card, common, reason, sections
from symcat.show.card_text import latex, markdown, shortened

WITNESS = {"dims": {"n": 1}, "inputs": {"p": ["1"]}, "left": "-1", "right": "-1/2", "output": "m_1", "index": [0]}
FIELDS = {"source": "", "equality": "as functions", "method": "", "premises": [], "witness": None, "seconds": 0.25, "certificate": None,
          "expected": "either", "statement": "put(a, get(a)) = a"}
PROVED = {**FIELDS, "name": "GetPut", "verdict": "proved", "premises": ["lr > 0", "a | b & 100% of {x}"]}
REFUTED = {**FIELDS, "name": "uniform_scaling", "verdict": "refuted", "witness": WITNESS, "leg": "m_1", "functors": "m_1 -> m_1/scale^2",
           "path": PROVED, "levels": {"Fc": {**FIELDS, "name": "", "verdict": "unknown", "reason": "late"}}}
DATA = {"target": "my_rule", "laws": [PROVED, REFUTED], "group": "B_n⋉Rⁿ",
        "findings": [{"finding": "units", "level": "note", "detail": "[lr] = [p]^2/[L]"},
                     {"finding": "dead_hyperparameters", "level": "problem", "detail": "nothing depends on wd_2"}]}


def printed(data):
    console = Console(width=140, record=True, file=io.StringIO())
    console.print(card(data))
    return console.export_text()


def test_the_terminal_shows_laws_levels_group_and_findings():
    text = printed(DATA)
    for words in ("law card of my_rule", "GetPut", "PROVED", "REFUTED", "Fc", "yes", "natural under B_n⋉Rⁿ", "units: [lr] = [p]^2/[L]",
                  "dead hyperparameter: nothing depends on wd_2", "m_1 differs: at n=1, p=[1]"):
        assert words in text, words


def test_square_brackets_are_no_markup():
    assert "[m_1 -> m_1/scale^2]" in printed(DATA)


def test_a_path_with_another_verdict_is_told_apart():
    assert "on the path proved: lr > 0" in reason(REFUTED)
    assert "on the path" not in reason({**REFUTED, "path": REFUTED})


def test_premises_that_all_proofs_share_are_told_once():
    laws = [PROVED, {**PROVED, "name": "PutGet", "premises": ["lr > 0", "t >= 0"]}, REFUTED]
    assert common(laws) == ("lr > 0",) and common([PROVED, REFUTED]) == ()
    assert reason(laws[1], common(laws)) == "t >= 0"
    for text in (printed({**DATA, "laws": laws}), markdown({**DATA, "laws": laws}).replace("&lt;", "<")):
        assert text.count("lr > 0") == 2      # told once, and once for the path of the law that is refuted


def test_sections_keep_every_law():
    assert [(title, [law["name"] for law in laws]) for title, laws in sections(DATA["laws"])] == [
        ("the lens", ["GetPut"]), ("symmetries", ["uniform_scaling"])]


def test_markdown_tables_have_as_many_cells_as_heads():
    text = markdown(DATA)
    heads = 0
    for line in text.splitlines():
        if line.startswith("|"):
            cells = len(re.split(r"(?<!\\)\|", line)) - 2
            heads = cells if "law" in line and "one step" in line else heads
            assert cells == heads, line
    assert "**REFUTED**" in text and "Natural under **B_n⋉Rⁿ**." in text


def test_latex_is_balanced_and_escaped():
    text = latex(DATA)
    assert text.count(r"\begin{") == text.count(r"\end{")
    for name in re.findall(r"\\begin\{(\w+)\}", text):
        assert rf"\end{{{name}}}" in text
    body = text.split(r"\begin{document}")[1]
    depth = 0
    for c in re.sub(r"\\[{}]", "", body):
        depth += (c == "{") - (c == "}")
        assert depth >= 0
    assert depth == 0
    assert not re.search(r"(?<!\\)[#%]", body) and r"wd\_2" in body and body.isascii()
    rows = [line for line in body.splitlines() if line.endswith(r"\\")]
    assert len({len(re.findall(r"(?<!\\)&", row)) for row in rows[2:]}) == 1


@pytest.mark.parametrize("most", [20, 40])
def test_long_words_are_cut(most):
    assert len(shortened("x " * 100, most)) <= most and shortened("a  b\nc", most) == "a b c"
