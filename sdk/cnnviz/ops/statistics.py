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

_PIECE, _WEIGHT_PIECE = 2**18, 2**16
"""Values handled at a time: one pass follows the other while they are in the processor's cache."""


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
    scratch = _Scratch()
    parts = [_fast(plane, scratch) for plane in planes if plane.numel()]
    if not parts:
        return [_undefined() for plane in planes]
    table = torch.cat(parts, dim=1).double().cpu().numpy()
    results: list[OutputStatistics] = []
    start = 0
    for plane in planes:
        stop = start + (plane.shape[1] if plane.numel() else 0)
        results.append(_join(table[:, start:stop], plane) if plane.numel() else _undefined())
        start = stop
    return results


class _Scratch:
    """Room for what is summed at once; new memory for each layer would cost more than the sums."""

    def __init__(self) -> None:
        self._rooms: dict[tuple[torch.dtype, torch.device], Tensor] = {}

    def like(self, values: Tensor) -> Tensor:
        """Give room of the same shape, type and device; what was in it is lost."""
        key = values.dtype, values.device
        room = self._rooms.get(key)
        if room is None or room.numel() < values.numel():
            room = self._rooms[key] = values.new_empty(max(values.numel(), _PIECE))
        return room[: values.numel()].view(values.shape)


def _planes(output: Tensor) -> Tensor:
    """Give an output as (N, K, positions) in a type that can be summed."""
    wide = _wide(output.detach())
    return wide.reshape(*wide.shape[:2], -1) if wide.numel() else wide.new_empty(0, 0, 0)


def _wide(values: Tensor) -> Tensor:
    return values if values.dtype in {torch.float32, torch.float64} else values.float()


def _fast(plane: Tensor, scratch: _Scratch) -> Tensor:
    """Sum, sum of squares, number of zeros and maximum of each channel: (4, K)."""
    examples = max(1, _PIECE // plane[0].numel())
    parts: list[Tensor] = []
    for start in range(0, len(plane), examples):
        piece = plane[start : start + examples]
        room = scratch.like(piece)
        squares = torch.mul(piece, piece, out=room).sum(dim=2)
        # A sum of booleans is ten times slower than one of floats.
        zeros = torch.eq(piece, 0, out=room).sum(dim=2)
        sums = torch.stack([piece.sum(dim=2), squares, zeros]).sum(dim=1)
        parts.append(torch.cat([sums, piece.amax(dim=2).amax(dim=0, keepdim=True)]))
    if len(parts) == 1:
        return parts[0]
    joined = torch.stack(parts)
    return torch.cat([joined[:, :3].sum(dim=0), joined[:, 3:].amax(dim=0)])


def _undefined() -> OutputStatistics:
    nan, nothing = float("nan"), np.empty(0)
    return OutputStatistics(nan, nan, nan, nan, nan, 0, 0, nothing, nothing, nothing, nothing)


def _join(part: np.ndarray, plane: Tensor) -> OutputStatistics:
    """Finish one layer, from (4, K) float64."""
    sums, squares, zeros, highest = part
    count = plane.numel()
    energy, zero_share = squares.sum() / count, zeros.sum() / count
    with np.errstate(invalid="ignore"):
        mean = sums.sum() / count
        variance = energy - mean**2
    tiny = energy < 1e-30 and zero_share < 1
    if not np.isfinite(variance) or variance < 1e-2 * energy or tiny:
        return _careful(plane)
    return OutputStatistics(
        zeros=zero_share,
        mean=mean,
        std=float(np.sqrt(variance)),
        max=highest.max(),
        energy=energy,
        nan=0,
        inf=0,
        channel_max=highest,
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
    squares = {name: _squares(w, name, memory) for name, w in weights.items()}
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
    """Sum the squares of a weight and of its change, (2,) float64; brings the copy up to date."""
    flat = weight.detach().reshape(-1)
    copies = {} if memory is None else memory.setdefault("weights", {})
    copy: Tensor | None = copies.get(name)
    if copy is None or copy.shape != flat.shape or copy.device != flat.device:
        copy = None
        if memory is not None:
            copies[name] = flat.clone()
    squares: list[Tensor] = []
    changes: list[Tensor] = []
    for start in range(0, flat.numel(), _WEIGHT_PIECE):
        piece = flat[start : start + _WEIGHT_PIECE]
        squares.append(_square(piece))
        if copy is not None:
            old = copy[start : start + _WEIGHT_PIECE]
            changes.append(_square(old.sub_(piece)))
            old.copy_(piece)
    return torch.stack([_total(squares, flat.device), _total(changes, flat.device)])


def _square(values: Tensor) -> Tensor:
    # Over a piece of this length, float32 is off by a part in 50,000 at worst (all values equal).
    wide = _wide(values)
    return torch.dot(wide, wide)


def _total(parts: list[Tensor], device: torch.device) -> Tensor:
    """Join the sums of pieces in float64; NaN without any."""
    if not parts:
        return torch.full((), torch.nan, dtype=torch.float64, device=device)
    return torch.stack(parts).double().sum()


def _finite_norm(weight: Tensor) -> tuple[float, float]:
    values = weight.detach().double()
    finite = torch.isfinite(values)
    norm = torch.linalg.vector_norm(torch.where(finite, values, 0))
    return float(norm), float((~finite).sum())
