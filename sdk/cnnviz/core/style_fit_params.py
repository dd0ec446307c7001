"""Parameters of the training of a style network."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from cnnviz.contract.params import Params
from cnnviz.core.style_params import Layers, Weights

__all__ = ["FitStyleParams"]


class FitStyleParams(Params, frozen=True):
    """Whose styles are learnt, by what network and for how long."""

    styles: Annotated[
        tuple[Annotated[int, Meta(ge=0)], ...],
        Meta(
            max_length=16,
            description="Rows of the examples whose styles are learnt, by one network; empty for "
            "the first.",
            extra_json_schema={"x-widget": "examples"},
        ),
    ] = ()
    iterations: Annotated[
        int, Meta(ge=1, le=1_000_000, description="Batches that are learnt from.")
    ] = 2000
    batch: Annotated[int, Meta(ge=1, le=64, description="Pictures at each iteration.")] = 4
    size: Annotated[
        Annotated[int, Meta(ge=8, le=1024)] | None,
        Meta(
            description="Side of the crops that are learnt from; empty for 256, or what the "
            "pictures have.",
            extra_json_schema={"x-unit": "px"},
        ),
    ] = None
    width: Annotated[
        int,
        Meta(ge=2, le=128, description="Maps of the first convolution; Johnson's network has 32."),
    ] = 16
    residual_blocks: Annotated[
        int, Meta(ge=1, le=16, description="In the middle; Johnson's network has 5.")
    ] = 5
    rate: Annotated[
        float, Meta(gt=0, le=1, description="Of Adam, falling as half a cosine to a twentieth.")
    ] = 1e-3
    content_weight: Annotated[float, Meta(ge=0, description="Of all content layers.")] = 1.0
    style_weight: Annotated[float, Meta(ge=0, description="Of all style layers.")] = 10.0
    tv: Annotated[
        float, Meta(ge=0, description="Weight of total variation: smoother, fewer grains.")
    ] = 0.0
    style_scale: Annotated[
        float,
        Meta(ge=0.1, le=4, description="Of the style pictures' sides: how large strokes are."),
    ] = 1.0
    content_layers: Annotated[
        Layers,
        Meta(description="Empty for the last nonlinearity at a quarter of the pictures' size."),
    ] = ()
    content_layer_weights: Annotated[
        Weights, Meta(description="One a content layer; empty: alike.")
    ] = ()
    style_layers: Annotated[
        Layers,
        Meta(description="Empty for the last nonlinearity at each resolution down to an eighth."),
    ] = ()
    style_layer_weights: Annotated[
        Weights, Meta(description="One a style layer; empty: alike.")
    ] = ()
