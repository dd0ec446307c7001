"""Parameters of the trials that a map is put to."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from cnnviz.core.explained import TargetParams
from cnnviz.ops.occluders import Baseline

__all__ = ["TrustParams"]

Count = Annotated[int, Meta(ge=1, le=10_000)]
Blur = Annotated[float, Meta(ge=0, le=1000)]


class TrustParams(TargetParams, frozen=True):
    """Whose map is judged, and how long."""

    method: Annotated[
        str,
        Meta(
            max_length=64,
            description="Whose map is judged: a method of kind heatmap.",
            extra_json_schema={"x-widget": "method"},
        ),
    ] = "saliency"
    params: Annotated[
        dict[str, Any],
        Meta(description="That method's parameters, as an object; what is absent as by default."),
    ] = msgspec.field(default_factory=dict)
    steps: Annotated[
        int, Meta(ge=2, le=1000, description="Of the deletion and insertion curves.")
    ] = 28
    baseline: Annotated[
        Baseline,
        Meta(description="What stands where a pixel is hidden: blur, mean colour, zero or noise."),
    ] = "blur"
    sigma: Annotated[
        Blur | None,
        Meta(description="Blur of the map before its pixels are ordered, px; empty for 5 of 224."),
    ] = None
    samples: Annotated[
        int, Meta(ge=0, le=1000, description="Noisy copies that the sensitivity is measured on.")
    ] = 10
    radius: Annotated[
        float,
        Meta(gt=0, le=100, description="Largest change by that noise, as the network's input is."),
    ] = 0.02
    randomised: Annotated[
        tuple[Count, ...],
        Meta(
            max_length=16,
            description="Numbers of last layers drawn anew, rising; empty for 1, 10 (of a small "
            "network, half) and all.",
        ),
    ] = ()
