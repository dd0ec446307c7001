"""The JSON of data sets, embeddings and patches: facts in tensors' headers, and answers."""

from __future__ import annotations

from typing import Any

from tb_cnnviz.wire import Wire

__all__ = [
    "DatasetFacts",
    "LayoutFacts",
    "NeighboursAnswer",
    "PatchesFacts",
    "ReactionFacts",
    "ThumbnailsFacts",
    "UnitShare",
    "UnitsAnswer",
]


class DatasetFacts(Wire, frozen=True, kw_only=True):
    """Header of the route `dataset`."""

    run: str
    name: str
    count: int
    total: int | None
    """Images of the whole set; null where nobody knows."""
    shape: list[int]
    """[C, H, W] of the input."""
    thumbnail: list[int]
    """[h, w] of a thumbnail."""
    reference: str
    class_names: list[str] | None
    left_out: int
    problems: list[str]


class ThumbnailsFacts(Wire, frozen=True, kw_only=True):
    """Header of the route `thumbnails`."""

    run: str
    name: str
    rows: list[int]


class LayoutFacts(Wire, frozen=True, kw_only=True):
    """Header of the route `layout`."""

    run: str
    step: int
    key: str
    layer: str | None
    digest: str
    facts: dict[str, Any]


class NeighboursAnswer(Wire, frozen=True, kw_only=True):
    """The route `neighbours`: the nearest other images of one, nearest first."""

    row: int
    by: str
    rows: list[int]
    distances: list[float]


class PatchesFacts(Wire, frozen=True, kw_only=True):
    """Header of the route `patches`."""

    run: str
    step: int
    key: str
    layer: str | None
    digest: str
    first: int
    """The channel that the first row is of."""
    channels: int
    """How many the layer has."""
    facts: dict[str, Any]


class ReactionFacts(Wire, frozen=True, kw_only=True):
    """Header of the route `reaction`."""

    run: str
    step: int
    key: str
    channel: int


class UnitShare(Wire, frozen=True, kw_only=True):
    """How one channel answers to the chosen images, beside all images."""

    channel: int
    chosen: float
    """Mean of its largest activations over the chosen images."""
    all: float
    """The same over all images."""
    contrast: float
    """Their difference, in standard deviations over all images."""


class UnitsAnswer(Wire, frozen=True, kw_only=True):
    """The route `units`: which channels answer most to the chosen images."""

    key: str
    layer: str | None
    chosen: int
    """How many images were chosen."""
    units: list[UnitShare]
