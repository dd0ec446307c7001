"""Saliency, gradient × input and Grad-CAM of one target together, against one gradient.

    python benchmarks/attribution_shared_pass.py [--full]

The floor is one forward and one backward pass of the model itself to the input; the target is 1.05
times that for all three. Both alternate, so that a busy machine slows both.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch
import torchvision

from cnnviz.core.context import Context
from cnnviz.core.execute import execute
from cnnviz.core.requests import method
from cnnviz.graph import capture

METHODS = ("saliency", "gradient_input", "grad_cam")
TARGET = 3


def floor(model: torch.nn.Module, images: torch.Tensor) -> float:
    """Seconds of one forward and backward pass to the input; no weight requires a gradient."""
    leaf = images.clone().requires_grad_()
    begin = time.perf_counter()
    torch.autograd.grad(model(leaf)[:, TARGET].sum(), leaf)
    return time.perf_counter() - begin


def measure(name: str, *, size: int, rounds: int) -> None:
    """Print one network's line."""
    torch.manual_seed(0)
    model = getattr(torchvision.models, name)(weights=None).eval()
    model.requires_grad_(requires_grad=False)
    images = torch.rand(8, 3, size, size)
    net = capture(model, images)
    ctx = Context(net, images)
    together = [method(one, target=TARGET) for one in METHODS]
    floors: list[float] = []
    shared: list[float] = []
    alone: dict[str, list[float]] = {one: [] for one in METHODS}
    for _ in range(rounds + 2):
        floors.append(floor(model, images))
        shared.append(execute(together, ctx, on_error="raise").seconds)
        for request in together:
            alone[request.key].append(execute([request], ctx, on_error="raise").seconds)
    low = statistics.median(floors[2:])
    each = " + ".join(f"{statistics.median(alone[one][2:]) / low:.2f}" for one in METHODS)
    print(
        f"{name} {size} px: one gradient {low * 1e3:.0f} ms; {', '.join(METHODS)} together "
        f"{statistics.median(shared[2:]) / low:.2f} × (target 1.05), one by one {each}"
    )


def main() -> None:
    """Measure one network small, or four with --full."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="four networks, 224 px, 15 rounds")
    full = parser.parse_args().full
    for name in ("resnet18", "vgg16", "densenet121", "mobilenet_v2") if full else ("resnet18",):
        measure(name, size=224 if full else 96, rounds=15 if full else 5)


if __name__ == "__main__":
    main()
