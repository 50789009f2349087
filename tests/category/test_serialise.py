"""Programs survive the way to JSON and back; anything else is refused."""

from __future__ import annotations

import copy as copying
import json
import random

import pytest
import sympy as sp

from symcat.category.comprehension import Fact
from symcat.category.deserialise import load, load_expression, load_fact
from symcat.category.expression import Argmax, At, Bracket, Delta, index
from symcat.category.functions import Smooth, equal, maximum, relu, sigmoid, softplus, where
from symcat.category.morphism import Builder, Morphism
from symcat.category.serialise import canonical_json, content_digest, dump, dump_expression
from symcat.category.space import Real, Z, dims, space
from symcat.category.structure import add, copy, swap
from symcat.derivative.reverse import R
from symcat.errors import DataError

n, m = dims("n m")
rate = sp.Symbol("lr", real=True)


def dense() -> Morphism:
    build = Builder()
    x, w, b = build.inputs(space(x=Real[n], W=Real[n, m], b=Real[m]))
    z = build.gather((m,), lambda j, i: At(x, i) * At(w, i, j), (n,))
    return build.build([build.gather((m,), lambda j: sp.tanh(At(z, j) + At(b, j)))])


def softmax() -> Morphism:
    build = Builder()
    (x,) = build.inputs(space(x=Real[n]))
    top = build.gather((), lambda i: At(x, i), (n,), op="max")
    e = build.gather((n,), lambda i: sp.exp(At(x, i) - At(top)))
    total = build.gather((), lambda i: At(e, i), (n,))
    build.require((), At(total), "!=0")
    return build.build([build.gather((n,), lambda i: At(e, i) / At(total))])


def oddities() -> Morphism:
    build = Builder()
    x, p = build.inputs(space(x=Real[n + 1], p=Real[()]))
    k = index(0)
    y = build.node((n,), [(k, n)], (k,), 2 * (At(x, k) + At(x, k + 1)) ** sp.Rational(3, 2) * Bracket(k - 2) + k / n, guards=(n - 1 - k,))
    z = build.gather((n,), lambda i: where(Delta(i - 1), relu(At(y, i)), maximum(At(p), sigmoid(At(y, i)))) * rate ** At(p))
    build.fact(1 - rate, ">0")
    w = build.gather((), lambda i: Smooth(sp.core.symbol.Str("phi"), 2, At(z, i)) + softplus(At(z, i)) * equal(At(p), 1) - sp.E, (n,))
    return build.build([z, w])


def integers() -> Morphism:
    build = Builder()
    (x,) = build.inputs(space(x=Z[5][n]))
    return build.build([build.gather((), lambda i: 3 * At(x, i) ** 2 + 4, (n,), base=Z[5])])


PROGRAMS = [dense(), softmax(), oddities(), integers(), copy(space(x=Real[3])), swap(space(x=Real[n]), space(y=Real[2, m])),
            R(dense()), R(softmax()), R(oddities()), R(integers()), R(R(dense())), R(R(softmax())), R(add(space(x=Real[n])))]


@pytest.mark.parametrize("f", PROGRAMS, ids=range(len(PROGRAMS)))
def test_round_trip(f: Morphism) -> None:
    text = canonical_json(dump(f))
    back = load(json.loads(text))
    assert back == f
    assert back.digest == f.digest
    assert (back.dom, back.cod, back.outs, back.nodes) == (f.dom, f.cod, f.outs, f.nodes)
    assert canonical_json(dump(back)) == text


def test_an_undistributed_product_comes_back_undistributed() -> None:
    x = At("x")
    expr = sp.Mul(2, x + 1, evaluate=False)
    assert expr != sp.Mul(2, x + 1)
    assert load_expression(dump_expression(expr)) == expr


def test_the_digest_sees_every_number() -> None:
    data = dump(dense())
    other = copying.deepcopy(data)
    other["nodes"][0]["body"][1][2] = ["index", 0]
    assert content_digest(data) != content_digest(other)


@pytest.mark.parametrize("expr", [sp.Symbol("z"), sp.Symbol("q", integer=True), sp.Float(0.5), sp.pi, sp.tan(At("x")), sp.oo, sp.I])
def test_what_the_language_lacks_is_not_written(expr: sp.Expr) -> None:
    with pytest.raises(DataError, match="cannot write"):
        dump_expression(expr)


@pytest.mark.parametrize("data", [
    None, True, 0.5, "x", [], {}, [1], ["tan", 1], ["eval", "1"], ["at"], ["at", "_x"], ["at", "__import__('os')"], ["argmax", "m"],
    ["argmax", "m", -1], ["/", 2, 4], ["/", 1, 0], ["/", 1, -2], ["+", 1], ["^", 2], ["index", -1], ["index", True], ["real", "_0"],
    ["dim", 3], ["relu", 1, 2], ["Smooth", "f", 1], ["Smooth", "f"], [["at", "x"]],
])
def test_malformed_expressions_are_refused(data: object) -> None:
    with pytest.raises(DataError):
        load_expression(data)


def test_deep_nesting_is_refused_not_a_crash() -> None:
    data: object = 1
    for _ in range(5000):
        data = ["tanh", data]
    with pytest.raises(DataError, match="deep"):
        load_expression(data)


