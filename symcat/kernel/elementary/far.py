"""Arguments so far out that no formula for vectors holds: the C library, lane by lane, behind one test of the whole vector."""

from __future__ import annotations

from llvmlite import ir

from symcat.kernel.elementary.ops import Ops

INDEX = ir.IntType(32)


def far(b: Ops, name: str, x: ir.Value, value: ir.Value, limit: float) -> ir.Value:
    """`value`, but the C library's function of x in lanes where |x| exceeds a limit.

    The branch lies in a function of its own that LLVM puts in place, so that the code around it stays straight.
    """
    module, type = b.builder.module, b.type
    full = f"symcat.far.{name}.{b.label}"
    function = module.globals.get(full)
    if function is None:
        function = ir.Function(module, ir.FunctionType(type, [type, type]), full)
        function.linkage = "internal"
        function.attributes.add("alwaysinline")
        _define(function, b, name, limit)
    return b.builder.call(function, (x, value))


def _define(function: ir.Function, b: Ops, name: str, limit: float) -> None:
    x, value = function.args
    entry, loop, end = (function.append_basic_block(label) for label in ("entry", "loop", "end"))
    builder = ir.IRBuilder(entry)
    here = Ops.of(builder, b.type, b.fused)
    beyond = here.less(here.const(limit), here.absolute(x))
    vector = isinstance(b.type, ir.VectorType)
    builder.cbranch(_any(builder, beyond) if vector else beyond, loop, end)
    builder.position_at_end(loop)
    if vector:
        done = _lane_by_lane(builder, loop, end, name, (x, value, beyond))
    else:
        done = here.call(name, x)
        builder.branch(end)
    last = builder.block
    builder.position_at_end(end)
    result = builder.phi(b.type)
    result.add_incoming(value, entry)
    result.add_incoming(done, last)
    builder.ret(result)


def _any(builder: ir.IRBuilder, mask: ir.Value) -> ir.Value:
    bits = ir.IntType(mask.type.count)
    return builder.icmp_unsigned("!=", builder.bitcast(mask, bits), bits(0))


def _lane_by_lane(builder: ir.IRBuilder, loop: ir.Block, end: ir.Block, name: str, values: tuple[ir.Value, ...]) -> ir.Value:
    """The loop over lanes; the builder ends in its block."""
    x, value, beyond = values
    start = builder.function.entry_basic_block
    lane, held = builder.phi(INDEX), builder.phi(value.type)
    single = Ops.of(builder, x.type.element)
    called = single.call(name, builder.extract_element(x, lane))
    chosen = builder.select(builder.extract_element(beyond, lane), called, builder.extract_element(held, lane))
    after = builder.insert_element(held, chosen, lane)
    following = builder.add(lane, INDEX(1))
    lane.add_incoming(INDEX(0), start)
    lane.add_incoming(following, loop)
    held.add_incoming(value, start)
    held.add_incoming(after, loop)
    builder.cbranch(builder.icmp_unsigned("<", following, INDEX(x.type.count)), loop, end)
    return after
