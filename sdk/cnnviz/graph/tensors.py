"""Types and shapes of tensors, spelled as text."""

from __future__ import annotations

import torch
from torch import Tensor

from cnnviz.graph.program import TensorInfo

__all__ = ["dtype_name", "shape_of", "tensor_info"]


def dtype_name(dtype: torch.dtype) -> str:
    """Torch's name of a type without the package."""
    return str(dtype).removeprefix("torch.")


def tensor_info(tensor: Tensor) -> TensorInfo:
    """Type and shape of a tensor."""
    return TensorInfo(dtype=dtype_name(tensor.dtype), shape=list(tensor.shape))


def shape_of(leaf: object) -> list[int] | None:
    """Shape of a tensor; None for anything else."""
    return list(leaf.shape) if isinstance(leaf, Tensor) else None
