"""From a claim about functions over finite bases to a verdict, a certificate and its check."""

import copy
import json
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

from symcat.category.evaluate import evaluate
from symcat.category.expression import At
from symcat.category.morphism import Builder
from symcat.category.serialise import canonical_json
from symcat.category.space import Z2, Z, dims, space
from symcat.category.structure import identity
from symcat.category.trace import trace
from symcat.checker import finite_bases
from symcat.errors import UsageError
from symcat.laws.claim import Claim, Equation, Formula
from symcat.prove.boolean import engine
from symcat.prove.boolean.hints import hinted
from symcat.prove.boolean.settle import finite
from symcat.prove.certificate import recheck
from symcat.prove.decide import decide, prove, settle
from symcat.prove.formula import dump_formula, load_formula
from symcat.prove.order import Open
from symcat.prove.record import goal_data, read, write
from symcat.prove.witness import Witness
from symcat.verdict import Verdict

PAIR = space(x=Z2[4], y=Z2[4])
P, Q = sp.symbols("p q")
J, K = sp.symbols("j k", integer=True)
X = sp.Symbol("x", real=True)


def equation(left, right, dom=PAIR) -> tuple[Equation, ...]:
    return (Equation(trace(left, dom), trace(right, dom)),)


def decided(goal: object, folder: Path | None = None, equality: str = "as functions") -> Verdict:
    return prove(Claim("name", "statement", "source", lambda: goal, equality=equality), folder)


PROVED = {
    "SAT, DRUP with hints": equation(lambda x, y: (x + y) * y, lambda x, y: x * y + y),
    "XOR-AND normal form": equation(lambda x, y: x**2 + y, lambda x, y: y + x),
    "finite table": equation(lambda x: x**5, lambda x: x, space(x=Z[5][3])),
    "residues": Formula((), sp.Ne(3 * K, 1 + 3 * J, evaluate=False)),
    "SAT, DRUP with hints; XOR-AND normal form": (*equation(lambda x, y: (x + y) * y, lambda x, y: x * y + y),
                                                  *equation(lambda x, y: x**2, lambda x, y: x)),
    "propositions": Formula((sp.Or(P, Q), sp.Not(P)), Q),
}


@pytest.mark.parametrize("name", PROVED)
def test_proofs_are_written_and_replayed(name, tmp_path):
    verdict = decided(PROVED[name], tmp_path)
    assert verdict.proved and verdict.equality == "as functions"
    assert verdict.method == ("SAT, DRUP with hints" if name == "propositions" else name)
    result = recheck(verdict.certificate["path"])
    assert result.ok and "checked independently of the engine" in result.why
    assert verdict.premises == (("p | q", "~p") if name == "propositions" else ())


@pytest.mark.parametrize(("left", "right", "dom"), [
    (lambda x, y: x * y, lambda x, y: x + y, PAIR), (lambda x: x**3, lambda x: x, space(x=Z[4][2])),
    (lambda x, y: x.sum() * y, lambda x, y: y, PAIR),
    # the sides differ at one of 2^20 points, which no random pattern meets
    (lambda x: x.sum() * 0 + product(x), lambda x: x.sum() * 0, space(x=Z2[20])),
])
def test_refutations_hold_for_the_goal_itself(left, right, dom):
    goal = equation(left, right, dom)
    verdict = decided(goal)
    assert verdict.refuted
    where = verdict.witness
    point = [np.array(where["inputs"][name]) for name in dom.names]
    values = [evaluate(side, point)[0][tuple(where["index"])] for side in (goal[0].lhs, goal[0].rhs)]
    assert [str(v) for v in values] == [where["left"], where["right"]] and values[0] != values[1]


def product(x):
    result = x[0]
    for i in range(1, x.shape[0]):
        result = result * x[i]
    return result


def test_equal_functions_are_not_called_equal_morphisms():
    square, same = trace(lambda x: x**2, space(x=Z2[4])), trace(lambda x: x, space(x=Z2[4]))
    assert decide(square, same).refuted and decide(square, same, equality="as functions").proved
    assert decided((Equation(square, same),), equality="as morphisms").refuted
    with pytest.raises(UsageError, match="expected one of as morphisms, as functions"):
        decide(square, same, equality="as sets")


