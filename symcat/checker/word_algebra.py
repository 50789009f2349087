"""Polynomials in words of matrices, with polynomials in scalars for coefficients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias

from symcat.checker.forms import Refused

Letter: TypeAlias = tuple[int, bool]                       # its number, and whether it is transposed
Word: TypeAlias = tuple[Letter, ...]
Monomial: TypeAlias = tuple[tuple[int, int], ...]          # atoms with positive exponents
Scalar: TypeAlias = dict[Monomial, Fraction]
Shape: TypeAlias = tuple[Any, Any]
MOST = 300     # terms of a polynomial
ONE: Scalar = {(): Fraction(1)}
COLUMN = "one column"     # the width of a vector, which is no dim


class Large(Refused):
    """A polynomial has too many terms."""


@dataclass(frozen=True)
class Matrix:
    """A polynomial in words, of a rank (1 for vectors) and a shape."""

    rank: int
    shape: Shape
    terms: Mapping[Word, Scalar]


Value: TypeAlias = Matrix | Scalar


@dataclass
class Algebra:
    """The letters, what is supposed of them, and the scalars that are no polynomials of others."""

    shapes: list[Shape] = field(default_factory=list)
    symmetric: set[int] = field(default_factory=set)
    rules: dict[tuple[Letter, Letter], None] = field(default_factory=dict)
    atoms: dict[Any, int] = field(default_factory=dict)
    names: dict[Any, int] = field(default_factory=dict)

    # ---- letters
    def letter(self, shape: Shape) -> int:
        self.shapes.append(shape)
        return len(self.shapes) - 1

    def wire(self, shape: list[Any], modulus: int) -> Value:
        """An arbitrary real array of rank at most 2."""
        if modulus or len(shape) > 2:
            raise Refused("words are made of real arrays of rank at most 2")
        if not shape:
            return self.atom("wire", len(self.atoms))
        sizes = (freeze(shape[0]), freeze(shape[1]) if len(shape) == 2 else COLUMN)
        return Matrix(len(shape), sizes, {((self.letter(sizes), False),): ONE})

    def suppose(self, first: Letter, second: Letter) -> None:
        """The product of two letters is an identity matrix."""
        self.rules[self.plain(first), self.plain(second)] = None

    def plain(self, one: Letter) -> Letter:
        return (one[0], False) if one[0] in self.symmetric else one

    def size(self, one: Letter, end: int) -> Any:
        """The rows (end 0) or columns (end 1) of a letter."""
        return self.shapes[one[0]][end ^ one[1]]

    # ---- scalars
    def atom(self, *key: Any) -> Scalar:
        return {((self.atoms.setdefault(key, len(self.atoms)), 1),): Fraction(1)}

    def number(self, size: Any) -> Scalar:
        """The number of values of an index."""
        return {(): Fraction(size)} if type(size) is int else ONE if size == COLUMN else self.atom("size", size)

    def add(self, *parts: Scalar) -> Scalar:
        total: Scalar = {}
        for part in parts:
            for monomial, q in part.items():
                total[monomial] = total.get(monomial, Fraction(0)) + q
        return bounded({monomial: q for monomial, q in total.items() if q})

    def times(self, left: Scalar, right: Scalar) -> Scalar:
        if left == ONE or right == ONE:
            return right if left == ONE else left
        total: Scalar = {}
        for a, p in left.items():
            for b, q in right.items():
                powers = dict(a)
                for atom, k in b:
                    powers[atom] = powers.get(atom, 0) + k
                monomial = tuple(sorted(powers.items()))
                total[monomial] = total.get(monomial, Fraction(0)) + p * q
        return bounded({monomial: q for monomial, q in total.items() if q})

    # ---- words
    def join(self, left: Word, right: Word) -> Word:
        """The product of two words in which no rule applies."""
        k = 0
        while k < min(len(left), len(right)) and (left[len(left) - 1 - k], right[k]) in self.rules:
            k += 1
        return left[: len(left) - k] + right[k:]

    def settled(self, word: Word) -> tuple[Word, Scalar]:
        """A word without its parts of one row and one column, and the product of these numbers."""
        cuts = [k for k in range(1, len(word)) if self.size(word[k], 0) == COLUMN]
        if not cuts:
            return word, ONE
        parts = [word[i:j] for i, j in zip([0, *cuts], [*cuts, len(word)], strict=True)]
        ends = (self.size(word[0], 0) == COLUMN, self.size(word[-1], 1) == COLUMN)
        kept = parts[-1:] if ends[0] else parts[:1] if ends[1] else [parts[0], parts[-1]]
        gone = parts[:-1] if ends[0] else parts[1:] if ends[1] else parts[1:-1]
        factor = ONE
        for part in gone:
            factor = self.times(factor, self.trace(part, COLUMN))
        return tuple(one for part in kept for one in part), factor

    def turned(self, word: Word) -> Word:
        return tuple(self.plain((one, not t)) for one, t in reversed(word))

    def trace(self, word: Word, size: Any) -> Scalar:
        """The trace of a square word: the same for every rotation and for the transposed word; of an identity matrix its size."""
        while len(word) > 1 and (word[-1], word[0]) in self.rules:
            size, word = self.size(word[-1], 0), word[1:-1]
            if word:
                size = self.size(word[0], 0)
        if not word:
            return self.number(size)
        every = [w[k:] + w[:k] for w in (word, self.turned(word)) for k in range(len(word))]
        return self.atom("trace", min(every))

    # ---- matrices
    def identity(self, size: Any) -> Matrix:
        return Matrix(2, (size, size), {(): ONE})

    def product(self, a: Matrix, b: Matrix) -> Matrix:
        if a.shape[1] != b.shape[0]:
            raise Refused("a product of matrices whose sizes do not meet")
        total: dict[Word, Scalar] = {}
        for left, p in a.terms.items():
            for right, q in b.terms.items():
                word, factor = self.settled(self.join(left, right))
                total[word] = self.add(total.get(word, {}), self.times(self.times(p, q), factor))
        shape = (a.shape[0], b.shape[1])
        return Matrix(1 if shape[1] == COLUMN else 2, shape, bounded({word: q for word, q in total.items() if q}))

    def transpose(self, a: Matrix) -> Matrix:
        return Matrix(2, (a.shape[1], a.shape[0]), {self.turned(word): q for word, q in a.terms.items()})

    def scaled(self, a: Matrix, factor: Scalar) -> Matrix:
        found = {word: self.times(q, factor) for word, q in a.terms.items()}
        return Matrix(a.rank, a.shape, {word: q for word, q in found.items() if q})

    def plus(self, a: Matrix, b: Matrix) -> Matrix:
        if a.shape != b.shape:
            raise Refused("a sum of matrices of two shapes")
        total = dict(a.terms)
        for word, q in b.terms.items():
            total[word] = self.add(total.get(word, {}), q)
        return Matrix(a.rank, a.shape, bounded({word: q for word, q in total.items() if q}))

    def traced(self, a: Matrix) -> Scalar:
        if a.shape[0] != a.shape[1]:
            raise Refused("a trace of a matrix that is not square")
        return self.add(*(self.times(q, self.trace(word, a.shape[0])) for word, q in a.terms.items()))

    # ---- names for sums
    def named(self, a: Matrix) -> Matrix:
        """A sum as one word: a letter for what is left of it when factors that hypotheses are about are taken out on both sides."""
        if len(a.terms) < 2:
            return a
        left, inner, right = self.stripped(a)
        scale = next(iter(sorted(frozen(inner.terms)[0][1])))[1]
        inner = self.scaled(inner, {(): 1 / scale})
        keys = [frozen(inner.terms), frozen(self.transpose(inner).terms)]
        turned = inner.rank == 2 and keys[1] < keys[0]
        shape = (inner.shape[1], inner.shape[0]) if turned else inner.shape
        key = (shape, keys[1] if turned else keys[0])
        if key not in self.names:
            self.names[key] = self.letter(shape)
            if keys[0] == keys[1] and shape[0] == shape[1]:
                self.symmetric.add(self.names[key])
        one = Matrix(inner.rank, inner.shape, {(self.plain((self.names[key], turned)),): {(): scale}})
        return self.product(self.product(left, one), right)

    def stripped(self, a: Matrix) -> tuple[Matrix, Matrix, Matrix]:
        """left, inner, right with a = left inner right, the inner one as short as rules make it, of these the first in order."""
        left, inner, right = self.identity(a.shape[0]), a, self.identity(a.shape[1])
        while True:
            best, chosen = order(inner), None
            for outer, undo in [(None, None), *self.ends(inner.shape[0], 0)]:
                for behind, undone in [(None, None), *self.ends(inner.shape[1], 1)]:
                    found = inner if undo is None else self.product(undo, inner)
                    found = found if undone is None else self.product(found, undone)
                    again = found if outer is None else self.product(outer, found)
                    again = again if behind is None else self.product(again, behind)
                    if again.terms == inner.terms and order(found) < best:
                        best, chosen = order(found), (found, outer, behind)
            if chosen is None:
                return left, inner, right
            inner = chosen[0]
            left = left if chosen[1] is None else self.product(left, chosen[1])
            right = right if chosen[2] is None else self.product(chosen[2], right)

    def ends(self, size: Any, end: int) -> list[tuple[Matrix, Matrix]]:
        """The letters that may be taken out at one end, each with the letter that undoes it."""
        found = []
        for first, second in self.rules:     # first * second = 1
            outer, undo = (second, first) if end == 0 else (first, second)
            if self.size(outer, end) == size:
                found.append((self.single(outer), self.single(undo)))
        return found

    def single(self, one: Letter) -> Matrix:
        return Matrix(2, (self.size(one, 0), self.size(one, 1)), {(one,): ONE})


def order(a: Matrix) -> tuple:
    """What makes one polynomial simpler than another: fewer letters first."""
    return sum(map(len, a.terms)), frozen(a.terms)


def frozen(terms: Mapping[Word, Scalar]) -> tuple:
    """The terms of a polynomial in an order of their own."""
    return tuple(sorted((word, tuple(sorted(q.items()))) for word, q in terms.items()))


def freeze(data: Any) -> Any:
    return tuple(map(freeze, data)) if isinstance(data, list) else data


def bounded(terms: dict) -> dict:
    if len(terms) > MOST:
        raise Large(f"a polynomial of more than {MOST} terms")
    return terms
