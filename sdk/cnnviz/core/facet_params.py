"""Parameters of facets: whose they are, how they are found, how their pictures are made."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from cnnviz.contract.params import Params

__all__ = ["FacetsParams"]

Index = Annotated[int, Meta(ge=0)]


class FacetsParams(Params, frozen=True):
    """Whose facets, how they are found, and how a picture of each is climbed to."""

    target: Annotated[
        Index,
        Meta(
            description="Class whose facets are shown; not looked at where a layer is given.",
            extra_json_schema={"x-widget": "class"},
        ),
    ] = 0
    layer: Annotated[
        str | None,
        Meta(
            description="A layer, to show the facets of one of its channels instead of a class.",
            extra_json_schema={"x-widget": "layer"},
        ),
    ] = None
    channel: Annotated[
        Index | None,
        Meta(
            description="The layer's channel; needed with a layer.",
            extra_json_schema={"x-widget": "channel"},
        ),
    ] = None
    codes: Annotated[
        str | None,
        Meta(
            description="Layer by whose output images are alike; empty for the input of the last "
            "linear layer. Maps are averaged over their positions.",
            extra_json_schema={"x-widget": "layer"},
        ),
    ] = None
    facets: Annotated[
        int, Meta(ge=1, le=64, description="Groups of images that are looked for; the paper's 10.")
    ] = 4
    images: Annotated[
        int,
        Meta(
            ge=1,
            le=20_000,
            description="Images with the class's label that are grouped, at most; of more, so many "
            "evenly spread over the set.",
        ),
    ] = 2000
    strongest: Annotated[
        int,
        Meta(
            ge=1,
            le=20_000,
            description="Of a channel, or of a class in a set without labels: so many images that "
            "excite it most are grouped.",
        ),
    ] = 200
    sources: Annotated[
        int,
        Meta(
            ge=1,
            le=1000,
            description="Images nearest to a group's mean code; at their mean the climb begins.",
        ),
    ] = 15
    shown: Annotated[
        int, Meta(ge=0, le=64, description="Of those, so many are shown beside the picture.")
    ] = 6
    perplexity: Annotated[
        float, Meta(ge=2, le=500, description="Of t-SNE: about how many neighbours count.")
    ] = 30.0
    iterations: Annotated[
        int,
        Meta(ge=1, le=100_000, description="Steps, shared out over the octaves; the paper's 370."),
    ] = 200
    rate: Annotated[
        float,
        Meta(gt=0, le=100, description="Multiplies the paper's steps, 1 to 2 px of 0 … 255."),
    ] = 0.5
    denoising: Annotated[
        float,
        Meta(
            ge=0,
            le=100,
            description="Multiplies what denoising takes off after each step; 1 is the paper's, "
            "0 none.",
        ),
    ] = 0.3
    power: Annotated[
        float,
        Meta(
            ge=0,
            le=4,
            description="The gradient's frequencies are divided by f to this power: large shapes "
            "first. 0 is the paper's.",
        ),
    ] = 1.75
    robust: Annotated[
        bool,
        Meta(
            description="Each step sees its crop shifted, scaled and turned a little; not the "
            "paper's."
        ),
    ] = True
