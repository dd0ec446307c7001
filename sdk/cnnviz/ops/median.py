"""The median of each pixel's neighbourhood: single bright or dark pixels go, edges stay."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["median_of_nine"]


def median_of_nine(pictures: Tensor) -> Tensor:
    """Give each pixel and colour the median of the 3 × 3 around it; the border goes on as it is.

    Args:
        pictures: (N, C, H, W).

    Returns:
        Shaped alike.
    """
    height, width = pictures.shape[2:]
    wide = functional.pad(pictures, (1, 1, 1, 1), mode="replicate")
    around = [
        wide[:, :, down : down + height, right : right + width]
        for down in range(3)
        for right in range(3)
    ]
    return torch.stack(around).median(dim=0).values
