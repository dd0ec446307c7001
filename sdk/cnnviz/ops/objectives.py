"""What a made picture shall excite: weighted sums of class scores, channels and units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from cnnviz.errors import UnsuitableError

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["Objective", "Part"]

Position = tuple[int, int] | str
"""Row and column, `centre`, or `mean` for the mean over all positions."""


class Part(NamedTuple):
    """One layer's share in the objectives of some pictures."""

    layer: str | None
    """None for the scores."""
    position: Position
    units: Sequence[Sequence[int]]
    """For each picture, which channels or classes."""
    weights: Sequence[Sequence[float]]
    """For each picture, how much each of them counts."""


class Objective:
    """The value of each picture, computed no further into the network than it needs."""

    def __init__(self, parts: Sequence[Part]) -> None:
        """Take the parts; a picture's value is their sum."""
        self._parts = list(parts)
        named = [part.layer for part in self._parts]
        self._layers = list(dict.fromkeys(layer for layer in named if layer is not None))
        self._needs_scores = None in named
        self._chosen: dict[tuple[int, int, int], Tensor] = {}

    def values(self, net: Net, inputs: Tensor, rows: slice) -> Tensor:
        """Compute the values of some of the pictures.

        Args:
            net: the network.
            inputs: (N, C, H, W), as it takes them.
            rows: which of the objective's pictures they are.

        Returns:
            (N,).

        Raises:
            UnsuitableError: a layer's output is not (N, K) or (N, K, h, w).
        """
        outputs: dict[str | None, Tensor] = {}
        if self._needs_scores:
            scores, taps = net(inputs, self._layers)
            outputs.update(taps)
            outputs[None] = scores
        else:
            outputs.update(net.features(inputs, self._layers))
        shares = [
            self._share(number, outputs[part.layer], rows)
            for number, part in enumerate(self._parts)
        ]
        return torch.stack(shares).sum(dim=0)

    def _share(self, number: int, output: Tensor, rows: slice) -> Tensor:
        responses = _responses(output, self._parts[number])
        key = (number, rows.start, rows.stop)
        if key not in self._chosen:
            self._chosen[key] = _weights(self._parts[number], rows, like=responses)
        chosen = self._chosen[key]
        # Only what is asked about enters the sum: a NaN elsewhere would spoil every picture.
        return torch.where(chosen != 0, responses * chosen, 0).sum(dim=1)


def _weights(part: Part, rows: slice, *, like: Tensor) -> Tensor:
    """Give how much each channel counts for each picture: (N, K)."""
    chosen = torch.zeros_like(like, requires_grad=False)
    for row, units, weights in zip(chosen, part.units[rows], part.weights[rows], strict=True):
        row.index_add_(0, torch.tensor(units, device=row.device), row.new_tensor(weights))
    return chosen


def _responses(output: Tensor, part: Part) -> Tensor:
    """Give one number a channel: (N, K) or (N, K, h, w) -> (N, K)."""
    if output.ndim == 2:
        return output
    if output.ndim != 4:
        where = "the scores" if part.layer is None else f"layer {part.layer!r}"
        message = f"{where} must give (N, channels) or maps, got {tuple(output.shape)}"
        raise UnsuitableError(message)
    if part.position == "mean":
        return output.mean(dim=(2, 3))
    if isinstance(part.position, str):
        return output[:, :, output.shape[2] // 2, output.shape[3] // 2]
    return output[:, :, part.position[0], part.position[1]]
