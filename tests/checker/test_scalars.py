"""Equations of scalars replayed cell by cell: true ones, their false neighbours, and advice that was changed."""

from __future__ import annotations

import copy
import itertools
import json
import random
from collections.abc import Iterator, Sequence
from fractions import Fraction

import mpmath
import pytest
import sympy as sp

from symcat.checker import Refused, check
from symcat.checker.formulas import inequality, programs
from symcat.checker.scalars import BASES, Scalars, scalar
from symcat.prove.advice.scalars import advice
from symcat.prove.advice.scalars import programs as of_programs
from symcat.prove.field.goal import dump_scalar
from symcat.prove.field.read import read
from symcat.prove.field.sample import sample
from symcat.prove.formula import dump_term

x, y, z = sp.symbols("x y z", real=True)
p, q = sp.symbols("p q", positive=True)
sqrt, exp, log, pi = sp.sqrt, sp.exp, sp.log, sp.pi
Goal = tuple[sp.Expr, sp.Expr, Sequence[sp.Basic]]

TRUE: dict[str, Goal] = {
    "polynomial": ((x + y) ** 3, x**3 + 3 * x**2 * y + 3 * x * y**2 + y**3, ()),
    "fractions": (1 / (x - 1) - 1 / (x + 1), 2 / (x**2 - 1), ()),
    "exp of a quotient": (exp((x**2 - 1) / (x - 1)), exp(x + 1), ()),
    "exp of half": (exp(x / 2) * exp(x / 3), exp(5 * x / 6), ()),
    "log of a product": (log(x * y), log(-x) + log(-y), (x < 0, y < 0)),
    "log of a square": (log((x - y) ** 2), 2 * log(sp.Abs(x - y)), ()),
    "root of a square": (sqrt((x - 3) ** 2), sp.Abs(x - 3), ()),
    "roots": (sqrt(p) * sp.root(p, 3), sp.root(p, 6) ** 5, ()),
    "two roots": (sqrt(x - 1) * sqrt(x + 1), sqrt(x**2 - 1), ()),
    "nested root": (sqrt(3 + 2 * sqrt(2)), 1 + sqrt(2), ()),
    "nested roots": (sqrt(5 + 2 * sqrt(6)), sqrt(2) + sqrt(3), ()),
    "pentagon": (2 * sp.cos(pi / 5, evaluate=False), sp.GoldenRatio, ()),
    "angle sum": (sp.sin(x + pi / 3), sp.sin(x) / 2 + sqrt(3) / 2 * sp.cos(x), ()),
    "circle": (sp.sin(x) ** 4 - sp.cos(x) ** 4, -sp.cos(2 * x), ()),
    "tangent": (sp.tan(2 * x), 2 * sp.tan(x) / (1 - sp.tan(x) ** 2), ()),
    "cos atan": (sp.cos(sp.atan(x), evaluate=False), 1 / sqrt(1 + x**2), ()),
    "tanh": (sp.tanh(x), 2 / (1 + exp(-2 * x)) - 1, ()),
    "softplus": (log(exp(x) + exp(y)), x + log(1 + exp(y - x)), ()),
    "maximum": (sp.Max(x, y), (x + y + sp.Abs(x - y)) / 2, ()),
    "absolute": (sp.Abs(x * y), sp.Abs(x) * sp.Abs(y), ()),
    "sign": (sp.sign(x) * sp.Abs(x), x, ()),
    "monotone": (exp(sp.Max(x, y)), sp.Max(exp(x), exp(y)), ()),
    "clip": (sp.Min(1, sp.Max(0, x)), sp.Max(0, sp.Min(1, x)), ()),
    "empty cells": (sp.Abs(x - 1) + sp.Abs(x + 1), 2 * x, (x > 1,)),
    "assumed": (x * y / z, x, (sp.Eq(y, z),)),
    "power": (p**x * p**y, p ** (x + y), ()),
    "adam": (p / sqrt(p**2 * q / (1 - Fraction(1, 10))), sqrt(Fraction(9, 10)) / sqrt(q), ()),
}
FALSE: dict[str, Goal] = {
    "polynomial": ((x + y) ** 2, x**2 + y**2, ()), "kink": (sqrt(x**2), x, ()), "branch cut": (sp.atan(x) + sp.atan(1 / x), pi / 2, ()),
    "at the tie": (sp.sign(x - y) * sp.Abs(x - y) + sp.Heaviside(0 * x + y - x, 1), x - y, ()),
    "boundary": (sp.Piecewise((0, x < 0), (x + 1, True)), sp.Piecewise((0, x <= 0), (x + 1, True)), ()),
    "angle": (sp.sin(2 * x), 2 * sp.sin(x), ()), "nested root": (sqrt(3 + 2 * sqrt(2)), sqrt(2) - 1, ()),
    "exp": (exp(x * y), exp(x) * exp(y), ()), "arc": (sp.asin(sp.sin(x), evaluate=False), x, ()),
    "maximum": (sp.Max(x, y), (x + y + sp.Abs(x + y)) / 2, ()), "sign": (sp.Abs(x) / x, 1 + 0 * x, ()),
    "cancels to 1e-160": (x + sp.Rational(1, 10**160), x, ()),
}


