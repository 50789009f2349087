"""The recorder: the checker's own replay of an equation, where every question is answered by search and the answer written down.

What is searched inside an answer leaves no trace in the table, so that the replay meets the same questions in the same order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction
from itertools import combinations, permutations, product
from math import prod
from typing import Any

from symcat.checker.equations import Replay
from symcat.checker.forms import ZERO, Form, Refused, form, plus, solved, tight
from symcat.checker.functions import IMPLIES
from symcat.checker.programs import SCALARS, symbols
from symcat.checker.table import Expr, Factors
from symcat.prove.advice import elimination
from symcat.prove.advice.skeleton import Skeletons
from symcat.prove.advice.steps import STEPS, Steps
from symcat.prove.index.hermite import column_hermite

BINDINGS = 64
RADIX_TERMS = 4
GROWN = 500          # steps by which sizes are made to satisfy facts
TIED = 3             # indices that are reordered where their slots came by chance
ASKED = 12000        # questions of one attempt, those of searches included
PIECES = "sums cut to pieces"
PRODUCTS = 8000      # products of one attempt, likewise, where the engine cut sums to pieces: the checker seldom follows there
FORMS = ("cut", "arguments", "none")                                    # normal forms alone
FURTHER = (("arguments", ""), ("none", ""), ("none", "definitions"), ("none", "unroll"), ("none", "definitions unroll"))    # with steps
KINKED = (("arguments", "kinks"), ("none", "kinks"), ("none", "kinks definitions"))
LEVELS = {"cuts 1": "arguments", "cuts 0": "none"}


def advice(equation: Mapping[str, Any], method: str = "") -> dict[str, Any] | None:
    """A proof of an equation as the checker replays it; None when no attempt finds one.

    The engine's method says with which attempt to begin.
    """
    level = next((cuts for word, cuts in LEVELS.items() if word in method), "cut")
    forms = [(cuts, "", 0) for cuts in FORMS]
    further = [(cuts, options, STEPS) for cuts, options in FURTHER]
    attempts = sorted(forms, key=lambda one: one[0] != level) + sorted(further, key=lambda one: one[0] != level)
    return _first(equation, attempts, PRODUCTS if PIECES in method else None)


def advice_by_values(equation: Mapping[str, Any]) -> dict[str, Any] | None:
    """A proof that both sides have equal values, by cases of the signs where functions have kinks; None when none is found."""
    return _first(equation, [(cuts, options, STEPS) for cuts, options in KINKED])


def _first(equation: Mapping[str, Any], attempts: Sequence[tuple[str, str, int]], products: int | None = None) -> dict[str, Any] | None:
    for attempt in attempts:
        try:
            bases = [_base(equation, modulus, *attempt, products) for modulus in sorted({m for _, m, _ in equation["lhs"]["cod"]})]
            return {"bases": bases, "sizes": sizes(equation)}
        except (Refused, ArithmeticError, ValueError, RecursionError):
            continue
    return None


def _base(equation: Mapping[str, Any], modulus: int, cuts: str, options: str, steps: int, products: int | None) -> dict[str, Any]:
    run = Recorder(modulus, options.split(), cuts, [read_by_functions(equation[side]) for side in ("lhs", "rhs")])
    run.left, run.products = steps, products
    run.decide(equation)
    return {"modulus": modulus, "options": options.split(), "advice": run.tape}


def sizes(equation: Mapping[str, Any]) -> dict[str, int]:
    """Small sizes at which the facts about dims hold; Refused when none are found."""
    run = Replay(())
    for fact in (*equation["facts"], *equation["lhs"]["facts"], *equation["rhs"]["facts"]):
        if not symbols(fact["expr"], "real"):
            run.fact(fact)
    found = {run.things[v][1]: 1 for _, terms in run.facts for v, _ in terms}
    for _ in range(GROWN):
        failing = next((terms for constant, terms in run.facts if constant + sum(q * found[run.things[v][1]] for v, q in terms) < 0), None)
        if failing is None:
            return found
        v, q = max(failing, key=lambda item: item[1])
        if q < 0:
            break
        found[run.things[v][1]] += 1
    raise Refused("no sizes found at which the facts hold")


def read_by_functions(program: Mapping[str, Any]) -> set[str]:
    """The arrays that arguments of functions and maxima read."""
    def walk(e: Any, inside: bool) -> Iterator[str]:
        if isinstance(e, list) and e:
            if inside and e[0] in ("at", "argmax"):
                yield e[1]
            for part in e:
                yield from walk(part, inside or (isinstance(e[0], str) and (e[0] in SCALARS or e[0] == "Smooth")))
    return {name for node in program["nodes"] for name in walk(node["body"], node["op"] == "max")}


class Recorder(Steps):
    """A replay that finds its own advice.

    `cuts` says which arrays become names: "cut" all, "arguments" those that functions read, "none" none.
    """

    def __init__(self, modulus: int, options: Collection[str], cuts: str, arguments: Sequence[set[str]]) -> None:
        super().__init__((), modulus, options)
        self.cuts, self.arguments = cuts, arguments
        self.tape: list[Any] = []
        self.skeletons = Skeletons(self)
        self.given: tuple | None = None
        self.asked = 0
        self.products: int | None = None

    def product(self, *parts: Expr) -> Expr:
        if self.products is not None:
            self.products -= 1
            if self.products < 0:
                raise Refused("an attempt multiplies too much")
        return super().product(*parts)

    def ask(self, kind: str, *about: Any) -> Any:
        self.asked += 1
        if self.asked > ASKED:
            raise Refused("an attempt asks too much")
        if self.planned:
            answer = self.planned.popleft()
        elif self.given and self.given[0] == (kind, *about):
            answer = self.given[1]
        else:
            answer = getattr(self, f"find_{kind}")(*about)
        self.tape.append(answer)
        return answer

    @contextmanager
    def trial(self) -> Iterator[None]:
        """What is done inside is forgotten."""
        things, ids, memo, tape = len(self.things), len(self.ids), len(self.memo), len(self.tape)
        try:
            yield
        finally:
            for column in (self.things, self.free, self.depths):
                del column[things:]
            del self.tape[tape:]
            for table, size in ((self.ids, ids), (self.memo, memo)):
                while len(table) > size:
                    table.popitem()

    # ---- guards
    def find_empty(self, rows: Sequence[Form]) -> list | None:
        return elimination.steps(rows)

    def find_digits(self, e: Form, guards: Sequence[Form]) -> list | None:
        """c, and F with e = c E + F and |F| < c."""
        for c in sorted({abs(q) for _, q in e[1] if abs(q) > 1}):
            residues = [(v, q % c) for v, q in e[1] if q % c]
            for choice in product((0, 1), repeat=len(residues)) if 0 < len(residues) <= RADIX_TERMS else ():
                low = {v: q - c * p for (v, q), p in zip(residues, choice, strict=True)}
                for constant in (e[0] % c, e[0] % c - c):
                    small = constant, tuple(sorted(low.items()))
                    with self.trial():
                        fine = all(self.implied(guards, plus((c - 1, ()), small, sign)) for sign in (1, -1))
                    if fine:
                        return [c, constant, [low.get(v, 0) for v, _ in e[1]]]
        return None

    # ---- cuts
    def node(self, node: Mapping[str, Any]) -> Expr:
        self.current = node["name"]
        return super().node(node)

    def side(self, program: Mapping[str, Any], which: int) -> list[Expr | None]:
        self.reading = self.arguments[which]
        return super().side(program, which)

    def find_cut(self, value: Expr) -> int:
        return int((self.cuts == "cut" and value.keys() != {((), ())}) or (self.cuts == "arguments" and self.current in self.reading))

    # ---- hypotheses
    def find_granted(self, e: Expr, relation: str) -> list | None:
        """A hypothesis and the values of its indices at which it says `e relation`."""
        place = {v: k for k, v in enumerate(sorted(self.scope(e)))}
        for k, (indices, pattern, stated) in enumerate(self.hypotheses):
            if stated not in IMPLIES[relation] or len(pattern) != len(e):
                continue
            for values in self._bindings(indices, pattern, e):
                if all(v in place for x in values for v, _ in x[1]):
                    answer = [k, [[x[0], [[place[v], q] for v, q in x[1]]] for x in values]]
                    if self._grants(answer, e, relation):
                        return answer
        return None

    def _grants(self, answer: list, e: Expr, relation: str) -> bool:
        before, self.given = self.given, (("granted", e, relation), answer)
        try:
            with self.trial():
                return self.granted(e, relation)
        except Refused:
            return False
        finally:
            self.given = before

    def _bindings(self, indices: Sequence[int], pattern: Expr, e: Expr) -> Iterator[tuple[Form, ...]]:
        """Values for the indices of a hypothesis, from reads of the same arrays."""
        candidates: dict[int, dict[Form, None]] = {v: {} for v in indices}
        targets = list(dict.fromkeys(self._reads(e)))
        for array, forms in self._reads(pattern):
            for place, x in enumerate(forms):
                if len(x[1]) == 1 and x == form(x[1][0][0]) and x[1][0][0] in candidates:
                    candidates[x[1][0][0]] |= {found[place]: None for other, found in targets if other == array}
        options = [list(found) or [form(v), ZERO] for v, found in candidates.items()]
        if prod(map(len, options)) <= BINDINGS:
            yield from product(*options)

    def _reads(self, e: Expr) -> Iterator[tuple[Any, tuple[Form, ...]]]:
        for _, factors in e:
            for a, _ in factors:
                match self.things[a]:
                    case ("read", array, forms):
                        yield array, forms
                    case ("cut", extents, body, forms):
                        yield (extents, body), forms
                    case ("call", _, bodies):
                        for body in bodies:
                            yield from self._reads(self.thaw(body))
                    case ("several", body):
                        yield from self._reads(self.thaw(body))
                    case ("sum", _, _, _, inner):
                        yield from self._reads({((), inner): 1})

    # ---- sums
    def find_inner(self, bound: Sequence[int], guards: Sequence[Form], factors: Factors) -> list | None:
        """The variables over which the sum in a denominator appears, to be summed first."""
        for a, k in factors:
            if k > 0 or self.kind(a) != "sum" or self.things[a][2] >= len(bound):
                continue
            for chosen in combinations(range(len(bound)), self.things[a][2]):
                own = {bound[j] for j in chosen}
                inner = tuple(f for f in factors if self.free[f[0]] & own)
                if self.free[a] & own or not inner:
                    continue
                with self.trial():
                    part = self.totals({((), inner): 1}, [g for g in guards if self.within([g]) & own], [bound[j] for j in chosen])
                    fine = len(part) == 1 and a in dict(next(iter(part))[1])
                if fine:
                    answer = [list(chosen), self._walls([bound[j] for j in chosen], bound, guards, factors)]
                    with self.trial(), suppress(Refused):
                        self.nested(*answer, bound, guards, factors)
                        return answer
        return None

    def _walls(self, own: Sequence[int], bound: Sequence[int], guards: Sequence[Form], factors: Factors) -> list:
        """What guards say of the other variables through one of an inner sum's variables."""
        names = [*bound, *sorted(self.within(guards, factors) - set(bound))]
        found = []
        for v in own:
            ends = [[g for g in guards if (v, sign) in g[1] and v in self.solvable(g)] for sign in (1, -1)]
            walls = [plus(low, high) for low, high in product(*ends)]
            found += [wall for wall in walls if wall[1] and not self.within([wall]) & set(own)]
        return [[constant, [[names.index(v), q] for v, q in terms]] for constant, terms in dict.fromkeys(found)]

    def find_point(self, bound: Sequence[int], guards: Sequence[Form], outer: Sequence[Form]) -> list | None:
        """A point for the bound variables, one bound of each after the other."""
        names = sorted(self.within(guards) - set(bound))
        for sign in (1, -1):
            at: dict[int, Form] = {}
            for _ in bound:
                ends = [(v, self.moved(solved(g, v), at)) for g in guards for v in self.solvable(g)
                        if v in bound and v not in at and (v, sign) in g[1]]
                ready = [(v, e) for v, e in ends if not self.within([e]) & set(bound)]
                at |= dict(ready[:1])
            with self.trial():
                fine = len(at) == len(bound) and all(self.implied(outer, tight(self.moved(g, at))) for g in guards)
            if fine and all(v in names for e in at.values() for v, _ in e[1]):
                return [[at[v][0], [[names.index(w), q] for w, q in at[v][1]]] for v in bound]
        return None

    def find_canonical(self, bound: Sequence[int], guards: Sequence[Form], pure: Factors, depth: int, outer: Sequence[int]) -> list:
        """The affine change of bound variables with the least text: [matrix row, constant, shift] for each, and the inverse matrix."""
        self.skeletons.tied = False
        found = {str(answer): (answer, moves) for answer, moves in self._changes(bound, guards, pure, depth, outer)}
        if self.skeletons.tied and 1 < len(bound) <= TIED:
            found = {str(answer): (answer, moves) for one in found.values() for answer, moves in self._reordered(bound, depth, *one)}
        if len(found) == 1:
            return next(iter(found.values()))[0]
        texts = []
        for number, (_, moves) in enumerate(found.values()):
            with self.trial():
                image = self._image(pure, moves)
                if image:
                    walls = sorted(self.skeletons.form(tight(self.moved(g, moves))) for g in guards)
                    texts.append((walls, self.skeletons.text(image), number))
        if not texts:
            raise Refused("no canonical change of indices")
        return list(found.values())[min(texts)[2]][0]

    def _reordered(self, bound: Sequence[int], depth: int, answer: list, moves: Mapping[int, Form]) -> Iterator[tuple]:
        """A change of indices followed by each permutation of the new ones."""
        rows, inverse = answer
        names = [self.id("bound", depth, k) for k in range(len(bound))]
        for order in permutations(range(len(bound))):
            renamed = {w: form(names[order[k]]) for k, w in enumerate(names)}
            back = [inverse[order.index(k)] for k in range(len(bound))]
            moved = [[[row[order.index(k)] for k in range(len(bound))], constant, shift] for row, constant, shift in rows]
            yield [moved, back], {v: _plainly(x, renamed) for v, x in moves.items()}

    def _image(self, pure: Factors, moves: Mapping[int, Form]) -> Expr | None:
        try:
            image = self.substituted({((), pure): 1}, moves)
        except Refused:
            return None
        return image if len(image) == 1 and not next(iter(image))[0] else None

    def _changes(self, bound: Sequence[int], guards: Sequence[Form], pure: Factors, depth: int, outer: Sequence[int]) -> Iterator[tuple]:
        """Changes that bring the slots of factors to Hermite form and leave each pivot slot without free part."""
        own, size, place = frozenset(bound), len(bound), {v: k for k, v in enumerate(outer)}
        names = [self.id("bound", depth, k) for k in range(size)]
        ranked = sorted(guards, key=lambda g: (len(self.within([g]) & own), self.skeletons.form(g, own)))
        for slots in self.skeletons.orders(pure, own):
            matrix, pivots = column_hermite(_rows(slots, bound), size)
            if len(pivots) < size:
                slots = slots + ranked
                matrix, pivots = column_hermite(_rows(slots, bound), size)
            moves = {v: (0, tuple((w, q) for w, q in zip(names, row, strict=True) if q)) for v, row in zip(bound, matrix, strict=True)}
            for position, column, pivot in pivots:
                slot = _plainly(slots[position], moves)
                shift = slot[0] // pivot, tuple((v, q // pivot) for v, q in slot[1] if v in place and q // pivot)
                step = {names[column]: plus(form(names[column]), shift, -1)}
                moves = {v: _plainly(x, step) for v, x in moves.items()}
            rows = [[row, moves[v][0], [[place[w], q] for w, q in moves[v][1] if w in place]] for v, row in zip(bound, matrix, strict=True)]
            yield [rows, _inverse(matrix)], moves


def _rows(slots: Sequence[Form], bound: Sequence[int]) -> list[list[int]]:
    return [[dict(slot[1]).get(v, 0) for v in bound] for slot in slots]


def _plainly(e: Form, values: Mapping[int, Form]) -> Form:
    """A form with variables replaced, not inside selectors."""
    total: Form = e[0], ()
    for v, k in e[1]:
        total = plus(total, values.get(v, form(v)), k)
    return total


def _inverse(matrix: Sequence[Sequence[int]]) -> list[list[int]]:
    """The inverse of a unimodular matrix."""
    size = len(matrix)
    rows = [[Fraction(x) for x in row] + [Fraction(int(i == j)) for j in range(size)] for i, row in enumerate(matrix)]
    for c in range(size):
        pivot = next(r for r in range(c, size) if rows[r][c])
        rows[c], rows[pivot] = rows[pivot], rows[c]
        rows[c] = [x / rows[c][c] for x in rows[c]]
        for r in range(size):
            if r != c:
                rows[r] = [x - rows[r][c] * y for x, y in zip(rows[r], rows[c], strict=True)]
    return [[int(x) for x in row[size:]] for row in rows]
