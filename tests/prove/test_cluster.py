"""Campaigns on a Dask cluster of this machine: nothing is lost when a worker is killed, limits hold, errors name the way out."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from symcat.cli import main
from symcat.errors import UsageError
from symcat.prove.cache import Store
from symcat.prove.campaign import run
from symcat.prove.certificate import recheck
from symcat.prove.claim import Claim
from symcat.prove.crew import parallel
from symcat.prove.ledger import Journal

distributed = pytest.importorskip("distributed", reason="needs the extra `cluster`: pip install 'symcat[cluster]'")
from symcat.prove import cluster as clusters  # noqa: E402 - it is only there when Dask is

HEAD = '''"""Claims for tests of clusters."""
import os, signal, time
from pathlib import Path
from symcat.laws.claim import Claim, Equation
from neighbour import equation

TRACKS = Path({tracks!r})

def slow(name):
    template = Path(f"/proc/{{os.getppid()}}/stat").read_text()
    with open(TRACKS, "a") as file:
        file.write(f"{{name}},{{template.rpartition(')')[2].split()[1]}}\\n")    # the template's parent is the Dask worker
    time.sleep(0.3)
    return equation()

def claim(name, goal=equation):
    return Claim(name, "copying twice what is the same", "by hand", goal)
'''
NEIGHBOUR = '''
from symcat.category.space import Real, space
from symcat.category.structure import copy, identity
from symcat.laws.claim import Equation

def equation():
    a = space(x=Real[2])
    return (Equation(copy(a) >> (identity(a) @ identity(a)), copy(a)),)

CLAIMS = ()
'''
MANY = HEAD + 'CLAIMS = tuple(claim(f"number {{k}}", lambda k=k: slow(f"number {{k}}")) for k in range(16))\n'
BAD = HEAD + '''
CLAIMS = (
    claim("sleeps", lambda: time.sleep(60)), claim("dies", lambda: os._exit(3)), claim("is killed", lambda: os.kill(os.getpid(), 9)),
    claim("hogs", lambda: bytearray(2**33)), claim("breaks", lambda: 1 // 0), claim("holds"),
)
'''


@pytest.fixture(scope="module")
def cluster() -> Iterator[distributed.LocalCluster]:
    """Two Dask workers, which are started again when they die; a claim may see one of them die, not two."""
    import dask

    with (dask.config.set({"distributed.scheduler.allowed-failures": 1, "distributed.logging.distributed": "critical"}),
          distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as found):
        yield found


def module(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "neighbour.py").write_text(NEIGHBOUR)
    path = folder / "claims.py"
    path.write_text(text.format(tracks=str(folder / "tracks")))
    return path


def test_no_claim_is_lost_when_a_worker_is_killed_half_way(tmp_path: Path, cluster: distributed.LocalCluster) -> None:
    path = module(tmp_path / "a", MANY)
    store, killed, seen = Store(tmp_path / "cache"), [], []

    def begun() -> list[list[str]]:
        return [line.split(",") for line in (tmp_path / "a" / "tracks").read_text().splitlines()]

    def kill(done: int, total: int, claim: Claim, verdict: object) -> None:
        seen.append((done, claim.name))
        decided = [name for _, name in seen]
        under_way = [(name, int(pid)) for name, pid in begun() if name not in decided]
        if done >= 8 and under_way and not killed:
            killed.extend(under_way[-1])
            os.kill(killed[1], signal.SIGKILL)

    ledger = run([path], store=store, progress=kill, cluster=cluster.scheduler_address)
    names = [f"number {k}" for k in range(16)]
    assert [(entry.claim.name, entry.verdict.status, entry.verdict.reason) for entry in ledger] == [(name, "proved", "") for name in names]
    assert [done for done, _ in seen] == list(range(1, 17)) and Counter(name for _, name in seen) == dict.fromkeys(names, 1)
    tracks = Counter(name for name, _ in begun())
    assert set(tracks) == set(names) and tracks[killed[0]] > 1, "what the worker was at was begun again"
    assert killed[1] not in [worker.pid for worker in cluster.workers.values()]
    assert len(Journal(store.folder / "ledger.jsonl").read()) == 16
    certificates = [Path(entry.verdict.certificate["path"]) for entry in ledger]
    assert {file.parent for file in certificates} == {store.certificates} and recheck(certificates[0]).ok
    again = run([path], store=store, cluster="tcp://127.0.0.1:1")
    assert again.cached == 16 and again.records == ledger.records, "what is known needs no cluster"


def test_limits_hold_on_a_cluster(tmp_path: Path, cluster: distributed.LocalCluster) -> None:
    ledger = run([module(tmp_path / "a", BAD)], store=Store(tmp_path / "cache"), timeout=2, cluster=cluster.scheduler_address)
    reasons = [entry.verdict.reason for entry in ledger]
    assert reasons[:4] == ["stopped after 2 s", "the worker died 3 times at this claim: it ended with code 3",
                           "the worker died 3 times at this claim: it was ended by signal SIGKILL", "out of memory: more than 4 GiB"]
    assert "ZeroDivisionError" in reasons[4] and ledger.entries[5].verdict.proved


def test_a_task_that_ends_its_dask_worker_is_lost_and_nobody_waits_for_it(cluster: distributed.LocalCluster) -> None:
    def fatal(request: dict) -> dict:
        if request["position"] == 1:
            import os

            os._exit(1)
        return {"position": request["position"]}

    with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
        found = list(parallel(fatal, [{"position": k} for k in range(6)], -1, clusters.Backend(client)))
    answered = [answer["position"] for answer in found if "position" in answer]
    assert len(found) == 6 and len(set(answered)) == len(answered) < 6 and 1 not in answered
    assert all(answer == {"lost": "its Dask worker died each time"} for answer in found if "position" not in answer)


class Lossy:
    """A crew that answers the first request of those that it gets together, unless it is one that it never answers."""

    def __init__(self, never: int) -> None:
        self.never, self.sizes = never, []

    def answers(self, requests: Sequence[dict]) -> Iterator[dict]:
        self.sizes.append(len(requests))
        position = requests[0]["position"]
        yield {"lost": "no luck"} if position == self.never else {"position": position, "reason": "answered"}

    def stop(self) -> None: ...

    def close(self) -> None: ...


def test_what_a_cluster_loses_is_sent_again_at_last_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crew = Lossy(never=3)
    monkeypatch.setattr(clusters, "connect", lambda *arguments: crew)
    ledger = run([module(tmp_path / "a", MANY)], store=Store(tmp_path / "cache"), cluster="tcp://127.0.0.1:1")
    assert crew.sizes == [16, 15] + [1] * 14
    assert [entry.verdict.reason for entry in ledger] == ["answered"] * 3 + ["lost by the cluster 3 times: no luck"] + ["answered"] * 12


def test_the_command_line_takes_the_address_of_a_cluster(tmp_path: Path, cluster: distributed.LocalCluster,
                                                         monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setenv("SYMCAT_CACHE", str(tmp_path / "cache"))
    path = module(tmp_path / "a", MANY)
    assert main(["prove", str(path), "-k", "number 3", "--cluster", cluster.scheduler_address, "--json", "-"]) == 0
    assert [claim["verdict"] for claim in json.loads(capsys.readouterr().out)["claims"]] == ["proved"]
    monkeypatch.setattr(clusters, "CONNECT", 0.5)
    assert main(["prove", str(path), "--cluster", "tcp://127.0.0.1:1"]) == 2
    assert "no Dask scheduler answers at tcp://127.0.0.1:1" in capsys.readouterr().err


def test_workers_with_another_symcat_are_refused(tmp_path: Path, cluster: distributed.LocalCluster,
                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "version", lambda: "another")
    with pytest.raises(UsageError, match="have another symcat"):
        run([module(tmp_path / "a", MANY)], store=Store(tmp_path / "cache"), cluster=cluster.scheduler_address)
    place = clusters.Workplace("name", {}, clusters.Limits(1, 1), "mine")
    assert "another version of symcat" in place.settle({"position": 0})["reason"]


def test_a_cluster_needs_dask_and_claims_that_have_a_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="belong to no module"):
        run([Claim("a", "s", "s", lambda: ())], store=Store(tmp_path / "cache"), cluster="tcp://127.0.0.1:1")
    monkeypatch.setattr(clusters, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'symcat\[cluster\]'"):
        run([module(tmp_path / "a", MANY)], store=Store(tmp_path / "cache"), cluster="tcp://127.0.0.1:1")
