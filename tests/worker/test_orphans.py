"""A worker that hangs when its TensorBoard is gone ends itself, with a last word."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from cnnviz.contract.jobs import JobStatus
from cnnviz.worker import orphans

LEAVE = """
import sys
from pathlib import Path
from cnnviz.contract.jobs import JobStatus
from cnnviz.storage.jobs import Job
from cnnviz.worker.orphans import leave

leave(Job(Path(sys.argv[1])), JobStatus(state="running", iteration=3))
"""


@pytest.mark.skipif(os.name != "posix", reason="another system does not tell who the parent is")
def test_only_a_method_that_hangs_alone_is_forgotten(monkeypatch):
    now = time.time()
    hangs = JobStatus(state="running", progressed=now - orphans.HANGING - 1)
    assert not orphans.is_forgotten(hangs)
    monkeypatch.setattr(orphans, "_parent", -1)
    assert orphans.is_forgotten(hangs)
    assert not orphans.is_forgotten(JobStatus(state="running", progressed=now))
    assert not orphans.is_forgotten(JobStatus(state="starting"))


def test_it_leaves_with_a_last_word(tmp_path, ask_in, logdir):
    job = ask_in(logdir, "toy_silent")
    done = subprocess.run([sys.executable, "-c", LEAVE, str(job.folder)], check=False)
    assert done.returncode == 1
    status = job.status()
    assert (status.state, status.iteration, status.kind) == ("failed", 3, "WorkerError")
    assert "TensorBoard is gone" in status.message
    assert status.finished is not None
