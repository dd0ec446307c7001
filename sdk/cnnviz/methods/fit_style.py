"""Training of a network that gives pictures a style in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from cnnviz.contract.jobs import Preset
from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.method import Method
from cnnviz.core.registry import register
from cnnviz.core.style_fit_params import FitStyleParams
from cnnviz.core.style_fitting import StyleFitter, shelf_of
from cnnviz.core.style_layers import by_resolution
from cnnviz.core.style_preparing import FitLayers, Fitting, prepare
from cnnviz.errors import ParamsError, UnsuitableError

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["FitStyle", "FitStyleParams"]


@register
class FitStyle(Method[FitStyleParams]):
    """Learns to paint in the style of some pictures, so that any picture takes milliseconds.

    A feed-forward network (Johnson, Alahi, Fei-Fei 2016, https://arxiv.org/abs/1603.08155) with
    instance normalisation; for several styles with parameters of its own for each (Dumoulin,
    Shlens, Kudlur 2017, https://arxiv.org/abs/1610.07629). It learns from the run's data set, and
    is kept with its job for `fast_style`. Differs from the papers: the loss is that of
    `style_transfer`, with layers from the graph of any network and relative errors; the network
    adds to its picture's colours; the rate falls.
    """

    name, title, kind = "fit_style", "Fast style: train", "images"
    Params = FitStyleParams
    needs_gradient = True
    needs_dataset = True
    batched = True
    makes = "style"
    objective_name = "content and style error"
    presets = (
        Preset(
            name="johnson",
            title="Johnson et al.: the network of the paper, 40,000 iterations",
            params={
                "iterations": 40_000,
                "width": 32,
                "residual_blocks": 5,
                "batch": 4,
                "size": 256,
            },
            source="jcjohnson/fast-neural-style, train.lua",
        ),
    )

    def unsuitable(self, net: Net) -> str | None:
        """Say so where no layer gives maps."""
        try:
            by_resolution(net)
        except UnsuitableError as error:
            return str(error)
        return None

    def check(self, net: Net, params: FitStyleParams) -> None:
        """Check layers and weights against the network.

        Raises:
            MissingError: a layer is not there.
            ParamsError: a layer gives no maps, weights do not fit, or there is nothing to learn.
        """
        FitLayers.of(net, params)
        if not (params.content_weight or params.style_weight):
            message = "fit_style: content_weight and style_weight are both 0: nothing to learn"
            raise ParamsError(message, field="style_weight")

    def run(self, ctx: Context, params: FitStyleParams) -> list[Result]:
        """Give `images` (H · (1 + S), h, w, 3): pictures held out, and each in every style."""
        shelf_of(ctx)
        fitting = prepare(ctx, params)
        fitter = StyleFitter(ctx, params, fitting)
        fitter.train()
        samples = torch.cat([fitter.samples(one[None]) for one in fitting.held_out])
        unit = samples.flatten(0, 1).clamp(0, 1).float()
        shown = unit[:, :3] if unit.shape[1] >= 3 else unit[:, :1].expand(-1, 3, -1, -1)
        return [
            Result(
                kind="images",
                arrays={"images": shown.permute(0, 2, 3, 1).contiguous()},
                facts=_facts(fitting, fitter),
            )
        ]


def _facts(fitting: Fitting, fitter: StyleFitter) -> dict[str, Any]:
    standing, plan = fitter.standing, fitting.training.plan
    notes = [fitting.note] if fitting.note else []
    failure = ""
    if standing.broken:
        failure = " · the loss is not a number"
        notes.append(_broken(standing.iteration))
    styles = [f"in the style of example {row}{failure}" for row in fitting.rows]
    facts: dict[str, Any] = {
        "captions": ["a picture held out", *styles] * len(fitting.held_out),
        "columns": 1 + len(styles),
        "network": fitter.name,
        "styles": fitting.rows,
        "losses": fitter.losses(),
        "curve": [[at, _rounded(value)] for at, value in standing.curve],
        "iterations": standing.iteration,
        "size": list(plan.size),
        "data_set": fitting.pictures.reference,
        "pictures": len(fitting.pictures.learnt),
        "held_out": len(fitting.held_out),
        "content_layers": fitting.layers.content,
        "style_layers": fitting.layers.style,
        "parameters": sum(tensor.numel() for tensor in standing.good.values()),
        "colours": fitting.objective.space.origin,
    }
    return {**facts, "note": "; ".join(notes)} if notes else facts


def _broken(iterations: int) -> str:
    if not iterations:
        return (
            "the loss is not a number from the beginning: the weights of the network are broken or "
            "those of the loss too large; nothing was learnt and no network is kept"
        )
    return (
        f"the loss was no number after {iterations} iterations: the last network whose loss was "
        "one is kept; try a smaller rate or style_weight"
    )


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