def test_a_certificate_about_functions_is_none_about_morphisms(tmp_path):
    path = Path(decided(PROVED["XOR-AND normal form"], tmp_path).certificate["path"])
    forged = write({**copy.deepcopy(read(path)), "equality": "as morphisms"}, tmp_path)
    assert not recheck(forged).ok


@pytest.mark.parametrize("change", [
    lambda r: r.update(goal=goal_data(equation(lambda x, y: x + y * y, lambda x, y: x * y + y))),
    lambda r: r.update(premises=["x > 0"]), lambda r: r.update(method="identical programs"),
    lambda r: r["trace"][0]["trace"]["steps"].pop(), lambda r: r["trace"][0]["trace"].pop("cut"),
    lambda r: r["trace"][0].update(method="finite table"), lambda r: r["trace"][0].pop("trace"),
    lambda r: r.update(trace=[]), lambda r: r.update(goal=goal_data(PROVED["propositions"])),
])
def test_forged_certificates_do_not_hold(change, tmp_path):
    record = copy.deepcopy(read(Path(decided(PROVED["SAT, DRUP with hints"], tmp_path).certificate["path"])))
    change(record)
    assert not recheck(write(record, tmp_path)).ok


def test_premises_of_a_formula_cannot_be_hidden(tmp_path):
    record = copy.deepcopy(read(Path(decided(PROVED["propositions"], tmp_path).certificate["path"])))
    assert not recheck(write({**record, "premises": []}, tmp_path)).ok


def test_the_same_proof_in_every_run():
    first, second = (settle(PROVED["SAT, DRUP with hints"], "as functions")[1] for _ in range(2))
    assert first == second


@pytest.mark.parametrize("formula", [
    Formula((), sp.Ne(2 * K, 1 + 3 * J)), Formula((), sp.Ne(6 * K, 2 + 6 * J + 2 * sp.Symbol("x", real=True))),
    Formula((sp.Symbol("x", real=True) > 0,), P), Formula((), sp.Eq(sp.Symbol("x", real=True), 1)),
    Formula((K > 0,), sp.Ne(3 * K, 3 * J + 1)),
])
def test_other_formulas_are_left_to_others(formula):
    assert engine.decide_formula(formula) is None


def test_a_false_formula_comes_with_the_values():
    verdict = decided(Formula((sp.Or(P, Q),), P))
    assert verdict.refuted and verdict.witness["point"] == {"p": "False", "q": "True"}
    assert decided(Formula((P, sp.Not(P, evaluate=False)), Q)).unknown


@pytest.mark.parametrize(("left", "right", "assuming", "status"), [
    (~(P & Q), ~P | ~Q, (), "proved"), (P | Q, P ^ Q, (), "refuted"), (P & Q, Q, [P], "proved"), (P >> Q, Q >> P, (), "refuted"),
    (P | ~P, sp.true, (), "proved"), (P & Q, P, [P, ~P], "unknown"), (sp.Gt(X, 1), sp.Gt(2 * X, 2), (), "proved"),
    (sp.Gt(X, 1), X, (), "unknown"), (sp.ITE(P, Q, ~Q), sp.Equivalent(P, Q), (), "proved"),
])
def test_formulas_are_decided(left, right, assuming, status):
    verdict = decide(left, right, assuming=assuming)
    assert verdict.status == status and verdict.equality == "as functions"
    if verdict.refuted:
        place = {sp.Symbol(name): {"True": sp.true, "False": sp.false}[value] for name, value in verdict.witness["point"].items()}
        assert (verdict.witness["left"], verdict.witness["right"]) == tuple(str(side.xreplace(place)) for side in (left, right))


@pytest.mark.parametrize(("left", "right", "rel", "assuming"), [(P & Q, Q, "<=", ()), (P & Q, Q, "=", (2,)), (P & Q, X + 1, "=", ())])
def test_what_cannot_be_asked_about_formulas(left, right, rel, assuming):
    with pytest.raises(UsageError):
        decide(left, right, rel, assuming)


def test_relations_that_sympy_would_decide_come_back_as_they_were_written():
    formula = PROVED["residues"]
    assert load_formula(dump_formula(formula)) == formula
    even = Formula((), sp.Ne(2 * K, 1 + 2 * J, evaluate=False))
    assert load_formula(dump_formula(even)) == even and even.conclusion != sp.true


