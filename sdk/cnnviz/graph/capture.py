"""Capturing a model: as data where torch.export can, with hooks where it cannot."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnviz.errors import ParamsError, UnsuitableError
from cnnviz.graph.copying import check_model, copy_for_capture
from cnnviz.graph.exporting import export_in_time
from cnnviz.graph.graph import Graph
from cnnviz.graph.hooknet import HookNet
from cnnviz.graph.net import Net, check_images, without_autocast
from cnnviz.graph.output import find_scores
from cnnviz.graph.program import Program
from cnnviz.graph.receptive_field import with_receptive_fields
from cnnviz.graph.state import random_state_kept
from cnnviz.graph.tensors import shape_of
from cnnviz.graph.weights import LiveWeights

__all__ = ["capture"]


def capture(
    model: nn.Module, example: Tensor, *, fallback: bool = True, time_limit: float = 60.0
) -> Net:
    """Capture a network, leaving the model exactly as it is.

    A copy in eval mode goes through `torch.export`, with free image sizes if that can be had in
    time, else for the example's size. The graph then runs on the model's live weights. A model that
    cannot be exported is run with forward hooks instead. User's own hooks are not part of what is
    captured.

    Args:
        model: may be wrapped by DataParallel, DistributedDataParallel or torch.compile, or made by
            torch.jit.trace.
        example: images as the model takes them, (N, C, H, W), on the model's device; two are
            enough.
        fallback: whether a model that cannot be exported is run with hooks; False raises instead.
        time_limit: seconds for the export, > 0.

    Returns:
        A Graph, or a HookNet whose `reason` says why.

    Raises:
        ParamsError: the example or the limit does not fit.
        UnsuitableError: the model cannot be captured.
    """
    if not time_limit > 0:
        message = f"capture: time_limit must be above 0, got {time_limit!r}"
        raise ParamsError(message, field="time_limit")
    plain = check_model(model)
    weights = LiveWeights(plain)
    images = _two_images(plain, example)
    with random_state_kept(), without_autocast(images.device), torch.inference_mode(False):
        try:
            return Graph(_capture_program(plain, images, time_limit), weights)
        except UnsuitableError as error:
            if not fallback:
                raise
            return HookNet(plain, images, reason=str(error))


def _two_images(model: nn.Module, example: Tensor) -> Tensor:
    """Check the example and make a batch of two: sizes 0 and 1 are special to the exporter."""
    first = next((tensor for tensor in model.parameters()), None)
    name = type(model).__name__
    checked = check_images(
        example, where=name, channels=None, device=first.device if first is not None else None
    )
    images = checked.detach()[:2].clone()
    if first is not None and first.dtype.is_floating_point:
        images = images.to(first.dtype)
    return images if len(images) == 2 else images.repeat(2, 1, 1, 1)


def _capture_program(model: nn.Module, images: Tensor, time_limit: float) -> Program:
    """Export a copy and make sure that the program computes what the copy does."""
    twin = copy_for_capture(model)
    with random_state_kept():
        scores = _run_once(twin, images)
    program = export_in_time(twin, images, time_limit)
    try:
        with torch.no_grad(), random_state_kept():
            ours = Graph(program, LiveWeights(twin))(images)
    except RuntimeError as error:
        message = f"{type(model).__name__} cannot run as a graph: {error}"
        raise UnsuitableError(message) from error
    if not torch.allclose(ours, scores, rtol=1e-3, atol=1e-4, equal_nan=True):
        message = f"{type(model).__name__} gives other scores as a graph than as a module"
        raise UnsuitableError(message)
    return with_receptive_fields(program)


def _run_once(model: nn.Module, images: Tensor) -> Tensor:
    """Scores of the model itself; an example that it cannot take shows here."""
    try:
        with torch.no_grad(), torch.compiler.set_stance("force_eager"):
            output = model(images.clone())
    except Exception as error:
        message = (
            f"{type(model).__name__} cannot run images of shape {tuple(images.shape)}: "
            f"{type(error).__name__}: {error}"
        )
        raise ParamsError(message, field="example") from error
    scores: Tensor
    scores, _ = find_scores(output, of=shape_of)
    return scores
