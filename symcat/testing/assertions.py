"""The assertions.  Whatever is not proved fails: a refutation with its exact witness, an unknown verdict with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from symcat.diff.difference import Difference
    from symcat.verdict import Verdict

WHERE = ("step", "path")


class LawFailure(AssertionError):
    """A law that a rule does not keep, or two rules that are not the same; `sections` are titles with what stands behind them."""

    def __init__(self, message: str, sections: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.sections = sections


def assert_law(rule: object, law: str, *, on: str = "step", timeout: float = 60.0) -> Verdict:
    """The verdict on a law of a rule when it is proved; LawFailure, with the witness, when it is not.

    `rule` is an optimiser, a plain function, or a target such as "optax:adam".  `law` is a name of the law card, with spaces or
    underscores; `on` says whether one step is meant, with its states transported, or the parameter path from the initial state.
    UsageError for a law that the card does not have.

    >>> from symcat.learn.optimisers import gradient_descent
    >>> assert_law(gradient_descent, "own parameter").status
    'proved'
    """
    __tracebackhide__ = True
    from symcat.card.card import card
    from symcat.errors import UsageError
    from symcat.prove.claim import verdict_of
    from symcat.show.card import functors

    if on not in WHERE:
        raise UsageError(f"on={on!r}: expected one of {', '.join(WHERE)}")
    name = law.strip().replace(" ", "_")
    found = card(rule, [name], timeout)
    record = found.law(name)
    if on == "path" and "path" not in record:
        raise UsageError(f"{name} has no verdict on the path of the parameters apart: leave on='path' out")
    asked = record["path"] if on == "path" else record
    verdict = verdict_of(asked)
    if verdict.proved:
        return verdict
    leg = f"{record['leg']} differs: " if on == "step" and record.get("leg") else ""
    stated = asked["statement"] + (f" [{functors(record)}]" if functors(record) else "")
    raise LawFailure(f"{found.target} and the law {name}: {stated}\n{leg}{verdict}", (("law", stated), ("verdict", f"{leg}{verdict}")))


def assert_same(a: object, b: object, given: Mapping[str, object] | str | None = None, *, timeout: float = 60.0) -> Difference:
    """How two rules compare when they are equal, under a map of states too; LawFailure, with the witness, when they are not.

    `given` are premises, as text ("eps=0, wd=0") or by name.  Premises that are needed beyond these fail, and are named.
    """
    __tracebackhide__ = True
    from symcat.diff.compare import diff

    found = diff(a, b, given=given, timeout=timeout)
    needed = [premise for premise in found.premises if not _given(premise, given)] if found.relation == "equal-under-premises" else []
    if found.same and not needed:
        return found
    words = [f"{found.a} and {found.b} are {found.relation}"]
    if needed:
        words.append(f"equal only when {' and '.join(needed)}: give these in `given` where they hold")
    if found.witness:
        from symcat.verdict import describe

        step = f"step {found.first_step}: " if found.first_step else ""
        words.append(f"{step}{describe(found.witness)}")
    words += [text for text in (found.term and f"what differs: {found.term}", found.note) if text]
    raise LawFailure("\n".join(words), (("comparison", "\n".join(words)),))


def _given(premise: str, given: Mapping[str, object] | str | None) -> bool:
    """Whether a premise is among those that were given."""
    if given is None:
        return False
    plain = premise.replace(" ", "")
    if isinstance(given, str):
        return plain in [part.replace(" ", "") for part in given.split(",")]
    return plain in [f"{name}={value}" for name, value in given.items()]
