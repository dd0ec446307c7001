"""The same network with layers drawn anew, from the scores down; the model keeps its weights."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["Randomised", "cascade", "layers_from_the_top"]


class Randomised(NamedTuple):
    """A network of which some layers know nothing any more."""

    layers: list[str]
    """Drawn anew, the last one first."""
    net: Net


def layers_from_the_top(net: Net, below: str | None = None) -> list[str]:
    """Name the layers that hold kernels, the last one first; one that is called twice, once.

    Args:
        net: the network.
        below: leave out what this layer's output does not depend on; None for the scores.
    """
    named: dict[str, str] = {}
    for layer in reversed(net.upstream(below)):
        kernel = layer.weights[0] if layer.weights and not layer.container else None
        if kernel is not None and net.weight(kernel).ndim >= 2:
            named.setdefault(kernel, layer.name)
    return list(named.values())


def cascade(
    net: Net, counts: Sequence[int], random: torch.Generator, *, below: str | None = None
) -> Iterator[Randomised]:
    """Draw layers anew from the top, some more each time (Adebayo et al. 2018, section 3.1).

    A kernel is drawn from a normal distribution of its own mean and spread; biases, and what a
    normalisation on the way holds, change places. So every layer keeps its scale and no more.
    https://arxiv.org/abs/1810.03292. Differs from the paper: it draws as the layers were
    initialised, which a captured network does not tell.

    Args:
        net: stays as it is.
        counts: of layers with kernels, rising.
        random: on the CPU.
        below: the layer whose output is explained; None for the scores.
    """
    state = net.weights()
    order = layers_from_the_top(net, below)
    drawn: dict[str, Tensor] = {}
    begun = 0
    for count in counts:
        for name in _down_to(net, order, begun, count, below):
            for weight in _held(net.layer(name).weights, state):
                if weight not in drawn:
                    _draw(weight, state, drawn, random)
        begun = count
        yield Randomised(order[:count], net.with_weights(drawn))


def _down_to(
    net: Net, order: Sequence[str], begun: int, count: int, below: str | None
) -> Iterator[str]:
    """Name all layers with weights from one of the order to another, normalisations too."""
    if begun == count:
        return
    names = [layer.name for layer in reversed(net.upstream(below)) if not layer.container]
    first = names.index(order[begun - 1]) if begun else 0
    last = names.index(order[count - 1]) if count < len(order) else len(names) - 1
    yield from names[first : last + 1]


def _held(names: Sequence[str], state: dict[str, Tensor]) -> list[str]:
    """Name what a layer's weights stand for in the state: computed ones, running means too."""
    found = [name for name in names if name in state]
    for module in {name.rpartition(".")[0] for name in names} - {""}:
        inside = [name for name in state if name.startswith(f"{module}.")]
        rest = {name: name.removeprefix(f"{module}.") for name in inside}
        found += [
            name
            for name in inside
            if "." not in rest[name].removeprefix("parametrizations.weight.")
        ]
    return list(dict.fromkeys(found))


def _draw(
    name: str, state: dict[str, Tensor], drawn: dict[str, Tensor], random: torch.Generator
) -> None:
    """Draw one tensor, and give it to all names that it goes by."""
    tensor = state[name]
    if not tensor.is_floating_point() or not tensor.numel():
        return
    values = tensor.detach().to("cpu", torch.float64)
    if tensor.ndim >= 2:
        noise = torch.randn(values.shape, generator=random, dtype=torch.float64)
        spread = values.std(correction=0)
        fresh = values.mean() + (spread if spread > 0 else _initial_spread(values)) * noise
    else:
        order = torch.randperm(values.numel(), generator=random)
        fresh = values.flatten()[order].view_as(values)
    for other, held in state.items():
        if held.data_ptr() == tensor.data_ptr() and held.shape == tensor.shape:
            drawn[other] = fresh.to(tensor)


def _initial_spread(kernel: Tensor) -> float:
    """Give He's spread, for a kernel that has one value everywhere."""
    return math.sqrt(2 / max(1, kernel[0].numel()))
