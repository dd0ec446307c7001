"""A TensorBoard over a logdir with networks in it, whose workers are real and know some toys."""

from __future__ import annotations

import os
import shutil

import pytest

from cnnviz.contract.jobs import FINAL_STATES
from tests.tb_cnnviz.logdirs import write_run
from tests.tb_cnnviz.opened import Opened
from tests.worker.conftest import environment, record_run, wait_for  # noqa: F401 - a fixture

QUIET = ("--cnnviz_idle_timeout=120",)


class Board(Opened):
    """A TensorBoard that is asked for jobs."""

    def ask(self, method, *, run="first", step=3, **changes):
        """Ask for a job that is taken; gives its id."""
        params = {key: changes.pop(key) for key in ("iterations", "pause") if key in changes}
        params.update(changes.pop("params", {}))
        body = {"run": run, "method": method, "params": params, "step": step, **changes}
        status, answer = self.post("jobs", body)
        assert status == 200, answer
        return answer["job"]["request"]["id"]

    def status(self, job):
        return self.json(f"jobs/{job}")["job"]["status"]

    def until(self, job, *states, seconds=60.0):
        """Wait until a job is in one of these states; gives its status."""
        wait_for(lambda: self.status(job)["state"] in (states or FINAL_STATES), seconds=seconds)
        return self.status(job)

    def do(self, method, **changes):
        """Ask for a job and wait for its end; gives its id and last status."""
        job = self.ask(method, **changes)
        return job, self.until(job)

    def folder(self, job):
        return self.office.book.find(job).job.folder

    def workers(self):
        """Give the process ids of its workers, not those of other boards of this process."""
        devices = self.office._supervisor._workers
        return [device._process.pid for device in devices if device._process is not None]


def write_logdir(folder):
    """Write a run with events, a network, examples and checkpoints of steps 3 and 7."""
    for name in ("first", "second"):
        write_run(folder / name, [3, 7], examples=False)
        record_run(folder, name)
    return folder


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    """A cache folder of the tests' own; one, although other folders of tests import this."""
    folder = tmp_path_factory.getbasetemp() / "cache"
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder / "cnnviz"


@pytest.fixture(scope="session", autouse=True)
def toys(environment):  # noqa: F811
    """Workers know the toys."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("PYTHONPATH", "OMP_NUM_THREADS"):
            patch.setenv(name, environment[name])
        yield


@pytest.fixture(scope="session")
def pristine(tmp_path_factory):
    """A logdir that is copied."""
    return write_logdir(tmp_path_factory.mktemp("pristine"))


@pytest.fixture
def logs(pristine, tmp_path):
    """A logdir of the test's own."""
    return shutil.copytree(pristine, tmp_path / "logs")


@pytest.fixture
def open_board():
    """Opens TensorBoards; all are closed when the test is over."""
    opened = []

    def open_(folder, *argv):
        board = Board("--logdir", os.fspath(folder), *QUIET, *argv)
        opened.append(board)
        board.json("runs")
        return board

    yield open_
    for board in opened:
        board.close()


@pytest.fixture(scope="package")  # closed before another folder's tests start workers
def shared_board(pristine, tmp_path_factory):
    """A TensorBoard with a warm worker that many tests use one after the other."""
    folder = shutil.copytree(pristine, tmp_path_factory.mktemp("shared") / "logs")
    board = Board("--logdir", os.fspath(folder), *QUIET)
    wait_for(lambda: board.json("catalogue")["state"] == "ready", seconds=90)
    yield board
    board.close()
