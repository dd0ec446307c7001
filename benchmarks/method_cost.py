"""What each default method takes beyond the passes that all of them share, on several networks.

    python benchmarks/method_cost.py [--full]

The floor is one forward and one backward pass of the model itself on eight examples; the target for
all default methods together is 1.5 times that. Both alternate, so that a busy machine slows both.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch
import torchvision

from cnnviz.core.context import Context
from cnnviz.core.execute import Execution, execute
from cnnviz.core.requests import Request, parse_requests
from cnnviz.graph import capture

SMALL = ("resnet18",)
FULL = ("resnet18", "vgg11", "mobilenet_v2", "efficientnet_b0", "densenet121", "convnext_tiny")


def floor(model: torch.nn.Module, images: torch.Tensor) -> float:
    """Seconds of one forward and backward pass to the input; no weight requires a gradient."""
    leaf = images.clone().requires_grad_()
    begin = time.perf_counter()
    torch.autograd.grad(model(leaf).max(1).values.sum(), leaf)
    return time.perf_counter() - begin


def measure(name: str, *, size: int, rounds: int) -> None:
    """Print one network's lines."""
    torch.manual_seed(0)
    model = (
        getattr(torchvision.models, name)(weights=None).eval().requires_grad_(requires_grad=False)
    )
    images = torch.rand(8, 3, size, size)
    net = capture(model, images)
    requests: list[Request] = parse_requests("default", net)
    ctx = Context(net, images, in_training=True)
    floors: list[float] = []
    executions: list[Execution] = []
    for _ in range(rounds + 2):
        floors.append(floor(model, images))
        executions.append(execute(requests, ctx))
    warm = executions[2:]
    low = statistics.median(floors[2:])
    took = statistics.median(e.seconds for e in warm)
    print(
        f"{name} {size} px: floor {low * 1e3:.1f} ms, all {took * 1e3:.1f} ms: {took / low:.2f} ×"
    )
    for request in requests:
        own = [d.seconds for e in warm for d in e.results if d.request.key == request.key]
        print(f"  {request.key:<18}{statistics.median(own) * 1e3:7.2f} ms")


def main() -> None:
    """Measure one network, or all with --full."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--full", action="store_true", help="six networks, 20 rounds, 64 and 224 px"
    )
    full = parser.parse_args().full
    for name in FULL if full else SMALL:
        for size in (64, 224) if full else (64,):
            measure(name, size=size, rounds=20 if full else 5)


if __name__ == "__main__":
    main()
