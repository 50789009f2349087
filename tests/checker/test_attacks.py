"""False equations by which the replay was once misled, or might be: each is refused with any advice, its true neighbour is not."""

import json

import pytest

from symcat.checker import Refused, check
from symcat.checker.equations import Replay, equation
from symcat.checker.forms import refusing
from symcat.checker.formulas import inequality, programs
from symcat.checker.scalars import scalar
from symcat.checker.structure import additive, same_program
from symcat.prove.advice import record

N, M = ["dim", "n"], ["dim", "m"]
LESS = ["+", N, -1]
TWO = {"expr": ["+", N, -2], "relation": ">=0"}
I, J = ["index", 0], ["index", 1]
X = [["x", 0, [N]]]


def at(name, *indices):
    return ["at", name, *indices]


def node(name, body, extents=(), shape=(), out=None, guards=(), op="sum", modulus=0):
    out = [["index", k] for k in range(len(shape))] if out is None else out
    return {"name": name, "modulus": modulus, "shape": [*shape], "extents": [*extents], "out": [*out], "body": body, "op": op,
            "guards": [*guards]}


def require(expr, extents=(), relation="!=0"):
    return {"expr": expr, "extents": [*extents], "guards": [], "relation": relation, "smooth": relation}


def program(*nodes, dom=X, out=None, shape=(), modulus=0, requirements=(), facts=()):
    return {"dom": [*dom], "cod": [["y", modulus, [*shape]]], "nodes": [*nodes], "outs": [out or nodes[-1]["name"]],
            "requirements": [*requirements], "facts": [*facts]}


def goal(lhs, rhs, *facts):
    return {"lhs": lhs, "rhs": rhs, "facts": [*facts]}


def proved(stated):
    """Whether the recorder finds advice, and the checker takes it."""
    proof = record.advice(stated)
    if proof is not None:
        equation(stated, json.loads(json.dumps(proof)))
    return proof is not None


def forged(stated, change):
    """Advice in which some answers are changed: `change(kind, answer, recorder)`."""
    class Forger(record.Recorder):
        def side(self, program, which):
            self.which = which
            return super().side(program, which)

        def ask(self, kind, *about):
            self.tape[-1] = change(kind, super().ask(kind, *about), self)
            return self.tape[-1]

    run = Forger(0, (), "none", [set(), set()])
    with refusing():
        run.decide(stated)
    return bare(*run.tape)


def bare(*tape):
    return {"bases": [{"modulus": 0, "options": [], "advice": [*tape]}], "sizes": {}}


# ---- denominators that are known not to be 0 only where a sum has a point
def reciprocals(top):
    """The sum of 1/w over 0 <= v < w <= n, which is n; the first point that the polynomial w for the count of v allows is w = 0."""
    inverse = node("z", ["^", ["+", 1, I], -1], [N], [N])
    guard = ["+", I, -1, ["*", -1, J]]
    total = node("s", at("z", ["+", I, -1]), [["+", N, 1], N], guards=[guard])
    return goal(program(inverse, total, requirements=[require(["+", 1, I], [N])]), program(node("s", 1, [top])))


def test_a_count_of_no_points_licenses_nothing():
    assert not proved(reciprocals(["+", N, 1]))


def test_a_count_of_no_points_at_one_entry():
    """out[i] = sum over v < i of 1/i: 0 at i = 0, else 1."""
    inverse = node("z", ["^", ["+", 1, I], -1], [N], [N])
    more = ["+", N, 1]
    lhs = node("s", at("z", ["+", I, -1]), [more, N], [more], [I], [["+", I, -1, ["*", -1, J]]])
    rule = require(["+", 1, I], [N])
    ones, later = node("s", 1, [more], [more]), node("s", 1, [N], [more], [["+", 1, I]])
    assert not proved(goal(program(inverse, lhs, shape=[more], requirements=[rule]), program(ones, shape=[more])))
    assert proved(goal(program(inverse, lhs, shape=[more], requirements=[rule]), program(inverse, lhs, shape=[more], requirements=[rule])))
    assert proved(goal(program(later, shape=[more]), program(later, shape=[more])))