def test_what_is_finite():
    n = dims("n")
    assert finite(PROVED["finite table"])
    assert finite(equation(lambda x: x**2, lambda x: x, space(x=Z2[n])))
    assert not finite(equation(lambda x: x**2, lambda x: x[::-1], space(x=Z2[n])))
    assert not finite(equation(lambda x: x**2 + x.sum(), lambda x: x, space(x=Z2[n])))
    assert not finite(equation(lambda x, y: x, lambda x, y: x, space(x=Z2[n], y=Z2[2])))
    assert not finite(equation(lambda x, y: x, lambda x, y: x, space(x=Z2[n], y=Z[3][n])))
    sized = trace(lambda x: x[1:], space(x=Z2[4]))
    assert finite((Equation(sized, sized),))


@pytest.mark.parametrize(("power", "base"), [(2, Z2), (3, Z[3]), (5, Z[5])])
def test_pointwise_programs_at_all_sizes(power, base, tmp_path):
    n, m = dims("n m")
    verdict = decided(equation(lambda x: x**power, lambda x: x, space(x=base[n, m])), tmp_path)
    assert verdict.proved and recheck(verdict.certificate["path"]).ok
    wrong = decided(equation(lambda x: x**power + 1, lambda x: x, space(x=base[n, m])))
    assert wrong.refuted and wrong.witness["dims"] == {"m": 1, "n": 1}


def test_sizes_that_are_no_single_symbols():
    n = dims("n")
    (goal,) = equation(lambda x: x**2, lambda x: x, space(x=Z2[n + 1, n]))
    assert isinstance(engine.decide_functions(goal), Open)
    assert not decided((goal,)).proved


def test_one_place_stands_for_all_only_where_places_do_not_meet():
    """At size 1 the reverse of a vector is the vector, its sum is its entry, and its index is 0."""
    dom = space(x=Z2[dims("n")])
    build = Builder()
    (x,) = build.inputs(dom)
    placed = build.build([build.gather(dom.types[0].shape, lambda i: At(x, i) + i, base=Z2)])
    for right in (trace(lambda x: x[::-1], dom), trace(lambda x: x.sum() + 0 * x, dom), placed):
        pair = (Equation(identity(dom), right),)
        assert not finite(pair) and not decided(pair).proved
        for method, trace_of in (("finite table", {"points": 2}), ("XOR-AND normal form", {"cut": 9, "steps": [[[], [0]]]})):
            with pytest.raises(finite_bases.Refused, match="not pointwise"):
                finite_bases.check(json.loads(canonical_json(goal_data(pair))), [{"method": method, "trace": trace_of}])


def test_goals_that_are_too_large_stay_open(monkeypatch):
    goal = equation(lambda x: x**5, lambda x: x, space(x=Z[5][12]))[0]
    assert isinstance(engine.decide_functions(goal), Open)
    assert decided((goal,)).unknown
    assert isinstance(engine.decide_functions(equation(lambda x: x**4, lambda x: x, space(x=Z[5][12]))[0]), Witness)
    slow = trace(lambda x: x.sum() * product(x), space(x=Z2[6])), trace(lambda x: 0 * x.sum(), space(x=Z2[6]))
    with monkeypatch.context() as patched:
        patched.setattr(engine, "hinted", lambda clauses, learned: hinted(clauses, learned, 1))
        assert "too many to be given hints" in engine.decide_functions(Equation(*slow)).reason
    assert engine.decide_functions(Equation(*slow)).method == "SAT, DRUP with hints"
    monkeypatch.setattr(engine, "WORK", 10)
    assert isinstance(engine.decide_functions(PROVED["SAT, DRUP with hints"][0]), Open)
    assert isinstance(engine.decide_functions(equation(lambda x, y: x * y, lambda x, y: y)[0]), Witness)


def test_equality_as_morphisms_suffices_where_tables_are_too_large():
    verdict = decided(equation(lambda x: (x + 1) ** 2, lambda x: x**2 + 2 * x + 1, space(x=Z[5][12])))
    assert verdict.proved and verdict.method.startswith("index normal form")
