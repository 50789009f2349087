"""Exported claims: what the files say, that coqc accepts them, and that it rejects them when a statement is changed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from symcat.category.elementwise import generic
from symcat.category.space import Z2, Real, Z, dims, space
from symcat.category.trace import trace
from symcat.derivative.reverse import R
from symcat.errors import UsageError
from symcat.laws.claim import Claim, Equation
from symcat.laws.reverse import REVERSE
from symcat.prove.coq import coqc
from symcat.prove.coq.export import PRELUDE, export, file_text, theorems
from symcat.prove.coq.scalars import NotExported
from symcat.prove.ledger import Entry
from symcat.verdict import proved, unknown

n, m = dims("n m")
VECTOR = space(x=Real[n])
COQ = pytest.mark.skipif(coqc.found() is None, reason="coqc is not installed: apt install coq")
FORBIDDEN = re.compile(r"\b(Axioms?|Parameters?|Conjectures?|Admitted|admit|Admit|give_up|bypass_check|Unset|Undo|Abort|Reset)\b")


def softmax(x):
    e = np.exp(x)
    return e / np.sum(e)


def equation(name, left, right, dom=VECTOR):
    return Claim(name, f"{name}, in words", "a test", lambda: (Equation(trace(left, dom), trace(right, dom)),))


def law(name, instance, f):
    return next(one for one in REVERSE if one.name == name).claim(instance, lambda: (f,))


GATE = trace(lambda x: np.tanh(x) * x, VECTOR)
LAYER = trace(lambda W, x: np.tanh(W @ x), space(W=Real[m, n], x=Real[n]))
BITS = trace(lambda x, y: x * y + x, space(x=Z2[n], y=Z2[n]))
CLAIMS = (
    equation("mean", lambda x: np.sum(3 * x) / 2, lambda x: np.sum(x) + np.sum(x) / 2),
    equation("softmax sums to 1", lambda x: np.sum(softmax(x)), lambda x: 1),
    equation("inverse", lambda x: x**2 / (2 * x), lambda x: x / 2),
    equation("shift", lambda x: softmax(x), lambda x: softmax(x - np.sum(x))),
    equation("two sums", lambda A, x, y: np.sum(y * (A @ x)), lambda A, x, y: np.sum(x * (A.T @ y)),
             space(A=Real[m, n], x=Real[n], y=Real[m])),
    equation("reversal twice", lambda x: x[::-1][::-1], lambda x: x),
    law("RD.2", "layer", LAYER), law("RD.5", "layer", LAYER), law("RD.7", "gate", GATE), law("RD.2", "bits", BITS),
    equation("modulo 5", lambda x: (x + 1) ** 2, lambda x: x * x + 2 * x + 1, space(x=Z[5][n])),
)
# the claim, what is changed in its text, and what it becomes
MUTANTS = (
    ("mean", "right_div + right_sum", "right_div + 2 * right_sum"),
    ("softmax sums to 1", "R := 1.", "R := 2."),
    ("inverse", "left_mul i <> 0", "0 <= left_mul i"),
    ("inverse", "(1 / 2) * x i", "(-1 / 2) * x i"),
    ("two sums", "A j i", "A i j"),
    ("RD.7 gate", "^ 2", "^ 3"),
    ("modulo 5", "2 * x i", "3 * x i"),
    ("RD.2 bits", "right_d_x2 i + d_y1 i", "right_d_x2 i * d_y1 i"),
)


def text_of(*claims):
    return file_text("tests", [(claim, theorems(claim)) for claim in claims])


def entries(claims, verdict=None):
    given = proved("a test", {"digest": "0"}) if verdict is None else verdict
    return [Entry(claim, given, "topic") for claim in claims]


def test_every_claim_of_the_sample_is_exported(tmp_path):
    found = export(entries(CLAIMS), tmp_path / "coq")
    assert (found.count, found.total, found.left_out) == (len(CLAIMS), len(CLAIMS), {})
    assert {file.name for file in found.files} == {"Symcat.v", "Topic.v", "_CoqProject"}
    assert set(found.files) == set((tmp_path / "coq").iterdir())
    assert set(found.methods) == {"normal form", "identical programs", "identical programs; normal form"}


def test_the_two_sides_are_apart_and_the_theorem_is_about_both():
    text = text_of(CLAIMS[0])
    assert "Definition left_" in text and "Definition right_" in text
    assert re.search(r"Theorem holds : left_\w+ = right_\w+\.", text)
    assert "mean, in words" in text and "source: a test" in text


def test_hypotheses_are_those_of_the_claim():
    text = text_of(CLAIMS[2])
    assert "Hypothesis n_positive : (0 < n)%Z." in text
    assert "Definition left_mul (i : Z) : R := 2 * x i." in text
    assert "Hypothesis required : forall i : Z, (0 <= i < n)%Z -> left_mul i <> 0." in text


def test_no_file_assumes_anything():
    outside = re.sub(r"\(\*.*?\*\)", "", text_of(*CLAIMS) + PRELUDE.read_text(encoding="utf-8"))
    assert not FORBIDDEN.search(outside.replace("Unset Default Proof Using.", ""))
    for command in re.findall(r"(?m)^(?:Variables?|Hypothesis|Hypotheses)\b.*", outside):
        before = outside[:outside.index(command)]
        assert before.count("\nSection ") > len(re.findall(r"\nEnd (?:Statement|Sums)\.", before)), f"outside a section: {command}"


def test_what_is_not_proved_is_not_exported(tmp_path):
    found = export(entries(CLAIMS[:2], unknown("a test")), tmp_path)
    assert (found.count, found.total) == (0, 0)


@pytest.mark.parametrize("claim, reason", [
    (equation("false", lambda x: np.sum(x), lambda x: np.sum(2 * x)), "different normal forms"),
    (equation("modular", lambda x: 3 * x + 3 * x, lambda x: x, space(x=Z[5][n])), "different normal forms"),
    (Claim("a text", "s", "a test", lambda: (_ for _ in ()).throw(UsageError("no goal"))), "cannot be read"),
], ids=["false", "Z5", "no goal"])
def test_what_has_no_theorem_is_left_out_with_a_reason(tmp_path, claim, reason):
    with pytest.raises(NotExported, match=reason):
        theorems(claim)
    found = export(entries([claim]), tmp_path)
    assert found.count == 0 and [names for words, names in found.left_out.items() if reason in words] == [[claim.name]]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "here").write_text("")
    with pytest.raises(UsageError, match="give --coq a folder"):
        export([], tmp_path / "here")


def test_the_text_is_the_same_under_every_hash_seed():
    code = ("from tests.prove.coq.test_export import CLAIMS, text_of; import hashlib; "
            "print(hashlib.sha256(text_of(*CLAIMS[:1], *CLAIMS[4:8]).encode()).hexdigest())")
    root = Path(__file__).resolve().parents[3]
    found = {subprocess.run([sys.executable, "-c", code], cwd=root, env=os.environ | {"PYTHONHASHSEED": seed}, text=True, check=True,
                            capture_output=True).stdout for seed in ("1", "2")}
    assert len(found) == 1 and len(found.pop()) == 65


def test_the_name_of_a_function_cannot_end_its_comment():
    hostile = generic("phi *) Axiom bad : False. (*")
    text = text_of(equation("hostile", lambda x: hostile(x) + hostile(x), lambda x: 2 * hostile(x)))
    assert re.search(r"Variable any_phi_Axiom_bad_False : nat -> R -> R\. \(\*[^*]*phi \* \) Axiom", text)
    assert not re.search(r"\bAxiom\b", re.sub(r"\(\*.*?\*\)", "", text))


# ---- with coqc
HOSTILE = "x *) Axiom bad : False. (* \"y"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The prelude and the sample, compiled once."""
    made = tmp_path_factory.mktemp("coq")
    hostile = Claim(HOSTILE, HOSTILE, HOSTILE, CLAIMS[0].goal)
    return made, coqc.check(export(entries([*CLAIMS, hostile]), made).files)


