"""Iterations a second of activation maximisation beside Lucent's render_vis, with Lucid's set.

    pip install torch-lucent "kornia==0.4.1"
    python benchmarks/ascent_lucent.py [--full]

The same network, channel, picture size and device in one process: a spectrum of decorrelated
colours, Lucid's transformations, Adam. The target is at least twice Lucent's rate. Both alternate,
so that a busy machine slows both; of one thread on the CPU the processor's time is taken. Lucent
computes the whole network and every weight's gradient, and enlarges the picture by its padding.
"""

from __future__ import annotations

import argparse
import statistics

import torch
import torchvision
from ascent_rate import NETWORKS, NORMALIZE, Clock, now, wait

from cnnviz.core.context import Context
from cnnviz.core.execute import execute
from cnnviz.core.requests import method
from cnnviz.graph import Net, capture

UNIT = 5
SIDE = 224


def network(name: str, device: str) -> torch.nn.Module:
    """Make a network with random weights."""
    torch.manual_seed(0)
    model: torch.nn.Module = getattr(torchvision.models, name)(weights=None)
    return model.eval().to(device)


def lucents_step(model: torch.nn.Module, layer: str, iterations: int) -> float:
    """Seconds of one iteration of render_vis; what comes before the first is left out."""
    from lucent.optvis import param, render

    clock = Clock()

    class Watched(torch.optim.Adam):
        def step(self, closure=None):  # type: ignore[no-untyped-def, override] # as torch has it
            found = super().step(closure)
            clock()
            return found

    render.render_vis(
        model,
        f"{layer.replace('.', '_')}:{UNIT}",
        param_f=lambda: param.image(SIDE),
        optimizer=lambda parts: Watched(parts, lr=0.05),
        thresholds=(iterations,),
        progress=False,
        show_image=False,
    )
    return statistics.median(clock.seconds)


def our_step(net: Net, layer: str, iterations: int) -> float:
    """Seconds of one iteration of the preset `lucid`."""
    clock = Clock()
    images = torch.zeros(0, 3, SIDE, SIDE, device=net.device)
    ctx = Context(net, images, normalize=NORMALIZE, on_report=clock)
    request = method("activation_maximization", layer=layer, units=[UNIT], iterations=iterations)
    execute([request], ctx, on_error="raise")
    return statistics.median(clock.seconds)


def floor_step(net: Net, layer: str, iterations: int) -> float:
    """Seconds of one bare forward pass to the layer and one backward pass to the picture."""
    seconds = []
    leaf = torch.rand(1, 3, SIDE, SIDE, device=net.device).requires_grad_()
    for _ in range(iterations):
        begin = now()
        torch.autograd.grad(net.features(leaf, [layer])[layer].mean(), leaf)
        wait(net)
        seconds.append(now() - begin)
    return statistics.median(seconds)


def measure(name: str, *, rounds: int, iterations: int, device: str) -> None:
    """Print one network's line."""
    layer = NETWORKS[name]
    net = capture(network(name, device), torch.zeros(1, 3, SIDE, SIDE, device=device))
    lucents, ours, floors = [], [], []
    for _ in range(rounds):
        floors.append(floor_step(net, layer, iterations))
        # A model of its own: render_vis leaves its hooks behind.
        lucents.append(lucents_step(network(name, device), layer, iterations))
        ours.append(our_step(net, layer, iterations))
    low, theirs, own = (statistics.median(part) for part in (floors, lucents, ours))
    print(
        f"{name} up to {layer}, {device}: Lucent {1 / theirs:.2f} a second, ours {1 / own:.2f}: "
        f"{theirs / own:.2f} times Lucent's; of the floor's rate {low / own:.2f}, "
        f"Lucent {low / theirs:.2f}",
        flush=True,
    )


def main() -> None:
    """Measure one network, or three with --full."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="three networks, more rounds")
    full = parser.parse_args().full
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        import lucent
    except ImportError as error:
        print(f"left out: it needs Lucent ({error}): pip install torch-lucent")
        return
    print(f"Lucent {getattr(lucent, '__version__', '')}, torch {torch.__version__}")
    for name in NETWORKS if full else ["resnet18"]:
        measure(name, rounds=5 if full else 2, iterations=8, device=device)


if __name__ == "__main__":
    main()
