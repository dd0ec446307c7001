from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import torchvision
from captum.attr import LayerGradCam
from torch import nn

import cnnviz
from cnnviz.core.context import Context
from cnnviz.core.execute import execute
from cnnviz.core.forward import CommonPass
from cnnviz.core.requests import method
from cnnviz.errors import CnnvizError, MissingError, ParamsError, UnsuitableError
from cnnviz.graph import capture
from cnnviz.ops.class_activation import last_feature_map
from tests import nets


@pytest.mark.parametrize(("layer", "module"), [(None, 5), ("4", 4), ("2", 2)])
def test_it_equals_captums_interpolated_bilinearly(layer, module):
    model, x = nets.sequential().double().eval(), nets.images(height=12, width=16).double()
    small = LayerGradCam(model, model[module]).attribute(x, target=1, relu_attributions=True)
    expected = F.interpolate(small, size=(12, 16), mode="bilinear")[:, 0].detach()
    record = cnnviz.run("grad_cam", model, x, target=1, layer=layer)
    np.testing.assert_allclose(record.arrays["map"], expected, rtol=0, atol=1e-10)
    assert record.layer == str(module)
    size = " × ".join(map(str, small.shape[2:]))
    assert record.facts["note"] == f"enlarged from {size}, bilinear"


def test_where_a_pool_and_a_linear_layer_follow_it_is_the_class_activation_map():
    model, x = nets.residual().double().eval(), nets.images().double()
    record = cnnviz.run("grad_cam", model, x, target=3)
    with torch.no_grad():
        maps = model.layer1(model.stem(x))
        cam = torch.einsum("k,nkhw->nhw", model.fc.weight[3], maps).clamp(min=0) / 64
        expected = F.interpolate(cam[:, None], size=(16, 16), mode="bilinear")[:, 0]
    np.testing.assert_allclose(record.arrays["map"], expected, rtol=0, atol=1e-12)


LAST = {
    "resnet18": "layer4.1.relu:1",
    "vgg11": "features.19",
    "mobilenet_v2": "features.18.2",
    "densenet121": "relu",
    "squeezenet1_1": "classifier.2",
    "googlenet": "inception5b.cat",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LAST)
def test_the_last_feature_map_is_the_one_before_the_places_are_pooled_away(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        more = {"init_weights": False} if name == "googlenet" else {}
        model = getattr(torchvision.models, name)(weights=None, **more).eval()
    net = capture(model, torch.rand(1, 3, 96, 96))
    assert last_feature_map(net.layers) == LAST[name]


def test_one_backward_pass_serves_saliency_gradient_input_and_grad_cam(monkeypatch):
    x = nets.images()
    net = capture(nets.residual(), x)
    backward = torch.autograd.grad
    passes = []

    def counted(*args, **kwargs):
        passes.append(len(args[1]))
        return backward(*args, **kwargs)

    monkeypatch.setattr(torch.autograd, "grad", counted)
    names = ["grad_cam", "saliency", "gradient_input"]
    together = execute([method(name) for name in names], Context(net, x), on_error="raise")
    assert passes == [2]
    for name, done in zip(names, together.results, strict=True):
        alone = cnnviz.run(name, net, x).arrays["map"]
        assert np.array_equal(done.result.arrays["map"], alone)


def test_alone_it_goes_back_no_further_than_its_layer(monkeypatch):
    x = nets.images()
    net = capture(nets.sequential(), x)
    derived = []
    backward = torch.autograd.grad

    def watched(objective, inputs, **kwargs):
        derived.extend(tensor.shape[1] for tensor in inputs)
        return backward(objective, inputs, **kwargs)

    monkeypatch.setattr(torch.autograd, "grad", watched)
    cnnviz.run("grad_cam", net, x)
    assert derived == [8]


def test_a_layer_that_nobody_announced_is_not_derived_by():
    x = nets.images()
    common = CommonPass(capture(nets.sequential(), x), x, taps=["5"], gradient=True)
    with pytest.raises(CnnvizError, match="gradient_layers"):
        common.layer_gradient("5", [0, 0, 0])


def test_what_has_no_feature_maps_is_refused():
    x = nets.images()
    linear = nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 2))
    with pytest.raises(UnsuitableError, match="no convolution whose output has places"):
        cnnviz.run("grad_cam", linear, x)
    with pytest.raises(UnsuitableError, match=r"layer '8' gives \[5\], expected feature maps"):
        cnnviz.run("grad_cam", nets.sequential(), x, layer="8")
    with pytest.raises(MissingError, match="no layer 'conv9'"):
        cnnviz.run("grad_cam", nets.sequential(), x, layer="conv9")
    with pytest.raises(ParamsError, match="target must be in 0 … 4, got 5"):
        cnnviz.run("grad_cam", nets.sequential(), x, target=5)


def test_a_class_that_nothing_speaks_for_has_an_empty_map():
    model, x = nets.sequential().eval(), nets.images()
    with torch.no_grad():
        model[8].weight[1] = -1.0
    assert not cnnviz.run("grad_cam", model, x, target=1).arrays["map"].any()
