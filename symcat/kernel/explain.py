"""A kernel explained in text: what each comprehension became, how much arithmetic and memory that is, and how fast it runs."""

from __future__ import annotations

from symcat.kernel.account import Account, Row, account
from symcat.kernel.kernel import Kernel
from symcat.kernel.measure import Speed, speed


def explain(kernel: Kernel, measure: bool = False) -> str:
    """One line for the kernel, one for its memory, those of its validation, and one for each nest."""
    found = account(kernel.work)
    timed = speed(kernel) if measure else None
    threads = f", {kernel.work.threads} threads" if kernel.work.threads > 1 else ""
    lines = [f"kernel {kernel.digest[:16]} {kernel.header}, {kernel.dtype}, batch {kernel.batch}, arena {found.arena} bytes, "
             f"{found.flops} flops a step{threads}", f"  {memory(found)}"]
    if timed:
        lines.append(f"  {rates(timed)}")
    if kernel.validation is not None:
        lines += [f"  {text}" for text in vars(kernel.validation).values()]
    for position, row in enumerate(found.rows):
        lines.append(f"  program line {row.line}: {nest(row)}{f'; {pace(timed, position)}' if timed else ''}")
    return "\n".join(lines)


def memory(found: Account) -> str:
    """The arena in words."""
    return (f"memory: states {found.states} bytes, temporaries {found.temporaries} bytes, of which {found.reused} reuse the memory of "
            f"others; padding {found.padding} bytes")


def nest(row: Row) -> str:
    """One nest in words."""
    loops = " x ".join(map(str, row.loops)) or "1"
    again = f", {row.times} times" if row.times > 1 else ""
    return f"{row.mode} over {loops}, {row.form}, {row.flops} flops, {row.bytes} bytes{again}: {', '.join(row.held)}"


def rates(timed: Speed) -> str:
    """A step's speed beside what a core can do."""
    return (f"measured: {1e6 * timed.step:.2f} us a step, {timed.account.flops / timed.step / 1e9:.1f} GFLOP/s; one core reaches "
            f"{timed.peak / 1e9:.0f} GFLOP/s and {timed.stream / 1e9:.0f} GB/s: {timed.share():.0%} of the roofline")


def pace(timed: Speed, position: int) -> str:
    """A nest's speed."""
    seconds, row = timed.nests[position], timed.account.rows[position]
    if seconds is None:
        return "measured with the nest before it"
    if row.group is not None and timed.nests[position + 1: position + 2] == (None,):
        return f"{1e6 * seconds:.2f} us with those that follow"
    return f"{1e6 * seconds:.2f} us, {row.flops * row.times / seconds / 1e9:.1f} GFLOP/s, {timed.share(position):.0%} of the roofline"
