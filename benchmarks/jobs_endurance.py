"""Jobs that outlive what is done to them: kills at random moments, a hundred jobs in a row.

    python benchmarks/jobs_endurance.py [--kills 5] [--jobs 100] [--device cpu] [--full]

A real TensorBoard on a recorded small network, over HTTP. Prints, one line each, a figure beside
its bar and whether it holds: jobs that were lost silently, and results shown half-written, over
`--kills` kills -9 of the worker or of TensorBoard at random moments (bar: none of 50, `--full`);
processes, file handles, threads and GPU memory that `--jobs` jobs leave behind in server and worker
(bar: none), with the slope of their memory. `jobs_server.py` has the polling clients. Exits with 1
where a bar is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from torch import nn
from torch.utils.tensorboard import SummaryWriter

import cnnviz
from cnnviz.storage.tensors import unpack_tensors

FINAL = ("done", "failed", "cancelled")
PATIENCE = 120.0
"""Seconds until what has to happen is said to have failed."""
ASCENT = "activation_maximization"


def write_logdir(folder: Path) -> None:
    """Record one step of a tiny network."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    model.append(nn.Linear(8, 10))
    with SummaryWriter(str(folder / "run")) as writer:
        examples = torch.rand(2, 3, 32, 32)
        with cnnviz.Recorder(
            model, writer, examples=examples, methods=["predictions"], every=1
        ) as recorder:
            recorder.step(1)


class Server:
    """A TensorBoard that can be killed and started again on the same logdir."""

    def __init__(self, logdir: Path, *, device: str) -> None:
        """Start it."""
        self.logdir, self.device = logdir, device
        self.start()

    def start(self) -> None:
        """Start TensorBoard and wait until its run is read."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.base = f"http://localhost:{port}/data/plugin/cnnviz"
        command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(self.logdir)]
        self.process = subprocess.Popen(
            [*command, "--port", str(port), f"--cnnviz_devices={self.device}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                if any(run["steps"] for run in self.get("runs")["runs"]):
                    return
            time.sleep(0.05)
        raise TimeoutError("TensorBoard did not read its run")

    def get(self, route: str) -> Any:
        """Give a JSON answer."""
        return json.loads(self.raw(route))

    def raw(self, route: str) -> bytes:
        """Give an answer as it is."""
        with urllib.request.urlopen(f"{self.base}/{route}", timeout=PATIENCE) as answer:
            return bytes(answer.read())

    def ask(self, method: str, *, seed: int, **params: object) -> str:
        """Ask for a job; gives its id."""
        body = {"run": "run", "method": method, "params": params, "step": 1, "seed": seed}
        token = self.get("session")["token"]
        headers = {"Content-Type": "application/json", "X-Cnnviz-Token": token}
        request = urllib.request.Request(f"{self.base}/jobs", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return str(json.loads(answer.read())["job"]["request"]["id"])

    def jobs(self) -> dict[str, dict[str, Any]]:
        """Give the status of every job."""
        listed = self.get("jobs")
        states = {view["request"]["id"]: view["status"] for view in listed["jobs"]}
        return {job: states[job] for job in listed["order"]}

    def wait(self, jobs: list[str]) -> dict[str, dict[str, Any]]:
        """Wait until jobs are over; gives the status of all, also of those that never ended."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            states = self.jobs()
            if all(states.get(job, {}).get("state") in FINAL for job in jobs):
                break
            time.sleep(0.05)
        return self.jobs()

    def workers(self) -> list[psutil.Process]:
        """Give the worker processes that this TensorBoard started."""
        found = []
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self.process.pid).children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    if "cnnviz.worker" in child.cmdline():
                        found.append(child)
        return found

    def kill(self) -> None:
        """End TensorBoard with SIGKILL."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End TensorBoard, and wait for its workers, which finish their job."""
        workers = self.workers()
        self.process.terminate()
        self.process.wait()
        for worker in workers:
            with contextlib.suppress(psutil.Error):
                worker.wait(timeout=30)


