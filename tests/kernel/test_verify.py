"""Stamped kernel files, checked again: what holds, and every way in which it may not."""

from pathlib import Path

import pytest

from symcat.errors import DataError
from symcat.kernel.cache import digest
from symcat.kernel.verify import read_stamp, recheck_kernel
from symcat.laws.claim import Claim, Equation
from symcat.laws.obligations import obligations
from symcat.learn.layers import mlp
from symcat.learn.learner import Learner
from symcat.learn.losses import loss
from symcat.learn.optimisers import momentum
from symcat.prove.campaign import Entry
from symcat.prove.certificate import recheck
from symcat.prove.decide import prove
from symcat.prove.record import load_goal, read


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A kernel with its certificates, written as `symcat learn` writes them."""
    place = tmp_path_factory.mktemp("out")
    net = mlp(2, 2)
    learner = Learner(net, loss("quadratic", net.cod), momentum)
    decided = [Entry(claim, prove(claim, place / "certificates")) for claim in obligations(learner)]
    kernel = learner.compile(obligations=decided, batch=3)
    (place / f"kernel-{kernel.digest[:16]}.py").write_text(kernel.source)
    return place


def kernel_in(folder: Path) -> Path:
    return next(folder.glob("kernel-*.py"))


def edited(folder: Path, target: Path, old: str, new: str) -> Path:
    """The kernel with one piece of its text replaced and its name made to fit."""
    text = kernel_in(folder).read_text().replace(old, new, 1)
    assert text != kernel_in(folder).read_text()
    path = target / f"kernel-{digest(text)[:16]}.py"
    path.write_text(text)
    (target / "certificates").symlink_to(folder / "certificates")
    return path


def test_a_kernel_as_written_holds(folder):
    why = recheck_kernel(kernel_in(folder), recheck)
    assert "certificates hold" in why and "gamma = 9/10" in why


@pytest.mark.parametrize("old, new, words", [
    ("gamma = 9/10", "gamma = 8/10", "not what the proved step compiles to"),
    ("status: PROVED", "status: UNPROVED", "stamped UNPROVED"),
    ("certificate: learning step", "certificate: learning stop", "no certificate for learning step"),
    ("    for ", "    for  ", "not what the proved step compiles to"),
    ("dtype: float64", "dtype: float32", "not what the proved step compiles to"),
    ("values: ", "valves: ", "no kernel's header"),
    ("lr = 1/100", "lr = 1/0", "cannot be read"),
])
def test_an_edited_kernel_does_not_hold_even_under_a_fitting_name(folder, tmp_path, old, new, words):
    with pytest.raises(DataError, match=words):
        recheck_kernel(edited(folder, tmp_path, old, new), recheck)


def test_a_kernel_of_another_morphism_does_not_hold(folder, tmp_path):
    stamp = read_stamp(kernel_in(folder))
    with pytest.raises(DataError, match="the kernel is of 0000"):
        recheck_kernel(edited(folder, tmp_path, stamp.morphism, "0" * 64), recheck)


def test_a_step_that_was_proved_equal_to_itself_is_not_a_learning_step(folder, tmp_path):
    digest_of = dict(read_stamp(kernel_in(folder)).certificates)["learning step"]
    equation, = load_goal(read(folder / "certificates" / f"{digest_of}.json")["goal"])
    vacuous = prove(Claim("learning step", "s", "s", lambda: (Equation(equation.lhs, equation.lhs),)), folder / "certificates")
    with pytest.raises(DataError, match="a program equals itself"):
        recheck_kernel(edited(folder, tmp_path, digest_of, vacuous.certificate["digest"]), recheck)
    assert f"the formula {equation.rhs.digest[:16]}" in recheck_kernel(kernel_in(folder), recheck)


def test_a_changed_byte_or_a_lost_certificate_is_noticed(folder, tmp_path):
    path = tmp_path / kernel_in(folder).name
    path.write_text(kernel_in(folder).read_text() + " ")
    with pytest.raises(DataError, match="was changed after it was written"):
        recheck_kernel(path, recheck)
    path.write_text(kernel_in(folder).read_text())
    with pytest.raises(DataError, match="keep the folder certificates/ with the kernel"):
        recheck_kernel(path, recheck)
    other = tmp_path / "mine.py"
    other.write_text("x = 1\n")
    with pytest.raises(DataError, match="not named like a kernel"):
        recheck_kernel(other, recheck)


def test_a_certificate_under_the_name_of_another_claim_does_not_hold(folder, tmp_path):
    found = dict(read_stamp(kernel_in(folder)).certificates)
    with pytest.raises(DataError, match=r"but it is that of RD\.5 objective"):
        recheck_kernel(edited(folder, tmp_path, found["RD.2 objective"], found["RD.5 objective"]), recheck)


def test_an_obligation_that_the_header_leaves_out_is_missed(folder, tmp_path):
    line = f"certificate: RD.6 objective: {dict(read_stamp(kernel_in(folder)).certificates)['RD.6 objective']}\n"
    with pytest.raises(DataError, match=r"no certificate for RD\.6 objective"):
        recheck_kernel(edited(folder, tmp_path, line, ""), recheck)
