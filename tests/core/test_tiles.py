from __future__ import annotations

import pytest
import torch
from torch import nn

from cnnviz.core import tiles as tiles_module
from cnnviz.core.style_loss import Dream, StyleLoss, content_terms, style_terms
from cnnviz.core.tiled_loss import TiledLoss
from cnnviz.core.tiles import plan_tiles
from cnnviz.errors import ParamsError
from cnnviz.graph import capture
from cnnviz.ops.images import Normalize
from cnnviz.ops.pixels import pixel_space
from tests.core.networks import images

CPU = torch.device("cpu")
LAYERS = ["1", "4", "7"]


class Same(nn.Module):
    """A convolution of stride 2 that pads by its picture's size, as TensorFlow does."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, 3, stride=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        top, left = x.shape[2] % 2, x.shape[3] % 2
        return self.conv(nn.functional.pad(x, (left, 1, top, 1)))


def network():
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Conv2d(3, 5, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(5, 5, 5, padding=4, dilation=2, groups=5),
        nn.MaxPool2d(3, 2, padding=1),
        nn.ReLU(),
        nn.Conv2d(5, 7, 3, padding=1),
        nn.AvgPool2d(2),
        nn.Softplus(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(7, 3),
    )


def pictures(*size, count=1):
    torch.manual_seed(5)
    return 60 * torch.randn(count, 3, *size, dtype=torch.float64)


@pytest.fixture(scope="module")
def net():
    return capture(network().double().eval(), pictures(64, 64) / 60)


@pytest.fixture(scope="module")
def space():
    normalize = Normalize((0.5, 0.4, 0.6), (0.25, 0.3, 0.2))
    return pixel_space(normalize, images(), device=CPU, dtype=torch.float64)


def losses(net, space, size, tile):
    """The same loss of whole pictures and of windows."""

    def plan(size):
        return plan_tiles(net, LAYERS, size, tile, of="test")

    def made(**how):
        ways = {"weight": 3.0, "scaling": "relative", **how}
        contents = content_terms(
            net, space, pictures(*size, count=2)[1:], ["7"], weights=[1.0], **ways
        )
        styles = style_terms(
            net,
            space,
            [pictures(90, 130), pictures(50, 40)],
            LAYERS,
            blend=[1.0, 2.0],
            weights=[1.0, 2.0, 3.0],
            **ways,
        )
        return StyleLoss(net, space, contents + styles, tv=2.0, dream=Dream("4", 0.3, 500.0))

    return made(), TiledLoss(made(plan=plan), plan(size), lambda: None)


# Sides of every remainder by the stride, 8, of the layers; one axis of one window.
@pytest.mark.parametrize("size", [(128, 136), (121, 131), (127, 90), (60, 190)])
def test_loss_gradient_and_errors_are_those_of_the_whole_picture(net, space, size):
    whole, tiled = losses(net, space, size, 88)
    assert len(tiled.tiles.windows) > 1
    pixels = pictures(*size)
    value, gradient = whole.evaluate(pixels)
    found, derived = tiled.evaluate(pixels)
    assert found == pytest.approx(value, rel=1e-10)
    torch.testing.assert_close(derived, gradient, rtol=1e-8, atol=1e-12 * float(gradient.max()))
    assert tiled.errors(pixels) == pytest.approx(whole.errors(pixels), rel=1e-10)


def test_padding_by_the_pictures_size_changes_nothing(space):
    model = nn.Sequential(
        Same(3, 4), nn.ReLU(), Same(4, 6), nn.ReLU(), nn.Conv2d(6, 6, 3), nn.ReLU()
    )
    net = capture(model.double().eval(), pictures(32, 32) / 60)
    for size in [(64, 96), (65, 97), (66, 91)]:
        layers = ["1", "3", "5"]
        tiles = plan_tiles(net, layers, size, 48, of="test")
        pixels = pictures(*size)
        with torch.no_grad():
            whole = net.features(space.to_input(pixels), layers)
        for window, maps in tiles.look(net, space, pixels, layers):
            for layer, found in maps.items():
                own = window.place(whole[layer], tiles.strides[layer], found.shape[2:])
                torch.testing.assert_close(found, own)


def test_every_unit_belongs_to_one_window(net, space):
    tiles = plan_tiles(net, LAYERS, (150, 201), 88, of="test")
    seen = {layer: torch.zeros(1, 1, 150, 201) for layer in LAYERS}
    for window, maps in tiles.look(net, space, pictures(150, 201), LAYERS):
        for layer, found in maps.items():
            window.place(seen[layer], tiles.strides[layer], found.shape[2:])[:] += 1
        assert window.rows.stop - window.rows.start <= 88
        assert window.columns.stop - window.columns.start <= 88
    with torch.no_grad():
        whole = net.features(space.to_input(pictures(150, 201)), LAYERS)
    for layer, count in seen.items():
        height, width = whole[layer].shape[2:]
        assert bool((count[:, :, :height, :width] == 1).all())
        assert float(count.sum()) == height * width


def test_small_pictures_are_looked_at_at_once_and_large_ones_in_windows(net, monkeypatch):
    assert plan_tiles(net, LAYERS, (200, 200), None, of="test") is None
    assert plan_tiles(net, LAYERS, (88, 88), 88, of="test") is None
    monkeypatch.setattr(tiles_module, "_BUDGET", 500_000)
    assert len(plan_tiles(net, LAYERS, (400, 400), None, of="test").windows) > 1


def test_a_window_smaller_than_units_see_is_refused(net):
    with pytest.raises(ParamsError, match="tile must be at least .* px, got 16"):
        plan_tiles(net, LAYERS, (200, 200), 16, of="test")


def test_a_layer_that_sees_the_whole_picture_is_refused_only_where_windows_are_asked_for():
    class Gated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3, padding=1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            found = self.conv(x)
            return torch.relu(found * found.mean((2, 3), keepdim=True).sigmoid())

    net = capture(Gated().eval(), images())
    layers = [net.layers[-1].name]
    with pytest.raises(ParamsError, match="see the whole picture: leave tile empty"):
        plan_tiles(net, layers, (200, 200), 64, of="test")
    assert plan_tiles(net, layers, (200, 200), None, of="test") is None


def test_a_network_without_padding_has_windows_that_own_no_unit(space):
    net = capture(
        nn.Sequential(nn.Conv2d(3, 4, 9), nn.ReLU(), nn.Conv2d(4, 4, 9, stride=4), nn.ReLU())
        .double()
        .eval(),
        pictures(40, 40) / 60,
    )
    layers, size = ["1", "3"], (100, 101)

    def loss(plan):
        styles = [pictures(*size, count=2)[1:]]
        how = {"blend": [1.0], "weights": [1.0, 1.0], "weight": 1.0, "scaling": "relative"}
        return StyleLoss(net, space, style_terms(net, space, styles, layers, plan=plan, **how))

    def plan(size):
        return plan_tiles(net, layers, size, 48, of="test")

    pixels = pictures(*size)
    value, gradient = loss(lambda _: None).evaluate(pixels)
    found, derived = TiledLoss(loss(plan), plan(size), lambda: None).evaluate(pixels)
    assert found == pytest.approx(value, rel=1e-10)
    torch.testing.assert_close(derived, gradient, rtol=1e-8, atol=1e-12 * float(gradient.max()))
