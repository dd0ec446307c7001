"""Statistics of outputs and weights, a few passes over memory each.

Sums are taken in the tensor's own type over one plane of one example, where torch sums in
cascades, and joined in float64. What could be wrong then (values that are not finite, a spread tiny
beside the mean, numbers whose squares leave float32) is measured once more in float64.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

__all__ = ["OutputStatistics", "output_statistics", "weight_statistics"]

_PIECE = 2**18
"""Values handled at a time where one pass follows another: they stay in the processor's cache."""


_BLOCK = 4096
"""Squares added one after the other in float32; the error stays near a part in a million."""


@dataclass(frozen=True)
class OutputStatistics:
    """Of one layer's output for all examples, over the finite values."""

    zeros: float
    """Share of values that are exactly zero."""
    mean: float
    std: float
    """Of the population: divided by the count."""
    max: float
    energy: float
    """Mean square."""
    nan: float
    inf: float
    """Counts."""
    channel_max: np.ndarray
    channel_mean: np.ndarray
    channel_zeros: np.ndarray
    channel_nonfinite: np.ndarray
    """(K,) float64."""


def output_statistics(outputs: Sequence[Tensor]) -> list[OutputStatistics]:
    """Measure layers' outputs, all with one transfer from the device.

    Args:
        outputs: one tensor (N, K, …) a layer, any float type.
    """
    planes = [_planes(output) for output in outputs]
    sizes = [plane.shape[1] if plane.numel() else 0 for plane in planes]
    scratch: dict[Any, Tensor] = {}
    measured = [_fast(plane, scratch) for plane in planes if plane.numel()]
    joined = torch.cat(measured, dim=2).double().cpu().numpy() if measured else np.empty((4, 0, 0))
    parts = np.split(joined, np.cumsum(sizes)[:-1], axis=2) if sizes else []
    return [_join(part, plane) for part, plane in zip(parts, planes, strict=True)]


def _planes(output: Tensor) -> Tensor:
    """Give an output as (N, K, positions) in a type that can be summed."""
    wide = output.detach()
    if wide.dtype not in {torch.float32, torch.float64}:
        wide = wide.float()
    return wide.reshape(*wide.shape[:2], -1) if wide.numel() else wide.reshape(len(wide), 0, 0)


def _fast(plane: Tensor, scratch: dict[Any, Tensor]) -> Tensor:
    """Sum, root of the sum of squares, maximum and number of zeros of each plane: (4, N, K)."""
    key = plane.dtype, plane.device
    room = scratch.get(key)
    if room is None or room.numel() < plane.numel():
        room = scratch[key] = torch.empty(plane.numel(), dtype=plane.dtype, device=plane.device)
    # A sum of booleans is ten times slower than one of floats.
    is_zero = torch.eq(plane, 0, out=room[: plane.numel()].view(plane.shape))
    sums = [plane.sum(dim=2), _norms(plane), plane.amax(dim=2), is_zero.sum(dim=2)]
    return torch.stack(sums)


def _norms(values: Tensor) -> Tensor:
    """L2 norms over the last dimension.

    torch's norm, unlike its sum, adds one after the other: over a million equal values float32 is
    off by a part in five hundred. So norms of blocks first, and of these then.
    """
    whole = values.shape[-1] // _BLOCK * _BLOCK
    if whole <= _BLOCK:
        return torch.linalg.vector_norm(values, dim=-1)
    blocks = torch.linalg.vector_norm(values[..., :whole].unflatten(-1, (-1, _BLOCK)), dim=-1)
    rest = torch.linalg.vector_norm(values[..., whole:], dim=-1, keepdim=True)
    return torch.linalg.vector_norm(torch.cat([blocks, rest], dim=-1), dim=-1)


def _join(part: np.ndarray, plane: Tensor) -> OutputStatistics:
    """Join the planes of one layer: (4, N, K) float64."""
    if not plane.numel():
        nothing = np.empty(0)
        nan = float("nan")
        return OutputStatistics(nan, nan, nan, nan, nan, 0, 0, nothing, nothing, nothing, nothing)
    squares, zeros = np.square(part[1]).sum(0), part[3].sum(0)
    count = plane.numel()
    energy, zero_share = squares.sum() / count, zeros.sum() / count
    with np.errstate(invalid="ignore"):
        sums = part[0].sum(0)
        mean = sums.sum() / count
        variance = energy - mean**2
    tiny = energy < 1e-30 and zero_share < 1
    if not np.isfinite(variance) or variance < 1e-2 * energy or tiny:
        return _careful(plane)
    return OutputStatistics(
        zeros=zero_share,
        mean=mean,
        std=float(np.sqrt(variance)),
        max=part[2].max(),
        energy=energy,
        nan=0,
        inf=0,
        channel_max=part[2].max(0),
        channel_mean=sums / (count / len(sums)),
        channel_zeros=zeros / (count / len(sums)),
        channel_nonfinite=np.zeros(len(sums)),
    )


