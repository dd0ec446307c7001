from __future__ import annotations

import torch

from cnnviz.contract.layers import Layer
from cnnviz.ops.channels import channels_first, channels_last_layers, is_spatial


def layer(name: str, kind: str, shape: list[int], **facts: bool) -> Layer:
    return Layer(name=name, kind=kind, shape=shape, **facts)


def test_layers_after_a_linear_one_on_maps_have_their_channels_last():
    layers = [
        layer("conv", "conv2d", [4, 5, 5]),
        layer("relu", "relu", [4, 5, 5], nonlinearity=True),
        layer("wide", "linear", [5, 5, 16]),
        layer("gelu", "gelu", [5, 5, 16], nonlinearity=True),
        layer("narrow", "linear", [5, 5, 4]),
        layer("next", "conv2d", [4, 5, 5]),
        layer("relu2", "relu", [4, 5, 5], nonlinearity=True),
        layer("head", "linear", [10]),
    ]
    assert channels_last_layers(layers) == {"wide", "gelu", "narrow"}


def test_outputs_are_turned_so_that_channels_come_second():
    assert channels_first(torch.zeros(2, 5, 6, 16), last=True).shape == (2, 16, 5, 6)
    assert channels_first(torch.zeros(2, 16, 5, 6), last=False).shape == (2, 16, 5, 6)
    assert channels_first(torch.zeros(2, 7, 16), last=False).shape == (2, 16, 7)
    assert channels_first(torch.zeros(2, 16), last=False).shape == (2, 16)
    assert channels_first(torch.zeros(2), last=False).shape == (2, 1)


def test_a_single_position_is_not_spatial():
    assert is_spatial(layer("a", "relu", [4, 2, 1]))
    assert not is_spatial(layer("b", "relu", [4, 1, 1]))
    assert not is_spatial(layer("c", "relu", [4]))
