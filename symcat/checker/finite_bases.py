"""Goals over finite bases, re-derived from a certificate's own text and replayed step by step, by the standard library alone.

A bit is a sum modulo 2 of variables, a frozen set in which 0 stands for the constant 1.  Products of bits are variables, and so
are sums of more than `cut` terms; clauses define them.  A proof is a list of steps [clause, hints]: with the clause denied, the
clauses that the hints number become unit one after the other, and the last one fails.  Nothing is searched for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial, reduce
from itertools import product
from math import prod
from typing import Any

from symcat.checker.forms import Refused

Data = Any
Bit = frozenset
ZERO, ONE = Bit(), Bit([0])
GRAPH, TABLE, NEVER = ("XOR-AND normal form", "SAT, DRUP with hints"), "finite table", "residues"
METHODS = (*GRAPH, TABLE, NEVER)
POWERS, LARGEST = 1000, 10**7


class Graph:
    """Bits over numbered variables, equal ones shared, with the clauses that define the variables made on the way."""

    def __init__(self, cut: int) -> None:
        self.cut, self.count, self.clauses, self.known = cut, 0, [], {}

    def fresh(self) -> int:
        self.count += 1
        return self.count

    def const(self, number: int) -> Bit:
        return ONE if number % 2 else ZERO

    def add(self, a: Bit, b: Bit) -> Bit:
        total = a ^ b
        if len(total) <= self.cut:
            return total
        return Bit([self.literal(total - ONE)]) ^ (total & ONE)

    def mul(self, a: Bit, b: Bit) -> Bit:
        if not a or not b or a ^ b == ONE:
            return ZERO
        if a in (b, ONE) or b == ONE:
            return b if a == ONE else a
        key = Bit((a, b))
        if key not in self.known:
            p, q = sorted((self.literal(a), self.literal(b)))
            gate = self.fresh()
            self.clauses += [(-gate, p), (-gate, q), (gate, -p, -q)]
            self.known[key] = Bit([gate])
        return self.known[key]

    def literal(self, bit: Bit) -> int:
        """The literal that says that a bit, which is no constant, is 1."""
        first, *rest = sorted(bit - ONE)
        for term in rest:
            if (first, term) not in self.known:
                x = self.known[first, term] = self.fresh()
                self.clauses += [(-x, first, term), (-x, -first, -term), (x, -first, term), (x, first, -term)]
            first = self.known[first, term]
        return -first if 0 in bit else first

    def demand(self, demands: Sequence[Sequence[Bit]]) -> list[tuple[int, ...]]:
        """All clauses, with one for each demand that one of several bits be 1."""
        self.clauses += [tuple(dict.fromkeys(map(self.literal, filter(None, demand)))) for demand in demands if ONE not in demand]
        return self.clauses


class Residues:
    """Integers modulo n."""

    def __init__(self, n: int) -> None:
        self.n = n

    def const(self, number: int) -> int:
        return number % self.n

    def add(self, a: int, b: int) -> int:
        return (a + b) % self.n

    def mul(self, a: int, b: int) -> int:
        return a * b % self.n


def replay(clauses: Sequence, steps: Sequence) -> None:
    """Refused unless each step follows from the clauses by its hints, all of them used, and the last one is the empty clause."""
    clauses = list(clauses)
    for clause, hints in steps:
        true = {-literal for literal in clause}
        for left, hint in zip(range(len(hints) - 1, -1, -1), hints, strict=True):
            free = [literal for literal in clauses[hint] if -literal not in true]
            if len(free) != min(left, 1) or not true.isdisjoint(free):
                raise Refused(f"step {len(clauses)}: clause {hint} is not what its place asks for")
            true.update(free)
        if not hints or 0 in true:
            raise Refused(f"step {len(clauses)} has no hints, or a literal 0")
        clauses.append(clause)
    if not steps or steps[-1][0]:
        raise Refused("the proof does not end in the empty clause")


def check(goal: Mapping[str, Data], proofs: Sequence[Mapping[str, Data]]) -> None:
    """Refused unless the proofs, one for each equation or one for a formula, prove the goal as functions of a finite base."""
    try:
        if goal["kind"] == "formula":
            (proof,) = proofs
            (never if proof["method"] == NEVER else tautology)(goal, proof["method"], proof["trace"])
        elif goal["kind"] == "equations":
            for equation, proof in zip(goal["equations"], proofs, strict=True):
                agree(equation, proof["method"], proof["trace"])
        else:
            raise Refused(f"a goal of the kind {goal['kind']}")
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise Refused(f"malformed: {type(error).__name__}: {error}") from error


def agree(equation: Mapping[str, Data], method: str, trace: Mapping[str, Data]) -> None:
    """Refused unless both sides have the same outputs for all inputs."""
    sides = equation["lhs"], equation["rhs"]
    types = [[[wire[1:] for wire in side[end]] for end in ("dom", "cod")] for side in sides]
    moduli = {n for end in types[0] for n, _ in end} | {node["modulus"] for side in sides for node in side["nodes"]}
    premises = equation["facts"] or any(side["facts"] or side["requirements"] for side in sides)
    if types[0] != types[1] or len(moduli) != 1 or premises:
        raise Refused("both sides have one type, over one base, and no premises")
    if any(type(extent) is not int for end in types[0] for _, shape in end for extent in shape):
        sides = single(sides[0]), single(sides[1])
    (n,), cells = moduli, [places(shape) for _, _, shape in sides[0]["dom"]]
    if method == TABLE and n >= 2 and n ** sum(map(len, cells)) <= LARGEST:
        for point in product(range(n), repeat=sum(map(len, cells))):
            rest = iter(point)
            inputs = [dict(zip(cell, rest)) for cell in cells]
            if outputs(sides[0], inputs, Residues(n)) != outputs(sides[1], inputs, Residues(n)):
                raise Refused(f"the two sides differ at {point}")
    elif method in GRAPH and n == 2:
        graph = Graph(trace["cut"])
        inputs = [{place: Bit([graph.fresh()]) for place in cell} for cell in cells]
        pairs = zip(*(outputs(side, inputs, graph) for side in sides), strict=True)
        replay(graph.demand([[a ^ b for a, b in pairs]]), trace["steps"])
    else:
        raise Refused(f"{method} does not apply over modulus {n}")


def single(program: Mapping[str, Data]) -> dict[str, Data]:
    """A program in which every entry is made from the entries at its own place, at a single place: what holds there holds at all sizes."""
    shape = program["dom"][0][2]
    one, own = [1] * len(shape), [["index", k] for k in range(len(shape))]

    def local(e: Data) -> bool:
        return type(e) is int or (e[2:] == own if e[0] == "at" else e[0] in (*RING, "^") and all(map(local, e[1:])))

    def there(node: Mapping[str, Data]) -> bool:
        return node["shape"] == node["extents"] == shape and node["out"] == own and not node["guards"] and local(node["body"])

    if any(wire[2] != shape for wire in (*program["dom"], *program["cod"])) or not all(map(there, program["nodes"])):
        raise Refused("its sizes are symbols, and it is not pointwise")
    ends = {end: [[*wire[:2], one] for wire in program[end]] for end in ("dom", "cod")}
    return {**program, **ends, "nodes": [{**node, "shape": one, "extents": one} for node in program["nodes"]]}


def outputs(program: Mapping[str, Data], inputs: Sequence[Mapping], ring: Any) -> list:
    """All entries of all outputs of a program without symbols, as values of a ring."""
    arrays = {wire[0]: entries for wire, entries in zip(program["dom"], inputs, strict=True)}
    for node in program["nodes"]:
        if node["op"] != "sum" or node["name"] in arrays or len(arrays) < len(inputs):
            raise Refused(f"{node['name']} is made twice, or is no sum")
        entries = dict.fromkeys(places(node["shape"]), ring.const(0))
        for point in places(node["extents"]):
            if all(index(guard, point) >= 0 for guard in node["guards"]):
                place = tuple(index(e, point) for e in node["out"])
                entries[place] = ring.add(entries[place], value(node["body"], RING, ring, partial(entry, arrays, point, ring)))
        arrays[node["name"]] = entries
    found = [arrays[out] for out in program["outs"]]
    if [list(entries) for entries in found] != [places(shape) for _, _, shape in program["cod"]]:
        raise Refused("the outputs are not those of the codomain")
    return [x for entries in found for x in entries.values()]


def places(shape: Sequence[int]) -> list[tuple[int, ...]]:
    if prod(shape) > LARGEST:
        raise Refused(f"a box of more than {LARGEST} points")
    return list(product(*map(range, shape)))


def index(e: Data, point: Sequence[int]) -> int:
    """An index expression at a point of a box."""
    if type(e) is int:
        return e
    if e[0] == "index" and e[1] >= 0:
        return point[e[1]]
    return {"+": sum, "*": prod}[e[0]](index(x, point) for x in e[1:])


def entry(arrays: Mapping[str, Mapping], point: Sequence[int], ring: Any, e: Data) -> Any:
    """What is no operation in a body: reads, integers, brackets and deltas."""
    if type(e) is list and e[0] == "at":
        return arrays[e[1]][tuple(index(x, point) for x in e[2:])]
    if type(e) is list and e[0] in ("Bracket", "Delta"):
        number = index(e[1], point)
        return ring.const(number >= 0 if e[0] == "Bracket" else number == 0)
    return ring.const(index(e, point))


def value(e: Data, operations: Mapping[str, Callable], ring: Any, leaf: Callable[[Data], Any]) -> Any:
    """An expression over a ring; `leaf` says what everything means that is no operation."""
    if type(e) is not list or (e[0] not in operations and e[0] != "^"):
        return leaf(e)
    if e[0] != "^":
        return operations[e[0]](ring, *[value(x, operations, ring, leaf) for x in e[1:]])
    if type(e[2]) is not int or not 0 <= e[2] <= POWERS:
        raise Refused(f"the power {e[2]} of a residue")
    return reduce(ring.mul, [value(e[1], operations, ring, leaf)] * e[2], ring.const(1))


def negation(ring: Any, a: Bit) -> Bit:
    return ring.add(ONE, a)


def disjunction(ring: Any, *bits: Bit) -> Bit:
    return negation(ring, reduce(ring.mul, [negation(ring, bit) for bit in bits]))


RING: dict[str, Callable] = {
    "+": lambda ring, *a: reduce(ring.add, a), "*": lambda ring, *a: reduce(ring.mul, a), "detach": lambda ring, a: a,
}
LOGIC: dict[str, Callable] = {
    "not": negation, "and": RING["*"], "xor": RING["+"], "or": disjunction,
    "implies": lambda ring, a, b: disjunction(ring, negation(ring, a), b),
    "iff": lambda ring, *a: reduce(ring.mul, [negation(ring, ring.add(x, y)) for x, y in zip(a, a[1:])]),
    "ite": lambda ring, a, b, c: ring.add(ring.mul(a, b), ring.mul(negation(ring, a), c)),
}


def tautology(goal: Mapping[str, Data], method: str, trace: Mapping[str, Data]) -> None:
    """Refused unless hypotheses imply a conclusion, and the `model`, the propositions that are true, meets the hypotheses."""
    graph, bits = Graph(trace["cut"]), {}
    stated = [proposition(e, graph, lambda name: graph.const(name in trace["model"])) for e in goal["hypotheses"]]
    if method not in GRAPH or any(bit != ONE for bit in stated):
        raise Refused("the model does not satisfy the hypotheses")
    replay(graph.demand(denied(goal, graph, bits)), trace["steps"])


def denied(goal: Mapping[str, Data], graph: Graph, bits: dict[str, Bit]) -> list[list[Bit]]:
    """The demands that the hypotheses be true and the conclusion false; `bits` receives the propositions."""
    def variable(name: str) -> Bit:
        if name not in bits:
            bits[name] = Bit([graph.fresh()])
        return bits[name]
    return [[proposition(e, graph, variable)] for e in (*goal["hypotheses"], ["not", goal["conclusion"]])]


def proposition(e: Data, graph: Graph, truth: Callable[[str], Bit]) -> Bit:
    def leaf(e: Data) -> Bit:
        if type(e) is not bool and e[0] != "symbol":
            raise Refused(f"{e} is no proposition")
        return graph.const(e) if type(e) is bool else truth(e[1])
    return value(e, LOGIC, graph, leaf)


def never(goal: Mapping[str, Data], method: str, trace: Mapping[str, Data]) -> None:
    """Refused unless two polynomials in integers differ modulo n at all residues, and so at all integers."""
    relation, *sides = goal["conclusion"]
    ring, names = Residues(trace["modulus"]), {}

    def leaf(e: Data) -> int:
        if type(e) is not int and e[0] not in ("integer", "dim"):
            raise Refused(f"{e} is no integer")
        return ring.const(e) if type(e) is int else names.setdefault(tuple(e), 0)

    if relation != "!=" or goal["hypotheses"] or ring.n < 2 or value(["+", *sides], RING, ring, leaf) is None:
        raise Refused("expected two sides that are never equal, without hypotheses")
    for point in product(range(ring.n), repeat=len(names)):
        names.update(zip(names, point))
        left, right = (value(side, RING, ring, leaf) for side in sides)
        if left == right:
            raise Refused(f"the two sides agree modulo {ring.n} at {point}")