def _careful(plane: Tensor) -> OutputStatistics:
    """Measure one layer in float64, values that are not finite left out and counted."""
    finite = torch.isfinite(plane)
    values = torch.where(finite, plane, 0).double()
    counts = finite.sum(dim=(0, 2)).double()
    total = counts.sum().clamp(min=1)
    mean = values.sum() / total
    deviations = torch.where(finite, values - mean, 0)
    highest = torch.where(finite, plane, -torch.inf).double().amax(dim=(0, 2))
    highest = torch.where(counts > 0, highest, torch.nan)
    zeros = (plane == 0).sum(dim=(0, 2)).double()
    empty = not bool(counts.sum())
    return OutputStatistics(
        zeros=float("nan") if empty else float(zeros.sum() / total),
        mean=float("nan") if empty else float(mean),
        std=float("nan") if empty else float((deviations.square().sum() / total).sqrt()),
        max=float("nan") if empty else float(highest[counts > 0].max()),
        energy=float("nan") if empty else float(values.square().sum() / total),
        nan=float(torch.isnan(plane).sum()),
        inf=float(torch.isinf(plane).sum()),
        channel_max=highest.cpu().numpy(),
        channel_mean=(values.sum(dim=(0, 2)) / counts).cpu().numpy(),
        channel_zeros=(zeros / counts).cpu().numpy(),
        channel_nonfinite=(~finite).sum(dim=(0, 2)).double().cpu().numpy(),
    )


def weight_statistics(
    weights: Mapping[str, Tensor], memory: dict[str, Any] | None
) -> dict[str, tuple[float, float, float]]:
    """Measure weights, and how far they moved since the call before.

    Args:
        weights: by name; live, they are only read.
        memory: keeps a copy of each from call to call; None to leave the change out.

    Returns:
        (L2 norm, norm of the change by the norm before, count of values that are not finite) by
        name; the change is NaN at first, where the weight was zero, and where it is not finite.
    """
    squares = {name: _squares(weight, name, memory) for name, weight in weights.items()}
    if not squares:
        return {}
    table = torch.stack(list(squares.values())).cpu().numpy()
    before = {} if memory is None else memory.setdefault("norms", {})
    result: dict[str, tuple[float, float, float]] = {}
    for (name, weight), (square, moved) in zip(weights.items(), table, strict=True):
        norm, bad = float(np.sqrt(square)), 0.0
        if not np.isfinite(norm):
            norm, bad = _finite_norm(weight)
        last = before.get(name, 0.0)
        change = float(np.sqrt(moved) / last) if last > 0 and np.isfinite(moved) else float("nan")
        before[name] = norm
        result[name] = (norm, change, bad)
    return result


def _squares(weight: Tensor, name: str, memory: dict[str, Any] | None) -> Tensor:
    """Sum the squares of a weight and of its change; the copy of it is brought up to date."""
    flat = weight.detach().reshape(-1)
    copies = {} if memory is None else memory.setdefault("weights", {})
    copy = copies.get(name)
    known = copy is not None and copy.shape == flat.shape and copy.device == flat.device
    if memory is not None and not known:
        copies[name] = flat.clone()
    squares: list[Tensor] = []
    changes: list[Tensor] = []
    for start in range(0, flat.numel(), _PIECE):
        piece = flat[start : start + _PIECE]
        squares.append(_square(piece))
        if known:
            old = copy[start : start + _PIECE]
            changes.append(_square(old.sub_(piece)))
            old.copy_(piece)
    nothing = torch.full((), torch.nan, dtype=torch.float64, device=flat.device)
    square = torch.stack(squares).sum() if squares else nothing
    return torch.stack([square, torch.stack(changes).sum() if changes else nothing])


def _square(values: Tensor) -> Tensor:
    wide = values if values.dtype == torch.float64 else values.float()
    return _norms(wide).double().square()


def _finite_norm(weight: Tensor) -> tuple[float, float]:
    values = weight.detach().double()
    finite = torch.isfinite(values)
    norm = torch.linalg.vector_norm(torch.where(finite, values, 0))
    return float(norm), float((~finite).sum())
