"""The things that expressions are made of, each known by a number, and what follows from guards on integer variables.

Variables: `("dim", name)`, at least 1; `("index", k, extent)` and `("dummy", depth, k, extent)`, from 0 to below an extent;
`("bound", depth, k)` in sums, `("scratch", k, None)` in sums that are open, `("point", k, None)` where a summand is looked at;
`("argmax", component, extents, body)`, the first place at which a body over dummies is greatest.  Atoms: `("read", array, forms)`;
`("cut", extents, body, forms)`, a name for the value of a body over indices at forms; `("value", v)`; `("hyper", name)`;
`("zero", form)`, which is 1 where the form is 0 and else 0; `("call", function, bodies)`; `("several", body)`, in denominators;
`("sum", depth, count, guards, factors)`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from fractions import Fraction
from typing import Any

from symcat.checker.forms import ZERO, Form, Refused, contradiction, fails, form, plus, tight

Number = int | Fraction
Factors = tuple[tuple[int, int], ...]
Term = tuple[tuple[Form, ...], Factors]
Expr = dict[Term, Number]                 # {(guards, ((atom, exponent), ...)): coefficient}
OPTIONS = ("definitions", "unroll", "kinks")    # smooth functions by exp; small sums written out; functions with kinks by step
VARIABLES = ("dim", "index", "bound", "scratch", "point", "dummy", "argmax")


class Table:
    """Things by number, facts, hypotheses, and the advice from which every choice is taken."""

    def __init__(self, advice: Iterable[Any], modulus: int = 0, options: Collection[str] = ()) -> None:
        self.advice, self.modulus = iter(advice), modulus
        self.definitions, self.unroll, self.kinks = (word in options for word in OPTIONS)
        self.things: list[tuple] = []
        self.ids: dict[tuple, int] = {}
        self.free: list[frozenset[int]] = []
        self.depths: list[int] = []
        self.memo: dict[tuple, Any] = {}
        self.facts: tuple[Form, ...] = ()
        self.notes: set[str] = set()
        self.hypotheses: list[tuple[Sequence[int], Expr, str]] = []

    def ask(self, kind: str, *about: object) -> Any:
        """The next piece of advice."""
        try:
            return whole(next(self.advice))
        except StopIteration:
            raise Refused("the advice ends too early") from None

    # ---- things: variables, atoms and expressions, each known by its number
    def id(self, *thing: Any) -> int:
        if thing not in self.ids:
            forms, parts, own = self.anatomy(thing)
            inside = [v for e in forms for v, _ in e[1]] + list(parts)
            number = self.ids[thing] = len(self.things)
            self.things.append(thing)
            variable = frozenset((number,) if thing[0] in VARIABLES else ())
            self.free.append(variable | frozenset().union(*[self.free[p] for p in inside]) - frozenset(own))
            depth = max([self.depths[p] for p in inside], default=0)
            self.depths.append(thing[1] if thing[0] == "sum" else depth + (thing[0] == "argmax"))
        return self.ids[thing]

    def anatomy(self, thing: tuple) -> tuple[Sequence[Form], Sequence[int], Sequence[int]]:
        """The forms in a thing, its parts, and the variables that it binds."""
        match thing:
            case ("read", _, forms) | ("cut", _, _, forms):
                return forms, (), ()
            case ("value", v):
                return (), (v,), ()
            case ("zero", e):
                return (e,), (), ()
            case ("call", _, arguments):
                return (), arguments, ()
            case ("several", e):
                return (), (e,), ()
            case ("expr", items):
                return [g for (guards, _), _ in items for g in guards], [a for (_, factors), _ in items for a, _ in factors], ()
            case ("sum", depth, count, guards, factors):
                return guards, [a for a, _ in factors], [self.id("bound", depth, k) for k in range(count)]
            case ("argmax", _, extents, e):
                return extents, (e,), [self.id("dummy", self.depths[e] + 1, k, d) for k, d in enumerate(extents)]
        return (), (), ()

    def freeze(self, e: Expr) -> int:
        return self.id("expr", tuple(sorted(e.items())))

    def thaw(self, number: int) -> Expr:
        return dict(self.things[number][1])

    def within(self, guards: Iterable[Form] = (), factors: Iterable[tuple[int, int]] = ()) -> frozenset[int]:
        """The free variables of a term."""
        found = [self.free[a] for a, _ in factors] + [self.free[v] for g in guards for v, _ in g[1]]
        return frozenset().union(*found)

    def scope(self, e: Expr) -> frozenset[int]:
        return frozenset().union(*[self.within(*term) for term in e])

    def unused(self, kind: str, used: frozenset[int], extents: Sequence[Form | None]) -> list[int]:
        """Variables of a kind that are not in use, nor spoken of by the facts that hold in a part of the proof."""
        used, found, k = used | self.within(self.facts), [], 0
        while len(found) < len(extents):
            v = self.id(kind, k, extents[len(found)])
            found += [v] if v not in used else []
            k += 1
        return found

    def kind(self, number: int) -> str:
        return self.things[number][0]

    # ---- guards
    def known(self, guards: Iterable[Form]) -> list[Form]:
        """Guards, facts, and what is known of all variables in them: dims are at least 1, indices lie in their ranges."""
        rows = list(dict.fromkeys([*guards, *self.facts]))
        seen, k = set(), 0
        while k < len(rows):
            for v, _ in rows[k][1]:
                if v not in seen:
                    seen.add(v)
                    thing = self.things[v]
                    extent = thing[2][thing[1]] if thing[0] == "argmax" else thing[-1] if thing[0] in ("index", "dummy") else None
                    rows += [plus((-1, ()), form(v))] if thing[0] == "dim" else []
                    rows += [form(v), plus(plus(extent, (-1, ())), form(v), -1)] if extent is not None else []
            k += 1
        return list(dict.fromkeys(rows))

    def empty(self, guards: Iterable[Form]) -> bool:
        """Whether no integer point satisfies all guards (shown)."""
        guards = tuple(sorted(set(guards)))
        if any(not g[1] and g[0] < 0 for g in guards):
            return True
        if not any(g[1] for g in guards):
            return False
        key = "empty", guards, self.facts
        if key not in self.memo:
            rows = self.known(guards)
            steps = self.ask("empty", rows)
            if steps:
                contradiction(rows, steps)
            self.memo[key] = bool(steps)
        return self.memo[key]

    def implied(self, guards: Iterable[Form], goal: Form) -> bool:
        return goal[0] >= 0 if not goal[1] else self.empty([*guards, fails(goal)])

    def boxed(self, guards: Iterable[Form]) -> bool:
        """Whether guards are 0 <= v <= top, top made of dims, one pair for each variable; then they are left as they are."""
        lower, upper = set(), set()
        for g in guards:
            moving = [(v, k) for v, k in g[1] if self.kind(v) != "dim"]
            if len(moving) != 1 or abs(moving[0][1]) != 1 or self.kind(moving[0][0]) not in ("scratch", "bound"):
                return False
            (v, k), = moving
            if v in (lower if k > 0 else upper) or (k > 0 and g != form(v)):
                return False
            (lower if k > 0 else upper).add(v)
        return lower == upper

    def simplified(self, guards: Sequence[Form], equations: Sequence[Form] = ()) -> tuple[Form, ...] | None:
        """The guards without those that the others imply; None when there is no point."""
        if (not guards and not equations) or (not equations and self.boxed(guards)):
            return tuple(sorted(guards))
        key = "simplified", tuple(sorted(guards)), tuple(equations), self.facts
        if key not in self.memo:
            both = [side for e in equations for side in (e, plus(ZERO, e, -1))]
            kept = {tight(g) for g in guards}
            if self.empty([*kept, *both]):
                self.memo[key] = None
            else:
                kept = {g for g in kept if g[1]}
                for g in sorted(kept, key=lambda g: (-len(g[1]), g)):
                    kept -= {g} if self.implied([*(kept - {g}), *both], g) else set()
                self.memo[key] = tuple(sorted(kept))
        return self.memo[key]


def whole(advice: Any) -> Any:
    """A piece of advice made of integers, words, nothing and lists of these; Refused for another: half an integer is a choice too."""
    if isinstance(advice, list):
        for part in advice:
            whole(part)
    elif type(advice) not in (int, bool, str, type(None)):
        raise Refused(f"advice is made of integers, words and lists: {str(advice)[:40]} is neither")
    return advice
