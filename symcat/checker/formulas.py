"""Inequalities as certificates state them, in the language of formulas, read to the terms of the checker of scalars."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

from symcat.checker.forms import Refused, refusing
from symcat.checker.scalars import cells, inside

Term = list[Any]
ZERO, ONE, TWO, HALF, MINUS = [["number", q] for q in ("0", "1", "2", "1/2", "-1")]
VARIABLES = ("real", "integer", "dim", "symbol")
ORDER = {">": ">0", ">=": ">=0", "=": "=0", "!=": "!=0"}
TAKEN = {">": (0, 0, 1), ">=": (0, 1, 1), "<": (1, 0, 0), "<=": (1, 1, 0), "=": (0, 1, 0), "!=": (1, 0, 1)}


NOTHING: Mapping[str, Term] = {}
SMOOTH = ("exp", "log", "tanh", "sin", "cos", "sigmoid", "softplus")


def minus(x: Term, y: Term) -> Term:
    return ["add", x, ["mul", MINUS, y]]


def exp(x: Term) -> Term:
    return ["exp", x]


FUNCTIONS: dict[str, Callable[..., Term]] = {
    "exp": exp, "log": lambda x: ["log", x], "sin": lambda x: ["sin", x], "cos": lambda x: ["cos", x], "tanh": lambda x: ["tanh", x],
    "sinh": lambda x: ["mul", HALF, minus(exp(x), exp(["mul", MINUS, x]))],
    "cosh": lambda x: ["mul", HALF, ["add", exp(x), exp(["mul", MINUS, x])]],
    "sigmoid": lambda x: ["inverse", ["add", ONE, exp(["mul", MINUS, x])]], "softplus": lambda x: ["log", ["add", ONE, exp(x)]],
    "Abs": lambda x: ["switch", x, ["mul", MINUS, x], ZERO, x], "Sign": lambda x: ["switch", x, MINUS, ZERO, ONE],
    "relu": lambda x: ["switch", x, ZERO, ZERO, x], "step": lambda x: ["switch", x, ZERO, ZERO, ONE],
    "equal": lambda x, y: ["switch", minus(x, y), ZERO, ONE, ZERO], "where": lambda c, x, y: ["switch", c, x, y, x],
    "Max": lambda *xs: reduce(lambda x, y: ["switch", minus(x, y), y, x, x], xs),
    "Min": lambda *xs: reduce(lambda x, y: ["switch", minus(x, y), x, x, y], xs),
}
FUNCTIONS |= {"absolute": FUNCTIONS["Abs"], "sign": FUNCTIONS["Sign"], "maximum": FUNCTIONS["Max"], "minimum": FUNCTIONS["Min"]}


def term(data: Any, arrays: Mapping[str, Term] = NOTHING) -> Term:
    """A term of the language of formulas; `arrays` are the values of arrays of rank 0."""
    if type(data) is int:
        return ["number", str(data)]
    more = lambda part: term(part, arrays)
    match data:
        case ["at", str(name)] if name in arrays:
            return arrays[name]
        case ["/", int(p), int(q)]:
            return ["number", f"{p}/{q}"]
        case [kind, str(name)] if kind in VARIABLES:
            return ["variable", name]
        case ["constant", ("pi" | "E") as name]:
            return ["pi"] if name == "pi" else exp(ONE)
        case ["+", *parts]:
            return ["add", *map(more, parts)]
        case ["*", *parts]:
            return ["mul", *map(more, parts)]
        case ["^", base, exponent]:
            return power(more(base), exponent, arrays)
        case ["Piecewise", *pieces]:
            if pieces[-1][0] != "piece" or pieces[-1][2] is not True:
                raise Refused("a Piecewise without a last piece")
            return reduce(lambda other, piece: choose(piece[2], term(piece[1]), other), reversed(pieces[:-1]), term(pieces[-1][1]))
        case [str(name), *parts] if name in FUNCTIONS:
            return FUNCTIONS[name](*map(more, parts))
    raise Refused(f"{str(data)[:60]} is not a real expression")


def power(base: Term, exponent: Any, arrays: Mapping[str, Term]) -> Term:
    match exponent:
        case int(p):
            q = 1
        case ["/", int(p), int(q)] if q > 1:
            pass
        case _:
            return exp(["mul", term(exponent, arrays), ["log", base]])
    base = base if q == 1 else ["root", str(q), base]
    return ONE if p == 0 else ["power", str(p), base] if p > 0 else ["inverse", ["power", str(-p), base]]


def choose(condition: Any, yes: Term, no: Term) -> Term:
    """`yes` where a condition holds, else `no`."""
    if type(condition) is bool:
        return yes if condition else no
    match condition:
        case ["not", part]:
            return choose(part, no, yes)
        case ["and", *parts]:
            return reduce(lambda then, part: choose(part, then, no), reversed(parts), yes)
        case ["or", *parts]:
            return reduce(lambda other, part: choose(part, yes, other), reversed(parts), no)
        case [str(relation), left, right] if relation in TAKEN:
            return ["switch", minus(term(left), term(right)), *[yes if taken else no for taken in TAKEN[relation]]]
    raise Refused(f"{str(condition)[:60]} is not a relation")


def read(goal: Mapping[str, Any]) -> dict[str, Any]:
    """The goal in terms."""
    if goal["rel"] not in ("<", "<="):
        raise Refused(f"the relation {goal['rel']}")
    apart([goal["lhs"], goal["rhs"], goal["assuming"]])
    return {"lhs": term(goal["lhs"]), "rhs": term(goal["rhs"]), "relation": ">0" if goal["rel"] == "<" else ">=0", "required": [],
            "assumptions": [assumed(*relation) for relation in goal["assuming"]]}


def apart(data: Any) -> None:
    """Refused when two variables would be one term: a real x and an integer x are not the same."""
    found = names(data)
    if len({name for _, name in found}) < len(found) or not all(name.isidentifier() for _, name in found):
        raise Refused("variables of different kinds have one name, or a name is none")


def names(data: Any) -> set[tuple[str, str]]:
    """The variables in data, with their kinds."""
    data = list(data.values()) if isinstance(data, dict) else data
    if not isinstance(data, list):
        return set()
    if len(data) == 2 and data[0] in VARIABLES and isinstance(data[1], str):
        return {(data[0], data[1])}
    return set().union(*map(names, data))


def assumed(relation: str, left: Any, right: Any) -> Sequence[Any]:
    if relation in ("<", "<="):
        return assumed(">" + relation[1:], right, left)
    return [ORDER[relation], minus(term(left), term(right))]


def inequality(goal: Mapping[str, Any], proof: Mapping[str, Any]) -> int:
    """The number of cells; Refused unless the proof shows the inequality in each."""
    with refusing():
        stated = read(goal)
        inside(stated, proof["inside"])
        return cells(stated, proof["cells"])


# ---- programs over scalars
def programs(equation: Mapping[str, Any], proof: Sequence[Any]) -> int:
    """The number of cells; Refused unless two programs over real scalars without kinks are shown to have equal outputs."""
    with refusing():
        goals = stated(equation)
        if len(goals) != len(proof):
            raise Refused(f"{len(goals)} outputs with {len(proof)} proofs")
        return sum(cells(goal, one["cells"]) for goal, one in zip(goals, proof, strict=True))


def stated(equation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One goal for each output, the facts assumed and the requirements of both sides required."""
    left, right = equation["lhs"], equation["rhs"]
    for end in ("dom", "cod"):
        if [wire[1:] for wire in left[end]] != [wire[1:] for wire in right[end]] or any(wire[1:] != [0, []] for wire in left[end]):
            raise Refused("a wire that is not a real scalar, or sides that do not fit")
    if not left["cod"] or not len(left["cod"]) == len(left["outs"]) == len(right["outs"]):
        raise Refused("outputs that are not those of the codomain")
    apart([left, right, equation["facts"]])
    (first, required), (second, others) = scalars(left), scalars(right)
    facts = [*equation["facts"], *left["facts"], *right["facts"]]
    assumptions = [[fact["relation"], smooth(fact["expr"], NOTHING)] for fact in facts]
    return [{"lhs": x, "rhs": y, "relation": "=0", "assumptions": assumptions, "required": [*required, *others]}
            for x, y in zip(first, second, strict=True)]


def scalars(program: Mapping[str, Any]) -> tuple[list[Term], list[Sequence[Any]]]:
    """The outputs of a program and its requirements, in terms of its inputs by position."""
    arrays: dict[str, Term] = {name: ["variable", f"input {k}"] for k, (name, _, _) in enumerate(program["dom"])}
    for node in program["nodes"]:
        if any(node[key] for key in ("shape", "extents", "out", "guards", "modulus")) or node["op"] != "sum" or node["name"] in arrays:
            raise Refused("an array, a sum, or a name that is taken")
        arrays[node["name"]] = smooth(node["body"], arrays)
    if any(r["extents"] or r["guards"] for r in program["requirements"]):
        raise Refused("a requirement of arrays")
    return [arrays[out] for out in program["outs"]], [[r["relation"], smooth(r["expr"], arrays)] for r in program["requirements"]]


def smooth(data: Any, arrays: Mapping[str, Term]) -> Term:
    """A body without kinks: equal values of functions with kinks do not make equal programs."""
    waiting = [data]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            if part and part[0] not in ("/", "+", "*", "^", "at", *VARIABLES, *SMOOTH):
                raise Refused(f"{str(part)[:60]} in a program over scalars")
            waiting += part[1:]
    return term(data, arrays)
