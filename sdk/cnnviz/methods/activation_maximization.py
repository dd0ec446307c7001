"""Pictures that excite a class, a channel, a unit or a direction as much as possible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import torch
from msgspec import Meta
from torch import Tensor

from cnnviz.contract.results import Result
from cnnviz.core.ascent import Ascent
from cnnviz.core.ascent_params import PRESETS, AscentParams
from cnnviz.core.context import Context
from cnnviz.core.excited import (
    ExcitedLayer,
    ExcitedPosition,
    ExcitedUnits,
    check_excited,
    names_of,
)
from cnnviz.core.method import Method
from cnnviz.core.pictures_made import (
    batches,
    images_result,
    numbers,
    space_of,
)
from cnnviz.core.registry import register
from cnnviz.errors import ParamsError
from cnnviz.ops.objectives import Objective, Part

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["ActivationMaximization", "ActivationMaximizationParams", "Term"]


class Term(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One more thing that the pictures shall excite."""

    unit: Annotated[int, Meta(ge=0, extra_json_schema={"x-widget": "unit"})]
    layer: Annotated[str | None, Meta(extra_json_schema={"x-widget": "layer"})] = None
    weight: float = 1.0


class ActivationMaximizationParams(AscentParams, frozen=True):
    """What is excited, and how the picture is climbed to."""

    layer: ExcitedLayer = None
    units: ExcitedUnits = (0,)
    position: ExcitedPosition = "mean"
    weights: Annotated[
        tuple[float, ...],
        Meta(
            max_length=256,
            description="One a unit: a single picture for their weighted sum, a direction. "
            "Empty for a picture each.",
        ),
    ] = ()
    plus: Annotated[
        tuple[Term, ...],
        Meta(
            max_length=16,
            description="Further things every picture shall excite: "
            '[{"layer": …, "unit": …, "weight": …}].',
        ),
    ] = ()


@register
class ActivationMaximization(Method[ActivationMaximizationParams]):
    """What a class or a unit looks for: a picture that excites it as much as possible.

    Gradient ascent on the picture (Erhan et al. 2009; Simonyan, Vedaldi, Zisserman 2013,
    https://arxiv.org/abs/1312.6034, section 2, the L2 form; Yosinski et al. 2015,
    https://arxiv.org/abs/1506.06579, decay, blur and clipping; Nguyen, Yosinski, Clune 2016,
    https://arxiv.org/abs/1602.03616, the centre bias; Olah, Mordvintsev, Schubert 2017,
    https://doi.org/10.23915/distill.00007, Fourier parameterisation and transformations).
    Differs from the papers: by default a spectrum is climbed by its gradient over the gradient's
    mean magnitude, not by Adam, which raises all frequencies alike and leaves grain; all units are
    climbed in one batch; Lucid's transformations are one resampling, drawn for each picture; the
    last picture is shown, not the best.
    """

    name, title, kind = "activation_maximization", "Activation maximisation", "images"
    Params = ActivationMaximizationParams
    needs_gradient = True
    needs_examples = False
    batched = True
    objective_name = "activation"
    version = 3
    presets = PRESETS

    def check(self, net: Net, params: ActivationMaximizationParams) -> None:
        """Check that the units are there and that the choices go together.

        Raises:
            ParamsError: a unit, class or position that the network does not have, or weights that
                do not fit the units.
            UnsuitableError: a layer without channels, or a model without class scores.
        """
        params.check(of=self.name)
        check_excited(net, params.layer, params.units, params.position, of=self.name)
        for term in params.plus:
            check_excited(net, term.layer, (term.unit,), of=self.name, field="plus")
        if params.weights and len(params.weights) != len(params.units):
            message = f"{self.name}: weights must be one a unit ({len(params.units)}) or none"
            raise ParamsError(f"{message}, got {len(params.weights)}", field="weights")

    def run(self, ctx: Context, params: ActivationMaximizationParams) -> list[Result]:
        """Give `images` (N, H, W, 3), one a unit, or one for their weighted sum."""
        space = space_of(ctx)
        captions = _captions(ctx, params)
        ascent = Ascent(ctx, params, space, _objective(params), len(captions))
        found: list[Tensor] = []
        values: list[Tensor] = []
        blocked: list[Tensor] = []
        cut = batches(ctx, len(captions))
        for number, rows in enumerate(cut):
            made = ascent.climb(rows, before=found, begun=number, batches=len(cut))
            found.append(made.pixels)
            values.append(made.values)
            blocked.append(made.blocked)
        off = torch.cat(blocked).nonzero().flatten().tolist()
        captions = [
            f"{text} · stays off" if at in off else text for at, text in enumerate(captions)
        ]
        facts: dict[str, Any] = {
            "objective": numbers(torch.cat(values)),
            "objective_name": self.objective_name,
            "units": list(params.units),
            "no_gradient": off,
        }
        pixels = torch.cat(found)
        return [images_result(space, pixels, layer=params.layer, captions=captions, facts=facts)]


def _objective(params: ActivationMaximizationParams) -> Objective:
    together = bool(params.weights)
    units = [list(params.units)] if together else [[unit] for unit in params.units]
    weights = [list(params.weights)] if together else [[1.0] for _ in params.units]
    parts = [Part(params.layer, params.position, units, weights)]
    for term in params.plus:
        count = len(units)
        parts.append(Part(term.layer, "mean", [[term.unit]] * count, [[term.weight]] * count))
    return Objective(parts)


def _captions(ctx: Context, params: ActivationMaximizationParams) -> list[str]:
    named = names_of(ctx, params.layer, params.units)
    more = "".join(
        f" {term.weight:+g} · {term.layer or 'class'} {term.unit}" for term in params.plus
    )
    if params.weights:
        pairs = zip(params.weights, named, strict=True)
        return [" ".join(f"{weight:+g} · {name}" for weight, name in pairs) + more]
    return [name + more for name in named]
