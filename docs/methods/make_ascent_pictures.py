"""Make the pictures of the methods that climb: EfficientNet-Lite0, as in make_pictures.py.

    python docs/methods/make_ascent_pictures.py [activation_maximization inversion deep_dream]

Takes some minutes on one core.
"""

from __future__ import annotations

import sys

import numpy as np
import torch
from make_pictures import NAMES, NORMALIZE, bare, network, photographs, plt, save

import cnnviz
from cnnviz.contract.records import Record
from cnnviz.core.registry import find
from cnnviz.graph import Net
from cnnviz.ops.images import to_pictures

CLASS = 504
SHOWN = {
    "default": 100,
    "lucid": 100,
    "yosinski_c": 200,
    "total_variation": 100,
    "centre_bias": 100,
}
CHANNELS = 10


def draw_activation_maximization(net: Net, images: torch.Tensor) -> None:
    """Draw a class by five sets of parameters, and channels of a layer in the middle."""
    presets = {preset.name: preset.params for preset in find("activation_maximization").presets}
    presets["default"] = {}
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
        iterations=64,
    )
    captions = record.facts["captions"]
    for cell, picture, text in zip(cells[1:].flat, record.arrays["images"], captions, strict=True):
        cell.imshow(picture)
        bare(cell, text)
    save(figure, "activation_maximization")


def draw_inversion(net: Net, images: torch.Tensor) -> None:
    """Draw what five layers know of two photographs, each picture at its full contrast."""
    spatial = [one.name for one in net.layers if one.kind == "relu6" and len(one.shape) == 3]
    layers = [spatial[place * len(spatial) // 100] for place in (5, 30, 55, 80)] + spatial[-1:]
    record = _run("inversion", net, images[:2], layers=layers, iterations=150)
    figure, cells = plt.subplots(2, record.facts["columns"], figsize=(9, 3.4))
    figure.subplots_adjust(hspace=0.25)
    pairs = zip(record.arrays["images"], record.facts["captions"], strict=True)
    for cell, (picture, caption) in zip(cells.flat, pairs, strict=True):
        low, high = np.percentile(picture, (1, 99))
        cell.imshow(((picture - low) / (high - low)).clip(0, 1))
        text = "photograph" if caption.startswith("example") else caption.replace(" · ", "\n")
        bare(cell, text)
        cell.title.set_fontsize(6)
    print(layers, record.facts["objective"], flush=True)
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
