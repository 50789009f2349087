"""Passes from morphism to morphism, each of which keeps the meaning: what is computed, in an order and a form that machines like.

    specialise      dims and hyperparameters become numbers
    units           loops of one step vanish
    simplify        copies, constants, multiples and broadcasts are read where they are used; calls that are held are read
    place_maxima    places of maxima in addresses become loops over the window
    absorb          readers of scatters become scatters
    split           a scatter that also contracts becomes a contraction and a pure scatter
    factor          sums of products become sums of products of two reads
    fuse            pointwise arrays that are read once are computed where they are read
    hoist           scalar parts of bodies are computed once, positive factors pulled out of roots before
    lay_out         arrays have the axis last along which they are made and read
    orient          products read a turned copy of a factor where that pays
    entrywise       new states with axes of one entry read the old ones entry by entry

Each is a row of `PASSES`, in order.  They work on programs with numbers as sizes and without folds; `lowered` is all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

from symcat.category.morphism import Morphism
from symcat.kernel.passes.absorb import absorb
from symcat.kernel.passes.factor import factor, products
from symcat.kernel.passes.fuse import fuse
from symcat.kernel.passes.hoist import counters, hoist
from symcat.kernel.passes.maxima import place_maxima
from symcat.kernel.passes.orient import lay_out, orient
from symcat.kernel.passes.rewrite import checked, rewrite
from symcat.kernel.passes.simplify import entrywise, inline, share_calls, simplify, units
from symcat.kernel.passes.specialise import specialise
from symcat.kernel.passes.split import split

__all__ = ["PASSES", "Pass", "absorb", "checked", "counters", "entrywise", "factor", "fuse", "hoist", "inline", "lay_out", "lowered",
           "orient", "passes", "place_maxima", "products", "rewrite", "share_calls", "simplify", "specialise", "split", "units"]


@dataclass(frozen=True)
class Pass:
    """A rewriting of whole programs, and what it keeps beside the values of all outputs."""

    name: str
    run: Callable[[Morphism], Morphism]
    keeps: str = "the value of every output, at every input at which the program is defined"

    def __call__(self, f: Morphism) -> Morphism:
        return self.run(f)


def passes(nonnegative: Collection[str] = ()) -> tuple[Pass, ...]:
    """All passes in order; `nonnegative` names inputs of one number that are 0 or above, as `counters` are."""
    return (
        Pass("units", units),
        Pass("simplify", simplify),
        Pass("place maxima", place_maxima),
        Pass("absorb", absorb),
        Pass("split", split),
        Pass("factor", factor),
        Pass("fuse", fuse),
        Pass("hoist", partial(hoist, nonnegative=nonnegative), "the value of every output, where the program is defined and no counter is "
             "below 0"),
        Pass("share scalars", simplify),
        Pass("lay out", lay_out),
        Pass("orient", orient),
        Pass("entrywise", entrywise),
    )


PASSES = passes()


def lowered(f: Morphism, nonnegative: Collection[str] = ()) -> Morphism:
    """The program after all passes, its accesses checked once.

    What it computes is what `f` computes as long as the inputs named in `nonnegative` are; whoever names some checks them.

    >>> from symcat.category.space import Real, space
    >>> from symcat.category.trace import trace
    >>> f = trace(lambda x, W: 2 * (x @ W.T), space(x=Real[64, 32], W=Real[48, 32]), names=("y",))
    >>> print(lowered(f))
    x: Real[64, 32] * W: Real[48, 32] -> y: Real[64, 48]
      turned_W[i, j] = W[j, i]
      matmul[i, j] = sum over k < 32 of turned_W[k, j]*x[i, k]
      mul[i, j] = 2*matmul[i, j]
      return mul
    """
    for one in passes(nonnegative):
        f = one(f)
    return checked(f)
