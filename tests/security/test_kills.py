"""Kill -9 of worker and TensorBoard; `benchmarks/jobs_endurance.py --full` does it 50 times."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "jobs_endurance.py"


@pytest.fixture(scope="module")
def endurance():
    spec = importlib.util.spec_from_file_location("jobs_endurance", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.e2e
def test_no_job_is_lost_when_worker_and_tensorboard_are_killed(endurance, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    endurance.write_logdir(tmp_path / "logs")
    tally = endurance.kill_at_random(tmp_path / "logs", kills=2, device="cpu", seed=3)
    assert (tally.lost, tally.half_written) == ([], [])
    assert sum(tally.ends.values()) == 6
