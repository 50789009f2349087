"""Goals over scalars: ours beside `sympy.simplify` and `.equals`, each goal by one after the other, each under the same limit."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import sympy as sp

from symcat.bench.limited import Limited, Timed
from symcat.bench.prover.goals import KINDS, Goal
from symcat.bench.report import Bar, Report, Row, microseconds
from symcat.prove.decide import decide

LIMIT = 2.0
OURS = "symcat"
SUITE = "prover, scalars"
TRUE_PROVED, FALSE_REFUTED, TIMES_FASTER = 97.0, 98.0, 30.0
SHOWN = 300
Progress = Callable[[str], None]


def ours(goal: Goal) -> str:
    return decide(goal.lhs, goal.rhs).status


def simplify(goal: Goal) -> str:
    """A difference that does not simplify to 0 decides nothing."""
    return "proved" if sp.simplify(goal.lhs - goal.rhs) == 0 else "unknown"


def equals(goal: Goal) -> str:
    return {True: "proved", False: "refuted"}.get(goal.lhs.equals(goal.rhs), "unknown")


PEERS: dict[str, Callable[[Goal], str]] = {"sympy.simplify": simplify, "sympy.equals": equals}


def warm_ours() -> None:
    """Load what a first goal would load: both engines and the solver."""
    from symcat.prove.smt import contradictory

    x = sp.Symbol("x", real=True)
    decide(sp.Max(x**2, sp.exp(x)), sp.Max(sp.exp(x), x**2) + 1)
    decide(sp.sin(x) ** 2 + sp.cos(x) ** 2, sp.Integer(1))
    contradictory([x > 1, x < 0])


def warm_peers() -> None:
    """Load what a first goal would load."""
    x = sp.Symbol("x", real=True)
    sp.simplify(sp.sin(x) ** 2 + sp.cos(x) ** 2 + sp.exp(x) / sp.cosh(x))
    (sp.sin(x) ** 2 + sp.cos(x) ** 2).equals(1)


@dataclass(frozen=True)
class Outcome:
    """What every tool that was asked says of a goal."""

    goal: Goal
    found: dict[str, Timed]

    @property
    def expected(self) -> str:
        return "proved" if self.goal.true else "refuted"

    def right(self, tool: str) -> bool:
        return self.found[tool].answer == self.expected

    def wrong(self, tool: str) -> bool:
        """The opposite of the truth, which is worse than no answer."""
        return self.found[tool].answer == ("refuted" if self.goal.true else "proved")


def measure(goals: Sequence[Goal], peers: int | None = None, progress: Progress = lambda note: None) -> list[Outcome]:
    """Ours on all goals, the peers on so many of those that are held out (all of these when no number is given)."""
    asked = [goal for goal in goals if goal.held_out][:peers]
    chosen = {id(goal) for goal in asked}
    found = []
    with ExitStack() as stack:
        tools = {OURS: stack.enter_context(Limited(ours, LIMIT, warm_ours))}
        tools |= {name: stack.enter_context(Limited(function, LIMIT, warm_peers)) for name, function in PEERS.items()}
        for goal in goals:
            names = tuple(tools) if id(goal) in chosen else (OURS,)
            found.append(Outcome(goal, {name: tools[name](goal) for name in names}))
            progress(goal.name)
    return found


def report(outcomes: Sequence[Outcome]) -> Report:
    """Rows by kind of goal and by part, the bars of the part that is held out, and every goal that was not decided as it should be.

    Of goals that are held out only the names are told, so that reading a report is not a way of tuning on them.
    """
    held = [outcome for outcome in outcomes if outcome.goal.held_out]
    tuned = [outcome for outcome in outcomes if not outcome.goal.held_out]
    parts = {"held out": held, "tuned on": tuned}
    parts |= {f"held out, {kind}": [one for one in held if one.goal.kind == kind] for kind in dict.fromkeys(KINDS)}
    rows = tuple(_row(case, part) for case, part in parts.items() if part)
    return Report(rows, _bars(held, outcomes), tuple(_told(one) for one in outcomes if not one.right(OURS)))


def _row(case: str, part: Sequence[Outcome]) -> Row:
    seconds = [one.found[OURS].seconds for one in part]
    counts = {"true": sum(one.goal.true for one in part), "true proved": _right(part, OURS, True),
              "false": sum(not one.goal.true for one in part), "false refuted": _right(part, OURS, False)}
    peers, ratio = {}, {}
    for name in PEERS:
        both = [one for one in part if name in one.found]
        if both:
            peers[name] = microseconds([one.found[name].seconds for one in both])
            ratio[name] = times_faster(both, name)
            ratio[f"{name}, median"] = statistics.median(one.found[name].seconds / one.found[OURS].seconds for one in both)
            late, wrong = sum(one.found[name].answer == "late" for one in both), sum(one.wrong(name) for one in both)
            counts |= {f"{name}, {word}": count for word, count in {
                "goals": len(both), "true proved": _right(both, name, True), "false refuted": _right(both, name, False),
                "late": late, "wrong": wrong}.items()}
    return Row(SUITE, case, microseconds(seconds), peers, ratio, counts)


def times_faster(part: Sequence[Outcome], name: str) -> float:
    """The total time of a peer over ours on the same goals; a lower bound, since what is late counts with the limit."""
    return sum(one.found[name].seconds for one in part) / sum(one.found[OURS].seconds for one in part)


def _right(part: Sequence[Outcome], tool: str, true: bool) -> int:
    return sum(one.right(tool) for one in part if one.goal.true == true and tool in one.found)


def _bars(held: Sequence[Outcome], outcomes: Sequence[Outcome]) -> tuple[Bar, ...]:
    def share(true: bool) -> float | None:
        count = sum(one.goal.true == true for one in held)
        return 100 * _right(held, OURS, true) / count if count else None

    both = [one for one in held if "sympy.simplify" in one.found]
    chains = [one for one in outcomes if one.goal.kind == "RD.5"]
    decided = 100 * sum(one.found[OURS].answer in ("proved", "refuted") for one in chains) / len(chains) if chains else None
    note = f"{len(held)} goals held out of {len(outcomes)}"
    return (
        Bar("wrong verdicts, all goals", sum(one.wrong(OURS) for one in outcomes), at_most=0, note=f"{len(outcomes)} goals"),
        Bar("held out: true goals proved", share(True), "%", at_least=TRUE_PROVED, note=note),
        Bar("held out: false goals refuted", share(False), "%", at_least=FALSE_REFUTED, note=note),
        Bar("held out: total time of sympy.simplify over ours", times_faster(both, "sympy.simplify") if both else None, "times",
            at_least=TIMES_FASTER, note=f"{len(both)} goals, {LIMIT:g} s each at most"),
        Bar("RD.5 goals decided", decided, "%", at_least=100.0, note=f"{len(chains)} goals"),
    )


def _told(one: Outcome) -> str:
    goal, timed = one.goal, one.found[OURS]
    sides = "" if goal.held_out and not one.wrong(OURS) else f": {str(goal.lhs)[:SHOWN]} = {str(goal.rhs)[:SHOWN]}"
    part = "held out" if goal.held_out else "tuned on"
    return f"{goal.name}, {part}: {timed.answer}, expected {one.expected}, {timed.seconds:.2f} s{sides}"
