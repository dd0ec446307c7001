"""What drives the units of top patches up, pixel by pixel: guided backpropagation of each crop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from cnnviz.errors import UnsuitableError
from cnnviz.ops.crops import Windows
from cnnviz.ops.rectifiers import find_rectifiers, guided_rule, ruled

if TYPE_CHECKING:
    from cnnviz.core.context import Context
    from cnnviz.core.datasets import DataSet

__all__ = ["guided_crops"]

ZERO = 128
"""Code of a gradient of nothing."""


def guided_crops(
    ctx: Context,
    data: DataSet,
    layer: str,
    *,
    rows: np.ndarray,
    places: np.ndarray,
    boxes: np.ndarray,
    windows: Windows,
) -> np.ndarray:
    """Go back from the unit of each patch to its crop, through rectifiers only what is positive.

    The images are read again. One backward pass a patch.

    Args:
        ctx: the network.
        data: where the images come from; its rows are fixed.
        layer: whose units they are, of maps (N, K, h, w) or vectors (N, K).
        rows: int (K, T), of the images, −1 where there is none.
        places: int (K, T, 2), of the units.
        boxes: int (K, T, 4), their receptive fields.
        windows: how crops are stored.

    Returns:
        uint8 (K, T, h, w, 3 or 1), 128 where nothing flows, each crop on its own scale.

    Raises:
        UnsuitableError: something on the way that the rule is not defined for.
    """
    colours = 3 if ctx.examples.shape[1] >= 3 else 1
    codes = np.full((*rows.shape, *windows.crop, colours), ZERO, np.uint8)
    wanted = np.unique(rows[rows >= 0])
    positions = data.positions[wanted] if data.positions is not None else wanted
    done, total = 0, int((rows >= 0).sum())
    for batch in data.source.batches(8, positions):
        found = wanted[np.searchsorted(positions, batch.positions)]
        for row, image in zip(found, batch.images, strict=True):
            entries = np.argwhere(rows == row)
            leaf = image[None].to(ctx.place.device, ctx.place.dtype).requires_grad_()
            with torch.enable_grad():
                output = ctx.net(leaf, taps=[layer])[1][layer]
                units = [_unit(output, int(k), places[k, t]) for k, t in entries]
                rectifiers = find_rectifiers(output)
                with ruled(rectifiers, guided_rule):
                    for (k, t), unit in zip(entries, units, strict=True):
                        (flow,) = torch.autograd.grad(unit, leaf, retain_graph=True)
                        codes[k, t] = _coded(flow[0, :colours], boxes[k, t], windows)
            done += len(entries)
            ctx.report(done, total)
    return codes


def _unit(output: Tensor, channel: int, place: np.ndarray) -> Tensor:
    if output.ndim == 2:
        return output[0, channel]
    if output.ndim != 4:
        raise UnsuitableError("guided crops need a layer of maps (N, K, h, w) or vectors (N, K)")
    return output[0, channel, int(place[0]), int(place[1])]


def _coded(flow: Tensor, box: np.ndarray, windows: Windows) -> np.ndarray:
    """Cut what flowed to the image, (c, H, W), and bring it to codes, (h, w, c)."""
    values = flow.detach().float().cpu()
    (height, width), (top, left, bottom, right) = windows.window, box.tolist()
    first = top + (bottom - top - height) // 2
    start = left + (right - left - width) // 2
    cut = torch.zeros(len(values), height, width)
    y, x = max(-first, 0), max(-start, 0)
    part = values[:, max(first, 0) : max(first + height, 0), max(start, 0) : max(start + width, 0)]
    cut[:, y : y + part.shape[1], x : x + part.shape[2]] = part
    small = torch.nn.functional.interpolate(cut[None], windows.crop, mode="area")[0]
    scale = float(small.abs().max())
    coded = (small / scale * 127 + ZERO) if scale > 0 else small + ZERO
    codes: np.ndarray = coded.round().to(torch.uint8).permute(1, 2, 0).numpy()
    return codes
