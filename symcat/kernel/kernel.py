"""A kernel: a compiled training step that runs whole epochs, and can say what it is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from symcat.errors import DataError
from symcat.kernel.arrays import real_array
from symcat.kernel.interface import Interface, interface
from symcat.kernel.program import TrainingStep
from symcat.kernel.threads.crew import CREW
from symcat.kernel.validate import Compiled

if TYPE_CHECKING:
    from symcat.kernel.train import History

CACHE_LINE = 64
WORDS = 64          # for the barriers of one epoch


@dataclass(frozen=True)
class Stamp:
    """What is proved about a kernel's step: the digests of the morphism and of the certificates, and what is missing."""

    morphism: str
    certificates: tuple[tuple[str, str], ...]
    proved: bool
    missing: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "PROVED" if self.proved else "UNPROVED"


@dataclass(frozen=True, eq=False)
class Kernel:
    """One generated module, its machine code, and the record of its making.

    `header` says what is proved, `validation` how the text was checked; `source` is the whole module, and `path` its file.
    """

    step: TrainingStep
    work: Compiled
    dtype: str
    source: str
    digest: str
    path: Path
    header: Stamp
    validation: object
    function: Callable[..., None]

    @cached_property
    def interface(self) -> Interface:
        return interface(self.step, self.work)

    @property
    def batch(self) -> int:
        """The number of samples in a step."""
        return self.interface.batch

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shapes of the state arrays."""
        return self.interface.shapes

    def epoch(self, state: Sequence[np.ndarray], *data: np.ndarray, steps: int | None = None) -> tuple[list[np.ndarray], np.ndarray]:
        """Run over the data once in its order: (new state, loss of each step).

        The samples beyond the last full batch are left out.  The given arrays are not changed.
        """
        run = Run(self, state)
        losses = run.epoch(*(self.checked(array, k) for k, array in enumerate(data)), steps=steps)
        return run.state(), losses

    def fit(self, state: Sequence[np.ndarray], *data: np.ndarray, epochs: int, seed: int = 0, shuffle: bool = True,
            progress: Callable[[int, float], None] | None = None) -> History:
        """Train for some epochs; see `train.fit`."""
        from symcat.kernel.train import fit

        return fit(self, state, *data, epochs=epochs, seed=seed, shuffle=shuffle, progress=progress)

    def checked(self, array: np.ndarray, position: int) -> np.ndarray:
        """A data array in the kernel's dtype; DataError when its samples have another shape."""
        face = self.interface
        if position >= len(face.data):
            raise DataError(f"{position + 1} data arrays came, the step takes {len(face.data)}: {', '.join(face.data)}")
        name, sample = face.data[position], face.samples[position]
        array = real_array(name, array, self.dtype)
        if array.shape[1:] != sample or array.ndim != len(sample) + 1:
            raise DataError(f"data for {name}: {face.wires[position]} has shape {array.shape}: expected "
                            f"({', '.join(map(str, ('N', *sample)))}), one row per sample")
        return array

    def explain(self, measure: bool = False) -> str:
        """What each comprehension became, its arithmetic and its memory; with `measure` how fast it runs on random data."""
        from symcat.kernel.explain import explain

        return explain(self, measure)


class Run:
    """A state on its way through epochs: the arena of one kernel, filled once and read at the end."""

    def __init__(self, kernel: Kernel, state: Sequence[np.ndarray]) -> None:
        self.kernel, face = kernel, kernel.interface
        self.arena = _aligned(face.reals, kernel.dtype)
        self._places, self._inputs, self._batch, self._end, self._threads = face.places, len(face.data), face.batch, face.end, face.threads
        self._samples = face.samples
        if len(state) != len(face.states):
            raise DataError(f"{len(state)} state arrays came, the step has {len(face.states)}: {', '.join(face.states)}")
        for array, shape, place, name in zip(state, face.shapes, self._places, face.states, strict=True):
            given = real_array(name, array, kernel.dtype)
            if given.shape != shape:
                raise DataError(f"state {name} has shape {given.shape}: expected {shape}")
            place.view(self.arena)[...] = given

    def put(self, position: int, array: np.ndarray) -> None:
        """Write one state array, of its shape."""
        self._places[position].view(self.arena)[...] = array

    def get(self, position: int) -> np.ndarray:
        """A copy of one state array."""
        return self._places[position].view(self.arena).copy()

    def epoch(self, *data: np.ndarray, steps: int | None = None) -> np.ndarray:
        """Run over data arrays as `Kernel.checked` returns them; the loss of each step."""
        batch = self._batch
        if len(data) != self._inputs:
            raise DataError(f"{len(data)} data arrays came, the step takes {self._inputs}: {', '.join(self.kernel.interface.data)}")
        rows, dtype = (len(data[0]) if data else 0), self.arena.dtype
        for k, array in enumerate(data):
            if len(array) != rows:
                raise DataError(f"the data arrays have {' and '.join(map(str, sorted({len(one) for one in data})))} samples: "
                                "expected the same number")
            if array.dtype != dtype or array.shape[1:] != self._samples[k]:
                raise DataError(f"data for {self.kernel.interface.data[k]} came as {array.dtype} of shape {array.shape}: the kernel reads "
                                f"{dtype}, samples of shape {self._samples[k]}; give what kernel.checked(array, {k}) returns")
        full = rows // batch if data else (steps or 1)
        count = full if steps is None else steps
        if count < 1 or count > full:
            raise DataError(f"{rows} samples make {full} batches of {batch}, and {count} steps were asked for: "
                            "give more data, or compile with a smaller batch")
        losses, used = np.empty(count, dtype), count * batch
        given = [(array if used == rows else array[:used]).reshape(count, -1) for array in data]
        function, threads = self.kernel.function, self._threads
        if threads == 1:
            function(self.arena, losses, *given)
        else:
            words = np.zeros(WORDS, dtype=np.int64)
            CREW.run(lambda me, number: function(self.arena, losses, words, me, number, *given), threads)
        return losses

    @property
    def finite(self) -> bool:
        """Whether every entry of the state is a finite number; padding, which may be none, is looked at once more without it."""
        if np.isfinite(self.arena[: self._end]).all():
            return True
        return all(bool(np.isfinite(place.view(self.arena)).all()) for place in self._places)

    def image(self) -> np.ndarray:
        """A copy of the state as it lies in memory, from which `state` makes arrays."""
        return self.arena[: self._end].copy()

    def state(self, image: np.ndarray | None = None) -> list[np.ndarray]:
        """Copies of the state arrays, as they are or as they were when an image was taken."""
        memory = self.arena if image is None else image
        return [place.view(memory).copy() for place in self._places]


def _aligned(size: int, dtype: str) -> np.ndarray:
    """Zeroed memory that starts at a multiple of a cache line."""
    item = np.dtype(dtype).itemsize
    raw = np.zeros(size * item + CACHE_LINE, dtype=np.uint8)
    start = -raw.ctypes.data % CACHE_LINE
    return raw[start: start + size * item].view(dtype)
