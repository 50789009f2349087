"""Terms at exact points, in balls: refutes goals and shows that premises can hold; shares no code with the normal form."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from symcat.prove.balls import apart, bits_in_force, digits, enclose, exact, precision
from symcat.prove.field.read import Condition, ScalarGoal
from symcat.prove.field.term import Term, names, numbers

VALUES = tuple(map(Fraction, ("1", "2", "-1", "0", "1/2", "3", "-2", "-1/2", "1/4", "5", "-3", "3/4", "9", "4", "-7/4", "25/8")))
GRID, CHANCE, FIRST = 60, 140, 6
BITS = (128, 1500)
FINE, FINER = 3, 150           # points at which agreement is looked at with the higher precision too
KEPT = 20
MANY, NAMED = 800, 12
NEAR = tuple(map(Fraction, ("0", "1/8", "-1/8", "1/2", "-1/2")))


class Outside(Exception):
    """The point is certainly outside the domain."""


class Open(Exception):
    """A ball cannot decide."""


Point = dict[str, Fraction]


@dataclass(frozen=True)
class Sampled:
    """What the points say: a witness, or the points inside the domain, at all of which the sides agree.

    A witness is a point, the two values there, and whether these are exact.
    """

    witness: tuple[Point, str, str, bool] | None
    inside: tuple[Point, ...]


def sample(goal: ScalarGoal) -> Sampled:
    """Compare the sides of a goal at points that satisfy its assumptions."""
    return compare(goal, points(goal.variables, goal.integers, (*goal.assumptions, *goal.required)), KEPT, FINE)


def search(goal: ScalarGoal) -> Sampled:
    """Compare them at many points, and around the numbers that the goal names."""
    named = sorted(numbers(goal.lhs) | numbers(goal.rhs))[:NAMED]
    near = [s * c + d for c in named for d in NEAR for s in (1, -1)]
    pick = random.Random(1)
    fine = [Fraction(pick.randint(-96, 96), 8) for _ in range(MANY)]
    values = (*VALUES, *near, *fine[: len(near) + len(VALUES)])
    ranges = [_integral(values) if name in goal.integers else values for name in goal.variables]
    chance = (dict(zip(goal.variables, [pick.choice(some) for some in ranges], strict=True)) for _ in range(MANY))
    return compare(goal, chance if goal.variables else (), MANY, FINER)


def compare(goal: ScalarGoal, tried: Iterable[Point], most: int, fine: int) -> Sampled:
    """Compare the sides at those points that satisfy the assumptions, until they differ or `most` agree."""
    inside = []
    sides = Straight((goal.lhs, goal.rhs))
    for point in tried:
        if not admitted((*goal.assumptions, *goal.required), point):
            continue
        for bits in BITS if len(inside) < fine else BITS[:1]:
            with precision(bits):
                values = sides.values(point)
                different = values and apart(*values)
                if different:
                    return Sampled((point, *_texts(*values)), tuple(inside))
            if values is None or different is None:
                break
        else:
            inside.append(point)
            if len(inside) >= most:
                break
    return Sampled(None, tuple(inside))


def admitted(conditions: Sequence[Condition], point: Point) -> bool:
    """Whether conditions certainly hold at a point."""
    for bits in BITS:
        with precision(bits):
            try:
                evaluation = Evaluation(point)
                return all(evaluation.holds(condition) for condition in conditions)
            except Outside:
                return False
            except Open:
                continue
    return False


def points(variables: Sequence[str], integers: frozenset[str] = frozenset(), conditions: Sequence[Condition] = ()) -> Iterator[Point]:
    """Points of small dyadic rationals, so that sums and products of coordinates are exact; simplest first, then by chance.

    Values that a condition on one variable alone excludes are not tried, unless it excludes them all.
    """
    ranges = [_possible(name, _integral(VALUES) if name in integers else VALUES, conditions) for name in variables]
    grid = itertools.islice(itertools.product(*(some[:6] for some in ranges)), GRID if variables else 1)
    pick = random.Random(0)
    chance = ([pick.choice(some) for some in ranges] for _ in range(CHANCE if variables else 0))
    first = itertools.islice(grid, FIRST)
    mixed = itertools.chain.from_iterable(itertools.zip_longest(grid, chance))
    for values in itertools.chain(first, mixed):
        if values is not None:
            yield dict(zip(variables, values, strict=True))


def _possible(name: str, values: Sequence[Fraction], conditions: Sequence[Condition]) -> Sequence[Fraction]:
    alone = [condition for condition in conditions if names(condition.term) == {name}]
    return [value for value in values if admitted(alone, {name: value})] or values if alone else values


def _integral(values: Sequence[Fraction]) -> tuple[Fraction, ...]:
    return tuple(value for value in values if value.denominator == 1)


def constant_sign(term: Term, bits: int = 400) -> int | None:
    """The sign of a term without variables; None when balls do not decide it."""
    return sign_at(term, {}, bits)


def sign_at(term: Term, point: Point, bits: int = 128) -> int | None:
    """The sign of a term at a point; None when balls do not decide it."""
    with precision(bits):
        evaluation = Evaluation(point)
        try:
            return evaluation.sign(evaluation.value(term))
        except (Open, Outside):
            return None


def _texts(left: object, right: object) -> tuple[str, str, bool]:
    """Two numbers as rationals, or in as many decimals as show that they differ."""
    plain = exact(left), exact(right)
    if None not in plain:
        return str(plain[0]), str(plain[1]), True
    for count in (12, 30, 60, 150, 400):
        if digits(left, count) != digits(right, count):
            return digits(left, count), digits(right, count), False
    return str(left), f"{right} (another number)", False


class Evaluation:
    """Values of terms at one point, at the precision in force."""

    def __init__(self, point: Mapping[str, Fraction]) -> None:
        self.point, self.memo = point, {}

    def value(self, term: Term):
        """The ball of a term; Outside or Open where it has none."""
        if term not in self.memo:
            found = self._value(term)
            if not found.is_finite():
                raise Open
            self.memo[term] = found
        return self.memo[term]

    def sign(self, ball) -> int:
        """The sign of a ball; Open when it is not certain."""
        if ball > 0:
            return 1
        if ball < 0:
            return -1
        if ball == 0:
            return 0
        raise Open

    def holds(self, condition: Condition) -> bool:
        """Whether a condition holds; Open when it is not certain."""
        ball = self.value(condition.term)
        if condition.relation == ">=0" and ball >= 0:
            return True
        sign = self.sign(ball)
        return {">0": sign > 0, ">=0": sign >= 0, "!=0": sign != 0, "=0": sign == 0}[condition.relation]

    def _value(self, term: Term):
        if term.op == "number":
            return enclose(term.value)
        if term.op == "variable":
            return enclose(self.point[term.value])
        if term.op == "pi":
            return enclose(Fraction(1)).pi()
        if term.op == "switch":
            return self.value(term.args[2 + self.sign(self.value(term.args[0]))])
        values = [self.value(argument) for argument in term.args]
        if term.op == "add":
            return sum(values, enclose(Fraction(0)))
        if term.op == "mul":
            result = enclose(Fraction(1))
            for value in values:
                result = result * value
            return result
        return FUNCTIONS[term.op](self, values[0], term.value)


class Straight:
    """Terms as one list of operations, each after those that it needs, for values at many points.

    A switch needs only one of its branches: terms with one are evaluated part by part.
    """

    def __init__(self, terms: Sequence[Term]) -> None:
        self.terms, self.places = terms, {}
        self.steps: list[tuple[str, tuple[int, ...], object]] = []
        self.numbers: dict[int, dict[int, object]] = {}
        self.branching = False
        for term in terms:
            self._place(term)

    def _place(self, term: Term) -> int:
        if term not in self.places:
            args = tuple(map(self._place, term.args))
            self.branching |= term.op == "switch"
            self.places[term] = len(self.steps)
            self.steps.append((term.op, args, term.value))
        return self.places[term]

    def values(self, point: Point) -> list | None:
        """The balls of the terms; None where one of them has none."""
        evaluation = Evaluation(point)
        try:
            if self.branching:
                return [evaluation.value(term) for term in self.terms]
            found = self._run(evaluation)
        except (Outside, Open):
            return None
        balls = [found[self.places[term]] for term in self.terms]
        return balls if all(ball.is_finite() for ball in balls) else None

    def _run(self, evaluation: Evaluation) -> list:
        numbers, found = self._numbers(), []
        for place, (op, args, value) in enumerate(self.steps):
            if args and op in ("add", "mul"):
                ball = found[args[0]]
                for other in args[1:]:
                    ball = ball + found[other] if op == "add" else ball * found[other]
            elif op == "number":
                ball = numbers[place]
            elif op in FUNCTIONS:
                ball = FUNCTIONS[op](evaluation, found[args[0]], value)
                if not ball.is_finite():
                    raise Open
            else:
                ball = evaluation.value(Term(op, (), value))
            found.append(ball)
        return found

    def _numbers(self) -> dict[int, object]:
        """The numbers as balls of the precision in force."""
        if (bits := bits_in_force()) not in self.numbers:
            self.numbers[bits] = {k: enclose(value) for k, (op, _, value) in enumerate(self.steps) if op == "number"}
        return self.numbers[bits]


def _inside(evaluation: Evaluation, x, lowest: int):
    """A ball whose number is certainly 0 or more, or more than 0 when `lowest` is 1."""
    if lowest == 0 and x >= 0:
        return x
    if evaluation.sign(x) < lowest:
        raise Outside
    return x


def _inverse(evaluation: Evaluation, x, _):
    if evaluation.sign(x) == 0:
        raise Outside
    return 1 / x


def _asin(evaluation: Evaluation, x, _):
    _inside(evaluation, 1 - x * x, 0)
    return x.asin()


FUNCTIONS: dict[str, Callable] = {
    "inverse": _inverse,
    "power": lambda evaluation, x, n: x**n,
    "root": lambda evaluation, x, n: _inside(evaluation, x, 0).root(n),
    "exp": lambda evaluation, x, _: x.exp(),
    "log": lambda evaluation, x, _: _inside(evaluation, x, 1).log(),
    "sin": lambda evaluation, x, _: x.sin(),
    "cos": lambda evaluation, x, _: x.cos(),
    "atan": lambda evaluation, x, _: x.atan(),
    "asin": _asin,
    "erf": lambda evaluation, x, _: x.erf(),
}
