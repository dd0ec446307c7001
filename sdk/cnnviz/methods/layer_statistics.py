"""How every layer is doing: dead channels, sparsity, scale, change of its weights, NaN and Inf."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from msgspec import Meta

from cnnviz.contract.layers import Layer
from cnnviz.contract.params import Params
from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.method import Method
from cnnviz.core.registry import register
from cnnviz.ops.channels import channels_first, channels_last_layers
from cnnviz.ops.statistics import OutputStatistics, output_statistics, weight_statistics

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["LayerStatistics", "LayerStatisticsParams"]


_GIVES_ZEROS = frozenset({"relu", "relu6", "threshold", "clamp", "clamp_min"})


class LayerStatisticsParams(Params, frozen=True):
    """What is measured beside the outputs."""

    change: Annotated[
        bool,
        Meta(
            description="Measure how far each layer's weights moved since the capture before; "
            "keeps a copy of them in memory."
        ),
    ] = True


@register
class LayerStatistics(Method[LayerStatisticsParams]):
    """One row of numbers a layer: share of zeros, mean, σ, dead channels, weight norm and change.

    A channel is dead when it is zero at all positions of all examples after a rectifier (Krizhevsky
    et al. 2012, https://papers.nips.cc/paper/4824 ; Lu et al. 2019,
    https://arxiv.org/abs/1903.06733). The relative change of a layer's weights between two captures
    is the one of You et al. 2017 (https://arxiv.org/abs/1708.03888). Differs from the papers: death
    is judged on the examples, not on the training set, and change over a capture, not one update.
    NaN and infinite values are counted; all other numbers are over the finite values.
    """

    name, title, kind = "layer_statistics", "Layer statistics", "layer_table"
    Params = LayerStatisticsParams
    in_training = True

    def layers(self, net: Net, params: LayerStatisticsParams) -> list[str]:  # noqa: ARG002
        """Name every layer that gives a tensor, containers left out."""
        return [layer.name for layer in _rows(net)]

    def run(self, ctx: Context, params: LayerStatisticsParams) -> list[Result]:
        """Give a table of (L,) float32 columns, and (T,) columns of all channels one after another.

        `dead` is NaN where the layer is no rectifier that gives zeros, `weight_…` where the layer
        has no weights, and `weight_change` at the first capture.
        """
        rows = _rows(ctx.net)
        last = channels_last_layers(ctx.net.layers)
        outputs = [channels_first(ctx.activation(r.name), last=r.name in last) for r in rows]
        statistics = output_statistics(outputs)
        columns = _output_columns(statistics, rows)
        columns |= _weight_columns(ctx, rows, change=params.change)
        facts: dict[str, Any] = {
            "layers": [layer.name for layer in rows],
            "channels": [len(each.channel_max) for each in statistics],
            "examples": len(ctx.examples),
            "over": "finite values; nan and inf are counted",
        }
        return [Result(kind="layer_table", arrays=columns, facts=facts)]


def _rows(net: Net) -> list[Layer]:
    return [layer for layer in net.layers if not layer.container and layer.shape]


def _output_columns(statistics: list[OutputStatistics], rows: list[Layer]) -> dict[str, np.ndarray]:
    names = ("zeros", "mean", "std", "max", "energy", "nan", "inf")
    columns = {name: _column([getattr(each, name) for each in statistics]) for name in names}
    columns["dead"] = _column(
        [
            _dead(each) if row.rectifier and row.kind in _GIVES_ZEROS else np.nan
            for each, row in zip(statistics, rows, strict=True)
        ]
    )
    for name in ("channel_max", "channel_mean", "channel_zeros"):
        parts = [getattr(each, name) for each in statistics]
        columns[name] = np.concatenate(parts or [np.empty(0)]).astype(np.float32)
    return columns


def _dead(statistics: OutputStatistics) -> float:
    """Count the channels whose maximum is zero; one with a NaN is broken, not dead."""
    return float(((statistics.channel_max == 0) & (statistics.channel_nonfinite == 0)).sum())


def _weight_columns(ctx: Context, rows: list[Layer], *, change: bool) -> dict[str, np.ndarray]:
    kernels = {row.weights[0]: ctx.net.weight(row.weights[0]) for row in rows if row.weights}
    measured = weight_statistics(kernels, ctx.memory if change else None)
    nothing = (np.nan, np.nan, np.nan)
    table = [measured[row.weights[0]] if row.weights else nothing for row in rows]
    names = ("weight_norm", "weight_change", "weight_nan")
    return {name: _column([line[i] for line in table]) for i, name in enumerate(names)}


def _column(values: list[float]) -> np.ndarray:
    return np.asarray(values, dtype=np.float32)