def stated(goal: Goal) -> tuple[dict, tuple]:
    lhs, rhs, relations = goal
    own = read(sp.sympify(lhs), sp.sympify(rhs), list(relations))
    return json.loads(json.dumps(dump_scalar(own))), sample(own).inside


def proof(goal: Goal) -> tuple[dict, dict]:
    data, points = stated(goal)
    found = advice(data, points, 20)
    assert found is not None
    return data, json.loads(json.dumps(found))


@pytest.mark.parametrize("name", TRUE)
def test_true_goals_replay(name: str) -> None:
    data, found = proof(TRUE[name])
    assert scalar(data, found) >= 1
    assert found["inside"] is not None


@pytest.mark.parametrize("name", FALSE)
def test_false_goals_have_no_advice(name: str) -> None:
    data, _ = stated(FALSE[name])
    assert advice(data, (), 1) is None


@pytest.mark.parametrize(("true", "false"), [("polynomial", "polynomial"), ("maximum", "maximum"), ("root of a square", "kink"),
                                             ("angle sum", "angle"), ("nested root", "nested root"), ("root of a square", "branch cut")])
def test_advice_for_one_goal_is_none_for_another(true: str, false: str) -> None:
    _, found = proof(TRUE[true])
    with pytest.raises(Refused):
        scalar(stated(FALSE[false])[0], found)


def places(data: object, path: tuple = ()) -> Iterator[tuple]:
    if type(data) is int or isinstance(data, str):
        yield path
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from places(value, (*path, key))


def edited(data: object, path: tuple, value: object) -> object:
    found = copy.deepcopy(data)
    inner = found
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return found


@pytest.mark.parametrize(("true", "lhs", "rhs"), [
    ("maximum", sp.Max(x, y), (x + y + sp.Abs(x - y)) / 3), ("roots", sqrt(p) * sp.root(p, 3), sp.root(p, 6) ** 4),
    ("absolute", sp.Abs(x * y), sp.Abs(x) * y), ("fractions", 1 / (x - 1) - 1 / (x + 1), 3 / (x**2 - 1)),
])
def test_no_change_of_advice_shows_a_false_goal(true: str, lhs: sp.Expr, rhs: sp.Expr) -> None:
    data, _ = stated((lhs, rhs, ()))
    found = proof(TRUE[true])[1]
    every = list(places(found["cells"]))
    for path in random.Random(0).sample(every, min(len(every), 150)):
        for value in (0, 1, 2, -1, None, [], "1", "-1", True):
            with pytest.raises(Refused):
                scalar(data, {**found, "cells": edited(found["cells"], path, value)})


