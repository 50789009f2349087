"""Names for Coq: identifiers that are safe and unique, comments that cannot end early."""

from __future__ import annotations

import re
from collections.abc import Iterator

# keywords, and what the prelude and Coq's library of the reals call their own
RESERVED = frozenset({
    "as", "at", "cofix", "else", "end", "exists", "exists2", "fix", "for", "forall", "fun", "if", "IF", "in", "let", "match", "mod",
    "Prop", "return", "Set", "SProp", "then", "Type", "using", "where", "with", "Axiom", "Parameter", "Variable", "Hypothesis",
    "Definition", "Lemma", "Theorem", "Proof", "Qed", "Defined", "Admitted", "Module", "Section", "Import", "Require", "sum", "bracket",
    "delta", "parts", "parts_at", "greatest", "exp", "ln", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "atan", "asin", "acos",
    "sigmoid", "softplus", "relu", "step", "absolute", "sign", "maximum", "minimum", "equal", "chosen", "detach", "Rabs", "Rmax",
    "Rmin", "Rplus", "Rmult", "Rminus", "Ropp", "Rinv", "Rdiv", "IZR", "INR", "PI", "R", "Z", "nat", "bool", "true", "false", "nil",
    "cons", "list", "pow", "Rpower", "negb", "andb", "orb", "xorb", "power", "total", "upto", "combined", "combined_at",
    "at_least_zero", "is_zero", "S", "O", "N", "Q", "I", "E", "id", "left", "right", "inl", "inr", "fst", "snd", "pair", "not", "and",
    "or", "ex", "eq", "lt", "le", "gt", "ge", "Real", "Two", "alike", "positive", "casts", "apart", "keep_inverses", "sum_same",
    "sum_parts", "sum_swap", "sum_pick", "sum_one", "sum_nonnegative", "sum_positive", "greatest_same", "up_to_greatest", "bracket_yes",
    "bracket_no", "bracket_twice", "delta_yes", "delta_no", "delta_twice", "delta_same", "F", "u", "ring", "field", "lia", "lra",
    "Statement", "holds", "Fixpoint", "Ltac", "Notation", "Scope", "Local", "Open", "t", "by", "T",
})
PREFIXES = ("range_", "same_", "known_")            # the names of hypotheses in proofs
LETTERS = "ijklpqrsuvwabcdegh"
BOUND = tuple(f"t{k}" for k in range(40))        # the indices of sums in normal form, by height


class Names:
    """Identifiers of one scope, each given once."""

    def __init__(self) -> None:
        self.taken = set(BOUND)

    def new(self, wish: str) -> str:
        """An identifier like the wish that nothing else has."""
        plain = identifier(wish)
        name, count = plain, 0
        while name in self.taken or name in RESERVED or name.startswith(PREFIXES):
            count += 1
            name = f"{'n_' if plain.startswith(PREFIXES) else ''}{plain}_{count}"
        self.taken.add(name)
        return name

    def letters(self) -> Iterator[str]:
        """Letters for indices, then i_1, i_2, ..., which this scope does not use; they are not reserved."""
        yield from (letter for letter in LETTERS if letter not in self.taken)
        count = 0
        while True:
            count += 1
            if f"i_{count}" not in self.taken:
                yield f"i_{count}"


def identifier(text: str) -> str:
    """Letters, digits and _ of a text, starting with a letter.

    >>> identifier("RD.5 softmax"), identifier("2 x *) Admitted."), identifier("")
    ('RD_5_softmax', 'n_2_x_Admitted', 'n')
    """
    plain = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_")
    return plain if plain and plain[0].isalpha() else f"n_{plain}" if plain else "n"


def comment(text: str) -> str:
    """A comment of one line that holds a text and nothing else: it neither ends early nor opens another, and no string starts in it.

    >>> comment('a *) Admitted. (* "b')
    "(* a * ) Admitted. ( * 'b *)"
    """
    plain = "".join(c if c.isprintable() else " " for c in text.replace('"', "'"))
    while "(*" in plain or "*)" in plain:
        plain = plain.replace("(*", "( *").replace("*)", "* )")
    plain = plain.strip()
    return f"(* {plain} *)"
