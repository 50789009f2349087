"""What the replayer reads from a certificate's own text: programs and formulas, against interpreter, truth tables and edited data."""

import copy
import json
from itertools import product
from random import Random

import numpy as np
import pytest
import sympy as sp

from symcat.category.evaluate import evaluate
from symcat.category.expression import At, Bracket, Delta, index
from symcat.category.morphism import Builder, Morphism
from symcat.category.serialise import canonical_json, dump
from symcat.category.space import Z2, Real, Z, space
from symcat.category.trace import trace
from symcat.checker import finite_bases
from symcat.checker.finite_bases import NEVER, Bit, Graph, Refused, Residues, check, places
from symcat.derivative.reverse import R
from symcat.laws.claim import Equation, Formula
from symcat.prove.boolean.engine import decide_formula, decide_functions, simulate, word
from symcat.prove.record import goal_data

PAIR = space(x=Z2[4], y=Z2[4])


def plain(data: object) -> object:
    return json.loads(canonical_json(data))


def scattered(base) -> Morphism:
    """A scatter with guards, selectors by index, an index as a value, and what is never written."""
    build = Builder()
    x, _ = build.inputs(space(x=base[4], y=base[4]))
    i, j = index(0), index(1)
    body = At(x, i) * At(x, j) * Delta(i + j - 3) + Bracket(i - j - 1) * (At(x, i) + j) ** 3
    return build.build([build.node((6,), [(i, 4), (j, 4)], (i + j - 1,), body, guards=(i + j - 1, 4 - i - j), base=base)])


def programs(base) -> dict[str, Morphism]:
    dom, square = space(x=base[4], y=base[4]), space(x=base[2, 3], y=base[3, 2])
    return {
        "pointwise": trace(lambda x, y: (x + y) ** 3 + x * y + 1, dom),
        "slices": trace(lambda x, y: np.concatenate([x[1:] * y[:-1], y[::-1]]), dom),
        "sums": trace(lambda x, y: (x * y).sum() * x + y[2], dom),
        "matrices": trace(lambda x, y: (x @ y) @ (x @ y), square),
        "transposed": R(trace(lambda x, y: (x[1:] * y[:-1]).sum(), dom)),
        "scattered": scattered(base),
    }


@pytest.mark.parametrize("name", programs(Z2))
@pytest.mark.parametrize("modulus", [2, 3, 4, 7])
def test_programs_mean_what_the_interpreter_says(name, modulus):
    f, random = programs(Z[modulus])[name], np.random.default_rng(modulus)
    shapes = [tuple(map(int, wire.shape)) for wire in f.dom.types]
    for _ in range(10):
        point = [random.integers(0, modulus, shape) for shape in shapes]
        inputs = [{place: int(array[place]) for place in places(array.shape)} for array in point]
        exact = [int(v) for out in evaluate(f, point) for v in out.ravel()]
        assert finite_bases.outputs(plain(dump(f)), inputs, Residues(modulus)) == exact


@pytest.mark.parametrize("name", programs(Z2))
@pytest.mark.parametrize("cut", [2, 3, 300])
def test_graphs_mean_what_the_interpreter_says(name, cut):
    f = programs(Z2)[name]
    shapes = [tuple(map(int, wire.shape)) for wire in f.dom.types]
    graph = Graph(cut)
    inputs = [{place: Bit([graph.fresh()]) for place in places(shape)} for shape in shapes]
    count = graph.count
    outputs = finite_bases.outputs(plain(dump(f)), inputs, graph)
    words = simulate(graph, count)
    for k in range(20):
        bits = iter([words[n] >> k & 1 for n in range(1, count + 1)])
        point = [np.array([next(bits) for _ in places(shape)]).reshape(shape) for shape in shapes]
        assert [word(bit, words) >> k & 1 for bit in outputs] == [int(v) for out in evaluate(f, point) for v in out.ravel()]
        for clause in graph.clauses:
            assert any(words[abs(x)] >> k & 1 == (x > 0) for x in clause)


def certificate(left, right, dom=PAIR) -> tuple[dict, list]:
    equation = Equation(trace(left, dom), trace(right, dom))
    proof = decide_functions(equation)
    return plain(goal_data((equation,))), plain([{"method": proof.method, "trace": proof.trace}])


CERTIFICATES = {
    "hints": certificate(lambda x, y: (x + y) * y, lambda x, y: x * y + y),
    "normal form": certificate(lambda x, y: x**3 + y, lambda x, y: y + x),
    "table": certificate(lambda x, y: x**3 * y, lambda x, y: x * y, space(x=Z[3][2], y=Z[3][2])),
}


@pytest.mark.parametrize("name", CERTIFICATES)
def test_certificates_hold(name):
    check(*CERTIFICATES[name])


