"""What every method that explains by a heatmap makes of input that gives it little to explain."""

from __future__ import annotations

import re

import msgspec
import numpy as np
import pytest
import torch
from torch import nn

import cnnviz
from cnnviz.core.registry import discover
from cnnviz.errors import CnnvizError, MissingError, ParamsError, UnsuitableError
from cnnviz.graph import capture
from tests import nets

HEATMAPS = sorted(name for name, found in discover().items() if found.kind == "heatmap")
LAYERED = [
    name
    for name in HEATMAPS
    if "channel" in {field.name for field in msgspec.structs.fields(discover()[name].Params)}
]


def small(channels: int, classes: int) -> nn.Module:
    return nets.seeded(
        lambda: nn.Sequential(
            nn.Conv2d(channels, 4, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(4, 4, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(4, classes),
        )
    )


@pytest.fixture(scope="module")
def net():
    return capture(small(3, 5), nets.images())


def test_all_methods_of_the_suite_are_here():
    assert set(HEATMAPS) >= {
        "deconvnet",
        "grad_cam",
        "gradient_input",
        "gradient_shap",
        "guided_backprop",
        "guided_grad_cam",
        "integrated_gradients",
        "kernel_shap",
        "occlusion",
        "saliency",
        "saliency_segmentation",
        "smooth_grad",
    }


@pytest.mark.parametrize("name", HEATMAPS)
def test_a_class_that_the_model_does_not_have_is_refused_with_those_it_has(net, name):
    with pytest.raises(ParamsError, match=rf"{name}: target must be in 0 … 4, got 5"):
        cnnviz.run(name, net, nets.images(), target=5)
    with pytest.raises(ParamsError, match="target"):
        cnnviz.run(name, net, nets.images(), target=-1)


@pytest.mark.parametrize("name", LAYERED)
def test_a_unit_that_is_not_there_is_refused_in_a_sentence(net, name):
    refused = [
        ({"layer": "3", "channel": 4}, ParamsError, r"channel of '3' must be in 0 … 3, got 4"),
        ({"layer": "conv9", "channel": 0}, MissingError, "has no layer 'conv9'; "),
        ({"channel": 0}, ParamsError, "need a layer"),
        ({"layer": "3", "channel": 0, "target": 1}, ParamsError, "not both"),
        ({"layer": "3", "channel": 0, "position": (8, 0)}, ParamsError, "position must lie in"),
    ]
    for params, kind, message in refused:
        with pytest.raises(kind, match=message):
            cnnviz.run(name, net, nets.images(), **params)


@pytest.mark.parametrize("name", HEATMAPS)
@pytest.mark.parametrize("value", [0.0, 0.7])
def test_images_of_one_colour_give_maps_of_numbers(net, name, value):
    record = cnnviz.run(name, net, torch.full((2, 3, 16, 16), value), target=1)
    assert record.arrays["map"].shape == (2, 16, 16)
    assert np.isfinite(record.arrays["map"]).all()


@pytest.mark.parametrize("name", HEATMAPS)
def test_a_model_that_nothing_changes_gives_empty_maps(name):
    model = small(3, 5)
    with torch.no_grad():
        model[-1].weight.zero_()
    record = cnnviz.run(name, model, nets.images(2), target=2)
    np.testing.assert_allclose(record.arrays["map"], 0, atol=1e-6)
    assert re.search(r"example 0(, 1)?.*(zero everywhere|nothing is cut out)", record.facts["note"])


@pytest.mark.parametrize("name", HEATMAPS)
def test_a_model_with_broken_weights_gives_maps_that_say_so(name):
    model = small(3, 5)
    with torch.no_grad():
        model[-1].weight.fill_(torch.nan)
    record = cnnviz.run(name, model, nets.images(2), target=2)
    assert re.search("no numbers|not finite", record.facts["note"])


@pytest.mark.parametrize("name", HEATMAPS)
@pytest.mark.parametrize(("channels", "classes"), [(1, 1), (4, 1), (1, 3), (2, 2)])
def test_one_class_and_any_number_of_colours_will_do(name, channels, classes):
    record = cnnviz.run(name, small(channels, classes), nets.images(2, channels, 12, 9))
    assert record.arrays["map"].shape == (2, 12, 9)
    assert np.isfinite(record.arrays["map"]).all()


@pytest.mark.parametrize("name", HEATMAPS)
def test_an_image_of_one_pixel_is_explained_or_refused_in_words(name):
    model = nets.seeded(
        lambda: nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(), nn.Flatten(), nn.Linear(4, 2))
    )
    if name in {"grad_cam", "guided_grad_cam"}:
        with pytest.raises(UnsuitableError, match="no convolution whose output has places"):
            cnnviz.run(name, model, nets.images(2, 3, 1, 1), target=1)
    else:
        record = cnnviz.run(name, model, nets.images(2, 3, 1, 1), target=1)
        assert record.arrays["map"].shape == (2, 1, 1)


@pytest.mark.parametrize("name", HEATMAPS)
@pytest.mark.parametrize(
    ("images", "message"),
    [
        (torch.zeros(2, 3, 16, 16, dtype=torch.uint8), "must be floats"),
        (torch.full((1, 3, 16, 16), torch.nan), "must be finite"),
        (torch.zeros(3, 16, 16), "must be a batch"),
        (torch.zeros(1, 4, 16, 16), "takes 3-channel images"),
    ],
)
def test_images_that_do_not_fit_are_refused_in_a_sentence(net, name, images, message):
    with pytest.raises(CnnvizError, match=message):
        cnnviz.run(name, net, images, target=0)
