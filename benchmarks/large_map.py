"""A t-SNE map of all 60,000 training images of Fashion-MNIST, to its end.

    python benchmarks/large_map.py [--full] [--threads T]

Trains the demo's small network (1,500 steps), looks through 10,000 of the images, or all 60,000
with --full, and lays them out: prints time, memory, the divergence, and on a sample how far the map
can be trusted (trustworthiness by 12 neighbours) and how often the nearest on the map, and in the
features, has the same label. With --full a quarter of an hour of one processor at most.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
import torch
from embedding_quality import MEAN, STD, Training, look_through
from sklearn.manifold import trustworthiness

from cnnviz.cli.demo_data import load_data_set
from cnnviz.core.datasets import spread
from cnnviz.core.picture_sets import PictureArray
from cnnviz.ops.tsne import tsne_map
from cnnviz.storage.nearest import nearest

SAMPLE = 4000
"""Images by which the map is judged: all distances between them are measured."""


def main() -> None:
    """Measure 10,000 images, or all with --full."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="all 60,000 images")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    data = load_data_set("fashion-mnist")
    images, labels = data.images, data.labels
    if not asked.full:
        images, labels = images[:10000], labels[:10000]
    training = Training(data.images, data.labels)
    training.go_on(1500)
    source = PictureArray(images, labels, mean=[MEAN], std=[STD], reference="training images")
    began = time.perf_counter()
    features = np.asarray(look_through(training.model, source).arrays["features"])
    looked = time.perf_counter() - began
    began, used = time.perf_counter(), time.process_time()
    found = tsne_map(features, jobs=asked.threads)
    took, used = time.perf_counter() - began, time.process_time() - used
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{data.name}, {len(images)} images, {features.shape[1]} features: looked through in "
        f"{looked:.0f} s; t-SNE {found.iterations} iterations in {took:.0f} s ({used:.0f} s of "
        f"{asked.threads} processors), divergence {found.divergence:.3f}, {most:.0f} MiB at most"
    )
    some = spread(len(images), SAMPLE)
    trusted = trustworthiness(features[some].astype(np.float64), found.points[some], n_neighbors=12)
    on_map, _ = nearest(found.points, some, 1)
    in_features, _ = nearest(features, some, 1)
    own = labels[some]
    print(
        f"trustworthiness {trusted:.3f} on {len(some)} of them; the nearest has the same label: on "
        f"the map {(labels[on_map[:, 0]] == own).mean():.1%}, in the features "
        f"{(labels[in_features[:, 0]] == own).mean():.1%}"
    )


if __name__ == "__main__":
    main()
