"""A program as statements: one formula for each output and for each value that is used twice, in the order of the program.

Formulas are put together only where Python then evaluates the operations in the order in which the program has them: what is
traced from the text is the program again.
"""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import At, index
from symcat.category.morphism import Morphism
from symcat.category.space import Wire
from symcat.errors import UsageError
from symcat.interop.export.text import ATOM, PRODUCT, SIGN, Dialect, Formula, Text

WIDTH = 96      # characters of a formula, beyond which its parts get names
ENTRIES = 9     # of an array that is written entry by entry
WORDS = {"add": "total", "sub": "difference", "mul": "product", "div": "ratio", "pow": "power", "sum": "total", "max": "greatest",
         "abs": "size", "neg": "opposite", "where": "chosen", "matmul": "product", "transpose": "transposed", "slice": "part",
         "concatenate": "joined", "sqrt": "root", "greater": "above", "less": "below", "min": "least", "sign": "signs"}


@dataclass(frozen=True)
class Statement:
    """`name = text`; `reads` are the arrays that the text names."""

    array: str
    text: str
    reads: tuple[str, ...]
    hint: str = ""


@dataclass
class Writer:
    """Writes nodes of a program as statements over given wires.

    `named` must have a statement of their own; `shared` are numbers that do not depend on an array, `conditions` only choose.
    """

    wires: Mapping[str, Wire]
    dialect: Dialect
    dims: Mapping[sp.Symbol, str]
    named: frozenset[str]
    shared: frozenset[str] = frozenset()
    conditions: frozenset[str] = frozenset()
    places: dict[str, Comprehension] = field(default_factory=dict)
    inlined: dict[str, Text] = field(default_factory=dict)
    order: dict[str, int] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    def statements(self, nodes: Sequence[Comprehension]) -> list[Statement]:
        """The nodes as statements, in order; names of arrays stand in braces."""
        self.order = {name: k for k, name in enumerate([*self.wires])}
        self.places = {node.name: node for node in nodes if _is_place(node)}
        shown = [node for node in nodes if node.name not in self.places]
        uses: Counter[str] = Counter()
        for node in shown:
            self._text(node)
            uses.update(self.seen)
        done: list[Statement] = []
        pending: list[str] = []
        for node in shown:
            self._text(node)
            wanted = [name for name in self.seen if name in pending]
            while wanted and pending[-len(wanted):] != wanted:
                self._emit(pending.pop(0), done)
                wanted = [name for name in wanted if name in pending]
            text = self._text(node)
            if len(text.text) > WIDTH:
                while pending:
                    self._emit(pending.pop(0), done)
                text = self._text(node)
            pending = [name for name in pending if name not in wanted]
            self.inlined[node.name] = text
            pending.append(node.name)
            if uses[node.name] != 1 or node.name in self.named:
                while pending:
                    self._emit(pending.pop(0), done)
        while pending:
            self._emit(pending.pop(0), done)
        return done

    def _emit(self, name: str, done: list[Statement]) -> None:
        text = self.inlined.pop(name).text
        hint = "correction" if re.fullmatch(r"1 - \w+\*\*\S+", text) else ""
        done.append(Statement(name, text, tuple(dict.fromkeys(_braced(text))), hint))

    # ---- one node
    def _text(self, node: Comprehension) -> Text:
        """The formula of a node; `seen` are the arrays that it reads, in the order of the text."""
        self.seen = []
        rank = len(node.shape)
        if _is_diagonal(node):
            return Text(f"{self.dialect.prefix}diag({self._named(node.body.name).text})", ATOM)
        if not node.gather:
            raise UsageError(f"{node} scatters, which cannot be exported to {self.dialect.name}")
        if len(node.extents) > rank:
            return self._reduction(node)
        reads = sorted(node.body.atoms(At), key=sp.default_sort_key)
        if reads and all(read.name in self.places for read in reads):
            return self._joined(node, reads)
        if any(s in node.body.xreplace({r: sp.Dummy() for r in reads}).free_symbols for s in map(index, range(rank))):
            return self._entries(node)
        body = node.body
        if isinstance(body, At):
            return self._read(body, node, whole=True)
        if not reads and node.shape and all(extent.is_Integer for extent in node.shape) and self.dialect.prefix != "torch.":
            shape = ", ".join(map(str, node.shape)) + ("," if rank == 1 else "")
            value = self._formula(node).write(body).text + (".0" if body.is_Integer else "")     # an array of integers stays one in JAX
            return Text(f"{self.dialect.prefix}full(({shape}), {value})", ATOM)
        if not reads and node.shape and node.shape == self.wires["p"].shape:
            return Text(f"{self.dialect.prefix}full_like({self._named('p').text}, {self._formula(node).write(body).text})", ATOM)
        if not reads and node.shape and self.dialect.prefix != "np.":
            shape = "".join(f"{self._formula(node).write(extent).text}, " for extent in node.shape).rstrip()
            value, p = self._formula(node).write(body).text, self._named("p").text
            if self.dialect.prefix == "torch.":
                return Text(f"{p}.new_full(({shape}), {value})", ATOM)
            return Text(f"{self.dialect.prefix}full(({shape}), {value}, dtype={p}.dtype)", ATOM)
        if self._missing(node, reads):
            raise UsageError(f"{node} repeats entries along an axis, which cannot be exported to {self.dialect.name}")
        formula = self._formula(node)
        return formula.condition(body) if node.name in self.conditions else formula.write(body)

    def _formula(self, node: Comprehension) -> Formula:
        return Formula(self.dialect, lambda read: self._read(read, node), self._symbol, self._rank, self._is_shared)

    def _is_shared(self, expr: sp.Expr) -> bool:
        return all(read.name in self.shared for read in expr.atoms(At))

    def _rank(self, expr: sp.Expr) -> tuple:
        """Where the arrays of a term stand in the program; numbers come last."""
        found = [self.order.get(read.name, 0) for read in expr.atoms(At)]
        return (not found, min(found, default=0), sp.default_sort_key(expr))

    def _symbol(self, symbol: sp.Symbol) -> str:
        return self.dims.get(symbol, symbol.name)

    def _named(self, name: str) -> Text:
        self.seen.append(name)
        return self.inlined.get(name) or Text(f"{{{name}}}", ATOM)

    def _read(self, read: At, node: Comprehension, whole: bool = False) -> Text:
        """A read as an operand that broadcasts to the shape of the node."""
        base, rank = self._named(read.name), len(node.shape)
        shape = self.wires[read.name].shape
        if not shape:
            return Text(f"{base.at(ATOM)}[{', '.join(['None'] * rank)}]", ATOM) if whole and rank else base
        if all(i == index(rank - len(shape) + k) for k, i in enumerate(read.indices)) and len(shape) <= rank:
            return Text(f"{base.at(ATOM)}[{', '.join(['None'] * (rank - len(shape)))}]", ATOM) if whole and rank > len(shape) else base
        if all(i.is_Integer for i in read.indices) and (len(shape) > rank or shape != (1,) * len(shape)):
            return Text(f"{base.at(ATOM)}[{', '.join(map(str, read.indices))}]", ATOM)
        return Text(self._moved(read, base, rank, shape), ATOM)

    def _moved(self, read: At, base: Text, rank: int, shape: Sequence[sp.Expr]) -> str:
        """Axes taken out, put into order and put in."""
        loops = [index(k) for k in range(rank)]
        axes = [i for i, extent in zip(read.indices, shape, strict=True) if not (i.is_Integer and extent != 1)]
        if any(i not in loops and i != 0 for i in read.indices if not i.is_Integer):
            raise UsageError(f"the read {read} cannot be exported to {self.dialect.name}: entries are moved")
        text = base.at(ATOM)
        if len(axes) < len(shape):
            text += f"[{', '.join(str(i) if i.is_Integer else ':' for i in read.indices)}]"
        if any(i == 0 for i in axes):
            if len(axes) == rank and all(i in (0, loops[k]) for k, i in enumerate(axes)):
                return text
            raise UsageError(f"the read {read} cannot be exported to {self.dialect.name}: an axis of one entry is moved")
        places = [loops.index(i) for i in axes]
        if len(set(places)) < len(places):
            if len(places) > 2:
                raise UsageError(f"the read {read} cannot be exported to {self.dialect.name}: a diagonal of several axes")
            text, places = f"{self.dialect.prefix}diagonal({text})", places[:1]
        if places != sorted(places):
            if places == [1, 0]:
                text += ".T"
            else:
                order = sorted(range(len(places)), key=lambda k: places[k])
                word = "permute" if self.dialect.prefix == "torch." else "transpose"
                text = f"{self.dialect.prefix}{word}({text}, {tuple(order)})"
            places = sorted(places)
        if places and places != list(range(rank - len(places), rank)):
            text += f"[{', '.join(':' if k in places else 'None' for k in range(rank))}]"
        return text

    def _missing(self, node: Comprehension, reads: Sequence[At]) -> bool:
        """Whether no read runs over some axis, which the text would then lack."""
        run = {i for read in reads for i, extent in zip(read.indices, self.wires[read.name].shape, strict=True) if extent != 1}
        return any(extent != 1 and index(k) not in run for k, extent in enumerate(node.shape))

    # ---- sums, joined arrays, entries
    def _reduction(self, node: Comprehension) -> Text:
        """A sum, mean or maximum over axes, or a product of arrays summed over common axes."""
        reads = _factors(node.body)
        weight = node.body / sp.Mul(*reads) if reads else None
        if weight is None or weight.has(At) or not reads:
            raise UsageError(f"{node} cannot be exported to {self.dialect.name}: expected a sum of a product of arrays")
        gone = [symbol for symbol, _ in node.reduced]
        count = sp.Mul(*[extent for _, extent in node.reduced])
        if len(reads) == 1 and set(gone) <= set(reads[0].indices):
            word = "max" if node.op == "max" else "sum" if weight == 1 else "mean" if sp.expand(weight * count) == 1 else None
            if word:
                return self._over(node, reads[0], gone, word)
        if weight != 1 or node.op != "sum" or len(reads) < 2:
            raise UsageError(f"{node} cannot be exported to {self.dialect.name}")
        return self._contraction(node, reads)

    def _over(self, node: Comprehension, read: At, gone: Sequence[sp.Symbol], word: str) -> Text:
        rank, axes = len(node.shape), [k for k, i in enumerate(read.indices) if i in gone]
        kept = [i for i in read.indices if i not in gone]
        keeps = rank == len(read.indices) and all(node.shape[k] == 1 for k in axes) \
            and all(i == index(k) for k, i in enumerate(read.indices) if i not in gone)
        if not keeps and kept != [index(k) for k in range(rank)]:
            raise UsageError(f"{node} cannot be exported to {self.dialect.name}: axes are moved in a sum")
        torch, count = self.dialect.prefix == "torch.", None
        if word == "mean" and self.dialect.name == "numba":     # which has no means over axes
            word, count = "sum", sp.Mul(*[extent for _, extent in node.reduced])
        word = f"a{word}" if torch and word == "max" else word
        axis = "" if len(axes) == len(read.indices) and not keeps else f", {'dim' if torch else 'axis'}={_axes(axes)}"
        keep = f", {'keepdim' if torch else 'keepdims'}=True" if keeps else ""
        text = f"{self.dialect.prefix}{word}({self._named(read.name).text}{axis}{keep})"
        return Text(text, ATOM) if count is None else Text(f"{text} / {self._formula(node).write(count).at(SIGN)}", PRODUCT)

    def _contraction(self, node: Comprehension, reads: Sequence[At]) -> Text:
        if len(reads) == 2:
            for a, b in (reads, reads[::-1]):
                (inner,) = [s for s, _ in node.reduced] if len(node.reduced) == 1 else (None,)
                outer = [index(k) for k in range(len(node.shape))]
                left, right = list(a.indices), list(b.indices)
                if inner is not None and left and left[-1] == inner and right and right[0] == inner and left[:-1] + right[1:] == outer \
                        and len(left) <= 2 and len(right) <= 2:
                    return Text(f"{self._named(a.name).at(PRODUCT)} @ {self._named(b.name).at(SIGN)}", PRODUCT)
        letters = {index(k): "ijklabcd"[k] for k in range(len(node.extents))}
        if any(i not in letters for read in reads for i in read.indices):
            raise UsageError(f"{node} cannot be exported to {self.dialect.name}: positions are moved in a sum")
        terms = ",".join("".join(letters[i] for i in read.indices) for read in reads)
        out = "".join(letters[index(k)] for k in range(len(node.shape)))
        operands = ", ".join(self._named(read.name).text for read in reads)
        return Text(f'{self.dialect.prefix}einsum("{terms}->{out}", {operands})', ATOM)

    def _joined(self, node: Comprehension, reads: Sequence[At]) -> Text:
        """Arrays one behind the other."""
        parts = [self.places[read.name] for read in reads]
        offsets = {part.name: [sp.expand(e - index(k)) for k, e in enumerate(part.out)] for part in parts}
        axis = next((k for part in parts for k, offset in enumerate(offsets[part.name]) if offset != 0), 0)
        ends = {sp.S.Zero: None}
        for part in parts:
            ends[sp.expand(offsets[part.name][axis] + part.extents[axis])] = None
        ordered, start = [], sp.S.Zero
        while len(ordered) < len(parts):
            part = next((part for part in parts if offsets[part.name][axis] == start and part not in ordered), None)
            if part is None:
                raise UsageError(f"{node} cannot be exported to {self.dialect.name}: its parts do not stand side by side")
            ordered.append(part)
            start = sp.expand(start + part.extents[axis])
        operands = [self._read(part.body, part).text for part in ordered]
        torch = self.dialect.prefix == "torch."
        return Text(f"{self.dialect.prefix}{'cat' if torch else 'concatenate'}([{', '.join(operands)}]"
                    f"{f', {axis}' if axis else ''})", ATOM)

    def _entries(self, node: Comprehension) -> Text:
        """An array whose formula depends on the position, entry by entry."""
        if not node.shape or not all(e.is_Integer for e in node.shape) or sp.Mul(*node.shape) > ENTRIES:
            raise UsageError(f"{node} depends on positions, which cannot be exported to {self.dialect.name} for a size that is a symbol")
        formula = self._formula(node)

        def write(place: tuple[int, ...]) -> str:
            if len(place) < len(node.shape):
                inner = ", ".join(write((*place, k)) for k in range(int(node.shape[len(place)])))
                return f"{self.dialect.prefix}stack([{inner}])"
            return formula.write(node.body.xreplace({index(k): sp.Integer(i) for k, i in enumerate(place)})).text

        return Text(write(()), ATOM)


