"""Jobs: from the order to the first preview, what a report costs, what the allocator gives.

Prints one line a figure. A real worker process on a recorded ResNet-18; the method is a plain
gradient ascent, registered here, so that only the worker is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from torchvision.models import resnet18

from cnnviz.contract.jobs import JobRequest
from cnnviz.graph import capture
from cnnviz.storage import RunWriter
from cnnviz.storage.jobs_folder import JobsFolder, new_job_id

ASCENT = '''
import torch
from cnnviz.contract.params import Params
from cnnviz.contract.results import Result
from cnnviz.core.method import Method
from cnnviz.core.registry import register


class AscentParams(Params, frozen=True):
    iterations: int = 20
    batch: int = 1
    size: int = 64


@register
class BenchmarkAscent(Method[AscentParams]):
    """Climb the score of class 0."""

    name, title, kind = "benchmark_ascent", "Ascent", "heatmap"
    Params = AscentParams
    needs_gradient, needs_examples = True, False

    def run(self, ctx, params):
        shape = (params.batch, 3, params.size, params.size)
        image = torch.randn(shape, generator=ctx.generator).requires_grad_()
        for iteration in range(1, params.iterations + 1):
            score = ctx.net(image)[:, 0].sum()
            (gradient,) = torch.autograd.grad(score, image)
            with torch.no_grad():
                image += gradient
            ctx.report(iteration, params.iterations, image, objective=score)
        maps = image.detach()[:, 0]
        return [Result(kind="heatmap", arrays={"map": maps}, facts={"signed": True})]
'''


class Worker:
    """A worker process and its jobs."""

    def __init__(self, folder: Path, site: Path) -> None:
        self.folder = folder
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cnnviz.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(site)},
            text=True,
        )

    def order(self, step: int | None, **params: int):
        """Make a job and ask for it."""
        place = self.folder / "run/plugins/cnnviz/jobs"
        jobs = JobsFolder(place, inside=self.folder)
        request = JobRequest(
            id=new_job_id(), method="benchmark_ascent", params=params, run="run", step=step
        )
        job = jobs.create(request)
        order = {
            "logdir": str(self.folder),
            "run": "run",
            "jobs_folder": str(place),
            "jobs_root": str(self.folder),
            "job": job.id,
        }
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return job

    def until(self, event: str) -> None:
        """Wait for an event."""
        while json.loads(self.process.stdout.readline())["event"] != event:
            pass

    def end(self) -> None:
        """Let it end."""
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def seconds_to_preview(job, since: float) -> float:
    """Wait for the first preview."""
    while job.status().preview is None:
        time.sleep(0.002)
    return time.perf_counter() - since


def measure_previews(folder: Path, site: Path, rounds: int) -> None:
    """From the order to the first preview, cold and warm."""
    worker = Worker(folder, site)
    job = worker.order(1, iterations=200)
    print(f"first preview, cold worker: {seconds_to_preview(job, worker.started):.2f} s")
    job.ask_to_cancel()
    worker.until("finished")
    for words, steps in (("same step", [1] * rounds), ("another step", [2, 1] * rounds)):
        times = []
        for step in steps[:rounds]:
            if words == "another step":
                worker.order(None, iterations=1)
                worker.until("finished")
            since = time.perf_counter()
            job = worker.order(step, iterations=200)
            times.append(seconds_to_preview(job, since))
            job.ask_to_cancel()
            worker.until("finished")
        print(f"first preview, warm worker, {words}: {statistics.median(times):.2f} s")
    worker.end()


def measure_pace(folder: Path, site: Path, iterations: int) -> None:
    """Iterations a second in the worker beside the same loop in this process."""
    model = resnet18(num_classes=10).eval().requires_grad_(requires_grad=False)
    for batch in (1, 16):
        image = torch.randn(batch, 3, 64, 64, requires_grad=True)
        since = time.perf_counter()
        for _ in range(iterations):
            (gradient,) = torch.autograd.grad(model(image)[:, 0].sum(), image)
        bare = iterations / (time.perf_counter() - since)
        del gradient
        worker = Worker(folder, site)
        worker.until("ready")
        worker.order(1, iterations=2, batch=batch)
        worker.until("finished")
        job = worker.order(1, iterations=iterations, batch=batch)
        worker.until("finished")
        status = job.status()
        (record,) = job.result().manifest.records
        pace = status.total / record.duration
        print(f"batch {batch}: bare {bare:.1f}/s, worker {pace:.1f}/s, ratio {pace / bare:.2f}")
        worker.end()


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--iterations", type=int, default=15)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as text:
        folder, site = Path(text, "logs"), Path(text, "site")
        facts = site / "benchmark-1.dist-info"
        facts.mkdir(parents=True)
        (site / "benchmark_ascent.py").write_text(ASCENT)
        (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: benchmark\nVersion: 1\n")
        (facts / "entry_points.txt").write_text("[cnnviz.methods]\na = benchmark_ascent\n")
        place = folder / "run/plugins/cnnviz"
        net = capture(resnet18(num_classes=10), torch.zeros(1, 3, 64, 64))
        net.save(place)
        for step in (1, 2):
            weights = {name: weight.numpy() for name, weight in net.weights().items()}
            RunWriter(place).write_checkpoint(step, weights, model_digest=net.digest)
        measure_previews(folder, site, arguments.rounds)
        measure_pace(folder, site, arguments.iterations)


if __name__ == "__main__":
    main()
