from __future__ import annotations

import copy
import warnings

import captum.attr
import numpy as np
import pytest
import torch
import torchvision
import zennit.attribution
import zennit.composites
import zennit.rules
from torch import nn

import cnnviz
from cnnviz.core.context import Context
from cnnviz.core.execute import execute
from cnnviz.core.requests import method
from cnnviz.errors import MissingError, ParamsError, UnsuitableError
from cnnviz.graph import capture
from tests import nets
from tests.core.networks import images, plain
from tests.methods.rewritten import slow_gradient, with_modules

RULES = ["guided_backprop", "deconvnet"]
CAPTUM = {
    "guided_backprop": captum.attr.GuidedBackprop,
    "deconvnet": captum.attr.Deconvolution,
}
ZENNIT = {
    "guided_backprop": zennit.rules.ReLUGuidedBackprop,
    "deconvnet": zennit.rules.ReLUDeconvNet,
}
TARGET = 2

pytestmark = pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU:UserWarning")


def captums(model, x, rule, target=TARGET):
    return CAPTUM[rule](model).attribute(x.clone().requires_grad_(), target=target).detach()


def zennits(model, x, rule, target=TARGET):
    composite = zennit.composites.LayerMapComposite([(nn.ReLU, ZENNIT[rule]())])
    with zennit.attribution.Gradient(copy.deepcopy(model), composite) as attributor:
        scores = torch.zeros(len(x), nets.CLASSES, dtype=x.dtype)
        scores[:, target] = 1
        return attributor(x.clone(), scores)[1]


def strongest(gradient):
    """Per pixel the colour of the largest magnitude, by a loop over the colours."""
    found = gradient[:, 0].clone()
    for colour in range(1, gradient.shape[1]):
        stronger = gradient[:, colour].abs() > found.abs()
        found[stronger] = gradient[:, colour][stronger]
    return found.numpy()


def ours(model, x, rule, **params):
    params = params or {"target": TARGET}
    return cnnviz.run(rule, model, x, **params)


@pytest.mark.parametrize("rule", RULES)
def test_on_modules_it_equals_captum_and_zennit_to_the_last_bit(rule):
    model, x = nets.sequential().double().eval(), nets.images().double()
    record = ours(model, x, rule)
    assert np.array_equal(record.arrays["map"], strongest(captums(model, x, rule)))
    assert np.array_equal(record.arrays["map"], strongest(zennits(model, x, rule)))
    assert record.facts["rectifiers"] == "2 of 2"
    assert "last layers" in record.facts["caution"]
    assert record.facts["signed"] is True


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", ["functional", "shared", "in_place", "residual", "depthwise"])
def test_in_any_spelling_it_equals_a_copy_whose_rectifiers_follow_the_paper(name, rule):
    model, x = getattr(nets, name)().double().eval(), nets.images().double()
    slow = slow_gradient(model, x, TARGET, rule)
    np.testing.assert_allclose(
        ours(model, x, rule).arrays["map"], strongest(slow), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("rule", RULES)
def test_on_functions_it_equals_captum_on_a_copy_rewritten_with_modules(rule):
    model, x = nets.functional().double().eval(), nets.images().double()
    expected = captums(with_modules(model), x, rule)
    assert np.array_equal(ours(model, x, rule).arrays["map"], strongest(expected))
    assert not np.array_equal(strongest(captums(model, x, rule)), strongest(expected))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("position", [None, (1, 2)])
def test_a_unit_is_explained_through_the_rectifiers_before_it(rule, position):
    model, x = nets.sequential().double().eval(), nets.images().double()
    record = ours(model, x, rule, layer="4", channel=3, position=position)
    head = nn.Sequential(*model[:5], Unit(3, position))
    assert np.array_equal(record.arrays["map"], strongest(captums(head, x, rule, target=0)))
    assert record.facts["rectifiers"] == "1 of 1"
    assert record.layer == "4"


class Unit(nn.Module):
    def __init__(self, channel, position):
        super().__init__()
        self.channel, self.position = channel, position

    def forward(self, maps):
        chosen = maps[:, self.channel]
        if self.position is None:
            return chosen.mean((1, 2))[:, None]
        return chosen[:, self.position[0], self.position[1]][:, None]


def test_before_the_first_rectifier_it_says_that_it_is_the_plain_gradient():
    record = ours(plain(), images(), "guided_backprop", layer="0", channel=1)
    assert record.facts["rectifiers"] == "0 of 0"
    assert "plain gradient" in record.facts["note"]


@pytest.mark.parametrize("rule", RULES)
def test_saliency_beside_it_is_not_touched_by_the_rule(rule):
    net = capture(plain(), images())
    alone = cnnviz.run("saliency", net, images(), target=1).arrays["map"]
    requests = [
        method(rule, target=1),
        method("saliency", target=1),
        method("saliency", layer="4", channel=0),
    ]
    done = execute(requests, Context(net, images()), on_error="raise").results
    assert np.array_equal(done[1].result.arrays["map"], alone)


@pytest.mark.parametrize("rule", RULES)
def test_a_network_without_rectifiers_is_refused_with_the_reason(rule):
    with pytest.raises(UnsuitableError, match=f"{rule} does not suit.* 1 × SiLU, the first at"):
        ours(nets.dict_output(), nets.images(), rule)
    linear = nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 2))
    with pytest.raises(UnsuitableError, match="has none"):
        ours(linear, nets.images(), rule, target=1)


