"""One real TensorBoard with a real worker that is attacked by every test of this room.

After each test it must still answer and a normal job must still run. `Fortress.visit` does what a
page can do with a run: it asks every route for everything that the run says it has.
"""

from __future__ import annotations

import itertools
import os
import shutil
from pathlib import Path

import pytest

from tb_cnnviz import reader, run_files
from tests.tb_cnnviz.jobs.conftest import (  # noqa: F401 - fixtures
    QUIET,
    Board,
    cache,
    environment,
    open_board,
    pristine,
    toys,
)
from tests.worker.conftest import wait_for

ANSWERED = (200, 400, 404, 409, 422)
"""Statuses of answers that were thought of: an attack must get one of these."""


class Fortress(Board):
    """A TensorBoard that is attacked; hostile runs are added beside the run `first`."""

    def __init__(self, logdir: Path) -> None:
        super().__init__("--logdir", os.fspath(logdir), *QUIET)
        self.logdir = logdir
        self._seeds = itertools.count(1)

    def reload(self, logdir: Path) -> None:
        """Read what was written since, and look at it at once, not as of a second ago."""
        super().reload(logdir)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reader, "REFRESH_SECONDS", 0.0)
            self.json("runs")

    def add_run(self, name: str) -> Path:
        """Copy the run `first` under a name; gives its folder of ours, to be tampered with."""
        shutil.copytree(self.logdir / "first", self.logdir / name, symlinks=True)
        shutil.rmtree(self.logdir / name / "plugins/cnnviz/jobs", ignore_errors=True)
        return self.logdir / name / "plugins" / "cnnviz"

    def drop_run(self, name: str) -> None:
        path = self.logdir / name
        path.unlink() if path.is_symlink() else shutil.rmtree(path, ignore_errors=True)

    def asked(self, route: str, **query: object) -> bytes:
        """Ask and give the answer, which must be one that was thought of."""
        response = self.get(route, **query)
        assert response.status_code in ANSWERED, (route, query, response.text)
        return response.data

    def visit(self, run: str) -> bytes:
        """Ask every route for all that a run says it has; gives all answers."""
        parts = [self.asked("runs"), self.asked("run", run=run)]
        assert run in {one["name"] for one in self.json("runs")["runs"]}
        response = self.get("run", run=run)
        index = response.get_json()["index"] if response.status_code == 200 else {}
        for series in index.get("series", ()):
            key = series["key"]
            for at in series["at"][-1:]:
                one = {"run": run, "step": index["steps"][at], "key": key}
                parts += [
                    self.asked(route, **one)
                    for route in ("maps", "record", "layout", "patches", "strip")
                ]
                parts += [
                    self.asked("neighbours", **one, row=0),
                    self.asked("reaction", **one, channel=0),
                    self.asked("units", **one, rows="AQ"),
                ]
        for layer in index.get("layers", [])[:4]:
            parts.append(self.asked("channels", run=run, layer=layer["name"]))
        parts += [self.asked(route, run=run) for route in ("statistics", "scores", "examples")]
        parts.append(self.asked("scalar", run=run, tag="loss"))
        datasets = self.logdir / run / "plugins/cnnviz/datasets"
        for file in datasets.glob("*") if datasets.is_dir() else ():
            parts.append(self.asked("dataset", run=run, name=file.stem))
            parts.append(self.asked("thumbnails", run=run, name=file.stem, rows="0,1"))
        return b"\n".join(parts + self.visit_jobs())

    def visit_jobs(self) -> list[bytes]:
        """Ask for everything of every job."""
        self.office._next_look = float("-inf")  # or the folders are looked at once a second
        listed = self.json("jobs")
        parts = [self.asked("jobs")]
        for job in listed["order"]:
            parts += [
                self.asked(f"jobs/{job}{what}", key="saliency", index=0, row=0, channel=0, rows="A")
                for what in (
                    *("", "/preview", "/input", "/result", "/images", "/maps", "/arrays"),
                    *("/layout", "/neighbours", "/patches", "/reaction", "/units", "/log"),
                )
            ]
        return parts

    def attempt(self, run: str, method: str = "saliency", **more: object) -> dict:
        """Ask for a job on a run; gives its last status, or the error of the refusal."""
        body = {"run": run, "method": method, "step": 3, "seed": next(self._seeds), **more}
        status, answer = self.post("jobs", body)
        assert status in ANSWERED, answer
        if status != 200:
            return {"state": "refused", **answer["error"]}
        return self.until(answer["job"]["request"]["id"])

    def pid(self) -> int | None:
        """Give the process id of the worker; None when none is up."""
        return next(iter(self.workers()), None)

    def still_works(self) -> None:
        """The server answers, and a normal job runs."""
        assert "first" in {run["name"] for run in self.json("runs")["runs"]}
        status = self.attempt("first", "toy_random")
        assert status["state"] == "done", status


@pytest.fixture(scope="session")
def stronghold(pristine, tmp_path_factory):  # noqa: F811
    folder = tmp_path_factory.mktemp("fortress")
    logdir = Path(shutil.copytree(pristine / "first", folder / "logs" / "first")).parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_files, "LISTED_SECONDS", 0.0)
        board = Fortress(logdir)
        wait_for(lambda: board.json("catalogue")["state"] == "ready", seconds=90)
        yield board
        board.close()


@pytest.fixture
def fortress(stronghold):
    """The TensorBoard under attack; after the test it still works, and nothing was executed."""
    yield stronghold
    stronghold.still_works()
    for job in stronghold.json("jobs")["order"]:
        stronghold.post(f"jobs/{job}/remove", {})


@pytest.fixture
def trap(tmp_path):
    """A path that only executed code would make."""
    path = tmp_path / "sprung"
    yield path
    assert not path.exists(), "code from a logdir was executed"
