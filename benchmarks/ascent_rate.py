"""Iterations a second of the methods that climb, against bare forward and backward passes.

    python benchmarks/ascent_rate.py [--full]

The floor is one forward pass up to the target's layer and one backward pass to the image, on the
same network, batch and device in the same process; the target is at least 0.9 of its rate. Then
16 units in one batch against one by one: on a CPU they shall take no longer a picture. All
alternate, so that a busy machine slows both; of one thread on the CPU the processor's time is
taken, which other programs disturb less.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch
import torchvision

from cnnviz.core.context import Context
from cnnviz.core.execute import execute
from cnnviz.core.registry import find
from cnnviz.core.requests import Request, method
from cnnviz.graph import Net, capture
from cnnviz.ops.images import Normalize
from cnnviz.worker.allocator import keep_memory

NORMALIZE = Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
NETWORKS = {"resnet18": "layer3", "mobilenet_v2": "features.10", "vgg11": "features.13"}


def now() -> float:
    """Read the clock."""
    alone = torch.get_num_threads() == 1 and not torch.cuda.is_available()
    return time.process_time() if alone else time.perf_counter()


class Clock:
    """Collects the time between two reports."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._last: float | None = None

    def begin(self) -> None:
        """Forget when the last report was."""
        self._last = None

    def __call__(self, *_: object) -> None:
        """Take a report."""
        here = now()
        if self._last is not None:
            self.seconds.append(here - self._last)
        self._last = here


def wait(net: Net) -> None:
    """Let a GPU finish."""
    if net.device.type == "cuda":
        torch.cuda.synchronize(net.device)


def floor(net: Net, layer: str, images: torch.Tensor) -> float:
    """Seconds of one forward pass to a layer and one backward pass to the images."""
    leaf = images.clone().requires_grad_()
    begin = now()
    torch.autograd.grad(net.features(leaf, [layer])[layer].mean(), leaf)
    wait(net)
    return now() - begin


def requests(layer: str, count: int, iterations: int) -> dict[str, Request]:
    """Ask for every way of climbing up to a layer."""
    asked: dict[str, Request] = {}
    for preset in find("activation_maximization").presets:
        params = {**preset.params, "iterations": iterations}
        units = list(range(count))
        asked[preset.name] = method("activation_maximization", layer=layer, units=units, **params)
    asked["inversion"] = method("inversion", layers=[layer], iterations=iterations)
    asked["deep_dream"] = method("deep_dream", layer=layer, iterations=iterations, octaves=1)
    return asked


def measure(name: str, *, count: int, rounds: int, iterations: int, device: str) -> None:
    """Print one network's lines."""
    torch.manual_seed(0)
    model = getattr(torchvision.models, name)(weights=None).eval().to(device)
    images = torch.rand(count, 3, 224, 224, device=device)
    net, layer = capture(model, images), NETWORKS[name]
    print(f"{name} up to {layer}, {count} at once, {device}")
    for text, request in requests(layer, count, iterations).items():
        floors: list[float] = []
        clock = Clock()
        floor(net, layer, images)
        for _ in range(rounds):
            floors += [floor(net, layer, images) for _ in range(iterations)]
            clock.begin()
            ctx = Context(net, images, normalize=NORMALIZE, on_report=clock)
            execute([request], ctx, on_error="raise")
        low, took = statistics.median(floors), statistics.median(clock.seconds)
        print(f"  {text:<18}{1 / took:7.1f} a second, {low / took:5.2f} of the floor's", flush=True)


def measure_batch(name: str, *, rounds: int, iterations: int, device: str) -> None:
    """Print what a picture costs in a batch of 16, against one by one."""
    torch.manual_seed(0)
    model = getattr(torchvision.models, name)(weights=None).eval().to(device)
    images = torch.rand(1, 3, 224, 224, device=device)
    net, layer = capture(model, images), NETWORKS[name]
    seconds: dict[int, list[float]] = {1: [], 16: []}
    for _ in range(rounds):
        for count, found in seconds.items():
            clock = Clock()
            units = list(range(count))
            params = {"units": units, "layer": layer, "iterations": iterations}
            ctx = Context(net, images[:0], normalize=NORMALIZE, on_report=clock)
            execute([method("activation_maximization", **params)], ctx, on_error="raise")
            found += clock.seconds
    alone, together = statistics.median(seconds[1]), statistics.median(seconds[16]) / 16
    print(f"{name}: a picture of 16 at once takes {together / alone:.2f} of one alone", flush=True)


def main() -> None:
    """Measure one network, or three with --full."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="three networks, batches of 1 and 16")
    full = parser.parse_args().full
    keep_memory()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    for name in NETWORKS if full else ["resnet18"]:
        for count in (1, 16) if full else (1,):
            measure(name, count=count, rounds=3, iterations=8, device=device)
        measure_batch(name, rounds=3 if full else 1, iterations=6, device=device)


if __name__ == "__main__":
    main()
