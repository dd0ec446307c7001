"""Saliency, gradient × input and Grad-CAM of one target together, against one gradient.

    python benchmarks/attribution_shared_pass.py [--full] [--threads 2]

The floor is one forward and one backward pass of the model itself to the input; the target is 1.05
times that for all three. Both alternate, so that a busy machine slows both, and the ratio is the
median of rounds. --full takes about five minutes on two quiet cores.
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
ALONE = 3
"""Rounds in which the methods run one by one too."""


def floor(model: torch.nn.Module, images: torch.Tensor) -> float:
    """Seconds of one forward and backward pass to the input; no weight requires a gradient."""
    leaf = images.clone().requires_grad_()
    begin = time.perf_counter()
    torch.autograd.grad(model(leaf)[:, TARGET].sum(), leaf)
    return time.perf_counter() - begin


def measure(name: str, *, size: int, rounds: int) -> float:
    """Print one network's line; give how much more all three cost than one gradient."""
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
    for number in range(rounds + 2):
        floors.append(floor(model, images))
        shared.append(execute(together, ctx, on_error="raise").seconds)
        for request in together if number < ALONE else ():
            alone[request.key].append(execute([request], ctx, on_error="raise").seconds)
    pairs = zip(floors[2:], shared[2:], strict=True)
    ratio = statistics.median(each / low for low, each in pairs)
    low = statistics.median(floors[2:])
    each = " + ".join(f"{min(alone[one]) / min(floors):.2f}" for one in METHODS)
    print(
        f"{name} {size} px: one gradient {low * 1e3:.0f} ms; {', '.join(METHODS)} together "
        f"{ratio:.3f} × (must be 1.05 at most), one by one {each}",
        flush=True,
    )
    return ratio


def main() -> None:
    """Measure one network small, or four with --full."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="four networks, 224 px, 11 rounds")
    parser.add_argument("--threads", type=int, help="torch threads; its own choice without")
    given = parser.parse_args()
    if given.threads is not None:
        torch.set_num_threads(given.threads)
    names = ("resnet18", "vgg16", "densenet121", "mobilenet_v2") if given.full else ("resnet18",)
    size, rounds = (224, 11) if given.full else (64, 5)
    ratios = [measure(name, size=size, rounds=rounds) for name in names]
    print(f"at most 1.05 × one gradient: {'holds' if max(ratios) <= 1.05 else 'FAILS'} now")


if __name__ == "__main__":
    main()
