"""A pass over a data set with top patches of four layers and embeddings, against a plain one.

    python benchmarks/dataset_pass.py [--full] [--images N]

The floor is the model itself over the same images, batch by batch in turn with the pass, so that a
busy machine slows both; the target is 1.10 times that for the whole pass, its results included:
thumbnails, patches cut out, neighbours by features and by pixels. Once with N images, twice and
four times as many: neither the ratio nor the memory that the process holds for itself, at its
highest, may grow with them. Images come in no order; with --sorted each is brighter than the one
before, so that every list of strongest images changes with every image: the worst case.
"""

from __future__ import annotations

import argparse
import gc
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import numpy as np
import torch
import torchvision

from cnnviz.core.context import Context
from cnnviz.core.dataset_pass import VALUES_AT_ONCE
from cnnviz.core.datasets import Batch, DataSet
from cnnviz.core.execute import execute
from cnnviz.core.requests import method
from cnnviz.graph import capture
from cnnviz.graph.net import Net

TARGET = 1.10
LONG = 1e6
"""Seconds that a pass may take: all images are looked at."""
FACTORS = (1, 2, 4)
MOST_GROWTH = 32 << 20
"""Bytes that twice as many images may take more; up to 64 MiB of pictures wait to be cut."""


@dataclass
class Clock:
    """Time by the clock and of the processor."""

    wall: float = 0.0
    used: float = 0.0

    def __enter__(self) -> None:
        """Start."""
        self._began = time.perf_counter(), time.process_time()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Add what went by."""
        self.wall += time.perf_counter() - self._began[0]
        self.used += time.process_time() - self._began[1]


@dataclass
class Repeated:
    """A few random images over and over, each of another brightness: a set of any size.

    Whoever goes through all of it waits for the model itself, too, whose time is kept.
    """

    model: torch.nn.Module
    images: torch.Tensor
    total: int | None
    brightness: np.ndarray
    reference: str = "random images"
    plain: Clock = field(default_factory=Clock)

    def batches(self, size: int, positions: np.ndarray | None = None) -> Iterator[Batch]:
        """Go through it."""
        wanted = np.arange(self.total or 0) if positions is None else positions
        for start in range(0, len(wanted), size):
            part = wanted[start : start + size]
            brighter = torch.from_numpy(self.brightness[part]).float()[:, None, None, None]
            images = self.images[torch.from_numpy(part % len(self.images))] * brighter
            if len(wanted) == self.total:
                with self.plain, torch.inference_mode():
                    self.model(images)
            yield Batch(part, images, (part % 10).astype(np.int32))

    def name_of(self, position: int) -> str | None:  # noqa: ARG002 - of the protocol
        """Give None: there are no files."""
        return None


class Peak:
    """The most memory that belongs to this process alone, in bytes, while the block runs."""

    def __enter__(self) -> Peak:
        """Begin to look, four times a second."""
        gc.collect()
        self.before = self.most = own_bytes()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def _look(self) -> None:
        while not self._over.wait(0.25):
            self.most = max(self.most, own_bytes())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Look a last time."""
        self._over.set()
        self._thread.join()
        self.most = max(self.most, own_bytes())


def own_bytes() -> int:
    """Bytes of memory that belong to this process alone; pages of files do not count."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    return 0


def looked_through(net: Net, images: Repeated, batch: int) -> tuple[Clock, int]:
    """Time of a pass with everything, the model itself taken off, and the most bytes held."""
    data = DataSet(images, seconds=LONG)  # as in training
    ctx = Context(net, next(images.batches(2, np.arange(2))).images, dataset=data, in_training=True)
    ctx.batch_limit = batch
    spent = Clock()
    with Peak() as peak, spent:
        done = execute([method("top_patches"), method("embedding")], ctx, on_error="raise")
    layers = [one.result.layer for one in done.results]
    if len(layers) != 5 or done.results[0].result.facts["count"] != images.total:
        message = f"expected four layers and an embedding of all images, got {layers}"
        raise SystemExit(message)
    spent.wall -= images.plain.wall
    spent.used -= images.plain.used
    return spent, peak.most


def main() -> None:
    """Measure ResNet-18 small, or at 224 px with --full."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="224 px, 512 images unless told")
    parser.add_argument("--images", type=int, help="how many; twice and four times as many too")
    parser.add_argument("--sorted", action="store_true", help="each brighter than the one before")
    asked = parser.parse_args()
    size, count = (224, asked.images or 512) if asked.full else (128, asked.images or 128)
    torch.manual_seed(0)
    model = torchvision.models.resnet18(weights=None).eval()
    net = capture(model, torch.rand(2, 3, size, size))
    batch = max(1, min(256, VALUES_AT_ONCE // (3 * size * size)))
    few = torch.rand(64, 3, size, size)

    def images(total: int) -> Repeated:
        order = np.arange(total) if asked.sorted else np.random.default_rng(0).permutation(total)
        return Repeated(model, few, total, 0.5 + 0.5 * order / total)

    looked_through(net, images(4 * batch), batch)
    print(f"resnet18, {size} px, {torch.get_num_threads()} threads; target {TARGET} × a plain pass")
    peaks = []
    for factor in FACTORS:
        source = images(factor * count)
        spent, peak = looked_through(net, source, batch)
        floor = source.plain
        peaks.append(peak)
        print(
            f"{factor * count:6} images: plain {floor.wall:.1f} s, with top patches of 4 layers "
            f"and embeddings {spent.wall / floor.wall:.3f} × ({spent.used / floor.used:.3f} × of "
            f"processor time), peak {peak / 2**20:.0f} MiB",
            flush=True,
        )
    more = peaks[-1] - peaks[-2]
    print(
        f"memory: {'flat' if more <= MOST_GROWTH else 'GROWS'}, {more / 2**20:+.0f} MiB from twice "
        "to four times as many images"
    )


if __name__ == "__main__":
    main()
