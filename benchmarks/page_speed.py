"""How soon the page shows its pictures on a large logdir, in a real Chromium, with both loaders.

    python benchmarks/make_large_logdir.py --full && python benchmarks/page_speed.py --full

Prints, for each loader: navigation to the first picture, start of our own page to the first
picture, the median time from asking for another step, drawn at random, to its picture (label and
pixels of that very step), and the memory beyond that of a TensorBoard on an empty folder.
Goals: 3 s, 1 s, 150 ms, 300 MB.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Frame, Page, sync_playwright

HERE = Path(__file__).resolve().parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LAYER_LINK = "&p.cnnviz.view=layer&p.cnnviz.layer="
LAYER = "layer1.1.relu:1"

SHOWN = """() => {
  const grid = document.querySelector('.grid-box canvas');
  const label = [...document.querySelectorAll('.cap')].map((cap) => cap.textContent);
  return grid !== null && !grid.closest('.dim') && label.some((text) => /^step \\d+$/.test(text));
}"""

GO = """([step, layer]) => new Promise((resolve, reject) => {
  const host = window.parent;
  const started = performance.now();
  host.location.hash = `#cnnviz&p.cnnviz.view=layer&p.cnnviz.layer=${layer}&p.cnnviz.stepA=${step}`;
  const look = () => {
    const caps = [...document.querySelectorAll('.grid-box ~ * .cap, .cap')];
    const labelled = caps.some((cap) => cap.textContent === `step ${step}`);
    const grid = document.querySelector('.grid-box canvas');
    if (labelled && grid && !grid.classList.contains('dim') && !grid.closest('.dim'))
      requestAnimationFrame(() => resolve(performance.now() - started));
    else if (performance.now() - started > 10000) reject(new Error(`step ${step} never came`));
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})"""


def start(logdir: Path, *arguments: str) -> tuple[subprocess.Popen[bytes], str]:
    """Start TensorBoard; give its process and address once it has read the last capture."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(logdir)]
    command += ["--port", str(port), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return process, f"http://localhost:{port}/"


def wait_for_captures(address: str, count: int, seconds: float = 120) -> float:
    """Wait until the plugin's index has that many captures; give how long it took."""
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        try:
            with urllib.request.urlopen(f"{address}data/plugin/cnnviz/runs") as answer:
                runs = json.load(answer)["runs"] or []
            if sum(run["steps"] for run in runs) >= count:
                return time.monotonic() - began
        except OSError:
            pass
        time.sleep(0.2)
    raise SystemExit(f"TensorBoard did not read {count} captures within {seconds:.0f} s")


def memory(process: subprocess.Popen[bytes]) -> float:
    """Resident memory of the server and its data server, MB."""
    root = psutil.Process(process.pid)
    return sum(one.memory_info().rss for one in [root, *root.children(recursive=True)]) / 1e6


def idle_memory(arguments: list[str]) -> float:
    """Resident memory of a TensorBoard that has nothing to read, MB."""
    with tempfile.TemporaryDirectory() as folder:
        process, address = start(Path(folder), *arguments)
        wait_for_captures(address, 0)
        time.sleep(2)
        used = memory(process)
        process.terminate()
        process.wait()
    return used


def frame_of(page: Page) -> Frame:
    """Give our iframe, waiting for it."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for frame in page.frames:
            if "name=cnnviz" in frame.url:
                return frame
        page.wait_for_timeout(5)
    raise SystemExit("the tab's frame never came")


def first_picture(page: Page, address: str) -> tuple[Frame, float, float]:
    """Navigate to the layer view; give the frame, seconds since navigation and since its start."""
    began = time.monotonic()
    page.goto(f"{address}#cnnviz{LAYER_LINK}{LAYER}", wait_until="commit")
    frame = frame_of(page)
    frame.wait_for_function(SHOWN, timeout=60_000, polling="raf")
    own: float = frame.evaluate("performance.now()")
    return frame, time.monotonic() - began, own / 1000


def measure(logdir: Path, captures: int, changes: int, arguments: list[str]) -> dict[str, Any]:
    """Measure one loader."""
    process, address = start(logdir, *arguments)
    try:
        reading = wait_for_captures(address, captures)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            frame, navigation, own = first_picture(page, address)
            with urllib.request.urlopen(f"{address}data/plugin/cnnviz/runs") as answer:
                name = json.load(answer)["runs"][0]["name"]
            with urllib.request.urlopen(f"{address}data/plugin/cnnviz/run?run={name}") as answer:
                steps = json.load(answer)["index"]["steps"]
            draw = random.Random(0)
            drawn = [draw.choice(steps[:-1]) for _ in range(changes)]
            wanted = [step for step, _ in itertools.groupby(drawn)]
            times = [frame.evaluate(GO, [step, LAYER]) for step in wanted]
            browser.close()
        used = memory(process)
    finally:
        process.terminate()
        process.wait()
    return {
        "reading": reading,
        "navigation": navigation,
        "own": own,
        "change": statistics.median(times),
        "slowest": max(times),
        "steps": len(steps),
        "memory": used,
    }


def main() -> None:
    """Read the arguments, measure both loaders, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="500 captures at 224 px")
    parser.add_argument("--logdir", type=Path, default=HERE / "out" / "large_logdir")
    parser.add_argument("--changes", type=int, default=40, help="random steps to go to")
    given = parser.parse_args()
    size, captures = (224, 500) if given.full else (64, 4)
    run = given.logdir / f"resnet18_{size}px_{captures}"
    if not run.is_dir():
        command = [
            sys.executable,
            str(HERE / "make_large_logdir.py"),
            "--output",
            str(given.logdir),
        ]
        subprocess.run([*command, *(["--full"] if given.full else [])], check=True)
    for name, arguments in (("Rust loader", []), ("Python loader", ["--load_fast=false"])):
        empty = idle_memory(arguments)
        found = measure(run, captures, given.changes, arguments)
        print(
            f"{name}: {found['steps']} steps, read {found['reading']:.1f} s after the start;"
            f" first picture {found['navigation']:.2f} s after navigation (goal 3),"
            f" {found['own']:.2f} s after our page's start (goal 1); another step in"
            f" {found['change']:.0f} ms (goal 150), at most {found['slowest']:.0f} ms; memory"
            f" {found['memory']:.0f} MB, {found['memory'] - empty:.0f} MB beyond an empty folder's"
            " (goal 300)",
            flush=True,
        )


if __name__ == "__main__":
    main()