def _is_place(node: Comprehension) -> bool:
    """Whether a node puts an array into one of zeros, as `concatenate` does."""
    return (not node.gather and not node.guards and isinstance(node.body, At) and node.op == "sum"
            and all(not sp.expand(e - index(k)).has(*map(index, range(len(node.extents)))) for k, e in enumerate(node.out)))


def _is_diagonal(node: Comprehension) -> bool:
    """Whether a node puts a vector on the diagonal of a matrix of zeros."""
    return node.out == (index(0), index(0)) and isinstance(node.body, At) and node.body.indices == (index(0),) and not node.guards


def _factors(body: sp.Expr) -> list[At]:
    """The reads of a product, with repetition."""
    found = []
    for factor in sp.Mul.make_args(body):
        base, exponent = factor.as_base_exp()
        if isinstance(base, At) and exponent.is_Integer and exponent > 0:
            found += [base] * int(exponent)
        elif factor.has(At):
            return []
    return sorted(found, key=sp.default_sort_key)


def _axes(axes: Sequence[int]) -> str:
    return str(axes[0]) if len(axes) == 1 else str(tuple(axes))


def _braced(text: str) -> list[str]:
    return [part.partition("}")[0] for part in text.split("{")[1:]]


def conditions(nodes: Sequence[Comprehension]) -> frozenset[str]:
    """The nodes that are truth values, comparisons and products of these, and that only choose between two values."""
    chosen: Counter[str] = Counter()
    read: Counter[str] = Counter()
    for node in nodes:
        for part in sp.preorder_traversal(node.body):
            if isinstance(part, At):
                read[part.name] += 1
            if type(part).__name__ == "where" and isinstance(part.args[0], At):
                chosen[part.args[0].name] += 1
    found: set[str] = set()
    for node in reversed(nodes):
        if chosen[node.name] and chosen[node.name] == read[node.name]:
            found.add(node.name)
            if node.body.is_Mul and all(isinstance(a, At) for a in node.body.args):
                chosen.update(a.name for a in node.body.args)
    return frozenset(found)


