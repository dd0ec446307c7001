"""Parameters of texture synthesis."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from cnnviz.core.picture_descent import PictureParams
from cnnviz.core.style_params import Layers, Weights

__all__ = ["TextureParams"]

_Side = Annotated[int, Meta(ge=8, le=2048)]


class TextureParams(PictureParams, frozen=True):
    """How a texture is made, and from which layers."""

    power: Annotated[
        float,
        Meta(
            ge=0,
            le=2,
            description="L-BFGS steps in frequencies over f to this power; 0 is the plain recipe "
            "on pixels.",
        ),
    ] = 0.3
    by: Annotated[
        Literal["gram", "efros_leung", "wei_levoy"],
        Meta(
            description="Gram matrices of layers; or, without the network, windows of the picture: "
            "Efros and Leung's pixel by pixel, Wei and Levoy's coarse to fine."
        ),
    ] = "gram"
    layers: Annotated[
        Layers, Meta(description="Empty for the first nonlinearity at each of five resolutions.")
    ] = ()
    layer_weights: Annotated[Weights, Meta(description="One a layer; empty: alike.")] = ()
    depths: Annotated[
        bool,
        Meta(
            description="A sheet: the picture, then the texture by the first layer, by the first "
            "two, and so on."
        ),
    ] = False
    size: Annotated[
        tuple[_Side, _Side] | None,
        Meta(
            description="Height and width of the texture; empty for the example's.",
            extra_json_schema={"x-unit": "px"},
        ),
    ] = None
    histogram: Annotated[
        bool, Meta(description="Give the texture by Gram matrices the picture's very colours.")
    ] = True
    window: Annotated[
        int,
        Meta(
            ge=3,
            le=63,
            description="Side of the windows that are compared, odd: larger than the largest "
            "regular feature.",
            extra_json_schema={"x-unit": "px"},
        ),
    ] = 11
    levels: Annotated[int, Meta(ge=1, le=6, description="Of Wei and Levoy's pyramid.")] = 3
    source_side: Annotated[
        int,
        Meta(
            ge=8,
            le=512,
            description="A picture with a longer side is shrunk to this before windows are "
            "compared: each pixel is compared with all of them.",
            extra_json_schema={"x-unit": "px"},
        ),
    ] = 64
