"""Verdicts: proved, refuted or unknown, never true or false.

PROVED carries the digest of a certificate, REFUTED an exact witness with the two values that differ there, UNKNOWN says
what was tried.  A verdict that lacks what its status promises cannot be made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from symcat.errors import SoundnessError, UsageError

STATUSES = ("proved", "refuted", "unknown")
EQUALITIES = ("as morphisms", "as functions")
GRADES = ("equal on the common domain", "same domain")
STRICT = ("<", ">", "!=")     # relations that equal values violate
WHERE = ("dims", "hypers", "inputs", "point")


@dataclass(frozen=True)
class Domains:
    """How the domains of two equal sides compare: what each requires that is not shown to follow from what the other requires.

    >>> print(Domains(("x - 1 != 0",), ()))
    equal on the common domain: x - 1 != 0 on the left only
    """

    left: tuple[str, ...] = ()
    right: tuple[str, ...] = ()

    @property
    def grade(self) -> str:
        """The stronger grade when nothing is required on one side only."""
        return GRADES[not self.left and not self.right]

    def data(self) -> dict[str, Any]:
        """The grade and the conditions as JSON-able data."""
        return {"grade": self.grade, "left": list(self.left), "right": list(self.right)}

    def __str__(self) -> str:
        sides = [f"{', '.join(found)} on the {side} only" for side, found in (("left", self.left), ("right", self.right)) if found]
        return self.grade + (f": {'; '.join(sides)}" if sides else "")


@dataclass(frozen=True)
class Verdict:
    """The answer to one goal.

    `premises` are the conditions under which a proof holds, in words; `witness` says where two sides differ and their values
    there, `left` and `right`; `certificate` holds the `digest` of the proof's record, and its `path` once it is written;
    `tested` counts the points at which the two sides were compared and agreed; `domains` is the grade of an equality.

    >>> print(refuted({"dims": {"n": 1}, "inputs": {"x": "1"}, "left": "3", "right": "1"}))
    REFUTED: at n=1, x=1 the two sides are 3 and 1
    """

    status: str
    method: str = ""
    equality: str = "as morphisms"
    premises: tuple[str, ...] = ()
    witness: Mapping[str, Any] | None = None
    certificate: Mapping[str, Any] | None = None
    reason: str = ""
    seconds: float = 0.0
    tested: int = 0
    domains: Domains | None = None

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise UsageError(f"status {self.status!r}: a verdict is one of {', '.join(STATUSES)}")
        if self.equality not in EQUALITIES:
            raise UsageError(f"equality {self.equality!r}: a verdict is about equality {' or '.join(EQUALITIES)}")
        if self.status == "proved":
            self._check_proved()
        elif self.certificate is not None:
            raise SoundnessError(f"a verdict that is {self.status} came with a certificate: only a proof has one")
        if self.status == "refuted":
            self._check_refuted()
        elif self.witness is not None:
            raise SoundnessError(f"a verdict that is {self.status} came with a witness: a witness refutes; use verdict.refuted")
        if self.status == "unknown" and not self.reason:
            raise UsageError("an unknown verdict came without a reason: say what was tried and why it did not suffice")

    def _check_proved(self) -> None:
        if not self.certificate or not isinstance(self.certificate.get("digest"), str) or not self.certificate["digest"]:
            raise SoundnessError("a proved verdict came without a certificate: give {'digest': ...} of the proof's record")
        if not self.method:
            raise SoundnessError("a proved verdict came without a method: name the engine that proved it")

    def _check_refuted(self) -> None:
        witness = self.witness or {}
        if "left" not in witness or "right" not in witness:
            raise SoundnessError("a refuted verdict came without a witness: give the point and the values `left` and `right` there")
        if witness["left"] == witness["right"] and witness.get("relation") not in STRICT:
            raise SoundnessError(f"both sides are {witness['left']} at the witness: equal values refute nothing")

    def __bool__(self) -> bool:
        raise TypeError(f"this verdict is {self.status!r}, one of three answers, and is neither true nor false: "
                        "use .proved, .refuted, .unknown or .status")

    @property
    def proved(self) -> bool:
        return self.status == "proved"

    @property
    def refuted(self) -> bool:
        return self.status == "refuted"

    @property
    def unknown(self) -> bool:
        return self.status == "unknown"

    def timed(self, seconds: float) -> Verdict:
        """The same verdict, with the time that it took."""
        return replace(self, seconds=seconds)

    def __str__(self) -> str:
        if self.proved:
            under = f" under {'; '.join(self.premises)}" if self.premises else ""
            grade = f"; {self.domains}" if self.domains and self.domains.grade != GRADES[True] else ""
            return f"PROVED by {self.method}, equal {self.equality}{under}{grade}"
        if self.refuted:
            return f"REFUTED: {describe(self.witness or {})}"
        tested = f" ({self.tested} points agree)" if self.tested else ""
        return f"UNKNOWN: {self.reason}{tested}"


def proved(method: str, certificate: Mapping[str, Any], premises: Sequence[str] = (), equality: str = "as morphisms",
           tested: int = 0, domains: Domains | None = None) -> Verdict:
    """PROVED by a method, under premises, with the digest of its certificate."""
    return Verdict("proved", method, equality, tuple(premises), certificate=certificate, tested=tested, domains=domains)


def refuted(witness: Mapping[str, Any], method: str = "exact evaluation", equality: str = "as morphisms",
            premises: Sequence[str] = (), tested: int = 0) -> Verdict:
    """REFUTED by a witness: where the two sides differ, with their values there."""
    return Verdict("refuted", method, equality, tuple(premises), witness=witness, tested=tested)


def unknown(reason: str, method: str = "", equality: str = "as morphisms", tested: int = 0) -> Verdict:
    """UNKNOWN, and why."""
    return Verdict("unknown", method, equality, reason=reason, tested=tested)


def describe(witness: Mapping[str, Any]) -> str:
    """A witness in words: the point, the entry of the output, the two values.

    >>> describe({"inputs": {"x": "1/2"}, "output": "y", "index": [0, 1], "left": "3", "right": "1"})
    'at x=1/2 the two sides are 3 and 1 in y[0, 1]'
    """
    point = [f"{name}={_plain(value)}" for group in WHERE for name, value in (witness.get(group) or {}).items()]
    at = f"at {', '.join(point)} " if point else ""
    entry = f" in {witness['output']}{_plain(witness['index']) if witness.get('index') else ''}" if witness.get("output") else ""
    notes = "".join(f"; {note}" for note in _notes(witness))
    unlike = f", not {witness['relation']}" if witness.get("relation") else ""
    return f"{at}the two sides are {witness['left']} and {witness['right']}{unlike}{entry}{notes}"


def _plain(value: object) -> str:
    """A nested list of exact numbers without quotes."""
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_plain, value))}]"
    return str(value)


def _notes(witness: Mapping[str, Any]) -> list[str]:
    notes = ["a point on a kink"] if witness.get("at_kink") else []
    return notes + ([str(witness["note"])] if witness.get("note") else [])
