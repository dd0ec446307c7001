"""A map of points as a picture, for the preview of a job."""

from __future__ import annotations

import colorsys
from typing import Final

import numpy as np
import torch
from torch import Tensor

__all__ = ["scatter"]

SIDE: Final = 256
"""Of the picture, px."""
_BACKGROUND: Final = 0.09


def scatter(points: np.ndarray, labels: Tensor) -> Tensor:
    """Draw points, a colour a label, brighter where many lie.

    Args:
        points: (M, 2), across and up.
        labels: int64 (M,), −1 where not known: grey.

    Returns:
        (1, 3, 256, 256) in 0 … 1.
    """
    place = torch.from_numpy(np.array(points, np.float32))
    low, high = place.min(0).values, place.max(0).values
    span = float((high - low).max()) or 1.0
    at = ((place - (low + high) / 2) / span * (SIDE - 5) + SIDE / 2).long().clamp(1, SIDE - 2)
    count = int(labels.max()) + 1 if len(labels) else 0
    hues = [colorsys.hsv_to_rgb(index / max(count, 1), 0.75, 1.0) for index in range(count)]
    colours = torch.tensor([*hues, (0.7, 0.7, 0.7)])[labels.clamp(min=-1)]
    total = torch.zeros(SIDE * SIDE, 4)
    values = torch.cat([colours, torch.ones(len(colours), 1)], 1)
    for down, across in ((0, 0), (0, 1), (1, 0), (1, 1)):  # a point is 2 × 2 px
        total.index_add_(0, (SIDE - 1 - at[:, 1] - down) * SIDE + at[:, 0] + across, values)
    mean = total[:, :3] / total[:, 3:].clamp(min=1)
    drawn = torch.where(total[:, 3:] > 0, mean, torch.full_like(mean, _BACKGROUND))
    return drawn.T.reshape(1, 3, SIDE, SIDE)
