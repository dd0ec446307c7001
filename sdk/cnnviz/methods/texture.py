"""Pictures of the same stuff as an example, with nothing where it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnviz.contract.jobs import Preset
from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.method import Method
from cnnviz.core.registry import register
from cnnviz.core.style_layers import check_maps, check_shares, check_size, style_layers
from cnnviz.core.texture_params import TextureParams
from cnnviz.core.textures import TexturesByGram, TexturesByWindows
from cnnviz.errors import ParamsError

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["Texture", "TextureParams"]


@register
class Texture(Method[TextureParams]):
    """More of the same stuff: what layers know of a picture when they forget where things are.

    Texture synthesis by Gram matrices (Gatys, Ecker, Bethge 2015, https://arxiv.org/abs/1505.07376)
    or, without the network, by windows of the picture (Efros, Leung 1999,
    https://doi.org/10.1109/ICCV.1999.790383; Wei, Levoy 2000,
    https://doi.org/10.1145/344779.345009). Differs from the papers: layers are chosen from the
    graph of any network; errors are relative to the target's norm; it begins with noise of the
    picture's spectrum and colours; L-BFGS steps in scaled frequencies and is bounded by
    the histogram at the end; Wei and Levoy's search looks at all windows, without a tree.
    """

    name, title, kind = "texture", "Texture", "images"
    Params = TextureParams
    needs_gradient = True
    batched = True
    objective_name = "Gram matrix error"
    presets = (
        Preset(
            name="gatys",
            title="Gatys, Ecker, Bethge",
            params={"iterations": 2000, "power": 0.0},
            source="Gatys, Ecker, Bethge 2015, DeepTextures",
        ),
    )

    def check(self, net: Net, params: TextureParams) -> None:
        """Check layers, weights and sizes.

        Raises:
            MissingError: a layer is not there.
            UnsuitableError: the network has no layer that gives maps.
            ParamsError: a parameter that does not fit.
        """
        if params.window % 2 == 0:
            message = f"texture: window must be odd, got {params.window}"
            raise ParamsError(message, field="window")
        if params.by != "gram":
            return
        layers = list(dict.fromkeys(params.layers)) or style_layers(net)
        check_maps(net, layers, of="texture", field="layers")
        check_shares(params.layer_weights, len(layers), of="texture", field="layer_weights")
        if params.size is not None:
            check_size(net, params.size, of="texture", field="size")

    def run(self, ctx: Context, params: TextureParams) -> list[Result]:
        """Give `images`: (N, H, W, 3), a texture an example, or a sheet of `columns` a row."""
        if params.by == "gram":
            return [TexturesByGram(ctx, params).make()]
        return [TexturesByWindows(ctx, params).make()]
