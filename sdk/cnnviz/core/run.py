"""`cnnviz.run`: one method on one model, now, without a logdir."""

from __future__ import annotations

import time
from typing import Any, cast

import msgspec
import torch
from torch import Tensor, nn

from cnnviz.contract.records import Provenance, Record
from cnnviz.core.context import Context
from cnnviz.core.execute import Done, execute
from cnnviz.core.forward import place_of
from cnnviz.core.requests import Request, method, parse_requests
from cnnviz.core.versions import versions
from cnnviz.errors import MissingError, ParamsError, UnsuitableError
from cnnviz.graph import capture
from cnnviz.graph.net import Net
from cnnviz.ops.images import check_images, check_labels, check_normalize

__all__ = ["run"]


def run(
    name: str,
    model: nn.Module | Net,
    images: Tensor | None = None,
    *,
    target: int | None = None,
    layer: str | None = None,
    labels: Any = None,
    normalize: Any = None,
    seed: int = 0,
    **params: Any,
) -> Record:
    """Look at a model with one method and give the record.

        record = cnnviz.run("saliency", model, images, target=281)
        maps = record.arrays["map"]

    The model is left as it is: mode, weights, buffers, gradients, hooks and random state.

    Args:
        name: the method.
        model: a module, or what `cnnviz.capture` gave (saves capturing it again for each call).
        images: (N, C, H, W) float, as the model takes them; moved to its device and float type.
            Not needed for what `cnnviz.capture` gave by a method that makes its own pictures.
        target: class index to explain, for methods that take one.
        layer: the layer to look at. Of a method that gives a record a layer, the first one's record
            is given when this is None.
        labels: (N,) class indices of the images, -1 where not known.
        normalize: (mean, std) that the images were normalised with.
        seed: for methods that draw random numbers; the same seed gives the same record.
        **params: the method's other parameters.

    Returns:
        The record; its arrays are read-only.

    Raises:
        MissingError: an unknown method or layer; the message names close matches.
        ParamsError: parameters, a model or images that do not fit.
        UnsuitableError: the method cannot work on this model.
    """
    _check_model(model)
    request = _request(name, target=target, layer=layer, params=params)
    batch = _images(images, model, needed=request.method.needs_examples)
    net = _captured(model, batch)
    (request,) = parse_requests([request], net)
    ctx = Context(
        net,
        batch,
        labels=check_labels(labels, len(batch), classes=net.classes),
        normalize=check_normalize(normalize, batch.shape[1]),
        seed=seed,
    )
    done = execute([request], ctx, on_error="raise").results
    return _record(_select(done, layer, name), net, seed)


def _check_model(model: object) -> None:
    if not isinstance(model, nn.Module | Net):
        message = f"model must be a torch.nn.Module or a captured graph, got {type(model).__name__}"
        raise ParamsError(message, field="model")


def _images(images: Tensor | None, model: nn.Module | Net, *, needed: bool) -> Tensor:
    if images is not None or needed or isinstance(model, nn.Module):
        return check_images(images)
    return torch.zeros(0, *model.example_shape)


def _captured(model: nn.Module | Net, images: Tensor) -> Net:
    if not isinstance(model, nn.Module):
        return model
    weight = next(model.parameters(), images)
    return capture(model, images.to(weight.device))


def _request(
    name: str, *, target: int | None, layer: str | None, params: dict[str, Any]
) -> Request:
    """Put target and layer where the method takes them."""
    fields = {field.name for field in msgspec.structs.fields(method(name).method.Params)}
    values = dict(params)
    if target is not None:
        if "target" not in fields:
            raise ParamsError(
                f"{name} takes no target: it does not ask about a class", field="target"
            )
        values["target"] = target
    if layer is not None:
        if "layer" in fields:
            values["layer"] = layer
        elif "layers" in fields:
            values["layers"] = [layer]
        else:
            message = f"{name} takes no layer: it looks at the model as a whole"
            raise ParamsError(message, field="layer")
    return method(name, **values)


def _select(results: list[Done], layer: str | None, name: str) -> Done:
    if not results:
        raise UnsuitableError(f"{name} found nothing to show in this model")
    for done in results:
        if layer is None or done.result.layer in {layer, None}:
            return done
    there = [done.result.layer for done in results]
    raise MissingError(f"{name} gave no record for layer {layer!r}; it did for {there}")


def _record(done: Done, net: Net, seed: int) -> Record:
    params = cast("dict[str, Any]", msgspec.to_builtins(done.request.params))
    found = done.request.method
    provenance = Provenance(
        method=found.name,
        method_version=found.version,
        params=params,
        run="",
        step=None,
        layer=done.result.layer,
        seed=seed,
        model_digest=net.digest,
        versions=versions(),
        device=str(place_of(net).device),
        duration=done.seconds,
        wall_time=time.time(),
    )
    return Record(
        method=found.name,
        kind=done.result.kind,
        layer=done.result.layer,
        step=None,
        arrays=done.result.arrays,
        facts=done.result.facts,
        provenance=provenance,
    )
