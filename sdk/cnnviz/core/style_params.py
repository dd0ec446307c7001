"""Parameters of style transfer: whose content, whose style, and how much of each."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from cnnviz.core.picture_descent import PictureParams

__all__ = ["Layers", "StyleTransferParams", "Weights"]

Weights = Annotated[tuple[Annotated[float, Meta(ge=0)], ...], Meta(max_length=64)]
Layers = Annotated[tuple[str, ...], Meta(max_length=64, extra_json_schema={"x-widget": "layers"})]


class StyleTransferParams(PictureParams, frozen=True):
    """Whose content, whose style, and how much of each."""

    power: Annotated[
        float,
        Meta(
            ge=0,
            le=2,
            description="L-BFGS steps in proportion to the contrasts of content and styles, by "
            "size of shape and by colour, to this power; 0 is the plain recipe on pixels.",
        ),
    ] = 0.5
    content: Annotated[
        int,
        Meta(
            ge=0,
            description="Row of the example whose content is kept.",
            extra_json_schema={"x-widget": "example"},
        ),
    ] = 0
    styles: Annotated[
        tuple[Annotated[int, Meta(ge=0)], ...],
        Meta(
            max_length=16,
            description="Rows of the examples whose style is taken; empty for the row after the "
            "content's.",
            extra_json_schema={"x-widget": "examples"},
        ),
    ] = ()
    blend: Annotated[
        Weights,
        Meta(
            description="How much of each style, brought to a sum of 1; empty: alike.",
            extra_json_schema={"x-widget": "blend"},
        ),
    ] = ()
    content_layers: Annotated[
        Layers,
        Meta(description="Empty for the second nonlinearity at the last but one resolution."),
    ] = ()
    content_layer_weights: Annotated[
        Weights, Meta(description="One a content layer; empty: alike.")
    ] = ()
    style_layers: Annotated[
        Layers, Meta(description="Empty for the first nonlinearity at each of five resolutions.")
    ] = ()
    style_layer_weights: Annotated[
        Weights, Meta(description="One a style layer; empty: alike, or 1 / K² as Gatys' code has.")
    ] = ()
    content_weight: Annotated[float, Meta(ge=0, description="Of all content layers.")] = 1.0
    style_weight: Annotated[float, Meta(ge=0, description="Of all style layers.")] = 100.0
    scaling: Annotated[
        Literal["relative", "gatys"],
        Meta(
            description="Errors relative to the target's squared norm, which suits any network; or "
            "means over features and Gram matrices as in Gatys' code for his normalised VGG."
        ),
    ] = "relative"
    style_scale: Annotated[
        float,
        Meta(ge=0.1, le=4, description="Of the style pictures' sides: how large strokes are."),
    ] = 1.0
    tv: Annotated[
        float, Meta(ge=0, description="Weight of total variation: smoother, fewer grains.")
    ] = 0.0
    start: Annotated[
        Literal["content", "noise"], Meta(description="The picture that it begins with.")
    ] = "content"
    original_colors: Annotated[
        bool, Meta(description="Take the luminance of the result, the colours of the content.")
    ] = False
    sizes: Annotated[
        int,
        Meta(ge=1, le=6, description="Sizes, each twice the one before, the last the picture's."),
    ] = 1
    side: Annotated[
        Annotated[int, Meta(ge=1, le=4096)] | None,
        Meta(
            description="Longer side of the picture; empty for the example's.",
            extra_json_schema={"x-unit": "px"},
        ),
    ] = None
    tile: Annotated[
        Annotated[int, Meta(ge=1, le=4096)] | None,
        Meta(
            description="Longer side of the windows that the network sees one at a time, which "
            "changes memory and time but not the result; empty: the whole picture, or windows of "
            "about 2 GiB where it needs more.",
            extra_json_schema={"x-unit": "px"},
        ),
    ] = None
    dream: Annotated[
        float, Meta(ge=0, description="Weight of a DeepDream at the same time; 0 for none.")
    ] = 0.0
    dream_layer: Annotated[
        str | None,
        Meta(
            description="The layer that dreams; empty for the first of the content layers.",
            extra_json_schema={"x-widget": "layer"},
        ),
    ] = None
