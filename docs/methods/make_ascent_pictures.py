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


def _run(name: str, net: Net, images: torch.Tensor, **params: object) -> Record:
    given = images if len(images) else None
    return cnnviz.run(name, net, given, normalize=NORMALIZE, **params)


DRAWN = {"activation_maximization": draw_activation_maximization}


def main() -> None:
    """Make those that are named, or all."""
    images = photographs()
    net = network(images)
    for name in sys.argv[1:] or DRAWN:
        DRAWN[name](net, images)


if __name__ == "__main__":
    main()