def fresh(word: str, taken: set[str]) -> str:
    """A name that is not taken yet, which it is from now on."""
    stem = word.rstrip("0123456789")
    stem = WORDS.get(stem, stem)
    name, k = stem, 1
    while name in taken or keyword.iskeyword(name):
        k += 1
        name = f"{stem}{k}"
    taken.add(name)
    return name


@dataclass(frozen=True)
class Block:
    """Lines of assignments, and what the outputs are called behind them."""

    lines: tuple[str, ...]
    outs: dict[str, str]
    names: dict[str, str]


def block(statements: Sequence[Statement], inputs: Mapping[str, str], outs: Mapping[str, str], taken: set[str]) -> Block:
    """The statements with names put in: an output takes its own name where the input of that name is no longer needed.

    `inputs` are the names of arrays that are there, `outs` the arrays of outputs by their names.
    """
    names, taken = dict(inputs), {*taken, *outs, *inputs.values()}
    lines = []
    for k, statement in enumerate(statements):
        label = next((label for label, array in outs.items() if array == statement.array), None)
        text = _filled(statement.text, names)
        if label is None:
            names[statement.array] = fresh(statement.hint or statement.array, taken)
        else:
            later = {name for other in statements[k + 1:] for name in other.reads} | set(outs.values())
            holders = [array for array, name in names.items() if name == label]
            names[statement.array] = fresh_output(label, taken) if any(array in later for array in holders) else label
        lines.append(f"{names[statement.array]} = {text}")
    return Block(tuple(lines), {label: names[array] for label, array in outs.items()}, names)


def fresh_output(label: str, taken: set[str]) -> str:
    name = f"{label}_new"
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _filled(text: str, names: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: names[match[1]], text)


def writer(step: Morphism, dialect: Dialect, **options: object) -> Writer:
    """A writer for the nodes of a step; dims are read off the parameter's shape."""
    shape = step.dom[0].shape
    dims = {extent: f"p.shape[{k}]" for k, extent in reversed(list(enumerate(shape))) if extent.is_Symbol}
    return Writer(step.wires, dialect, dims, frozenset(step.outs), conditions=conditions(step.nodes), **options)
