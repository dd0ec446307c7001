"""Images that the path to an image starts from."""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch
from torch import Tensor

from cnnviz.errors import ParamsError
from cnnviz.ops.images import Normalize

__all__ = ["Start", "starting_images"]

Start: TypeAlias = Literal["zero", "black", "mean"]


def starting_images(
    images: Tensor, start: Start, *, normalize: Normalize | None, of: str
) -> Tensor:
    """Give where each image's path starts, in the units that the model takes: (N, C, H, W).

    Args:
        images: (N, C, H, W).
        start: 0 as the model takes it, black, or each image's own mean colour.
        normalize: what the images were normalised with, if known.
        of: the method's name, for the message.

    Raises:
        ParamsError: black, and it is not known what the model takes for black.
    """
    if start == "zero":
        return torch.zeros_like(images)
    if start == "mean":
        return images.mean((2, 3), keepdim=True).expand_as(images)
    if normalize is None:
        message = f"{of}: black is not known without normalize=(mean, std)"
        raise ParamsError(f"{message}; give it, or choose baseline 'zero'", field="baseline")
    mean, std = (images.new_tensor(part).view(1, -1, 1, 1) for part in normalize)
    return (-mean / std).expand_as(images)
