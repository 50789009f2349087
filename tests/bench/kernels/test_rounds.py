"""Contenders in turns: none is favoured by its place, none is timed cold, and results that differ are seen."""

from collections import Counter

import pytest

from symcat.bench.kernels.rounds import Contender, disagreement, first, in_turns, least, middle


def recording(calls, names):
    return [Contender(name, lambda name=name: calls.append(name) or [1.0]) for name in names]


def test_every_round_begins_with_another_and_runs_each_off_the_clock_first(monkeypatch):
    monkeypatch.setattr("symcat.bench.kernels.rounds.LEAST", 0.0)
    calls = []
    times = in_turns(recording(calls, "abc"), 3, steps=2)
    assert calls == list("aabbcc") + list("aabbcc") + list("bbccaa") + list("ccaabb")
    assert {name: len(found) for name, found in times.items()} == {"a": 3, "b": 3, "c": 3}


def test_short_epochs_are_repeated_up_to_a_bound(monkeypatch):
    monkeypatch.setattr("symcat.bench.kernels.rounds.MOST", 7)
    calls = []
    times = in_turns(recording(calls, "ab"), 2, steps=1)
    assert set(map(len, times.values())) == {14} and Counter(calls) == {"a": 18, "b": 18}


INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize("ours, theirs, apart", [([1, 2], [1, 2], 0), ([1, 2], [1, 1], 0.5), ([0, 0], [0, 1e-9], 1), ([1], [1, 1], INF),
                                                 ([NAN], [NAN], INF), ([INF], [INF], INF), ([], [], 0), ([-1], [1], 2)])
def test_disagreement_is_relative_and_sees_what_is_no_number(ours, theirs, apart):
    assert disagreement(ours, theirs) == disagreement(theirs, ours) == apart


def test_minima_and_medians_are_in_microseconds():
    times = {"a": [3e-6, 1e-6, 9e-6]}
    assert least(times) == {"a": pytest.approx(1)} and middle(times) == {"a": pytest.approx(3)}


def test_what_an_epoch_gave_is_read_after_it():
    assert first([Contender("a", lambda: (1, 2), lambda pair: [sum(pair)])]) == {"a": [3.0]}
