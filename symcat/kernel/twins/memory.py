"""Memory that knows the bounds of its buffers.

In a program an address is an index plus the address of a buffer, `3*i + o_W`; here that sum remembers the buffer, and whoever reads
or writes from there on, along any strides, is held to its bounds.  The data of a batch are one buffer, and their addresses start at 0.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from symcat.errors import ValidationError


class Address(int):
    """A place in a buffer: an int that knows where the buffer starts, its size and its name."""

    start: int
    size: int
    name: str

    def __new__(cls, place: int, start: int, size: int, name: str) -> Address:
        self = super().__new__(cls, place)
        self.start, self.size, self.name = start, size, name
        return self

    def _refused(self, other: object = None) -> int:
        raise ValidationError(f"an address in {self.name} is used in arithmetic: an address is an index plus the address of a buffer")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __neg__ = __floordiv__ = __mod__ = _refused


class Offset(Address):
    """The address of a buffer, to which an index is added.

    >>> int(3 + Offset(64, 10, "o_W"))
    67
    >>> 10 + Offset(64, 10, "o_W")
    Traceback (most recent call last):
    symcat.errors.ValidationError: entry 10 of W, which has 10 entries
    """

    def __new__(cls, start: int, size: int, name: str) -> Offset:
        return super().__new__(cls, start, start, size, name[2:])

    def __radd__(self, index: int) -> Address:
        if isinstance(index, Address):
            return index._refused()
        checked(index, self.size, self.name)
        return Address(int(self) + index, self.start, self.size, self.name)


def checked(entry: int, size: int, name: str) -> None:
    """ValidationError unless the entry exists."""
    if not 0 <= entry < size:
        raise ValidationError(f"entry {entry} of {name}, which has {size} entries")


class Memory:
    """The numbers of an arena, or of a batch when it is given a name, as one array of ring elements.

    `wrap` and `unwrap` lead from ring elements to the numbers that a program computes with and back.
    """

    def __init__(self, values: np.ndarray, wrap: Callable, unwrap: Callable, name: str = "") -> None:
        self.values, self.wrap, self.unwrap, self.name = values, wrap, unwrap, name

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape

    def places(self, address: int, steps: np.ndarray) -> np.ndarray:
        """The places at some steps from an address, all of them in its buffer; ValidationError names the first that is not."""
        if self.name:
            start, size, name = 0, len(self.values), self.name
        elif isinstance(address, Address):
            start, size, name = address.start, address.size, address.name
        else:
            raise ValidationError(f"place {address} of the arena is used, which is not an index plus the address of a buffer")
        entries = int(address) - start + steps
        outside = entries[(entries < 0) | (entries >= size)]
        if outside.size:
            checked(int(outside[0]), size, name)
        return entries + start

    def read(self, address: int, steps: np.ndarray) -> np.ndarray:
        return self.values[self.places(address, steps)]

    def write(self, address: int, steps: np.ndarray, values: np.ndarray) -> None:
        self.values[self.places(address, steps)] = values

    def place(self, address: int) -> int:
        if not self.name and type(address) is Address:
            return int(address)         # checked when the index was added
        return int(self.places(address, HERE)[0])

    def __getitem__(self, address: int) -> object:
        return self.wrap(self.values[self.place(address)])

    def __setitem__(self, address: int, value: object) -> None:
        self.values[self.place(address)] = self.unwrap(value)


HERE = np.zeros(1, np.int64)
