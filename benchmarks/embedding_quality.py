"""How often an image's neighbours have its label: by a trained network's features and by pixels.

    python benchmarks/embedding_quality.py [--full]

Trains the demo's small network on Fashion-MNIST (Debian's package dataset-fashion-mnist, or what
torchvision fetches) and looks through test images, all 10,000 with --full. The target is that
features agree more often than pixels; components must equal scikit-learn's full decomposition to
1e-8, neighbours those of measuring everything. Then it trains on and lays the images out from the
map before: the median point must move less than a tenth of what two maps from random starts differ
by, at a divergence within 5 % of the best of the independent ones.
"""

from __future__ import annotations

import argparse
from typing import NamedTuple

import numpy as np
import openTSNE
import torch
from scipy.spatial import procrustes
from sklearn.decomposition import PCA
from sklearn.metrics import pairwise_distances
from torch import Tensor
from torch.nn import functional as F

from cnnviz.cli.demo_data import load_data_set
from cnnviz.cli.demo_training import SmallNet
from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.datasets import DataSet
from cnnviz.core.execute import execute
from cnnviz.core.picture_sets import PictureArray
from cnnviz.core.requests import method
from cnnviz.graph import capture
from cnnviz.ops.images import Normalize
from cnnviz.ops.principal import principal_components
from cnnviz.ops.tsne import tsne_map
from cnnviz.storage.nearest import nearest

MEAN, STD = 0.286, 0.353
APART = (20, 200)
"""Steps between captures: the demo's cadence, and that of its passes over a data set."""


class Training:
    """The demo's small network, trained by stochastic gradient descent with momentum."""

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        """Begin with a new network."""
        torch.manual_seed(0)
        self.model = SmallNet(channels=1, classes=10)
        self._images, self._labels = images, torch.from_numpy(labels)
        self._optimizer = torch.optim.SGD(self.model.parameters(), lr=0.05, momentum=0.9)
        self._numbers = np.random.default_rng(0)

    def go_on(self, steps: int) -> None:
        """Take some steps of 128 images each."""
        for _ in range(steps):
            at = self._numbers.integers(len(self._images), size=128)
            x: Tensor = (torch.from_numpy(self._images[at].astype(np.float32)) / 255 - MEAN) / STD
            loss = F.cross_entropy(self.model(x), self._labels[at])
            self._optimizer.zero_grad()
            loss.backward()
            self._optimizer.step()


def look_through(model: SmallNet, source: PictureArray, **params: object) -> Result:
    """Give the embedding of all images."""
    examples = next(source.batches(16)).images
    ctx = Context(
        capture(model, examples),
        examples,
        normalize=Normalize((MEAN,), (STD,)),
        dataset=DataSet(source),
    )
    done = execute([method("embedding", **params)], ctx, on_error="raise").results
    return done[0].result


def check_neighbours(record: Result, name: str) -> bool:
    """Print how often labels agree, and compare with scikit-learn; whether all targets are met."""
    share = record.facts["agreement"]
    holds = share["feature_l2"] > share["pixel"] and share["feature"] > share["pixel"]
    print(
        f"{name}: of the {share['k']} nearest the same label have {share['feature']:.1%} by "
        f"features' angle, {share['feature_l2']:.1%} by their distance, {share['pixel']:.1%} by "
        f"pixels ({share['queries']} asked): {'holds' if holds else 'FAILS'}"
    )
    curve = share["curve"]
    for space in ("feature", "pixel"):
        shares = (f"{k}: {part:.1%}" for k, part in zip(curve["k"], curve[space], strict=True))
        print(f"  of the nearest by {space} {', '.join(shares)}")
    features = record.arrays["features"].astype(np.float64)
    expected = PCA(3, svd_solver="full").fit_transform(features)
    apart = float(np.abs(principal_components(features, 3).scores - expected).max())
    away = pairwise_distances(features[:500], features)
    away[np.arange(500), np.arange(500)] = np.inf
    same = np.sort(away, axis=1)[:, : share["k"]]
    found, _ = nearest(features, np.arange(500), share["k"], metric="l2")
    worst = float(np.abs(np.take_along_axis(away, found, 1) / same - 1).max())
    print(
        f"components are {apart:.1e} from scikit-learn's full decomposition (target 1e-8), "
        f"distances of neighbours {worst:.1e} from measuring everything"
    )
    return holds and apart <= 1e-8 and worst <= 1e-6


def check_alignment(before: np.ndarray, after: np.ndarray, what: str) -> bool:
    """Print how far points of a map move to the next capture, against independent maps.

    Args:
        before: features (M, D) of a capture.
        after: of the next one.
        what: how the two lie apart.
    """
    first = tsne_map(before)
    aligned, alone = tsne_map(after, start=first.points), tsne_map(after)
    one, other = (randomly_started(after, seed) for seed in (0, 1))
    moved = float(np.median(np.linalg.norm(aligned.points - first.points, axis=1)))
    raw = float(np.median(np.linalg.norm(one.points - other.points, axis=1)))
    scale = float(np.linalg.norm(one.points - one.points.mean(0)))
    still, turned, _ = procrustes(one.points, other.points)
    laid = scale * float(np.median(np.linalg.norm(still - turned, axis=1)))
    worse = aligned.divergence / min(alone.divergence, one.divergence, other.divergence) - 1
    holds = moved < 0.1 * raw and worse < 0.05
    print(
        f"aligned t-SNE, {len(after)} images, {what}: the median point moves {moved:.2f}, between "
        f"two independent maps {raw:.1f} ({moved / raw:.3f} of it, target 0.1; laid over each "
        f"other by turning and scaling {laid:.1f}, {moved / laid:.3f} of it); divergence "
        f"{aligned.divergence:.3f} after {aligned.iterations} iterations, alone "
        f"{alone.divergence:.3f}, from random starts {one.divergence:.3f} and "
        f"{other.divergence:.3f} ({worse:+.1%} of the best, target 5 %): "
        f"{'holds' if holds else 'FAILS'}",
        flush=True,
    )
    return holds


class RandomMap(NamedTuple):
    """A map from a random start."""

    points: np.ndarray
    divergence: float


def randomly_started(features: np.ndarray, seed: int) -> RandomMap:
    """Lay vectors out by openTSNE itself, with its defaults but for the start."""
    reduced = principal_components(features, min(50, features.shape[1])).scores
    found = openTSNE.TSNE(
        perplexity=30, initialization="random", random_state=seed, n_jobs=torch.get_num_threads()
    ).fit(reduced)
    return RandomMap(np.asarray(found), float(found.kl_divergence))


def main() -> None:
    """Measure 2,000 test images, or all with --full."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="10,000 images, 2,000 steps")
    full = parser.parse_args().full
    every, steps = (1, 2000) if full else (5, 600)
    data = load_data_set("fashion-mnist")
    images, labels = data.test_images[::every], data.test_labels[::every]
    training = Training(data.images, data.labels)
    training.go_on(steps)
    source = PictureArray(images, labels, mean=[MEAN], std=[STD], reference="test images")
    record = look_through(training.model, source)
    met = [check_neighbours(record, f"{data.name}, {len(images)} test images, step {steps}")]
    before = np.asarray(record.arrays["features"])
    for apart in APART:
        training.go_on(apart)
        after = np.asarray(look_through(training.model, source).arrays["features"])
        met.append(check_alignment(before, after, f"{apart} steps apart"))
        before = after
    if not all(met):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
