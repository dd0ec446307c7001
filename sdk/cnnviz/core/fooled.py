"""Pictures brought to a class: what is aimed at, and the ways there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import torch
from torch import Tensor

from cnnviz.core.pictures_made import uphill
from cnnviz.ops.pixels import PixelSpace
from cnnviz.ops.probabilities import Reading, probabilities
from cnnviz.ops.steps import make_step
from cnnviz.ops.targets import class_scores

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["Aim", "Fooled", "Told", "climb_to", "step_by_sign"]

_HALVINGS: Final = 6

Told = Callable[[int, Tensor, Tensor], None]
"""Takes the steps made, pixels (N, C, H, W) and the values (N,) up to now."""


class Aim(NamedTuple):
    """What some pictures shall be taken for."""

    own: tuple[int, ...]
    """The classes that they are taken from."""
    aimed: tuple[int, ...] | None
    """To be reached; None: any but their own."""
    reading: Reading

    def of_rows(self, rows: slice | Sequence[int]) -> Aim:
        """Give those of some of the pictures."""
        chosen = range(len(self.own))[rows] if isinstance(rows, slice) else rows
        aimed = None if self.aimed is None else tuple(self.aimed[row] for row in chosen)
        return Aim(tuple(self.own[row] for row in chosen), aimed, self.reading)

    def values(self, scores: Tensor) -> tuple[Tensor, Tensor]:
        """Give the probability that is aimed at, and what is raised for it: (N,) each.

        Args:
            scores: (N, classes).
        """
        logs = probabilities(scores, self.reading, log=True)
        if self.aimed is None:
            raised = -class_scores(logs, self.own)
            return 1 - torch.exp(-raised), raised
        raised = class_scores(logs, self.aimed)
        return raised.exp(), raised


class Fooled(NamedTuple):
    """What came of some pictures."""

    pixels: Tensor
    """(N, C, H, W)."""
    steps: Tensor
    """(N,) made."""
    blocked: Tensor
    """(N,) bool: no gradient reached the picture."""


def climb_to(
    net: Net,
    aim: Aim,
    space: PixelSpace,
    start: Tensor,
    confidence: float,
    *,
    rate: float,
    iterations: int,
    told: Told,
) -> Fooled:
    """Take steps uphill until each picture has reached its class, and then back what is too far.

    Args:
        net: the network.
        aim: of the pictures.
        space: of their pixels.
        start: (N, C, H, W).
        confidence: probability at which a picture is left as it is.
        rate: mean magnitude of a step, px of 255.
        iterations: steps at most.
        told: after each step.
    """
    pixels = start.clone()
    steps = torch.zeros(len(start), dtype=torch.long)
    blocked = torch.zeros(len(start), dtype=torch.bool)
    reached = torch.zeros(len(start))
    step = make_step("normalised", rate, desired=0.0)
    under_way = list(range(len(start)))
    for iteration in range(iterations + 1):
        value = _value(net, aim.of_rows(under_way), space)
        shown, gradient = uphill(value, pixels[under_way])
        gradient = gradient.nan_to_num(nan=0.0, posinf=0.0, neginf=0.0)
        reached[under_way] = shown.float().cpu()
        blocked[under_way] = (gradient.flatten(1).abs().amax(dim=1) == 0).cpu()
        keep = [not (reached[row] >= confidence or blocked[row]) for row in under_way]
        told(iteration, pixels, reached)
        if iteration == iterations or not any(keep):
            break
        going = [row for row, kept in zip(under_way, keep, strict=True) if kept]
        moved = pixels[going] + step(gradient[torch.tensor(keep)])
        pixels[going] = space.clip(moved)
        steps[going] += 1
        under_way = going
    return Fooled(_shortened(net, aim, space, start, pixels, confidence), steps, blocked)


def _shortened(
    net: Net, aim: Aim, space: PixelSpace, start: Tensor, end: Tensor, confidence: float
) -> Tensor:
    """Go back from each end that has reached its class, as far as it stays reached.

    Also where colours are rounded to 8 bits, so that a saved picture does the same.
    """

    def reaches(pixels: Tensor) -> Tensor:
        value = _value(net, aim, space)
        return (value(pixels)[0] >= confidence) & (value(space.rounded(pixels))[0] >= confidence)

    with torch.no_grad():
        reached = reaches(end)
        low, high = torch.zeros_like(reached, dtype=end.dtype), torch.ones_like(end[:, 0, 0, 0])
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            enough = reached & reaches(_between(start, end, middle))
            high = torch.where(enough, middle, high)
            low = torch.where(reached & ~enough, middle, low)
    return torch.where((high < 1).view(-1, 1, 1, 1), _between(start, end, high), end)


def _between(start: Tensor, end: Tensor, share: Tensor) -> Tensor:
    return start + share.view(-1, 1, 1, 1) * (end - start)


def step_by_sign(net: Net, aim: Aim, space: PixelSpace, start: Tensor, epsilon: float) -> Fooled:
    """Change each pixel by epsilon (px of 255), by the sign of the gradient.

    The fast gradient sign method (Goodfellow, Shlens, Szegedy 2014, section 4,
    https://arxiv.org/abs/1412.6572). Differs from the paper: none; aimed at a class, towards it.
    """
    _, gradient = uphill(_value(net, aim, space), start)
    gradient = gradient.nan_to_num(nan=0.0)
    blocked = (gradient.flatten(1).abs().amax(dim=1) == 0).cpu()
    pixels = space.clip(start + epsilon * gradient.sign())
    return Fooled(pixels, torch.ones(len(start), dtype=torch.long), blocked)


def _value(net: Net, aim: Aim, space: PixelSpace) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    return lambda pixels: aim.values(net(space.to_input(pixels)))
