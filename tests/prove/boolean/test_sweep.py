"""Equal variables inside a graph: true at every point, proved by steps, and of use to the solver."""

from itertools import product
from random import Random

import pytest

from symcat.checker.finite_bases import ONE, Bit, Graph, replay
from symcat.prove.boolean import engine
from symcat.prove.boolean.engine import decide_functions, simulate
from symcat.prove.boolean.hints import hinted
from symcat.prove.boolean.sat import compare, satisfy
from symcat.prove.boolean.sweep import sweep
from tests.prove.boolean.test_settle import equation

INPUTS = 6


def random_graph(seed: int) -> Graph:
    """A graph with much that is equal in other words: a and (b or c) beside (a and b) or (a and c)."""
    random, graph = Random(seed), Graph(2)
    bits = [Bit([graph.fresh()]) for _ in range(INPUTS)]
    either = lambda a, b: graph.add(ONE, graph.mul(graph.add(ONE, a), graph.add(ONE, b)))
    for _ in range(12):
        a, b, c = random.sample(bits, 3)
        bits += [graph.mul(a, either(b, c)), either(graph.mul(a, b), graph.mul(a, c)), graph.mul(graph.add(a, b), c)]
        bits = [bit for bit in bits if bit - ONE]
    for bit in bits:
        graph.literal(bit)
    return graph


def values(graph: Graph, point: tuple[bool, ...]) -> dict[int, bool]:
    """The value of every variable at a point, from the clauses alone."""
    known = dict(enumerate(point, 1))
    for v in range(INPUTS + 1, graph.count + 1):
        own = [clause for clause in graph.clauses if max(map(abs, clause)) == v]
        fits = [value for value in (False, True)
                if all(any((x > 0) == ({**known, v: value})[abs(x)] for x in clause) for clause in own)]
        (known[v],) = fits
    return known


@pytest.mark.parametrize("seed", range(12))
def test_what_is_called_equal_is_equal_and_has_a_proof(seed):
    graph = random_graph(seed)
    words = simulate(graph, INPUTS)
    equal, steps = sweep(graph.clauses, words)
    assert equal
    for point in product((False, True), repeat=INPUTS):
        known = values(graph, point)
        assert all(any((x > 0) == known[abs(x)] for x in clause) for clause in equal)
    for clause in equal:
        denied = [*graph.clauses, *((-x,) for x in clause)]
        _, learned = satisfy([*denied, *equal], 1000)
        replay(denied, hinted(denied, [*steps, *learned]))


def test_what_differs_seldom_is_not_called_equal():
    """The product of eight bits agrees with 0, and with the product of the first seven, at nearly all points."""
    graph = Graph(2)
    bits = [Bit([graph.fresh()]) for _ in range(8)]
    total = bits[0]
    for bit in bits[1:]:
        total = graph.mul(total, bit)
    words = dict.fromkeys(range(graph.count + 1), 0) | {0: 1}
    equal, _ = sweep(graph.clauses, words)
    assert equal == []


def test_only_what_the_clauses_say_is_shown():
    assert compare([(-1, 2), (1, -2)], 1, 2, 100) == []
    assert compare([(-1, 2)], 1, 2, 100) is None
    assert compare([(1, 2), (-1, -2)], 1, -2, 100) == []


def test_the_solver_is_told_when_it_does_not_answer_soon(monkeypatch):
    from proofs.circuits import lookahead, ripple
    from symcat.category.space import Z2, space

    goal = equation(ripple, lookahead, space(x=Z2[24], y=Z2[24]))[0]
    called = []
    monkeypatch.setattr(engine, "SOON", 10)
    monkeypatch.setattr(engine, "sweep", lambda *given: called.append(sweep(*given)) or called[-1])
    proof = decide_functions(goal)
    assert proof.method == "SAT, DRUP with hints" and len(called[0][0]) > 20
