"""Tensors of results as numpy arrays that nothing else writes to, with few copies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnnviz.contract.results import Result
from cnnviz.errors import CnnvizError

__all__ = ["own_arrays", "storages"]

_NUMPY_FLOATS = frozenset({torch.float16, torch.float32, torch.float64})


def storages(tensors: Iterable[Tensor]) -> frozenset[int]:
    """Give the addresses of the memory that tensors lie in, views and their bases alike."""
    return frozenset(tensor.untyped_storage().data_ptr() for tensor in tensors)


def own_arrays(results: list[Result], live: frozenset[int]) -> list[Result]:
    """Turn the arrays of results into numpy arrays of their own.

    A fresh output is taken as it is; what lies in live memory (weights, examples) is copied, and so
    is a small view that would keep a large output alive. What lies on another device comes over
    together, with one wait at the end. bfloat16 and other types that numpy lacks become float32.

    Args:
        results: with torch tensors or numpy arrays.
        live: `storages` of what others will write to.

    Returns:
        The same results with read-only, C-contiguous numpy arrays.

    Raises:
        CnnvizError: something that is neither a tensor nor an array of numbers.
    """
    moved = [
        {name: _to_cpu(value, live) for name, value in result.arrays.items()} for result in results
    ]
    for device in {value.device for result in results for value in _on_gpu(result)}:
        torch.cuda.synchronize(device)
    return [
        replace(result, arrays={name: _to_numpy(value) for name, value in arrays.items()})
        for result, arrays in zip(results, moved, strict=True)
    ]


def _on_gpu(result: Result) -> list[Tensor]:
    return [
        value for value in result.arrays.values() if isinstance(value, Tensor) and value.is_cuda
    ]


def _to_cpu(value: Any, live: frozenset[int]) -> Tensor | np.ndarray:
    if isinstance(value, np.ndarray):
        return value
    if not isinstance(value, Tensor):
        raise CnnvizError(f"a result's arrays must be tensors or numpy arrays, got {value!r:.60}")
    tensor = value.detach().resolve_conj().resolve_neg()
    if tensor.is_floating_point() and tensor.dtype not in _NUMPY_FLOATS:
        tensor = tensor.float()
    tensor = tensor.contiguous()
    if tensor.is_cuda:
        pinned = torch.empty_like(tensor, device="cpu", pin_memory=True)
        return pinned.copy_(tensor, non_blocking=True)
    if tensor.device.type != "cpu":
        return tensor.cpu()
    storage = tensor.untyped_storage()
    wasteful = storage.nbytes() > 2 * tensor.nbytes
    return tensor.clone() if wasteful or storage.data_ptr() in live else tensor


def _to_numpy(value: Tensor | np.ndarray) -> np.ndarray:
    if isinstance(value, Tensor):
        array = value.numpy()
    else:
        # An array over memory that it does not own may be a weight's; a mapped file is its own.
        borrowed = value.base is not None and not isinstance(value, np.memmap)
        array = np.array(value, order="C", copy=borrowed or None, subok=True)
        if array.dtype.kind not in "biuf":
            raise CnnvizError(f"a result's arrays must be numbers, got dtype {array.dtype}")
    view = array.view()
    view.flags.writeable = False
    return view
