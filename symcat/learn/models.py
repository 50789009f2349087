"""Models by name: what `symcat learn --model` builds, given the shapes of the data.

Widths are symbols, with the sizes beside them: what is proved of a model is proved for all widths, and the kernel is compiled
at the sizes.

`linear` is a matrix; `dense` adds a bias and, for a loss on values, a sigmoid; `hidden` is two dense layers with 20 sigmoid
units between them; widths such as `64-128-10` give dense layers; `conv` is a small convolutional net on square images, `lenet`
one with two convolutions; `attention` and `elman` read the rows of a square image as a sequence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp

from symcat.category.space import dim
from symcat.errors import ShapeError, UsageError
from symcat.learn.layers import elementwise, layer, recurrent
from symcat.lens.para import Para

NAMES = ("linear", "dense", "hidden", "conv", "lenet", "attention", "elman")
ACTIVATIONS = ("sigmoid", "tanh", "relu", "softplus")
HIDDEN = 20
WIDTHS = re.compile(r"\d+(-\d+)+\Z")


@dataclass(frozen=True)
class Model:
    """A parametric map with symbolic dims, the names of its layers, in order, and the size of each dim."""

    name: str
    para: Para
    layers: tuple[str, ...]
    sizes: Mapping[sp.Symbol, int]

    @property
    def input_shape(self) -> tuple[int, ...]:
        return tuple(int(extent.xreplace(dict(self.sizes))) for extent in self.para.dom.types[0].shape)


def model(name: str, inputs: int, outputs: int, activation: str | None = None, final: str | None = None) -> Model:
    """A model from `inputs` features to `outputs` numbers; `final` is the activation after the last layer.

    >>> model("64-32-10", 64, 10).layers
    ('linear 64-32', 'bias', 'tanh', 'linear 32-10', 'bias')
    """
    if activation is not None and activation not in ACTIVATIONS:
        raise UsageError(f"no activation {activation!r}: there are {', '.join(ACTIVATIONS)}")
    if name == "linear":
        return _stack(name, (inputs, outputs), None, final=None, biased=False)
    if name == "dense":
        return _stack(name, (inputs, outputs), None, final)
    if name == "hidden":
        return _stack(name, (inputs, HIDDEN, outputs), activation or "sigmoid", final)
    if name == "conv":
        return _conv(inputs, outputs, activation or "relu", final)
    if name == "lenet":
        return lenet(math.isqrt(inputs), outputs, activation or "relu", final, pixels=inputs)
    if name == "attention":
        side = _side(name, inputs)
        return attention_block(side, side, outputs, final)
    if name == "elman":
        side = _side(name, inputs)
        return elman(side, side, HIDDEN, outputs, final)
    if WIDTHS.match(name):
        return _stack(name, _widths(name, inputs, outputs), activation or "tanh", final)
    raise UsageError(f"no model {name!r}: there are {', '.join(NAMES)}, widths such as {inputs}-32-{outputs}, and file.py:name")


def _widths(name: str, inputs: int, outputs: int) -> tuple[int, ...]:
    widths = tuple(int(width) for width in name.split("-"))
    if 0 in widths:
        raise UsageError(f"model {name}: a width of 0; every layer has at least one unit")
    if (widths[0], widths[-1]) != (inputs, outputs):
        raise ShapeError(f"model {name} goes from {widths[0]} to {widths[-1]}, but the data has {inputs} features and {outputs} "
                         f"target columns: write {'-'.join(map(str, (inputs, *widths[1:-1], outputs)))}")
    return widths


def _stack(name: str, widths: tuple[int, ...], activation: str | None, final: str | None, biased: bool = True) -> Model:
    """Dense layers, with an activation behind each but the last, and `final` behind that."""
    steps: list[tuple[str, Para]] = []
    for position, (n, m) in enumerate(zip(widths, widths[1:], strict=False)):
        outputs = f"n{position + 1}"
        steps.append((f"linear {n}-{m}", layer("linear", n=f"n{position}", m=outputs)))
        if biased:
            steps.append(("bias", layer("bias", n=outputs)))
        after = activation if position < len(widths) - 2 else final
        if after:
            steps.append((after, layer(after, n=outputs)))
    return _composite(name, steps, {f"n{k}": width for k, width in enumerate(widths)})


def _conv(inputs: int, outputs: int, activation: str, final: str | None) -> Model:
    """3 x 3 correlation with 8 channels, activation, 2 x 2 max-pool, one dense layer."""
    side, channels = _side("conv", inputs, 4, 2), 8
    half = dim("half")
    convolve = layer("correlate2d", a=3, b=3, c=1, o="channels", h=2 * half, w=2 * half)
    steps = [(f"correlate2d 3x3x{channels}", convolve), (activation, elementwise(activation, convolve.cod)),
             ("max_pool 2x2", layer("max_pool", h=half, w=half, c="channels")),
             (f"full {side // 2 - 1}x{side // 2 - 1}x{channels}-{outputs}", layer("full", h=half, w=half, c="channels", o="classes")),
             ("bias", layer("bias", n="classes"))]
    sizes = {"half": side // 2 - 1, "channels": channels, "classes": outputs}
    return _composite("conv", steps + ([(final, layer(final, n="classes"))] if final else []), sizes)


def lenet(side: int, outputs: int, activation: str = "relu", final: str | None = None, pixels: int | None = None) -> Model:
    """Two times 5 x 5 correlation, bias, activation and 2 x 2 max-pool, with 8 and 16 channels, then one dense layer.

    After LeCun et al. 1998, with one dense layer.  The side is a multiple of 4 and at least 16.

    >>> lenet(28, 10).input_shape
    (28, 28, 1)
    """
    q = _side("lenet", side * side if pixels is None else pixels, 16, 4) // 4 - 3
    quarter = dim("quarter")
    steps: list[tuple[str, Para]] = []
    extents = ((4 * quarter + 8, 2 * quarter + 4, 1, "channels1"), (2 * quarter, quarter, "channels1", "channels2"))
    for (extent, half, incoming, outgoing), width in zip(extents, (8, 16), strict=True):
        convolve = layer("correlate2d", a=5, b=5, c=incoming, o=outgoing, h=extent, w=extent)
        shifted = layer("channel_bias", h=extent, w=extent, c=outgoing)
        steps += [(f"correlate2d 5x5x{width}", convolve), ("channel_bias", shifted), (activation, elementwise(activation, convolve.cod)),
                  ("max_pool 2x2", layer("max_pool", h=half, w=half, c=outgoing))]
    steps += [(f"full {q}x{q}x16-{outputs}", layer("full", h=quarter, w=quarter, c="channels2", o="classes")),
              ("bias", layer("bias", n="classes"))]
    steps += [(final, layer(final, n="classes"))] if final else []
    return _composite("lenet", steps, {"quarter": q, "channels1": 8, "channels2": 16, "classes": outputs})


def attention_block(time: int, width: int, outputs: int, final: str | None = None) -> Model:
    """Self-attention with a residual, layer norm, the mean over time, and one dense layer.

    >>> attention_block(32, 64, 10).layers
    ('self_attention 64', 'layer_norm', 'mean_over_time', 'linear 64-10', 'bias')
    """
    steps = [(f"self_attention {width}", layer("self_attention", t="time", n="width", m="key")),
             ("layer_norm", layer("layer_norm", t="time", n="width")), ("mean_over_time", layer("mean_over_time", t="time", n="width")),
             (f"linear {width}-{outputs}", layer("linear", n="width", m="classes")), ("bias", layer("bias", n="classes"))]
    steps += [(final, layer(final, n="classes"))] if final else []
    return _composite("attention", steps, {"time": time, "width": width, "key": width, "classes": outputs})


def elman(time: int, inputs: int, width: int, outputs: int, final: str | None = None) -> Model:
    """An Elman layer over `time` steps, whose last state goes through one dense layer.

    >>> elman(32, 16, 64, 10).input_shape
    (32, 16)
    """
    steps = [(f"elman {inputs}-{width}", recurrent(time, n="inputs", m="width")),
             (f"linear {width}-{outputs}", layer("linear", n="width", m="classes")), ("bias", layer("bias", n="classes"))]
    steps += [(final, layer(final, n="classes"))] if final else []
    return _composite("elman", steps, {"inputs": inputs, "width": width, "classes": outputs})


def _side(name: str, inputs: int, least: int = 1, multiple: int = 1) -> int:
    """The side of a square image; ShapeError when the model cannot read one of so many pixels."""
    side = math.isqrt(inputs)
    if side * side != inputs or side < least or side % multiple:
        kind = {1: "a side", 2: "an even side"}.get(multiple, f"a side that {multiple} divides,")
        raise ShapeError(f"model {name} reads square images with {kind} of at least {least}, but the data has {inputs} features: "
                         f"use dense, hidden or widths such as {inputs}-32-10")
    return side


def _composite(name: str, steps: list[tuple[str, Para]], sizes: Mapping[str, int]) -> Model:
    result = steps[0][1]
    for _, step in steps[1:]:
        result = result >> step
    return Model(name, result, tuple(label for label, _ in steps), {dim(symbol): size for symbol, size in sizes.items()})
