"""Edits of one token of generated programs: validation must refuse every one, unless what is computed stays the same.

An edit stays when the program changes the same entries to the same values in the same order as before, in memory full of other
garbage, padding left out: then there is nothing to refuse.
"""

import io
import random
import tokenize
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from symcat.category.modular import P
from symcat.errors import ValidationError
from symcat.kernel import validate
from symcat.kernel.emit import Text
from symcat.kernel.tiles.host import AVX2, AVX512, SSE2
from symcat.kernel.twins import FIELD, Memory, Twin
from symcat.kernel.validate import Compiled, field_check
from tests.category.programs import BY_NAME
from tests.kernel.steps import learner, learner_work, program_step

WORKS = {
    "adam": lambda: learner_work(learner("adam", (2, 9, 3)), 2, AVX2),
    "descent": lambda: learner_work(learner("gradient_descent", (3, 17, 2), "relu"), 5, SSE2),
    "max pool": lambda: program_step(BY_NAME["max pool"], processor=AVX512),
    "masked": lambda: program_step(BY_NAME["masked"], processor=SSE2),
    "running sum": lambda: program_step(BY_NAME["running sum"], processor=SSE2),
    "convolution": lambda: program_step(BY_NAME["convolution"], processor=SSE2),
    "attention": lambda: program_step(BY_NAME["attention"], processor=SSE2),
    "argmax row": lambda: program_step(BY_NAME["argmax row"], processor=SSE2),
}
SWAPS = {"+": "-", "-": "+", "*": "+", "/": "*", ">=": ">", "==": "!=", "min": "max", "max": "min", "load": "gather", "hsum": "hmax",
         "f_tanh": "f_exp", "f_exp": "f_tanh", "f_log": "f_exp", "f_sqrt": "f_log", "f_relu": "f_step", "f_step": "f_relu",
         "F_0": "F_1", "F_1": "F_0"}
COUNT = 40


@dataclass(frozen=True)
class Recording(Twin):
    """The prime field with a record of what is written to the arena."""

    written: list = field(default_factory=list)

    def memory(self, values, name=""):
        plain = super().memory(values, name)
        return plain if name else Record(plain, self.written)


class Record(Memory):
    def __init__(self, memory: Memory, written: list) -> None:
        super().__init__(memory.values, memory.wrap, memory.unwrap)
        self.written = written

    def write(self, address, steps, values):
        self.written.append((getattr(address, "name", ""), self.places(address, steps).ravel(), np.ravel(values)))
        super().write(address, steps, values)

    def __setitem__(self, address, value):
        self.written.append((getattr(address, "name", ""), np.array([self.place(address)]), np.array([self.unwrap(value)])))
        super().__setitem__(address, value)


def record(work: Compiled, seed: int) -> list[tuple[int, int]]:
    """Every write that changes an entry, in order: place and value; the padding of its array left out."""
    live = {name: set(buffer.addresses.tolist()) for name, buffer in work.layout.arrays.items()}
    twin, draw = Recording(**vars(FIELD)), np.random.default_rng(seed)
    sizes, count = [tuple(map(int, wire.shape)) for wire in work.f.dom.types], len(work.plan.states)
    inputs = [draw.integers(1, P, size=size) for size in sizes]
    validate.run(work, twin, inputs[:count], [array[None] for array in inputs[count:]], np.random.default_rng([seed, 1]))
    changes, held = [], {}
    for name, places, values in twin.written:
        for place, value in zip(places.tolist(), values.tolist(), strict=True):
            if (name not in live or place in live[name]) and held.get(place) != value:
                changes.append((place, int(value)))
            held[place] = value
    return changes


def edits(program: str) -> list[tuple[str, str]]:
    """(what was changed, the text) for every edit of one token."""
    lines = program.splitlines(keepends=True)
    arrays = sorted({line.split()[0] for line in lines if line.startswith("o_")})
    found = []
    for token in tokenize.generate_tokens(io.StringIO(program).readline):
        row, column = token.start[0] - 1, token.start[1]
        line = lines[row] if row < len(lines) else ""
        for new in replacements(token, line, arrays):
            changed = line[:column] + new + line[token.end[1]:]
            found.append((f"line {row + 1}: {line.strip()} -> {changed.strip()}", "".join([*lines[:row], changed, *lines[row + 1:]])))
    return found


def replacements(token: tokenize.TokenInfo, line: str, arrays: list[str]) -> list[str]:
    if token.type == tokenize.COMMENT or "losses.shape" in line or (line.startswith(("o_", "p_", "F_")) and token.type == tokenize.NAME):
        return []
    if token.type == tokenize.NUMBER:
        return [str(int(token.string) + 1), *([str(int(token.string) - 1)] if int(token.string) else [])]
    if token.string in SWAPS:
        return [SWAPS[token.string]]
    if token.string.startswith("o_"):
        return [arrays[arrays.index(token.string) - 1]] if len(arrays) > 1 and token.string in arrays else []
    if token.string.partition("_")[0] in ("load", "zero", "full") and "x" in token.string:
        head, *rest = token.string.split("x")
        return ["x".join([head, *rest[:-1], str(int(rest[-1]) * 2)])]
    if token.string in ("i", "j", "k") and "for" not in line:
        return ["j" if token.string == "i" else "i"]
    return []


def mutant(work: Compiled, program: str) -> Compiled:
    return replace(work, text=Text(program, work.text.lines))


def caught(work: Compiled, program: str) -> bool:
    try:
        field_check(mutant(work, program), steps=1)
    except ValidationError:
        return True
    return False


def unchanged(work: Compiled, program: str) -> bool:
    """Whether an edit writes what the program writes."""
    return all(record(mutant(work, program), seed) == record(work, seed) for seed in (5, 6))


@pytest.mark.parametrize("name", WORKS)
def test_every_edit_is_caught(name):
    work = WORKS[name]()
    assert not caught(work, work.text.program)
    mutants = edits(work.text.program)
    chosen = random.Random(name).sample(mutants, min(COUNT, len(mutants)))
    alive = [(what, program) for what, program in chosen if not caught(work, program)]
    wrong = [what for what, program in alive if not unchanged(work, program)]
    assert len(chosen) >= 25 and 2 * len(alive) < len(chosen)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", ["max pool", "descent"])
def test_every_removed_statement_is_caught(name):
    work = WORKS[name]()
    lines, removed = work.text.program.splitlines(keepends=True), 0
    for k, line in enumerate(lines):
        if line.strip().startswith(("S[", "store(", "scatter(", "losses[")) or (" = " in line and line.startswith("        ")):
            rest = "".join([*lines[:k], *lines[k + 1:]])
            removed += 1
            assert caught(work, rest) or unchanged(work, rest), line
    assert removed > 20
