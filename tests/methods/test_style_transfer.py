from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import cnnviz
from cnnviz.core.context import Context
from cnnviz.core.execute import execute
from cnnviz.core.requests import method
from cnnviz.errors import JobCancelled, MissingError, ParamsError, UnsuitableError
from cnnviz.graph import capture
from cnnviz.ops.images import Normalize
from tests.core.networks import images, plain

NORMALIZE = Normalize((0.5, 0.4, 0.6), (0.25, 0.3, 0.2))


@pytest.fixture(scope="module")
def net():
    return capture(plain().eval(), images())


class OneSize(nn.Module):
    """Adds a picture of its own, so that it takes no other size."""

    def __init__(self) -> None:
        super().__init__()
        self.own = nn.Parameter(torch.ones(1, 3, 12, 12))
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.conv(x + self.own)).mean((2, 3))


def transferred(net, x=None, **params):
    shown = images() if x is None else x
    return cnnviz.run("style_transfer", net, shown, normalize=NORMALIZE, **params)


def test_the_loss_falls_and_the_record_says_how_far(net):
    record = transferred(net, iterations=60)
    curve = record.facts["curve"]
    assert curve["50"] < curve["10"] < 0.1 * curve["1"]
    assert record.facts["loss"] <= curve["50"]
    assert record.arrays["images"].shape == (1, 12, 12, 3)
    assert record.facts["captions"] == ["example 0 in the style of example 1"]
    assert set(record.facts["errors"]) == {"content 2", "style 2", "style 5"}


def test_the_content_and_the_styles_are_those_that_are_asked_for(net):
    params = {"content": 2, "styles": [0, 1], "blend": [3.0, 1.0], "iterations": 3}
    record = transferred(net, **params)
    text = "example 2 in the style of 75% of example 0 + 25% of example 1"
    assert record.facts["captions"] == [text]
    assert record.facts["blend"] == [0.75, 0.25]
    alone = transferred(net, content=2, styles=[0], iterations=3)
    one_hot = transferred(net, **{**params, "blend": [1.0, 0.0]})
    np.testing.assert_allclose(alone.arrays["images"], one_hot.arrays["images"], atol=1e-5)


def test_the_style_alone_makes_a_texture_and_the_content_alone_keeps_the_picture(net):
    kept = transferred(net, style_weight=0.0, iterations=5)
    colours = (images()[:1] * 0.25 + 0.5)[0, 0].clamp(0, 1)
    np.testing.assert_allclose(kept.arrays["images"][0, :, :, 0], colours, atol=1e-5)
    textured = transferred(net, content_weight=0.0, iterations=80, start="noise")
    assert textured.facts["errors"]["style 5"] < 1e-2
    assert textured.facts["errors"]["content 2"] > 0.1


def test_original_colors_takes_luminance_of_the_result_and_chrominance_of_the_content(net):
    dull = 0.3 * images()
    found = transferred(net, dull, iterations=2).arrays["images"][0]
    mixed = transferred(net, dull, iterations=2, original_colors=True).arrays["images"][0]
    mean, std = (np.array(part) for part in NORMALIZE)
    content = dull[0].permute(1, 2, 0).numpy() * std + mean
    bright, red, blue = (
        np.array(part)
        for part in (
            (0.299, 0.587, 0.114),
            (0.615, -0.51499, -0.10001),
            (-0.14713, -0.28886, 0.436),
        )
    )
    inside = ((mixed > 0.01) & (mixed < 0.99)).all(axis=2)
    assert inside.mean() > 0.5
    np.testing.assert_allclose((mixed @ bright)[inside], (found @ bright)[inside], atol=1e-4)
    for part in (red, blue):
        np.testing.assert_allclose((mixed @ part)[inside], (content @ part)[inside], atol=1e-4)


@pytest.mark.parametrize(
    "params",
    [
        {"optimiser": "adam"},
        {"power": 0.0},
        {"start": "noise"},
        {"tv": 1.0},
        {"dream": 0.5, "dream_layer": "4"},
        {"style_scale": 1.5},
        {"scaling": "gatys"},
        {"content_layers": ["4", "5"], "content_layer_weights": [1.0, 2.0]},
    ],
)
def test_every_way_of_going_down_goes_down(net, params):
    curve = transferred(net, iterations=20, **params).facts["curve"]
    assert curve["20"] < curve["1"]


def test_a_dream_has_its_layer_on_more_than_without(net):
    def norm(record):
        shown = torch.from_numpy(record.arrays["images"].copy()).permute(0, 3, 1, 2)
        mean, std = (torch.tensor(part).view(3, 1, 1) for part in NORMALIZE)
        return float(net.features((shown - mean) / std, ["4"])["4"].norm())

    params = {"iterations": 30, "dream_layer": "4"}
    assert norm(transferred(net, dream=5.0, **params)) > 1.1 * norm(transferred(net, **params))


