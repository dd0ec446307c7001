from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import cnnviz
from cnnviz.core.context import Context
from cnnviz.core.execute import execute
from cnnviz.core.requests import method
from cnnviz.errors import MissingError, ParamsError
from cnnviz.graph import capture
from tests.core.networks import images, plain


@pytest.fixture(scope="module")
def net():
    return capture(plain().eval(), images())


def test_the_loss_falls_more_than_a_thousand_times(net):
    record = cnnviz.run("texture", net, images(), iterations=120)
    assert record.arrays["images"].shape == (3, 12, 12, 3)
    assert min(record.facts["lowered"]) > 1000
    first = [curve["1"] for curve in record.facts["curves"]]
    ratios = np.divide(first, record.facts["objective"])
    np.testing.assert_allclose(ratios, record.facts["lowered"], rtol=1e-3)


def test_a_texture_has_the_very_colours_of_its_example(net):
    shown = 0.2 * images(1).clamp(-2, 2)
    record = cnnviz.run("texture", net, shown, normalize=((0.5,) * 3, (1.0,) * 3), iterations=5)
    expected = np.sort(shown[0].flatten(1).numpy() + 0.5, axis=1)
    found = np.sort(record.arrays["images"][0].reshape(-1, 3).T, axis=1)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("by", ["gram", "efros_leung", "wei_levoy"])
def test_a_texture_has_the_size_that_is_asked_for(net, by):
    params = {"by": by, "size": (20, 16), "window": 3, "levels": 2, "iterations": 2}
    record = cnnviz.run("texture", net, images(), **params)
    assert record.arrays["images"].shape == (3, 20, 16, 3)


def test_depths_are_a_sheet_with_the_picture_first(net):
    record = cnnviz.run("texture", net, images(2), depths=True, iterations=3)
    assert record.facts["columns"] == 3
    assert record.facts["layers"] == ["2", "5"]
    assert record.arrays["images"].shape == (6, 12, 12, 3)
    starts = [text.split(" · ")[0] for text in record.facts["captions"]]
    assert starts == ["example 0", "2", "to 5", "example 1", "2", "to 5"]
    alone = cnnviz.run("texture", net, images(2), layers=["2"], iterations=3)
    np.testing.assert_allclose(record.arrays["images"][1], alone.arrays["images"][0], atol=1e-6)
    assert record.facts["objective"][0] is None


@pytest.mark.parametrize("by", ["gram", "efros_leung", "wei_levoy"])
def test_progress_ends_at_its_total(net, by):
    seen = []
    ctx = Context(net, images(), on_report=lambda done, total, *_: seen.append((done, total)))
    request = method("texture", by=by, window=3, levels=2, iterations=2)
    execute([request], ctx, on_error="raise")
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"by": "efros_leung", "window": 4}, "window must be odd, got 4"),
        ({"by": "efros_leung", "window": 13}, "need a picture of at least 14 × 14 px"),
        ({"by": "wei_levoy", "window": 3, "levels": 3}, "at least 16 × 16 px with 3 levels"),
        ({"layers": ["9"]}, "expected maps"),
        ({"layers": ["2"], "layer_weights": [1.0, 1.0]}, "must be 1 weights"),
    ],
)
def test_parameters_that_do_not_fit_are_refused_in_a_sentence(net, params, message):
    with pytest.raises(ParamsError, match=f"texture: .*{message}"):
        cnnviz.run("texture", net, images(), **params)


def test_windows_that_fit_no_memory_are_refused_before_they_are_cut():
    large = torch.zeros(1, 3, 256, 256)
    wide = capture(plain().eval(), large)
    asked = {"by": "efros_leung", "window": 63, "source_side": 256}
    with pytest.raises(ParamsError, match=r"37636 windows of 63 px take 3\.3 GiB, at most 1"):
        cnnviz.run("texture", wide, large, **asked)


def test_a_layer_that_is_not_there_is_named(net):
    with pytest.raises(MissingError, match="no layer"):
        cnnviz.run("texture", net, images(), layer="44")


def test_broken_weights_keep_the_noise_and_say_so():
    model = plain()
    with torch.no_grad():
        model[0].weight.fill_(torch.nan)
    record = cnnviz.run("texture", model, images(1), iterations=3)
    assert record.facts["captions"] == ["texture of example 0 · the loss is not a number"]
    assert record.facts["objective"] == [None]
    assert np.isfinite(record.arrays["images"]).all()


def test_windows_need_no_layer_with_maps():
    flat = nn.Sequential(nn.Flatten(), nn.Linear(3 * 12 * 12, 5))
    record = cnnviz.run("texture", flat, images(1), by="efros_leung", window=3)
    assert record.arrays["images"].shape == (1, 12, 12, 3)
