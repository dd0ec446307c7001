from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.contract.layers import Layer
from cnnviz.core.context import Context
from cnnviz.core.execute import execute
from cnnviz.core.requests import method
from cnnviz.graph import capture
from cnnviz.methods.filters import by_output_channel
from tests.core.networks import functional, images


class ManyKinds(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 100, 3, padding=1)
        self.deep = nn.Conv2d(100, 72, 3, padding=1)
        self.depthwise = nn.Conv2d(72, 72, 3, padding=1, groups=72)
        self.grouped = nn.Conv2d(72, 12, (1, 3), padding=(0, 1), groups=6)
        self.point = nn.Conv2d(12, 6, 1)
        self.up = nn.ConvTranspose2d(6, 8, 2, stride=2, groups=2)
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        for layer in (self.first, self.deep, self.depthwise, self.grouped, self.point, self.up):
            x = layer(x).relu()
        return self.head(x.mean((2, 3)))


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return ManyKinds()


@pytest.fixture(scope="module")
def net(model):
    return capture(model, images())


def records(net, **params):
    execution = execute([method("filters", **params)], Context(net, images()), on_error="raise")
    return {done.result.layer: done.result for done in execution.results}


def test_every_convolution_gives_its_exact_weights_in_forward_order(model, net):
    found = records(net, max_filters=1000, max_slices=1000)
    assert list(found) == ["first", "deep", "depthwise", "grouped", "point", "up"]
    for name, result in found.items():
        weight = getattr(model, name).weight.detach().numpy()
        if name != "up":
            assert np.array_equal(result.arrays["weights"], weight)


def test_the_first_layer_is_whole_and_the_others_bounded_and_both_say_so(net):
    found = records(net)
    assert found["first"].arrays["weights"].shape == (100, 3, 3, 3)
    assert found["first"].facts["rgb"]
    deep = found["deep"]
    assert deep.arrays["weights"].shape == (64, 64, 3, 3)
    facts = {k: deep.facts[k] for k in deep.facts if k.endswith(("shown", "total"))}
    assert facts == {
        "filters_shown": 64,
        "filters_total": 72,
        "slices_shown": 64,
        "slices_total": 100,
    }
    assert not deep.facts["rgb"]


@pytest.mark.parametrize(
    ("name", "shape", "groups"),
    [
        ("depthwise", (64, 1, 3, 3), 72),
        ("grouped", (12, 12, 1, 3), 6),
        ("point", (6, 12, 1, 1), 1),
        ("up", (8, 3, 2, 2), 2),
    ],
)
def test_a_filter_has_the_slices_that_it_sees(net, name, shape, groups):
    result = records(net)[name]
    assert result.arrays["weights"].shape == shape
    assert result.facts["groups"] == groups


@pytest.mark.parametrize("groups", [1, 3])
def test_a_transposed_filter_is_what_one_output_channel_is_made_with(groups):
    convolution = nn.ConvTranspose2d(6, 9, 3, groups=groups, bias=False)
    filters = by_output_channel(convolution.weight, groups=groups, transposed=True)
    # One input channel alone at one position prints its slice on each output channel of its group.
    for channel in range(6):
        x = torch.zeros(1, 6, 1, 1)
        x[0, channel] = 1
        group, place = divmod(channel, 6 // groups)
        expected = torch.zeros(9, 3, 3)
        outputs = slice(group * (9 // groups), (group + 1) * (9 // groups))
        expected[outputs] = filters[outputs, place]
        assert torch.equal(convolution(x)[0], expected)


def test_a_convolution_that_is_called_twice_is_shown_once():
    net = capture(functional(), images())
    assert list(records(net)) == ["stem", "shared"]


def test_chosen_layers_only(net):
    assert list(records(net, layers=["point", "deep"])) == ["deep", "point"]


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_filters_of_other_than_three_colours_are_slices(channels):
    model = nn.Sequential(nn.Conv2d(channels, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 2))
    x = torch.rand(2, channels, 6, 6)
    execution = execute([method("filters")], Context(capture(model, x), x), on_error="raise")
    (done,) = execution.results
    assert done.result.arrays["weights"].shape == (4, channels, 3, 3)
    assert not done.result.facts["rgb"]


def test_a_parametrised_weight_is_shown_as_the_convolution_uses_it():
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3)),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 2),
    )
    with torch.no_grad():
        model[0].parametrizations.weight.original0.mul_(3)
    (result,) = records(capture(model, images())).values()
    np.testing.assert_allclose(
        result.arrays["weights"], model[0].weight.detach().numpy(), rtol=1e-6
    )


def test_layers_know_what_the_weights_layout_is(net):
    up: Layer = net.layer("up")
    assert up.transposed
