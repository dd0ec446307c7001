from __future__ import annotations

import numpy as np
import pytest
import torch
import torchvision
from torch import nn
from torchvision.models.feature_extraction import create_feature_extractor

from cnnviz.contract.layers import Layer
from cnnviz.core.context import Context
from cnnviz.core.execute import execute
from cnnviz.core.requests import method, parse_requests
from cnnviz.errors import MissingError, ParamsError
from cnnviz.graph import capture
from cnnviz.methods.activations import choose_layers
from tests.core.networks import images, inplace, plain


def records(net, x, **params):
    (request,) = parse_requests([method("activations", **params)], net)
    execution = execute([request], Context(net, x), on_error="raise")
    return {done.result.layer: done.result for done in execution.results}


@pytest.fixture(scope="module")
def resnet():
    torch.manual_seed(0)
    model = torchvision.models.resnet18(weights=None, num_classes=10)
    x = torch.rand(3, 3, 64, 48)
    return model, x, capture(model, x)


def test_they_equal_torchvisions_feature_extractor_to_the_last_bit(resnet):
    model, x, net = resnet
    ours = records(net, x)
    assert len(ours) == 17
    names = {name.replace(":", "_"): name for name in ours}
    extractor = create_feature_extractor(model.eval(), list(names))
    for node, expected in extractor(x).items():
        got = ours[names[node]].arrays["activations"]
        assert np.array_equal(got, expected.detach().numpy()), node
    model.train()


def test_in_place_layers_do_not_overwrite_what_is_shown():
    x = images()
    names = ["0", "1", "2", "4", "5"]
    kept = records(capture(inplace(), x), x, layers=names)
    clean = records(capture(plain(), x), x, layers=names)
    for name in names:
        assert np.array_equal(kept[name].arrays["activations"], clean[name].arrays["activations"])
    assert kept["1"].arrays["activations"].min() < 0


def test_as_many_examples_are_kept_as_fit_and_the_facts_say_how_many(resnet):
    _, x, net = resnet
    one = sum(r.arrays["activations"][:1].nbytes for r in records(net, x).values())
    for room, kept in [(3 * one, 3), (3 * one - 1, 2), (one, 1)]:
        names = list(records(net, x))
        found = records(net, x, layers=names, max_bytes=room)
        assert {r.facts["examples"] for r in found.values()} == {kept}
        assert {r.facts["examples_total"] for r in found.values()} == {3}
        assert {len(r.arrays["activations"]) for r in found.values()} == {kept}
        assert sum(r.arrays["activations"].nbytes for r in found.values()) <= room


def test_all_layers_and_vectors_can_be_asked_for():
    x = images()
    net = capture(plain(), x)
    found = records(net, x, layers="all")
    assert list(found) == [layer.name for layer in net.layers if not layer.container]
    assert found["9"].arrays["activations"].shape == (3, 5)
    assert np.array_equal(found["9"].arrays["activations"], net(x).detach().numpy())


@pytest.mark.parametrize("layers", [["3", "layer9"], "some"])
def test_layers_that_are_not_there_are_refused(layers):
    net = capture(plain(), images())
    with pytest.raises((MissingError, ParamsError)):
        parse_requests([method("activations", layers=layers)], net)


def relu(name: str, *shape: int) -> Layer:
    return Layer(name=name, kind="relu", shape=list(shape), rectifier=True, nonlinearity=True)


def conv(name: str, *shape: int) -> Layer:
    return Layer(name=name, kind="conv2d", shape=list(shape))


def names(layers):
    return [layer.name for layer in layers]


def test_the_automatic_choice_is_every_nonlinearity_with_positions():
    layers = [conv("c", 4, 8, 8), relu("a", 4, 8, 8), relu("gate", 4, 1, 1), relu("v", 16)]
    assert names(choose_layers(layers, 10**6)) == ["a"]


def test_without_such_a_nonlinearity_it_is_the_last_convolution_or_the_vectors():
    assert names(choose_layers([conv("c", 4, 8, 8), conv("d", 4, 4, 4), relu("v", 9)], 1)) == ["d"]
    assert names(choose_layers([relu("u", 9), relu("v", 9)], 1)) == ["u", "v"]
    assert names(choose_layers([Layer(name="out", kind="linear", shape=[3])], 1)) == ["out"]
    assert choose_layers([], 1) == []


def test_a_network_of_very_many_keeps_ends_of_stages_then_of_blocks_then_some_of_the_rest():
    layers = [
        relu(f"stage{s}.block{b}.relu{r}", 4, 16 >> s, 16 >> s)
        for s in range(2)
        for b in range(3)
        for r in range(3)
    ]
    total = 9 * 4 * (256 + 64)
    assert len(choose_layers(layers, total)) == 18
    ends = ["stage0.block0.relu0", "stage0.block2.relu2", "stage1.block2.relu2"]
    assert names(choose_layers(layers, 2400)) == ends
    assert names(choose_layers(layers, 1)) == ends
    blocks = {f"stage{s}.block{b}.relu2" for s in range(2) for b in range(3)}
    chosen = choose_layers(layers, total * 3 // 4)
    assert blocks <= set(names(chosen))
    assert chosen == [layer for layer in layers if layer in chosen]
    assert sum(4 * layer.shape[1] ** 2 for layer in chosen) <= total * 3 // 4


def test_channels_that_come_last_are_turned_to_the_front():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.wide = nn.Linear(3, 8)
            self.act = nn.GELU()
            self.head = nn.Linear(8, 2)

        def forward(self, x):
            return self.head(self.act(self.wide(x.permute(0, 2, 3, 1))).mean((1, 2)))

    torch.manual_seed(0)
    model, x = Block(), images()
    (result,) = records(capture(model, x), x).values()
    expected = nn.functional.gelu(model.wide(x.permute(0, 2, 3, 1))).permute(0, 3, 1, 2)
    assert np.array_equal(result.arrays["activations"], expected.detach().numpy())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "size", "at_least", "kinds"),
    [
        ("vgg11", 64, 8, {"relu"}),
        ("efficientnet_b0", 64, 30, {"silu"}),
        ("convnext_tiny", 64, 18, {"gelu"}),
    ],
)
def test_the_automatic_choice_on_well_known_networks(name, size, at_least, kinds):
    model = getattr(torchvision.models, name)(weights=None)
    x = torch.rand(2, 3, size, size)
    net = capture(model, x)
    found = records(net, x)
    assert len(found) >= at_least
    assert {net.layer(layer).kind for layer in found} == kinds
    for layer, result in found.items():
        shape = result.arrays["activations"].shape
        assert shape[0] == 2, layer
        assert shape[2] == shape[3], layer
