"""Generated programs as golden files, byte for byte and under two hash seeds.

`python -m tests.kernel.test_golden` writes the files anew; look at the difference before you commit it.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from symcat.kernel.tiles.host import AVX2, AVX512, NEON
from tests.category.programs import BY_NAME
from tests.kernel.steps import learner, learner_work, program_step

GOLDEN = Path(__file__).parent / "golden"
PROGRAMS = {
    "max_pool": lambda: program_step(BY_NAME["max pool"], processor=AVX512),
    "masked": lambda: program_step(BY_NAME["masked"], processor=NEON),
    "descent_iris": lambda: learner_work(learner("gradient_descent", (4, 20, 3)), 1, AVX512),
    "adam_net": lambda: learner_work(learner("adam", (3, 9, 2)), 5, AVX2),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_text_is_the_golden_one(name):
    assert PROGRAMS[name]().text.program == (GOLDEN / f"{name}.txt").read_text()


def test_the_text_is_the_same_under_every_hash_seed():
    script = "from tests.kernel.test_golden import PROGRAMS; print(''.join(make().text.program for make in PROGRAMS.values()))"
    texts = [subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True,
                            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": "."}).stdout for seed in ("1", "77")]
    assert texts[0] == texts[1] and len(texts[0]) > 5000


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for key, make in PROGRAMS.items():
        (GOLDEN / f"{key}.txt").write_text(make().text.program)
