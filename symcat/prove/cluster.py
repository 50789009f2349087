"""A campaign on a Dask cluster.

Every Dask worker gets a bench of its own (`symcat.prove.bench`), so that limits hold there as they do here: the proofs modules are
sent to it, a template imports them once, and each thread of the Dask worker supervises a runner.  Workers that join later, or
that are started again after a death, get the same.  Claims go through joblib, with a backend that tells what joblib's own for Dask
keeps to itself: a task whose worker is lost for good is an answer without a position, not a wait without end.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from uuid import uuid4

from joblib.parallel import ParallelBackendBase

from symcat.errors import SymcatError, UsageError
from symcat.prove.bench import Bench
from symcat.prove.cache import package_digest
from symcat.prove.crew import parallel
from symcat.prove.worker import Answer, Limits, Request

try:
    import distributed
    from distributed.diagnostics.plugin import WorkerPlugin
except ImportError:
    distributed, WorkerPlugin = None, object

CONNECT = 10      # seconds for the scheduler to answer
PATIENCE = 60     # seconds without any worker after which a campaign ends
Files = Mapping[str, Mapping[str, str]]
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


class ClusterLost(SymcatError):
    """The cluster went away in the middle of a campaign."""


# ---- on a worker of the cluster
class Workplace(WorkerPlugin):
    """What a Dask worker needs to decide claims: the proofs modules by folder, the limits, and the version it has to have."""

    def __init__(self, name: str, files: Files, limits: Limits, version: str) -> None:
        self.name, self.files, self.limits, self.version = name, files, limits, version

    def setup(self, worker: object) -> None:
        """Nothing is started before there is something to do."""
        self._lock = threading.Lock()
        self._bench: Bench | None = None
        self._folder: Path | None = None

    def teardown(self, worker: object) -> None:
        """End all that was started."""
        with self._lock:
            if self._bench:
                self._bench.close()
            if self._folder:
                shutil.rmtree(self._folder, ignore_errors=True)
            self._bench = self._folder = None

    def settle(self, request: Request) -> Answer:
        """One answer, with the certificate in it."""
        if version() != self.version:
            return {"position": request["position"], "reason": f"the worker on {socket.gethostname()} has another version of symcat"}
        with self._lock:
            if self._bench is None:
                self._folder = unpacked(self.files)
                self._bench = Bench(self._start, self.limits)
        module = Path(request["module"])
        there = self._folder / str(list(self.files).index(str(module.parent))) / module.name
        return self._bench.settle(dict(request) | {"module": str(there)}) | {"host": f"{socket.gethostname()}:{os.getpid()} "}

    def _start(self, control: socket.socket) -> Callable[[], object]:
        """A template in a fresh interpreter: a Dask worker has threads, beside which nothing should be forked."""
        arguments = [str(control.fileno()), str(self._folder), str(self.limits.seconds), str(self.limits.memory)]
        path = os.pathsep.join(entry for entry in sys.path if entry)
        process = subprocess.Popen([sys.executable, "-m", "symcat.prove.remote", *arguments], pass_fds=[control.fileno()],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=os.environ | THREADS | {"PYTHONPATH": path})
        return process.wait


def unpacked(files: Files) -> Path:
    """The proofs modules, written to a folder of this machine."""
    folder = Path(tempfile.mkdtemp(prefix="symcat-"))
    for number, texts in enumerate(files.values()):
        (folder / str(number)).mkdir()
        for name, text in texts.items():
            (folder / str(number) / name).write_text(text, encoding="utf-8")
    return folder


def settle(name: str, request: Request) -> Answer:
    """One answer, by the workplace of the Dask worker that this runs on."""
    return distributed.get_worker().plugins[name].settle(request)


def version() -> str:
    """What decides in this process."""
    return package_digest()


# ---- here
class Backend(ParallelBackendBase):
    """joblib's tasks on a Dask cluster; what comes of one that the cluster gave up on is `lost`, with the reason."""

    supports_retrieve_callback = True

    def __init__(self, client: object) -> None:
        super().__init__(nesting_level=0)
        self.client = client
        self.waiting: dict[str, object] = {}

    def effective_n_jobs(self, n_jobs: int) -> int:
        """The cluster's cores; never 1, for which joblib would do the work here."""
        return max(2, sum(self.client.ncores().values()))

    def submit(self, func: object, callback: Callable[[object], None] | None = None) -> object:
        (function, arguments, _), = func.items
        future = self.client.submit(function, *arguments, key=f"claim-{uuid4().hex}", pure=False)
        self.waiting[future.key] = future
        future.add_done_callback(lambda done: callback(self._outcome(done)))
        return future

    def retrieve_result_callback(self, out: Answer) -> list[Answer]:
        return [out]

    def _outcome(self, future: object) -> Answer:
        """What a task came to, whatever happened to its worker."""
        self.waiting.pop(future.key, None)
        try:
            return future.result()
        except distributed.KilledWorker:
            return {"lost": "its Dask worker died each time"}
        except (Exception, asyncio.CancelledError) as error:
            return {"lost": f"{type(error).__name__}: {error}"}

    def cancel(self) -> None:
        """Give up on what is not done; joblib hears of it as of any other end."""
        with suppress(Exception):
            self.client.cancel(list(self.waiting.values()), force=True)


