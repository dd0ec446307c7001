"""Neighbours of a data set's images by features and by pixels, and how often labels agree."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from cnnviz.core.datasets import spread
from cnnviz.core.label_agreement import agreement, agreement_curve, counts_of_neighbours
from cnnviz.storage.nearest import Metric, nearest

if TYPE_CHECKING:
    from cnnviz.core.datasets import DataSet

__all__ = ["Alike"]

WORK: Final = 2e11
"""Products by which the neighbours of all images are found at once; where more are needed, whoever
wants an image's neighbours asks for them."""
WORK_IN_TRAINING: Final = 2e9
"""The same where a step waits for it."""
MOST_ASKED: Final = 2000
FEWEST_ASKED: Final = 200
"""Images by which the agreement of labels is measured."""


@dataclass(frozen=True)
class _Near:
    """What was found in one space."""

    asked: np.ndarray
    """Rows (Q, k) of the neighbours of those asked about."""
    rows: np.ndarray | None
    """Rows (M, neighbours) of all images' neighbours; None where that is too much work."""
    distances: np.ndarray | None
    """Float32, likewise."""


class Alike:
    """Finds which images of a data set are alike; pixels are compared once, as they stay."""

    def __init__(self, data: DataSet, memory: dict[str, Any], *, neighbours: int) -> None:
        """Prepare.

        Args:
            data: with its rows fixed.
            memory: kept from capture to capture.
            neighbours: that are stored of each image.
        """
        self._data, self._memory, self._neighbours = data, memory, neighbours
        self._work = WORK if data.seconds == math.inf else WORK_IN_TRAINING
        self._counts = counts_of_neighbours(neighbours, len(data.labels))
        self._depth = max(self._counts, default=1)

    def of(
        self, features: np.ndarray, metric: Metric
    ) -> tuple[dict[str, np.ndarray], dict[str, Any] | None]:
        """Give the arrays of neighbours, and the facts on agreement; None without labels.

        Args:
            features: float16 (M, D).
            metric: by which the neighbours that are stored are near.
        """
        data = self._data
        pixels = data.thumbnails() if data.thumbnails is not None else None
        asked = self._asked(features, pixels)
        other: Metric = "l2" if metric == "cosine" else "cosine"
        own = self._near(features, asked, metric)
        beside, _ = nearest(features, asked, self._depth, metric=other)
        arrays = _arrays(own, "neighbours", "distances")
        by: dict[str, np.ndarray | None] = {"feature": own.asked, "feature_l2": beside}
        if metric == "l2":
            by = {"feature": beside, "feature_l2": own.asked}
        by["pixel"] = None
        if pixels is not None:
            known = self._known(data.name, asked, lambda: self._near(pixels, asked, "l2"))
            arrays |= _arrays(known, "pixel_neighbours", "pixel_distances")
            by["pixel"] = known.asked
        return arrays, self._facts(by, asked)

    def _asked(self, features: np.ndarray, pixels: np.ndarray | None) -> np.ndarray:
        """Choose the images by which agreement is measured, evenly spread."""
        widest = max(features.shape[1], 0 if pixels is None else pixels[0].size)
        possible = int(self._work / max(len(features) * widest, 1))
        return spread(len(features), min(MOST_ASKED, max(FEWEST_ASKED, possible)))

    def _near(self, vectors: np.ndarray, asked: np.ndarray, metric: Metric) -> _Near:
        if len(vectors) ** 2 * vectors[0].size > self._work:
            return _Near(nearest(vectors, asked, self._depth, metric=metric)[0], None, None)
        depth = max(self._depth, self._neighbours)
        rows, distances = nearest(vectors, np.arange(len(vectors)), depth, metric=metric)
        own = slice(0, self._neighbours)
        return _Near(rows[asked, : self._depth], rows[:, own], distances[:, own])

    def _known(self, name: str | None, asked: np.ndarray, find: Callable[[], _Near]) -> _Near:
        """Give what was found for the capture before, or find it."""
        key = (name, len(self._data.labels), len(asked), self._depth, self._neighbours)
        known: tuple[object, _Near] | None = self._memory.get("pixels")
        if name is None or known is None or known[0] != key:
            known = self._memory["pixels"] = (key, find())
        return known[1]

    def _facts(self, by: dict[str, np.ndarray | None], asked: np.ndarray) -> dict[str, Any] | None:
        labels, own = self._data.labels, self._neighbours

        def share(rows: np.ndarray | None) -> float | None:
            return None if rows is None else agreement(rows[:, :own], labels, asked)

        def curve(rows: np.ndarray | None) -> list[float | None] | None:
            return None if rows is None else agreement_curve(rows, labels, asked, self._counts)

        shares = {space: share(rows) for space, rows in by.items()}
        if shares["feature"] is None:
            return None
        curves = {space: curve(rows) for space, rows in by.items()}
        return {"k": own, "queries": len(asked), **shares, "curve": {"k": self._counts, **curves}}


def _arrays(near: _Near, rows: str, distances: str) -> dict[str, np.ndarray]:
    if near.rows is None or near.distances is None:
        return {}
    return {rows: near.rows.copy(), distances: near.distances.copy()}
