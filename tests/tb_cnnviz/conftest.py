"""What the plugin's tests share: a logdir and a TensorBoard over it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tb_cnnviz import reader, run_files
from tests.tb_cnnviz.logdirs import write_run
from tests.tb_cnnviz.opened import Opened


@pytest.fixture(scope="session")
def logdir(tmp_path_factory) -> Path:
    """Two runs that no test changes: `a` in the user's own file, `b` in a folder of its own."""
    folder = tmp_path_factory.mktemp("runs")
    write_run(folder / "a", range(0, 60, 10))
    write_run(folder / "b", [0, 1, 2], own_folder=True, examples=False)
    return folder


@pytest.fixture(scope="session")
def board(logdir) -> Opened:
    return Opened("--logdir", str(logdir))


@pytest.fixture
def no_waiting(monkeypatch):
    """Look again at every request, where a test writes between two."""
    monkeypatch.setattr(reader, "REFRESH_SECONDS", 0)
    monkeypatch.setattr(reader, "SCALARS_SECONDS", 0)
    monkeypatch.setattr(run_files, "LISTED_SECONDS", 0)
