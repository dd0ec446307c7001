"""Make the pictures of the methods that look through a data set.

    python docs/methods/make_dataset_pictures.py [top_patches embedding]

Top patches are those of EfficientNet-Lite0 on cuttings of scikit-image's and scikit-learn's
photographs, the embedding is that of a small network trained on Fashion-MNIST (Debian's package
dataset-fashion-mnist). Takes some minutes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import skimage.data
import sklearn.datasets
import torch
from make_pictures import NORMALIZE, bare, network, plt, save
from torch.nn import functional as F

import cnnviz
from cnnviz.cli.demo_data import load_data_set
from cnnviz.cli.demo_training import SmallNet
from cnnviz.core.picture_sets import PictureArray
from cnnviz.storage.nearest import nearest

PHOTOGRAPHS = (
    *("coffee", "astronaut", "color", "gravel", "brick", "motorcycle_left", "grass", "ihc"),
    *("chelsea", "moon", "text", "horse"),
)
CUTTINGS = 16
STEPS = 1500


def cuttings() -> torch.Tensor:
    """Cut squares of all sizes out of the photographs: (N, 3, 224, 224), normalised."""
    from PIL import Image

    folder = Path(skimage.data.__file__).parent
    found = [Image.open(folder / f"{name}.png").convert("RGB") for name in PHOTOGRAPHS]
    found += [Image.fromarray(image) for image in sklearn.datasets.load_sample_images().images]
    numbers = np.random.default_rng(0)
    squares = []
    for picture in found:
        for _ in range(CUTTINGS):
            side = int(min(picture.size) * numbers.uniform(0.35, 1))
            left = int(numbers.integers(0, picture.width - side + 1))
            top = int(numbers.integers(0, picture.height - side + 1))
            cut = picture.crop((left, top, left + side, top + side)).resize((224, 224))
            squares.append(np.asarray(cut))
    pixels = torch.from_numpy(np.stack(squares)).permute(0, 3, 1, 2).float() / 255
    mean, std = (torch.tensor(part).reshape(-1, 1, 1) for part in NORMALIZE)
    return (pixels - mean) / std


def draw_top_patches() -> None:
    """Draw the nine strongest patches of some channels of two layers."""
    images = cuttings()
    net = network(images[:1])
    names = [layer.name for layer in net.layers if layer.kind == "relu6" and len(layer.shape) == 3]
    figure, columns = plt.subplots(1, 2, figsize=(9, 4.6))
    for cell, name, count in zip(columns, (names[7], names[11]), (10, 10), strict=True):
        record = cnnviz.run("top_patches", net, images, layer=name, normalize=NORMALIZE)
        crops, strongest = record.arrays["crops"], record.arrays["activations"][:, 0]
        some = np.argsort(-strongest, kind="stable")[: 4 * count : 4]
        sheet = np.concatenate([np.concatenate(list(crops[k]), axis=1) for k in some], axis=0)
        cell.imshow(sheet)
        size = record.facts["receptive_field"]["size"]
        bare(cell, f"{name}: {size[0]} × {size[1]} px")
    save(figure, "top_patches")


def trained() -> tuple[SmallNet, PictureArray, np.ndarray, np.ndarray, list[str]]:
    """Train the demo's network for a minute; give it with the test images."""
    data = load_data_set("fashion-mnist")
    mean, std = 0.286, 0.353
    torch.manual_seed(0)
    model = SmallNet(channels=1, classes=10)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    numbers = np.random.default_rng(0)
    for _ in range(STEPS):
        at = numbers.integers(len(data.images), size=128)
        x = (torch.from_numpy(data.images[at].astype(np.float32)) / 255 - mean) / std
        loss = F.cross_entropy(model(x), torch.from_numpy(data.labels[at]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    images, labels = data.test_images[::2], data.test_labels[::2]
    pictures = PictureArray(
        images, labels, mean=[mean], std=[std], reference="Fashion-MNIST, test images"
    )
    return model, pictures, images[:, 0], labels, data.class_names


def draw_embedding() -> None:
    """Draw the map by label, and the neighbours of four images by features and by pixels."""
    model, pictures, images, labels, class_names = trained()
    (batch,) = pictures.batches(len(images))
    record = cnnviz.run(
        "embedding", model, batch.images, labels=labels, normalize=(0.286, 0.353), map="tsne"
    )
    figure = plt.figure(figsize=(9, 4.4))
    left, right = figure.subfigures(1, 2, width_ratios=(1.1, 1))
    axes = left.subplots()
    points = record.arrays["map"]
    colours = mpl.colormaps["tab10"](labels)
    axes.scatter(*points.T, c=colours, s=2, linewidths=0)
    for index, name in enumerate(class_names):
        axes.annotate(name, np.median(points[labels == index], axis=0), fontsize=7, ha="center")
    share = record.facts["agreement"]
    bare(axes, f"{len(points)} images by t-SNE, KL {record.facts['map']['divergence']:.2f}")
    pixels, _ = nearest(images, np.arange(len(images)), 10)
    asked = [int(np.flatnonzero(labels == one)[7]) for one in (0, 4, 6, 7)]
    cells = right.subplots(8, 7)
    for row, image in enumerate(asked):
        for half, rows in enumerate((record.arrays["neighbours"], pixels)):
            for cell, at in zip(cells[2 * row + half], (image, *rows[image][:6]), strict=True):
                cell.imshow(images[at], cmap="gray")
                bare(cell, "")
                alike = labels[at] == labels[image]
                for spine in cell.spines.values():
                    spine.set(visible=not alike, color="red", linewidth=1.5)
    shares = f"{share['feature']:.0%} by features (upper rows), {share['pixel']:.0%} by pixels"
    right.suptitle(f"same label: {shares}", fontsize=8)
    save(figure, "embedding")


DRAWN = {"top_patches": draw_top_patches, "embedding": draw_embedding}

if __name__ == "__main__":
    for wanted in sys.argv[1:] or DRAWN:
        DRAWN[wanted]()