class Tally:
    """What happened to the jobs of many kills."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.ends: dict[str, int] = {}
        self.lost: list[str] = []
        self.half_written: list[str] = []

    def look_at(self, server: Server, jobs: list[str], states: dict[str, dict[str, Any]]) -> None:
        """Take down how jobs ended, and read every result that is shown."""
        for job in jobs:
            status = states.get(job)
            if status is None or status["state"] not in FINAL:
                self.lost.append(f"{job}: {status and status['state']}")
                continue
            if status["state"] == "failed" and not status["message"]:
                self.lost.append(f"{job}: failed without a reason")
            self.ends[status["state"]] = self.ends.get(status["state"], 0) + 1
            trouble = whats_wrong(server, job, status)
            if trouble:
                self.half_written.append(f"{job}: {trouble}")


def whats_wrong(server: Server, job: str, status: dict[str, Any]) -> str:
    """Say what is wrong with the result and preview of an ended job; empty when nothing is."""
    try:
        if status["preview"]:
            png = server.raw(f"jobs/{job}/preview")
            if not png.endswith(b"IEND\xaeB`\x82"):
                return "its preview is cut off"
        if status["state"] != "done":
            return ""
        record = server.get(f"jobs/{job}/result")["records"][0]
        data = server.raw(f"jobs/{job}/arrays?key={record['key']}")
        _, arrays = unpack_tensors(data, label=job)
        return "" if all(np.isfinite(array).all() for array in arrays.values()) else "no numbers"
    except Exception as error:  # noqa: BLE001 - whatever hinders reading it is what is looked for
        return f"{type(error).__name__}: {error}"


def kill_at_random(logdir: Path, *, kills: int, device: str, seed: int = 0) -> Tally:
    """Kill worker and TensorBoard by turns at random moments; jobs are asked for all the while.

    Args:
        logdir: with the run `run`.
        kills: how many.
        device: where jobs run.
        seed: of the moments.
    """
    moments = random.Random(seed)
    tally = Tally()
    server = Server(logdir, device=device)
    try:
        for number in range(kills):
            jobs = [
                server.ask(ASCENT, seed=number, units=[0, 1], iterations=moments.randint(20, 400)),
                server.ask("saliency", seed=number, target=0),
                server.ask(ASCENT, seed=number, units=[2], iterations=5),
            ]
            # Half of the moments lie where a worker starts, half where it works and writes.
            time.sleep(moments.uniform(0, 0.5) if moments.random() < 0.5 else moments.uniform(0, 3))
            if number % 2:
                server.kill()
                server.start()
            else:
                for worker in server.workers():
                    with contextlib.suppress(psutil.Error):
                        worker.kill()
            tally.look_at(server, jobs, server.wait(jobs))
    finally:
        server.stop()
    return tally


def gpu_bytes(process: psutil.Process) -> int:
    """Give the GPU memory that a process holds; 0 where there is no GPU."""
    if not torch.cuda.is_available():
        return 0
    query = ["nvidia-smi", "--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits"]
    said = subprocess.run(query, capture_output=True, text=True, check=False).stdout
    rows = [line.split(",") for line in said.splitlines() if "," in line]
    return sum(int(used) << 20 for pid, used in rows if int(pid) == process.pid)


def held_by(process: psutil.Process) -> dict[str, int]:
    """Give what a process holds."""
    return {
        "handles": process.num_fds(),
        "threads": process.num_threads(),
        "processes": len(process.children(recursive=True)),
        "gpu": gpu_bytes(process),
        "memory": process.memory_info().rss,
    }


def run_many(logdir: Path, *, jobs: int, device: str) -> list[tuple[str, float, float]]:
    """Run jobs in a row; gives figures with their bars, warm against the end."""
    warm_up = 10
    server = Server(logdir, device=device)
    try:
        held: list[list[dict[str, int]]] = []
        for number in range(warm_up + jobs):
            chosen: list[tuple[str, dict[str, Any]]] = [
                ("saliency", {"target": 0}),
                (ASCENT, {"units": [0], "iterations": 3}),
            ]
            method, params = chosen[number % 2]
            job = server.ask(method, seed=number, **params)
            if server.wait([job])[job]["state"] != "done":
                raise RuntimeError(f"job {number} is not done")
            if number >= warm_up - 1:
                processes = [psutil.Process(server.process.pid), *server.workers()]
                held.append([held_by(one) for one in processes])
        figures = [("workers at the end", float(len(held[-1]) - 1), 1.0)]
        for index, who in enumerate(("TensorBoard", "worker")):
            series = [moment[index] for moment in held]
            for what in ("handles", "threads", "processes", "gpu"):
                # The calmest of the last moments: a poll of ours may hold a handle of its own.
                more = min(one[what] for one in series[-5:]) - series[0][what]
                figures.append((f"{what} more in {who}", float(more), 0.0))
            memory = np.array([one["memory"] for one in series[len(series) // 2 :]]) / 1024
            slope = float(np.polyfit(np.arange(len(memory)), memory, 1)[0])
            print(f"memory of {who}: {memory[-1] / 1024:.0f} MiB, {slope:+.1f} KiB a job")
        return figures
    finally:
        server.stop()


def report(name: str, figure: float, bar: float) -> bool:
    """Print a figure beside its bar; tells whether it holds."""
    holds = figure <= bar
    print(f"{name}: {figure:g} (bar: at most {bar:g}) {'holds' if holds else 'MISSED'}")
    return holds


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=100)
    parser.add_argument("--device", default="cuda:0" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--full", action="store_true", help="50 kills and 100 jobs")
    asked = parser.parse_args()
    kills, jobs = (50, 100) if asked.full else (asked.kills, asked.jobs)
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text, "logs")
        os.environ["XDG_CACHE_HOME"] = str(Path(text, "cache"))
        write_logdir(folder)
        tally = kill_at_random(folder, kills=kills, device=asked.device, seed=asked.seed)
        print(f"{kills} kills, {asked.device}: jobs ended {tally.ends}", flush=True)
        for line in [*tally.lost, *tally.half_written]:
            print(f"  {line}")
        holds = [
            report("jobs lost silently", len(tally.lost), 0),
            report("half-written results shown", len(tally.half_written), 0),
        ]
        holds += [report(*one) for one in run_many(folder, jobs=jobs, device=asked.device)]
    sys.exit(0 if all(holds) else 1)


if __name__ == "__main__":
    main()
