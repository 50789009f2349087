"""Premises that follow from others: they are shown, and not printed; how is kept in the certificate.

The requirements of both sides are taken in order, the left side's first.  Each may use the facts and the requirements before it,
so that no two of them vouch for each other.  A condition that is stated stands first among the requirements, and stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symcat.category.comprehension import Comprehension, Fact, Requirement
from symcat.category.morphism import Morphism
from symcat.category.spelling import spelled
from symcat.errors import DomainError
from symcat.prove.entailment import Entailment, entailed, flaw, relevant
from symcat.prove.entries import Entries
from symcat.prove.inequality.cells import Condition

POWERS = "powers with a base that may be 0 have exponents that are at least 0"


@dataclass(frozen=True)
class Question:
    """A premise in words, and what has to be shown: one of the alternatives in each of the groups."""

    text: str
    groups: tuple[tuple[Entailment, ...], ...]


@dataclass(frozen=True)
class Discharged:
    """The premises that are left, and for each that is not its words and its proofs."""

    premises: tuple[str, ...]
    shown: tuple[Mapping[str, Any], ...]


def discharge(premises: Sequence[str], programs: Sequence[Morphism], given: Sequence[Fact] = (), seconds: float = 0.0) -> Discharged:
    """Show what can be shown of the premises of a proof about programs on one domain, and of what their engine left out of them.

    Words that stand for several requirements go only when all of these are shown; facts stay.
    """
    if not any(f.requirements for f in programs):
        return Discharged(tuple(premises), ())
    shown: dict[str, list[Any]] = {}
    failed = {str(fact) for fact in (*given, *(fact for f in programs for fact in f.facts))}
    for question in questions(programs, given):
        if question.text in failed or not question.groups:
            continue
        proofs = _proofs(question, seconds)
        if proofs is None:
            failed.add(question.text)
        else:
            shown.setdefault(question.text, []).append(proofs)
    gone = {text: proofs for text, proofs in shown.items() if text not in failed}
    kept = tuple(premise for premise in premises if premise not in gone)
    found = tuple({"premise": text, "proofs": proofs} for text, proofs in gone.items())
    return Discharged(kept, found)


def undone(data: object, programs: Sequence[Morphism], given: Sequence[Fact] = ()) -> str:
    """Why discharged premises are not shown by their proofs; the empty text when they are."""
    if not isinstance(data, list) or not all(isinstance(one, Mapping) for one in data):
        return "discharged premises are a list"
    asked: dict[str, list[Question]] = {}
    for question in questions(programs, given):
        asked.setdefault(question.text, []).append(question)
    for one in data:
        wanted, proofs = asked.get(str(one.get("premise"))), one.get("proofs")
        if not wanted or not isinstance(proofs, list) or len(wanted) != len(proofs):
            return f"{one.get('premise')!r} is no premise of these programs, or some of its proofs are missing"
        for question, found in zip(wanted, proofs, strict=True):
            if why := _flaw(question, found):
                return f"{question.text}: {why}"
    return ""


def questions(programs: Sequence[Morphism], given: Sequence[Fact]) -> Iterator[Question]:
    """What has to be shown for each requirement, in the words of premises; requirements beyond these means have no groups."""
    every = tuple(dict.fromkeys((*given, *(fact for f in programs for fact in f.facts))))
    try:
        entries = Entries(*programs, facts=every)
    except DomainError:
        return
    known: list[tuple[Morphism, Requirement]] = []
    for f in programs:
        for requirement in f.requirements:
            yield Question(str(spelled(f, requirement)), _groups(entries, f, requirement, known, every))
            known.append((f, requirement))
    yield Question(POWERS, tuple(_powers(entries, programs, known, every)))


def _groups(entries: Entries, f: Morphism, requirement: Requirement, known: Sequence[tuple[Morphism, Requirement]],
            every: Sequence[Fact]) -> tuple[tuple[Entailment, ...], ...]:
    places = entries.places(requirement.extents)
    try:
        if requirement.guards:
            return ((),)
        conclusion = entries.requirement(f, requirement, [i for i, _ in places])
        return ((_entailment(entries, conclusion, places, known, every),),)
    except (DomainError, RecursionError):
        return ((),)


def _entailment(entries: Entries, conclusion: Condition, places: Sequence[tuple[sp.Expr, sp.Expr]],
                known: Sequence[tuple[Morphism, Requirement]], every: Sequence[Fact]) -> Entailment:
    return Entailment(relevant(entries.known(known, every, places, conclusion[0]), conclusion), conclusion)


def _powers(entries: Entries, programs: Sequence[Morphism], known: Sequence[tuple[Morphism, Requirement]],
            every: Sequence[Fact]) -> Iterator[tuple[Entailment, ...]]:
    """For each power with a symbolic exponent: the base is positive, or the exponent is not negative."""
    for f in programs:
        for node in f.nodes:
            for power in sorted(node.body.atoms(sp.Pow), key=sp.default_sort_key):
                if not power.exp.is_Rational and power.base is not sp.S.Exp1:
                    yield _power(entries, f, node, power, known, every)


def _power(entries: Entries, f: Morphism, node: Comprehension, power: sp.Pow, known: Sequence[tuple[Morphism, Requirement]],
           every: Sequence[Fact]) -> tuple[Entailment, ...]:
    places = entries.places(node.extents)
    found = []
    for part, relation in ((power.exp, ">=0"), (power.base, ">0")):
        try:
            conclusion = entries.requirement(f, Requirement(node.extents, part, relation, relation), [i for i, _ in places])
            found.append(_entailment(entries, conclusion, places, known, every))
        except DomainError:
            continue
    return tuple(found)


def _proofs(question: Question, seconds: float) -> list[Any] | None:
    """A proof of one alternative of each group, with its number; None when a group has none."""
    found = []
    for group in question.groups:
        proof = next(((k, one) for k, goal in enumerate(group) if (one := entailed(goal, seconds))), None)
        if proof is None:
            return None
        found.append([proof[0], dict(proof[1].data)])
    return found


def _flaw(question: Question, found: object) -> str:
    if not isinstance(found, list) or len(found) != len(question.groups):
        return "the proofs have another form"
    for group, one in zip(question.groups, found, strict=True):
        if not isinstance(one, list) or len(one) != 2 or type(one[0]) is not int or not 0 <= one[0] < len(group):
            return "the proofs have another form"
        if why := flaw(group[one[0]], one[1]):
            return why
    return ""