def test_a_part_of_the_space_left_out() -> None:
    data, found = proof(TRUE["maximum"])
    assert len(found["cells"]["cells"]) == 3
    for cells in ([], found["cells"]["cells"][:2], [found["cells"]["cells"][0]] * 3, found["cells"]["cells"][::-1]):
        with pytest.raises(Refused):
            scalar(data, {**found, "cells": {**found["cells"], "cells": cells}})


def test_advice_that_is_too_long_or_too_short() -> None:
    data, found = proof(TRUE["exp of a quotient"])
    tape = found["cells"]["advice"]
    for other in (tape[:-1], [*tape, None], []):
        with pytest.raises(Refused):
            scalar(data, {**found, "cells": {"advice": other, "cells": []}})


def test_a_point_that_is_not_inside() -> None:
    data, found = proof(TRUE["empty cells"])
    assert scalar(data, found)
    with pytest.raises(Refused, match="not inside"):
        scalar(data, edited(found, ("inside", "point", "x"), "1/2"))
    data, found = proof(TRUE["fractions"])
    with pytest.raises(Refused):
        scalar(data, edited(found, ("inside", "point", "x"), "1"))


def test_the_certificate_names_what_was_checked() -> None:
    data, found = proof(TRUE["maximum"])
    part = {"method": "field normal form", "premises": [], "trace": {"replay": found}}
    assert check({"goal": data, "trace": [part]}) == {"cells replayed": 3}
    assert check({"goal": data, "trace": [{**part, "trace": {}}]}) == {"unchecked": 1}
    with pytest.raises(Refused):
        check({"goal": stated(FALSE["maximum"])[0], "trace": [part]})
    with pytest.raises(Refused):
        check({"goal": data, "trace": []})


@pytest.mark.parametrize("term", [
    ["eval", "1"], ["root", "0", ["pi"]], ["power", "-1", ["pi"]], ["number", "1/0"], ["number", "x"], [], 3, None,
    ["switch", ["pi"], ["pi"]], ["variable", 3],
])
def test_malformed_terms_are_refused(term: object) -> None:
    goal = {"kind": "scalar", "lhs": term, "rhs": term, "variables": [], "integers": [], "assumptions": [], "required": []}
    with pytest.raises(Refused):
        scalar(goal, {"cells": {"advice": [None] * 9, "cells": []}, "inside": None})


def test_parts_of_a_turn_are_those_of_mpmath() -> None:
    def number(t: Sequence) -> mpmath.mpf:
        rest = [number(part) for part in t[1:] if isinstance(part, (list, tuple))]
        return {"number": lambda: mpmath.mpf(Fraction(t[1]).numerator) / Fraction(t[1]).denominator, "add": lambda: mpmath.fsum(rest),
                "mul": lambda: mpmath.fprod(rest), "root": lambda: mpmath.root(rest[0], int(t[1]))}[t[0]]()
    with mpmath.workdps(40):
        for order, (cosine, sine) in BASES.items():
            assert mpmath.almosteq(number(cosine), mpmath.cos(mpmath.pi / order))
            assert mpmath.almosteq(number(sine), mpmath.sin(mpmath.pi / order))


