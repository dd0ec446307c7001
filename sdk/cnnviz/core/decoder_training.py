"""Training a decoder: the loss, one step after the other, and where it stands."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call

from cnnviz.core.datasets import spread
from cnnviz.core.decoder import Decoder
from cnnviz.core.decoder_learning import AT_ONCE, Learned, codes_of
from cnnviz.core.training_images import TrainingImages
from cnnviz.core.training_steps import Weights, begun, stepped
from cnnviz.errors import RecordError
from cnnviz.ops.pixels import PixelSpace
from cnnviz.storage.manifests import encode_json

if TYPE_CHECKING:
    from cnnviz.core.context import Context

__all__ = ["LOOKED_AT", "DecoderTraining", "Errors"]

LOOKED_AT: Final = 256
"""Held-out images by which the best weights are chosen."""


class Errors(NamedTuple):
    """How far decoded images are from the true ones."""

    pixels: float
    """Mean squared difference of colours in 0 … 1, by that of the mean image."""
    features: float
    """Mean squared distance of the codes, by that of the mean code."""

    def loss(self, weight: float) -> float:
        """Weigh both."""
        return self.pixels + weight * self.features


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
    best_errors: Errors | None = None
    """Theirs, on the images that were looked at."""
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

    @property
    def kept(self) -> Mapping[str, Tensor]:
        """The weights to be kept: the best ones, else those at hand."""
        return self.weights.values if self.best is None else self.best

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

    def look(self) -> None:
        """Measure the errors on held-out images, once a step; keep weights that none surpass."""
        if str(self.steps) in self.curve:
            return
        errors = self.errors(self.weights.values, most=LOOKED_AT)
        loss = errors.loss(self.features)
        lowest = min(self.curve.values(), default=math.inf)
        if math.isfinite(loss):
            self.curve = {**self.curve, str(self.steps): float(f"{loss:.6g}")}
            if self.curve[str(self.steps)] <= lowest:
                self.best, self.best_step = self.weights.values, self.steps
                self.best_errors = errors

    @torch.no_grad()
    def errors(self, weights: Mapping[str, Tensor], *, most: int | None = None) -> Errors:
        """Measure the errors of some weights on held-out images: all, or so many."""
        found = [torch.stack(self._distances(weights, some)) for some in self._held_out(most)]
        pixels, features = torch.cat(found, dim=1).double().mean(dim=1).tolist()
        return Errors(pixels, features)

    @torch.no_grad()
    def mean_image_error(self, *, most: int | None = None) -> float:
        """Measure what the mean image would come to, in the units of `Errors.pixels`."""
        found = []
        for inputs in self._held_out(most):
            unit = self.space.to_unit(self.space.from_input(inputs))
            away = unit - self.learned.mean_image.to(unit)
            found.append(away.square().mean(dim=(1, 2, 3)).double())
        return float(torch.cat(found).mean()) / self.learned.pixel_variance

    def _held_out(self, most: int | None) -> Iterator[Tensor]:
        """Go through held-out images; reports, so that a long look is not taken for a hang."""
        chosen = self.images.held_out
        chosen = chosen if most is None else chosen[spread(len(chosen), most)]
        size = min(AT_ONCE, self.ctx.batch_limit or AT_ONCE)
        for start in range(0, len(chosen), size):
            yield self.images.take(chosen[start : start + size]).to(self.device)
            self.ctx.report(self.steps, self.iterations)

    def key(self, params: Mapping[str, Any]) -> str:
        """Name the training by all that its outcome depends on, images and weights too."""
        digest = hashlib.sha256(self.ctx.net.digest.encode())
        tensors = {**self.ctx.net.weights(), **self.learned.statistics.tensors}
        tensors["mean image"] = self.learned.mean_image
        for name, tensor in sorted(tensors.items()):
            digest.update(name.encode())
            plain = tensor.detach().to("cpu").contiguous().reshape(-1).view(torch.uint8)
            digest.update(plain.numpy().data)
        said = {"params": params, "batch": self.batch, "seed": self.ctx.seed}
        digest.update(encode_json(said | {"reference": self.images.reference}))
        for places in (self.images.trained, self.images.held_out):
            digest.update(np.ascontiguousarray(places).astype("<i8").tobytes())
        return digest.hexdigest()

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
            "best_errors": self.best_errors,
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
        self.best_errors = None if best is None else Errors(*facts["best_errors"])
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
