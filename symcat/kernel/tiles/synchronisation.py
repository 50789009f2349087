"""The barrier of threads that run one program together: nobody goes on before everybody has come."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.errors import TypingError
from numba.extending import intrinsic

from symcat.kernel.tiles.tile import INT64

ROUND = 16          # words from the number of those who have come to the number of the round: each has a cache line
PATIENCE = 2000     # glances at the round before the processor is offered to others


@intrinsic
def barrier(typing, W, n):
    """Wait until n threads have called this with one int64 array W, of more than ROUND words that were 0 at the start."""
    if not isinstance(W, types.Array) or W.ndim != 1 or W.dtype != types.int64 or not isinstance(n, types.Integer):
        raise TypingError(f"an int64 array and a number of threads were expected, not {W} and {n}")

    def generate(context, builder, sig, args):
        words = context.make_array(sig.args[0])(context, builder, args[0]).data
        with builder.if_then(builder.icmp_signed(">", args[1], INT64(1))):
            _meet(builder, words, args[1])
        return context.get_dummy_value()
    return types.void(W, types.int64), generate


def _meet(builder: ir.IRBuilder, words: ir.Value, count: ir.Value) -> None:
    """The last to come clears the count and begins the next round; the others look at the round until it has changed."""
    come, turn = words, builder.gep(words, [INT64(ROUND)])
    now = builder.load_atomic(turn, "monotonic", 8)
    before = builder.atomic_rmw("add", come, INT64(1), "acq_rel")
    last = builder.icmp_signed("==", before, builder.sub(count, INT64(1)))
    with builder.if_else(last) as (then, otherwise):
        with then:
            builder.store_atomic(INT64(0), come, "monotonic", 8)
            builder.store_atomic(builder.add(now, INT64(1)), turn, "release", 8)
        with otherwise:
            _wait(builder, turn, now)


def _wait(builder: ir.IRBuilder, turn: ir.Value, now: ir.Value) -> None:
    looks = cgutils.alloca_once_value(builder, INT64(0))
    glance, idle, tired, done = (builder.append_basic_block(name) for name in ("glance", "idle", "tired", "done"))
    builder.branch(glance)
    builder.position_at_end(glance)
    builder.cbranch(builder.icmp_signed("!=", builder.load_atomic(turn, "acquire", 8), now), done, idle)
    builder.position_at_end(idle)
    _call(builder, *PAUSE)
    seen = builder.add(builder.load(looks), INT64(1))
    builder.store(seen, looks)
    builder.cbranch(builder.icmp_signed(">", seen, INT64(PATIENCE)), tired, glance)
    builder.position_at_end(tired)
    _call(builder, *OFFER)
    builder.branch(glance)
    builder.position_at_end(done)


def _call(builder: ir.IRBuilder, name: str, result: ir.Type, arguments: Sequence[ir.Constant] = ()) -> None:
    kind = ir.FunctionType(result, [argument.type for argument in arguments])
    builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments)


_ARM = platform.machine().lower() in ("arm64", "aarch64")
PAUSE = ("llvm.aarch64.hint", ir.VoidType(), (ir.IntType(32)(1),)) if _ARM else ("llvm.x86.sse2.pause", ir.VoidType())
OFFER = ("SwitchToThread" if os.name == "nt" else "sched_yield", ir.IntType(32))
