"""A verdict cannot be made without what its status promises, and is neither true nor false."""

from __future__ import annotations

import pytest

from symcat.errors import SoundnessError, UsageError
from symcat.prove.claim import Claim, as_expected, record, verdict_of
from symcat.verdict import Verdict, describe, proved, refuted, unknown

WITNESS = {"dims": {"n": 1}, "inputs": {"x": "1"}, "left": "3", "right": "1"}
CERTIFICATE = {"digest": "ab"}


@pytest.mark.parametrize("verdict", [proved("typing", CERTIFICATE), refuted(WITNESS), unknown("no engine")])
def test_a_verdict_is_neither_true_nor_false(verdict: Verdict) -> None:
    with pytest.raises(TypeError, match=r"\.proved"):
        bool(verdict)
    assert [verdict.proved, verdict.refuted, verdict.unknown].count(True) == 1
    assert getattr(verdict, verdict.status) is True


@pytest.mark.parametrize("certificate", [None, {}, {"path": "x"}, {"digest": ""}, {"digest": 3}])
def test_no_proof_without_a_certificate(certificate: dict | None) -> None:
    with pytest.raises(SoundnessError, match="certificate"):
        proved("typing", certificate)


def test_no_proof_without_a_method() -> None:
    with pytest.raises(SoundnessError, match="method"):
        proved("", CERTIFICATE)


@pytest.mark.parametrize(("witness", "message"), [
    (None, "without a witness"), ({}, "without a witness"), ({"left": "1"}, "without a witness"),
    ({"left": "1", "right": "1"}, "equal values"), ({"left": "1", "right": "1", "relation": "<="}, "equal values"),
])
def test_no_refutation_without_two_values_that_differ(witness: dict | None, message: str) -> None:
    with pytest.raises(SoundnessError, match=message):
        refuted(witness)


def test_equal_values_refute_strict_order() -> None:
    verdict = refuted({"inputs": {"x": "1"}, "left": "1", "right": "1", "relation": "<"})
    assert str(verdict) == "REFUTED: at x=1 the two sides are 1 and 1, not <"


@pytest.mark.parametrize("arguments", [
    {"status": "proved", "method": "m", "certificate": CERTIFICATE, "witness": WITNESS},
    {"status": "refuted", "witness": WITNESS, "certificate": CERTIFICATE},
    {"status": "unknown", "reason": "r", "witness": WITNESS},
    {"status": "unknown", "reason": "r", "certificate": CERTIFICATE},
])
def test_nothing_that_belongs_to_another_status(arguments: dict) -> None:
    with pytest.raises(SoundnessError):
        Verdict(**arguments)


@pytest.mark.parametrize("arguments", [
    {"status": "true"}, {"status": "unknown"}, {"status": "unknown", "reason": "r", "equality": "up to iso"},
])
def test_malformed_verdicts(arguments: dict) -> None:
    with pytest.raises(UsageError):
        Verdict(**arguments)


def test_a_verdict_in_words() -> None:
    assert str(refuted(WITNESS)) == "REFUTED: at n=1, x=1 the two sides are 3 and 1"
    assert str(proved("typing", CERTIFICATE, ("n >= 2",))) == "PROVED by typing, equal as morphisms under n >= 2"
    assert str(unknown("no engine", tested=4)) == "UNKNOWN: no engine (4 points agree)"


def test_a_witness_in_words() -> None:
    witness = {"hypers": {"lr": "1/2"}, "inputs": {"x": [["1", "0"]]}, "output": "y", "index": [0, 1], "left": "a", "right": "b",
               "at_kink": True}
    assert describe(witness) == "at lr=1/2, x=[[1, 0]] the two sides are a and b in y[0, 1]; a point on a kink"


@pytest.mark.parametrize("verdict", [proved("typing", CERTIFICATE, ("p",)).timed(0.25), refuted(WITNESS), unknown("no engine", tested=3)])
def test_a_record_gives_its_verdict_back(verdict: Verdict) -> None:
    claim = Claim("RD.1", "statement", "source", lambda: (), expected="refuted")
    data = record(claim, verdict)
    assert list(data)[:11] == ["name", "statement", "source", "expected", "verdict", "equality", "method", "premises", "witness", "seconds",
                               "certificate"]
    assert verdict_of(data) == verdict
    assert as_expected(claim, verdict) is (verdict.status == "refuted")
