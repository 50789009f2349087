"""Claims that are proved, written as Coq files: one file for each topic, one module for each claim, one prelude for all.

What Coq checks is said in every file.  What is not checked: that the programs are those of the law that a claim names; symcat
computed them, derivatives included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from symcat.errors import SymcatError, UsageError
from symcat.prove.campaign import Entry
from symcat.prove.claim import Additive, Claim, Equation, Formula, Inequality
from symcat.prove.coq.equation import Theorem, theorem
from symcat.prove.coq.names import Names, comment
from symcat.prove.coq.orders import formula, inequality
from symcat.prove.coq.scalars import NotExported

PRELUDE = Path(__file__).with_name("Symcat.v")
CLAIMS_PER_FILE = 60
HEADER = (
    "What is proved in this file: for each claim of an equation, that the functions defined as its two sides have equal values, at all",
    "sizes and all inputs that satisfy the hypotheses; for the other claims, the theorem says it all.  Sums, maxima, exp, ln, sqrt, tanh",
    "and the rest are the functions of Coq's library or of Symcat.v, which assumes nothing.  A function named any_... is a variable: the",
    "theorem holds whatever it is.  Division is total in Coq, with 1/0 = 0, and ln and sqrt are 0 below 0.  That a denominator is not 0,",
    "or an argument not negative, is a hypothesis where a claim requires it; a theorem depends on the hypotheses that its proof needs,",
    "and Check shows which.  Over Z2 entries are Booleans; modulo other numbers they are all integers, so what holds holds modulo each.",
    "What is not proved here: that the two sides are those of the law that the claim names.  symcat computed them, derivatives included.",
    "Print Assumptions, followed by the name of a theorem, lists what it rests on: nothing, or the axioms of Coq's real numbers.",
)


@dataclass(frozen=True)
class Export:
    """What was written, and what was not, with the reasons."""

    folder: Path
    files: tuple[Path, ...]
    methods: dict[str, int]
    left_out: dict[str, list[str]]

    @property
    def count(self) -> int:
        return sum(self.methods.values())

    @property
    def total(self) -> int:
        return self.count + sum(map(len, self.left_out.values()))


def export(entries: Iterable[Entry], folder: Path, accepts: Callable[[str], bool] | None = None,
           progress: Callable[[str], object] = lambda name: None) -> Export:
    """Write the proved claims of a ledger to a folder; files of an earlier export that are not written now stay.

    `accepts` says whether coqc accepts a text.  It is asked about claims whose proof is searched for by tactics, which may fail;
    without it they are written as they are.  `progress` is told the name of each entry that is looked at.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file: give --coq a folder, which is made when it does not exist")
    topics: dict[str, list[tuple[Claim, list[Theorem]]]] = {}
    methods: dict[str, int] = {}
    left_out: dict[str, list[str]] = {}
    for entry in entries:
        progress(entry.claim.name)
        if not entry.verdict.proved:
            continue
        try:
            found = theorems(entry.claim)
            if accepts and any(one.searched for one in found) and not accepts(file_text(entry.topic, [(entry.claim, found)])):
                raise NotExported("the tactics find no proof")
        except NotExported as reason:
            left_out.setdefault(str(reason), []).append(entry.claim.name)
            continue
        topics.setdefault(entry.topic, []).append((entry.claim, found))
        method = "; ".join(sorted({one.method for one in found}))
        methods[method] = methods.get(method, 0) + 1
    return Export(folder, _written(topics, folder), dict(sorted(methods.items())), dict(sorted(left_out.items())))


def theorems(claim: Claim) -> list[Theorem]:
    """The theorems of a claim; NotExported with the reason when it has none."""
    try:
        goal = claim.goal()
        if isinstance(goal, Additive):
            goal = goal.equations
        if isinstance(goal, tuple) and all(isinstance(equation, Equation) for equation in goal):
            return [theorem(f"Part_{k + 1}", equation) for k, equation in enumerate(goal)]
        if isinstance(goal, Inequality):
            return [inequality("Part_1", goal)]
        if isinstance(goal, Formula):
            return [formula("Part_1", goal)]
        raise NotExported(f"a goal of the kind {type(goal).__name__}")
    except NotExported:
        raise
    except SymcatError as error:
        raise NotExported(f"the goal cannot be read: {type(error).__name__}") from error


def _written(topics: dict[str, list[tuple[Claim, list[Theorem]]]], folder: Path) -> tuple[Path, ...]:
    folder.mkdir(parents=True, exist_ok=True)
    names = Names()
    names.taken.add("Symcat")
    texts = {"Symcat.v": PRELUDE.read_text(encoding="utf-8")}
    for topic, claims in topics.items():
        for start in range(0, len(claims), CLAIMS_PER_FILE):
            label = topic.capitalize() if len(claims) <= CLAIMS_PER_FILE else f"{topic.capitalize()}_{start // CLAIMS_PER_FILE + 1}"
            texts[f"{names.new(label or 'Claims')}.v"] = file_text(topic, claims[start:start + CLAIMS_PER_FILE])
    texts["_CoqProject"] = "".join(f"{line}\n" for line in ("-Q . \"\"", *(name for name in texts if name.endswith(".v"))))
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return tuple(folder / name for name in texts)


def file_text(topic: str, claims: Sequence[tuple[Claim, Sequence[Theorem]]]) -> str:
    """One Coq file."""
    names = Names()
    lines = [comment(f"Claims about {topic}, exported by symcat."), *map(comment, HEADER), "",
             "Require Import ZArith Lia List Ring Reals Lra Symcat.", ""]
    for claim, found in claims:
        lines += [*_module(names.new(f"Claim_{claim.name}"), claim, found), ""]
    return "\n".join(lines)


def _module(name: str, claim: Claim, found: Sequence[Theorem]) -> list[str]:
    methods = "; ".join(dict.fromkeys(one.method for one in found))
    lines = [f"Module {name}.", comment(f"{claim.name}: {claim.statement}"), comment(f"source: {claim.source}; proved by: {methods}")]
    for one in found:
        lines += one.lines
    return [*lines, f"End {name}."]
