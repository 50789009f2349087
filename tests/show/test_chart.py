"""Charts: well-formed pictures whose markers stand where the numbers say."""

import math
import xml.etree.ElementTree as ElementTree

import pytest

from symcat.show.chart import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Axis, Chart

SVG = "{http://www.w3.org/2000/svg}"
CHART = Chart("cost & <more>", "width", "us", (1, 10, 100), {"ours": (1.0, 10.0, 100.0), "a < b": (500.0, None, 5.0)})


def marks(chart):
    root = ElementTree.fromstring(chart.svg())
    found = [(float(node.get("cx")), float(node.get("cy")), node.get("fill")) for node in root.iter(f"{SVG}circle")]
    return root, [mark for mark in found if mark[0] <= WIDTH - RIGHT]


def test_markers_stand_in_the_frame_and_equal_ratios_are_equal_distances():
    _, found = marks(CHART)
    ours, theirs = [m for m in found if m[2] == found[0][2]], [m for m in found if m[2] != found[0][2]]
    assert len(ours) == 3 and len(theirs) == 2
    assert all(LEFT <= x <= WIDTH - RIGHT and TOP <= y <= HEIGHT - BOTTOM for x, y, _ in found)
    (x0, y0, _), (x1, y1, _), (x2, y2, _) = ours
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2) and y0 - y1 == pytest.approx(y1 - y2, abs=0.2) and y0 > y1 > y2
    assert theirs[0][1] < y2 and theirs[1][0] == x2 and y2 < theirs[1][1] < y0


def test_words_are_escaped_and_named():
    root, _ = marks(CHART)
    words = [node.text for node in root.iter(f"{SVG}text")]
    assert {"cost & <more>", "width", "us", "ours", "a < b", "1", "10", "100"} <= set(words)
    assert root.find(f"{SVG}title").text == "cost & <more>"


@pytest.mark.parametrize("values", [(1,), (3.0, 3.1), (1e3, 1e7), (1e-9, 1e9)])
def test_ticks_are_round_and_on_the_axis(values):
    axis = Axis.over(values, 0, 100)
    assert all(0 <= axis.at(value) <= 100 for value in (*values, *axis.ticks))
    assert all(math.isclose(tick / 10 ** math.floor(math.log10(tick) + 1e-9), round(tick / 10 ** math.floor(math.log10(tick) + 1e-9)))
               for tick in axis.ticks)
    assert values[-1] / values[0] < 100 or len(axis.ticks) >= 3


def test_a_chart_without_any_value_is_a_frame():
    _, found = marks(Chart("t", "x", "y", (1, 2), {"ours": (None, None)}))
    assert not found
