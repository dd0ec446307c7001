"""An up-convolutional decoder: from a layer's output back to the image."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnnviz.core.code_statistics import CodeStatistics
from cnnviz.graph import Graph, capture
from cnnviz.ops.pixels import PixelSpace

__all__ = ["Decoder", "as_data", "code_shape", "doublings"]

_SMALLEST: Final = 4
"""Side of the maps that a vector is laid out as, at least, px."""
_NARROWEST: Final = 16
"""Channels of the last maps, at least."""
_SLOPE: Final = 0.3
"""Of the rectifier below 0; the published one."""
_EDGE: Final = 0.02
"""Colours of the mean image are kept so far from black and white, where a sigmoid is flat."""


def code_shape(shape: Sequence[int]) -> tuple[int, int, int]:
    """Give a layer's output as the decoder takes it: maps, a vector as maps of one pixel."""
    channels, height, width = (*shape, 1, 1) if len(shape) == 1 else shape
    return channels, height, width


def doublings(code: Sequence[int], image: Sequence[int]) -> int:
    """Count how often maps are to be doubled until they have about the image's size.

    Args:
        code: (C, h, w) of the code; (C, 1, 1) of a vector, which can begin at any size.
        image: (C, H, W).
    """
    if tuple(code[1:]) == (1, 1):
        return max(0, math.floor(math.log2(min(image[1:]) / _SMALLEST)))
    return max(0, round(math.log2(max(image[1] / code[1], image[2] / code[2]))))


class Decoder(nn.Module):
    """Linear layers (for a vector), up-convolutions, and colours that exist.

    After Dosovitskiy and Brox 2016 (https://arxiv.org/abs/1602.02644, the generator of fc6): linear
    layers, 4 × 4 up-convolutions that double the maps, each followed by a 3 × 3 convolution, leaky
    rectifiers. Differs from the paper: two linear layers, not three; the code is centred and
    brought to a size of 1 first; the last layer adds to the mean image before a sigmoid, so that
    the training begins at it and no colour can leave black and white; where doubling does not come
    to the image's size, the last maps are resized.
    """

    mean: Tensor
    scale: Tensor
    base: Tensor
    black: Tensor
    contrast: Tensor

    def __init__(
        self,
        statistics: CodeStatistics,
        mean_image: Tensor,
        space: PixelSpace,
        *,
        width: int,
        seed: int,
    ) -> None:
        """Draw the first weights.

        Args:
            statistics: of the codes, whose shape they have.
            mean_image: of the images, (C, H, W), true colours in 0 … 1.
            space: of the images.
            width: channels of the first maps, halved with each doubling, 16 at least.
            seed: of the weights.
        """
        super().__init__()
        mean, spread = statistics.by_channel()
        self.register_buffer("mean", mean)
        # One for all: with its own, a unit that is hardly ever on would rule every step of a code.
        self.register_buffer("scale", 1 / spread.square().mean().sqrt().clamp(min=1e-12))
        self.register_buffer("base", torch.logit(mean_image.float().clamp(_EDGE, 1 - _EDGE)))
        self.register_buffer("black", (-space.mean / space.std).float().cpu())
        self.register_buffer("contrast", (255 / space.std).float().cpu())
        code, image = tuple(statistics.mean.shape), tuple(mean_image.shape)
        self.shapes = (code, image, width)
        times = doublings(code, image)
        self.start: tuple[int, int, int] | None = None
        if code[1:] == (1, 1):
            height, breadth = (math.ceil(side / 2**times) for side in image[1:])
            self.start = (width, height, breadth)
            self.first = _linear(code[0], 4 * width, width * height * breadth)
        else:
            self.first = _convolutions(code[0], width)
        channels = [max(width >> number, min(width, _NARROWEST)) for number in range(times + 1)]
        self.up = nn.Sequential(
            *(_doubled(channels[at], channels[at + 1]) for at in range(times)), nn.Identity()
        )
        self.last = nn.Conv2d(channels[-1], image[0], 3, padding=1)
        self._draw(torch.Generator().manual_seed(seed))

    def forward(self, code: Tensor) -> Tensor:
        """Give images as the network takes them: (N, C, h, w) -> (N, C, H, W)."""
        standard = (code - self.mean) * self.scale
        if self.start is None:
            maps = self.first(standard)
        else:
            maps = self.first(standard.flatten(1)).unflatten(1, self.start)
        maps = self.up(maps)
        size = self.base.shape[1:]
        if maps.shape[2:] != size:
            maps = F.interpolate(maps, tuple(size), mode="bilinear")
        colours = torch.sigmoid(self.last(maps) + self.base)
        return colours * self.contrast + self.black

    def _draw(self, random: torch.Generator) -> None:
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
                # Of an up-convolution each pixel of the output sees a quarter of the kernel.
                is_up = isinstance(module, nn.ConvTranspose2d)
                fan = module.weight[:, 0].numel() / 4 if is_up else module.weight[0].numel()
                spread = math.sqrt(2 / (1 + _SLOPE**2) / fan)
                nn.init.normal_(module.weight, std=spread, generator=random)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        with torch.no_grad():
            self.last.weight.mul_(0.1)


def as_data(decoder: Decoder) -> Graph:
    """Give a decoder as a graph, with the weights that it has now; they are not copied."""
    return _captured(*decoder.shapes).with_weights(decoder.state_dict())


@functools.lru_cache(maxsize=4)
def _captured(code: tuple[int, int, int], image: tuple[int, int, int], width: int) -> Graph:
    """Capture a decoder of these shapes, which takes seconds; only the weights differ."""
    zeros = torch.zeros(code)
    space = PixelSpace(torch.zeros(image[0], 1, 1), torch.ones(image[0], 1, 1), "")
    statistics = CodeStatistics(zeros, zeros + 1, zeros, zeros + 1)
    decoder = Decoder(statistics, torch.full(image, 0.5), space, width=width, seed=0)
    net = capture(decoder, zeros[None], fallback=False)
    assert isinstance(net, Graph)
    return net


def _linear(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, hidden),
        nn.LeakyReLU(_SLOPE),
        nn.Linear(hidden, outputs),
        nn.LeakyReLU(_SLOPE),
    )


def _convolutions(inputs: int, width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, width, 3, padding=1),
        nn.LeakyReLU(_SLOPE),
        nn.Conv2d(width, width, 3, padding=1),
        nn.LeakyReLU(_SLOPE),
    )


def _doubled(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1),
        nn.LeakyReLU(_SLOPE),
        nn.Conv2d(outputs, outputs, 3, padding=1),
        nn.LeakyReLU(_SLOPE),
    )
