"""The functors by which states move: identities and composites, at all sizes.

A diagonal second moment moves along monomial maps only.
"""

from __future__ import annotations

from symcat.laws.claim import Claim
from symcat.laws.naturality.functor_laws import FUNCTOR_LAWS, MOVES, SOURCE, half_a_right_angle_and_back, monomial_composition


def _expected(law: str, name: str) -> str:
    return "refuted" if law == "composition" and name == "diagonal" else "proved"


CLAIMS = (
    *(law.claim(name, lambda name=name: (name,), _expected(law.name, name)) for law in FUNCTOR_LAWS for name in MOVES),
    Claim("composition diagonal, scalings", "along scalings of the coordinates the diagonal of J^T diag(v) J is a functor", SOURCE,
          monomial_composition),
    Claim("45 degrees and back", "the diagonal of R^T diag(v) R by 45 degrees, and back, leaves v as it was", SOURCE,
          half_a_right_angle_and_back, "refuted"),
)
