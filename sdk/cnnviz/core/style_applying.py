"""A style network from the shelf, with its styles blended, ready to paint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from cnnviz.core.context import Context
from cnnviz.core.style_layers import check_shares
from cnnviz.core.style_net import blended_styles
from cnnviz.core.trained import open_trained
from cnnviz.errors import MissingError, ParamsError, RecordError
from cnnviz.graph import Graph
from cnnviz.ops.gram import shares

__all__ = ["StylePainter"]

_SMALLEST = 8
"""Side of a picture that such a network takes, px."""


class StylePainter(NamedTuple):
    """A network of one style, or of several that are blended."""

    name: str
    graph: Graph
    blend: list[float]
    """How much of each style, with a sum of 1."""
    rows: list[int]
    """Of the examples of the job that trained it, one a style; [] where it does not say."""

    @classmethod
    def open(cls, ctx: Context, name: str, weights: Sequence[float]) -> StylePainter:
        """Take a network from the shelf and mix its styles.

        Args:
            ctx: whose shelf it is.
            name: of the network; empty for the newest.
            weights: of the styles, brought to a sum of 1; empty: alike.

        Raises:
            MissingError: there is no such network.
            ParamsError: the weights do not fit its styles, or it is no style network.
            RecordError: it is damaged.
        """
        chosen = name or _newest(ctx)
        graph, about, tables = open_trained(
            ctx.shelf, chosen, kind="style", device=ctx.place.device
        )
        count = _styles(chosen, graph, tables)
        blend = shares(check_shares(weights, count, of="fast_style", field="blend"))
        said = about.facts.get("styles")
        rows = said if isinstance(said, list) and len(said) == count else []
        rows = rows if all(type(row) is int for row in rows) else []
        return cls(chosen, graph.with_weights(blended_styles(tables, blend)), blend, rows)

    @torch.no_grad()
    def paint(self, pictures: Tensor) -> Tensor:
        """Give pictures of true colours (N, C, H, W) in 0 … 1 in the blend of styles.

        Raises:
            ParamsError: they are too small, or have other channels than the network takes.
            RecordError: the network gives something else than pictures.
        """
        height, width = pictures.shape[2:]
        channels = self.graph.input_shape[0]
        if channels != pictures.shape[1]:
            message = (
                f"fast_style: network {self.name} paints pictures of {channels} channels, got "
                f"{pictures.shape[1]}"
            )
            raise ParamsError(message, field="network")
        if min(height, width) < _SMALLEST:
            message = (
                f"fast_style: pictures must be {_SMALLEST} px high and wide at least, got {height} "
                f"× {width}: give a larger side"
            )
            raise ParamsError(message, field="side")
        made = self.graph(pictures)
        if made.shape != pictures.shape:
            message = (
                f"network {self.name} makes {tuple(made.shape)} of pictures "
                f"{tuple(pictures.shape)}: it is no style network"
            )
            raise RecordError(message)
        return made.to(pictures).clamp(0, 1)


def _newest(ctx: Context) -> str:
    names = ctx.shelf.names("style") if ctx.shelf is not None else []
    if not names:
        message = (
            "fast_style: no job of this run has trained a style network: send a job of fit_style "
            "first, or use cnnviz fit-style"
        )
        raise MissingError(message)
    return names[-1]


def _styles(name: str, graph: Graph, tables: Mapping[str, Tensor]) -> int:
    """Count the styles, if each has all the parameters that the network asks for."""
    weights = graph.weights()
    counts = {len(table) for table in tables.values() if table.ndim == 2}
    fits = len(counts) == 1 and all(
        key in weights
        and table.ndim == 2
        and table.dtype == weights[key].dtype
        and table.shape[1:] == weights[key].shape
        for key, table in tables.items()
    )
    if not fits or not min(counts):
        message = f"the network of job {name} is damaged: its styles' parameters do not fit it"
        raise RecordError(message)
    return int(counts.pop())
