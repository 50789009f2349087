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