def share(count):
    """The sum of x/((n - 1) x) over a range of n - 1: 1, and 0 where n is 1."""
    body = ["*", at("x", I), ["^", ["*", count, at("x", I)], -1]]
    return goal(program(node("s", body, [count]), requirements=[require(["*", count, at("x", I)], [count])]), program(node("s", 1)))


def test_a_denominator_does_not_leave_a_sum_that_may_be_empty():
    assert not proved(share(LESS))
    assert proved(share(N))
    assert proved({**share(LESS), "facts": [TWO]})


def cumulative(top):
    """The sum over v <= w < top of e[v]/(e[0] + ... + e[w]), which is `top`."""
    guard = ["+", I, ["*", -1, J]]
    e = node("e", ["exp", at("x", I)], [N], [N])
    c = node("c", at("e", J), [N, N], [N], [I], [guard])
    ratio = node("o", ["*", at("e", J), ["^", at("c", I), -1]], [top, N], guards=[guard])
    return program(e, c, ratio, requirements=[require(at("c", I), [top])])


def test_an_inner_sum_keeps_the_range_of_the_outer_one():
    assert proved(goal(cumulative(N), program(node("o", 1, [N]))))
    assert proved(goal(cumulative(LESS), program(node("o", 1, [LESS])), TWO))
    assert not proved(goal(cumulative(N), cumulative(LESS), TWO))


@pytest.mark.parametrize("answer", [[[1, 1], []], [[0], []], [[0, 1], []], [[], []], [[-1], []], [[1], [[0, [[0, -1]]]]]])
def test_inner_sums_with_wrong_advice(answer):
    """Positions of variables twice, none, all or from the end; no wall for what is left; a wall that does not follow."""
    stated = goal(cumulative(N), cumulative(LESS), TWO)

    def change(kind, found, run):
        return answer if kind == "inner" and run.which == 0 else found

    with pytest.raises(Refused):
        equation(stated, forged(stated, change))


# ---- advice that is no integer
def test_half_an_index_is_no_change_of_indices():
    body = ["exp", at("x", ["*", 2, I])]
    stated = goal(program(node("s", ["exp", at("x", I)], [N])), program(node("s", body, [N], guards=[["+", N, -1, ["*", -2, I]]])))
    proof = forged(stated, lambda kind, found, run: [[[[2], 0, []]], [[0.5]]] if kind == "canonical" and run.which == 0 else found)
    with pytest.raises(Refused, match="integers"):
        equation(stated, proof)


@pytest.mark.parametrize("answer", [0.5, {}, [1, [2, 1.0]], [None, [{}]]])
def test_advice_is_made_of_integers_and_words(answer):
    with pytest.raises(Refused, match="integers"):
        Replay([answer]).ask("cut")


# ---- names that stand for other indices than the facts of a case
def on_part(guard, body, *before, dom=X):
    """The entries of an array at which a guard holds; they are all one sum."""
    total = node("t", body, [N])
    return program(*before, total, node("o", ["*", ["Bracket", guard], at("t")], [N], [N]), dom=dom, shape=[N])


def test_a_case_says_nothing_of_the_indices_of_a_name():
    """sqrt(z**2) is z only where z >= 0; z[j] = 2 - j has a name, whose index is not the index i <= 1 of the case."""
    z, guard = node("z", ["+", 2, ["*", -1, I]], [N], [N]), ["+", 1, ["*", -1, I]]
    stated = goal(on_part(guard, ["^", ["^", at("z", I), 2], ["/", 1, 2]], z), on_part(guard, at("z", I), z))
    with pytest.raises(Refused):
        equation(stated, forged(stated, lambda kind, found, run: run.current == "z" if kind == "cut" else found))


