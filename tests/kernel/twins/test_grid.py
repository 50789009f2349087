"""Tiles over the prime field and over symbols: lane by lane what Python's integers and SymPy say."""

import numpy as np
import pytest
import sympy as sp

from symcat.category.modular import PRIME, P
from symcat.category.scalars import Undecided
from symcat.errors import ValidationError
from symcat.kernel.elementary import GENERATORS
from symcat.kernel.tiles.names import Shape
from symcat.kernel.twins import FIELD, symbols_near
from symcat.kernel.twins.field import Residue
from symcat.kernel.twins.grid import Grid, hmax, hpick, hsum, iota, rsum

SHAPE = Shape(1, 2, 3, 4)
OPERATIONS = {
    "+": lambda x, y: (x + y) % P, "-": lambda x, y: (x - y) % P, "*": lambda x, y: x * y % P, "/": lambda x, y: x * pow(y, -1, P) % P,
}


def residues(seed: int, shape: Shape = SHAPE) -> Grid:
    return Grid(FIELD, shape, np.random.default_rng(seed).integers(1, P, size=(shape.rows, shape.width)))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_arithmetic_in_the_field(operation):
    t, u, x = residues(0), residues(1), Residue(12345)
    apply = OPERATIONS[operation]
    for text, expected in ((f"t {operation} u", np.frompyfunc(apply, 2, 1)(t.values.astype(object), u.values.astype(object))),
                           (f"t {operation} x", np.frompyfunc(apply, 2, 1)(t.values.astype(object), 12345)),
                           (f"x {operation} t", np.frompyfunc(apply, 2, 1)(12345, t.values.astype(object)))):
        found = eval(text, {"t": t, "u": u, "x": x})
        assert found.shape == SHAPE and (found.values == expected).all(), text


def test_residues_mix_with_nothing_else():
    for text in ("x + 1", "1.5 * x", "t * 2", "t + u"):
        with pytest.raises((TypeError, AttributeError, ValidationError)):
            eval(text, {"x": Residue(1), "t": residues(0), "u": residues(0, Shape(1, 1, 3, 4))})


def test_padding_may_divide_by_zero():
    t, zero = residues(0), Grid(FIELD, SHAPE, np.zeros((2, 12), np.int64))
    first, second = t / zero, residues(1) / zero
    assert len(set(first.values.ravel().tolist())) == 24 and (first.values != second.values).all()
    with pytest.raises(ZeroDivisionError):
        Residue(1) / Residue(0)


INTEGERS = {"root": (3,), "rational_power": (2, 3)}


@pytest.mark.parametrize("name", GENERATORS)
def test_element_functions_of_the_field(name):
    """On tiles lane by lane, on numbers alone, and mixed: one function."""
    generator, function = GENERATORS[name], FIELD.namespace([f"f_{name}"])[f"f_{name}"]
    real = generator.arity - generator.integers
    tiles, more = [residues(k) for k in range(real)], INTEGERS.get(name, ())
    found = function(*tiles, *more).values
    single = [[function(*(Residue(int(t.values[r, k])) for t in tiles), *more).v for k in range(12)] for r in range(2)]
    assert found.tolist() == single
    if real > 1:
        x = Residue(99)
        assert function(x, *tiles[1:], *more).values[1, 5] == function(x, *(Residue(int(t.values[1, 5])) for t in tiles[1:]), *more).v


@pytest.mark.parametrize("name", GENERATORS)
def test_element_functions_of_symbols(name):
    draw, generator = np.random.default_rng(3), GENERATORS[name]
    real, more = generator.arity - generator.integers, INTEGERS.get(name, ())
    symbols = sp.symbols(f"x:{8 * real}")
    twin = symbols_near(dict(zip(symbols, 1 + draw.random(len(symbols)), strict=True)))
    function, shape = twin.namespace([f"f_{name}"])[f"f_{name}"], Shape(1, 2, 1, 4)
    values = symbols if name not in ("nonneg", "zero") else [sp.Integer(k - 3) for k in range(8)]
    tiles = [Grid(twin, shape, np.array(values[8 * k: 8 * k + 8], dtype=object).reshape(2, 4)) for k in range(real)]
    found = function(*tiles, *more).values
    assert found.tolist() == [[function(*(t.values[r, k] for t in tiles), *more) for k in range(4)] for r in range(2)]


def test_reductions_in_the_field():
    t = residues(4, Shape(1, 1, 3, 4))
    values = t.values[0].tolist()
    for n in (1, 5, 12):
        assert hsum(FIELD, t, n).v == sum(values[:n]) % P and hmax(FIELD, t, n).v == max(values[:n])
        assert hpick(FIELD, t, iota(FIELD, t.shape, 7, 3), n).v == 7 + 3 * values.index(max(values[:n]))
    equal = Grid(FIELD, t.shape, np.full((1, 12), 5))
    assert hpick(FIELD, equal, iota(FIELD, t.shape, 11, -1), 12).v == 0
    assert rsum(FIELD, residues(5)).values.tolist() == [(residues(5).values.astype(object).sum(axis=0) % P).tolist()]


def test_positions_below_zero():
    t = iota(FIELD, SHAPE, -5, 1)
    nonneg, zero = (FIELD.namespace([f"f_{name}"])[f"f_{name}"](t).values[1].tolist() for name in ("nonneg", "zero"))
    assert nonneg == [int(k >= 5) for k in range(12)] and zero == [int(k == 5) for k in range(12)]
    assert t.values[0].tolist() == [int(PRIME.convert(k - 5)) for k in range(12)]


def test_symbols_decide_at_the_sample_point():
    x, y, z = sp.symbols("x y z")
    twin = symbols_near({x: 0.5, y: 2.0, z: 2.0})
    made = lambda *values: Grid(twin, Shape(1, 1, 1, len(values)), np.array([values], dtype=object))
    positions = made(*(sp.Integer(k) for k in range(4)))
    assert hmax(twin, made(x, y, x, y), 4) == y and hpick(twin, made(x, y, x, y), positions, 4) == 1
    assert hsum(twin, made(x, y, z, x), 3) == x + y + z
    assert (made(x, y) * 2 - x).values.tolist() == [[x, 2 * y - x]] and (x - made(x, y)).values.tolist() == [[0, x - y]]
    with pytest.raises(Undecided):
        hmax(twin, made(y, z), 2)


def test_undecided_lanes_are_seen_in_results_only():
    x, y, z = sp.symbols("x y z")
    twin = symbols_near({x: 0.5, y: 2.0, z: 2.0})
    made = lambda *values: Grid(twin, Shape(1, 1, 1, 2), np.array([values], dtype=object))
    namespace = twin.namespace(["f_pick", "f_exp", "f_zero"])
    picked = namespace["f_pick"](made(x, y), made(y, z), made(x, x), made(y, y)).values[0]
    cell = twin.scalars.cell
    assert picked[0] == y and not cell.undecided(picked[0])
    assert cell.undecided(picked[1]) and cell.undecided(x + namespace["f_exp"](picked[1]))
    ratio = (made(x, y) / made(y, sp.S.Zero)).values[0]
    assert ratio[0] == x / y and cell.undecided(ratio[1])
    garbage = twin.noise(np.random.default_rng(0), 2)
    assert isinstance(cell.exceeds(garbage[0], garbage[1]), bool) and not cell.undecided(garbage[0])
