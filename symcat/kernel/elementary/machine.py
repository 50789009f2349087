"""Machine code of one element function over whole arrays, without Numba: what tests and measurements of these functions run."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir

from symcat.kernel.elementary.generators import GENERATORS, Generator
from symcat.kernel.elementary.ops import Ops

LANES = {"float32": 16, "float64": 8}
POINTER, COUNT = ir.PointerType(), ir.IntType(64)


def compiled(name: str, dtype: str, lanes: int | None = None, fused: bool | None = None,
             numbers: tuple[int, ...] = ()) -> Callable[..., np.ndarray]:
    """An element function over arrays, `lanes` numbers at a time, with its integer arguments fixed to `numbers`.

    `fused` says whether to use fused multiply-adds; None where the host has them.  The result is a new array, or `out`; the sizes of
    the arguments must be equal and a multiple of the number of lanes.

    >>> import numpy as np
    >>> compiled("relu", "float32", 4)(np.array([-1, 0, 2, 3], np.float32))
    array([0., 0., 2., 3.], dtype=float32)
    """
    return run_over(GENERATORS[name], dtype, LANES[dtype] if lanes is None else lanes, fused, numbers)


def run_over(generator: Generator, dtype: str, lanes: int, fused: bool | None = None,
             numbers: tuple[int, ...] = ()) -> Callable[..., np.ndarray]:
    """As `compiled`, for a generator that need not be in the table."""
    fused = has_fma() if fused is None else fused
    return _callable(machine_code(generator, dtype, lanes, fused, numbers), generator.arity - generator.integers, np.dtype(dtype), lanes)


def has_fma() -> bool:
    """Whether the host has a fused multiply-add."""
    features = llvm.get_host_cpu_features()
    return bool(features.get("fma") or features.get("neon"))


class Code:
    """Machine code that lives as long as this object."""

    def __init__(self, text: str, features: str) -> None:
        target = llvm.Target.from_default_triple()
        machine = target.create_target_machine(cpu=llvm.get_host_cpu_name(), features=features, opt=3)
        module = llvm.parse_assembly(text)
        module.verify()
        passes = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=2))
        passes.getModulePassManager().run(module, passes)
        self.assembly = machine.emit_assembly(module)
        self.engine = llvm.create_mcjit_compiler(module, machine)
        self.engine.finalize_object()
        self.address = self.engine.get_function_address("over")


@cache
def machine_code(generator: Generator, dtype: str, lanes: int, fused: bool, numbers: tuple[int, ...]) -> Code:
    """The compiled loop over arrays."""
    _start()
    features = llvm.get_host_cpu_features()
    if not fused:
        features.update(dict.fromkeys((name for name in features if name.startswith(("avx", "fma", "xop"))), False))
    return Code(str(loop(generator, dtype, lanes, fused, numbers)), features.flatten())


@cache
def _start() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


def loop(generator: Generator, dtype: str, lanes: int, fused: bool, numbers: tuple[int, ...] = ()) -> ir.Module:
    """`over(count, out, arrays...)`, which goes through the arrays in steps of `lanes`."""
    arrays = generator.arity - generator.integers
    module = ir.Module("element")
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [COUNT] + [POINTER] * (1 + arrays)), "over")
    count, *pointers = function.args
    entry, body, end = (function.append_basic_block(name) for name in ("entry", "body", "end"))
    builder = ir.IRBuilder(entry)
    builder.cbranch(builder.icmp_signed(">", count, COUNT(0)), body, end)
    builder.position_at_end(body)
    position = builder.phi(COUNT)
    position.add_incoming(COUNT(0), entry)
    b = Ops(builder, dtype, lanes, fused)
    places = [builder.gep(pointer, [position], source_etype=b.element) for pointer in pointers]
    size = 8 if b.double else 4
    values = [builder.load(place, typ=b.type, align=size) for place in places[1:]]
    builder.store(generator.emit(b, *values, *(COUNT(n) for n in numbers)), places[0], align=size)
    after = builder.add(position, COUNT(lanes))
    position.add_incoming(after, builder.block)
    builder.cbranch(builder.icmp_signed("<", after, count), body, end)
    ir.IRBuilder(end).ret_void()
    return module


def _callable(code: Code, arrays: int, dtype: np.dtype, lanes: int) -> Callable[..., np.ndarray]:
    """The machine code as a function of arrays."""
    raw = ctypes.CFUNCTYPE(None, ctypes.c_int64, *[ctypes.c_void_p] * (1 + arrays))(code.address)

    def call(*given: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        inputs = [np.ascontiguousarray(x, dtype) for x in given]
        result = np.empty(inputs[0].shape, dtype) if out is None else out
        if len(inputs) != arrays or any(x.size != result.size for x in inputs) or result.size % lanes or result.dtype != dtype:
            raise ValueError(f"{arrays} arrays of equal size, a multiple of {lanes}, were expected")
        raw(result.size, result.ctypes.data, *(x.ctypes.data for x in inputs))
        return result

    call.code = code
    return call
