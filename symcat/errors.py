"""Every error that symcat raises on purpose.

Each message names what came, what was expected and the way out.  All derive from `SymcatError`, which the command line
turns into exit code 2.
"""


class SymcatError(Exception):
    """The root of the errors that symcat raises on purpose."""


class ShapeError(SymcatError, ValueError):
    """Shapes, dims, wires or bases that do not fit together."""


class TraceError(SymcatError, TypeError):
    """A Python function that cannot be read as a morphism."""


class DomainError(SymcatError, ValueError):
    """A value outside the domain on which an operation is defined."""


class DivergenceError(DomainError):
    """Training that left the numbers.

    `wires` are the arrays that hold NaN or infinity after step `step` of epoch `epoch` (both from 1); `state` is the state as
    of the end of the epoch before, all of it finite unless training began from what was not; `losses` are those of the
    finished epochs.
    """

    def __init__(self, message: str, wires: tuple[str, ...] = (), epoch: int = 0, step: int = 0, state: tuple = (),
                 losses: tuple[float, ...] = ()) -> None:
        super().__init__(message)
        self.wires, self.epoch, self.step, self.state, self.losses = wires, epoch, step, state, losses

    def __reduce__(self) -> tuple:
        return type(self), (str(self), self.wires, self.epoch, self.step, self.state, self.losses)


class CacheWarning(UserWarning):
    """A folder of compiled kernels that cannot be written, or in which a file is not what was written there."""


class DataError(SymcatError, ValueError):
    """Training data that cannot be used as it is."""


class UsageError(SymcatError, ValueError):
    """An unknown name, a malformed target or an option out of range."""


class UnprovedError(SymcatError):
    """A learner whose obligations are not all proved was asked to compile."""


class ValidationError(SymcatError):
    """A generated kernel that does not mean what its morphism means."""


class SoundnessError(SymcatError):
    """Two independent engines contradict each other: a defect in symcat, never in the user's input."""
