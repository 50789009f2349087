"""Curves as pictures: an SVG with logarithmic axes, ticks at powers, markers at what was measured, and a legend."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 640, 420
LEFT, RIGHT, TOP, BOTTOM = 78, 150, 44, 56
COLOURS = ("#0b6e4f", "#c1440e", "#2f4b9b", "#8a5a00", "#6b2d73", "#444444")
FONT = "font-family='Helvetica, Arial, sans-serif'"


@dataclass(frozen=True)
class Chart:
    """Series over the same places x; None where a series has no value.  All numbers are positive."""

    title: str
    across: str
    up: str
    x: Sequence[float]
    series: Mapping[str, Sequence[float | None]]

    def svg(self) -> str:
        """The picture as text.

        >>> Chart("cost", "width", "us", [1, 10], {"ours": [2.0, 30.0]}).svg().splitlines()[0][:5]
        '<svg '
        """
        values = [y for column in self.series.values() for y in column if y is not None]
        across = Axis.over(self.x, LEFT, WIDTH - RIGHT)
        up = Axis.over(values or [1.0], HEIGHT - BOTTOM, TOP)
        parts = [f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' width='{WIDTH}' height='{HEIGHT}' role='img'>",
                 f"<title>{escape(self.title)}</title>", f"<rect width='{WIDTH}' height='{HEIGHT}' fill='white'/>",
                 _text(LEFT, TOP - 18, self.title, size=15, weight="bold"), *self._grid(across, up)]
        for k, (name, column) in enumerate(self.series.items()):
            points = [(across.at(x), up.at(y)) for x, y in zip(self.x, column, strict=True) if y is not None]
            parts += [*_curve(points, COLOURS[k % len(COLOURS)]), *_entry(k, name)]
        return "\n".join([*parts, "</svg>", ""])

    def _grid(self, across: Axis, up: Axis) -> list[str]:
        """Both axes with their ticks and names."""
        bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
        parts = []
        for value in across.ticks:
            x = across.at(value)
            parts += [_line(x, TOP, x, bottom, "#dddddd"), _text(x, bottom + 18, _number(value), anchor="middle")]
        for value in up.ticks:
            y = up.at(value)
            parts += [_line(LEFT, y, right, y, "#dddddd"), _text(LEFT - 8, y + 4, _number(value), anchor="end")]
        middle = (TOP + bottom) / 2
        return [*parts, _line(LEFT, bottom, right, bottom, "#222222"), _line(LEFT, TOP, LEFT, bottom, "#222222"),
                _text((LEFT + right) / 2, HEIGHT - 14, self.across, anchor="middle"),
                f"<g transform='rotate(-90 20 {middle:.1f})'>{_text(20, middle, self.up, anchor='middle')}</g>"]


@dataclass(frozen=True)
class Axis:
    """A logarithmic axis from `low` to `high`, drawn between two places."""

    low: float
    high: float
    start: float
    end: float

    @classmethod
    def over(cls, values: Sequence[float], start: float, end: float) -> Axis:
        """An axis that holds all values, with ticks at both of its ends where it spans several decades."""
        low, high = min(values), max(values)
        return cls(low / 1.25, high * 1.25, start, end)

    def at(self, value: float) -> float:
        """The place of a value."""
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return self.start + share * (self.end - self.start)

    @property
    def ticks(self) -> list[float]:
        """Powers of ten; with 2 and 5 times these where there would be fewer than three.

        >>> Axis(0.8, 1250.0, 0, 1).ticks, Axis(3.0, 60.0, 0, 1).ticks
        ([1.0, 10.0, 100.0, 1000.0], [5.0, 10.0, 20.0, 50.0])
        """
        decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        for steps in ((1,), (1, 2, 5)):
            found = [step * 10.0**k for k in decades for step in steps if self.low <= step * 10.0**k <= self.high]
            if len(found) >= 3:
                return found
        return found


def _curve(points: Sequence[tuple[float, float]], colour: str) -> list[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    marks = [f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3.2' fill='{colour}'/>" for x, y in points]
    return [f"<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='2'/>", *marks]


def _entry(k: int, name: str) -> list[str]:
    """A line of the legend."""
    x, y, colour = WIDTH - RIGHT + 14, TOP + 10 + 20 * k, COLOURS[k % len(COLOURS)]
    return [f"<line x1='{x}' y1='{y}' x2='{x + 20}' y2='{y}' stroke='{colour}' stroke-width='2'/>",
            f"<circle cx='{x + 10}' cy='{y}' r='3.2' fill='{colour}'/>", _text(x + 27, y + 4, name)]


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f"<line x1='{x1:.1f}' y1='{y1:.1f}' x2='{x2:.1f}' y2='{y2:.1f}' stroke='{colour}'/>"


def _text(x: float, y: float, words: str, anchor: str = "start", size: int = 12, weight: str = "normal") -> str:
    return f"<text x='{x:.1f}' y='{y:.1f}' {FONT} font-size='{size}' font-weight='{weight}' text-anchor='{anchor}'>{escape(words)}</text>"


def _number(value: float) -> str:
    """A tick's label: digits up to four places, else a power of ten."""
    exponent = round(math.log10(value))
    if 1e-3 <= value < 1e5:
        return f"{value:,.10g}"
    return f"1e{exponent}" if math.isclose(value, 10.0**exponent) else f"{value:.0e}"
