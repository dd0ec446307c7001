"""What is known before a decoder is trained: of the images, and of a layer's answers to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import torch
from torch import Tensor

from cnnviz.core.code_statistics import CodeStatistics, Measuring
from cnnviz.core.datasets import spread
from cnnviz.core.decoder import code_shape
from cnnviz.core.training_images import TrainingImages
from cnnviz.errors import UnsuitableError
from cnnviz.ops.pixels import PixelSpace

if TYPE_CHECKING:
    from cnnviz.core.context import Context

__all__ = ["AT_ONCE", "Learned", "codes_of", "learn"]

MEASURED: Final = 4096
"""Images by which codes and the mean image are measured, at most."""
AT_ONCE: Final = 64
"""Images that the network looks at together where nothing is learned from them."""


class Learned(NamedTuple):
    """What is known before the training: of the images, and of a layer's answers to them."""

    statistics: CodeStatistics
    mean_image: Tensor
    """(C, H, W), true colours in 0 … 1."""
    pixel_variance: float
    """Squared distance of an image from the mean one, by pixel and colour, on average."""
    code_variance: float
    """Of a code from the mean one, summed over its units."""


def codes_of(ctx: Context, layer: str, inputs: Tensor) -> Tensor:
    """Give a layer's answers as codes, (N, C, h, w) float32; (N, C, 1, 1) of a vector."""
    found = ctx.net.features(inputs, [layer])[layer]
    return (found[..., None, None] if found.ndim == 2 else found).float()


def learn(
    ctx: Context, layer: str, images: TrainingImages, space: PixelSpace, *, iterations: int
) -> Learned:
    """Look at the images once, some thousands at most; reports none of the iterations done.

    Raises:
        UnsuitableError: the layer answers with values that are not finite, or always the same.
        ParamsError: images that cannot be read.
    """
    codes = Measuring(code_shape(ctx.net.layer(layer).shape))
    colours: Measuring | None = None
    chosen = images.trained[spread(len(images.trained), MEASURED)]
    size = min(AT_ONCE, ctx.batch_limit or AT_ONCE)
    for start in range(0, len(chosen), size):
        batch = images.take(chosen[start : start + size]).to(ctx.place.device)
        with torch.no_grad():
            codes.take(codes_of(ctx, layer, batch))
        colours = colours or Measuring(batch.shape[1:])
        colours.take(space.to_unit(space.from_input(batch)))
        ctx.report(0, iterations)
    if colours is None:
        raise UnsuitableError("there is no image to learn from")
    statistics, seen = codes.done(), colours.done()
    if not all(bool(tensor.isfinite().all()) for tensor in statistics):
        message = f"layer {layer!r} answers with values that are not finite: "
        raise UnsuitableError(f"{message}the network's weights are broken at this step")
    if not bool((statistics.std > 0).any()):
        message = f"layer {layer!r} gives the same for every image: there is nothing to decode"
        raise UnsuitableError(message)
    return Learned(
        statistics,
        seen.mean,
        max(float(seen.std.double().square().mean()), 1e-12),
        float(statistics.std.double().square().sum()),
    )