def test_turns_by_parts_are_those_of_mpmath() -> None:
    for n in (1, -7, 15, 24, 30, 40, 59, 100, 120, 133, -200):
        turn = sp.Rational(n, 120) * pi
        with mpmath.workdps(30):
            exact = [mpmath.cos(mpmath.pi * n / 120), mpmath.sin(mpmath.pi * n / 120)]
        lhs, rhs = sp.cos(x + turn, evaluate=False), sp.cos(x) * sp.cos(turn, evaluate=False) - sp.sin(x) * sp.sin(turn, evaluate=False)
        assert scalar(*proof((lhs, rhs, ()))) == 1
        for sign in (1, -1):        # within 10**-20 on either side
            for value, function in zip(exact, (sp.cos, sp.sin), strict=True):
                near = sp.Rational(mpmath.nstr(value, 28)) + sign * sp.Rational(1, 10**20)
                goal = {"kind": "inequality", "lhs": dump_term(sp.S.Zero), "rhs": dump_term(sign * near), "rel": "<", "assuming": []}
                goal["rhs"] = ["+", goal["rhs"], ["*", -sign, [function.__name__, ["*", ["/", n, 120], ["constant", "pi"]]]]]
                assert inequality(goal, json.loads(json.dumps(advice(goal)))) == 1


def test_a_hypothesis_is_not_made_up() -> None:
    run = Scalars([["split", [["1", [[0, 1]]]]], 1], (1,))
    e = run.value(["variable", "x"])
    with pytest.raises(Refused):        # the cell says that x > 0, and the advice for its use is missing
        run.sign(e)
    for k, values in itertools.product((0, 7, -3), ([], [[0, []]])):
        run = Scalars([1, [k, values]])
        with pytest.raises((Refused, IndexError, ValueError)):
            run.sign(run.value(["variable", "x"]))


def program(body: object, requirements: Sequence[object] = (), inputs: int = 1) -> dict:
    node = {"name": "y", "modulus": 0, "shape": [], "extents": [], "out": [], "guards": [], "op": "sum", "body": body}
    required = [{"extents": [], "guards": [], "relation": relation, "expr": e} for relation, e in requirements]
    return {"dom": [[f"x{k}", 0, []] for k in range(inputs)], "cod": [["y", 0, []]], "nodes": [node], "outs": ["y"], "facts": [],
            "requirements": required}


X, ROOT5 = ["at", "x0"], ["^", 5, ["/", 1, 2]]
PAIRS = {
    "golden": (program(["^", ["+", 1, ROOT5], 2]), program(["+", 6, ["*", 2, ROOT5]])),
    "tanh": (program(["tanh", X]), program(["+", -1, ["*", 2, ["sigmoid", ["*", 2, X]]]])),
    "required": (program(["^", ["^", X, 2], ["/", 1, 2]], [(">=0", X)]), program(X)),
    "softplus": (program(["softplus", X]), program(["+", X, ["softplus", ["*", -1, X]]])),
}


@pytest.mark.parametrize("name", PAIRS)
def test_programs_over_scalars(name: str) -> None:
    lhs, rhs = PAIRS[name]
    equation = {"lhs": lhs, "rhs": rhs, "facts": []}
    found = json.loads(json.dumps(of_programs(equation)))
    assert programs(equation, found["outputs"]) >= 1
    wrong = {**equation, "rhs": edited(rhs, ("nodes", 0, "body"), ["*", 2, rhs["nodes"][0]["body"]])}
    for changed in (wrong, {**equation, "lhs": {**lhs, "requirements": []}}) if name == "required" else (wrong,):
        assert of_programs(changed, 1) is None
        with pytest.raises(Refused):
            programs(changed, found["outputs"])


def test_programs_with_kinks_sums_or_arrays_are_refused() -> None:
    plain = program(X)
    found = of_programs({"lhs": plain, "rhs": plain, "facts": []})["outputs"]
    for path, value in ((("nodes", 0, "body"), ["relu", X]), (("nodes", 0, "extents"), [3]), (("nodes", 0, "modulus"), 2),
                        (("nodes", 0, "op"), "max"), (("dom", 0, 2), [["dim", "n"]]), (("dom", 0, 1), 2), (("nodes", 0, "name"), "x0")):
        other = edited(plain, path, value)
        with pytest.raises(Refused):
            programs({"lhs": other, "rhs": other, "facts": []}, found)
    with pytest.raises(Refused):
        programs({"lhs": plain, "rhs": program(X, (), 2), "facts": []}, found)
