"""One-token edits of generated programs: validation must catch every one that changes the meaning."""

import io
import random
import tokenize
from dataclasses import replace

import pytest

from symcat.category.scalars import Undecided
from symcat.errors import ValidationError
from symcat.kernel.emit import Text
from symcat.kernel.validate import field_check, symbol_check
from tests.category.programs import BY_NAME
from tests.kernel.steps import learner, learner_work, program_step

WORKS = {
    "adam": lambda: learner_work(learner("adam", (2, 9, 3)), 2),
    "descent": lambda: learner_work(learner("gradient_descent", (3, 4, 2), "relu"), 3),
    "max pool": lambda: program_step(BY_NAME["max pool"]),
    "masked": lambda: program_step(BY_NAME["masked"]),
    "running sum": lambda: program_step(BY_NAME["running sum"]),
}
SWAPS = {"+": "-", "-": "+", "*": "+", "/": "*", "+=": "-=", ">=": ">", "==": "!=", "min": "max", "max": "min",
         "f_tanh": "f_exp", "f_exp": "f_tanh", "f_log": "f_exp", "f_sqrt": "f_log", "f_relu": "f_step", "f_step": "f_relu",
         "F_0": "F_1", "F_1": "F_0"}
COUNT = 40
# Edits that leave the meaning: 0/1 as 0/2, one more turn of a loop whose inner loop is then empty, entries that are only added up.
SAME = ("-> F_0 = rational(0, 2)", "for i in range(5): -> for i in range(6):", "-> S[i + o_sum1] += S[i + 2*j + o_mul]")


def edits(program: str) -> list[tuple[str, str]]:
    """(what was changed, the text) for every single-token edit."""
    lines = program.splitlines(keepends=True)
    found = []
    for token in tokenize.generate_tokens(io.StringIO(program).readline):
        row, column = token.start[0] - 1, token.start[1]
        line = lines[row] if row < len(lines) else ""
        for new in replacements(token, line, lines):
            changed = line[:column] + new + line[token.end[1]:]
            found.append((f"line {row + 1}: {line.strip()} -> {changed.strip()}", "".join([*lines[:row], changed, *lines[row + 1:]])))
    return found


def replacements(token: tokenize.TokenInfo, line: str, lines: list[str]) -> list[str]:
    if skipped(token, line):
        return []
    if token.type == tokenize.NUMBER:
        return [str(int(token.string) + 1)]
    if token.string in SWAPS:
        return [SWAPS[token.string]]
    if token.type == tokenize.NAME and token.string.startswith("o_"):
        words = {word for other in lines for word in other.split() if word.startswith("o_")}
        return sorted(words - {token.string})[:1]
    if token.type == tokenize.NAME and token.string in ("i", "j") and "for" not in line:
        return ["j" if token.string == "i" else "i"]
    return []


def skipped(token: tokenize.TokenInfo, line: str) -> bool:
    """Edits that cannot change the meaning: comments, the first position of a maximum, an unread shape, the names of definitions."""
    text = line.strip()
    return (token.type == tokenize.COMMENT or (text.startswith("q") and text.endswith("= 0")) or "losses.shape" in text
            or (text.startswith(("o_", "p_", "F_")) and token.type == tokenize.NAME))


def caught(work, program: str) -> bool:
    mutant = replace(work, text=Text(program, work.text.lines))
    try:
        field_check(mutant)
        proved, total = symbol_check(mutant, seconds=20)
    except (ValidationError, Undecided):
        return True
    return proved < total


@pytest.mark.parametrize("name", WORKS)
def test_every_edit_is_caught(name):
    work = WORKS[name]()
    assert not caught(work, work.text.program)
    mutants = edits(work.text.program)
    chosen = random.Random(name).sample(mutants, min(COUNT, len(mutants)))
    alive = [what for what, program in chosen if not what.endswith(SAME) and not caught(work, program)]
    assert len(chosen) >= 25
    assert not alive, "\n".join(alive)


def test_every_removed_line_is_caught():
    work = WORKS["max pool"]()
    lines = work.text.program.splitlines(keepends=True)
    for k, line in enumerate(lines):
        if line.strip().startswith(("S[", "a =", "a +=", "q0 = i", "q0 = j", "I[", "losses[", "v =")):
            assert caught(work, "".join([*lines[:k], *lines[k + 1:]])), line
