"""What an engine returns for a goal that it neither proves nor refutes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Open:
    """No proof and no refutation, and why."""

    reason: str
