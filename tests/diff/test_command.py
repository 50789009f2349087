"""`symcat diff`: exit codes, the JSON contract, errors."""

from __future__ import annotations

import json

import pytest

from symcat.cli import main

CONTRACT = {"a", "b", "relation", "state_map", "premises", "witness", "first_step", "seconds"}
FILE = '''
def mine(p, g, v=0, *, lr=0.1, gamma=0.9):
    v = gamma * v + g
    return p - lr * v, v

def broken(p, g, v=0, *, lr=0.1):
    if g > 0:
        p = p - lr * g
    return p, v
'''


@pytest.mark.parametrize("a, b, relation, code", [
    ("momentum", "{file}:mine", "equal-under-state-map", 0),
    ("gradient_descent", "sign_descent", "different", 1),
    ("gradient_descent", "value_clipped_descent", "ordered", 1),
])
def test_the_answer_is_in_the_json_and_in_the_exit_code(tmp_path, capsys, a, b, relation, code):
    file = tmp_path / "rules.py"
    file.write_text(FILE)
    assert main(["diff", a, b.format(file=file), "--json", "-"]) == code
    out, err = capsys.readouterr()
    data = json.loads(out)
    assert data.keys() >= CONTRACT and data["relation"] == relation and data["a"] == a
    assert isinstance(data["premises"], list) and (data["witness"] is None or data["first_step"] >= 1)
    assert relation.split("-")[0].upper() in err


@pytest.mark.parametrize("arguments, words", [
    (["adam", "adan"], "adan"), (["adam", "adam", "--given", "warmth=1"], "warmth"), (["{file}:broken", "adam"], "where"),
    (["adam", "adam", "--json", "missing/folder/x.json"], "cannot be written"),
])
def test_a_wrong_input_is_an_error(tmp_path, capsys, arguments, words):
    file = tmp_path / "rules.py"
    file.write_text(FILE)
    assert main(["diff", *(text.format(file=file) for text in arguments)]) == 2
    assert words in capsys.readouterr().err


def test_a_screen_without_json(capsys):
    assert main(["diff", "momentum", "momentum_torch"]) == 0
    out = capsys.readouterr().out
    assert "EQUAL UNDER A MAP OF STATES" in out and "constant lr" in out and "v_a = -lr*v_b" in out
