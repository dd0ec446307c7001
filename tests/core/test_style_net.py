from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.core.style_net import (
    ConditionalInstanceNorm,
    StyleNetwork,
    blended_styles,
    single_style,
)
from cnnviz.graph import capture
from cnnviz.ops.median import median_of_nine


def seeded(count=3, **more):
    """A network of several styles whose parameters all differ."""
    torch.manual_seed(0)
    network = StyleNetwork(width=4, blocks=2, styles=count, **more)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return network.double()


@pytest.fixture(scope="module")
def network():
    return seeded()


@pytest.fixture(scope="module")
def pictures():
    return torch.rand(2, 3, 13, 18, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def graph(network):
    plain = StyleNetwork(width=4, blocks=2, styles=None).double()
    weights, _ = single_style(network)
    plain.load_state_dict(weights)
    return capture(plain.eval(), torch.zeros(2, 3, 32, 32, dtype=torch.float64), fallback=False)


def painted(network, pictures, mix):
    network.choose(torch.tensor([mix] * len(pictures), dtype=torch.float64))
    with torch.no_grad():
        return network(pictures)


def test_each_picture_is_normalised_as_by_instance_norm_with_its_styles_parameters():
    torch.manual_seed(0)
    norm = ConditionalInstanceNorm(3, 5).double()
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    maps = torch.randn(4, 5, 6, 7, dtype=torch.float64)
    styles = torch.tensor([2, 0, 1, 2])
    norm.mix = nn.functional.one_hot(styles, 3).double()
    for picture, found, style in zip(maps, norm(maps), styles, strict=True):
        one = nn.InstanceNorm2d(5, affine=True).double()
        one.load_state_dict({"weight": norm.weight[style], "bias": norm.bias[style]})
        torch.testing.assert_close(found, one(picture[None])[0], rtol=0, atol=1e-12)


def test_the_kept_graph_gives_what_the_network_gives_at_any_size(network, graph):
    for size in ((13, 18), (32, 32), (8, 41)):
        pictures = torch.rand(2, 3, *size, dtype=torch.float64)
        expected = painted(network, pictures, [1.0, 0.0, 0.0])
        assert expected.shape == pictures.shape
        torch.testing.assert_close(graph(pictures), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("style", [0, 1, 2])
def test_a_one_hot_blend_is_the_single_style(network, graph, pictures, style):
    _, tables = single_style(network)
    mix = [float(style == one) for one in range(3)]
    alone = graph.with_weights({name: table[style] for name, table in tables.items()})
    blended = graph.with_weights(blended_styles(tables, mix))
    torch.testing.assert_close(blended(pictures), alone(pictures), rtol=0, atol=0)
    expected = painted(network, pictures, mix)
    torch.testing.assert_close(blended(pictures), expected, rtol=0, atol=1e-12)


def test_styles_paint_differently(network, pictures):
    first, second = (painted(network, pictures, mix) for mix in ([1.0, 0, 0], [0, 1.0, 0]))
    assert float((first - second).abs().max()) > 0.05


def test_blends_are_linear_in_the_parameters(network):
    _, tables = single_style(network)
    one, other = [0.2, 0.5, 0.3], [1.0, -0.4, 2.0]
    together = blended_styles(tables, [3 * a - 2 * b for a, b in zip(one, other, strict=True)])
    parts = blended_styles(tables, one), blended_styles(tables, other)
    for name, found in together.items():
        expected = 3 * parts[0][name] - 2 * parts[1][name]
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
        assert found.shape == tables[name].shape[1:]


def test_a_normalised_map_is_linear_in_the_blend():
    torch.manual_seed(0)
    norm = ConditionalInstanceNorm(2, 3).double()
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    maps = torch.randn(1, 3, 5, 5, dtype=torch.float64)

    def given(*mix):
        norm.mix = torch.tensor([mix], dtype=torch.float64)
        return norm(maps)

    expected = 0.3 * given(1, 0) + 0.7 * given(0, 1)
    torch.testing.assert_close(given(0.3, 0.7), expected, rtol=0, atol=1e-12)


def test_a_network_begins_with_its_picture_in_the_colours_of_the_style():
    torch.manual_seed(0)
    network = StyleNetwork(width=2, blocks=1, styles=2)
    colours = torch.tensor([0.2, 0.5, 0.7]).view(1, 3, 1, 1)
    style = colours + 0.1 * torch.rand(1, 3, 9, 9)
    network.begin_with([style, torch.rand(1, 3, 9, 9)])
    network.choose(torch.tensor([[1.0, 0.0]]))
    picture = torch.rand(1, 3, 16, 16)
    with torch.no_grad():
        made = network(picture)
    torch.testing.assert_close(made.mean((2, 3)), style.mean((2, 3)), rtol=0, atol=0.02)
    both = torch.stack([made[0, 0].flatten(), picture[0, 0].flatten()])
    assert float(torch.corrcoef(both)[0, 1]) > 0.95


def test_grey_pictures_and_one_block_do_too(pictures):
    network = seeded(channels=1)
    assert painted(network, pictures[:, :1], [1.0, 0, 0]).shape == (2, 1, 13, 18)


def test_the_median_is_that_of_nine_pixels():
    pictures = torch.rand(2, 3, 5, 6)
    wide = np.pad(pictures.numpy(), ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
    expected = [
        [np.median(wide[:, :, row : row + 3, column : column + 3], (2, 3)) for column in range(6)]
        for row in range(5)
    ]
    found = median_of_nine(pictures).permute(2, 3, 0, 1)
    np.testing.assert_array_equal(found, np.array(expected, np.float32))
