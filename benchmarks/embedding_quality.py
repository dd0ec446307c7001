"""How often an image's neighbours have its label: by a trained network's features and by pixels.

    python benchmarks/embedding_quality.py [--full]

Trains the demo's small network on Fashion-MNIST (Debian's package dataset-fashion-mnist, or what
torchvision fetches) and looks through test images, all 10,000 with --full. The target is that
features agree more often than pixels; components must equal scikit-learn's full decomposition to
1e-8, neighbours those of measuring everything.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.metrics import pairwise_distances
from torch import Tensor
from torch.nn import functional as F

from cnnviz.cli.demo_data import load_data_set
from cnnviz.cli.demo_training import SmallNet
from cnnviz.core.context import Context
from cnnviz.core.datasets import DataSet
from cnnviz.core.execute import execute
from cnnviz.core.picture_sets import PictureArray
from cnnviz.core.requests import method
from cnnviz.graph import capture
from cnnviz.ops.images import Normalize
from cnnviz.ops.principal import principal_components

MEAN, STD = 0.286, 0.353


def trained(images: np.ndarray, labels: np.ndarray, steps: int) -> SmallNet:
    """Train by stochastic gradient descent with momentum."""
    torch.manual_seed(0)
    model = SmallNet(channels=1, classes=10)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    numbers = np.random.default_rng(0)
    for _ in range(steps):
        at = numbers.integers(len(images), size=128)
        x: Tensor = (torch.from_numpy(images[at].astype(np.float32)) / 255 - MEAN) / STD
        loss = F.cross_entropy(model(x), torch.from_numpy(labels[at]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def main() -> None:
    """Measure 2,000 test images, or all with --full."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="10,000 images, 2,000 steps")
    full = parser.parse_args().full
    every, steps = (1, 2000) if full else (5, 600)
    data = load_data_set("fashion-mnist")
    images, labels = data.test_images[::every], data.test_labels[::every]
    model = trained(data.images, data.labels, steps)
    source = PictureArray(images, labels, mean=[MEAN], std=[STD], reference="test images")
    examples = next(source.batches(16)).images
    ctx = Context(
        capture(model, examples),
        examples,
        normalize=Normalize((MEAN,), (STD,)),
        dataset=DataSet(source),
    )
    begin = time.perf_counter()
    execution = execute([method("embedding", metric="l2")], ctx, on_error="raise")
    record = execution.results[0].result
    share = record.facts["agreement"]
    verdict = "holds" if share["feature_l2"] > share["pixel"] else "FAILS"
    print(
        f"{data.name}, {len(images)} test images: of the {share['k']} nearest the same label have "
        f"{share['feature']:.1%} by features' angle, {share['feature_l2']:.1%} by their distance, "
        f"{share['pixel']:.1%} by pixels: {verdict}; {time.perf_counter() - begin:.1f} s"
    )
    features = record.arrays["features"].astype(np.float64)
    expected = PCA(3, svd_solver="full").fit_transform(features)
    apart = float(np.abs(principal_components(features, 3).scores - expected).max())
    away = pairwise_distances(features[:500], features)
    away[np.arange(500), np.arange(500)] = np.inf
    same = np.sort(away, axis=1)[:, : share["k"]]
    worst = float(np.abs(record.arrays["distances"][:500] / same - 1).max())
    print(
        f"components are {apart:.1e} from scikit-learn's full decomposition (target 1e-8), "
        f"distances of neighbours {worst:.1e} from measuring everything"
    )
    if verdict != "holds" or apart > 1e-8 or worst > 1e-6:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