def test_a_case_says_nothing_of_the_indices_of_a_maximum():
    dom = [["x", 0, [N, N]], ["y", 0, [N]]]

    def selected(body):
        best = node("m", body, [N, N], [N], op="max")
        return on_part(["+", I, -3], at("y", ["argmax", "m", 0, I]), best, dom=dom)

    part = ["*", ["Bracket", ["+", J, -3]], at("x", I, J)]
    assert not proved(goal(selected(part), selected(at("x", I, J))))
    assert proved(goal(selected(part), selected(part)))


# ---- programs that are none
def test_outputs_are_arrays_of_the_stated_base_and_shape():
    both = [["x", 0, [N]], ["z", 5, [N]]]
    one, two = (node("a", ["*", k, at("z", I)], [N], [N], modulus=5) for k in (1, 2))
    for lhs, rhs in [(program(one, dom=both, shape=[N]), program(two, dom=both, shape=[N])),
                     (program(node("a", 1), out="q"), program(node("a", 2), out="r")),
                     (program(node("a", 1, [N], [N]), shape=[N]), program(node("a", 1, [M], [M]), shape=[N]))]:
        with pytest.raises(Refused, match="output"):
            equation(goal(lhs, rhs), bare(*[0] * 9))


@pytest.mark.parametrize("modulus", [2, 4, 5, 6])
def test_integers_modulo_n_have_no_order_and_no_functions(modulus):
    dom = [["x", modulus, [N]]]

    def over(body, op="sum"):
        return program(node("m", body, [N] if op == "max" else [], op=op, modulus=modulus), dom=dom, modulus=modulus)

    shifted = program(node("m", at("x", I), [N], op="max", modulus=modulus), node("o", ["+", 1, at("m")], modulus=modulus), dom=dom,
                      modulus=modulus)
    assert not proved(goal(over(["+", 1, at("x", I)], "max"), shifted))
    assert not proved(goal(over(["step", modulus]), over(0)))
    assert not proved(goal(over(["exp", modulus]), over(1)))
    assert not proved(goal(over(["Smooth", "f", 0, modulus]), over(["Smooth", "f", 0, 0])))
    assert proved(goal(over(modulus + 1), over(1)))


def test_unknown_relations_and_names_twice_are_refused():
    one, count = program(node("s", 1)), program(node("s", 1, [N]))
    with pytest.raises(Refused, match="relation"):
        equation(goal(count, one, {"expr": LESS, "relation": "<=0"}), bare())
    stated = goal(*[program(node("s", at("x", 0)), dom=[["x", 0, [N]], ["x", 0, [N]]])] * 2)
    with pytest.raises(Refused, match="called x"):
        equation(stated, bare())
    with pytest.raises(Refused):
        check({"goal": {"kind": "equations", "equations": []}, "trace": []})


def test_a_selector_has_one_of_the_indices_of_its_maximum():
    dom = [["x", 0, [N, N]]]
    best = node("m", at("x", I, J), [N, N], op="max")
    for component, fine in ((0, True), (1, True), (2, False), (-1, False)):
        chosen = program(best, node("o", ["argmax", "m", component]), dom=dom)
        assert proved(goal(chosen, chosen)) == fine


# ---- scalars
ONES = [[[], [["1", [["1", []]]]]]]        # the number 1, as a square with a weight


def closed(*identity):
    return ["closed", ["identity", *identity]]


def terms(lhs, rhs):
    return {"kind": "scalar", "lhs": lhs, "rhs": rhs, "variables": ["x"], "integers": [], "assumptions": [], "required": []}


@pytest.mark.parametrize("row", [["shown", [["5", []]], "=0"], ["shown", [["5", []]], "<0"], ["zero", [["5", []]]], ["known", 0]])
def test_what_is_not_0_is_no_multiple_of_which_all_is_made(row):
    """x = x + 1, where a cell is to be empty since -1 = -1/5 5."""
    x = ["variable", "x"]
    stated = terms(x, ["add", x, ["number", "1"]])
    advice = [None, closed([row], ONES, [], [[0, [["-1/5", []]]]], 0)]
    with pytest.raises(Refused):
        scalar(stated, {"inside": None, "cells": {"advice": advice, "cells": []}})


