"""Make the pictures of style transfer and texture: EfficientNet-Lite0, as in make_pictures.py.

    python docs/methods/make_style_pictures.py [style_transfer texture]

Needs scikit-learn's sample photographs too. Takes some minutes on one core.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import torch
from make_pictures import NORMALIZE, SIZE, bare, network, plt, save
from PIL import Image
from skimage import data
from sklearn.datasets import load_sample_images

import cnnviz
from cnnviz.graph import Net

CAT, PORTRAIT, COFFEE, TISSUE, FLOWER, GRAVEL = range(6)
CELL = 8
"""Side of a cell of the regular pattern, px."""


def photographs() -> torch.Tensor:
    """Give pictures for content and for style, (6, 3, 224, 224), normalised."""
    gravel = np.stack([data.gravel()] * 3, axis=2)
    tissue = data.immunohistochemistry()
    flower = np.asarray(load_sample_images().images[1])
    shown = (data.chelsea(), data.astronaut(), data.coffee(), tissue, flower, gravel)
    return normalised([square(picture) for picture in shown])


def square(picture: np.ndarray) -> np.ndarray:
    """Cut out the middle and bring it to the size."""
    side = min(picture.shape[:2])
    top, left = ((length - side) // 2 for length in picture.shape[:2])
    image = Image.fromarray(picture).crop((left, top, left + side, top + side))
    return np.asarray(image.resize((SIZE, SIZE), Image.Resampling.BICUBIC))


def normalised(pictures: list[np.ndarray]) -> torch.Tensor:
    """Give what the network takes."""
    codes = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)
    images: torch.Tensor = (codes / 255 - NORMALIZE.mean[0]) / NORMALIZE.std[0]
    return images


def draw_style_transfer(net: Net, images: torch.Tensor) -> None:
    """Draw two photographs in three styles, and a blend with the content's own colours."""
    pairs = [(PORTRAIT, TISSUE), (PORTRAIT, FLOWER), (CAT, COFFEE), (CAT, FLOWER)]
    figure, cells = plt.subplots(1, 5, figsize=(10, 2.2))
    titles = ["tissue", "flower", "coffee", "flower", "flower and tissue,\noriginal colours"]
    asked: list[dict[str, Any]] = [*({"content": one, "styles": [other]} for one, other in pairs)]
    asked.append({"content": PORTRAIT, "styles": [FLOWER, TISSUE], "original_colors": True})
    for cell, params, title in zip(cells, asked, titles, strict=True):
        record = cnnviz.run(
            "style_transfer", net, images, normalize=NORMALIZE, iterations=100, **params
        )
        print(record.facts["captions"], record.facts["curve"], flush=True)
        cell.imshow(record.arrays["images"][0])
        bare(cell, title)
        for place, style in enumerate(params["styles"]):
            inset = cell.inset_axes((0.02 + 0.3 * place, 0.02, 0.28, 0.28))
            inset.imshow((images[style].permute(1, 2, 0).numpy() + 1) / 2)
            bare(inset)
    save(figure, "style_transfer")


def draw_texture(net: Net, images: torch.Tensor) -> None:
    """Draw what each depth adds, and a texture by each of three ways."""
    source = normalised([data.immunohistochemistry()[100:228, 150:278]])
    sheet = cnnviz.run("texture", net, source, normalize=NORMALIZE, depths=True)
    print(sheet.facts["objective"], sheet.facts["lowered"], flush=True)
    figure, rows = plt.subplots(2, 6, figsize=(9, 3.4))
    captions = [text.split(" · ")[0] for text in sheet.facts["captions"]]
    for cell, picture, text in zip(rows[0], sheet.arrays["images"], captions, strict=True):
        cell.imshow(picture)
        bare(cell, "picture" if text.startswith("example") else text)
    cell = np.random.default_rng(5).integers(40, 255, (CELL, CELL, 3), dtype=np.uint8)
    pattern = normalised([np.tile(cell, (4, 4, 1))])
    ways: dict[str, tuple[torch.Tensor, dict[str, Any]]] = {
        "gram": (images[GRAVEL : GRAVEL + 1, :, :128, :128], {}),
        "wei_levoy": (source, {"window": 7, "size": (128, 128), "source_side": 128}),
        "efros_leung": (pattern, {"window": 11, "size": (48, 48)}),
    }
    for place, (by, (picture, params)) in enumerate(ways.items()):
        record = cnnviz.run("texture", net, picture, normalize=NORMALIZE, by=by, **params)
        rows[1, 2 * place].imshow((picture[0].permute(1, 2, 0).numpy() + 1) / 2)
        bare(rows[1, 2 * place], "picture")
        rows[1, 2 * place + 1].imshow(record.arrays["images"][0])
        bare(rows[1, 2 * place + 1], by)
    for cell in rows.flat:
        cell.title.set_fontsize(6)
    save(figure, "texture")


DRAWN = {"style_transfer": draw_style_transfer, "texture": draw_texture}


def main() -> None:
    """Make those that are named, or all."""
    images = photographs()
    net = network(images)
    for name in sys.argv[1:] or DRAWN:
        DRAWN[name](net, images)


if __name__ == "__main__":
    main()
