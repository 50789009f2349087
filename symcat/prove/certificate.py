"""Certificates, checked.

`recheck` verifies the digest, loads the goal by a whitelist, asks the engine again for the premises and compares both sides at
fresh exact points with the reference interpreter; then `symcat.checker`, which shares no code with the engine, replays the proof.
A part that it has no rules for rests on the engine's word, or on Z3's, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from symcat import checker
from symcat.category.serialise import content_digest
from symcat.errors import SymcatError
from symcat.laws.induction import INDUCTIVE
from symcat.prove import holds, induction, inside
from symcat.prove.boolean.settle import replayable, verified_by_replay
from symcat.prove.claim import Additive, Holds, Inequality, Order
from symcat.prove.decide import settle
from symcat.prove.discharge import undone
from symcat.prove.engines import BARE
from symcat.prove.field.read import ScalarGoal
from symcat.prove.field.sample import compare
from symcat.prove.inequality.engine import TRUSTED, fault, trusted
from symcat.prove.record import load_goal, read


@dataclass(frozen=True)
class Recheck:
    """What came of replaying a certificate."""

    file: str
    ok: bool
    why: str


def recheck(path: str | Path) -> Recheck:
    """Verify the digest, prove the goal again from the programs in the file, and compare the programs at random points."""
    try:
        ok, why = verified(read(Path(path)))
    except SymcatError as error:
        return Recheck(str(path), False, str(error))
    return Recheck(str(path), ok, f"digest right; {why}" if ok else why)


def verified(record: Mapping[str, Any]) -> tuple[bool, str]:
    """Whether a record proves its goal, and what was done to see it; or why it does not."""
    try:
        goal = load_goal(record["goal"])
        if isinstance(goal, Inequality):
            return _inequality(goal, record)
        if replayable(record["trace"]):
            return verified_by_replay(goal, record)
        if isinstance(goal, (Holds, Order)):
            why = holds.flaw(goal, record["premises"], record["trace"]) or holds.misnamed(record)
            trust = f"; {TRUSTED}" if holds.by_z3(record["trace"]) else ""
            return not why, why or f"each condition shown again for a generic entry, at a point where all premises hold{trust}"
        if isinstance(goal, INDUCTIVE):
            return induction.replayed(goal, record, verified)
        verdict, _ = settle(goal, record["equality"], engines=BARE, seed=int(content_digest(record)[:8], 16))
    except SymcatError as error:
        return False, str(error)
    if verdict.refuted:
        return False, f"the goal is false: {verdict}"
    if not verdict.proved:
        return False, f"the engine no longer proves the goal: {verdict}"
    stated, found = record["premises"], list(verdict.premises)
    if unstated := [premise for premise in found if premise not in stated]:
        return False, f"the proof needs premises that the certificate does not state: {'; '.join(unstated)}"
    if why := _aside(goal, record):
        return False, why
    try:
        counts = checker.check(_with_discharged(record))
    except checker.Refused as refusal:
        return False, f"the checker refuses it: {refusal}"
    points = f", {verdict.tested} exact points agree" if verdict.tested else ""
    return True, f"the engine says so again ({verdict.method}){points}; {checked(counts, verdict.method)}"


def _aside(goal: object, record: Mapping[str, Any]) -> str:
    """Why the premises that equations say are discharged, or the points that satisfy them, are none; the empty text otherwise."""
    if isinstance(goal, ScalarGoal):
        return "" if _inside(goal, record["trace"]) else "the point that should satisfy the premises does not"
    equations = goal.equations if isinstance(goal, Additive) else goal
    if not isinstance(equations, tuple) or not _parts(record):
        return ""
    if {premise for part in record["trace"] for premise in part["premises"]} != set(record["premises"]):
        return "the premises of its parts are not those that it states"
    for equation, part in zip(equations, record["trace"], strict=False):
        sides = (equation.lhs, equation.rhs)
        if "discharged" in part and (why := undone(part["discharged"], sides, equation.facts)):
            return why
        if "inside" in part and (why := inside.flaw(sides, equation.facts, part["inside"])):
            return why
    return ""


def _parts(record: Mapping[str, Any]) -> bool:
    """Whether a record's trace is a list of proofs with their premises."""
    trace = record["trace"]
    return isinstance(trace, list) and all(isinstance(part, dict) and isinstance(part.get("premises"), list) for part in trace)


def _with_discharged(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The record with the premises that were discharged, and seen to be, among those of each part."""
    if not _parts(record):
        return record
    gone = [[one["premise"] for one in part.get("discharged", ())] for part in record["trace"]]
    pairs = zip(record["trace"], gone, strict=True)
    return {**record, "trace": [{**part, "premises": [*part["premises"], *found]} if found else part for part, found in pairs]}


def _inside(goal: ScalarGoal, trace: object) -> bool:
    """Whether the point of a proof about scalars satisfies the assumptions, and has values on both sides."""
    try:
        point = {name: Fraction(trace[0]["inside"][name]) for name in goal.variables}
    except (KeyError, IndexError, TypeError, ValueError, ArithmeticError):
        return False
    return bool(compare(goal, [point], 1, 1).inside)


def checked(counts: Mapping[str, int], method: str) -> str:
    """What the independent checker found, in words; of what it has no rules for, on whose word it rests."""
    done = ", ".join(f"{count} {method}" for method, count in counts.items() if method != checker.UNCHECKED)
    left = counts.get(checker.UNCHECKED, 0)
    if not left:
        return f"checked independently of the engine: {done}"
    trusted_parts = f"{left} of {sum(counts.values())} parts trusted: {'z3' if 'z3' in method else 'the engine'}"
    return f"checked independently of the engine: {done}; {trusted_parts}" if done else trusted_parts


def _inequality(goal: Inequality, record: Mapping[str, Any]) -> tuple[bool, str]:
    """Replay the cells of an inequality's certificate, or its identities; nothing is searched for."""
    why = fault(goal, record["premises"], record["trace"])
    if why:
        return False, why
    if "replay" in record["trace"]:
        try:
            return True, checked(checker.check(record), record["method"])
        except checker.Refused as refusal:
            return False, f"the checker refuses it: {refusal}"
    cells = record["trace"]["cells"]
    asked = trusted(record["trace"])
    replayed = f"{len(cells) - asked} of {len(cells)} identities replayed in exact arithmetic"
    return True, replayed + (f"; {asked} asked again, {TRUSTED}" if asked else "")