def edit(**changes: object) -> dict:
    data = copying.deepcopy(dump(dense()))
    for path, value in changes.items():
        target, keys = data, path.split("__")
        for key in keys[:-1]:
            target = target[int(key) if key.isdigit() else key]
        target[int(keys[-1]) if keys[-1].isdigit() else keys[-1]] = value
    return data


@pytest.mark.parametrize(("data", "message"), [
    (edit(nodes__0__body=["at", "x", ["+", ["index", 1], 1]]), "range|premises"),
    (edit(nodes__0__body=["at", "x"]), "indices"),
    (edit(nodes__0__body=["at", "y", 0]), "not an array"),
    (edit(nodes__0__op="min"), "reducer"),
    (edit(nodes__0__name="x"), "twice"),
    (edit(outs=["q"]), "not an array"),
    (edit(outs=["z"]), None),
    (edit(cod=[["a", 0, [7]]]), "codomain"),
    (edit(nodes__0__modulus=1), "modulus"),
    (edit(nodes__0__modulus=2), "over"),
    (edit(nodes__0__extra=2), "fields"),
    (edit(nodes=3), "list"),
    (edit(dom__0__2=[-1]), "at least one entry"),
    (edit(requirements=[{"extents": [], "expr": ["at", "q"], "relation": "!=0", "smooth": "!=0", "guards": []}]), "not an array"),
    (edit(requirements=[{"extents": [], "expr": 1, "relation": "==0", "smooth": "!=0", "guards": []}]), "relation"),
    (edit(facts=[{"expr": 1}]), "fields"),
    (edit(nodes__1__body=["index", 1]), "no extent"),
    (edit(nodes__1__body=["Delta", ["argmax", "z", 0, ["index", 0]]]), "not a maximum"),
    (edit(nodes__1__body=["Delta", ["argmax", "x", 0, ["index", 0]]]), "not a maximum"),
    (edit(nodes__0__op="max", nodes__1__body=["Delta", ["argmax", "z", 1, ["index", 0]]]), "does not fit"),
    (edit(nodes__0__op="max", nodes__1__body=["Delta", ["argmax", "z", 0]]), "does not fit"),
    (edit(nodes__0__op="max", nodes__1__body=["at", "b", ["argmax", "z", 1, ["index", 0]]]), "well formed|cannot be read|does not fit"),
    (edit(nodes__1__extents=[["index", 0]]), "no extent"),
    (edit(dom__0__2=[["index", 0]]), "not a dim|no extent|needs premises"),
    (edit(requirements=[{"extents": [], "expr": ["at", "x", ["index", 0]], "relation": ">0", "smooth": ">0", "guards": []}]), "no extent"),
])
def test_malformed_programs_are_refused(data: dict, message: str | None) -> None:
    if message is None:
        assert load(data).outs == ("z",)
        return
    with pytest.raises(DataError, match=message):
        load(data)


def test_random_damage_is_refused_or_still_a_program() -> None:
    """Whatever is done to the data, the answer is a morphism or a DataError, never another exception."""
    pick = random.Random(7)
    refused = 0
    for round_ in range(300):
        data = copying.deepcopy(dump(PROGRAMS[round_ % len(PROGRAMS)]))
        for _ in range(pick.randint(1, 3)):
            damage(data, pick)
        try:
            assert isinstance(load(data), Morphism)
        except DataError:
            refused += 1
    assert refused > 100


def damage(data: object, pick: random.Random) -> None:
    spots: list[tuple] = []
    stack = [data]
    while stack:
        item = stack.pop()
        keys = list(item) if isinstance(item, dict) else list(range(len(item)))
        for key in keys:
            spots.append((item, key))
            if isinstance(item[key], (list, dict)):
                stack.append(item[key])
    item, key = pick.choice(spots)
    item[key] = pick.choice([None, -1, 0, 1, 2.5, "x", "sin", [], {}, ["at", "x"], ["index", 3], 10**30, ["/", 1, 3], True, ["^", 0, -1]])


def test_facts_survive() -> None:
    f = oddities()
    assert Fact(1 - rate, ">0") in load(dump(f)).facts


@pytest.mark.parametrize("expr", [At("x", 0), index(0) + 1, n - Argmax("m", 0)])
def test_a_fact_is_about_dims_and_hyperparameters_alone(expr: sp.Expr) -> None:
    with pytest.raises(DataError, match="dims and hyperparameters alone"):
        load_fact({"expr": dump_expression(expr), "relation": "!=0"})


@pytest.mark.parametrize("read", [At("x", index(0) + 1), At("x", index(0), 0), At("x"), At("x", -1)])
def test_a_requirement_reads_in_range(read: At) -> None:
    build = Builder()
    build.inputs(space(x=Real[n]))
    build.require((n,), At("x", index(0)), ">0")
    data = dump(build.build(["x"]))
    data["requirements"][0]["expr"] = dump_expression(read)
    with pytest.raises(DataError):
        load(data)


def test_a_selector_survives() -> None:
    expr = Delta(index(0) - Argmax("m", 1, index(2)))
    assert load_expression(dump_expression(expr)) == expr
