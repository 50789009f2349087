"""Where element functions are looked at: all float32, or strata of both types."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from symcat.bench.elementary.oracle import CASES, Arrays

BLOCK = 1 << 16
SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, np.inf, -np.inf, np.nan)


def everything() -> Iterator[np.ndarray]:
    """All 2^32 float32, in blocks."""
    offsets = np.arange(BLOCK, dtype=np.uint32)
    for start in range(0, 1 << 32, BLOCK):
        yield (offsets + np.uint32(start)).view(np.float32)


def strata(name: str, dtype: str, count: int, seed: int = 0) -> Arrays:
    """About `count` arguments for each argument of a function, a multiple of 64: special values and the edges of normal numbers,
    neighbourhoods of places where the code changes its form, all exponents, and where the function varies."""
    draw = np.random.default_rng(seed)
    case = CASES[name]
    first = np.concatenate([_edges(dtype), _near(case.landmarks, dtype, count // 8, draw), _exponents(dtype, count // 4, draw),
                            _inside(case.span, dtype, count - count // 4 - count // 8, draw)])
    size = -(-first.size // 64) * 64
    first = np.resize(first, size)
    if case.arguments == 1:
        return (first,)
    return _exponential(first, dtype, draw)


def _edges(dtype: str) -> np.ndarray:
    """Special values, and the ends of denormal and normal numbers."""
    info = np.finfo(dtype)
    ends = np.array([info.smallest_subnormal, info.tiny, info.max], dtype)
    near = np.concatenate([ends, np.nextafter(ends, np.array(0, dtype)), np.nextafter(ends[:2], np.array(1, dtype))])
    return np.concatenate([np.array(SPECIAL, dtype), near, -near])


def _near(landmarks: tuple[float, ...], dtype: str, count: int, draw: np.random.Generator) -> np.ndarray:
    """Floats next to landmarks of both signs, and further ones."""
    places = np.array([*landmarks, *(-x for x in landmarks)], dtype)
    signed = np.int32 if dtype == "float32" else np.int64
    distances = np.concatenate([np.arange(-4, 5), draw.normal(size=max(count // places.size, 8)) * 1000]).astype(signed)
    return (places.view(signed)[:, None] + distances[None, :]).ravel().view(dtype)


def _exponents(dtype: str, count: int, draw: np.random.Generator) -> np.ndarray:
    """All exponents and both signs in turn, with random fractions."""
    fraction = np.finfo(dtype).nmant
    unsigned = np.uint32 if dtype == "float32" else np.uint64
    heads = np.arange(count, dtype=unsigned) << unsigned(fraction)
    return (heads | draw.integers(0, 1 << fraction, count, dtype=np.uint64).astype(unsigned)).view(dtype)


def _inside(span: tuple[float, float], dtype: str, count: int, draw: np.random.Generator) -> np.ndarray:
    """Numbers of the span, near 1, and of all sizes below 100 in it."""
    low, high = span if dtype == "float32" else tuple(8 * end if abs(end) > 80 else end for end in span)
    third = count // 3
    small = np.exp(draw.uniform(-40, 4.6, third)) * draw.choice([1, -1 if low < 0 else 1], third)
    return np.concatenate([draw.uniform(low, high, count - 2 * third), draw.uniform(max(low, -2), 2, third), small]).astype(dtype)


def _exponential(bases: np.ndarray, dtype: str, draw: np.random.Generator) -> Arrays:
    """Bases and exponents with powers of all sizes; every eighth exponent is a small integer."""
    largest = np.log(float(np.finfo(dtype).max)) * 1.1
    with np.errstate(all="ignore"):
        sizes = np.log(np.abs(bases.astype(np.float64)))
        exponents = draw.uniform(-largest, largest, bases.size) / np.where(sizes == 0, 1, sizes)
    exponents = np.where(np.isfinite(exponents), exponents, draw.normal(size=bases.size))
    exponents[::8] = draw.integers(-9, 10, exponents[::8].size)
    with np.errstate(over="ignore"):
        return bases, exponents.astype(dtype)
