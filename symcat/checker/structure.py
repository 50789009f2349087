"""Two proofs that rest on the form of programs alone: that two are one, and that one is linear by typing.

- *identical programs*: both sides are one straight-line program up to the names of arrays and the order of sums and products;
- *linear typing*: every array of a program is independent of the chosen inputs, homogeneous linear in them, or zero.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from symcat.checker.forms import Refused

Data = Any
NAMED = ("at", "argmax")
COMMUTATIVE = ("+", "*")
ZERO = -1


# ---- identical programs
def same_program(left: Mapping[str, Data], right: Mapping[str, Data]) -> None:
    """Refused unless two programs are one up to names of arrays and the order of commutative operations."""
    first, second = canonical(left), canonical(right)
    for part in ("dom", "cod", "nodes", "outs"):
        if first[part] != second[part]:
            raise Refused(f"the two sides are not one program: they differ in {part}")


def canonical(program: Mapping[str, Data]) -> dict[str, Data]:
    """A program with positional names, its wires without names, the terms of sums and the factors of products sorted."""
    names = {wire[0]: f"x{k}" for k, wire in enumerate(program["dom"])}
    distinct(program)
    nodes = []
    for k, node in enumerate(program["nodes"]):
        if node["name"] in names:
            raise Refused(f"two arrays are called {node['name']}")
        moved = {key: tidy(node[key], names) for key in ("shape", "extents", "out", "body", "guards")}
        nodes.append([node["op"], node["modulus"], moved])
        names[node["name"]] = f"n{k}"
    return {"dom": [[modulus, tidy(shape, names)] for _, modulus, shape in program["dom"]],
            "cod": [[modulus, tidy(shape, names)] for _, modulus, shape in program["cod"]],
            "nodes": nodes, "outs": [array(out, names) for out in program["outs"]]}


def tidy(e: Data, names: Mapping[str, str]) -> Data:
    """An expression, or a list of them, in the one form that the comparison uses."""
    if not isinstance(e, list) or not e:
        return e
    head = e[0]
    if not isinstance(head, str):
        return [tidy(item, names) for item in e]
    if head in NAMED:
        return [head, array(e[1], names), *[tidy(item, names) for item in e[2:]]]
    if head in COMMUTATIVE:
        return [head, *sorted((tidy(item, names) for item in e[1:]), key=json.dumps)]
    return [head, *[tidy(item, names) for item in e[1:]]]


def array(name: str, names: Mapping[str, str]) -> str:
    if name not in names:
        raise Refused(f"{name} is read before it is made")
    return names[name]


def distinct(program: Mapping[str, Data]) -> None:
    without_folds(program)
    if len({wire[0] for wire in program["dom"]}) < len(program["dom"]):
        raise Refused("two inputs have one name")


def without_folds(program: Mapping[str, Data]) -> None:
    """Refused when a node is not a comprehension: a certificate is about a program whose folds are written out."""
    if any("cell" in node for node in program["nodes"]):
        raise Refused("the program holds a fold, and comprehensions alone are read here")


# ---- linear typing
def additive(program: Mapping[str, Data], wires: Sequence[int]) -> None:
    """Refused unless every output is homogeneous linear, or zero, in the inputs at the given positions."""
    if not all(0 <= wire < len(program["dom"]) for wire in wires):
        raise Refused(f"the wires {wires} are not all wires of the program")
    distinct(program)
    degrees: dict[str, int] = {wire[0]: int(k in wires) for k, wire in enumerate(program["dom"])}
    reasons: dict[str, str] = {}
    for node in program["nodes"]:
        if node["name"] in degrees or node["name"] in reasons:
            raise Refused(f"two arrays are called {node['name']}")
        try:
            degrees[node["name"]] = array_degree(node, degrees)
        except Refused as refusal:
            reasons[node["name"]] = str(refusal)
    for out in program["outs"]:
        if degrees.get(out) not in (1, ZERO):
            raise Refused(f"the output {out} is not homogeneous linear in the chosen inputs; {'; '.join(list(reasons.values())[:3])}")


def array_degree(node: Mapping[str, Data], degrees: Mapping[str, int]) -> int:
    """The degree of a comprehension: that of its body, unless it selects by the chosen inputs or is a maximum of them."""
    for part in ("shape", "extents", "out", "guards"):
        free(node[part], degrees)
    found = degree(node["body"], degrees)
    if node["op"] != "sum" and found == 1:
        raise Refused(f"{node['name']} is a maximum of something linear")
    return found


def degree(e: Data, degrees: Mapping[str, int]) -> int:
    """0 when an expression does not depend on the chosen inputs, 1 when it is homogeneous linear, ZERO for zero; else Refused."""
    if e == 0:
        return ZERO
    if not isinstance(e, list):
        return 0
    head, arguments = e[0], e[1:]
    if head == "at":
        free(arguments[1:], degrees)
        if arguments[0] not in degrees:
            raise Refused(f"{arguments[0]} is not linear, or is read before it is made")
        return degrees[arguments[0]]
    if head in ("/", "dim", "index", "real", "argmax", "Bracket", "Delta"):
        free([e], degrees)
        return 0
    if head == "*":
        found = [degree(item, degrees) for item in arguments]
        if ZERO in found:
            return ZERO
        if sum(found) > 1:
            raise Refused("a product of two linear factors")
        return sum(found)
    if head == "+" or head == "detach":
        return common([degree(item, degrees) for item in arguments])
    if head == "where" and degree(arguments[0], degrees) in (0, ZERO):
        return common([degree(item, degrees) for item in arguments[1:]])
    if any(degree(item, degrees) == 1 for item in (arguments[1:] if head == "Smooth" else arguments)):
        raise Refused(f"{head} of something linear")
    return 0


def common(found: Sequence[int]) -> int:
    """The degree of a sum."""
    kinds = {kind for kind in found if kind != ZERO}
    if len(kinds) > 1:
        raise Refused("a sum of something linear and something that is not")
    return kinds.pop() if kinds else ZERO


def free(exprs: Data, degrees: Mapping[str, int]) -> None:
    """Refused when indices or guards select by an array that depends on the chosen inputs."""
    if isinstance(exprs, list):
        if exprs[:1] == ["argmax"] and degrees.get(exprs[1]) not in (0, ZERO):
            raise Refused(f"an index selects by {exprs[1]}, which depends on the chosen inputs")
        for item in exprs:
            free(item, degrees)