def test_it_is_made_small_first_and_large_at_the_end(net):
    seen = []
    x = torch.nn.functional.interpolate(images(), (64, 48), mode="bilinear")
    ctx = Context(net, x, on_report=lambda done, total, *_: seen.append((done, total)))
    params = {"sizes": 2, "side": 128, "iterations": 2}
    (done,) = execute([method("style_transfer", **params)], ctx, on_error="raise").results
    assert done.result.arrays["images"].shape == (1, 128, 96, 3)
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_weights_that_make_the_loss_no_number_keep_the_picture_and_say_so(net):
    record = transferred(net, style_weight=1e300, iterations=5)
    assert "not a number" in record.facts["note"]
    assert record.facts["loss"] is None
    assert record.facts["captions"][0].endswith("style of example 1 · the loss is not a number")
    colours = (images()[:1] * 0.25 + 0.5)[0, 0].clamp(0, 1)
    np.testing.assert_allclose(record.arrays["images"][0, :, :, 0], colours, atol=1e-5)


def test_a_cancelled_run_has_shown_its_best_picture(net):
    shown = []

    def stop(done, total, picture, objective):
        shown.append(picture())
        if done == 4:
            raise JobCancelled("taken back")

    ctx = Context(net, images(), on_report=stop)
    with pytest.raises(JobCancelled):
        execute([method("style_transfer")], ctx, on_error="raise")
    assert [tuple(one.shape) for one in shown] == [(1, 3, 12, 12)] * 4


def test_windows_change_nothing_of_the_picture(net):
    params = {"side": 48, "iterations": 6, "dream": 0.5, "dream_layer": "4", "tv": 0.1}
    whole, tiled = transferred(net, **params), transferred(net, tile=24, **params)
    np.testing.assert_allclose(tiled.arrays["images"], whole.arrays["images"], atol=2e-4)
    assert tiled.facts["errors"] == pytest.approx(whole.facts["errors"], rel=1e-3)
    assert tiled.facts["curve"] == pytest.approx(whole.facts["curve"], rel=1e-3)


def test_a_wish_to_cancel_is_heard_between_windows(net):
    heard = []

    def stop(done, *_):
        heard.append(done)
        if len(heard) == 3:
            raise JobCancelled("taken back")

    ctx = Context(net, images(), on_report=stop)
    with pytest.raises(JobCancelled):
        execute([method("style_transfer", side=48, tile=24)], ctx, on_error="raise")
    assert heard == [0, 0, 0]


def test_steps_have_no_contrasts_of_a_style_that_is_not_mixed_in(net):
    params = {"styles": [1, 2], "iterations": 4, "side": 24}
    one = transferred(net, blend=[1.0, 0.0], **params)
    other = transferred(net, blend=[0.0, 1.0], **params)
    assert one.facts["curve"] != other.facts["curve"]
    alone = transferred(net, **{**params, "styles": [1]})
    np.testing.assert_allclose(one.arrays["images"], alone.arrays["images"], atol=1e-4)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"side": 48, "tile": 6}, "tile must be at least"),
        ({"content": 3}, "content must be among the 3 examples, got 3"),
        ({"styles": [0, 7]}, "styles must be among the 3 examples, got 7"),
        ({"styles": [0, 1], "blend": [1.0]}, "blend must be 2 weights"),
        ({"styles": [0, 1], "blend": [0.0, 0.0]}, "blend must be 2 weights"),
        ({"style_layers": ["2"], "style_layer_weights": [1.0, 1.0]}, "must be 1 weights"),
        ({"style_layers": ["9"]}, "layer '9' gives .*, expected maps"),
        ({"content_weight": 0.0, "style_weight": 0.0}, "nothing to do"),
    ],
)
def test_parameters_that_do_not_fit_are_refused_in_a_sentence(net, params, message):
    with pytest.raises(ParamsError, match=f"style_transfer: .*{message}"):
        transferred(net, **params)


def test_what_is_not_there_is_named(net):
    with pytest.raises(ParamsError, match="needs two pictures"):
        transferred(net, images(1))
    with pytest.raises(MissingError, match="no layer"):
        transferred(net, content_layers=["44"])
    flat = nn.Sequential(nn.Flatten(), nn.Linear(3 * 12 * 12, 5))
    with pytest.raises(UnsuitableError, match="knows no style"):
        transferred(flat)


def test_a_style_scaled_to_nothing_is_refused_in_a_sentence(net):
    with pytest.raises(ParamsError, match="cannot run images of 1 × 1"):
        transferred(net, style_scale=0.1)


def test_a_network_of_one_size_is_not_asked_for_another():
    net = capture(OneSize(), images())
    assert transferred(net, iterations=2, sizes=3).arrays["images"].shape == (1, 12, 12, 3)
    with pytest.raises(ParamsError, match="takes pictures of 12 × 12 px only"):
        transferred(net, side=24)
    with pytest.raises(ParamsError, match="style_scale must be 1"):
        transferred(net, style_scale=2.0)
