"""One picture's content in the style of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnviz.contract.jobs import Preset
from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.method import Method
from cnnviz.core.pictures_made import images_result, space_of
from cnnviz.core.registry import register
from cnnviz.core.style_layers import style_layers
from cnnviz.core.style_params import StyleTransferParams
from cnnviz.core.stylising import ChosenLayers, Stylist, style_rows
from cnnviz.errors import ParamsError, UnsuitableError
from cnnviz.ops.gram import shares

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["StyleTransfer", "StyleTransferParams"]

_GATYS = "Gatys, PytorchNeuralStyleTransfer, NeuralStyleTransfer.ipynb"


@register
class StyleTransfer(Method[StyleTransferParams]):
    """A picture with the shapes of one photograph and the strokes and colours of others.

    Style transfer (Gatys, Ecker, Bethge 2016, https://doi.org/10.1109/CVPR.2016.265): features of
    the content and Gram matrices of the styles are approached at once; the blend of several styles
    is that of their Gram matrices; `original_colors` after Gatys et al. 2016
    (https://arxiv.org/abs/1606.05897). Differs from the papers: layers are chosen from the graph of
    any network, errors are relative to the target's norm, L-BFGS steps in frequencies that are
    scaled and checks that each step lowers the loss.
    """

    name, title, kind = "style_transfer", "Style transfer", "images"
    Params = StyleTransferParams
    needs_gradient = True
    batched = True
    objective_name = "content and style error"
    presets = (
        Preset(
            name="gatys",
            title="Gatys, PyTorch (a VGG normalised to mean activations of 1)",
            params={
                "scaling": "gatys",
                "content_weight": 1.0,
                "style_weight": 1000.0,
                "iterations": 500,
                "power": 0.0,
            },
            source=_GATYS,
        ),
    )

    def unsuitable(self, net: Net) -> str | None:
        """Say so where no layer gives maps."""
        try:
            style_layers(net)
        except UnsuitableError as error:
            return str(error)
        return None

    def check(self, net: Net, params: StyleTransferParams) -> None:
        """Check layers and weights against the network.

        Raises:
            MissingError: a layer is not there.
            ParamsError: a layer gives no maps, weights do not fit, or there is nothing to approach.
        """
        ChosenLayers.of(net, params)
        if not (params.content_weight or params.style_weight):
            message = "style_transfer: content_weight and style_weight are both 0: nothing to do"
            raise ParamsError(message, field="style_weight")
        if params.original_colors and net.input_shape[0] != 3:
            message = (
                "style_transfer: original_colors needs pictures of 3 colours, the network takes "
                f"{net.input_shape[0]}"
            )
            raise ParamsError(message, field="original_colors")

    def run(self, ctx: Context, params: StyleTransferParams) -> list[Result]:
        """Give `images` (1, H, W, 3)."""
        rows = style_rows(len(ctx.examples), params)
        work = Stylist(ctx, params, space_of(ctx), ChosenLayers.of(ctx.net, params), rows)
        found = work.make()
        parts = shares(work.blend)
        of = " + ".join(
            f"{part:.0%} of example {row}" if len(rows) > 1 else f"example {row}"
            for part, row in zip(parts, rows, strict=True)
        )
        caption = f"example {params.content} in the style of {of}{found.failure}"
        facts: dict[str, Any] = {
            "objective": [found.facts["loss"]],
            "content": params.content,
            "styles": rows,
            "blend": [float(f"{part:.6g}") for part in parts],
            "content_layers": work.chosen.content,
            "style_layers": work.chosen.style,
            "errors": work.errors(found.pixels),
            **found.facts,
        }
        pixels = work.finished(found.pixels)
        return [images_result(work.space, pixels, layer=None, captions=[caption], facts=facts)]
