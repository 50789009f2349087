"""Kernels: a training step as one generated Python function that runs whole epochs, compiled by Numba and validated.

    step --passes--> step --schedule--> nests --place, emit--> text --validate--> text --jit--> machine code --train--> parameters

`compile` is in `symcat.kernel.compiler`, `TrainingStep` in `symcat.kernel.program`, `fit` in `symcat.kernel.train`.
"""
