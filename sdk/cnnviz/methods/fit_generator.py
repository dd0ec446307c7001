"""Training a decoder: pictures from a layer's codes, for this network on its own images."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
import torch
from msgspec import Meta
from torch import Tensor

from cnnviz.contract.params import Params
from cnnviz.contract.results import Result
from cnnviz.contract.trained import Trained
from cnnviz.core.context import Context
from cnnviz.core.datasets import spread
from cnnviz.core.decoder import Decoder, as_data
from cnnviz.core.decoder_learning import codes_of, learn
from cnnviz.core.decoder_training import LOOKED_AT, DecoderTraining, Errors
from cnnviz.core.feature_layer import feature_layer
from cnnviz.core.method import Method
from cnnviz.core.pictures_made import images_result
from cnnviz.core.registry import register
from cnnviz.core.trained import keep
from cnnviz.core.training_images import TrainingImages
from cnnviz.core.training_state import TrainingState
from cnnviz.core.uninterrupted import uninterrupted
from cnnviz.errors import JobCancelled, UnsuitableError
from cnnviz.ops.pixels import pixel_space

if TYPE_CHECKING:
    from cnnviz.graph import Graph
    from cnnviz.graph.net import Net

__all__ = ["FitGenerator", "FitGeneratorParams"]

FEWEST: Final = 32
"""Images that a decoder can be trained on."""
LOOKS: Final = 20
"""Times that the held-out images are looked at."""
SHOWN: Final = 8
"""Held-out images that are shown above their reconstructions."""
_CANCELLED: Final = "cancelled: the training goes on where it is asked again"


class FitGeneratorParams(Params, frozen=True):
    """Which layer is decoded, and how the decoder is trained."""

    layer: Annotated[
        str | None,
        Meta(
            description="Whose output is decoded; empty for the input of the last linear layer.",
            extra_json_schema={"x-widget": "layer"},
        ),
    ] = None
    iterations: Annotated[int, Meta(ge=1, le=1_000_000, description="Steps of the training.")] = (
        3000
    )
    batch: Annotated[int, Meta(ge=1, le=1024, description="Images a step.")] = 64
    width: Annotated[
        int,
        Meta(
            ge=8,
            le=1024,
            description="Channels of the decoder's first maps, halved with each doubling of the "
            "size, to 16 at least.",
        ),
    ] = 128
    rate: Annotated[
        float, Meta(gt=0, le=1, description="Of Adam, falling to 0 as half a cosine.")
    ] = 1e-3
    features: Annotated[
        float,
        Meta(
            ge=0,
            le=1000,
            description="Weight of the loss in feature space: what the layer answers to the "
            "decoded picture. Pixels count 1.",
        ),
    ] = 0.5
    held_out: Annotated[
        float,
        Meta(
            gt=0,
            le=0.5,
            description="Share of the images that the training does not see, 1024 at most.",
        ),
    ] = 0.1


@register
class FitGenerator(Method[FitGeneratorParams]):
    """Trains a network that turns a layer's output back into images of the data set.

    An up-convolutional decoder (Dosovitskiy, Brox 2016, https://arxiv.org/abs/1602.02644, and with
    the pixel loss alone, by the same authors, https://arxiv.org/abs/1506.02753) is trained on the
    run's data set with the squared difference of the pixels and that of the layer's answers to the
    decoded and the true image. It is kept, for code maximisation and inversion. Differs from the
    papers: no adversarial loss, so that fine detail that the code does not fix stays soft; features
    are compared at the decoded layer itself, in the network that is looked at; each loss counts in
    units of what the mean image, or mean code, comes to; colours cannot leave black and white; of
    the weights, those with the lowest loss on held-out images are kept.
    """

    name, title, kind = "fit_generator", "Train a decoder", "images"
    Params = FitGeneratorParams
    needs_gradient = True
    needs_examples = False
    needs_dataset = True
    batched = True
    makes = "decoder"
    objective_name = "loss, 1 for the mean image and mean code each"

    def unsuitable(self, net: Net) -> str | None:
        """Say that no layer can be decoded, or None."""
        if not any(_can_be_decoded(layer.shape) for layer in net.layers):
            return "none of its layers gives a vector or maps"
        return None

    def check(self, net: Net, params: FitGeneratorParams) -> None:
        """Check that the layer can be decoded.

        Raises:
            MissingError: there is no such layer.
            UnsuitableError: it gives neither a vector nor maps.
        """
        _layer_of(net, params)

    def run(self, ctx: Context, params: FitGeneratorParams) -> list[Result]:
        """Give `images`: held-out ones, below them what the decoder makes of their codes."""
        if ctx.shelf is None:
            message = "a decoder is kept in a job's folder: train it by a job or cnnviz "
            raise UnsuitableError(f"fit_generator: {message}fit-generator")
        ctx.shelf.own_place()  # nothing is trained that cannot be kept
        layer = _layer_of(ctx.net, params)
        images = TrainingImages(
            ctx.data_set(),
            held_out=params.held_out,
            seed=ctx.seed,
            fewest=FEWEST,
            of=self.name,
        )
        work = _prepared(ctx, params, layer, images)
        key = work.key(msgspec.to_builtins(params))
        state = TrainingState(ctx.shelf.training(key), key)
        found = state.load()
        if found is not None:
            work.restore(*found)
        net = as_data(work.decoder)
        looked_at = work.mean_image_error(most=LOOKED_AT)
        try:
            note = _train(work, params, state)
            measured = work.errors(work.kept), work.mean_image_error()
        except JobCancelled:
            with uninterrupted():
                state.save(*work.state())
                if work.steps:
                    _keep(work, net, params, _facts(work, work.best_errors, looked_at, _CANCELLED))
            raise
        facts = _facts(work, *measured, note)
        name = _keep(work, net, params, facts)
        state.remove()
        return [_result(work, {**facts, "network": name})]


def _can_be_decoded(shape: list[int]) -> bool:
    return len(shape) in {1, 3} and 0 not in shape


def _layer_of(net: Net, params: FitGeneratorParams) -> str:
    layer = (
        feature_layer(net, of=FitGenerator.name)
        if params.layer is None
        else net.layer(params.layer)
    )
    if not _can_be_decoded(layer.shape):
        message = f"layer {layer.name!r} gives {layer.shape}, expected a vector or maps"
        raise UnsuitableError(f"fit_generator: {message}: name another")
    return layer.name


def _prepared(
    ctx: Context, params: FitGeneratorParams, layer: str, images: TrainingImages
) -> DecoderTraining:
    """Look at the images and make the decoder."""
    some = images.take(images.trained[spread(len(images.trained), 256)])
    device = ctx.place.device
    space = pixel_space(ctx.normalize, some, device=device, dtype=torch.float32)
    learned = learn(ctx, layer, images, space, iterations=params.iterations)
    decoder = Decoder(
        learned.statistics, learned.mean_image, space, width=params.width, seed=ctx.seed
    )
    return DecoderTraining(
        ctx,
        layer,
        images,
        space,
        learned,
        decoder,
        iterations=params.iterations,
        batch=min(params.batch, ctx.batch_limit or params.batch),
        rate=params.rate,
        features=params.features,
    )


def _train(work: DecoderTraining, params: FitGeneratorParams, state: TrainingState) -> str | None:
    """Train to the end; give a sentence where it ended early.

    Raises:
        JobCancelled: the job was taken back.
        UnsuitableError: the loss was not a number before any network was worth keeping.
    """
    every = max(1, math.ceil(params.iterations / LOOKS))
    preview = _Preview(work)
    while True:
        # First of all, so that a look that was broken off is made good when the training goes on.
        if work.steps and (work.steps % every == 0 or work.steps == params.iterations):
            work.look()
        if work.steps >= params.iterations:
            return None
        loss = work.step()
        if not math.isfinite(loss):
            return _stopped(work)
        state.save_if_due(*work.state())
        work.ctx.report(work.steps, params.iterations, preview, objective=loss)


def _stopped(work: DecoderTraining) -> str:
    """Say that the loss was no number; the best network stays."""
    step = work.steps + 1
    if work.best is None:
        message = f"fit_generator: the loss is not a number at step {step}, before any network was "
        raise UnsuitableError(f"{message}worth keeping: lower the rate ({work.rate:g})")
    return (
        f"the loss was not a number at step {step}: the network of step {work.best_step} is kept; "
        f"a lower rate than {work.rate:g} may go further"
    )


def _keep(
    work: DecoderTraining, net: Graph, params: FitGeneratorParams, facts: dict[str, Any]
) -> str:
    """Put the best network on the shelf, else the present one; give its name."""
    trained = Trained(
        kind="decoder",
        method=FitGenerator.name,
        params=msgspec.to_builtins(params),
        run=work.ctx.run,
        step=work.ctx.step,
        model_digest=work.ctx.net.digest,
        facts=facts,
    )
    kept = net.with_weights(work.kept)
    return keep(work.ctx.shelf, kept, trained, work.learned.statistics.tensors)


def _facts(
    work: DecoderTraining, errors: Errors | None, mean_image: float, note: str | None
) -> dict[str, Any]:
    """Say what the network came to; of one that was never looked at the errors are not known."""
    unit = work.learned.pixel_variance
    pixels, features = (math.nan, math.nan) if errors is None else errors
    facts = {
        "layer": work.layer,
        "shape": list(work.learned.mean_image.shape),
        "code": list(work.learned.statistics.mean.shape),
        "iterations": work.steps,
        "kept_step": work.steps if work.best is None else work.best_step,
        "images": len(work.images.trained),
        "held_out": len(work.images.held_out),
        "loss": _short(pixels + work.features * features),
        "held_out_error": _short(pixels * unit),
        "mean_image_error": _short(mean_image * unit),
        "ratio": _short(mean_image / max(pixels, 1e-12)),
        "feature_error": _short(features),
        "curve": work.curve,
        "colours": work.space.origin,
    }
    return facts if note is None else {**facts, "note": note}


def _short(value: float) -> float | None:
    return float(f"{value:.5g}") if math.isfinite(value) else None


class _Preview:
    """Held-out images above what is made of their codes, whenever somebody looks."""

    def __init__(self, work: DecoderTraining) -> None:
        self._work = work
        chosen = work.images.held_out[spread(len(work.images.held_out), SHOWN)]
        self._inputs = work.images.take(chosen).to(work.device)
        with torch.no_grad():
            self._codes = codes_of(work.ctx, work.layer, self._inputs)

    def __call__(self) -> Tensor:
        shown = self.inputs(self._work.weights.values)
        return self._work.space.to_unit(self._work.space.from_input(torch.cat(shown, dim=2)))

    @torch.no_grad()
    def inputs(self, weights: Any) -> list[Tensor]:
        """Give both, (N, C, H, W) each."""
        return [self._inputs, self._work.images_of(weights, self._codes)]


def _result(work: DecoderTraining, facts: dict[str, Any]) -> Result:
    originals, decoded = _Preview(work).inputs(work.kept)
    away = (decoded - originals) * (work.space.std / 255)
    errors = away.square().mean(dim=(1, 2, 3)).tolist()
    captions = ["held out"] * len(errors) + [f"decoded · {error:.3g}" for error in errors]
    pixels = work.space.from_input(torch.cat([originals, decoded]))
    more = {
        "columns": len(errors),
        "objective": [None] * len(errors) + [_short(error) for error in errors],
        "objective_name": "mean squared difference of colours in 0 … 1",
    }
    return images_result(
        work.space, pixels, layer=work.layer, captions=captions, facts={**facts, **more}
    )
