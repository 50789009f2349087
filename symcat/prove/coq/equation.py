"""Equations of programs as theorems: definitions, lemmas on normal forms, and the equality of the outputs entry by entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symcat.prove.claim import Equation
from symcat.prove.coq.names import comment
from symcat.prove.coq.normal import Budget, Lemma, Normal
from symcat.prove.coq.polynomial import term_of
from symcat.prove.coq.programs import Condition, Definition, Pair, pair
from symcat.prove.coq.scalars import NotExported
from symcat.prove.coq.scope import Scope
from symcat.prove.coq.term import Affine, Call, Greatest, Inverse, Read, Term, arrays, children, name, rename, text

Lines = list[str]
# by modulus: the type of entries, the part of the prelude, the notation; over Z[k] the theorem is about all integers
KINDS = {0: ("R", "Real", "R"), 2: ("bool", "Two", "two"), None: ("Z", "Whole", "Z")}


@dataclass(frozen=True)
class Theorem:
    """A theorem with what it needs, as lines of a Coq file, and how it is proved; `searched` if a tactic has to find the proof."""

    lines: tuple[str, ...]
    method: str
    searched: bool = False


def theorem(title: str, equation: Equation) -> Theorem:
    """The theorem that the two sides of an equation are equal; NotExported says why there is none."""
    return _Statement(title, pair(equation)).theorem()


class _Statement:
    """An equation on its way into a file."""

    def __init__(self, title: str, both: Pair) -> None:
        self.title, self.both = title, both
        self.kind, self.module, self.notation = KINDS[both.modulus if both.modulus in KINDS else None]
        self.titles: dict[str, str] = {}
        self.conditions = tuple((both.scalars.names.new("required"), condition) for condition in both.conditions)

    def theorem(self) -> Theorem:
        open_outs = [(a, b) for a, b, _ in self.both.outs if self.both.same.get(b, b) != a]
        lemmas, proofs, method = self._proved() if open_outs else ([], {}, "identical programs")
        final = [line for number, out in enumerate(self.both.outs) for line in self._output(number, out, proofs)]
        lines = [f"Module {self.title}.", f"Import {self.module}.", f"Local Open Scope {self.notation}_scope.", "Section Statement.",
                 *self._variables(), "", *self._definitions(), *self._conditions(), "", *self._twins(), *lemmas, *final, "",
                 "End Statement.", f"End {self.title}."]
        return Theorem(tuple(lines), method)

    # ---- the statement
    def _variables(self) -> Lines:
        both, kind = self.both, self.kind
        lines = [f"Variables {' '.join(both.dims)} : Z."] if both.dims else []
        lines += [f"Hypothesis {both.scalars.names.new(f'{d}_positive')} : (0 < {d})%Z." for d in both.dims]
        named = [f for f in both.facts if not (len(f.terms) == 1 and f.terms[0][1] == 1 and f.constant == -1)]
        lines += [f"Hypothesis {both.scalars.names.new('sizes')} : (0 <= {fact})%Z." for fact in named]
        lines += [f"Variables {' '.join(both.hypers)} : {kind}."] if both.hypers else []
        lines += [f"Variable {array} : {'Z -> ' * len(shape)}{kind}." for array, shape in both.inputs.items()]
        return lines + [f"Variable {new} : {its}. {comment(words)}" for new, its, words in both.scalars.functions.values()]

    def _definitions(self) -> Lines:
        return [self._definition(d) for d in self.both.definitions]

    def _definition(self, d: Definition) -> str:
        given = f" ({' '.join(d.indices)} : Z)" if d.indices else ""
        return f"Definition {d.array}{given} : {self.kind} := {text(d.body)}."

    def _conditions(self) -> Lines:
        return [f"Hypothesis {label} : {self._condition(condition)}." for label, condition in self.conditions]

    @staticmethod
    def _condition(condition: Condition) -> str:
        relation = {"!=0": "<> 0", ">0": "> 0", ">=0": ">= 0"}[condition.relation]
        ranges = [f"(0 <= {i} < {extent})%Z -> " for i, extent in zip(condition.indices, condition.extents, strict=True)]
        ranges += [f"(0 <= {guard})%Z -> " for guard in condition.guards]
        bound = f"forall {' '.join(condition.indices)} : Z, " if condition.indices else ""
        return f"{bound}{''.join(ranges)}{text(condition.term)} {relation}"

    def _twins(self) -> Lines:
        """Arrays of the right side that are the same function as one of the left side."""
        lines: Lines = []
        for right, left in self.both.same.items():
            read = sorted(arrays(self.both.definition(right).body) & self.both.same.keys())
            steps = [f"unfold {right}.", *(f"rewrite same_{array}." for array in read), "reflexivity."]
            lines.append(f"Lemma same_{right} : {right} = {left}. Proof. {' '.join(steps)} Qed.")
        return lines

    # ---- the proof
    def _proved(self) -> tuple[Lines, dict[str, Lemma], str]:
        """Lemmas on normal forms under which all outputs agree; the first choice of arrays to expand that does it."""
        why, budget = "", Budget()
        for split in (False, True) if "exp" in self._functions() else (False,):
            for opaque in self._choices():
                for ranged in (True, False):
                    try:
                        lines, lemmas = self._attempt(opaque, Normal(self.both, split, budget), ranged)
                        return lines, lemmas, "normal form"
                    except NotExported as error:
                        why = why or str(error)
        raise NotExported(why)

    def _choices(self) -> list[frozenset[str]]:
        """Which shared arrays stay atoms: all, those that are not linear combinations, none."""
        shared = frozenset(self.both.same.values())
        bent = frozenset(a for a in shared if _bent(self.both.definition(a).body))
        return list(dict.fromkeys((shared, bent, frozenset())))

    def _functions(self) -> set[str]:
        return set().union(*(_called(d.body) for d in self.both.definitions))

    def _attempt(self, opaque: frozenset[str], normal: Normal, ranged: bool) -> tuple[Lines, dict[str, Lemma]]:
        lines: Lines = []
        scope = self._scope()
        for d in self._needed(opaque):
            own = scope
            for index, extent in zip(d.indices, d.shape, strict=True):
                own = own.ranged(index, extent) if ranged else own
            body = rename(d.body, self.both.same)
            found = normal.of(body, own)
            lemma = Lemma(d, found.poly, ranged and bool(d.indices), self._title(d.array))
            normal.lemmas[d.array] = lemma
            lines += self._lemma(lemma, body, normal.lines(body, found))
        for out in self.both.outs:
            self._agree(normal, out, scope)
        return lines, normal.lemmas

    def _title(self, array: str) -> str:
        if array not in self.titles:
            self.titles[array] = self.both.scalars.names.new(f"{array}_normal")
        return self.titles[array]

    def _needed(self, opaque: frozenset[str]) -> list[Definition]:
        """The arrays to expand, in the order of the programs."""
        waiting = [array for a, b, _ in self.both.outs for array in (a, self.both.same.get(b, b)) if self.both.same.get(b, b) != a]
        found: set[str] = set()
        while waiting:
            array = waiting.pop()
            d = self.both.definition(array)
            if d is not None and array not in found and (array not in opaque):
                found.add(array)
                waiting.extend(arrays(rename(d.body, self.both.same)))
        return [d for d in self.both.definitions if d.array in found]

    def _scope(self) -> Scope:
        rows = [name(d).plus(Affine((), 1), -1) for d in self.both.dims] + self.both.facts
        return Scope(tuple(rows), tuple((label, c, rename(c.term, self.both.same)) for label, c in self.conditions))

    def _lemma(self, lemma: Lemma, body: Term, proof: Lines) -> Lines:
        d = lemma.definition
        twins = sorted(arrays(d.body) & self.both.same.keys())
        unfolded = f"unfold {d.array}{''.join(f'; rewrite ?same_{t}' for t in twins)}."
        return [f"Lemma {lemma.title} : {_for_all(d.indices, d.shape if lemma.ranged else ())}{_applied(d.array, d.indices)} = "
                f"{text(term_of(lemma.poly, self.both.bits))}.",
                "Proof.", f"  intros{_intros(d.indices, lemma.ranged)}; {unfolded}", f"  change ({text(body)} = "
                f"{text(term_of(lemma.poly, self.both.bits))}).", *(f"  {line}" for line in proof), "Qed.", ""]

    def _agree(self, normal: Normal, out: tuple[str, str, tuple[Affine, ...]], scope: Scope) -> None:
        """NotExported unless an output has one normal form on both sides."""
        left, right, shape = out
        indices = self._letters(shape)
        for index, extent in zip(indices, shape, strict=True):
            scope = scope.ranged(index, extent)
        reads = [Read(array, tuple(map(name, indices))) for array in (left, self.both.same.get(right, right))]
        if normal.of(reads[0], scope).poly != normal.of(reads[1], scope).poly:
            raise NotExported("different normal forms")

    def _letters(self, shape: Sequence[Affine]) -> tuple[str, ...]:
        letters = self.both.scalars.names.letters()
        return tuple(next(letters) for _ in shape)

    def _output(self, number: int, out: tuple[str, str, tuple[Affine, ...]], lemmas: dict[str, Lemma]) -> Lines:
        left, right, shape = out
        indices = self._letters(shape)
        label = "holds" if len(self.both.outs) == 1 else f"holds_{number + 1}"
        twin = self.both.same.get(right, right)
        steps = [f"rewrite same_{right}."] if twin != right else []
        if twin != left:
            steps += self._by_lemmas([a for a in (left, twin) if a in lemmas], lemmas, indices)
        else:
            steps.append("reflexivity.")
        return [f"Theorem {label} : {_for_all(indices, shape)}{_applied(left, indices)} = {_applied(right, indices)}.",
                f"Proof. intros{_intros(indices, True)}. {' '.join(steps)} Qed."]

    def _by_lemmas(self, used: Sequence[str], lemmas: dict[str, Lemma], indices: Sequence[str]) -> Lines:
        steps = [f"rewrite {lemmas[a].title}{' by lia' if lemmas[a].ranged else ''}." for a in used]
        return [*steps, "ring." if self.both.modulus else "first [reflexivity | ring | keep_inverses; field]."]


def _called(term: Term) -> set[str]:
    """The functions that occur in a term."""
    own = {term.function} if isinstance(term, Call) else set()
    return own.union(*map(_called, children(term)))


def _bent(term: Term) -> bool:
    return isinstance(term, (Call, Inverse, Greatest)) or any(map(_bent, children(term)))


def _for_all(indices: Sequence[str], shape: Sequence[Affine]) -> str:
    ranges = "".join(f"(0 <= {i} < {extent})%Z -> " for i, extent in zip(indices, shape, strict=True)) if shape else ""
    return f"forall {' '.join(indices)} : Z, {ranges}" if indices else ""


def _applied(array: str, indices: Sequence[str]) -> str:
    return " ".join([array, *indices])


def _intros(indices: Sequence[str], ranged: bool) -> str:
    return "".join(f" {i}" for i in indices) + ("".join(f" range_{i}" for i in indices) if ranged else "")