class Cluster:
    """The crew of a Dask cluster."""

    def __init__(self, client: object, address: str, name: str) -> None:
        self._client, self._address, self._name = client, address, name
        self._backend = Backend(client)
        self._stopped = False
        self._seen = time.monotonic()

    def answers(self, requests: Sequence[Request]) -> Iterator[Answer]:
        self._check()
        try:
            yield from parallel(partial(settle, self._name), requests, -1, self._backend, self._check)
        except (OSError, RuntimeError) as error:
            raise ClusterLost(f"the Dask cluster at {self._address} does not answer ({error}): {RESUME}") from error

    def stop(self) -> None:
        self._stopped = True
        self._backend.cancel()

    def close(self) -> None:
        if self._client.status == "running":
            with suppress(Exception):
                self._client.unregister_worker_plugin(self._name)
        with suppress(Exception):
            self._client.close(timeout=CONNECT)

    def _check(self) -> None:
        """ClusterLost when the scheduler is gone, or all workers for a long time."""
        if self._stopped:
            return
        try:
            workers = self._client.status == "running" and self._client.ncores()
        except Exception:
            workers = False
        now = time.monotonic()
        if workers:
            self._seen = now
        elif self._client.status in ("closed", "closing"):
            raise ClusterLost(f"the Dask scheduler at {self._address} went away: {RESUME}")
        elif now - self._seen > PATIENCE:
            raise ClusterLost(f"the Dask cluster at {self._address} had no worker for {PATIENCE} s: {RESUME}")


RESUME = "what was decided is kept, so run the campaign again and it goes on from there"


def connect(address: str, folders: Iterable[Path], limits: Limits) -> Cluster:
    """The crew of the cluster whose scheduler is at an address, with the modules of these folders sent to its workers.

    UsageError when there is no scheduler, no worker, or a worker with another symcat than this one.
    """
    if distributed is None:
        raise UsageError("--cluster needs Dask, which is not installed: pip install 'symcat[cluster]', here and on the workers")
    try:
        client = distributed.Client(address, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"no Dask scheduler answers at {address} ({error}): start one with `dask scheduler`, and workers with "
                         f"`dask worker {address}`") from error
    try:
        _same_version(client, address)
        name = f"symcat-{uuid4().hex}"
        client.register_plugin(Workplace(name, sent(folders), limits, version()), name=name)
    except BaseException:
        client.close(timeout=CONNECT)
        raise
    return Cluster(client, address, name)


def _same_version(client: object, address: str) -> None:
    """UsageError unless there are workers and each has this very symcat: verdicts of others would be filed as ours."""
    try:
        client.wait_for_workers(1, timeout=CONNECT)
    except TimeoutError as error:
        raise UsageError(f"the Dask scheduler at {address} has no workers: start some with `dask worker {address}`") from error
    try:
        versions = client.run(package_digest)
    except Exception as error:
        raise UsageError(f"the workers at {address} cannot load symcat ({type(error).__name__}: {error}): install it there") from error
    mine = version()
    other = sorted(worker for worker, its in versions.items() if its != mine)
    if other:
        raise UsageError(f"{', '.join(other)} of the cluster at {address} have another symcat, or other versions of what it needs, "
                         "than this process: install the same there")


def sent(folders: Iterable[Path]) -> Files:
    """The Python files of folders, as text."""
    return {str(folder): {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))}
            for folder in sorted(folders)}
