"""Where a layer's channels lie in its output, and its output with the channels in front."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from cnnviz.contract.layers import Layer

__all__ = ["channels_first", "channels_last_layers", "is_spatial"]

_KEEPS_LAYOUT = frozenset({"layer_norm", "dropout", "add", "mul"})


def is_spatial(layer: Layer) -> bool:
    """Tell whether a layer gives maps, (K, h, w) of more than one position."""
    return len(layer.shape) == 3 and layer.shape[1] * layer.shape[2] > 1


def channels_last_layers(layers: Sequence[Layer]) -> frozenset[str]:
    """Find the layers whose maps are (h, w, K), as inside the blocks of ConvNeXt and Swin.

    A linear layer works on the last dimension, so its output has the channels there; so have the
    pointwise layers that follow it, up to the first layer of another shape or kind.
    """
    found: set[str] = set()
    before: Layer | None = None
    for layer in (layer for layer in layers if not layer.container):
        if len(layer.shape) == 3:
            follows = before is not None and before.name in found and before.shape == layer.shape
            keeps = layer.nonlinearity or layer.kind in _KEEPS_LAYOUT
            if layer.kind == "linear" or (follows and keeps):
                found.add(layer.name)
        before = layer
    return frozenset(found)


def channels_first(output: Tensor, *, last: bool) -> Tensor:
    """Give a layer's output as (N, K, …): channels moved in front where they are `last`."""
    if output.ndim < 2:
        return output.reshape(len(output) if output.ndim else 1, -1)
    if last or output.ndim == 3:  # tokens are (N, T, K)
        return output.movedim(-1, 1)
    return output
