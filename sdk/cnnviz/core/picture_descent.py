"""Making one picture by going down a loss, the best one kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, Literal, NamedTuple, Protocol

from msgspec import Meta
from torch import Tensor

from cnnviz.contract.params import Params
from cnnviz.ops.contrasts import by_contrast
from cnnviz.ops.pixels import PixelSpace
from cnnviz.ops.quasi_newton import Evaluated, by_frequency, minimise
from cnnviz.ops.steps import make_step

__all__ = ["Descended", "Loss", "PictureParams", "go_down", "rounded"]

_FIRST = 2.5
"""Mean change of a pixel of 0 … 255 in the first step of L-BFGS."""
_REACH = 1.7
"""Times what L-BFGS promises, where steps have the contrasts of pictures (measured: 1.5 to 2)."""
_PAIRS, _FEWEST_PAIRS = 20, 3
"""Kept by L-BFGS: more than 10 gain nothing measurable on photographs."""
_HISTORY = 2**30
"""Bytes that the pairs may take; the fewest pairs are kept all the same."""
_MARKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
"""Evaluations whose loss is a fact of the record."""


class PictureParams(Params, frozen=True):
    """How a picture is made."""

    optimiser: Annotated[
        Literal["lbfgs", "adam"],
        Meta(description="L-BFGS goes down faster; Adam bears a loss that jumps."),
    ] = "lbfgs"
    iterations: Annotated[
        int,
        Meta(ge=1, le=100_000, description="Evaluations of the loss and its gradient, each size."),
    ] = 200
    power: Annotated[
        float,
        Meta(
            ge=0,
            le=2,
            description="L-BFGS steps in frequencies over f to this power: large shapes first; 0 "
            "is the plain recipe on pixels.",
        ),
    ] = 0.7
    rate: Annotated[
        float, Meta(gt=0, le=1000, description="Of Adam: px of 0 … 255, falling to a tenth.")
    ] = 5.0


class Loss(Protocol):
    """What is made small for one picture."""

    @property
    def space(self) -> PixelSpace:
        """Of the pixels."""
        ...

    def evaluate(self, pixels: Tensor) -> tuple[float, Tensor]:
        """Give the loss and its gradient, shaped as the pixels."""
        ...


class Descended(NamedTuple):
    """What a descent came to."""

    pixels: Tensor
    """(1, C, H, W), where the loss was lowest, clipped to colours that exist."""
    loss: float
    """The lowest; not clipped."""
    curve: dict[str, float | None]
    """The lowest loss up to some evaluations."""
    evaluations: int
    stopped: str | None
    """Why it ended early, if it did."""

    @property
    def lowered(self) -> float:
        """How many times lower the loss is than where it began."""
        first = self.curve.get("1")
        return (math.nan if first is None else first) / max(self.loss, 1e-30)

    @property
    def failure(self) -> str:
        """What a caption says where there was nothing to go down; else empty."""
        return "" if math.isfinite(self.loss) else " · the loss is not a number"

    @property
    def facts(self) -> dict[str, Any]:
        """What a record says of it."""
        known = {"loss": rounded(self.loss), "curve": self.curve, "evaluations": self.evaluations}
        return known if self.stopped is None else {**known, "note": self.stopped}


def go_down(
    loss: Loss,
    start: Tensor,
    params: PictureParams,
    report: Callable[[int, Tensor, float], None],
    contrasts: Sequence[Tensor] = (),
) -> Descended:
    """Go down from a picture; what is not a number is never kept.

    Args:
        loss: of the picture.
        start: (1, C, H, W), pixels.
        params: how.
        report: told every evaluation: its number from 1, the best picture and its loss.
        contrasts: pictures (1, C, h, w) whose contrasts the steps of L-BFGS have, to the power of
            the parameters; none: 1/f, as photographs have it.
    """
    best, lowest, curve, count = start, math.inf, {}, 0
    for one in _evaluations(loss, start, params, contrasts):
        count += 1
        if one.value < lowest:
            best, lowest = one.point, one.value
        if count in _MARKS:
            curve[str(count)] = rounded(lowest)
        report(count, best, lowest)
        if count >= params.iterations:
            break
    return Descended(
        pixels=loss.space.clip(best),
        loss=lowest,
        curve=curve,
        evaluations=count,
        stopped=_why(lowest, count, params),
    )


def _why(lowest: float, count: int, params: PictureParams) -> str | None:
    if not math.isfinite(lowest):
        return (
            "the loss is not a number where the descent begins: the weights of the network are "
            "broken or those of the loss too large; the picture is the one it began with"
        )
    if count < params.iterations:
        return f"no step lowered the loss after {count} evaluations: the best picture is shown"
    return None


def _evaluations(
    loss: Loss, start: Tensor, params: PictureParams, contrasts: Sequence[Tensor]
) -> Iterator[Evaluated]:
    if params.optimiser == "adam":
        return _adam(loss, start, params)
    height, width = start.shape[2:]
    if not params.power:
        return minimise(loss.evaluate, start, first=_FIRST, memory=_memory(start))
    if not contrasts:
        scaling = by_frequency(height, width, params.power, start)
        return minimise(loss.evaluate, start, first=_FIRST, scaling=scaling, memory=_memory(start))
    scaling = by_contrast(contrasts, (height, width), params.power)
    return minimise(
        loss.evaluate, start, first=_FIRST, scaling=scaling, memory=_memory(start), reach=_REACH
    )


def _memory(start: Tensor) -> int:
    """Say how many pairs L-BFGS keeps of points like this."""
    pair = 2 * start.numel() * start.element_size()
    return max(_FEWEST_PAIRS, min(_PAIRS, _HISTORY // pair))


def _adam(loss: Loss, start: Tensor, params: PictureParams) -> Iterator[Evaluated]:
    """Go down by Adam at a rate that falls as half a cosine, within colours that exist."""
    step = make_step("adam", 1.0, desired=0.0)
    pixels = start
    for number in range(params.iterations):
        value, gradient = loss.evaluate(pixels)
        yield Evaluated(pixels, value, accepted=math.isfinite(value))
        if not bool(gradient.isfinite().all()):
            return
        share = 0.1 + 0.45 * (1 + math.cos(math.pi * number / params.iterations))
        pixels = loss.space.clip(pixels - params.rate * share * step(gradient))


def rounded(value: float) -> float | None:
    """Give a number as facts hold it; None where not finite."""
    return float(f"{value:.6g}") if math.isfinite(value) else None
