"""A layer as the page and the methods see it; part of graph.json, readable without torch."""

from __future__ import annotations

import msgspec

__all__ = ["Layer", "ReceptiveField"]


class ReceptiveField(msgspec.Struct, frozen=True, kw_only=True):
    """Which pixels a unit sees: unit (i, j) `size` of them from `offset + stride · (i, j)` on.

    Each is a pair (height, width) in input pixels. The field is that of the convolutions and pools,
    and reaches beyond the image's border where padding does.
    """

    size: tuple[int, int]
    stride: tuple[int | float, int | float]
    """Whole numbers, but after upsampling; 0 where the layer has no such axis."""
    offset: tuple[int | float, int | float]
    """First pixel that unit (0, 0) sees; negative where padding lies before the image."""
    is_global: bool
    """Whether something on the way looks at the whole image too (global pooling, attention, …)."""


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a module, one functional op inside a module, or a container module.

    Names: a module's `named_modules()` name; a functional op takes `<module>.<op>` (`block1.relu`);
    the second and later calls of one name add `:1`, `:2`, … (`layer1.0.relu:1`).
    """

    name: str
    kind: str
    """The field's word: conv2d, linear, relu, batch_norm, add, …; a container's class name."""
    shape: list[int]
    """Output of one image, without the batch: [K, h, w] or [K]; [] when it is not a tensor."""
    container: bool = False
    """True for a module that holds other layers; its output can be tapped too."""
    rectifier: bool = False
    """ReLU in any spelling, ReLU6, LeakyReLU, clamp(min=0)."""
    nonlinearity: bool = False
    """Any pointwise nonlinearity, rectifiers included."""
    weights: list[str] = []
    """Names of the parameters this call reads, as in `state_dict()`, the kernel first."""
    groups: int = 1
    transposed: bool = False
    """Convolutions only: groups, and whether the weight is stored (in, out, kh, kw)."""
    receptive_field: ReceptiveField | None = None
    """Of the layer's units; None where the graph is not known, or the output is not a tensor."""
