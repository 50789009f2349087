"""Twins of the primitives: what a generated program means over a large prime field and over SymPy expressions.

A program is written with ring operations, `S[address]`, the primitives on tiles and the element functions; a twin gives each of them
another meaning, over memory that knows the bounds of every buffer.  `twin` has what is common to all rings, `grid` the tiles,
`memory` the addresses, `field` and `symbols` the two rings.
"""

from symcat.kernel.twins.field import FIELD
from symcat.kernel.twins.memory import Address, Memory, Offset
from symcat.kernel.twins.symbols import symbols_near
from symcat.kernel.twins.twin import Twin

__all__ = ["FIELD", "Address", "Memory", "Offset", "Twin", "symbols_near"]
