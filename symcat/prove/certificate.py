"""Certificates, replayed.

A certificate is *replayed*, not checked line by line: `recheck` verifies the digest, loads both programs from the file, runs
the engine again and compares the two programs at fresh exact points with the reference interpreter, which shares no code with
the engine.  What is trusted, therefore: the engine that wrote the certificate, unless the points contradict it.  The certificate
of an inequality is checked indeed: its identities are replayed in exact arithmetic, unless it says that Z3 is trusted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from symcat.category.serialise import content_digest
from symcat.errors import SymcatError
from symcat.prove import checker
from symcat.prove.claim import Inequality
from symcat.prove.decide import settle
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
        record = read(Path(path))
        goal = load_goal(record["goal"])
        if isinstance(goal, Inequality):
            return _recheck_inequality(path, goal, record)
        verdict, _ = settle(goal, record["equality"], seed=int(content_digest(record)[:8], 16))
    except SymcatError as error:
        return Recheck(str(path), False, str(error))
    if verdict.refuted:
        return Recheck(str(path), False, f"the goal is false: {verdict}")
    if not verdict.proved:
        return Recheck(str(path), False, f"the engine no longer proves the goal: {verdict}")
    stated, found = record["premises"], list(verdict.premises)
    if unstated := [premise for premise in found if premise not in stated]:
        return Recheck(str(path), False, f"the proof needs premises that the certificate does not state: {'; '.join(unstated)}")
    try:
        counts = checker.check(record)
    except checker.Refused as refusal:
        return Recheck(str(path), False, f"the checker refuses it: {refusal}")
    points = f"; {verdict.tested} exact points agree" if verdict.tested else ""
    return Recheck(str(path), True, f"digest right; replayed by the engine ({verdict.method}){points}; {checked(counts)}")


def checked(counts: Mapping[str, int]) -> str:
    """What the independent checker found, in words."""
    if "unchecked" not in counts:
        return "checked independently of the engine"
    done = sum(count for method, count in counts.items() if method != "unchecked")
    part = f"{done} of {sum(counts.values())} parts checked independently of the engine, the others " if done else ""
    return f"{part}not checked by a second prover"


def _recheck_inequality(path: str | Path, goal: Inequality, record: Mapping[str, Any]) -> Recheck:
    """Replay the identities of an inequality's certificate; nothing is searched for."""
    from symcat.prove.inequality.engine import TRUSTED, fault, trusted

    why = fault(goal, record["premises"], record["trace"])
    if why:
        return Recheck(str(path), False, why)
    cells = record["trace"]["cells"]
    asked = trusted(record["trace"])
    replayed = f"{len(cells) - asked} of {len(cells)} identities replayed in exact arithmetic"
    return Recheck(str(path), True, f"digest right; {replayed}" + (f"; {asked} asked again, {TRUSTED}" if asked else ""))
