"""How soon TensorBoard's side answers on a large logdir: index, pictures, tables over all steps.

    python benchmarks/make_large_logdir.py --full && python benchmarks/plugin_answers.py --full

Over HTTP without a browser, for each loader. Prints how long TensorBoard took to read the events,
the first index, pictures of steps never asked for before (median and slowest), each table over all
steps the first time, and how much more memory TensorBoard and its data server took for all that.
Goals: pictures of any step 50 ms, tables 300 ms, memory 300 MB, on a machine at rest.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import socket
import statistics
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil

HERE = Path(__file__).resolve().parent


class Server:
    """A running TensorBoard."""

    def __init__(self, process: subprocess.Popen[bytes], base: str) -> None:
        self.process, self.base = process, base

    def get(self, route: str, **query: object) -> tuple[bytes, float]:
        """Give an answer's bytes and how long it took, in seconds."""
        began = time.perf_counter()
        url = f"{self.base}{route}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=120) as answer:
            content = answer.read()
        return content, time.perf_counter() - began

    def memory(self) -> float:
        """Resident memory of TensorBoard and its data server, MB."""
        root = psutil.Process(self.process.pid)
        return sum(one.memory_info().rss for one in [root, *root.children(recursive=True)]) / 1e6


@contextlib.contextmanager
def started(logdir: Path, *arguments: str) -> Iterator[Server]:
    """Run TensorBoard on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(logdir)]
    command += ["--port", str(port), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield Server(process, f"http://localhost:{port}/data/plugin/cnnviz/")
    finally:
        process.terminate()
        process.wait()


def wait_for(server: Server, captures: int) -> float:
    """Wait until all captures are read; give the seconds since the call."""
    began = time.perf_counter()
    while time.perf_counter() < began + 300:
        with contextlib.suppress(OSError):
            runs = json.loads(server.get("runs")[0])["runs"]
            if runs and runs[0]["steps"] >= captures:
                return time.perf_counter() - began
        time.sleep(0.2)
    raise SystemExit(f"TensorBoard did not read {captures} captures")


def pictures(server: Server, index: dict, rounds: int) -> tuple[list[float], str]:
    """Ask for the largest maps at random steps; give the seconds of each, and their layer."""
    maps = [one for one in index["series"] if one["kind"] == "feature_maps"]
    largest = max(maps, key=lambda one: one["arrays"]["activations"]["shape"][-1])
    chosen = random.Random(0).sample(largest["at"], min(rounds, len(largest["at"])))
    times = []
    for at in chosen:
        step, digest = index["steps"][at], index["digests"][at]
        query = {"run": index["name"], "step": step, "digest": digest, "key": largest["key"]}
        times.append(server.get("maps", **query)[1])
    return times, largest["layer"]


def measure(run: Path, captures: int, rounds: int, arguments: list[str]) -> str:
    """Measure one loader; give a line."""
    with started(run.parent, *arguments) as server:
        read = wait_for(server, captures)
        before = server.memory()
        content, first = server.get("run", run=run.name)
        index = json.loads(content)["index"]
        times, layer = pictures(server, index, rounds)
        whole = {"run": run.name, "rev": index["rev"]}
        strip = {"key": f"activations/{layer}", "channel": 0}
        tables = {
            "strip": server.get("strip", **whole, **strip)[1],
            "channels": server.get("channels", **whole, layer=layer)[1],
            "statistics": server.get("statistics", **whole)[1],
            "scores": server.get("scores", **whole)[1],
        }
        after = server.memory()
    named = ", ".join(f"{name} {seconds * 1e3:.0f} ms" for name, seconds in tables.items())
    middle, slowest = statistics.median(times) * 1e3, max(times) * 1e3
    return (
        f"{len(index['steps'])} steps read after {read:.1f} s; index {first * 1e3:.0f} ms,"
        f" {len(content) / 1e3:.0f} kB; pictures of {layer} {middle:.0f} ms, slowest"
        f" {slowest:.0f} ms (goal 50); {named} (goal 300);"
        f" memory {after:.0f} MB, grew {after - before:.0f} MB (goal 300)"
    )


def main() -> None:
    """Read the arguments, measure both loaders, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="500 captures at 224 px")
    parser.add_argument("--logdir", type=Path, default=HERE / "out" / "large_logdir")
    given = parser.parse_args()
    size, captures, rounds = (224, 500, 100) if given.full else (64, 4, 4)
    run = given.logdir / f"resnet18_{size}px_{captures}"
    command = [sys.executable, str(HERE / "make_large_logdir.py"), "--output", str(given.logdir)]
    subprocess.run([*command, *(["--full"] if given.full else [])], check=True)
    for name, arguments in (("Rust loader", []), ("Python loader", ["--load_fast=false"])):
        print(f"{name}: {measure(run, captures, rounds, arguments)}", flush=True)


if __name__ == "__main__":
    main()
