"""Training a decoder: what is learned from, the loss, and one step after the other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import torch
from torch import Tensor
from torch.func import functional_call

from cnnviz.core.code_statistics import CodeStatistics, Measuring
from cnnviz.core.datasets import spread
from cnnviz.core.decoder import Decoder, code_shape
from cnnviz.core.training_images import TrainingImages
from cnnviz.core.training_steps import Weights, begun, stepped
from cnnviz.errors import RecordError, UnsuitableError
from cnnviz.ops.pixels import PixelSpace

if TYPE_CHECKING:
    from cnnviz.core.context import Context

__all__ = ["DecoderTraining", "Errors", "Learned", "codes_of", "learn"]

MEASURED: Final = 4096
"""Images by which codes and the mean image are measured, at most."""
LOOKED_AT: Final = 256
"""Held-out images by which the best weights are chosen."""
_AT_ONCE: Final = 64


class Learned(NamedTuple):
    """What is known before the training: of the images, and of a layer's answers to them."""

    statistics: CodeStatistics
    mean_image: Tensor
    """(C, H, W), true colours in 0 … 1."""
    pixel_variance: float
    """Squared distance of an image from the mean one, by pixel and colour, on average."""
    code_variance: float
    """Of a code from the mean one, summed over its units."""


class Errors(NamedTuple):
    """How far decoded images are from the true ones."""

    pixels: float
    """Mean squared difference of colours in 0 … 1, by that of the mean image."""
    features: float
    """Mean squared distance of the codes, by that of the mean code."""

    def loss(self, weight: float) -> float:
        """Weigh both."""
        return self.pixels + weight * self.features


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
    for start in range(0, len(chosen), _AT_ONCE):
        batch = images.take(chosen[start : start + _AT_ONCE]).to(ctx.place.device)
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


@dataclass
class DecoderTraining:
    """A training under way; `weights` and `best` are replaced as wholes, never written to."""

    ctx: Context
    layer: str
    images: TrainingImages
    space: PixelSpace
    learned: Learned
    decoder: Decoder
    iterations: int
    batch: int
    rate: float
    features: float
    """Weight of the loss in feature space."""
    weights: Weights = field(init=False)
    best: Mapping[str, Tensor] | None = None
    """Weights of the lowest loss on held-out images, of those times when it was looked at."""
    best_step: int = 0
    curve: dict[str, float] = field(default_factory=dict)
    """Loss on held-out images by step."""
    device: torch.device = field(init=False)

    def __post_init__(self) -> None:
        self.device = self.ctx.place.device
        self.decoder.to(self.device).requires_grad_(requires_grad=False)
        self.weights = begun({n: p.detach().clone() for n, p in self.decoder.named_parameters()})

    @property
    def steps(self) -> int:
        """Steps that were made."""
        return self.weights.steps

    def images_of(self, weights: Mapping[str, Tensor], codes: Tensor) -> Tensor:
        """Decode with some weights: (N, C, h, w) -> (N, C, H, W), as the network takes them."""
        found: Tensor = functional_call(self.decoder, dict(weights), (codes,))
        return found

    def step(self) -> float:
        """Make a step; give its loss. One that is not finite leaves the weights as they were."""
        count = self.weights.steps
        inputs = self.images.batch(count, self.batch).to(self.device)
        leaves = {n: v.detach().requires_grad_() for n, v in self.weights.values.items()}
        with torch.enable_grad():
            pixels, features = self._distances(leaves, inputs)
            loss = (pixels + self.features * features).mean()
            found = torch.autograd.grad(loss, list(leaves.values()))
        value = float(loss.detach())
        gradients = dict(zip(leaves, found, strict=True))
        if not math.isfinite(value) or not all(bool(g.isfinite().all()) for g in found):
            return math.nan
        rate = self.rate * (1 + math.cos(math.pi * count / self.iterations)) / 2
        self.weights = stepped(self.weights, gradients, rate)
        return value

    def look(self) -> Errors:
        """Measure the errors on held-out images; keep the weights if none were better."""
        errors = self.errors(self.weights.values, most=LOOKED_AT)
        loss = errors.loss(self.features)
        lowest = min(self.curve.values(), default=math.inf)
        if math.isfinite(loss):
            self.curve = {**self.curve, str(self.steps): float(f"{loss:.6g}")}
            if self.curve[str(self.steps)] <= lowest:
                self.best, self.best_step = self.weights.values, self.steps
        return errors

    @torch.no_grad()
    def errors(self, weights: Mapping[str, Tensor], *, most: int | None = None) -> Errors:
        """Measure the errors of some weights on held-out images: all, or so many."""
        chosen = self.images.held_out
        chosen = chosen if most is None else chosen[spread(len(chosen), most)]
        found: list[Tensor] = []
        for start in range(0, len(chosen), _AT_ONCE):
            inputs = self.images.take(chosen[start : start + _AT_ONCE]).to(self.device)
            found.append(torch.stack(self._distances(weights, inputs)))
        pixels, features = torch.cat(found, dim=1).double().mean(dim=1).tolist()
        return Errors(pixels, features)

    @torch.no_grad()
    def mean_image_error(self) -> float:
        """Measure what the mean image would come to, in the units of `Errors.pixels`."""
        total = 0.0
        for start in range(0, len(self.images.held_out), _AT_ONCE):
            inputs = self.images.take(self.images.held_out[start : start + _AT_ONCE])
            unit = self.space.to_unit(self.space.from_input(inputs.to(self.device)))
            away = (unit - self.learned.mean_image.to(unit)).square().mean(dim=(1, 2, 3))
            total += float(away.double().sum())
        return total / len(self.images.held_out) / self.learned.pixel_variance

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Give all that going on needs: tensors and facts."""
        parts = {"values": self.weights.values, "first": self.weights.first}
        parts["second"] = self.weights.second
        if self.best is not None:
            parts["best"] = self.best
        tensors = {f"{part}|{n}": t for part, found in parts.items() for n, t in found.items()}
        return tensors, {
            "steps": self.weights.steps,
            "curve": self.curve,
            "best_step": self.best_step,
        }

    def restore(self, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
        """Go on where `state` was taken.

        Raises:
            RecordError: it does not fit this training.
        """
        expected = {n: tuple(v.shape) for n, v in self.weights.values.items()}
        parts: dict[str, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            part, _, weight = name.partition("|")
            parts.setdefault(part, {})[weight] = tensor.to(self.device)
        best = parts.pop("best", None)
        for found in [*parts.values(), *([best] if best else [])]:
            if {n: tuple(t.shape) for n, t in found.items()} != expected:
                raise RecordError("the training that was stopped is damaged: start it again")
        if set(parts) != {"values", "first", "second"}:
            raise RecordError("the training that was stopped is damaged: start it again")
        self.weights = Weights(**parts, steps=int(facts["steps"]))
        self.best, self.best_step = best, int(facts["best_step"])
        self.curve = dict(facts["curve"])

    def _distances(self, weights: Mapping[str, Tensor], inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Give both errors of each image, (N,) each; they can be derived by the weights."""
        with torch.no_grad():
            codes = codes_of(self.ctx, self.layer, inputs)
        decoded = self.images_of(weights, codes)
        away = (decoded - inputs) * (self.space.std / 255)
        pixels = away.square().mean(dim=(1, 2, 3)) / self.learned.pixel_variance
        if not self.features:
            return pixels, torch.zeros_like(pixels)
        again = codes_of(self.ctx, self.layer, decoded)
        distance = (again - codes).square().sum(dim=(1, 2, 3))
        return pixels, distance / self.learned.code_variance
