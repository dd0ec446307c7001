"""A recorded run, jobs in it, and a real worker process that does them."""

from __future__ import annotations

import contextlib
import functools
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest

from cnnviz.contract.jobs import FINAL_STATES, JobRequest
from cnnviz.graph import capture
from cnnviz.storage import RunWriter
from cnnviz.storage.jobs_folder import JobsFolder, new_job_id
from tests import nets

HERE = Path(__file__).parent


def record_run(logdir, name="first", *, model=None, steps=(3, 7), examples=3):
    """Write what a recorder leaves of a run, events left out."""
    place = logdir / name / "plugins" / "cnnviz"
    inputs = nets.images(max(examples, 1))
    net = capture(model or nets.sequential(), inputs)
    net.save(place)
    writer = RunWriter(place)
    if examples:
        shown = np.zeros((examples, 16, 16, 3), np.uint8)
        writer.write_examples(
            shown,
            inputs.numpy(),
            labels=list(range(examples)),
            class_names=list("abcde"),
            normalize=((0.5,) * 3, (0.25,) * 3),
        )
    for step in steps:
        weights = {name: w.numpy() * (1 + step) for name, w in net.weights().items()}
        writer.write_checkpoint(step, weights, model_digest=net.digest)
    return place


class Worker:
    """A worker process and what it says."""

    def __init__(self, environment, *, device="cpu"):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cnnviz.worker", "--device", device],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
        self.events = queue.Queue()
        self.catalogue = None
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self):
        for line in self.process.stdout:
            event = msgspec.json.decode(line)
            if event["event"] == "catalogue":
                self.catalogue = event["catalogue"]
            else:
                self.events.put(event)
        self.events.put({"event": "end"})

    def hear(self, *wanted, seconds=60.0):
        """Wait for the next event, which must be one of these; a catalogue is set aside."""
        event = self.events.get(timeout=seconds)
        assert event["event"] in wanted, event
        return event

    def order(self, logdir, job, *, run="first", jobs_root=None, name=None):
        folder = job.folder.parent
        order = {
            "logdir": str(logdir),
            "run": run,
            "jobs_folder": str(folder),
            "jobs_root": str(jobs_root or logdir),
            "job": name or job.id,
        }
        self.process.stdin.write(msgspec.json.encode(order) + b"\n")
        self.process.stdin.flush()

    def do(self, logdir, job, **changes):
        """Order a job, wait for its end and give its last status."""
        self.order(logdir, job, **changes)
        self.hear("started")
        event = self.hear("finished")
        assert event["job"] == job.id
        status = job.status()
        assert status.state in FINAL_STATES
        assert event["state"] == status.state
        return status

    def end(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(timeout=20)
        finally:
            self.process.kill()
            self.process.wait()
            self.listener.join()
            self.process.stdout.close()


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """An environment with a package of methods that is not ours."""
    site = tmp_path_factory.mktemp("site")
    shutil.copy(HERE / "toys.py", site / "toys.py")
    facts = site / "toys-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: toys\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[cnnviz.methods]\ntoys = toys\n")
    path = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="session")
def start_worker(environment):
    """Starts workers; all are ended when the tests are."""
    started = []

    def start(**options):
        worker = Worker(environment, **options)
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.end()


@pytest.fixture(scope="session")
def shared(start_worker):
    """A worker that many tests use one after the other."""
    worker = start_worker()
    worker.hear("ready")
    return worker


@pytest.fixture(scope="session")
def logdir(tmp_path_factory):
    """Runs that tests only add jobs to."""
    folder = tmp_path_factory.mktemp("logs")
    record_run(folder)
    record_run(folder, "bare", examples=0, steps=())
    record_run(folder, "hooks", model=nets.value_dependent(), steps=())
    return folder


def make_job(logdir, method, *, run="first", step=3, seed=0, examples=(), pictures=(), **params):
    request = JobRequest(
        id=new_job_id(),
        method=method,
        params=params,
        run=run,
        step=step,
        seed=seed,
        examples=list(examples),
        created=time.time(),
    )
    folder = logdir / run / "plugins" / "cnnviz" / "jobs"
    return JobsFolder(folder, inside=logdir).create(request, list(pictures))


@pytest.fixture(scope="session")
def ask_in():
    """Makes a job in a logdir of the test's own."""
    return make_job


@pytest.fixture
def ask(logdir):
    """Makes a job: `ask("saliency", step=3, target=1)`."""
    return functools.partial(make_job, logdir)


def wait_for(condition, *, seconds=20.0):
    """Wait until something holds, and give it."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    message = "it did not come to pass"
    raise AssertionError(message)
