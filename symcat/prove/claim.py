"""Claims with their verdicts, as the data that the command line, the cache and other programs exchange."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symcat.laws.claim import Additive, Claim, Equation, Formula, Goal, Holds, Inequality, Order
from symcat.verdict import Domains, Verdict

__all__ = ["Additive", "Claim", "Equation", "Formula", "Goal", "Holds", "Inequality", "Order", "as_expected", "record", "verdict_of"]


def as_expected(claim: Claim, verdict: Verdict) -> bool:
    """Whether the verdict is the one that the claim expects."""
    return verdict.status in (("proved", "refuted") if claim.expected == "either" else (claim.expected,))


def record(claim: Claim, verdict: Verdict) -> dict[str, Any]:
    """A claim and its verdict as JSON-able data; `reason`, `tested` and `domains` are there when they say something."""
    data: dict[str, Any] = {
        "name": claim.name,
        "statement": claim.statement,
        "source": claim.source,
        "expected": claim.expected,
        "verdict": verdict.status,
        "equality": verdict.equality,
        "method": verdict.method,
        "premises": list(verdict.premises),
        "witness": None if verdict.witness is None else dict(verdict.witness),
        "seconds": round(verdict.seconds, 6),
        "certificate": None if verdict.certificate is None else dict(verdict.certificate),
    }
    further = {"reason": verdict.reason, "tested": verdict.tested, "domains": verdict.domains and verdict.domains.data()}
    return data | {name: value for name, value in further.items() if value}


def verdict_of(data: Mapping[str, Any]) -> Verdict:
    """The verdict that a record holds."""
    domains = data.get("domains")
    return Verdict(data["verdict"], data["method"], data["equality"], tuple(data["premises"]), data["witness"], data["certificate"],
                   data.get("reason", ""), data["seconds"], data.get("tested", 0),
                   domains and Domains(tuple(domains["left"]), tuple(domains["right"])))
