"""A copy of all weights, as the checkpoint files take them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

__all__ = ["copy_weights"]

_NUMPY = frozenset(
    {
        torch.float64,
        torch.float32,
        torch.float16,
        torch.int64,
        torch.int32,
        torch.int16,
        torch.int8,
        torch.uint8,
        torch.bool,
    }
)


def copy_weights(weights: Mapping[str, Tensor]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Copy live weights to the CPU.

    Args:
        weights: parameters and buffers by their `state_dict()` name, on any device.

    Returns:
        The arrays, and the safetensors type of those that numpy has no type for: bfloat16 as
        uint16 words; what neither knows (8-bit floats) is widened to float32.
    """
    arrays: dict[str, np.ndarray] = {}
    dtypes: dict[str, str] = {}
    for name, weight in weights.items():
        tensor = weight.detach()
        if tensor.dtype == torch.bfloat16:
            tensor = tensor.contiguous().view(torch.int16)
            dtypes[name] = "BF16"
        elif tensor.dtype not in _NUMPY:
            tensor = tensor.float()
        copy = torch.empty(tensor.shape, dtype=tensor.dtype).copy_(tensor)
        array = copy.numpy()
        arrays[name] = array.view(np.uint16) if name in dtypes else array
    return arrays, dtypes
