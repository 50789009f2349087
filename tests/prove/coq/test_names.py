"""Names and comments of Coq files: nothing that a user writes can end a comment or become a command."""

import pytest

from symcat.prove.coq.names import RESERVED, Names, comment, identifier

HOSTILE = (
    "x *) Axiom bad : False. (*",
    "*) Admitted. Parameter p : False. (* ",
    "(* (* ( * ) *",
    "(*)*)(*)",
    'a "string *) that Axiom b : False. (* starts',
    "new\nline *) Qed.\r\n(*",
    "*" * 5 + ")" * 5,
    "(" + "*" * 7 + ")",
    "\u2028*)\u0000",
)


def depth(text: str) -> list[int]:
    """The depth of comments after each character, read as Coq's lexer does: strings count inside comments too."""
    found, level, k, quoted = [], 0, 0, False
    while k < len(text):
        if level and text[k] == '"':
            quoted = not quoted
        elif not quoted and text.startswith("(*", k):
            level, k = level + 1, k + 1
            found.append(level)
        elif not quoted and level and text.startswith("*)", k):
            level, k = level - 1, k + 1
            found.append(level)
        found.append(level)
        k += 1
    return found


@pytest.mark.parametrize("text", HOSTILE)
def test_a_comment_holds_its_text_to_the_end(text):
    written = comment(text)
    levels = depth(written)
    assert "\n" not in written and '"' not in written
    assert set(levels[:-2]) == {1} and levels[-1] == 0, "the comment ends only at its end"


def test_the_reader_of_comments_sees_an_injection():
    assert 0 in depth("(* x *) Axiom bad : False. (* *)")[:-2]


@pytest.mark.parametrize("text", [*HOSTILE, "", "1", "_", "é", "in", "sum", "range_i"])
def test_identifiers_are_letters_digits_and_underscores(text):
    for found in (identifier(text), Names().new(text)):
        assert found.isascii() and found.isidentifier() and found[0].isalpha()


def test_names_are_unique_and_avoid_what_coq_and_the_proofs_call_their_own():
    names = Names()
    found = [names.new(wish) for wish in ("x", "x", "x 1", "x_1", "sum", "sum", "forall", "S", "range_i", "same_x", "t0")]
    assert len(set(found)) == len(found)
    assert not set(found) & RESERVED
    assert not any(name.startswith(("range_", "same_", "known_")) for name in found)
    letters = names.letters()
    assert not {next(letters) for _ in range(40)} & set(found)
