"""Jobs as the page meets them: from POST to the first picture, polling clients, the other tabs.

    python benchmarks/jobs_server.py [--jobs 50] [--clients 20] [--seconds 5]

A real TensorBoard on a recorded ResNet-18 (64 pixels), over HTTP. Prints, one line each: POST to
the first preview with a worker that must be started, with one that is warm, and for another step;
the median answer to clients that poll a list of jobs twice a second while one runs; and what the
scalars tab answers in while a job runs, against the same without. Goals: 6 s, 1 s, 100 ms, 1.1.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch.utils.tensorboard import SummaryWriter
from torchvision.models import resnet18

import cnnviz

ASCENT = {"run": "run", "method": "activation_maximization"}
LONG = {"layer": "layer3", "units": [0], "iterations": 10_000}


class Server:
    """A running TensorBoard, and the page's requests to it."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.token = ""

    def get(self, route: str) -> Any:
        """Give a JSON answer of the plugin."""
        with urllib.request.urlopen(f"{self.base}/data/plugin/{route}", timeout=120) as answer:
            return json.loads(answer.read())

    def post(self, route: str, body: object) -> Any:
        """Send a change."""
        self.token = self.token or self.get("cnnviz/session")["token"]
        headers = {"Content-Type": "application/json", "X-Cnnviz-Token": self.token}
        url = f"{self.base}/data/plugin/cnnviz/{route}"
        request = urllib.request.Request(url, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.loads(answer.read())

    def status(self, job: str) -> Any:
        """Give a job's status."""
        return self.get(f"cnnviz/jobs/{job}")["job"]["status"]

    def until(self, job: str, *states: str) -> None:
        """Wait for one of these states."""
        while self.status(job)["state"] not in states:
            time.sleep(0.05)

    def cancel(self, job: str) -> None:
        """Cancel a job and wait for its end."""
        self.post(f"jobs/{job}/cancel", {})
        self.until(job, "cancelled", "done", "failed")


@contextlib.contextmanager
def started(logdir: Path) -> Iterator[Server]:
    """Run TensorBoard on a free port until its runs are read."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(logdir)]
    process = subprocess.Popen(
        [*command, "--port", str(port), "--reload_interval", "1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    server = Server(f"http://localhost:{port}")
    try:
        while True:
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                runs = server.get("cnnviz/runs")["runs"]
                if runs and runs[0]["steps"] == 2:
                    break
            time.sleep(0.05)
        yield server
    finally:
        process.terminate()
        process.wait()


def write_logdir(folder: Path) -> None:
    """Record two steps of a ResNet-18 and a scalar."""
    model = resnet18(num_classes=10)
    with SummaryWriter(str(folder / "run")) as writer:
        for step in range(500):
            writer.add_scalar("loss", 1 / (1 + step), step)
        recorder = cnnviz.Recorder(
            model, writer, examples=torch.rand(2, 3, 64, 64), methods=["predictions"], every=1
        )
        with recorder:
            for step in (1, 2):
                recorder.step(step)


def seconds_to_preview(server: Server, *, step: int, seed: int) -> float:
    """Ask, and wait for the first picture; the job is cancelled afterwards."""
    since = time.perf_counter()
    body = {**ASCENT, "params": LONG, "step": step, "seed": seed}
    job = server.post("jobs", body)["job"]["request"]["id"]
    while True:
        status = server.status(job)
        if status["preview"] or status["state"] == "failed":
            break
        time.sleep(0.01)
    taken = time.perf_counter() - since
    if status["state"] == "failed":
        raise RuntimeError(status["message"])
    server.cancel(job)
    return taken


def measure_previews(logdir: Path, rounds: int) -> None:
    """From POST to the first picture."""
    with started(logdir) as server:
        print(f"first preview, cold worker: {seconds_to_preview(server, step=1, seed=0):.2f} s")
        for words, steps in (("same step", (1, 1)), ("another step", (2, 1))):
            times = [
                seconds_to_preview(server, step=steps[number % 2], seed=1 + number)
                for number in range(rounds)
            ]
            print(f"first preview, warm worker, {words}: {statistics.median(times):.2f} s")


def measure_polling(server: Server, *, jobs: int, clients: int, seconds: float) -> None:
    """Clients that ask what has changed, twice a second, while a job runs."""
    for seed in range(jobs):
        body = {"run": "run", "method": "saliency", "step": 1, "seed": seed}
        last = server.post("jobs", {**body, "params": {"target": 0}})["job"]["request"]["id"]
    server.until(last, "done", "failed")
    since = time.perf_counter()
    listed = server.get("cnnviz/jobs")
    whole = time.perf_counter() - since
    running = server.post("jobs", {**ASCENT, "params": LONG, "step": 1, "seed": 90})
    job = running["job"]["request"]["id"]
    server.until(job, "running")
    times: list[float] = []

    def poll(number: int) -> None:
        rev = ""
        time.sleep(0.5 * number / clients)
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            began = time.perf_counter()
            rev = server.get(f"cnnviz/jobs?since={rev}")["rev"]
            times.append(time.perf_counter() - began)
            time.sleep(max(0.5 - times[-1], 0))

    threads = [threading.Thread(target=poll, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    server.cancel(job)
    slow = sorted(times)[int(len(times) * 0.95)]
    print(
        f"{clients} clients polling {len(listed['order'])} jobs: median "
        f"{1e3 * statistics.median(times):.1f} ms, 95 % {1e3 * slow:.1f} ms; all at once "
        f"{1e3 * whole:.1f} ms"
    )


def answer_times(server: Server, seconds: float) -> float:
    """Median answer of the scalars tab, in seconds."""
    times = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        began = time.perf_counter()
        server.get("scalars/scalars?run=run&tag=loss")
        times.append(time.perf_counter() - began)
        time.sleep(0.02)
    return statistics.median(times)


def measure_other_tabs(server: Server, seconds: float) -> None:
    """The scalars tab with and without a job, by turns."""
    calm, busy = [], []
    for seed in range(3):
        calm.append(answer_times(server, seconds / 3))
        running = server.post("jobs", {**ASCENT, "params": LONG, "step": 1, "seed": 200 + seed})
        job = running["job"]["request"]["id"]
        server.until(job, "running")
        busy.append(answer_times(server, seconds / 3))
        server.cancel(job)
    ratio = statistics.median(busy) / statistics.median(calm)
    print(
        f"scalars tab: {1e3 * statistics.median(calm):.1f} ms, while a job runs "
        f"{1e3 * statistics.median(busy):.1f} ms, ratio {ratio:.2f}"
    )


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=50)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text, "logs")
        os.environ["XDG_CACHE_HOME"] = str(Path(text, "cache"))
        write_logdir(folder)
        measure_previews(folder, arguments.rounds)
        with started(folder) as server:
            measure_polling(
                server,
                jobs=arguments.jobs,
                clients=arguments.clients,
                seconds=arguments.seconds,
            )
            measure_other_tabs(server, arguments.seconds)


if __name__ == "__main__":
    main()
