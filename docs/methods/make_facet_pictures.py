"""Make the picture of the facets: two classes of Fashion-MNIST under one label, twice.

    python docs/methods/make_facet_pictures.py

A small network is trained on Fashion-MNIST (Debian's package dataset-fashion-mnist) with the labels
merged. Takes a minute or two.
"""

from __future__ import annotations

import numpy as np
import torch
from make_pictures import bare, plt, save
from torch.nn import functional as F

import cnnviz
from cnnviz.cli.demo_data import load_data_set
from cnnviz.cli.demo_training import SmallNet

PAIRS = ((1, 8), (9, 3))
FACETS = 4
STEPS = 800
MEAN, STD = 0.286, 0.353


def inputs_of(images: np.ndarray) -> torch.Tensor:
    """Give images (N, 1, 28, 28) as the network takes them."""
    return (torch.from_numpy(images.astype(np.float32)) / 255 - MEAN) / STD


def trained(images: np.ndarray, labels: np.ndarray) -> SmallNet:
    """Train the demo's network."""
    torch.manual_seed(0)
    model = SmallNet(channels=1, classes=10)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    numbers = np.random.default_rng(0)
    for _ in range(STEPS):
        at = numbers.integers(len(images), size=128)
        loss = F.cross_entropy(model(inputs_of(images[at])), torch.from_numpy(labels[at]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def main() -> None:
    """Draw the facets of two merged classes side by side."""
    data = load_data_set("fashion-mnist")
    images, labels = data.test_images[:3000], data.test_labels[:3000]
    figure = plt.figure(figsize=(9, 3.4))
    for part, (into, other) in zip(figure.subfigures(1, 2), PAIRS, strict=True):
        model = trained(data.images, np.where(data.labels == other, into, data.labels))
        record = cnnviz.run(
            "facets",
            model,
            inputs_of(images),
            labels=np.where(labels == other, into, labels),
            normalize=((MEAN,), (STD,)),
            target=into,
            facets=FACETS,
            shown=4,
        )
        columns = record.facts["columns"]
        cells = part.subplots(FACETS, columns)
        for index, picture in enumerate(record.arrays["images"]):
            cell = cells[index // columns, index % columns]
            cell.imshow(picture)
            facet = record.facts["facets"][index // columns]
            texts = (f"facet, p {facet['probability']:.2f}", f"mean of {len(facet['rows'])}")
            bare(cell, texts[index % columns] if index % columns < 2 else "")
            cell.title.set_fontsize(6)
        names = f"{data.class_names[into]} and {data.class_names[other]}, one label"
        part.suptitle(names, fontsize=8)
    save(figure, "facets")


if __name__ == "__main__":
    main()
