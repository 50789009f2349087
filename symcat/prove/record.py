"""Records of proofs: what was proved, how and under which premises, in one self-contained file named after its content."""

from __future__ import annotations

import importlib.metadata
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from symcat.category.deserialise import load, load_fact
from symcat.category.serialise import canonical_json, content_digest, dump, dump_fact
from symcat.errors import DataError
from symcat.laws.induction import INDUCTIVE
from symcat.laws.matrices import MatrixEquation, data_of
from symcat.prove.claim import Additive, Equation, Goal, Holds, Inequality, Order
from symcat.prove.field.goal import KIND, dump_scalar, load_scalar
from symcat.prove.field.read import ScalarGoal
from symcat.prove.formula import dump_formula, load_formula
from symcat.prove.inequality.goal import dump_inequality, load_inequality
from symcat.prove.unfolded import plain
from symcat.verdict import EQUALITIES

FORMAT = 1
FIELDS = ("format", "symcat", "claim", "goal", "equality", "method", "premises", "trace")


def version() -> str:
    """The version of symcat that is installed."""
    try:
        return importlib.metadata.version("symcat")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def goal_data(goal: object) -> dict[str, Any]:
    """A goal as JSON-able data, its folds written out where that can be done: the goal that engines decide."""
    goal = plain(goal)
    if isinstance(goal, Additive):
        return {"kind": "additive", "f": dump(goal.f), "wires": list(goal.wires), "equations": [_equation(e) for e in goal.equations]}
    if isinstance(goal, tuple):
        return {"kind": "equations", "equations": [_equation(e) for e in goal]}
    if isinstance(goal, ScalarGoal):
        return dump_scalar(goal)
    if isinstance(goal, (Holds, Order)):
        from symcat.prove.holds import dump_holds

        return dump_holds(goal)
    if isinstance(goal, INDUCTIVE):
        from symcat.prove.induction import dump_induction

        return dump_induction(goal)
    if isinstance(goal, MatrixEquation):
        return data_of(goal)
    return dump_inequality(goal) if isinstance(goal, Inequality) else dump_formula(goal)


def load_goal(data: Mapping[str, Any]) -> Goal:
    """The goal that `goal_data` wrote; DataError for anything else."""
    if isinstance(data, dict) and data.get("kind") == "formula":
        return load_formula(data)
    if isinstance(data, dict) and data.get("kind") == "inequality":
        return load_inequality(data)
    if isinstance(data, dict) and data.get("kind") == KIND:
        return load_scalar(data)
    if isinstance(data, dict) and data.get("kind") in ("holds", "order"):
        from symcat.prove.holds import load_holds

        return load_holds(data)
    if isinstance(data, dict) and data.get("kind") in ("induction", "invariance", "fold"):
        from symcat.prove.induction import load_induction

        return load_induction(data)
    if isinstance(data, dict) and data.get("kind") == "matrices":
        from symcat.prove.matrices import load_matrices

        return load_matrices(data)
    if not isinstance(data, dict) or data.get("kind") not in ("equations", "additive") or not _some(data.get("equations")):
        raise DataError(f"the goal {str(data)[:60]}: expected a non-empty list of equations, an additivity goal or a formula")
    equations = tuple(_load_equation(item) for item in data["equations"])
    if data["kind"] == "equations":
        return equations
    wires = data.get("wires")
    if not isinstance(wires, list) or not all(type(wire) is int for wire in wires):
        raise DataError("an additivity goal names its wires by position")
    return Additive(load(data.get("f")), tuple(wires), equations)


def make(goal: object, method: str, premises: Sequence[str], trace: object, equality: str = "as morphisms",
         claim: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The record of a proof; the same proof gives the same record in every process."""
    record = {"format": FORMAT, "symcat": version(), "claim": dict(claim or {}), "goal": goal_data(goal), "equality": equality,
              "method": method, "premises": list(premises), "trace": trace}
    return json.loads(canonical_json(record))


def stub(record: Mapping[str, Any]) -> dict[str, str]:
    """What a verdict holds of its record: the digest of the whole, and that of the goal, which says what was proved."""
    return {"digest": content_digest(record), "goal": content_digest(record["goal"])}


def goal_json(goal: object) -> Any:
    """A goal as the record of its proof holds it."""
    return json.loads(canonical_json(goal_data(goal)))


def goal_digest(goal: object) -> str:
    """The digest that the record of a proof of this goal has for it."""
    return content_digest(goal_json(goal))


def write(record: Mapping[str, Any], folder: Path) -> Path:
    """Write a record to `folder/<digest>.json`, whole or not at all, and return the path."""
    digest = content_digest(record)
    path = folder / f"{digest}.json"
    if not path.exists():
        write_atomically(path, canonical_json({"digest": digest, "record": record}) + "\n")
    return path


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read(path: Path) -> dict[str, Any]:
    """The record in a certificate file whose digest is right; DataError otherwise."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is not a certificate: it is not JSON ({error})") from error
    if not isinstance(data, dict) or sorted(data) != ["digest", "record"] or not isinstance(data["record"], dict):
        raise DataError(f"{path} is not a certificate: expected an object with the fields digest and record")
    record = data["record"]
    if sorted(record) != sorted(FIELDS):
        raise DataError(f"{path}: a record has the fields {', '.join(FIELDS)}; {', '.join(sorted(record)) or 'none'} came")
    if not isinstance(record["premises"], list) or record["equality"] not in EQUALITIES:
        raise DataError(f"{path}: the record's premises are a list and its equality is one of {', '.join(EQUALITIES)}")
    if record["format"] != FORMAT:
        raise DataError(f"{path} has format {record['format']!r}; this version of symcat reads format {FORMAT}")
    try:
        digest = content_digest(record)
    except ValueError as error:
        raise DataError(f"{path}: {error}") from error
    if digest != data["digest"]:
        stated = str(data["digest"])[:16]
        raise DataError(f"{path} was changed after it was written: its content has digest {digest[:16]}..., it says {stated}...")
    return record


def _some(data: object) -> bool:
    return isinstance(data, list) and bool(data)


def _equation(e: Equation) -> dict[str, Any]:
    return {"lhs": dump(e.lhs), "rhs": dump(e.rhs), "facts": [dump_fact(fact) for fact in e.facts]}


def _load_equation(data: object) -> Equation:
    if not isinstance(data, dict) or sorted(data) != ["facts", "lhs", "rhs"] or not isinstance(data["facts"], list):
        raise DataError("an equation has the fields lhs, rhs and facts")
    return Equation(load(data["lhs"]), load(data["rhs"]), tuple(load_fact(item) for item in data["facts"]))
