"""Proofs with hints, made from what the solver learned and replayed; brute force is the oracle."""

from itertools import product
from random import Random

import pytest

from symcat.checker.finite_bases import Refused, replay
from symcat.errors import SoundnessError
from symcat.prove.boolean.hints import TooLong, hinted
from symcat.prove.boolean.sat import satisfy


def pigeons(holes: int) -> list[tuple[int, ...]]:
    """One pigeon more than there are holes, and none shares."""
    place = lambda pigeon, hole: holes * pigeon + hole + 1
    each = [tuple(place(p, h) for h in range(holes)) for p in range(holes + 1)]
    return each + [(-place(p, h), -place(q, h)) for h in range(holes) for p in range(holes + 1) for q in range(p)]


PIGEONS = pigeons(4)


def random_clauses(seed: int, variables: int = 9, count: int = 42) -> list[tuple[int, ...]]:
    random = Random(seed)
    picks = [random.sample(range(1, variables + 1), random.choice((1, 2, 3, 3, 3, 3))) for _ in range(count)]
    return [tuple(random.choice((-1, 1)) * v for v in pick) for pick in picks]


def satisfiable(clauses, variables: int = 9) -> bool:
    return any(all(any((x > 0) == point[abs(x) - 1] for x in clause) for clause in clauses)
               for point in product((False, True), repeat=variables))


@pytest.mark.parametrize("seed", range(60))
def test_random_clauses_against_brute_force(seed):
    clauses = random_clauses(seed, count=(30, 42)[seed % 2])
    answer, found = satisfy(clauses, 10_000)
    assert answer == ("sat" if satisfiable(clauses) else "unsat")
    if answer == "sat":
        assert all(not set(clause).isdisjoint(found) for clause in clauses)
    else:
        replay(clauses, hinted(clauses, found))


def test_both_answers_occur():
    assert {satisfy(random_clauses(seed, count=(30, 42)[seed % 2]), 10_000)[0] for seed in range(60)} == {"sat", "unsat"}


def test_pigeons_need_more_than_propagation():
    answer, learned = satisfy(PIGEONS, 100_000)
    steps = hinted(PIGEONS, learned)
    replay(PIGEONS, steps)
    assert answer == "unsat" and 1 < len(steps) <= len(learned) + 1


def test_a_solver_that_stops_says_so():
    assert satisfy(pigeons(8), 100)[0] == "unknown"


def test_a_proof_that_takes_too_long_is_given_up():
    _, learned = satisfy(PIGEONS, 100_000)
    with pytest.raises(TooLong):
        hinted(PIGEONS, learned, 100)


def test_learned_clauses_that_do_not_follow_are_not_accepted():
    with pytest.raises(SoundnessError, match="does not follow"):
        hinted([(1, 2), (-1, 2), (3, 4)], [[-2], [3]])
    with pytest.raises(SoundnessError, match="without a contradiction"):
        hinted([(1, 2)], [[1, 2]])


def mutants(steps):
    """One hint moved or dropped, one literal turned, one step left out, hints swapped or said twice."""
    for k, (clause, hints) in enumerate(steps):
        rest = lambda new, k=k: [*steps[:k], *new, *steps[k + 1:]]
        yield rest([])
        yield rest([[clause, []]])
        for j, hint in enumerate(hints):
            yield rest([[clause, [*hints[:j], *hints[j + 1:]]]])
            yield rest([[clause, [*hints[:j], hint, *hints[j:]]]])
        for j in range(len(clause)):
            yield rest([[[*clause[:j], -clause[j], *clause[j + 1:]], hints]])
            yield rest([[[*clause[:j], *clause[j + 1:]], hints]])


def test_every_change_of_a_proof_is_refused():
    _, learned = satisfy(PIGEONS, 100_000)
    steps = hinted(PIGEONS, learned)
    count = 0
    for changed in mutants(steps[-12:]):
        count += 1
        with pytest.raises((Refused, LookupError)):
            replay(PIGEONS, [*steps[:-12], *changed])
    assert count > 100


@pytest.mark.parametrize("seed", range(30))
def test_nothing_contradicts_clauses_that_can_be_met(seed):
    """Random steps, the proof of an unsatisfiable neighbour among them, never reach the empty clause."""
    clauses = random_clauses(seed, count=30)
    if not satisfiable(clauses):
        clauses = [(1, 2, 3)]
    _, learned = satisfy(PIGEONS, 100_000)
    random = Random(seed)
    some = lambda: random.sample(range(len(clauses)), min(3, len(clauses)))
    steps = [[[random.choice((-2, -1, 1, 2))] if k < 9 else [], some()] for k in range(10)]
    for tried in (steps, steps[-1:], hinted(PIGEONS, learned), [], [[[], []]], [[[0], [0]], [[], [len(clauses)]]]):
        with pytest.raises((Refused, LookupError)):
            replay(clauses, tried)
