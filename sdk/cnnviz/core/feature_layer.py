"""Which layer gives a network's features: the one that its last linear layer looks at."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnnviz.errors import UnsuitableError

if TYPE_CHECKING:
    from cnnviz.contract.layers import Layer
    from cnnviz.graph.net import Net

__all__ = ["feature_layer"]


def feature_layer(net: Net, *, of: str) -> Layer:
    """Find what the last linear layer takes: the nearest layer before it of as many numbers.

    Args:
        net: of a network without a linear layer, the last one that gives channels is meant.
        of: the method's name, for the message.

    Raises:
        UnsuitableError: the network has no layer before its last one.
    """
    parts = [layer for layer in net.upstream() if not layer.container]
    linear = [index for index, layer in enumerate(parts) if layer.kind == "linear"]
    before = parts[: linear[-1]] if linear else parts[:-1]
    if linear and parts[linear[-1]].weights:
        width = net.weight(parts[linear[-1]].weights[0]).shape[-1]
        fitting = [one for one in before if math.prod(one.shape) == width and one.shape]
        if fitting:
            return fitting[-1]
    with_channels = [layer for layer in before if len(layer.shape) in {1, 3}]
    if not with_channels:
        message = f"{of}: the network has no layer before its last one: name a layer"
        raise UnsuitableError(message)
    return with_channels[-1]
