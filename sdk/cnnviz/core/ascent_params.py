"""Parameters of gradient ascent on pictures, and the published sets of them."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from cnnviz.contract.jobs import Preset
from cnnviz.contract.params import Params
from cnnviz.errors import ParamsError
from cnnviz.ops.steps import Rule

__all__ = ["PRESETS", "AscentParams"]

Share = Annotated[float, Meta(ge=0, le=1)]
Amount = Annotated[float, Meta(ge=0)]
Percentile = Annotated[float, Meta(ge=0, lt=100)]


class AscentParams(Params, frozen=True):
    """How a picture is climbed to. Pixels count in 0 … 255, the mean taken off."""

    iterations: Annotated[int, Meta(ge=1, le=100_000, description="Steps.")] = 256
    parameterisation: Annotated[
        Literal["fourier", "pixels"],
        Meta(description="What is climbed: a spectrum of decorrelated colours, or the pixels."),
    ] = "fourier"
    start: Annotated[
        Literal["noise", "zeros", "example"],
        Meta(description="Where it begins; zeros is the mean colour (of a spectrum: grey)."),
    ] = "noise"
    noise: Annotated[
        Amount, Meta(description="Standard deviation of the pixels' noise; a spectrum has its own.")
    ] = 10.0
    rule: Annotated[
        Rule,
        Meta(
            description="The step: rate × gradient; that over its mean magnitude; the rate that "
            "promises a rise of `desired`, at most `rate`; or Adam."
        ),
    ] = "normalised"
    rate: Annotated[
        float, Meta(gt=0, description="Of the step: of a spectrum's numbers, or px of 0 … 255.")
    ] = 0.006
    desired: Annotated[float, Meta(gt=0, description="Rise that a step of `progress` aims at.")] = (
        2.0
    )
    robust: Annotated[
        bool, Meta(description="Each step sees the picture shifted, scaled and turned a little.")
    ] = True
    jitter: Annotated[
        int, Meta(ge=0, le=512, description="Each step rolls the picture by up to this, px.")
    ] = 0
    centre_bias: Annotated[
        Share,
        Meta(
            description="Above 0: a picture 1.2 × as large, of which each step sees a part near "
            "the middle; the spread of its place, as a share of the room."
        ),
    ] = 0.0
    redirect: Annotated[
        int,
        Meta(
            ge=0,
            le=10_000,
            description="For so many first steps, a picture that no gradient reaches, since "
            "rectifiers are off, gets it through those that it would turn on.",
        ),
    ] = 16
    l2: Annotated[Amount, Meta(description="Weight of the penalty Σ x².")] = 0.0
    tv: Annotated[Amount, Meta(description="Weight of the penalty total variation.")] = 0.0
    decay: Annotated[Share, Meta(description="Share taken off after each step; pixels only.")] = 0.0
    blur: Annotated[
        float, Meta(ge=0, le=50, description="Sigma of the blur between steps, px; pixels only.")
    ] = 0.0
    blur_every: Annotated[int, Meta(ge=1, description="Steps from one blur to the next.")] = 4
    small_norm: Annotated[
        Percentile,
        Meta(description="Pixels of a norm below this percentile become the mean; pixels only."),
    ] = 0.0
    small_contribution: Annotated[
        Percentile,
        Meta(description="Likewise those that matter least for the activation; pixels only."),
    ] = 0.0

    def check(self, *, of: str) -> None:
        """Check that the choices go together.

        Raises:
            ParamsError: something that only pixels can have, for a spectrum.
        """
        if self.parameterisation == "pixels":
            return
        for name in ("decay", "blur", "small_norm", "small_contribution"):
            if getattr(self, name):
                message = f"{of}: {name} works on pixels: give parameterisation='pixels' with it"
                raise ParamsError(f"{message}; got {getattr(self, name)}", field=name)


_PIXELS: Final = {"parameterisation": "pixels", "robust": False, "redirect": 0}


def _yosinski(letter: str, **params: Any) -> Preset:
    plain = {**_PIXELS, "start": "noise", "noise": 10.0}
    return Preset(
        name=f"yosinski_{letter}",
        title=f"Yosinski et al., set {letter.upper()}",
        params=plain | params,
        source="Yosinski et al. 2015, https://arxiv.org/abs/1506.06579, table 1",
    )


_PROGRESS: Final = {"rule": "progress", "desired": 2.0}
_CONSTANT: Final = {"rule": "gradient", "rate": 100.0}
PRESETS: Final = (
    Preset(
        name="lucid",
        title="Feature visualization (Lucid)",
        params={"iterations": 512, "rule": "adam", "rate": 0.05},
        source="Olah, Mordvintsev, Schubert 2017, https://doi.org/10.23915/distill.00007",
    ),
    Preset(
        name="smooth",
        title="Feature visualization, smoother",
        params={"tv": 3e-8, "jitter": 16},
        source="with total variation and jitter: softer than without; numbers ours",
    ),
    Preset(
        name="simonyan",
        title="Simonyan et al., L2",
        params={
            **_PIXELS,
            "iterations": 200,
            "start": "zeros",
            "rule": "normalised",
            "rate": 1.0,
            "l2": 1e-7,
        },
        source="Simonyan et al. 2013, https://arxiv.org/abs/1312.6034, section 2; weight and step "
        "are ours, the paper gives none",
    ),
    _yosinski("a", **_PROGRESS, rate=100.0, iterations=500, blur=0.5, small_norm=50.0),
    _yosinski("b", **_CONSTANT, iterations=750, decay=0.3, small_norm=20.0),
    _yosinski("c", **_CONSTANT, iterations=1000, decay=1e-4, blur=1.0),
    _yosinski("d", **_PROGRESS, rate=1e8, iterations=1000, blur=0.5, small_contribution=90.0),
    Preset(
        name="total_variation",
        title="Total variation and jitter",
        params={
            **_PIXELS,
            "iterations": 300,
            "rule": "normalised",
            "rate": 2.0,
            "jitter": 16,
            "tv": 1e-5,
        },
        source="penalty: Mahendran, Vedaldi 2015, https://arxiv.org/abs/1412.0035; numbers ours",
    ),
    Preset(
        name="centre_bias",
        title="Centre-biased (Nguyen et al.)",
        params={
            **_PIXELS,
            "iterations": 300,
            "rule": "normalised",
            "rate": 3.0,
            "blur": 0.5,
            "centre_bias": 0.3,
        },
        source="Nguyen, Yosinski, Clune 2016, https://arxiv.org/abs/1602.03616, its window; a blur "
        "stands in for the paper's denoising",
    ),
)
