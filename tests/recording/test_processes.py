"""Several processes: one records, the others do nothing, and nobody waits for anybody."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time

import pytest

from cnnviz.recording import Recorder

from .test_recorder import steps_on_disk

DISTRIBUTED = """
    import sys, torch, cnnviz
    import torch.distributed as dist
    from torch import nn

    rank, folder, store = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3)
    )
    model = nn.parallel.DistributedDataParallel(model)
    optimiser = torch.optim.SGD(model.parameters(), 0.1)
    recorder = cnnviz.Recorder(
        model, folder, examples=torch.rand(2, 1, 8, 8), normalize=(0.0, 1.0), every=2
    )
    with recorder:
        for step in range(5):
            loss = nn.functional.cross_entropy(
                model(torch.rand(4, 1, 8, 8)), torch.randint(0, 3, (4,))
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            recorder.step(step)
    print(recorder.captures)
    dist.destroy_process_group()
"""


def test_under_distributed_data_parallel_only_rank_0_records(tmp_path):
    command = [sys.executable, "-c", textwrap.dedent(DISTRIBUTED)]
    processes = [
        subprocess.Popen(
            [*command, str(rank), str(tmp_path / "run"), str(tmp_path / "store")],
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    captures = [process.communicate(timeout=120)[0].split() for process in processes]
    assert captures == [["3"], ["0"]]
    assert steps_on_disk(tmp_path / "run") == [0, 2, 4]


def test_before_the_process_group_torchruns_environment_tells_the_rank(
    net, images, tmp_path, monkeypatch
):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    recorder = Recorder(net, tmp_path / "run", examples=images)
    recorder.step(0)
    recorder.close()
    assert not (tmp_path / "run").exists()


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_worker_records_nothing(net, images, tmp_path):
    recorder = Recorder(net, tmp_path, examples=images, normalize=(0.0, 1.0), every=1)
    recorder.step(0)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            recorder.step(1)
            recorder.close()
            status = recorder.captures - 1
        finally:
            os._exit(status)
    deadline = time.monotonic() + 60
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert ended == (child, 0)
    recorder.step(2)
    recorder.close()
    assert steps_on_disk(tmp_path) == [0, 2]