def other_programs(goal):
    """Goals whose right side has another operation, read, constant or extent somewhere."""
    for k in range(len(goal["equations"][0]["rhs"]["nodes"])):
        changed = copy.deepcopy(goal)
        changed["equations"][0]["rhs"]["nodes"][k]["body"] = ["+", goal["equations"][0]["rhs"]["nodes"][k]["body"], 1]
        yield changed
    for old, new in (('["at","y"', '["at","x"'), ('["*",["at', '["+",["at'), ('["^",["at"', '["^",["+",1,["at"')):
        text = canonical_json(goal["equations"][0]["rhs"])
        if old in text and text.replace(old, new).count("[") == text.replace(old, new).count("]"):
            changed = copy.deepcopy(goal)
            changed["equations"][0]["rhs"] = json.loads(text.replace(old, new))
            yield changed


@pytest.mark.parametrize("name", CERTIFICATES)
def test_a_changed_goal_is_refused(name):
    goal, proofs = CERTIFICATES[name]
    changed = list(other_programs(goal))
    assert changed
    for other in changed:
        with pytest.raises(Refused):
            check(other, proofs)


def altered(name, change):
    goal, proofs = copy.deepcopy(CERTIFICATES[name])
    change(goal, proofs)
    return goal, proofs


def reads_itself(node):
    node.update(body=["+", node["body"], ["at", node["name"], ["index", 0]]])


