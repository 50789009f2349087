"""Tables of claims: every verdict with what stands behind it."""

import io

from rich.console import Console

from symcat.show.claims import explanation, ledger, listing, obligations, shortened, summary_line, verdict_text


def record(name, verdict, expected="proved", **more):
    return {"name": name, "statement": f"{name} holds", "source": "s", "expected": expected, "verdict": verdict, "equality": "as morphisms",
            "method": "normal form", "premises": [], "witness": None, "seconds": 0.5, "certificate": None} | more


PROVED = record("RD.1", "proved", premises=["eps > 0", "s[i] > 0 for i < n"])
REFUTED = record("GetPut", "refuted", "refuted", witness={"inputs": {"p": ["1"]}, "left": "8", "right": "0"})
WRONG = record("RD.2", "refuted", witness={"inputs": {"x": "1/2"}, "left": "3", "right": "1"})
OPEN = record("RD.7", "unknown", reason="no cut sufficed", tested=12)


def printed(renderable) -> str:
    file = io.StringIO()
    Console(file=file, width=200, color_system=None).print(renderable)
    return file.getvalue()


def test_what_stands_behind_a_verdict():
    assert explanation(PROVED) == "eps > 0; s[i] > 0 for i < n"
    graded = PROVED | {"premises": ["x != 0"], "domains": {"grade": "equal on the common domain", "left": ["x != 0"], "right": []}}
    assert explanation(graded) == "x != 0; equal on the common domain: x != 0 on the left only"
    assert explanation(graded | {"domains": {"grade": "same domain", "left": [], "right": []}}) == "x != 0"
    assert explanation(REFUTED) == "at p=[1] the two sides are 8 and 0"
    assert explanation(OPEN) == "no cut sufficed (12 points agree)"


def test_an_unexpected_verdict_says_what_was_expected():
    assert verdict_text(PROVED).plain == "PROVED" and verdict_text(REFUTED).plain == "REFUTED"
    assert verdict_text(WRONG).plain == "REFUTED, expected proved" and "red" in str(verdict_text(WRONG).style)


def test_obligations_show_what_is_decided_and_what_waits():
    text = printed(obligations([PROVED], ["RD.6"]))
    assert "eps > 0; s[i] > 0 for i < n" in text and "0.50" in text
    assert next(line for line in text.splitlines() if "RD.6" in line).count("...") == 1


def test_the_ledger_counts_by_topic_and_shows_refutations_and_surprises():
    text = printed(ledger([PROVED, REFUTED, WRONG, OPEN], {"reverse": [0, 2, 3], "lens": [1]}))
    row = next(line for line in text.splitlines() if "reverse" in line)
    assert [cell.strip() for cell in row.split("│")[1:-1]] == ["reverse", "3", "1", "1", "1", "2", "1.5"]
    assert "at p=[1] the two sides are 8 and 0" in text and "GetPut holds" in text
    assert text.index("not as expected") < text.index("REFUTED, expected proved") < text.index("UNKNOWN, expected proved")


def test_a_listing_says_of_each_row_its_topic_and_what_it_rests_on():
    rows = [PROVED | {"topic": "reverse", "method": "Z3"}, REFUTED | {"topic": "lens"}, PROVED | {"topic": "t", "method": "a, trusted: z3"}]
    lines = printed(listing(rows, ["trusted: z3", "", "trusted: z3"])).splitlines()
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines if "│" in line]
    assert [row[0] for row in cells] == ["reverse", "lens", "t"] and [row[2] for row in cells] == ["PROVED", "REFUTED", "PROVED"]
    assert [row[3] for row in cells] == ["Z3 (trusted: z3)", "normal form", "a, trusted: z3"] and "the two sides are 8 and 0" in cells[1][4]


def test_a_question_expects_either_verdict():
    question = record("PutGet", "refuted", "either", witness={"left": "3", "right": "1"})
    assert verdict_text(question).plain == "REFUTED" and "not as expected" not in printed(ledger([question], {"lens": [0]}))


def test_summary_line():
    counts = {"total": 4, "as_expected": 2, "unexpected": 1, "unknown": 1}
    assert summary_line(counts, 1.26).plain == "4 claims: 2 as expected, 1 unexpected, 1 unknown, in 1.3 s"
    assert "red" in str(summary_line(counts, 1).style) and "green" in str(summary_line(counts | {"as_expected": 4}, 1).style)


def test_many_premises_are_counted_and_a_long_one_is_cut():
    many = [f"v{k} != 0" for k in range(100)]
    text = shortened(many)
    shown = text.count("!=")
    assert len(text) < 300 and text.endswith(f"and {100 - shown} more in the certificate") and text.startswith("v0 != 0; v1 != 0")
    assert shortened(["x" * 1000]) == "x" * 240 + "..." and shortened(many[:3]) == "v0 != 0; v1 != 0; v2 != 0" and shortened([]) == ""
