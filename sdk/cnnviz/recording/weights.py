"""Copies of all weights for the checkpoints, into memory that is used again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cnnviz.core.forward import wait_for

__all__ = ["WeightCopies", "WeightCopy"]

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


@dataclass(frozen=True)
class WeightCopy:
    """The weights at one step, by their `state_dict()` names."""

    arrays: Mapping[str, np.ndarray]
    dtypes: Mapping[str, str]
    """The safetensors type of arrays that hold another type's bits: bfloat16 as uint16 words."""
    release: Callable[[], None]
    """Give the memory back for a later copy; the arrays are not to be read after that."""


class WeightCopies:
    """Copies live weights to the CPU; fresh memory would double the time by its page faults."""

    def __init__(self) -> None:
        self._spare: list[dict[str, Tensor]] = []

    def copy(self, weights: Mapping[str, Tensor], device: torch.device) -> WeightCopy:
        """Copy weights, with one wait for their device; 8-bit floats are widened to float32.

        Args:
            weights: parameters and buffers.
            device: where they lie.
        """
        old = self._spare.pop() if self._spare else {}
        buffers: dict[str, Tensor] = {}
        dtypes: dict[str, str] = {}
        for name, weight in weights.items():
            tensor = weight.detach()
            if tensor.dtype == torch.bfloat16:
                tensor = tensor.contiguous().view(torch.int16)
                dtypes[name] = "BF16"
            elif tensor.dtype not in _NUMPY:
                tensor = tensor.float()
            buffers[name] = _fitting(old.get(name), tensor)
            buffers[name].copy_(tensor, non_blocking=True)
        wait_for(device)
        arrays = {name: buffer.numpy() for name, buffer in buffers.items()}
        words = {name: arrays[name].view(np.uint16) for name in dtypes}
        return WeightCopy(arrays | words, dtypes, lambda: self._keep(buffers))

    def _keep(self, buffers: dict[str, Tensor]) -> None:
        if not self._spare:
            self._spare.append(buffers)


def _fitting(buffer: Tensor | None, tensor: Tensor) -> Tensor:
    """Use a buffer again, or make one; memory that a GPU can write to directly for its tensors."""
    if buffer is not None and buffer.shape == tensor.shape and buffer.dtype == tensor.dtype:
        return buffer
    pin = tensor.is_cuda
    return torch.empty(tensor.shape, dtype=tensor.dtype, device="cpu", pin_memory=pin)