def test_a_nonlinearity_that_only_hooks_see_past_is_found_on_the_way():
    class Hidden(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4, 3)

        def forward(self, x):
            if float(x.detach().sum()) > 1e9:
                return self.head(x.mean((2, 3)))
            return self.head(nn.functional.silu(self.conv(x)).mean((2, 3)))

    with pytest.raises(UnsuitableError, match="1 × SiLU"):
        ours(Hidden(), nets.images(), "guided_backprop")


def test_targets_and_units_that_are_not_there_are_named():
    net = capture(plain(), images())
    with pytest.raises(ParamsError, match="target must be in 0 … 4, got 9"):
        ours(net, images(), "guided_backprop", target=9)
    with pytest.raises(ParamsError, match="channel of '4' must be in 0 … 7, got 8"):
        ours(net, images(), "deconvnet", layer="4", channel=8)
    with pytest.raises(MissingError, match="no layer"):
        ours(net, images(), "deconvnet", layer="conv9", channel=0)


RECTIFIERS = {
    "alexnet": 7,
    "vgg11": 10,
    "resnet18": 17,
    "resnet50": 49,
    "squeezenet1_1": 26,
    "shufflenet_v2_x1_0": 37,
    "mnasnet1_0": 35,
    "regnet_y_400mf": 65,
    "densenet121": 121,
    "googlenet": 57,
    "inception_v3": 94,
    "mobilenet_v2": 35,
}
REFUSED = {
    "mobilenet_v3_large": "Hardswish",
    "efficientnet_b0": "49 × SiLU",
    "convnext_tiny": "18 × GELU",
}


def torchvisions(name):
    torch.manual_seed(0)
    build = getattr(torchvision.models, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        more = {"init_weights": False} if name in {"googlenet", "inception_v3"} else {}
        model = build(weights=None, num_classes=10, **more).double().eval()
    if name in {"alexnet", "vgg11"}:  # wide heads of 100 million weights tell nothing more
        wide = model.classifier
        for place, layer in enumerate(wide):
            if isinstance(layer, nn.Linear):
                sizes = (min(layer.in_features, 9216), min(layer.out_features, 32))
                wide[place] = nn.Linear(sizes[0] if place < 2 else 32, sizes[1]).double()
        wide[1 if name == "alexnet" else 0] = nn.LazyLinear(32).double()
        model(torch.zeros(1, 3, 64, 64, dtype=torch.float64))
    return model


@pytest.mark.slow
@pytest.mark.parametrize("name", RECTIFIERS)
def test_every_rectifier_of_torchvisions_networks_is_met(name):
    model = torchvisions(name)
    x = images(1, size=80 if name == "inception_v3" else 64).double()
    net = capture(model, x)
    for rule in RULES:
        record = ours(net, x, rule)
        known = RECTIFIERS[name]
        assert record.facts["rectifiers"] == f"{known} of {known}"
        if name == "mobilenet_v2":
            expected = slow_gradient(model, x, TARGET, rule)
        else:
            expected = captums(with_modules(model), x, rule)
        expected = strongest(expected)
        scale = np.abs(expected).max()
        assert scale > 0
        np.testing.assert_allclose(record.arrays["map"], expected, rtol=0, atol=1e-12 * scale)


@pytest.mark.slow
@pytest.mark.parametrize("name", REFUSED)
def test_networks_that_the_rules_do_not_define_are_refused(name):
    x = images(1, size=64).double()
    net = capture(torchvisions(name), x)
    for rule in RULES:
        with pytest.raises(UnsuitableError, match=REFUSED[name]):
            ours(net, x, rule)
