"""Element functions as LLVM code: the same code for a float and for a vector of floats, without branches, each with a bound in ulps."""

from symcat.kernel.elementary.generators import GENERATORS, Generator
from symcat.kernel.elementary.ops import Ops

__all__ = ["GENERATORS", "Generator", "Ops"]
