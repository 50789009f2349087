"""Fourier-Motzkin against brute force over small boxes."""

import itertools
import random

import sympy as sp

from symcat.category.polyhedron import empty, implied, infeasible, tight

BOX = range(-4, 5)


def points(rows, variables):
    for point in itertools.product(BOX, repeat=variables):
        if all(constant + sum(k * point[v] for v, k in terms) >= 0 for constant, terms in rows):
            yield point


def random_rows(rng, variables, count):
    box = [(4, ((v, 1),)) for v in range(variables)] + [(4, ((v, -1),)) for v in range(variables)]
    rows = []
    for _ in range(count):
        terms = tuple((v, k) for v in range(variables) if (k := rng.randint(-3, 3)))
        rows.append((rng.randint(-5, 3), terms))
    return box + rows


def test_empty_is_never_wrong_and_seldom_silent():
    rng, shown, truly = random.Random(7), 0, 0
    for _ in range(300):
        rows = random_rows(rng, rng.randint(1, 3), rng.randint(1, 4))
        variables = 1 + max(v for _, terms in rows for v, _ in terms)
        void = next(points(rows, variables), None) is None
        assert not (empty(rows) and not void)
        shown += empty(rows)
        truly += void
    assert 0.8 * truly <= shown <= truly
    assert 20 < truly < 290


def test_implied_agrees_with_all_points():
    rng, shown, truly = random.Random(11), 0, 0
    names = sp.symbols("x y z")
    form = lambda row: {sp.S.One: row[0], **{names[v]: k for v, k in row[1]}}
    for _ in range(200):
        rows = random_rows(rng, 2, 2)
        goal = (rng.randint(0, 6), tuple((v, k) for v in range(2) if (k := rng.randint(-2, 2))))
        holds = all(goal[0] + sum(k * point[v] for v, k in goal[1]) >= 0 for point in points(rows, 2))
        answer = implied(map(form, rows), form(goal))
        assert not (answer and not holds)
        shown += answer
        truly += holds
    assert 0.8 * truly <= shown


def test_integer_tightening():
    assert tight((-1, ((0, 2),))) == (-1, ((0, 1),))
    x = sp.Symbol("x")
    assert infeasible([{x: 2, sp.S.One: -1}, {x: -2, sp.S.One: 1}])
    assert not infeasible([{x: 2, sp.S.One: -1}, {x: -2, sp.S.One: 3}])


def test_nothing_follows_from_nothing():
    assert not empty([])
    assert not implied([], {sp.Symbol("x"): 1})
    assert implied([], {sp.S.One: 0})
