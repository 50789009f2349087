"""The pipeline: which engine speaks first, and what may never come out of it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

from symcat.category.comprehension import Fact
from symcat.category.elementwise import absolute, detach, equal, maximum, minimum, relu, sign, step
from symcat.category.evaluate import evaluate
from symcat.category.expression import At, Bracket
from symcat.category.morphism import Builder, Morphism
from symcat.category.objects import EXACT
from symcat.category.space import Real, Z, dims, space
from symcat.category.trace import trace
from symcat.derivative.reverse import R
from symcat.errors import DomainError, ShapeError, SoundnessError, UsageError
from symcat.prove import witness as outcomes
from symcat.prove.additivity import laws
from symcat.prove.claim import Additive, Claim, Equation, Formula
from symcat.prove.decide import decide, prove, settle
from symcat.prove.engines import ON_ITS_WORD, Engines
from symcat.prove.index.equal import Failure, Proof
from symcat.prove.record import read
from symcat.verdict import Verdict

n = dims("n")
AGREE = outcomes.Tested(5, True)
x, y, z = sp.symbols("x y z", real=True)


def found(left: str = "3", right: str = "1", equal_as_functions: bool | None = None, **inputs: str) -> outcomes.Witness:
    """A witness, as the refuter gives it; over Z[n] when `equal_as_functions` is given."""
    monomial = None if equal_as_functions is None else {"x": 1}
    return outcomes.Witness({}, {}, inputs or {"x": "1"}, "", (), left, right, monomial=monomial, equal_as_functions=equal_as_functions)


FAILED = Failure("normal forms differ", "x")


def shown(method: str = "normal form", premises: tuple[str, ...] = ()) -> Proof:
    return Proof(method, premises)


def never(*arguments: object, **options: object) -> None:
    raise AssertionError("this engine must not be asked")


def fake(refute: object = AGREE, equal: object = FAILED, additive: object = FAILED,
         valid: object = ("unknown", "no")) -> Engines:
    """Engines that always give the same answer; a function is used as it is."""
    constant = lambda answer: answer if callable(answer) else (lambda *arguments, **options: answer)
    return Engines(*map(constant, (refute, equal, additive, valid)), scalar=without_translation)


def without_translation(*arguments: object) -> Verdict:
    raise DomainError("no translation")


def pointwise(body, base=Real) -> Morphism:
    build = Builder()
    (name,) = build.inputs(space(x=base[n]))
    return build.build([build.gather((n,), lambda i: body(At(name, i)), base=base)])


def total(base) -> Morphism:
    build = Builder()
    (name,) = build.inputs(space(x=base[n]))
    return build.build([build.gather((), lambda i: At(name, i), (n,), base=base)])


DOUBLE, TRIPLE = pointwise(lambda e: 2 * e), pointwise(lambda e: 3 * e)


def claim(*equations: Equation, equality: str = "as morphisms") -> Claim:
    return Claim("name", "statement", "source", lambda: equations, equality=equality)


# ---- equations
def test_identical_programs_need_no_engine() -> None:
    verdict = decide(DOUBLE, pointwise(lambda e: e + e), engines=fake(never, never, never, never))
    assert (verdict.status, verdict.method) == ("proved", "identical programs")


def test_refutation_comes_before_proof() -> None:
    verdict = decide(DOUBLE, TRIPLE, engines=fake(found(), never))
    assert str(verdict) == "REFUTED: at x=1 the two sides are 3 and 1"


def test_all_equations_are_refuted_before_one_is_proved() -> None:
    answers = iter([AGREE, found()])
    verdict = prove(claim(Equation(DOUBLE, TRIPLE), Equation(TRIPLE, DOUBLE)), engines=fake(lambda *a, **k: next(answers), never))
    assert verdict.refuted
    assert verdict.witness["equation"] == 1


def test_more_points_are_tried_where_no_proof_is_found() -> None:
    asked = []
    search = lambda *a, tries=0, **k: asked.append(tries) or (AGREE if tries else found())
    assert decide(DOUBLE, TRIPLE, engines=fake(search)).refuted
    assert asked == [8, 0]


def test_a_proof_that_no_checker_replays_faces_more_points() -> None:
    search = lambda *a, tries=0, **k: AGREE if tries else found()
    assert decide(DOUBLE, TRIPLE, engines=fake(search, shown())).proved
    with pytest.raises(SoundnessError, match="proved and refuted at once"):
        decide(DOUBLE, TRIPLE, engines=fake(search, shown(f"normal form, {ON_ITS_WORD}")))


def test_a_proof_with_premises_and_points() -> None:
    answers = iter([shown(premises=("a", "b")), shown("other", premises=("b", "c"))])
    verdict = prove(claim(Equation(DOUBLE, TRIPLE), Equation(TRIPLE, DOUBLE)), engines=fake(AGREE, lambda *a: next(answers)))
    assert (verdict.status, verdict.method, verdict.premises, verdict.tested) == ("proved", "normal form; other", ("a", "b", "c"), 10)


def test_premises_that_are_given_are_stated() -> None:
    verdict = decide(DOUBLE, TRIPLE, assuming=[n >= 2], engines=fake(AGREE, shown()))
    assert verdict.premises == ("n - 2 >= 0",)


def test_no_proof_says_why_and_how_far_it_was_tested() -> None:
    verdict = decide(DOUBLE, TRIPLE, engines=fake())
    assert str(verdict) == "UNKNOWN: normal forms differ: x (5 points agree)"


def test_nothing_is_proved_from_premises_that_nothing_satisfies() -> None:
    verdict = decide(DOUBLE, TRIPLE, engines=fake(outcomes.Tested(0, False), shown()))
    assert verdict.unknown
    assert "premises not shown satisfiable" in verdict.reason


def test_proved_and_refuted_at_once_is_an_error() -> None:
    with pytest.raises(SoundnessError, match="proved and refuted"):
        prove(claim(Equation(DOUBLE, TRIPLE)), engines=fake(found(), shown()), audit=True)
    assert prove(claim(Equation(DOUBLE, TRIPLE)), engines=fake(found(), FAILED), audit=True).refuted


def test_formal_polynomials_that_agree_as_functions() -> None:
    square, same = pointwise(lambda e: e**2, Z[2]), pointwise(lambda e: e, Z[2])
    engines = fake(found(equal_as_functions=True), FAILED)
    assert prove(claim(Equation(square, same)), engines=engines).refuted
    assert prove(claim(Equation(square, same), equality="as functions"), engines=engines).proved     # one entry stands for all
    totals = [f >> total(Z[2]) for f in (square, same)]
    assert prove(claim(Equation(*totals), equality="as functions"), engines=engines).unknown


# ---- additivity
def additive() -> Claim:
    return Claim("RD.2", "s", "s", lambda: Additive(DOUBLE, (0,), (Equation(*laws(DOUBLE, (0,))[0]),)))


def test_linear_typing_needs_no_normal_form() -> None:
    verdict = prove(additive(), engines=fake(AGREE, never, shown("linear typing")))
    assert (verdict.status, verdict.method, verdict.tested) == ("proved", "linear typing", 5)


def test_linear_typing_against_a_witness_is_an_error() -> None:
    with pytest.raises(SoundnessError):
        prove(additive(), engines=fake(found(), never, shown("linear typing")))


def test_additivity_by_its_equations() -> None:
    assert prove(additive(), engines=fake(AGREE, shown(), FAILED)).method == "normal form"
    assert prove(additive(), engines=fake(found(), never, FAILED)).refuted
    assert prove(additive(), engines=fake(AGREE, FAILED, FAILED)).unknown


def test_additivity_whose_equations_say_something_else_is_not_decided_by_typing() -> None:
    square = pointwise(lambda e: e**2)
    far = pointwise(lambda e: e * Bracket(n - 30))
    for f, sides in ((DOUBLE, (far, pointwise(lambda e: 0 * e))), (square, (DOUBLE, pointwise(lambda e: e + e)))):
        verdict, record = settle(Additive(f, (0,), (Equation(*laws(f, (0,))[1]), Equation(*sides))))
        assert verdict.unknown and record is None and "not those that say" in verdict.reason


# ---- formulas
@pytest.mark.parametrize(("answer", "status"), [(("proved", None), "proved"), (("refuted", {"x": Fraction(1, 2)}), "refuted"),
                                                (("unknown", "too hard"), "unknown")])
def test_formulas(answer: tuple, status: str) -> None:
    verdict, record = settle(Formula((x > 0,), x + 1 > 0), engines=fake(never, never, never, answer))
    assert (verdict.status, verdict.equality, record is None) == (status, "as functions", status != "proved")
    if status == "refuted":
        assert str(verdict) == "REFUTED: at x=1/2 the two sides are false and true"


# ---- certificates
def test_a_certificate_is_written_where_it_is_wanted(tmp_path: Path) -> None:
    verdict = prove(claim(Equation(DOUBLE, pointwise(lambda e: e + e))), tmp_path)
    path = Path(verdict.certificate["path"])
    assert path.name == f"{verdict.certificate['digest']}.json"
    assert read(path)["claim"]["statement"] == "statement"
    assert prove(claim(Equation(DOUBLE, DOUBLE)), tmp_path).certificate == verdict.certificate
    assert len(list(tmp_path.iterdir())) == 1


# ---- what cannot be asked
@pytest.mark.parametrize("goal", [(), ((DOUBLE, DOUBLE),), 3, None])
def test_malformed_goals(goal: object) -> None:
    with pytest.raises(UsageError, match="a goal is"):
        settle(goal, engines=fake())


def test_morphisms_of_different_types() -> None:
    with pytest.raises(ShapeError, match="both sides"):
        decide(DOUBLE, pointwise(lambda e: e, Z[2]))


@pytest.mark.parametrize(("arguments", "message"), [
    ((DOUBLE, x), "two morphisms or two"), ((DOUBLE, DOUBLE, ">"), "expected one of"), ((x, "x"), "expected a SymPy expression"),
    ((x, 0.5), "float"), ((x * 0.5, x), "float"), ((x, sp.I), "no translation"),
    ((sp.Symbol("x", positive=True), x), "two symbols are called x"), ((sp.Symbol("z"), x), "no domain"),
    ((sp.gamma(x), x), "no translation"), ((sp.Symbol("q", imaginary=True), x), "not real"), ((x, y, "=", [3]), "assumption"),
    ((x, y, "=", [sp.Lt(x, x)]), "assumption is false"), ((DOUBLE, TRIPLE, "=", [x]), "assumption"),
    ((DOUBLE, TRIPLE, "=", [n <= 0]), "assumption is false"),
    ((sp.Piecewise((x, x > 0)), x), "last piece"), ((x, y, "=", [x > 0.5]), "floats"), ((DOUBLE, TRIPLE, "=", [n > 2.5]), "float"),
])
def test_what_cannot_be_asked(arguments: tuple, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        decide(*arguments, engines=fake())


# ---- expressions
@pytest.mark.parametrize(("lhs", "rhs"), [(x + x, 2 * x), ((x + 1) * x, x * (1 + x)), (sp.Abs(x), sp.Abs(x)), (3, sp.Integer(3))])
def test_expressions_that_are_one_program(lhs: object, rhs: object) -> None:
    verdict = decide(lhs, rhs, engines=fake(never, never))
    assert (verdict.status, verdict.equality) == ("proved", "as functions")


def test_a_refutation_is_repeated_by_sympy() -> None:
    assert str(decide(x, x**2, engines=fake(found(x="2")))) == "REFUTED: at x=2 the two sides are 2 and 4"
    with pytest.raises(SoundnessError):
        decide((x + 1) ** 2, x**2 + 2 * x + 1, engines=fake(found()))


def test_a_witness_that_the_assumptions_exclude_is_none() -> None:
    k = sp.Symbol("k", integer=True)
    engines = fake(found(k="1/2"))
    assert "assumptions exclude" in decide(k * (k - 1), 0, engines=engines).reason
    assert decide(k, 0, engines=fake(found(k="1"))).refuted
    assert "assumptions exclude" in decide(x, x**2, assuming=[x > 3], engines=fake(found(x="2"))).reason


def test_functions_that_are_opaque_to_the_engines() -> None:
    differing = fake(found(x="1"))
    assert decide(sp.sin(x) ** 2 + sp.cos(x) ** 2, 1, engines=differing).unknown
    assert decide(sp.sin(x), sp.cos(x), engines=differing).refuted
    phi = sp.Function("phi")
    assert decide(phi(x), phi(2 * x), engines=differing).refuted
    assert decide(phi(x), sp.sin(x), engines=differing).unknown


@pytest.mark.parametrize(("lhs", "rhs", "rel", "assuming", "status"), [
    (x, y, "<=", (), "refuted"),
    (x**2, 0, "<", (), "refuted"),
    (x, x, "<", (), "refuted"),
    (x, x, "<=", (), "proved"),
    (-(x**2), 0, "<=", (), "proved"),
    (sp.log(x), x - 1, "<=", (), "proved"),
    (x, x**2, "<=", [x >= 1], "proved"),
    (x, x**2, "<=", x >= 1, "proved"),
    (x, x**2, "<=", [x > 0], "refuted"),
    (sp.sqrt(x), x, "<=", (), "refuted"),
    (sp.exp(x), x + 1, "<=", (), "refuted"),
    (sp.Function("phi")(x), 0, "<=", (), "unknown"),
])
def test_order_of_expressions(lhs: object, rhs: object, rel: str, assuming: object, status: str) -> None:
    assert decide(lhs, rhs, rel, assuming).status == status


def test_order_of_morphisms() -> None:
    assert decide(DOUBLE, TRIPLE, "<=").refuted
    assert decide(DOUBLE, DOUBLE, "<").refuted
    assert decide(DOUBLE, pointwise(lambda e: e**2 + 1), "<=").proved
    verdict = decide(DOUBLE, pointwise(lambda e: e**2 + 1), "<")
    assert verdict.refuted and verdict.witness["left"] == verdict.witness["right"]


# ---- the translator, against SymPy's own values
SAMPLES = [
    x / (y**2 + 1), sp.Abs(x - y), sp.Max(x, y, 1), sp.Min(x, 2 * y), sp.sign(x) * y, sp.Piecewise((x, x > y), (y, sp.Eq(x, 0)), (1, True)),
    sp.Piecewise((1, (x > 0) & (y >= 0)), (2, (x < -1) | sp.Ne(y, 1)), (3, True)), sp.Heaviside(x) + y, x**3 * y - sp.Rational(1, 3),
    sp.Piecewise((x, ~((x > 0) & (y > 0))), (y, True)), sp.Piecewise((5, x <= y), (6, True)),
]


@pytest.mark.parametrize("e", SAMPLES, ids=map(str, SAMPLES))
def test_the_translation_has_the_values_of_the_expression(e: sp.Expr) -> None:
    from symcat.prove.translate import translate

    both = translate(e, 0)
    assert tuple(both.names.values()) == tuple(sorted(s.name for s in e.free_symbols))
    for a in map(sp.Rational, ("-2", "-1/2", "0", "1", "5/3")):
        for b in map(sp.Rational, ("-1", "0", "1", "5/3")):
            values = {x: a, y: b}
            inputs = [Fraction(int(values[s].p), int(values[s].q)) for s in both.names]
            (value,) = evaluate(both.lhs, inputs, scalars=EXACT)
            expected = e.subs(values)
            assert sp.Rational(str(value[()])) == expected, (a, b)


def test_conditions_of_the_domain_are_recorded() -> None:
    from symcat.prove.translate import translate

    p = sp.Symbol("p", positive=True)
    f = translate(sp.log(x) / (x - p) + sp.sqrt(y) + z ** sp.Rational(-1, 2), 1, [sp.Ne(x, 2)]).lhs
    assert {(str(r.expr), r.relation, r.smooth) for r in f.requirements} == {
        ("p", ">0", ">0"), ("x - 2", "!=0", "!=0"), ("x", ">0", ">0"), ("-p + x", "!=0", "!=0"), ("y", ">=0", ">0"), ("z", ">0", ">0")}


def test_facts_of_an_equation_are_its_premises() -> None:
    equation = Equation(DOUBLE, TRIPLE, (Fact(n - 2, ">=0"),))
    assert settle((equation,), engines=fake(AGREE, shown(premises=("n - 2 >= 0",))))[0].premises == ("n - 2 >= 0",)
    assert replace(equation, facts=()) != equation


def test_where_under_a_sum_is_decided() -> None:
    """The test of `where` is an atom of one argument, which a substitution meets again."""
    vector = space(x=Real["n"])
    one_way = trace(lambda x: np.outer(np.where(x, 1, 0), x) @ np.where(x, 1, 0), vector)
    other = trace(lambda x: np.where(x, 1, 0) * np.sum(np.where(x, x * x, 0)), vector)
    assert decide(one_way, trace(lambda x: np.where(x, 1, 0) * (x @ np.where(x, 1, 0)), vector)).proved
    assert decide(one_way, other).refuted


def test_a_requirement_on_a_power_does_not_ask_for_itself() -> None:
    """Matching `(y^2 + 1)^y > 0` against y asks for the sign of y again."""
    vector = space(y=Real["n"])
    assert decide(trace(lambda y: np.log(np.exp((y * y + 1) ** y)), vector), trace(lambda y: (y * y + 1) ** y, vector)).proved
    assert decide(trace(lambda y: np.sqrt((y * y + 1) ** y) ** 2, vector), trace(lambda y: np.log((y * y + 1) ** y), vector)).refuted


def test_detach_is_no_identity_of_morphisms():
    """detach(x) x and x^2 compute the same function, but R tells them apart."""
    held = trace(lambda x: detach(x) * x, space(x=Real[n]))
    square = trace(lambda x: x**2, space(x=Real[n]))
    assert decide(held, square).unknown
    assert decide(R(held), R(square)).refuted
    shifted = trace(lambda x: np.exp(x - detach(np.max(x))) * np.exp(detach(np.max(x))), space(x=Real[n]))
    assert decide(shifted, trace(np.exp, space(x=Real[n]))).proved


@pytest.mark.parametrize("function, value", [
    (lambda x: maximum(-1, minimum(1, 0 * x)), 0), (lambda x: relu(0 * x - 2), 0), (lambda x: step(0 * x + 3), 1),
    (lambda x: absolute(0 * x - 2), 2), (lambda x: sign(0 * x - 2), -1), (lambda x: equal(0 * x, 0), 1), (lambda x: equal(0 * x, 1), 0),
])
def test_functions_with_kinks_have_values_at_numbers(function, value):
    a = space(x=Real[n])
    assert decide(trace(function, a), trace(lambda x: 0 * x + value, a)).proved
    assert decide(trace(function, a), trace(lambda x: 0 * x + value + 1, a)).refuted


@pytest.mark.parametrize("left, right, status", [
    (sp.Abs(x), sp.Max(x, -x), "proved"), (sp.sin(2 * x), 2 * sp.sin(x) * sp.cos(x), "proved"),
    (sp.sec(x) * sp.cos(x) + x, 1 + x, "proved"),
    (sp.sqrt(3 + 2 * sp.sqrt(2)) * x, (1 + sp.sqrt(2)) * x, "proved"), (sp.sqrt(x**2 + 2 * x + 1), x + 1, "refuted"),
    (sp.cos(x + sp.pi), -sp.sin(x), "refuted"), (sp.sec(x), sp.csc(x), "refuted"), (sp.asin(x), sp.atan(x), "refuted"),
])
def test_the_field_engine_decides_what_others_leave_open(left, right, status) -> None:
    assert decide(left, right).status == status


def test_the_field_engine_proves_programs_over_scalars_without_kinks() -> None:
    scalar = space(x=Real[()])
    root = trace(lambda x: np.sqrt(x**4 + 2 * x**2 + 1), scalar)
    verdict = decide(root, trace(lambda x: x**2 + 1, scalar))
    assert verdict.proved and "field" in verdict.method and verdict.premises == ()
    assert decide(trace(lambda x: np.sqrt(x**2), scalar), trace(lambda x: abs(x), scalar)).unknown
    assert decide(root, trace(lambda x: x**2 - 1, scalar)).refuted


@pytest.mark.parametrize("left, right", [(x**10**6, x**10**6 + 1), ((x + 1)**5000, (x + 1)**5000 + x)])
def test_numbers_too_long_to_be_written_do_not_stop_a_refutation(left, right) -> None:
    assert decide(left, right).refuted
