from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from cnnviz.core.randomised import cascade, layers_from_the_top
from cnnviz.errors import MissingError
from cnnviz.graph import capture
from tests import nets
from tests.core.networks import NETWORKS, images, state_of


def random():
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize("name", NETWORKS)
def test_layers_are_drawn_anew_from_the_top_in_a_copy(name):
    model = NETWORKS[name]()
    net = capture(model, images())
    before = state_of(model)
    scores, weights = net(images()), net.weights()
    order = layers_from_the_top(net)
    kernels = [net.layer(layer).weights[0] for layer in order]
    for count, drawn in enumerate(cascade(net, range(1, len(order) + 1), random()), start=1):
        assert drawn.layers == order[:count]
        now = drawn.net.weights()
        changed = {key for key in now if not torch.equal(now[key], weights[key])}
        assert set(kernels[:count]) <= changed
        assert not set(kernels[count:]) & changed
        assert not torch.allclose(drawn.net(images()), scores)
        assert torch.equal(net(images()), scores)
    assert state_of(model) == before


def test_a_deeper_step_keeps_what_was_drawn_before():
    net = capture(nets.residual(), nets.images())
    first, second = cascade(net, [1, 3], random())
    kernel = net.layer(first.layers[0]).weights[0]
    assert torch.equal(first.net.weight(kernel), second.net.weight(kernel))


def test_a_kernel_keeps_its_scale_and_a_normalisation_its_values():
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(3, 64, 5),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, 4),
    )
    model[1].running_var.uniform_(0.5, 2)
    net = capture(model, images())
    (drawn,) = cascade(net, [2], random())
    kernel, fresh = net.weight("0.weight"), drawn.net.weight("0.weight")
    assert fresh.std() == pytest.approx(float(kernel.std()), rel=0.05)
    before, after = net.weights()["1.running_var"], drawn.net.weights()["1.running_var"]
    assert not torch.equal(before, after)
    assert torch.equal(before.sort().values, after.sort().values)


def test_a_kernel_of_zeros_is_drawn_too():
    model = nets.sequential()
    with torch.no_grad():
        model[8].weight.zero_()
    (drawn,) = cascade(capture(model, nets.images()), [1], random())
    assert drawn.net.weight("8.weight").std() > 0


def test_a_weight_that_two_layers_share_stays_shared():
    model = nets.shared()
    net = capture(model, nets.images())
    assert len(layers_from_the_top(net)) == 3  # stem, conv (called twice), fc
    *_, drawn = cascade(net, [1, 2], random())
    assert len(drawn.layers) == 2


def test_a_computed_kernel_is_drawn_by_what_it_is_computed_from():
    torch.manual_seed(0)
    model = nn.Sequential(
        parametrizations.weight_norm(nn.Conv2d(3, 4, 3)),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 3),
    )
    net = capture(model, images())
    before = net.weight(net.layer(layers_from_the_top(net)[1]).weights[0])
    (drawn,) = cascade(net, [2], random())
    after = drawn.net.weight(net.layer(drawn.layers[1]).weights[0])
    assert not torch.allclose(before, after)


def test_only_layers_below_a_unit_are_drawn():
    net = capture(nets.sequential(), nets.images())
    assert layers_from_the_top(net) == ["8", "4", "0"]
    assert layers_from_the_top(net, "5") == ["4", "0"]


def test_a_weight_that_is_not_there_replaces_nothing():
    net = capture(nets.sequential(), nets.images())
    with pytest.raises(MissingError, match="no weight 'nowhere'"):
        net.with_weights({"nowhere": torch.zeros(1)})