@COQ
def test_coqc_accepts_the_sample(folder):
    assert [(answer.file.name, answer.fault) for answer in folder[1]] == [("Symcat.v", ""), ("Topic.v", "")]


def compiled(folder: Path, name: str, text: str) -> str:
    """What coqc says of a text beside the prelude."""
    (folder / f"{name}.v").write_text(text, encoding="utf-8")
    return coqc.check([folder / f"{name}.v"])[0].fault


@COQ
@pytest.mark.parametrize("number", range(len(MUTANTS)), ids=[f"{title} {new}" for title, _, new in MUTANTS])
def test_coqc_rejects_a_changed_statement(folder, number):
    title, old, new = MUTANTS[number]
    text = text_of(next(claim for claim in CLAIMS if claim.name == title))
    statement, proof = text[:text.index("\nLemma")], text[text.index("\nLemma"):]
    place = statement.rindex(old)
    assert statement.index("Definition right_") < place
    fault = compiled(folder[0], f"Mutant_{number}", f"{statement[:place]}{new}{statement[place + len(old):]}{proof}")
    assert "Error" in fault and "Syntax" not in fault


@COQ
def test_theorems_rest_on_the_axioms_of_the_reals_alone(folder):
    text = text_of(CLAIMS[1], CLAIMS[9]) + "\nPrint Assumptions Claim_softmax_sums_to_1.Part_1.holds.\n" \
        "Print Assumptions Claim_RD_2_bits.Part_1.holds_1.\n"
    (folder[0] / "Assumptions.v").write_text(text, encoding="utf-8")
    done = subprocess.run([coqc.found(), "-q", "-Q", ".", "", "Assumptions.v"], cwd=folder[0], capture_output=True, text=True, check=True)
    named = set(re.findall(r"(?m)^(\S+)\s*:", done.stdout))
    assert named <= {"Axioms", "ClassicalDedekindReals.sig_forall_dec", "ClassicalDedekindReals.sig_not_dec",
                     "FunctionalExtensionality.functional_extensionality_dep", "Classical_Prop.classic"}, done.stdout
    assert "Closed under the global context" in done.stdout, "Boolean claims rest on nothing"


def test_without_coqc_checking_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(OSError, match="not installed"):
        coqc.check([tmp_path / "a.v"])


def test_the_derivative_in_a_claim_is_the_one_that_symcat_computes():
    """The exported right-hand sides are programs of R: a sanity check of what the text is about."""
    text = text_of(CLAIMS[7])
    assert all(f"Definition left_{node.name}" in text for node in R(LAYER).nodes[:1])
