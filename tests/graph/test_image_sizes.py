"""Images of other sizes than the example's: free where the model allows it, and said where not."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from cnnviz.errors import ParamsError
from cnnviz.graph import Graph, capture
from tests import nets


class _FixedSize(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3, padding=1)
        self.fc = nn.Linear(2 * 16 * 16, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.conv(x).flatten(1))


def test_a_model_of_one_image_size_says_so_when_called_with_another() -> None:
    net = capture(_FixedSize(), nets.images())
    with pytest.raises(ParamsError, match="cannot run images of 16 × 20: .*mat1 and mat2"):
        net(nets.images(2, 3, 16, 20))


class _Square(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return (x + x.transpose(2, 3)).mean((2, 3))


def test_a_model_of_square_images_says_so_when_called_with_others() -> None:
    net = capture(_Square(), nets.images())
    assert net(nets.images(2, 3, 20, 20)).shape == (2, 3)
    with pytest.raises(ParamsError, match="square images only"):
        net(nets.images(2, 3, 20, 16))


def test_images_too_small_for_the_model_get_a_clear_message() -> None:
    net = capture(nn.Sequential(nn.Conv2d(3, 4, 9), nn.Conv2d(4, 4, 5)), nets.images())
    assert net(nets.images(2, 3, 13, 13)).shape == (2, 4, 1, 1)
    with pytest.raises(ParamsError, match="cannot run images of 12 × 16: "):
        net(nets.images(2, 3, 12, 16))


def test_sizes_stay_free_where_feature_maps_shrink_to_one_pixel() -> None:
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3, stride=4, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 5, 1)
    )
    net = capture(
        nn.Sequential(model, nn.AdaptiveAvgPool2d(1), nn.Flatten()), nets.images(1, 3, 8, 8)
    )
    assert isinstance(net, Graph)
    assert net.input_shape == (3, None, None)
    assert net.example_shape == (3, 8, 8)
    assert [layer.shape for layer in net.layers][:4] == [[5, 1, 1], [4, 2, 2], [4, 2, 2], [4, 1, 1]]
    for x in (nets.images(2, 3, 8, 8), nets.images(1, 3, 33, 20)):
        assert torch.equal(net(x), model(x).mean((2, 3)))


class _Branching(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        if x.shape[2] > 10:
            x = x * 2
        return x.mean((2, 3))


def test_a_size_that_the_forward_branches_on_is_not_free() -> None:
    net = capture(_Branching(), nets.images())
    assert net.input_shape == (3, 16, None)
    with pytest.raises(ParamsError, match="captured for images of 16 × 16, got 8 × 16"):
        net(nets.images(2, 3, 8, 16))