def test_kernels_are_counted_from_the_first():
    """A kernel -1 would be another one whenever there are more."""
    x = ["variable", "x"]
    stated = terms(["exp", x], ["mul", ["number", "2"], ["exp", x]])
    row = ["power", [[-1, 1]]]
    for advice in ([1, 1, closed([row], [[[0], ONES[0][1]]], [], [], 0)], [1, 1, ["multiple", -1, [["1", [[-1, 1]]]]]]):
        with pytest.raises(Refused):
            scalar(stated, {"inside": None, "cells": {"advice": advice, "cells": []}})


def test_a_point_does_not_tell_cells_apart():
    stated = terms(["switch", ["exp", ["variable", "x"]], *[["number", "0"]] * 3], ["number", "0"])
    proof = {"inside": {"point": {"x": "1"}, "advice": [1, ["split", [["1", []]]]]}, "cells": {"advice": [], "cells": []}}
    with pytest.raises(Refused):
        scalar(stated, proof)


def test_variables_of_two_kinds_are_two():
    """A real x and an integer x are not one, and x <= x + 1 for two of them is false."""
    stated = {"kind": "inequality", "lhs": ["real", "x"], "rhs": ["integer", "x"], "rel": "<=", "assuming": []}
    with pytest.raises(Refused, match="one name"):
        inequality(stated, {"inside": None, "cells": {"advice": [], "cells": []}})
    same = {**stated, "rhs": ["real", "x"]}
    assert inequality(same, {"inside": None, "cells": {"advice": [], "cells": []}}) == 1


def one_number(body, name="o", outs=None):
    made = node(name, body)
    return {**program(made, dom=[["x", 0, []]]), "outs": [name] if outs is None else outs}


def test_programs_over_scalars_have_outputs_and_variables_of_one_kind():
    empty = {"cells": {"advice": [], "cells": []}}
    with pytest.raises(Refused, match="outputs"):
        programs(goal(one_number(1, outs=[]), one_number(2, outs=[])), [])
    with pytest.raises(Refused, match="one name"):
        programs(goal(one_number(["dim", "n"]), one_number(["real", "n"])), [empty])
    with pytest.raises(Refused, match="one name"):
        programs(goal(one_number(at("x")), one_number(["real", "input 0"])), [empty])
    assert programs(goal(one_number(["real", "n"]), one_number(["real", "n"])), [empty]) == 1


# ---- programs by their form alone
def test_a_range_does_not_select_by_what_is_to_be_linear():
    best = node("m", at("x", I), [N], op="max")
    part = node("s", at("x", I), [["+", 1, ["argmax", "m", 0]]])
    whole = program(best, node("s", at("x", I), [N]))
    with pytest.raises(Refused, match="selects by m"):
        additive(program(best, part), [0])
    additive(whole, [0])


def test_inputs_of_one_name_are_refused():
    both = program(node("s", at("x", I), [N]), dom=[*X, *X])
    for refused in (lambda: additive(both, [0]), lambda: same_program(both, both)):
        with pytest.raises(Refused, match="one name"):
            refused()


def test_cells_without_a_point_are_called_so():
    """x = x + 1 holds wherever x > 0 and -x > 0, which is nowhere: -1 times what is positive is what is positive."""
    x, below = ["variable", "x"], ["mul", ["number", "-1"], ["variable", "x"]]
    stated = {**terms(x, ["add", x, ["number", "1"]]), "assumptions": [[">0", x], [">0", below]]}
    advice = [None, closed([["known", 1], ["known", 2]], [[[0], ONES[0][1]]], [[[1], ONES[0][1]]], [], 0)]
    for inside, name in ((None, "cells replayed, no point given"), ({"point": {"x": "1"}, "advice": []}, None)):
        replay = {"inside": inside, "cells": {"advice": advice, "cells": []}}
        record = {"goal": stated, "trace": [{"method": "cells", "trace": {"replay": replay}}]}
        if name:
            assert check(record) == {name: 1}
        else:
            with pytest.raises(Refused, match="inside"):
                check(record)
