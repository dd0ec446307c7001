"""A pass over a data set with top patches of four layers and embeddings, against a plain one.

    python benchmarks/dataset_pass.py [--full]

The floor is the model itself over the same images, in batches of the same size, in this process;
the target is 1.10 times that for the whole pass, its results included. Both alternate, so that a
busy machine slows both. Memory is what the process holds for itself beyond the mapped files, after
passes over twice and four times as many images: it must not grow with them.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

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


class Repeated:
    """A few random images over and over, each a little brighter: a set of any size in no memory."""

    def __init__(self, total: int, size: int) -> None:
        """Make the images that are repeated."""
        numbers = torch.Generator().manual_seed(0)
        self._images = torch.rand(64, 3, size, size, generator=numbers)
        self.total: int | None = total
        self.reference = "random images"

    def batches(self, size: int, positions: np.ndarray | None = None) -> Iterator[Batch]:
        """Go through it."""
        wanted = np.arange(self.total or 0) if positions is None else positions
        for start in range(0, len(wanted), size):
            part = wanted[start : start + size]
            brighter = torch.from_numpy(part / (self.total or 1)).float()[:, None, None, None]
            images = self._images[torch.from_numpy(part % 64)] * (0.5 + 0.5 * brighter)
            yield Batch(part, images, (part % 10).astype(np.int32))

    def name_of(self, position: int) -> str | None:  # noqa: ARG002 - of the protocol
        """Give None: there are no files."""
        return None


def plain(model: torch.nn.Module, images: Repeated, batch: int) -> tuple[float, float]:
    """Seconds of the model alone, by the clock and of the processor."""
    begin, used = time.perf_counter(), time.process_time()
    with torch.inference_mode():
        for part in images.batches(batch):
            model(part.images)
    return time.perf_counter() - begin, time.process_time() - used


def looked_through(net: Net, images: Repeated, batch: int) -> tuple[float, float]:
    """Seconds of a pass with everything, likewise."""
    data = DataSet(images, seconds=LONG)  # as in training, where neighbours are asked of some only
    ctx = Context(net, next(images.batches(2)).images, dataset=data, in_training=True)
    ctx.batch_limit = batch
    requests = [method("top_patches"), method("embedding")]
    used = time.process_time()
    execution = execute(requests, ctx, on_error="raise")
    layers = [one.result.layer for one in execution.results]
    if len(layers) != 5:
        message = f"expected four layers and an embedding, got {layers}"
        raise SystemExit(message)
    return execution.seconds, time.process_time() - used


def own_bytes() -> int:
    """Bytes of memory that belong to this process alone; pages of files do not count."""
    gc.collect()
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    return 0


def ratio(of: list[tuple[float, float]], to: list[tuple[float, float]]) -> str:
    """Give the median ratios, by the clock and of the processor."""
    by_clock, by_processor = (
        statistics.median(a[kind] / b[kind] for a, b in zip(of, to, strict=True)) for kind in (0, 1)
    )
    return f"{by_clock:.3f} × ({by_processor:.3f} × of processor time)"


def main() -> None:
    """Measure ResNet-18 small, or with 2,048 images of 224 px with --full."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="224 px, 2,048 images")
    full = parser.parse_args().full
    size, count, rounds = (224, 2048, 3) if full else (128, 192, 2)
    torch.manual_seed(0)
    model = torchvision.models.resnet18(weights=None).eval()
    net = capture(model, torch.rand(2, 3, size, size))
    batch = max(1, min(256, VALUES_AT_ONCE // (3 * size * size)))
    images = {factor: Repeated(count * factor, size) for factor in (1, 2)}
    looked_through(net, Repeated(batch * 2, size), batch)
    floors: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    passes: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    for _ in range(rounds):
        for factor, some in images.items():
            floors[factor].append(plain(model, some, batch))
            passes[factor].append(looked_through(net, some, batch))

    def more(times: dict[int, list[tuple[float, float]]]) -> list[tuple[float, float]]:
        pairs = zip(times[2], times[1], strict=True)
        return [(b[0] - a[0], b[1] - a[1]) for b, a in pairs]

    print(
        f"resnet18 {size} px, {2 * count} images: plain {floors[2][0][0]:.1f} s, with top patches "
        f"of 4 layers and embeddings {ratio(passes[2], floors[2])}, target {TARGET}; each further "
        f"image {ratio(more(passes), more(floors))}"
    )
    before = own_bytes()
    held = []
    for factor in (1, 2, 4):
        looked_through(net, Repeated(count * factor, size), batch)
        held.append(f"{factor} × {(own_bytes() - before) / 2**20:+.0f} MiB")
    print(f"memory after passes over more images: {', '.join(held)}")


if __name__ == "__main__":
    main()
