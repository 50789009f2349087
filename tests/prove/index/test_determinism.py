"""Proofs, traces and residues are the same under every hash seed."""

import os
import subprocess
import sys

SCRIPT = """
import json
from symcat.derivative.reverse import R
from symcat.prove.index.equal import prove_equal
from tests.prove.index.programs import GENERATORS, LAWS, attention
for name in ("softmax", "correlate", "max_pool"):
    f = GENERATORS[name]()
    for law in ("RD.2", "RD.7"):
        for left, right in LAWS[law](f):
            proof = prove_equal(left, right)
            print(proof.method, proof.premises, json.dumps(proof.trace))
import random
from tests.prove.index import fuzz_maxima, fuzz_sums
for seed in range(12):
    for goal in (fuzz_sums.goal, fuzz_sums.shares, fuzz_maxima.goal, fuzz_maxima.iterated):
        print(prove_equal(*goal(random.Random(seed))))
print(prove_equal(R(attention()), R(attention()) + R(attention())))
"""


def output(seed):
    environment = os.environ | {"PYTHONHASHSEED": str(seed)}
    return subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True).stdout


def test_two_hash_seeds_give_one_text():
    first = output(1)
    assert first.count("index normal form") > 4
    assert first == output(2)