CHANGES = {
    "no proof": lambda g, p: p.clear(),
    "two proofs": lambda g, p: p.append(p[0]),
    "a method of formulas": lambda g, p: p[0].update(method=NEVER),
    "no steps": lambda g, p: p[0]["trace"].update(steps=[]),
    "fewer steps": lambda g, p: p[0]["trace"]["steps"].pop(0),
    "an open end": lambda g, p: p[0]["trace"]["steps"].pop(),
    "no cut": lambda g, p: p[0]["trace"].pop("cut"),
    "a cut in words": lambda g, p: p[0]["trace"].update(cut="four"),
    "another kind": lambda g, p: g.update(kind="additive"),
    "two inputs of one name": lambda g, p: [wire.__setitem__(0, "x") for wire in g["equations"][0]["lhs"]["dom"]],
    "a read of itself": lambda g, p: reads_itself(g["equations"][0]["lhs"]["nodes"][0]),
    "a box without end": lambda g, p: g["equations"][0]["lhs"]["nodes"][0].update(extents=[10**12]),
    "a fact": lambda g, p: g["equations"][0]["facts"].append({"expr": ["dim", "n"], "relation": ">=0"}),
    "a requirement": lambda g, p: g["equations"][0]["lhs"]["requirements"].append({}),
    "a fact of a side": lambda g, p: g["equations"][0]["rhs"]["facts"].append({}),
    "another base": lambda g, p: [wire.__setitem__(1, 3) for wire in g["equations"][0]["lhs"]["dom"]],
    "the reals": lambda g, p: [node.update(modulus=0) for node in g["equations"][0]["rhs"]["nodes"]],
    "a maximum": lambda g, p: g["equations"][0]["lhs"]["nodes"][0].update(op="max"),
    "an array made twice": lambda g, p: g["equations"][0]["lhs"]["nodes"].append(g["equations"][0]["lhs"]["nodes"][0]),
    "another shape": lambda g, p: g["equations"][0]["lhs"]["cod"][0].__setitem__(2, [2]),
    "a negative power": lambda g, p: g["equations"][0]["lhs"]["nodes"][0].update(body=["^", ["at", "x", 0], -1]),
    "a symbol": lambda g, p: g["equations"][0]["lhs"]["nodes"][0].update(body=["real", "lr"]),
    "a selector": lambda g, p: g["equations"][0]["lhs"]["nodes"][0].update(body=["argmax", "x", 0]),
    "a read out of range": lambda g, p: g["equations"][0]["lhs"]["nodes"][0].update(body=["at", "x", ["+", ["index", 0], -1]]),
    "a write out of range": lambda g, p: g["equations"][0]["lhs"]["nodes"][0].update(out=[["+", ["index", 0], 1]]),
    "nothing": lambda g, p: g.clear(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_edited_certificates_are_refused(change):
    with pytest.raises(Refused):
        check(*altered("hints", CHANGES[change]))


def test_a_table_of_nothing_shows_nothing():
    """Over modulus 0, which stands for the reals, and 1 there are no points at which the sides could differ."""
    goal, proofs = copy.deepcopy(CERTIFICATES["table"])
    for modulus in (0, 1, -3):
        text = canonical_json(goal).replace('"modulus":3', f'"modulus":{modulus}').replace('["x",3,', f'["x",{modulus},')
        text = text.replace('["y",3,', f'["y",{modulus},')
        with pytest.raises(Refused):
            check(json.loads(text), proofs)


# ---- formulas
P, Q, S = sp.symbols("p q s")
TRUE = {
    "de Morgan": Formula((), sp.Equivalent(sp.Not(sp.And(P, Q)), sp.Or(sp.Not(P), sp.Not(Q)), evaluate=False)),
    "transitive": Formula((sp.Implies(P, Q), sp.Implies(Q, S)), sp.Implies(P, S)),
    "xor and iff": Formula((), sp.Equivalent(sp.Xor(P, Q), sp.Not(sp.Equivalent(P, Q)), evaluate=False)),
    "choice": Formula((sp.ITE(P, Q, S), P), Q),
    "three alike": Formula((sp.Equivalent(P, Q, S), S), sp.And(P, Q)),
}


@pytest.mark.parametrize("name", TRUE)
def test_formulas(name):
    formula = TRUE[name]
    proof = decide_formula(formula)
    data, proofs = plain(goal_data(formula)), plain([{"method": proof.method, "trace": proof.trace}])
    check(data, proofs)
    for conclusion in (["not", data["conclusion"]], False, ["and", data["conclusion"], ["symbol", "other"]]):
        with pytest.raises(Refused):
            check({**data, "conclusion": conclusion}, proofs)
    if isinstance(data["conclusion"], list) and data["conclusion"][0] in ("not", "implies", "ite"):
        with pytest.raises(Refused):
            check({**data, "conclusion": [*data["conclusion"], True]}, proofs)
    for k in range(len(data["hypotheses"])):
        with pytest.raises(Refused):
            check({**data, "hypotheses": data["hypotheses"][:k] + data["hypotheses"][k + 1:]}, proofs)


def random_formula(random: Random, depth: int = 3):
    if depth == 0:
        return random.choice([P, Q, S])
    make = random.choice([sp.And, sp.Or, sp.Xor, sp.Implies, sp.Equivalent, sp.Not, sp.ITE])
    count = {sp.Not: 1, sp.ITE: 3}.get(make, 2)
    return make(*(random_formula(random, depth - 1) for _ in range(count)))


@pytest.mark.parametrize("seed", range(40))
def test_random_formulas_against_truth_tables(seed):
    random = Random(seed)
    premise, conclusion = random_formula(random), random_formula(random, 2)
    rows = [dict(zip((P, Q, S), map(sp.sympify, row))) for row in product((False, True), repeat=3)]
    truths = [(sp.sympify(premise).xreplace(row), sp.sympify(conclusion).xreplace(row)) for row in rows]
    outcome = decide_formula(Formula((premise,), conclusion))
    if not any(first == sp.true for first, _ in truths):
        assert outcome.reason == "premises contradict each other"
    elif all(second == sp.true for first, second in truths if first == sp.true):
        assert outcome.method in finite_bases.GRAPH
    else:
        assert isinstance(outcome, dict)


def test_premises_are_met_somewhere():
    formula = plain(goal_data(Formula((P, sp.Not(P, evaluate=False)), Q)))
    for model in ([], ["p"]):
        with pytest.raises(Refused, match="does not satisfy"):
            check(formula, [{"method": finite_bases.GRAPH[1], "trace": {"cut": 4, "model": model, "steps": [[[], [0, 1]]]}}])


# ---- integers that are never equal
def test_numbers_that_are_not_integers_have_no_residues():
    """6 x = 1 + 6 y has solutions in real numbers, and 4 k = 2 + 4 j differs modulo 4 but agrees modulo 2."""
    def goal(kind, constant=1, relation="!="):
        term = lambda name: ["*", 4, [kind, name]]
        return {"kind": "formula", "hypotheses": [], "conclusion": [relation, term("j"), ["+", constant, term("k")]]}
    proofs = [{"method": NEVER, "trace": {"modulus": 4}}]
    check(goal("integer"), proofs)
    check(goal("integer", 2), proofs)
    for wrong in (goal("real"), goal("symbol"), goal("integer", 4), goal("integer", relation="="), goal("integer", ["/", 1, 2]),
                  {**goal("integer"), "hypotheses": [False]}):
        with pytest.raises(Refused):
            check(wrong, proofs)
    for modulus in (1, 0, 3, -4, "4"):
        with pytest.raises(Refused):
            check(goal("integer"), [{"method": NEVER, "trace": {"modulus": modulus}}])
    with pytest.raises(Refused):
        check(goal("integer", 2), [{"method": NEVER, "trace": {"modulus": 2}}])


def test_real_programs_are_not_read():
    equation = Equation(trace(lambda x: x + 1, space(x=Real[2])), trace(lambda x: x + 1, space(x=Real[2])))
    for method in finite_bases.METHODS:
        with pytest.raises(Refused):
            check(plain(goal_data((equation,))), [{"method": method, "trace": {"cut": 4, "steps": [[[], [0]]], "modulus": 2, "model": []}}])
