from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.core.style_layers import content_layer, style_layers
from cnnviz.core.style_loss import Dream, StyleLoss, content_terms, style_terms
from cnnviz.errors import UnsuitableError
from cnnviz.graph import capture
from cnnviz.ops.images import Normalize
from cnnviz.ops.pixels import pixel_space
from tests.core.networks import images, plain

NORMALIZE = Normalize((0.5, 0.4, 0.6), (0.25, 0.3, 0.2))
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def net():
    return capture(plain().double().eval(), images().double())


@pytest.fixture(scope="module")
def space():
    return pixel_space(NORMALIZE, images(), device=CPU, dtype=torch.float64)


@pytest.fixture(scope="module")
def pixels(space):
    return space.from_input(images(4).double())


def loss_of(net, space, pixels, scaling, **more):
    content = content_terms(
        net, space, pixels[:1], ["5"], weights=[2.0], weight=3.0, scaling=scaling
    )
    style = style_terms(
        net,
        space,
        [pixels[1:2], pixels[2:3, :, :8]],
        ["2", "5"],
        blend=[3.0, 1.0],
        weights=[1.0, 4.0],
        weight=10.0,
        scaling=scaling,
    )
    return StyleLoss(net, space, content + style, **more)


def literal(net, space, pixels, at, scaling):
    """The same from the features alone, in NumPy."""

    def features(one):
        found = net.features(space.to_input(one), ["2", "5"])
        return {name: value.numpy(force=True)[0] for name, value in found.items()}

    def matrix(maps):
        flat = maps.reshape(len(maps), -1)
        return flat @ flat.T / flat.shape[1]

    now, content = features(at), features(pixels[:1])["5"]
    styles = [features(pixels[1:2]), features(pixels[2:3, :, :8])]
    gap = ((now["5"] - content) ** 2).sum()
    relative = scaling == "relative"
    total = 3 * gap / ((content**2).sum() if relative else content.size)
    for name, share in (("2", 1.0), ("5", 4.0)):
        target = 0.75 * matrix(styles[0][name]) + 0.25 * matrix(styles[1][name])
        gap = ((matrix(now[name]) - target) ** 2).sum()
        scale = (target**2).sum() if relative else target.size
        total += 10 * (share / 5 if relative else share) * gap / scale
    return total


@pytest.mark.parametrize("scaling", ["relative", "gatys"])
def test_the_loss_equals_a_literal_version(net, space, pixels, scaling):
    loss = loss_of(net, space, pixels, scaling)
    value, _ = loss.evaluate(pixels[3:])
    assert value == pytest.approx(literal(net, space, pixels, pixels[3:], scaling), rel=1e-8)


@pytest.mark.parametrize("more", [{}, {"tv": 2.0}, {"dream": Dream("4", 0.3, 7.0)}])
def test_the_gradient_equals_finite_differences(net, space, pixels, more):
    loss = loss_of(net, space, pixels, "relative", **more)
    at = pixels[3:]
    _, gradient = loss.evaluate(at)
    random = torch.Generator().manual_seed(2)
    for _ in range(4):
        way = torch.randn(at.shape, generator=random, dtype=torch.float64)
        up, down = (loss.evaluate(at + sign * 1e-4 * way)[0] for sign in (1, -1))
        np.testing.assert_allclose(float((gradient * way).sum()), (up - down) / 2e-4, rtol=1e-5)


def test_the_errors_are_relative_to_the_targets(net, space, pixels):
    loss = loss_of(net, space, pixels, "relative")
    errors = loss.errors(pixels[3:])
    assert 3 * errors[0] + 2 * errors[1] + 8 * errors[2] == pytest.approx(
        loss.evaluate(pixels[3:])[0], rel=1e-9
    )
    assert loss.errors(pixels[:1])[0] == 0


def vgg(*widths):
    """Rectifiers as in VGG-19: two, two, four, four, four, each after a convolution."""
    parts: list[nn.Module] = []
    channels = 3
    for width, count in zip(widths, (2, 2, 4, 4, 4), strict=True):
        for _ in range(count):
            parts += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        parts.append(nn.MaxPool2d(2))
    return nn.Sequential(*parts, nn.Flatten(), nn.Linear(channels, 5))


def test_the_default_layers_of_a_vgg_are_the_published_ones():
    net = capture(vgg(2, 2, 3, 3, 4), torch.zeros(1, 3, 32, 32))
    # relu1_1, relu2_1, relu3_1, relu4_1, relu5_1 and relu4_2 in torchvision's numbers.
    assert style_layers(net) == ["1", "6", "11", "20", "29"]
    assert content_layer(net) == "22"


def test_a_network_without_maps_knows_no_style():
    net = capture(nn.Sequential(nn.Flatten(), nn.Linear(12, 3)), torch.zeros(1, 3, 2, 2))
    with pytest.raises(UnsuitableError, match="knows no style"):
        style_layers(net)
