"""What the parts of a certificate's proof are, and which of them are checked here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from symcat.checker import finite_bases
from symcat.checker.equations import FUNCTIONS, equation
from symcat.checker.forms import Refused, refusing
from symcat.checker.formulas import inequality, programs
from symcat.checker.programs import arrays
from symcat.checker.scalars import scalar
from symcat.checker.structure import additive, same_program
from symcat.checker.words import matrices, premise

UNCHECKED = "unchecked"
VALUES = ", for values on a closed set alone"


def check(record: Mapping[str, Any]) -> dict[str, int]:
    """How many parts of a certificate's proof were checked, by method, `unchecked` among them; Refused when one is wrong."""
    with refusing():
        return _check(record)


def _check(record: Mapping[str, Any]) -> dict[str, int]:
    goal, evidence, counts = record["goal"], record["trace"], {}
    methods = [part.get("method") if isinstance(part, dict) else None for part in evidence] if isinstance(evidence, list) else []
    if methods and all(method in finite_bases.METHODS for method in methods):
        if record["equality"] != "as functions":
            raise Refused("equality of functions over a finite base is taken for equality of morphisms")
        finite_bases.check(goal, evidence)
        return dict(Counter(methods))
    if goal["kind"] == "inequality":
        return _cells(inequality, goal, evidence)
    if goal["kind"] not in ("equations", "additive", "scalar", "matrices"):
        return {UNCHECKED: 1}
    if not isinstance(evidence, list) or not all(isinstance(part, dict) and isinstance(part.get("method"), str) for part in evidence):
        raise Refused("its trace is not a list of proofs that name their methods")
    if goal["kind"] == "matrices":
        return _matrices(record)
    if goal["kind"] == "scalar":
        return _cells(scalar, goal, evidence[0]["trace"])
    if goal["kind"] == "additive" and evidence and evidence[0]["method"] == "linear typing":
        additive(goal["f"], goal["wires"])
        return {"linear typing": 1}
    if not goal["equations"] or len(evidence) != len(goal["equations"]):
        raise Refused(f"{len(goal['equations'])} equations with {len(evidence)} proofs")
    for stated, proof in zip(goal["equations"], evidence, strict=True):
        method = _part(stated, proof, record["equality"])
        counts[method] = counts.get(method, 0) + 1
    return counts


def _matrices(record: Mapping[str, Any]) -> dict[str, int]:
    """An equation of matrices, of values alone; its hypotheses are premises."""
    goal, evidence = record["goal"], record["trace"]
    if record["equality"] != FUNCTIONS or len(evidence) != 1 or type(evidence[0]["trace"].get("reads")) is not int:
        raise Refused("a proof in words is one part that says which sums have names, about equality as functions")
    if not {premise(one) for one in goal["hypotheses"]} <= set(record["premises"]):
        raise Refused("a hypothesis is not among the premises that the certificate states")
    matrices(goal, evidence[0]["trace"]["reads"])
    return {"words replayed": 1}


def _cells(shown: Callable[..., int], goal: Mapping[str, Any], trace: Mapping[str, Any]) -> dict[str, int]:
    """The cells of a goal about scalars; without a point at which it says something, all of them may be empty, and the name says so."""
    if "replay" not in trace:
        return {UNCHECKED: 1}
    return {"cells replayed" if trace["replay"]["inside"] is not None else "cells replayed, no point given": shown(goal, trace["replay"])}


def _part(stated: Mapping[str, Any], proof: Mapping[str, Any], equality: str) -> str:
    """The method by which the proof of one equation was checked."""
    if proof["method"] == "identical programs":
        same_program(stated["lhs"], stated["rhs"])
        return "identical programs"
    if "reads" in proof["trace"]:
        matrices({**stated, "hypotheses": []}, proof["trace"]["reads"])
        return "words replayed"
    if "replay" not in proof["trace"]:
        return UNCHECKED
    alone = VALUES if equality != FUNCTIONS and closed(stated) else ""
    if "outputs" in proof["trace"]["replay"]:
        programs(stated, proof["trace"]["replay"]["outputs"])
        return f"programs over scalars replayed{alone}"
    if not equation(stated, proof["trace"]["replay"], equality) <= set(proof["premises"]):
        raise Refused("the proof needs a premise that the certificate does not state")
    return f"normal forms replayed{alone}"


def closed(stated: Mapping[str, Any]) -> bool:
    """Whether a side stands under a condition on arrays that is not strict, and stays so under derivatives.

    x and 2 x are equal where x >= 0 and -x >= 0; no rule here says for which conditions equal values make equal derivatives.
    """
    return any(r["relation"] != ">0" and r["smooth"] == ">=0" and arrays(r["expr"])
               for side in (stated["lhs"], stated["rhs"]) for r in side["requirements"])
