"""How two optimisers compare: the answer of `diff`, and its form as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from symcat.errors import SoundnessError, UsageError

EQUAL = ("equal", "equal-under-state-map", "equal-under-premises")
RELATIONS = (*EQUAL, "ordered", "different", "unknown")


@dataclass(frozen=True)
class Difference:
    """The relation between two optimisers a and b, with what it rests on.

    `state_map` gives states of b from those of a (names that end in _b and _a), `premises` what was asked besides the ranges of
    hyperparameters, `assumes` the ranges and domain conditions of the proof, `witness` an exact point at which the parameter paths
    differ, `first_step` the first step at which that shows and `term` what differs there.  `initial_state` and `recursion` compare
    the two parts of a rule one by one, `defaults` lists defaults that differ, `translation` is the map of hyperparameters that
    makes b reproduce a, `reading` what readers of other libraries decided on their own.

    >>> Difference("a", "b", "unknown", note="late").exit_code
    3
    """

    a: str
    b: str
    relation: str
    state_map: tuple[str, ...] = ()
    premises: tuple[str, ...] = ()
    witness: Mapping[str, Any] | None = None
    first_step: int | None = None
    term: str = ""
    note: str = ""
    certificate: Mapping[str, Any] | None = None
    assumes: tuple[str, ...] = ()
    translation: Mapping[str, str] = field(default_factory=dict)
    initial_state: str = ""
    recursion: str = ""
    defaults: tuple[str, ...] = ()
    aligned: tuple[str, ...] = ()
    shapes: str = ""
    reading: tuple[str, ...] = ()
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.relation not in RELATIONS:
            raise UsageError(f"relation {self.relation!r}: expected one of {', '.join(RELATIONS)}")
        if (self.relation in EQUAL or self.relation == "ordered") and not self.certificate:
            raise SoundnessError(f"two optimisers were called {self.relation} without the certificate of a proof")
        if self.relation == "different" and not self.witness:
            raise SoundnessError("two optimisers were called different without a witness")

    @property
    def same(self) -> bool:
        """Whether the two are equal, perhaps under a map of states or under premises."""
        return self.relation in EQUAL

    @property
    def exit_code(self) -> int:
        """0 equal, 1 different or ordered, 3 unknown."""
        return 0 if self.same else 3 if self.relation == "unknown" else 1

    def timed(self, seconds: float) -> Difference:
        return replace(self, seconds=seconds)

    def data(self) -> dict[str, Any]:
        """The comparison as JSON-able data."""
        return {"a": self.a, "b": self.b, "relation": self.relation, "state_map": "; ".join(self.state_map) or None,
                "premises": list(self.premises), "witness": dict(self.witness) if self.witness else None, "first_step": self.first_step,
                "seconds": round(self.seconds, 3), "term": self.term, "note": self.note,
                "certificate": dict(self.certificate) if self.certificate else None, "assumes": list(self.assumes),
                "translation": dict(self.translation), "initial_state": self.initial_state, "recursion": self.recursion,
                "defaults": list(self.defaults), "aligned": list(self.aligned), "shapes": self.shapes, "reading": list(self.reading)}

    def __bool__(self) -> bool:
        raise UsageError("a Difference is neither true nor false: ask for .same or .relation")
