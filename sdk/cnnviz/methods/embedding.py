"""Which images the network holds to be alike: features, neighbours, and maps of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import numpy as np
import torch
from msgspec import Meta
from torch import Tensor
from torch.nn import functional as F

from cnnviz.contract.params import Params
from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.dataset_pass import Pass, Seen
from cnnviz.core.datasets import spread
from cnnviz.core.feature_layer import feature_layer
from cnnviz.core.method import DatasetMethod
from cnnviz.core.registry import register
from cnnviz.core.spool import Spool
from cnnviz.errors import ParamsError
from cnnviz.ops.channels import channels_first, channels_last_layers
from cnnviz.ops.grid import grid_cells
from cnnviz.ops.principal import principal_components
from cnnviz.ops.scatter import scatter
from cnnviz.ops.tsne import FEWEST, tsne_map
from cnnviz.storage.nearest import Metric, agreement, nearest

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["Embedding", "EmbeddingParams"]

COMPONENTS: Final = 3
"""Principal components that are kept."""
WORK: Final = 2e11
"""Products by which neighbours are found at once; for more, only some images are asked about."""
WORK_IN_TRAINING: Final = 5e9
"""The same where a step waits for it."""
ASKED: Final = 2000
"""Images by which the agreement of labels is measured."""
_HIGHEST_HALF: Final = 65504.0


class EmbeddingParams(Params, frozen=True):
    """Which features, and what is made of them."""

    layer: Annotated[
        str | None,
        Meta(
            description="Whose output; empty for the input of the last linear layer.",
            extra_json_schema={"x-widget": "layer"},
        ),
    ] = None
    neighbours: Annotated[int, Meta(ge=1, le=100, description="Nearest images of each.")] = 10
    metric: Annotated[Metric, Meta(description="By which features are near.")] = "cosine"
    map: Annotated[
        Literal["pca", "tsne"],
        Meta(description="tsne adds a t-SNE map; it takes seconds to minutes."),
    ] = "pca"
    perplexity: Annotated[
        float, Meta(ge=2, le=500, description="Of t-SNE: about how many neighbours count.")
    ] = 30.0
    grid: Annotated[
        bool, Meta(description="Give every image a cell of its own, near its place on the map.")
    ] = False
    max_bytes: Annotated[
        int, Meta(ge=1, le=2**36, description="Of all features; with more it refuses.")
    ] = 512 * 2**20


@register
class Embedding(DatasetMethod[EmbeddingParams]):
    """How the network lays out a data set: features, exact neighbours, and a map of them.

    Nearest neighbours by the features before the last layer, as in Krizhevsky, Sutskever, Hinton
    2012 (https://doi.org/10.1145/3065386, section 6.1), beside those by pixels; principal
    components; t-SNE by openTSNE (van der Maaten, Hinton 2008,
    https://jmlr.org/papers/v9/vandermaaten08a.html). Differs from the papers: neighbours by angle
    too, and the share of them that have the same label is measured; the map of a later step starts
    from the map before, without exaggeration, so that points move only as far as features did.
    """

    name, title, kind = "embedding", "Embedding", "embedding"
    Params = EmbeddingParams
    in_training = True
    objective_name = "KL divergence"

    def layers(self, net: Net, params: EmbeddingParams) -> list[str]:
        """Name the layer.

        Raises:
            ParamsError: its output has no channels.
            UnsuitableError: there is none by itself.
        """
        if params.layer is None:
            return [feature_layer(net, of="embedding").name]
        if len(net.layer(params.layer).shape) not in {1, 2, 3}:
            message = f"embedding: the output of layer {params.layer!r} has no channels"
            raise ParamsError(message, field="layer")
        return [params.layer]

    def collector(self, ctx: Context, params: EmbeddingParams) -> _Collector:
        """Make what keeps the features of each image."""
        return _Collector(ctx, params, self.layers(ctx.net, params)[0])


class _Collector:
    """Keeps a vector for each image, and what the network says of it."""

    def __init__(self, ctx: Context, params: EmbeddingParams, layer: str) -> None:
        """Begin without an image.

        Raises:
            ParamsError: all features together are too many.
        """
        self._ctx, self._params, self._layer = ctx, params, layer
        self._last = layer in channels_last_layers(ctx.net.layers)
        shape = ctx.net.layer(layer).shape
        self._width = shape[-1] if self._last or len(shape) == 2 else shape[0]
        self._pooled = len(shape) == 2 or (len(shape) == 3 and math.prod(shape) > self._width)
        data = ctx.data_set()
        count = len(data.labels) or data.source.total or 0
        if count * self._width * 2 > params.max_bytes:
            message = (
                f"embedding: {count} vectors of {self._width} numbers take more than max_bytes "
                f"({params.max_bytes}): name a layer with fewer channels, or allow more"
            )
            raise ParamsError(message, field="max_bytes")
        self._features = Spool((self._width,), np.float16)
        self._predicted = Spool((), np.int32)
        self._loss = Spool((), np.float32)
        self._has_scores = ctx.net.classes is not None

    def take(self, seen: Seen) -> None:
        """Look at a batch."""
        maps = channels_first(seen.outputs[self._layer], last=self._last)
        vectors = maps.flatten(2).mean(2) if maps.ndim > 2 else maps
        halves = vectors.float().clamp(-_HIGHEST_HALF, _HIGHEST_HALF).cpu().numpy()
        self._fill_up(int(seen.rows[0]))
        count = int(seen.rows[-1]) + 1 - len(self._features)
        at = seen.rows - len(self._features)
        self._features.append(_placed(halves, at, count, np.nan))
        if self._has_scores:
            labels = torch.from_numpy(seen.labels).long()
            predicted, loss = _judged(seen.scores.float().cpu(), labels)
            self._predicted.append(_placed(predicted, at, count, -1))
            self._loss.append(_placed(loss, at, count, np.nan))

    def state(self) -> dict[str, np.ndarray]:
        """Give all that it holds."""
        return {name: spool.rows() for name, spool in self._spools.items()}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take what `state` gave."""
        for name, spool in self._spools.items():
            spool.restore(arrays[name])

    @property
    def _spools(self) -> dict[str, Spool]:
        every = {"features": self._features, "predicted": self._predicted, "loss": self._loss}
        return every if self._has_scores else {"features": self._features}

    def results(self, done: Pass) -> list[Result]:
        """Give one record."""
        self._fill_up(done.count)
        features = self._features.rows()
        finite = np.isfinite(features).all(1)
        principal = principal_components(features, COMPONENTS)
        arrays: dict[str, Any] = {
            "features": features,
            "principal": principal.scores.astype(np.float32),
        }
        facts = done.facts | {
            "pooled": self._pooled,
            "metric": self._params.metric,
            "explained": [float(share) for share in principal.explained],
            "nonfinite": int((~finite).sum()),
            "duplicates": _duplicates(features[finite]),
        }
        if self._has_scores:
            arrays |= {"predicted": self._predicted.rows(), "loss": self._loss.rows()}
        notes = list(facts.get("notes", []))
        if self._params.map == "tsne":
            laid, facts["map"], more = self._tsne(features, finite, done)
            arrays |= laid
            notes += more
        if self._params.grid:
            arrays["grid"] = _grid(arrays.get("map", arrays["principal"][:, :2]))
        neighbours, facts["agreement"] = self._neighbours(features, done)
        facts |= {"notes": notes} if notes else {}
        return [
            Result(kind="embedding", layer=self._layer, arrays=arrays | neighbours, facts=facts)
        ]

    def _tsne(
        self, features: np.ndarray, finite: np.ndarray, done: Pass
    ) -> tuple[dict[str, np.ndarray], dict[str, Any] | None, list[str]]:
        """Lay the images out by t-SNE, from their map before if there is one."""
        known = int(finite.sum())
        if known < FEWEST:
            return {}, None, [f"t-SNE needs {FEWEST} images, here are {known}: no map"]
        start = self._map_before(done, finite)
        labels = torch.from_numpy(done.data.labels[finite]).long()

        def tell(at: int, total: int, error: float, points: np.ndarray) -> None:
            self._ctx.report(at, total, lambda: scatter(points, labels), objective=error)

        found = tsne_map(
            features[finite],
            perplexity=self._params.perplexity,
            seed=self._ctx.seed,
            start=start,
            jobs=torch.get_num_threads(),
            on_progress=tell,
        )
        points = np.full((len(features), 2), np.nan, np.float32)
        points[finite] = found.points
        self._ctx.memory["map"] = (done.data.name, points.copy())
        notes = []
        if found.perplexity < self._params.perplexity:
            asked, used = self._params.perplexity, found.perplexity
            notes.append(f"perplexity {asked:g} is too much for {known} images: {used:g} was used")
        facts = {
            "perplexity": found.perplexity,
            "asked": self._params.perplexity,
            "divergence": found.divergence,
            "iterations": found.iterations,
            "aligned": found.aligned,
        }
        return {"map": points}, facts, notes

    def _map_before(self, done: Pass, finite: np.ndarray) -> np.ndarray | None:
        """Give the same images' map of an earlier capture, if all of them have a place there."""
        name, points = self._ctx.memory.get("map", (None, None))
        if points is None and done.data.name is not None:
            name, points = done.data.name, self._ctx.earlier_map(done.data.name, self._layer)
        if points is None or name != done.data.name or points.shape != (len(finite), 2):
            return None
        start: np.ndarray = points[finite]
        return start if np.isfinite(start).all() else None

    def _neighbours(
        self, features: np.ndarray, done: Pass
    ) -> tuple[dict[str, np.ndarray], dict[str, Any] | None]:
        """Find neighbours by features and by pixels, and how often they have the same label."""
        metric, labels = self._params.metric, done.data.labels
        other: Metric = "l2" if metric == "cosine" else "cosine"
        pixels = done.data.thumbnails() if done.data.thumbnails is not None else None
        work = WORK if done.data.seconds == math.inf else WORK_IN_TRAINING
        widest = max(features.shape[1], 0 if pixels is None else pixels[0].size)
        fewer = min(ASKED, max(100, int(work / max(len(features) * widest, 1))))
        asked = spread(len(features), fewer)
        arrays: dict[str, np.ndarray] = {}
        found = self._nearest(features, asked, metric, work)
        if len(found[0]) == len(features):
            arrays |= {"neighbours": found[0], "distances": found[1]}
        shares: dict[Metric, float | None] = {
            metric: agreement(_of(found[0], asked), labels, asked),
            other: agreement(self._nearest(features, asked, other, 0)[0], labels, asked),
        }
        facts = {
            "k": self._params.neighbours,
            "queries": len(asked),
            "feature": shares["cosine"],
            "feature_l2": shares["l2"],
            "pixel": None,
        }
        if pixels is not None:
            found = self._pixel_neighbours(pixels, asked, work, done.data.name)
            facts["pixel"] = agreement(_of(found[0], asked), labels, asked)
            if len(found[0]) == len(features):
                arrays |= {"pixel_neighbours": found[0], "pixel_distances": found[1]}
        return arrays, facts if facts["feature"] is not None else None

    def _nearest(
        self, vectors: np.ndarray, asked: np.ndarray, metric: Metric, work: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Find the neighbours of all rows if that is little work, else of those asked about."""
        everyone = len(vectors) ** 2 * vectors[0].size <= work
        rows = spread(len(vectors), len(vectors)) if everyone else asked
        return nearest(vectors, rows, self._params.neighbours, metric=metric)

    def _pixel_neighbours(
        self, pixels: np.ndarray, asked: np.ndarray, work: float, name: str | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Find neighbours by thumbnails; they are those of the capture before."""
        known = self._ctx.memory.get("pixels")
        if name is None or known is None or known[0] != (name, len(asked)):
            found = self._nearest(pixels, asked, "l2", work)
            known = self._ctx.memory["pixels"] = ((name, len(asked)), *found)
        return known[1].copy(), known[2].copy()

    def _fill_up(self, count: int) -> None:
        """Give images that could not be read a vector that is not finite."""
        missing = count - len(self._features)
        if missing > 0:
            self._features.append(np.full((missing, self._width), np.nan, np.float16))
            if self._has_scores:
                self._predicted.append(np.full(missing, -1, np.int32))
                self._loss.append(np.full(missing, np.nan, np.float32))


def _of(rows: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Give the rows asked about, of all or of just these."""
    return rows if len(rows) == len(asked) else rows[asked]


def _grid(points: np.ndarray) -> np.ndarray:
    """Give each image a cell; those without a place come last."""
    wide = np.zeros((len(points), 2))
    wide[:, : points.shape[1]] = points
    missing = ~np.isfinite(wide).all(1)
    wide[missing] = wide[~missing].max(0) if (~missing).any() else 0.0
    return grid_cells(wide)


def _placed(values: np.ndarray, at: np.ndarray, count: int, missing: float) -> np.ndarray:
    """Put values at their places among `count`, `missing` elsewhere."""
    if len(values) == count:
        return values
    placed = np.full((count, *values.shape[1:]), missing, values.dtype)
    placed[at] = values
    return placed


def _judged(scores: Tensor, labels: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Give the class of the highest score and the label's cross-entropy: (n,) each."""
    scores = scores[:, None] if scores.ndim == 1 else scores
    predicted = scores.argmax(1).int()
    predicted[~torch.isfinite(scores).all(1)] = -1
    known = (labels >= 0) & (labels < scores.shape[1])
    loss = F.cross_entropy(scores, labels.where(known, 0), reduction="none")
    return predicted.numpy(), loss.masked_fill(~known, torch.nan).numpy()


def _duplicates(vectors: np.ndarray) -> int:
    """Count vectors that are the same as an earlier one, bit by bit."""
    return len(vectors) - len({hash(vector.tobytes()) for vector in vectors})
