"""The one executor: a capture in the training loop, a job and a call in a shell run through it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import msgspec
import torch

from cnnviz.contract.records import Skipped
from cnnviz.contract.results import Result
from cnnviz.core.arrays import own_arrays, storages
from cnnviz.core.context import Context
from cnnviz.core.dataset_pass import DatasetPass
from cnnviz.core.empty_maps import said_if_empty
from cnnviz.core.forward import CommonPass, wait_for
from cnnviz.core.gathering import Gathered
from cnnviz.core.isolation import isolated, seed_all
from cnnviz.core.requests import Request
from cnnviz.errors import CnnvizError, JobCancelled, UnsuitableError

__all__ = ["Done", "Execution", "execute"]

OnError = Literal["skip", "raise"]


class Done(NamedTuple):
    """One result that a request gave; a method with a record a layer gives several."""

    request: Request
    result: Result
    """Its arrays are numpy arrays that nothing else writes to."""
    seconds: float
    """That the request took, all its results together, the common passes left out."""


@dataclass
class Execution:
    """What running some requests once gave."""

    results: list[Done] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    """Requests that gave nothing; `method` is the request's key."""
    common_seconds: float = 0.0
    """Of the forward and backward passes that the requests shared."""
    dataset_seconds: float = 0.0
    """Of the pass over the data set that data-set methods shared."""
    seconds: float = 0.0
    """Of everything."""
    gathered: Gathered | None = None
    """The file of a data set that was new: its records speak of it."""


def execute(requests: Sequence[Request], ctx: Context, *, on_error: OnError = "skip") -> Execution:
    """Run methods on a network, sharing one forward and one backward pass.

    The user's modules are not called; random state, autocast and grad mode are as before
    afterwards, also after an error.

    Args:
        requests: what is due, from `parse_requests`.
        ctx: the network and its examples.
        on_error: "skip" notes a failing method and goes on with the others, "raise" lets it out.

    Raises:
        JobCancelled: the run was taken back; always let out.
    """
    started = time.perf_counter()
    execution = Execution()
    ready: list[Request] = []
    taps: list[str] = []
    for request in requests:
        with _noted(request, execution, on_error):
            layers = _suitable_layers(request, ctx)
            taps += [] if request.method.collects else layers
            ready.append(request)
    common = _common_pass(ready, taps, ctx)
    through = DatasetPass(ctx, [request for request in ready if request.method.collects])
    live = storages([*ctx.net.weights().values(), common.examples])
    device = common.place.device
    with isolated(device, ctx.seed):
        for request in ready:
            with _noted(request, execution, on_error):
                seed_all(device, ctx.seed)
                execution.results += _run(request, ctx.bind(request, common, through), live)
    execution.common_seconds = common.seconds
    execution.dataset_seconds, execution.gathered = through.seconds, through.gathered
    execution.seconds = time.perf_counter() - started
    return execution


def _suitable_layers(request: Request, ctx: Context) -> list[str]:
    """Name the layers that a request reads, if it can be run."""
    reason = request.method.unsuitable(ctx.net)
    if reason is not None:
        raise UnsuitableError(f"{request.method.name} does not suit this network: {reason}")
    known = {layer.name for layer in ctx.net.layers}
    layers = request.method.layers(ctx.net, request.params)
    for name in layers:
        if name not in known:
            ctx.net.layer(name)  # raises, and names close ones
    return layers


def _common_pass(ready: Sequence[Request], taps: Sequence[str], ctx: Context) -> CommonPass:
    """Prepare the passes that these requests share."""
    deriving = [request for request in ready if request.method.needs_gradient]
    layers = [request.method.gradient_layers(ctx.net, request.params) for request in deriving]
    return CommonPass(
        ctx.net,
        ctx.examples,
        taps=taps,
        gradient=bool(deriving),
        gradient_layers=[name for names in layers for name in names],
        input_is_derived=not all(layers),
    )


@contextmanager
def _noted(request: Request, execution: Execution, on_error: OnError) -> Iterator[None]:
    """Note what goes wrong in the block among the skipped, or let it out."""
    try:
        yield
    except JobCancelled:
        raise
    except Exception as error:
        if on_error == "raise":
            raise
        expected = isinstance(error, CnnvizError)
        reason = str(error) if expected else f"{type(error).__name__}: {error}"
        execution.skipped.append(Skipped(method=request.key, reason=reason))


def _run(request: Request, bound: Context, live: frozenset[int]) -> list[Done]:
    """Run one request and check what it gives."""
    started, shared = time.perf_counter(), bound.shared_seconds
    method = request.method
    with torch.set_grad_enabled(method.needs_gradient):
        results = method.run(bound, request.params)
    for result in results:
        _check(result, request)
    if len({result.layer for result in results}) != len(results):
        raise CnnvizError(f"{method.name} gave two results for one layer")
    owned = [said_if_empty(result) for result in own_arrays(list(results), live)]
    wait_for(bound.place.device)
    seconds = time.perf_counter() - started - (bound.shared_seconds - shared)
    return [Done(request, result, seconds) for result in owned]


def _check(result: Result, request: Request) -> None:
    name, kind = request.method.name, request.method.kind
    if result.kind != kind:
        raise CnnvizError(f"{name} declares results of kind {kind!r}, gave {result.kind!r}")
    if not result.arrays:
        raise CnnvizError(f"{name} gave a result without an array")
    try:
        msgspec.json.encode(result.facts)
    except (TypeError, ValueError) as error:
        raise CnnvizError(f"{name} gave facts that are not plain JSON values: {error}") from None
