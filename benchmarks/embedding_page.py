"""How soon the embedding view shows its map, how smoothly it moves, how soon neighbours are there.

    python benchmarks/embedding_page.py --full
    python benchmarks/embedding_page.py --images 100000 --logdir /tmp/kept

Records a small CNN's embedding of Fashion-MNIST (2,000 training images, with --full 100,000: beyond
the 60,000 there are, the same ones moved aside; made-up images where the data set is not
installed), opens the view in a software Chromium, and prints seconds from opening the view to the
first painting of all points; frames a second while the map is moved and zoomed, as points, images
and density, with the processor time of a frame on the page's main thread and in all processes of
the browser, which other programs on the machine slow less than the frames; and milliseconds from a
click to its eight neighbours. Goals: 3 s, 20 a second, 150 ms. A logdir that is named is kept and
used again.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from page_speed import CHROMIUM, frame_of, start, wait_for_captures
from playwright.sync_api import CDPSession, Frame, Page, ViewportSize, sync_playwright
from torch.utils.tensorboard import SummaryWriter

import cnnviz
from cnnviz.cli.demo_data import load_data_set
from cnnviz.cli.demo_training import SmallNet
from cnnviz.errors import CnnvizError

SMALL, FULL = 2_000, 100_000
VIEWPORT: ViewportSize = {"width": 1440, "height": 900}
DRAWS = ("points", "density", "images")
MOVES = ("pan", "zoom")
PAINTED = "() => Number(document.querySelector('.plot-room')?.dataset.paintings ?? 0) > 0"
PICTURED = "() => document.querySelector('.plot-room')?.dataset.pictures > 0"

# Wheel turns and drags as fast as frames are presented, for some seconds; frames that were painted.
MOVE = """async ([kind, milliseconds]) => {
  const room = document.querySelector('.plot-room');
  const rect = room.getBoundingClientRect();
  const [x, y] = [rect.left + rect.width * 0.55, rect.top + rect.height * 0.5];
  const fire = (type, more) =>
    room.dispatchEvent(new PointerEvent(type, {bubbles: true, pointerId: 1, clientX: x, ...more}));
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  room.setPointerCapture = () => undefined;
  if (kind === 'pan') fire('pointerdown', {clientY: y, button: 0});
  const before = Number(room.dataset.paintings);
  const began = performance.now();
  for (let turn = 0; performance.now() - began < milliseconds; turn++) {
    if (kind === 'pan') fire('pointermove', {clientX: x + 90 * Math.sin(turn / 6), clientY: y});
    else {
      const deltaY = turn % 40 < 20 ? -60 : 60;
      room.dispatchEvent(new WheelEvent('wheel', {deltaY, clientX: x, clientY: y, bubbles: true}));
    }
    await frame();
  }
  const seconds = (performance.now() - began) / 1000;
  if (kind === 'pan') fire('pointerup', {clientY: y});
  const frames = Number(room.dataset.paintings) - before;
  return [frames / seconds, frames];
}"""

CLICK = """([x, y]) => new Promise((resolve, reject) => {
  const room = document.querySelector('.plot-room');
  const list = () => document.querySelector('.near:not([data-by="pixels"])');
  const was = list()?.dataset.row;
  const rect = room.getBoundingClientRect();
  const at = {clientX: rect.left + x * rect.width, clientY: rect.top + y * rect.height};
  const more = {...at, bubbles: true, pointerId: 1, button: 0};
  room.setPointerCapture = () => undefined;
  const began = performance.now();
  room.dispatchEvent(new PointerEvent('pointerdown', more));
  room.dispatchEvent(new PointerEvent('pointerup', more));
  const isFull = (near, row) =>
    near?.dataset.row === row && near.querySelectorAll('button').length === 8;
  let first = null;
  const look = () => {
    const row = list()?.dataset.row;
    const isNews = row !== undefined && row !== was;
    if (isNews && first === null && isFull(list(), row)) first = performance.now() - began;
    const pixels = document.querySelector('.near[data-by="pixels"]');
    if (first !== null && isFull(pixels, row)) resolve([first, performance.now() - began]);
    else if (performance.now() - began > 5000) resolve(null);
    else requestAnimationFrame(look);
  };
  look();
})"""


def images_and_labels(count: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Give (N, 1, 28, 28) uint8, (N,) and class names."""
    try:
        data = load_data_set("fashion-mnist")
    except (CnnvizError, OSError):
        numbers = np.random.default_rng(0)
        made = numbers.integers(0, 256, (count, 1, 28, 28), dtype=np.uint8)
        return made, numbers.integers(0, 10, count), [f"class {target}" for target in range(10)]
    images = np.concatenate([data.images, data.test_images])
    labels = np.concatenate([data.labels, data.test_labels])
    turns = range(-(-count // len(images)))
    moved = np.concatenate([np.roll(images, 2 * turn, axis=-1) for turn in turns])
    return moved[:count], np.tile(labels, len(turns))[:count], list(data.class_names)


def record(folder: Path, count: int) -> None:
    """Write one capture of a small CNN over the images."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    codes, labels, names = images_and_labels(count)
    images = (torch.from_numpy(codes.copy()).float() / 255 - 0.286) / 0.353
    targets = torch.from_numpy(labels.copy()).long()
    net = SmallNet(channels=1, classes=10)
    optimiser = torch.optim.Adam(net.parameters(), lr=2e-3)
    for _ in range(60):
        rows = torch.randint(len(images), (64,))
        loss = torch.nn.functional.cross_entropy(net(images[rows]), targets[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    recorder = cnnviz.Recorder(
        net,
        SummaryWriter(str(folder)),
        examples=images[:8],
        class_names=names,
        normalize=(0.286, 0.353),
        every=1,
        dataset=(images, targets),
        dataset_seconds=3600,
        methods=[cnnviz.method("embedding")],
    )
    with recorder:
        recorder.step(0)


def first_map(page: Page, address: str, draw: str) -> tuple[Frame, float]:
    """Open another view, then this one; give the seconds to its first painting."""
    page.goto(f"{address}#cnnviz&p.cnnviz.draw={draw}", wait_until="commit")
    frame = frame_of(page)
    frame.wait_for_selector(".step-strip, .strip")
    page.wait_for_timeout(1000)
    began = time.monotonic()
    frame.locator(".views button", has_text="Embedding").click()
    frame.wait_for_function(PAINTED, timeout=30_000, polling="raf")
    return frame, time.monotonic() - began


@dataclass(frozen=True)
class Motion:
    """How one way of drawing kept up with one movement."""

    rate: float
    """Frames painted a second."""
    page: float
    """Processor time of the page's main thread, ms a frame."""
    browser: float
    """Processor time of all of the browser's processes, ms a frame."""

    def __str__(self) -> str:
        """Say it in a line."""
        return f"{self.rate:3.0f} frames/s, {self.page:3.0f} ms page, {self.browser:3.0f} ms all"


def browser_seconds() -> float:
    """Processor time that our browser's processes have used."""
    spent = 0.0
    for one in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "chrom" in one.name():
                used = one.cpu_times()
                spent += used.user + used.system
    return spent


def moved(frame: Frame, clock: CDPSession, kind: str, seconds: float) -> Motion:
    """Move the map for some seconds."""

    def page_seconds() -> float:
        found = clock.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in found if one["name"] == "TaskDuration"))

    page, browser = page_seconds(), browser_seconds()
    rate, frames = frame.evaluate(MOVE, [kind, seconds * 1000])
    page, browser = page_seconds() - page, browser_seconds() - browser
    return Motion(rate, 1000 * page / max(frames, 1), 1000 * browser / max(frames, 1))


