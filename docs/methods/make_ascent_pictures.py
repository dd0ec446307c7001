"""Make the pictures of the methods that climb: EfficientNet-Lite0, as in make_pictures.py.

    python docs/methods/make_ascent_pictures.py [activation_maximization inversion deep_dream]

Takes some minutes on one core.
"""

from __future__ import annotations

import sys

import torch
from make_pictures import NAMES, NORMALIZE, bare, network, photographs, plt, save

import cnnviz
from cnnviz.contract.records import Record
from cnnviz.core.registry import find
from cnnviz.graph import Net
from cnnviz.ops.images import to_pictures

CLASS = 504
SHOWN = {
    "lucid": 256,
    "simonyan": 200,
    "yosinski_c": 400,
    "total_variation": 200,
    "centre_bias": 200,
}
CHANNELS = 10


def draw_activation_maximization(net: Net, images: torch.Tensor) -> None:
    """Draw a class by five sets of parameters, and channels of a layer in the middle."""
    presets = {preset.name: preset.params for preset in find("activation_maximization").presets}
    figure, cells = plt.subplots(3, 5, figsize=(9, 5.9), gridspec_kw={"hspace": 0.15})
    for cell, (name, iterations) in zip(cells[0], SHOWN.items(), strict=True):
        params = {**presets[name], "iterations": iterations}
        record = _run("activation_maximization", net, images[:0], units=[CLASS], **params)
        cell.imshow(record.arrays["images"][0])
        (value,) = record.facts["objective"]
        bare(cell, f"{CLASS} {NAMES[CLASS]}: {value:.0f}\n{name}, {iterations} steps")
    layer = [one.name for one in net.layers if one.kind == "relu6" and len(one.shape) == 3][18]
    record = _run(
        "activation_maximization",
        net,
        images[:0],
        layer=layer,
        units=list(range(CHANNELS)),
        iterations=128,
    )
    captions = record.facts["captions"]
    for cell, picture, text in zip(cells[1:].flat, record.arrays["images"], captions, strict=True):
        cell.imshow(picture)
        bare(cell, text)
    save(figure, "activation_maximization")


def draw_inversion(net: Net, images: torch.Tensor) -> None:
    """Draw what five layers know of two photographs."""
    spatial = [one.name for one in net.layers if one.kind == "relu6" and len(one.shape) == 3]
    layers = [spatial[place * len(spatial) // 100] for place in (5, 30, 55, 80)]
    layers.append([one.name for one in net.layers if one.kind == "linear"][-1])
    figure, cells = plt.subplots(2, 6, figsize=(9, 3.4), gridspec_kw={"hspace": 0.25})
    for cell, photo in zip(cells[:, 0], to_pictures(images[:2], NORMALIZE), strict=True):
        cell.imshow(photo)
        bare(cell, "photograph")
    weights = (1.0, 1.0, 10.0, 100.0, 100.0)
    for column, layer, tv in zip(cells[:, 1:].T, layers, weights, strict=True):
        record = _run("inversion", net, images[:2], layer=layer, tv=tv)
        pairs = zip(record.arrays["images"], record.facts["objective"], strict=True)
        for cell, (picture, error) in zip(column, pairs, strict=True):
            cell.imshow(picture)
            bare(cell, f"{layer}\n{error:.2f}")
            cell.title.set_fontsize(6)
        print(layer, record.facts["objective"], flush=True)
    save(figure, "inversion")


def draw_deep_dream(net: Net, images: torch.Tensor) -> None:
    """Draw a photograph, what three layers dream of it, and a dream guided by another."""
    spatial = [one.name for one in net.layers if one.kind == "relu6" and len(one.shape) == 3]
    layers = [spatial[place * len(spatial) // 100] for place in (20, 50, 80)]
    figure, cells = plt.subplots(1, 5, figsize=(9, 2.1))
    cells[0].imshow(to_pictures(images[:1], NORMALIZE)[0])
    bare(cells[0], "photograph")
    for cell, layer in zip(cells[1:], layers, strict=False):
        record = _run("deep_dream", net, images[:1], layer=layer, iterations=20)
        cell.imshow(record.arrays["images"][0])
        bare(cell, layer)
    record = _run("deep_dream", net, images[:2], layer=layers[1], guide=1, iterations=20)
    cells[4].imshow(record.arrays["images"][0])
    bare(cells[4], f"{layers[1]}\nguided by a cup of coffee")
    for cell in cells:
        cell.title.set_fontsize(7)
    save(figure, "deep_dream")


def _run(name: str, net: Net, images: torch.Tensor, **params: object) -> Record:
    given = images if len(images) else None
    return cnnviz.run(name, net, given, normalize=NORMALIZE, **params)


DRAWN = {
    "activation_maximization": draw_activation_maximization,
    "inversion": draw_inversion,
    "deep_dream": draw_deep_dream,
}


def main() -> None:
    """Make those that are named, or all."""
    images = photographs()
    net = network(images)
    for name in sys.argv[1:] or DRAWN:
        DRAWN[name](net, images)


if __name__ == "__main__":
    main()
