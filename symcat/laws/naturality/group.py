"""The largest known group of coordinate changes under which a rule is natural, from the verdicts on its laws."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Holds = Callable[[str], bool]
COUNTED = ("translation", "uniform_scaling", "diagonal_scaling", "sign_flips", "permutation", "rotation", "linear",
           "row_scaling", "row_sign_flips", "row_permutation", "left_rotation", "left_linear",
           "column_scaling", "column_sign_flips", "column_permutation", "right_rotation", "right_linear")


def group(verdicts: Mapping[str, str]) -> str:
    """The group that the proved laws generate, by the laws' names and their verdicts' statuses; "" where none is proved.

    A law that is neither proved nor refuted may enlarge it: then it is written with "at least".  With "diffeomorphism F" and
    "linear" proved, a flow is natural under all diffeomorphisms that keep the orientation, whatever its steps are: the derivatives of
    linear maps and of maps of single coordinates generate theirs.

    >>> group({"translation": "proved", "sign_flips": "proved", "permutation": "proved", "rotation": "refuted"})
    'B_n⋉Rⁿ'
    >>> group(dict.fromkeys(("sign_flips", "permutation", "rotation", "uniform_scaling"), "proved") | {"linear": "unknown"})
    'at least R^×·O(n)'
    """
    def holds(name: str) -> bool:
        return verdicts.get(name) == "proved"

    matrix = any(name.startswith(("row_", "left_")) for name in verdicts)
    found = _of_matrices(holds) if matrix else _of_vectors(holds)
    return _of_flows(holds, f"at least {found}" if found and _open(holds, verdicts) else found)


def _of_flows(holds: Holds, found: str) -> str:
    if not holds("linear") or not (holds("diffeomorphism F") or holds("diffeomorphism")):
        return found
    return "Diff(M)" if holds("diffeomorphism") else f"Diff(M) for the flow, {found} for the step"


def _open(holds: Holds, verdicts: Mapping[str, str]) -> list[str]:
    """Laws whose verdict is open and matters: all of GL(n) follows from linear maps and reflections."""
    covered: set[str] = set()
    for side, hand in (("", ""), ("row_", "left_"), ("column_", "right_")):
        if holds(f"{hand}linear") and holds(f"{side}sign_flips"):
            covered |= {f"{side}permutation", f"{hand}rotation", f"{side}scaling", f"{side}diagonal_scaling", f"{side}uniform_scaling"}
    return [name for name in COUNTED if verdicts.get(name) == "unknown" and name not in covered]


def _of_vectors(holds: Holds) -> str:
    moved, scaled = holds("translation"), holds("uniform_scaling")
    linear = _on_one_side(holds, "", "", "n")
    if linear.startswith("GL"):
        return "Aff(n)" if moved else "GL(n)"
    if linear == "O(n)" and scaled:
        return "CO(n)⋉Rⁿ" if moved else "R^×·O(n)"
    if linear == "B_n" and scaled:
        return "R_{>0}×B_n⋉Rⁿ" if moved else "R^×·B_n"
    if linear == "monomial_n":
        linear = "monomial"
    elif scaled and not linear.startswith("diag"):
        linear = f"R_{{>0}}×{linear}" if linear else "R_{>0}"
    return "⋉".join(filter(None, (linear, "Rⁿ" if moved else "")))


def _of_matrices(holds: Holds) -> str:
    left, right = _on_one_side(holds, "row_", "left_", "m"), _on_one_side(holds, "column_", "right_", "n")
    linear = "×".join(filter(None, (left, right)))
    if holds("uniform_scaling") and not any(side.startswith(("GL", "monomial", "diag")) for side in (left, right)):
        linear = f"R_{{>0}}·({linear})" if left and right else f"R_{{>0}}×{linear}" if linear else "R_{>0}"
    elif left and right:
        linear = f"({linear})"
    return "⋉".join(filter(None, (linear, "T" if holds("translation") else "")))


def _on_one_side(holds: Holds, side: str, hand: str, n: str) -> str:
    """The linear group that acts on one axis."""
    scaled = holds(f"{side}scaling" if side else "diagonal_scaling")
    flips, swaps, turns = holds(f"{side}sign_flips"), holds(f"{side}permutation"), holds(f"{hand}rotation")
    if holds(f"{hand}linear"):
        return f"GL({n})" if flips else f"GL+({n})"
    if scaled:
        return f"monomial_{n}" if flips and swaps else f"diagonal_{n}" if flips else f"diagonal_{n}, positive"
    if turns:
        return f"O({n})" if flips else f"SO({n})"
    if flips and swaps:
        return f"B_{n}"
    return f"S_{n}" if swaps else f"{{1, -1}}^{n}" if flips else ""
