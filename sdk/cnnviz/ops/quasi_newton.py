"""L-BFGS that steps in scaled coordinates and spends one evaluation a step where it can."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import torch
from torch import Tensor

__all__ = ["Evaluated", "Scaling", "by_frequency", "minimise", "unscaled"]

Scaling = Callable[[Tensor], Tensor]
"""A symmetric positive linear map P of points; the descent is that of f(P z) in z."""

_ENOUGH: Final = 1e-4
"""Share of the promised fall that a step must bring (Nocedal, Wright, eq. 3.4)."""
_TRIALS: Final = 12
"""Steps tried, each shorter, before the descent gives up."""
_LEAST_CURVATURE: Final = 1e-10


class Evaluated(NamedTuple):
    """One evaluation of the loss."""

    point: Tensor
    value: float
    accepted: bool
    """Whether the descent went on from there."""


class _Place(NamedTuple):
    point: Tensor
    value: float
    gradient: Tensor
    """By the scaled coordinates."""


def unscaled(points: Tensor) -> Tensor:
    """Leave points as they are: plain L-BFGS."""
    return points


def by_frequency(height: int, width: int, power: float, like: Tensor) -> Scaling:
    """Scale frequencies by 1 / f^power: large shapes move before fine grain.

    A picture's loss is steeper along low frequencies the fewer steps it can bend in: photographs
    themselves fall off as 1/f.

    Args:
        height: of the pictures, px.
        width: of the pictures, px.
        power: 0 leaves all alike.
        like: gives device and float type.
    """
    rows = torch.fft.fftfreq(height, device=like.device, dtype=like.dtype) * height
    columns = torch.fft.rfftfreq(width, device=like.device, dtype=like.dtype) * width
    cycles = (rows.view(-1, 1).square() + columns.square()).sqrt().clamp(min=1)
    weights = cycles.pow(-power)

    def scale(points: Tensor) -> Tensor:
        spectrum = torch.fft.rfft2(points) * weights
        scaled: Tensor = torch.fft.irfft2(spectrum, s=(height, width))
        return scaled

    return scale


def minimise(
    evaluate: Callable[[Tensor], tuple[float, Tensor]],
    start: Tensor,
    *,
    first: float,
    scaling: Scaling = unscaled,
    memory: int = 50,
    reach: float = 1.0,
) -> Iterator[Evaluated]:
    """Go down by L-BFGS; ends by itself only where no shorter step helps.

    Liu, Nocedal 1989, https://doi.org/10.1007/BF01589116. Differs from the paper: the whole step is
    taken unless the loss rose, then a parabola says how much shorter to try; pairs of negative
    curvature are left out; the history is kept in coordinates z of point = start + P z.

    Args:
        evaluate: gives the loss of a point and its gradient.
        start: where to begin.
        first: mean change of a coordinate in the first step.
        scaling: P.
        memory: pairs kept; each has the size of two points.
        reach: a step of this many times what the pairs promise is tried first: of a loss with many
            small bends they promise too little.

    Yields:
        Each evaluation, the start's first; a loss that is not finite is never accepted.
    """
    value, gradient = evaluate(start)
    here = _Place(start, value, scaling(gradient))
    sound = math.isfinite(value) and bool(gradient.isfinite().all())
    yield Evaluated(start, value, accepted=sound)
    pairs: deque[tuple[Tensor, Tensor, float]] = deque(maxlen=memory)
    while sound and bool(here.gradient.any()):
        direction = _direction(here.gradient, pairs)
        slope = _dot(direction, here.gradient)
        if slope >= 0:
            pairs.clear()
            direction = -here.gradient
            slope = -_dot(here.gradient, here.gradient)
        moved = scaling(direction)
        length = reach if pairs else first / max(float(moved.abs().mean()), 1e-30)
        there: _Place | None = None
        for _ in range(_TRIALS):
            point = here.point + length * moved
            value, gradient = evaluate(point)
            lower = value <= here.value + _ENOUGH * length * slope
            lower = lower and bool(gradient.isfinite().all())
            yield Evaluated(point, value, accepted=lower)
            if lower:
                there = _Place(point, value, scaling(gradient))
                break
            length = _shorter(length, here.value, value, slope)
        if there is None:
            if not pairs:
                return
            pairs.clear()
            continue
        _remember(pairs, length * direction, there.gradient - here.gradient)
        here = there


def _dot(one: Tensor, other: Tensor) -> float:
    return float((one * other).sum())


def _remember(pairs: deque[tuple[Tensor, Tensor, float]], step: Tensor, change: Tensor) -> None:
    curvature = _dot(step, change)
    if curvature > _LEAST_CURVATURE * _dot(change, change):
        pairs.append((step, change, 1 / curvature))


def _direction(gradient: Tensor, pairs: deque[tuple[Tensor, Tensor, float]]) -> Tensor:
    """Multiply by the inverse curvature that the pairs tell of (two loops)."""
    rest = gradient.clone()
    taken = []
    for step, change, inverse in reversed(pairs):
        share = inverse * _dot(step, rest)
        rest -= share * change
        taken.append(share)
    if pairs:
        step, change, inverse = pairs[-1]
        rest *= 1 / (inverse * _dot(change, change))
    for (step, change, inverse), share in zip(pairs, reversed(taken), strict=True):
        rest += (share - inverse * _dot(change, rest)) * step
    return -rest


def _shorter(length: float, before: float, value: float, slope: float) -> float:
    """Go to the bottom of the parabola through both losses and the slope."""
    if not math.isfinite(value):
        return length / 10
    bend = (value - before - length * slope) / length**2
    bottom = -slope / (2 * bend) if bend > 0 else 0.0
    return min(max(bottom, 0.1 * length), 0.5 * length)
