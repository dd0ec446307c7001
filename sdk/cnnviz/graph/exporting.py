"""Exporting a model within a time limit, with image sizes as free as they can be had."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn

from cnnviz.errors import UnsuitableError
from cnnviz.graph.copying import model_state
from cnnviz.graph.program import Program
from cnnviz.graph.quiet import quiet_exporter
from cnnviz.graph.time_limit import OutOfTime, run_within
from cnnviz.graph.weights import clean_name

__all__ = ["export_in_time"]

_FREE_SIZE_SHARE = 0.4
"""Share of the time limit that the attempts with free image sizes get."""
_FREE_AXES = (0, 2, 3)


def export_in_time(model: nn.Module, images: Tensor, time_limit: float) -> Program:
    """Export with free image sizes at the example's size, else at a larger one, else with fixed.

    The larger size helps where the example is so small that feature maps shrink to one pixel: the
    exporter takes a size of one for a constant. Only shapes are traced, so it costs nothing.

    Args:
        model: a copy in eval mode; not changed.
        images: two images as the model takes them.
        time_limit: seconds for all attempts together.

    Raises:
        UnsuitableError: no attempt succeeded; the message has the last one's reason.
    """
    start = time.monotonic()
    failures: list[Exception] = []

    def attempt(given: Tensor, axes: Sequence[int], share: float) -> Program | None:
        seconds = share * time_limit - (time.monotonic() - start)
        try:
            if seconds <= 0:
                raise OutOfTime
            return run_within(seconds, partial(_export, model, given, axes, list(images.shape)))
        except Exception as error:  # noqa: BLE001 - the exporter raises anything
            failures.append(error)
            return None

    found = attempt(images, _FREE_AXES, _FREE_SIZE_SHARE)
    if found is None or not _is_free(found):
        larger = attempt(_larger(images), _FREE_AXES, _FREE_SIZE_SHARE)
        if larger is not None and _is_free(larger):
            return larger
    found = found or attempt(images, (0,), 1.0)
    if found is None:
        reason = _explain(failures[-1], type(model).__name__, time_limit)
        raise UnsuitableError(reason) from failures[-1]
    return found


def _is_free(program: Program) -> bool:
    return program.input.any_height and program.input.any_width


def _larger(images: Tensor) -> Tensor:
    count, channels, height, width = images.shape
    scale = 8 if max(height, width) <= 128 else 4 if max(height, width) <= 256 else 2
    return images.new_empty(count, channels, height * scale, width * scale)


def _explain(failure: Exception, name: str, time_limit: float) -> str:
    if isinstance(failure, UnsuitableError):
        return str(failure)
    if isinstance(failure, OutOfTime):
        return f"torch.export did not finish {name} within {time_limit:g} s"
    lines = str(failure).strip().splitlines()
    reason = f"{type(failure).__name__}: {lines[0] if lines else ''}"
    return f"torch.export cannot capture {name}: {reason}"


def _export(model: nn.Module, images: Tensor, axes: Sequence[int], shape: list[int]) -> Program:
    """Export with these axes of the images free; the program states the shapes for `shape`."""
    # Imported here: the exporter brings sympy and a compiler, which running a graph does not need.
    from torch.export import Dim, export

    from cnnviz.graph.convert import convert

    sizes = {axis: Dim.AUTO for axis in axes if images.shape[axis] > 1}
    parameters = model.named_parameters(remove_duplicate=False)
    with quiet_exporter(), torch.compiler.set_stance("force_eager"), torch.no_grad():
        exported = export(model, (images,), dynamic_shapes=(sizes,), strict=False)
        return convert(
            exported,
            model=type(model).__name__,
            shape=shape,
            state=model_state(model),
            parameters={clean_name(name) for name, _ in parameters},
        )
