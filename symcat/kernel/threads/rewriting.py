"""Loops of a program in shares: thread `me` of `n` runs its part of the turns, and what must be done once is done by thread 0.

The lines of a nest are rewritten by what Python's parser finds in them: a loop whose turns write to different memory gets bounds that
depend on `me`; around it, statements that only name values are left to all threads, and statements that write are given to one.

A thread must come back to the entries that it has written before: inside of a loop whose turns may write to the same memory, a shared
loop has fixed bounds, and loops with the same header are shared in the same way.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence, Set

WRITERS = {"store", "scatter"}
ALONE = "if me == 0:"
OWN = "w_panel"         # the address of memory of which every thread has a part of its own


def shared(lines: Sequence[str], letters: Set[str], threads: int) -> list[str] | None:
    """The lines with one loop over one of the letters in shares at every place; None where that is not possible.

    `threads` is the number of threads for which the loop is chosen; the text is right for any number.

    >>> print(*shared(["i = 0", "for j in range(0, 64, 8):", "    store(S, j + o_X, 0, 0, t)"], {"j"}, 2), sep=chr(10))
    i = 0
    for j in range(8*(8*me//n), 8*(8*(me + 1)//n), 8):
        store(S, j + o_X, 0, 0, t)
    """
    body = ast.parse("\n".join(lines)).body
    text = _Text(list(lines), letters, threads)
    return text.block(body, frozenset(), True) if _has_loop(body, letters) else None


def alone(lines: Sequence[str]) -> list[str]:
    """The lines for one thread."""
    return [ALONE, *("    " + line for line in lines)]


class _Text:
    """The lines of one nest, with the letters of the loops that may be shared."""

    def __init__(self, lines: list[str], letters: Set[str], threads: int) -> None:
        self.lines, self.letters, self.threads = lines, letters, threads
        self.ways: dict[str, tuple[str, ...]] = {}

    def source(self, statements: Sequence[ast.stmt]) -> list[str]:
        if not statements:
            return []
        return self.lines[statements[0].lineno - 1: statements[-1].end_lineno]

    def block(self, body: Sequence[ast.stmt], later: frozenset[str], apart: bool) -> list[str] | None:
        """A sequence of statements; `later` are the names that are read after it, and `apart` says that it runs once for all memory
        that it writes."""
        result: list[str] = []
        position = 0
        while position < len(body):
            statement = body[position]
            if _has_loop([statement], self.letters):
                part = self.loop(statement, later | _free(body[position + 1:]), apart)
                position += 1
            else:
                stop = position
                while stop < len(body) and not _has_loop([body[stop]], self.letters):
                    stop += 1
                part = self.segment(body[position: stop], later | _free(body[stop:]))
                position = stop
            if part is None:
                return None
            result += part
        return result

    def loop(self, statement: ast.stmt, later: frozenset[str], apart: bool) -> list[str] | None:
        """A loop that is shared, or that all threads run and in which another one is shared."""
        header, *rest = self.source([statement])
        if _is_loop(statement, self.letters) and not self._deeper(statement):
            if not apart and _numbers(statement) is None:
                return None
            return self._alike(header, [_header(header, statement), *rest])
        if not isinstance(statement, (ast.For, ast.If)) or statement.orelse:
            return None
        apart = apart and (isinstance(statement, ast.If) or _is_loop(statement, self.letters))
        inside = self.block(statement.body, later | _free(statement.body), apart)
        start = statement.body[0].lineno - 1
        return None if inside is None else self._alike(header, [*self.lines[statement.lineno - 1: start], *inside])

    def _alike(self, header: str, lines: list[str]) -> list[str] | None:
        """The lines, unless a loop with this header is shared in another way before."""
        way = tuple(line.strip() for line in lines if "*me//n" in line)
        return lines if self.ways.setdefault(header, way) == way else None

    def _deeper(self, statement: ast.For) -> bool:
        """Whether a loop inside can be shared more evenly."""
        inner = [child for child in statement.body if _has_loop([child], self.letters)]
        return bool(inner) and max(map(self._evenness, inner)) > self._own(statement) + 0.05

    def _evenness(self, statement: ast.stmt) -> float:
        """The share of the threads' time that is used, at best, by a shared loop at this statement or inside of it."""
        inner = [self._evenness(child) for child in getattr(statement, "body", []) if _has_loop([child], self.letters)]
        return max([self._own(statement)] * _is_loop(statement, self.letters) + inner)

    def _own(self, statement: ast.For) -> float:
        """The same when this loop is shared; a guess where its turns are not known."""
        bounds = _numbers(statement)
        if bounds is None:
            return 0.8
        count = len(range(*bounds))
        return count / (self.threads * -(-count // self.threads)) if count else 1.0

    def segment(self, statements: Sequence[ast.stmt], later: frozenset[str]) -> list[str] | None:
        """Statements between loops: all threads name values, one thread writes."""
        if not any(map(_writes, statements)):
            return self.source(statements)
        if not _assigned(statements) & later:
            return _guarded(self.source(statements))
        result, written = [], False
        for statement in statements:
            lines = self.source([statement])
            if _writes(statement):
                if _assigned([statement]) & (later | _free(statements)):
                    return None
                result += _guarded(lines)
                written = True
            elif written and _reads_memory(statement):
                return None     # it might read what thread 0 is about to write
            else:
                result += lines
        return result


def _guarded(lines: Sequence[str]) -> list[str]:
    margin = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
    return [margin + ALONE, *("    " + line for line in lines)]


def _header(line: str, statement: ast.For) -> str:
    """The first line of a loop with the bounds of a share."""
    margin, name = line[: len(line) - len(line.lstrip())], statement.target.id
    bounds = _numbers(statement)
    texts = [ast.unparse(argument) for argument in statement.iter.args]
    step = texts[2] if len(texts) == 3 else "1"
    low, high = ("0", texts[0]) if len(texts) == 1 else texts[:2]
    if bounds is not None:
        turns = str(len(range(*bounds)))
    elif step == "1":
        turns = f"max(0, {high} - ({low}))" if low != "0" else f"max(0, {high})"
    else:
        turns = f"(max(0, {high} - ({low}) + {int(step) - 1})//{step})"
    first, last = f"{turns}*me//n", f"{turns}*(me + 1)//n"
    if step != "1":
        first, last = f"{step}*({first})", f"{step}*({last})"
    start = f"{low} + " if low != "0" else ""
    return f"{margin}for {name} in range({start}{first}, {start}{last}{'' if step == '1' else f', {step}'}):"


def _numbers(statement: ast.For) -> tuple[int, int, int] | None:
    """Start, stop and step of a loop, where they are numbers."""
    values = [argument.value if isinstance(argument, ast.Constant) else None for argument in statement.iter.args]
    if None in values:
        return None
    return (0, values[0], 1) if len(values) == 1 else (values[0], values[1], values[2] if len(values) == 3 else 1)


def _is_loop(statement: ast.stmt, letters: Set[str]) -> bool:
    return isinstance(statement, ast.For) and statement.target.id in letters


def _has_loop(statements: Sequence[ast.stmt], letters: Set[str]) -> bool:
    return any(_is_loop(node, letters) for statement in statements for node in ast.walk(statement))


def _writes(statement: ast.stmt) -> bool:
    """Whether a statement writes to memory other than the thread's own panel."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WRITERS and OWN not in _loads(node.args[1]):
            return True
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            return True
    return False


def _reads_memory(statement: ast.stmt) -> bool:
    return any(isinstance(node, ast.Subscript) or (isinstance(node, ast.Name) and node.id == "S") for node in ast.walk(statement))


def _assigned(statements: Sequence[ast.stmt]) -> frozenset[str]:
    return frozenset(node.id for statement in statements for node in ast.walk(statement)
                     if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))


def _free(statements: Sequence[ast.stmt]) -> frozenset[str]:
    """The names that statements read before they give them a value; a name given inside of a loop or a condition counts there only."""
    free: set[str] = set()
    known: set[str] = set()
    for statement in statements:
        if isinstance(statement, ast.For):
            free |= _loads(statement.iter) - known
            free |= _free(statement.body) - {statement.target.id} - known
        elif isinstance(statement, ast.If):
            free |= (_loads(statement.test) | _free(statement.body) | _free(statement.orelse)) - known
        else:
            free |= _loads(statement) - known
            if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
                free |= {statement.target.id} - known
            known |= _assigned([statement])
    return frozenset(free)


def _loads(node: ast.AST) -> set[str]:
    return {name.id for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Load)}
