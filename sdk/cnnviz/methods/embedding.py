"""Which images the network holds to be alike: features, neighbours, and maps of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import numpy as np
import torch
from msgspec import Meta

from cnnviz.contract.params import Params
from cnnviz.contract.results import Result
from cnnviz.core.alike import Alike
from cnnviz.core.collecting import Pass, Seen
from cnnviz.core.context import Context
from cnnviz.core.feature_layer import feature_layer
from cnnviz.core.feature_rows import FeatureRows
from cnnviz.core.method import DatasetMethod
from cnnviz.core.registry import register
from cnnviz.errors import ParamsError
from cnnviz.ops.grid import grid_cells
from cnnviz.ops.principal import principal_components
from cnnviz.ops.scatter import scatter
from cnnviz.ops.tsne import FEWEST, tsne_map
from cnnviz.storage.nearest import Metric

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["Embedding", "EmbeddingParams"]

COMPONENTS: Final = 3
"""Principal components that are kept."""


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
    """Keeps a vector for each image, and makes of them what the page shows."""

    def __init__(self, ctx: Context, params: EmbeddingParams, layer: str) -> None:
        """Begin without an image."""
        self._ctx, self._params = ctx, params
        self._rows = FeatureRows(ctx, layer, max_bytes=params.max_bytes)

    def take(self, seen: Seen) -> None:
        """Look at a batch."""
        self._rows.take(seen)

    def state(self) -> dict[str, np.ndarray]:
        """Give all that it holds."""
        return self._rows.arrays()

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take what `state` gave."""
        self._rows.restore(arrays)

    def results(self, done: Pass) -> list[Result]:
        """Give one record."""
        self._rows.fill_up(done.count)
        arrays: dict[str, Any] = self._rows.arrays()
        features = arrays["features"]
        finite = np.isfinite(features).all(1)
        principal = principal_components(features, COMPONENTS)
        arrays["principal"] = principal.scores.astype(np.float32)
        facts = done.facts | {
            "pooled": self._rows.is_pooled,
            "metric": self._params.metric,
            "explained": [float(share) for share in principal.explained],
            "nonfinite": int((~finite).sum()),
            "duplicates": _duplicates(features[finite]),
        }
        notes = list(facts.get("notes", []))
        if self._params.map == "tsne":
            laid, facts["map"], more = self._tsne(features, finite, done)
            arrays |= laid
            notes += more
        if self._params.grid:
            arrays["grid"] = _grid(arrays.get("map", arrays["principal"][:, :2]))
        alike = Alike(done.data, self._ctx.memory, neighbours=self._params.neighbours)
        neighbours, facts["agreement"] = alike.of(features, self._params.metric)
        facts |= {"notes": notes} if notes else {}
        return [
            Result(
                kind="embedding", layer=self._rows.layer, arrays=arrays | neighbours, facts=facts
            )
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
            name, points = done.data.name, self._ctx.earlier_map(done.data.name, self._rows.layer)
        if points is None or name != done.data.name or points.shape != (len(finite), 2):
            return None
        start: np.ndarray = points[finite]
        return start if np.isfinite(start).all() else None


def _grid(points: np.ndarray) -> np.ndarray:
    """Give each image a cell; those without a place come last."""
    wide = np.zeros((len(points), 2))
    wide[:, : points.shape[1]] = points
    missing = ~np.isfinite(wide).all(1)
    wide[missing] = wide[~missing].max(0) if (~missing).any() else 0.0
    return grid_cells(wide)


def _duplicates(vectors: np.ndarray) -> int:
    """Count vectors that are the same as an earlier one, bit by bit."""
    return len(vectors) - len({hash(vector.tobytes()) for vector in vectors})
