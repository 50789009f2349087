"""Normal forms of Coq's terms against exact evaluation at random points."""

from fractions import Fraction
from random import Random

import pytest

from symcat.prove.coq.names import Names
from symcat.prove.coq.normal import Normal
from symcat.prove.coq.polynomial import alpha, key, literal, term_of
from symcat.prove.coq.programs import Pair
from symcat.prove.coq.scalars import Scalars
from symcat.prove.coq.scope import Scope
from symcat.prove.coq.term import Affine, Cast, Indicator, Inverse, Number, Plus, Power, Read, Times, Total, name, put, text

SIZES = {"n": 3, "m": 2}
FREE = {"i": "n", "j": "m"}


def value(term, at: dict[str, int], arrays: dict) -> Fraction:
    """The exact value of a term: reads are looked up by array and indices."""
    whole = lambda e: e.constant + sum(k * at[symbol] for symbol, k in e.terms)
    if isinstance(term, Number):
        return term.value
    if isinstance(term, Plus):
        return sum((value(part, at, arrays) for part in term.parts), Fraction(0))
    if isinstance(term, Times):
        result = Fraction(1)
        for part in term.parts:
            result *= value(part, at, arrays)
        return result
    if isinstance(term, Power):
        return value(term.base, at, arrays) ** term.exponent
    if isinstance(term, Inverse):
        base = value(term.base, at, arrays)
        return 1 / base if base else Fraction(0)
    if isinstance(term, Read):
        place = (term.array, *map(whole, term.indices))
        return arrays.setdefault(place, Fraction(hash_of(place) % 19 - 9, 1 + hash_of(place) % 3))
    if isinstance(term, Indicator):
        return Fraction(int(whole(term.form) >= 0 if term.kind == "bracket" else whole(term.form) == 0))
    if isinstance(term, Cast):
        return Fraction(whole(term.form))
    return sum((value(term.body, at | {term.index: k}, arrays) for k in range(whole(term.extent))), Fraction(0))


def hash_of(place: tuple) -> int:
    return sum(ord(c) * (k + 3) ** 2 for k, c in enumerate(repr(place)))


def random_term(random: Random, scope: list[tuple[str, str]], depth: int):
    kind = random.choice(("number", "read", "read", "indicator", "cast")) if depth == 0 else \
        random.choice(("plus", "times", "times", "power", "total", "total", "inverse"))
    deeper = lambda: random_term(random, scope, depth - 1)
    if kind == "number":
        return Number(Fraction(random.randint(-3, 3), random.choice((1, 1, 2))))
    if kind == "read":
        return Read(random.choice("xy"), tuple(name(random.choice(scope)[0]) for _ in range(random.randint(1, 2))))
    if kind == "indicator":
        (a, _), (b, _) = random.choice(scope), random.choice(scope)
        return Indicator(random.choice(("bracket", "delta")), name(a).plus(name(b), -1).plus(Affine((), random.randint(-1, 1))))
    if kind == "cast":
        return Cast(name(random.choice([*SIZES, random.choice(scope)[0]])).plus(Affine((), random.randint(-1, 1))))
    if kind in ("plus", "times"):
        return (Plus if kind == "plus" else Times)((deeper(), deeper()))
    if kind == "power":
        return Power(deeper(), 2)
    if kind == "inverse":
        return Inverse(Plus((Read("x", (name(random.choice(scope)[0]),)), Number(Fraction(1)))))
    index, size = f"b{len(scope)}", random.choice(list(SIZES))
    return Total(index, name(size), random_term(random, [*scope, (index, size)], depth - 1))


def normal() -> tuple[Normal, Scope]:
    pair = Pair(Scalars(Names()))
    scope = Scope(tuple(name(size).plus(Affine((), 1), -1) for size in SIZES))
    for index, size in FREE.items():
        scope = scope.ranged(index, name(size))
    return Normal(pair), scope


@pytest.mark.parametrize("seed", range(60))
def test_a_normal_form_has_the_same_value(seed):
    random = Random(seed)
    term = random_term(random, list(FREE.items()), 3)
    engine, scope = normal()
    found = term_of(engine.of(term, scope).poly)
    for _ in range(3):
        at = SIZES | {index: random.randrange(SIZES[size]) for index, size in FREE.items()}
        arrays: dict = {}
        assert value(term, at, arrays) == value(found, at, arrays), text(term)


def test_the_oracle_tells_terms_apart():
    x = Read("x", (name("i"),))
    assert value(Plus((x, x)), {"i": 1}, {}) != value(x, {"i": 1}, {})


def total(index: str, body) -> Total:
    return Total(index, name("n"), body)


x, y = (lambda i: Read("x", (name(i),))), (lambda i: Read("y", (name(i),)))
DELTA = Indicator("delta", name("p").plus(name("i"), -1))


@pytest.mark.parametrize("left, right", [
    (total("p", Times((x("p"), x("i")))), Times((x("i"), total("q", x("q"))))),
    (total("p", Times((DELTA, x("p")))), x("i")),
    (total("p", total("q", Times((x("p"), y("q"))))), Times((total("p", y("p")), total("q", x("q"))))),
    (total("p", Number(Fraction(1))), Cast(name("n"))),
    (Times((total("p", Power(x("p"), 2)), Inverse(Cast(name("n"))), Cast(name("n")))), total("q", Power(x("q"), 2))),
], ids=["scaling", "delta", "product of sums", "ones", "mean"])
def test_what_is_equal_has_one_normal_form(left, right):
    engine, scope = normal()
    assert engine.of(left, scope).poly == engine.of(right, scope).poly


@pytest.mark.parametrize("left, right", [
    (total("p", Times((x("p"), x("p")))), Power(total("p", x("p")), 2)),
    (total("p", Times((DELTA, x("p")))), total("p", x("p"))),
    (total("p", x("p")), Total("p", name("m"), x("p"))),
], ids=["square of a sum", "delta", "another range"])
def test_what_differs_has_two(left, right):
    engine, scope = normal()
    assert engine.of(left, scope).poly != engine.of(right, scope).poly


def test_indices_of_sums_are_names_only():
    left, right = (total(p, total(q, Times((x(p), y(q))))) for p, q in (("p", "q"), ("q", "p")))
    assert alpha(left) == alpha(right) and key(left) == key(right) and literal(left) == literal(right)
    assert literal(total("p", total("q", Times((x("q"), y("p")))))) != literal(left)


def test_nothing_is_captured_when_an_index_is_replaced():
    inner = total("q", Times((x("q"), y("p"))))
    assert text(put(inner, {"p": name("i")})) == "sum n (fun q => x q * y i)"
    assert put(inner, {"q": name("i")}) == inner, "a bound index is not free"
