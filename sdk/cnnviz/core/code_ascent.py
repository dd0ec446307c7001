"""Gradient ascent on the codes of a decoder, as DGN-AM does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from cnnviz.core.code_statistics import CodeStatistics
from cnnviz.core.decoder import code_shape
from cnnviz.core.pictures_made import uphill
from cnnviz.core.trained import open_trained
from cnnviz.errors import MissingError, ParamsError, RecordError
from cnnviz.ops.objectives import Objective
from cnnviz.ops.probabilities import probabilities, reading_of
from cnnviz.ops.steps import mean_magnitude
from cnnviz.ops.targets import class_scores

if TYPE_CHECKING:
    from cnnviz.contract.trained import Trained
    from cnnviz.core.context import Context
    from cnnviz.graph import Graph
    from cnnviz.graph.net import Net

__all__ = [
    "CodeClimb",
    "OpenDecoder",
    "activations",
    "class_scores_and_certainty",
    "climb_codes",
    "open_decoder",
]


class OpenDecoder(NamedTuple):
    """A decoder taken from the shelf, that fits the network at hand."""

    name: str
    net: Graph
    about: Trained
    statistics: CodeStatistics

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of its codes."""
        return code_shape(list(self.statistics.mean.shape))

    @property
    def layer(self) -> str:
        """Whose codes it decodes, by name."""
        return str(self.about.facts.get("layer", ""))

    def provenance(self, ctx: Context) -> dict[str, Any]:
        """Say what it is, as facts; a note where it was trained with other weights."""
        about = self.about
        said = {
            "network": self.name,
            "decoded_layer": self.layer,
            "decoder_run": about.run,
            "decoder_step": about.step,
        }
        where = f"run {about.run!r}, step {about.step}"
        if about.model_digest != ctx.net.digest:
            return said | {"note": f"the decoder was trained with another network ({where})"}
        if (about.run, about.step) != (ctx.run, ctx.step):
            return said | {"note": f"the decoder was trained with weights of {where}"}
        return said

    def encodes(self, net: Net) -> bool:
        """Whether a network has that layer, with outputs of that shape."""
        known = {layer.name: layer.shape for layer in net.layers}
        found = known.get(self.layer, [])
        return len(found) in {1, 3} and code_shape(found) == self.shape


def open_decoder(ctx: Context, name: str) -> OpenDecoder:
    """Take a decoder from the shelf, and check that it makes images for the network at hand.

    Args:
        ctx: whose shelf and network are meant.
        name: of the job that trained it; empty for the newest decoder.

    Raises:
        MissingError: there is no such decoder; the message says how to make one.
        ParamsError: it is none, or it makes images of another size or with other channels.
        RecordError: it is damaged.
    """
    known = [] if ctx.shelf is None else ctx.shelf.names("decoder")
    if not name and not known:
        message = "there is no decoder yet: train one with the method fit_generator, as a job or by"
        raise MissingError(f"{message} cnnviz fit-generator")
    name = name or known[-1]
    net, about, more = open_trained(ctx.shelf, name, kind="decoder", device=ctx.place.device)
    statistics = CodeStatistics.of(more, net.example_shape)
    with torch.no_grad():
        images = net(statistics.mean[None])
        try:
            ctx.net(images)
        except ParamsError as error:
            made = f"the decoder of job {name} makes images {list(images.shape[1:])}"
            message = f"network: {made}, which this network does not take: train one for it"
            raise ParamsError(message, field="network") from error
    if not bool(images.isfinite().all()):
        message = f"the decoder of job {name} is damaged: its images are not finite"
        raise RecordError(message)
    return OpenDecoder(name, net, about, statistics)


class CodeClimb(NamedTuple):
    """How codes are climbed: Nguyen et al.'s numbers, in units of the layer's own spread."""

    iterations: int
    rate: float
    """Of the first step, in mean standard deviations of the units."""
    last_rate: float
    """What it falls to, evenly."""
    decay: float
    """Codes are multiplied by this after each step."""
    low: Tensor
    high: Tensor
    """(C, h, w) each: codes are kept within."""
    unit: float
    """Mean standard deviation of the units."""


Climbed = Callable[[Tensor], tuple[Tensor, Tensor]]
"""Takes codes (N, C, h, w); gives what is shown of their images and what is raised, (N,) each."""


def climb_codes(
    values: Climbed,
    start: Tensor,
    climb: CodeClimb,
    report: Callable[[int, Tensor, Tensor], None],
) -> Tensor:
    """Climb from some codes: step along the gradient over its mean magnitude, clip, decay.

    Nguyen et al. step in the image first and take the way back through the decoder from that
    step; as it is divided by its mean magnitude again, only its direction counts, and that is the
    direction of the whole derivative by the code.

    Args:
        values: of codes.
        start: where it begins.
        climb: how.
        report: told every step: its number from 1, the codes, what was shown before it.

    Returns:
        Codes, as the last step left them.
    """
    codes = start
    for number in range(climb.iterations):
        shown, gradient = uphill(values, codes)
        share = number / climb.iterations
        rate = climb.unit * (climb.rate + (climb.last_rate - climb.rate) * share)
        gradient = torch.where(gradient.isfinite(), gradient, 0.0)
        codes = codes + rate * gradient / mean_magnitude(gradient)
        codes = torch.minimum(torch.maximum(codes, climb.low), climb.high) * climb.decay
        report(number + 1, codes, shown)
    return codes


def activations(net: Net, decoder: Graph, objective: Objective, rows: slice) -> Climbed:
    """Give what is climbed where images shall excite units: their activation, or score."""

    def values(codes: Tensor) -> tuple[Tensor, Tensor]:
        found = objective.values(net, decoder(codes), rows)
        return found, found

    return values


def class_scores_and_certainty(
    net: Net, decoder: Graph, classes: Sequence[int], certainty: float
) -> Climbed:
    """Give what is climbed where images shall be taken for classes.

    Args:
        net: whose scores are meant.
        decoder: of the codes.
        classes: one a picture.
        certainty: weight of the logarithm of the probability beside the score.
    """

    def values(codes: Tensor) -> tuple[Tensor, Tensor]:
        scores = net(decoder(codes))
        logs = class_scores(probabilities(scores, reading_of(scores), log=True), classes)
        return logs.exp(), class_scores(scores, classes) + certainty * logs

    return values
