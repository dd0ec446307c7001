"""Whether facets find the two groups of a class that was made of two.

    python benchmarks/facet_quality.py [--full] [--sheet FILE.png]

Merges pairs of Fashion-MNIST's classes (Debian's package dataset-fashion-mnist, or what torchvision
fetches) into one label each, trains the demo's small network for a minute and asks for the facets
of the merged class. The target: both classes are found, and of each facet's source images at least
90 % are of one of them. --full: five pairs instead of two, and more steps of training. --sheet
keeps the facets as a picture, a row each.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

import cnnviz
from cnnviz.cli.demo_data import DataSet, load_data_set
from cnnviz.cli.demo_training import SmallNet

MEAN, STD = 0.286, 0.353
PAIRS = ((1, 8), (9, 3), (0, 7), (5, 2), (4, 9))
IMAGES = 2000
TARGET = 0.9


def trained(images: np.ndarray, labels: np.ndarray, steps: int) -> SmallNet:
    """Train by stochastic gradient descent with momentum."""
    torch.manual_seed(0)
    model = SmallNet(channels=1, classes=10)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    numbers = np.random.default_rng(0)
    for _ in range(steps):
        at = numbers.integers(len(images), size=128)
        loss: torch.Tensor = F.cross_entropy(
            model(_inputs(images[at])), torch.from_numpy(labels[at])
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def _inputs(images: np.ndarray) -> torch.Tensor:
    return (torch.from_numpy(images.astype(np.float32)) / 255 - MEAN) / STD


def measure(
    data: DataSet, pair: tuple[int, int], steps: int, count: int
) -> tuple[bool, Image.Image]:
    """Print how pure the facets of two classes under one label are; give verdict and sheet."""
    into, other = pair
    labels = np.where(data.labels == other, into, data.labels)
    model = trained(data.images, labels, steps)
    true = data.test_labels[:IMAGES]
    begin = time.perf_counter()
    record = cnnviz.run(
        "facets",
        model,
        _inputs(data.test_images[:IMAGES]),
        labels=np.where(true == other, into, true),
        normalize=((MEAN,), (STD,)),
        target=into,
        facets=count,
    )
    seconds = time.perf_counter() - begin
    shares, found = [], set()
    for facet in record.facts["facets"]:
        sources = true[facet["rows"]]
        shares.append(max(float((sources == one).mean()) for one in pair))
        found.add(into if float((sources == into).mean()) > 0.5 else other)
    sure = [facet["probability"] for facet in record.facts["facets"]]
    holds = min(shares) >= TARGET and found == set(pair)
    names = " + ".join(data.class_names[one] for one in pair)
    print(
        f"{names}, {count} facets: {len(found)} of 2 classes found, source images of one class "
        f"{', '.join(f'{share:.0%}' for share in shares)} (target {TARGET:.0%}): "
        f"{'holds' if holds else 'FAILS'}; probability {min(sure):.2f} or more; {seconds:.0f} s",
        flush=True,
    )
    return holds, sheet_of(record.arrays["images"], record.facts["columns"])


def sheet_of(images: np.ndarray, columns: int) -> Image.Image:
    """Lay a record's pictures out, four times their size."""
    rows, side = len(images) // columns, images.shape[1]
    cells = images.reshape(rows, columns, side, side, 3).transpose(0, 2, 1, 3, 4)
    codes = (cells.reshape(rows * side, columns * side, 3) * 255).round().astype(np.uint8)
    return Image.fromarray(codes).resize(
        (columns * side * 4, rows * side * 4), Image.Resampling.NEAREST
    )


def main() -> None:
    """Measure two pairs, or five with --full, with two and with four facets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="five pairs, 1,500 steps")
    parser.add_argument("--sheet", type=Path, help="where the pictures go")
    arguments = parser.parse_args()
    data = load_data_set("fashion-mnist")
    pairs, steps = (PAIRS, 1500) if arguments.full else (PAIRS[:2], 500)
    results = [measure(data, pair, steps, count) for pair in pairs for count in (2, 4)]
    print(f"{sum(holds for holds, _ in results)} of {len(results)} hold")
    if arguments.sheet is not None:
        sheets = [sheet for _, sheet in results]
        size = (max(one.width for one in sheets), sum(one.height + 8 for one in sheets))
        whole, top = Image.new("RGB", size, "white"), 0
        for one in sheets:
            whole.paste(one, (0, top))
            top += one.height + 8
        whole.save(arguments.sheet)


if __name__ == "__main__":
    main()
