"""Rules as code to take home: NumPy, JAX, Numba, optax, PyTorch.

    export(rule, "numpy")       # the text of a module

The text is read back and compared with the rule before it is given out.
"""

from symcat.interop.export.stamp import TARGETS, Exported, export, exported

__all__ = ["TARGETS", "Exported", "export", "exported"]
