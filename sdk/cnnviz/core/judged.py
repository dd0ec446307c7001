"""Maps of another method, found in the registry: on changed images, and on other weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from cnnviz.contract.params import parse
from cnnviz.core.context import Context
from cnnviz.core.execute import execute
from cnnviz.core.registry import find
from cnnviz.core.requests import Request, parse_requests
from cnnviz.errors import MissingError, ParamsError, UnsuitableError

if TYPE_CHECKING:
    from cnnviz.core.context import Objective, Picture
    from cnnviz.graph.net import Net

__all__ = ["JudgedMap", "find_judged", "map_of"]


class JudgedMap(NamedTuple):
    """What a method of kind heatmap said about some images."""

    values: Tensor
    """(N, H, W) float64 on the CPU."""
    facts: Mapping[str, Any]
    layer: str | None


def find_judged(name: str, params: Mapping[str, Any], net: Net, *, of: str) -> Request:
    """Find a method whose maps can be judged, with its parameters.

    Args:
        name: of the method.
        params: plain values.
        net: the network that it will look at.
        of: who asks, for the message.

    Raises:
        ParamsError: no such method, one that gives no maps, or parameters that do not fit.
        UnsuitableError: the method cannot work on this network.
    """
    try:
        found = find(name)
    except MissingError as error:
        raise ParamsError(f"{of}: {error}", field="method") from None
    if found.kind != "heatmap":
        message = f"{of} judges maps; {name} gives {found.kind}: take a method of kind heatmap"
        raise ParamsError(message, field="method")
    try:
        (request,) = parse_requests([Request(found, parse(found.Params, params, of=name))], net)
    except ParamsError as error:
        raise ParamsError(f"{of}: {error}", field="params") from None
    return request


def map_of(
    request: Request,
    ctx: Context,
    images: Tensor,
    *,
    labels: Sequence[int] | None,
    net: Net | None = None,
    report: Callable[[float], None] = lambda _: None,
) -> JudgedMap:
    """Run a method by the executor as anybody would, with the random numbers of a first run.

    Args:
        request: from `find_judged`.
        ctx: of the method that asks.
        images: (N, C, H, W), in place of the context's examples.
        labels: (N,), the classes that are explained where the parameters name none.
        net: other than the context's.
        report: told how far it is, 0 … 1.

    Raises:
        UnsuitableError: it gave several maps, or one of another size than the images.
        JobCancelled: the run was taken back.
    """

    def on_report(done: int, total: int, preview: Picture, objective: Objective) -> None:  # noqa: ARG001
        report(done / max(1, total))

    inner = Context(
        ctx.net if net is None else net,
        images.detach(),
        labels=labels,
        class_names=ctx.class_names,
        normalize=ctx.normalize,
        seed=ctx.seed,
        in_training=ctx.in_training,
        on_report=on_report,
    )
    inner.batch_limit = ctx.batch_limit
    results = [done.result for done in execute([request], inner, on_error="raise").results]
    shape = (len(images), *images.shape[2:])
    if len(results) != 1 or "map" not in results[0].arrays:
        message = f"{request.method.name} gave {len(results)} maps here: name one layer"
        raise UnsuitableError(message)
    values = torch.from_numpy(results[0].arrays["map"].copy()).double()
    if values.shape != shape:
        got = f"{tuple(values.shape)} for images {tuple(images.shape)}"
        raise UnsuitableError(f"{request.method.name} gave maps {got}: they cannot be judged")
    return JudgedMap(values, results[0].facts, results[0].layer)
