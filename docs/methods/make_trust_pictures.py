"""Make the pictures of trust and fooling: EfficientNet-Lite0, as in make_pictures.py.

    python docs/methods/make_trust_pictures.py [trust fooling]

Takes some minutes on one core.
"""

from __future__ import annotations

import re
import sys

import torch
from make_pictures import NAMES, NORMALIZE, bare, network, photographs, plt, save
from matplotlib.axes import Axes

import cnnviz
from cnnviz.contract.records import Record
from cnnviz.core.randomised import cascade
from cnnviz.graph import Net
from cnnviz.ops.images import to_pictures

JUDGED = {"saliency": "Saliency", "guided_backprop": "Guided backpropagation"}
COUNTS = (1, 10, 50)
MISSILE = 657


def draw_trust(net: Net, images: torch.Tensor) -> None:
    """Draw two maps as layers are drawn anew, and their curves."""
    image = images[:1]
    widths = [1, 1, 1, 1, 1, 1.4]
    figure, cells = plt.subplots(
        2, 6, figsize=(9.5, 3.4), width_ratios=widths, layout="constrained"
    )
    for row, (method, title) in zip(cells, JUDGED.items(), strict=True):
        record = cnnviz.run("trust", net, image, method=method, normalize=NORMALIZE, samples=2)
        row[0].imshow(to_pictures(image, NORMALIZE)[0])
        bare(row[0], f"{title}:\n{record.facts['verdict']}")
        _map(row[1], net, image, method, record, "with its weights")
        drawn = cascade(net, COUNTS, torch.Generator().manual_seed(0))
        for cell, found, alike in zip(
            row[2:5], drawn, record.arrays["rank_correlation"][0], strict=True
        ):
            text = f"last {len(found.layers)} anew: {alike:.2f}"
            _map(cell, found.net, image, method, record, text)
        _curves(row[5], record)
    for cell in cells.flat:
        cell.title.set_fontsize(7)
    save(figure, "trust")


def _map(cell: Axes, net: Net, image: torch.Tensor, method: str, record: Record, text: str) -> None:
    """Draw the size of a map of the same class by some network."""
    made = cnnviz.run(method, net, image, target=record.facts["targets"][0])
    cell.imshow(abs(made.arrays["map"][0]) ** 0.5, cmap="inferno")
    bare(cell, text)


def _curves(cell: Axes, record: Record) -> None:
    fraction = record.arrays["fraction"]
    for name, colour in (("deletion", "#b3261e"), ("insertion", "#1a5fb4")):
        cell.plot(fraction, record.arrays[name][0], color=colour, label=name, linewidth=1.2)
        by_chance = record.arrays[f"random_{name}"][0]
        cell.plot(fraction, by_chance, color=colour, linewidth=0.8, linestyle=":")
    cell.set_xlim(0, 1)
    cell.set_ylim(0, 1)
    cell.tick_params(labelsize=6)
    cell.legend(fontsize=6, frameon=False)
    cell.set_title("probability (dotted: random order)")


def draw_fooling(net: Net, images: torch.Tensor) -> None:
    """Draw two photographs that become missiles, one changed by one step, a picture of nothing."""
    figure, cells = plt.subplots(2, 6, figsize=(7.6, 2.9), layout="constrained")
    records = [
        _fooling(net, images[:2], target=MISSILE),
        _fooling(net, images[1:2], way="fgsm"),
        _fooling(net, images[:1], way="noise"),
    ]
    pictures = [picture for record in records for picture in record.arrays["images"]]
    texts = [text for record in records for text in record.facts["captions"]]
    for cell, picture, text in zip(cells.flat, pictures, texts, strict=True):
        cell.imshow(picture)
        bare(cell, _named(text).replace(" · ", "\n").replace(", ", "\n"))
        cell.title.set_fontsize(6.5)
    save(figure, "fooling")


def _fooling(net: Net, images: torch.Tensor, **params: object) -> Record:
    return cnnviz.run("fooling", net, images, normalize=NORMALIZE, **params)


def _named(caption: str) -> str:
    """Put the names of classes in the place of their numbers."""
    return re.sub(r"class (\d+)", lambda found: NAMES.get(int(found[1]), found[0]), caption)


def main() -> None:
    """Make those that are named, or all."""
    images = photographs()
    net = network(images)
    drawn = {"trust": draw_trust, "fooling": draw_fooling}
    for name in sys.argv[1:] or drawn:
        drawn[name](net, images)


if __name__ == "__main__":
    main()