def measure(address: str, seconds: float, ratio: float) -> dict[str, Any]:
    """Measure in one browser."""
    found: dict[str, Any] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for draw in DRAWS:
            page = browser.new_page(viewport=VIEWPORT, device_scale_factor=ratio)
            clock = page.context.new_cdp_session(page)
            clock.send("Performance.enable", {"timeDomain": "threadTicks"})
            frame, found[f"first, {draw}"] = first_map(page, address, draw)
            if draw == "images":
                frame.wait_for_function(PICTURED, timeout=60_000)
            page.wait_for_timeout(1500)
            for kind in MOVES:
                found[f"{kind}, {draw}"] = moved(frame, clock, kind, seconds)
            if draw == "images":
                found["clicks"] = clicked(page, frame)
            page.close()
        browser.close()
    return found


def clicked(page: Page, frame: Frame) -> list[tuple[float, float]]:
    """Click on images here and there.

    Returns:
        Of each the milliseconds until its neighbours by features, and until both kinds, are there.
    """
    frame.get_by_role("button", name="Fit", exact=True).click()
    page.wait_for_timeout(500)
    frame.evaluate(CLICK, [0.5, 0.5])
    places = [(0.4 + 0.02 * turn, 0.4 + 0.015 * turn) for turn in range(12)]
    times = [frame.evaluate(CLICK, list(place)) for place in places]
    return [(first, both) for first, both in filter(None, times)]


def served(logdir: Path, count: int, seconds: float, ratio: float) -> dict[str, Any]:
    """Record unless that was done before, serve, measure."""
    if not (logdir / "run").is_dir():
        record(logdir / "run", count)
    process, address = start(logdir)
    try:
        wait_for_captures(address, 1)
        return measure(address, seconds, ratio)
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help=f"{FULL:,} images")
    parser.add_argument("--images", type=int, help="another number of them")
    parser.add_argument("--logdir", type=Path, help="kept, and used again")
    parser.add_argument("--ratio", type=float, default=1.0, help="screen pixels for a CSS pixel")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each movement")
    given = parser.parse_args()
    count = given.images or (FULL if given.full else SMALL)
    with tempfile.TemporaryDirectory() as folder:
        found = served(given.logdir or Path(folder), count, given.seconds, given.ratio)
    print(f"{count:,} images")
    for draw in DRAWS:
        print(f"  {draw:8} map {found[f'first, {draw}']:.2f} s after opening the view (goal 3)")
        for kind in MOVES:
            print(f"    {kind:5} {found[f'{kind}, {draw}']} (goal 20 frames/s)")
    for what, times in zip(
        ("by features", "by both"), zip(*found["clicks"], strict=True), strict=True
    ):
        print(
            f"  neighbours {what} {statistics.median(times):.0f} ms after a click, at most"
            f" {max(times):.0f} ms of {len(times)} (goal 150)"
        )


if __name__ == "__main__":
    main()
