"""What a network says while an image loses, or gains, the pixels that a map calls important."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from cnnviz.core.explained import ExplainedParams
from cnnviz.errors import UnsuitableError
from cnnviz.ops.perturbation import revealed
from cnnviz.ops.probabilities import probabilities, reading_of
from cnnviz.ops.targets import class_scores
from cnnviz.ops.units import unit_values

if TYPE_CHECKING:
    from cnnviz.contract.params import Params
    from cnnviz.graph.net import Net

__all__ = ["Curves", "Watched", "curves", "watched"]


class Watched(NamedTuple):
    """The value that curves follow, one an example."""

    value: Callable[[Tensor], Tensor]
    """Images (N, C, H, W) of the same examples -> (N,) float64 on the CPU."""
    name: str
    below: str | None
    """The layer of the unit, if one is explained."""


class Curves(NamedTuple):
    """Values over the share of pixels that are hidden, or shown: (N, T) float64."""

    deletion: Tensor
    insertion: Tensor


def watched(net: Net, images: Tensor, params: Params, facts: Mapping[str, Any]) -> Watched:
    """Find what a map explains: the probability of each example's class, or a unit.

    Args:
        net: the network.
        images: (N, C, H, W), whole.
        params: of the method that made the map.
        facts: of the map.

    Raises:
        UnsuitableError: the facts name neither classes nor a unit.
    """
    if "targets" in facts:
        return _probability(net, images, facts["targets"])
    if isinstance(params, ExplainedParams) and params.layer is not None:
        given = [params.channel] * len(images)
        return _unit(net, images, params.layer, facts.get("channels", given), params.position)
    message = "the map's facts name neither the classes (targets) nor the unit that it explains"
    raise UnsuitableError(message)


def _probability(net: Net, images: Tensor, classes: Sequence[int]) -> Watched:
    with torch.no_grad():
        reading = reading_of(_two_dimensional(net(images)))

    def value(shown: Tensor) -> Tensor:
        with torch.no_grad():
            found = probabilities(_two_dimensional(net(shown)), reading)
        return class_scores(found, classes).double().cpu()

    return Watched(value, "probability of the class", None)


def _two_dimensional(scores: Tensor) -> Tensor:
    return scores.reshape(len(scores), -1)


def _unit(
    net: Net,
    images: Tensor,
    layer: str,
    channels: Sequence[int],
    position: tuple[int, int] | None,
) -> Watched:
    def absolute(shown: Tensor) -> Tensor:
        with torch.no_grad():
            output = net.features(shown, [layer])[layer]
        pairs = zip(output, channels, strict=True)
        return torch.cat([unit_values(one[None], c, position) for one, c in pairs]).double().cpu()

    whole = absolute(images).abs()
    scale = torch.where(whole > 0, whole, torch.nan)
    name = "activation of the unit, as a share of that by the whole image"
    return Watched(lambda shown: absolute(shown) / scale, name, layer)


def curves(
    value: Callable[[Tensor], Tensor],
    images: Tensor,
    hidden: Tensor,
    order: Tensor,
    *,
    ends: tuple[Tensor, Tensor],
    steps: int,
    report: Callable[[], None],
) -> Curves:
    """Delete, and insert, pixels in an order (Petsiuk, Das, Saenko 2018, section 3.2).

    https://arxiv.org/abs/1806.07421. Differs from the paper: none; both curves have one baseline.

    Args:
        value: what is followed.
        images: (N, C, H, W).
        hidden: likewise, the baseline.
        order: (N, H · W), the most important pixel first.
        ends: the values of the whole images and of the baseline, (N,) each.
        steps: equal ones from one end to the other; T = steps + 1.
        report: told after each image batch, 2 · (steps - 1) times.
    """
    whole, nothing = ends
    pixels = order.shape[1]
    deletion, insertion = [whole], [nothing]
    for step in range(1, steps):
        count = round(pixels * step / steps)
        for curve, first, second in ((deletion, hidden, images), (insertion, images, hidden)):
            curve.append(value(revealed(first, second, order, count)))
            report()
    deletion.append(nothing)
    insertion.append(whole)
    return Curves(torch.stack(deletion, dim=1), torch.stack(insertion, dim=1))
