from __future__ import annotations

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.errors import MissingError
from cnnviz.graph import Graph, ReceptiveField, capture
from tests import nets


def captured(model: nn.Module, height: int = 40, width: int = 40) -> Graph:
    net = capture(model, nets.images(2, 3, height, width))
    assert isinstance(net, Graph), net.reason
    return net


def pixels_that_matter(model: nn.Module, height: int, width: int) -> tuple[Tensor, Any]:
    """The slow way: change pixel after pixel and see whether the unit in the middle moves."""
    generator = torch.Generator().manual_seed(0)
    seen = torch.zeros(height, width, dtype=torch.bool)
    with torch.no_grad():
        shape = model(torch.zeros(1, 3, height, width, dtype=torch.float64)).shape
        unit = (0, slice(None), shape[2] // 2, shape[3] // 2)
        for _ in range(3):
            x = torch.randn(1, 3, height, width, generator=generator, dtype=torch.float64)
            before = model(x)[unit]
            for row in range(height):
                changed = x.repeat(width, 1, 1, 1)
                columns = torch.arange(width)
                changed[columns, :, row, columns] += 100
                after = model(changed)[(slice(None), *unit[1:])]
                seen[row] |= (after != before).any(1)
    return seen, unit[2:]


NETS = {
    "convolutions": nn.Sequential(nn.Conv2d(3, 4, 5, padding=2), nn.Conv2d(4, 4, 3, stride=2)),
    "unequal kernels": nn.Sequential(
        nn.Conv2d(3, 4, (1, 5), padding=(0, 1)), nn.Conv2d(4, 4, (3, 2), stride=(2, 1))
    ),
    "dilation": nn.Sequential(nn.Conv2d(3, 4, 3, dilation=3), nn.Conv2d(4, 4, 2, dilation=2)),
    "pools": nn.Sequential(
        nn.MaxPool2d(3, 2, 1), nn.Conv2d(3, 4, 3), nn.AvgPool2d(2), nn.MaxPool2d(2, ceil_mode=True)
    ),
    "padding by name": nn.Sequential(nn.Conv2d(3, 4, 5, padding="same"), nn.MaxPool2d(2)),
    "padding of the image": nn.Sequential(nn.ReflectionPad2d(2), nn.Conv2d(3, 4, 3, stride=3)),
    "uneven padding": nn.Sequential(nn.ZeroPad2d((3, 0, 1, 2)), nn.Conv2d(3, 4, 3, stride=2)),
    "depthwise": nn.Sequential(nn.Conv2d(3, 6, 3, groups=3), nn.Conv2d(6, 4, 1), nn.Hardswish()),
    "channel shuffle": nn.Sequential(nn.Conv2d(3, 4, 3), nn.ChannelShuffle(2), nn.Conv2d(4, 4, 3)),
    "unshuffled pixels": nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(12, 4, 3)),
    "local response norm": nn.Sequential(nn.Conv2d(3, 6, 3, stride=2), nn.LocalResponseNorm(3)),
    "residual blocks": nn.Sequential(*list(nets.residual().children())[:2]),
}


@pytest.mark.parametrize("name", NETS)
def test_the_field_is_the_pixels_that_can_move_a_unit(name: str) -> None:
    height, width = 28, 32
    model = NETS[name].double().eval()
    net = capture(model, nets.images(2, 3, height, width).double())
    assert isinstance(net, Graph), net.reason
    last = [layer for layer in net.layers if "." not in layer.name][-1]
    field = net.receptive_field(last.name)
    seen, unit = pixels_that_matter(model, height, width)
    for axis, side in enumerate((height, width)):
        low = field.offset[axis] + field.stride[axis] * unit[axis]
        rows = seen.any(1 - axis).nonzero().flatten().tolist()
        assert (rows[0], rows[-1]) == (max(0, low), min(side, low + field.size[axis]) - 1)
    assert not field.is_global


def conv_net(module: nn.Module) -> Graph:
    return captured(nn.Sequential(nn.Conv2d(3, 4, 3), module))


@pytest.mark.parametrize(
    "module",
    [nn.GroupNorm(2, 4), nn.InstanceNorm2d(4), nn.Softmax(3), nn.LayerNorm([4, 38, 38])],
)
def test_a_norm_over_the_image_keeps_the_field_and_is_marked_global(module: nn.Module) -> None:
    assert conv_net(module).receptive_field("1") == ReceptiveField(
        size=(3, 3), stride=(1, 1), offset=(0, 0), is_global=True
    )


@pytest.mark.parametrize(
    "module",
    [nn.AdaptiveAvgPool2d(1), nn.AdaptiveMaxPool2d(1), nn.Flatten()],
)
def test_after_a_global_op_a_unit_sees_the_whole_image(module: nn.Module) -> None:
    assert conv_net(module).receptive_field("1") == ReceptiveField(
        size=(40, 40), stride=(0, 0), offset=(0, 0), is_global=True
    )


def test_squeeze_and_excitation_is_marked_global_beside_the_convolutions_field() -> None:
    class Excite(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3, stride=2)
            self.squeeze = nn.Conv2d(4, 4, 1)

        def forward(self, x: Tensor) -> Tensor:
            x = self.conv(x)
            return x * torch.sigmoid(self.squeeze(F.adaptive_avg_pool2d(x, 1)))

    net = captured(Excite())
    assert not net.receptive_field("conv").is_global
    assert net.receptive_field("mul") == ReceptiveField(
        size=(3, 3), stride=(2, 2), offset=(0, 0), is_global=True
    )


def test_channels_moved_to_the_end_and_back_keep_the_field() -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 7, padding=3)
            self.norm, self.fc = nn.LayerNorm(4), nn.Linear(4, 6)

        def forward(self, x: Tensor) -> Tensor:
            x = self.conv(x).permute(0, 2, 3, 1)
            return F.gelu(self.fc(self.norm(x))).permute(0, 3, 1, 2).contiguous()

    field = captured(Block(), 20, 24).receptive_field("gelu")
    assert field == ReceptiveField(size=(7, 7), stride=(1, 1), offset=(-3, -3), is_global=False)


def test_upsampling_and_transposed_convolution_give_the_stride_back() -> None:
    down = nn.Conv2d(3, 4, 4, stride=4)
    nearest = captured(nn.Sequential(down, nn.Upsample(scale_factor=2))).receptive_field("1")
    assert nearest == ReceptiveField(size=(4, 4), stride=(2, 2), offset=(0, 0), is_global=False)
    up = nn.ConvTranspose2d(4, 4, 2, stride=2)
    transposed = captured(nn.Sequential(down, up)).receptive_field("1")
    assert transposed == nearest
    wide = nn.ConvTranspose2d(4, 4, 4, stride=2, padding=1)
    assert captured(nn.Sequential(down, wide)).receptive_field("1").size == (8, 8)


def test_branches_of_other_strides_are_marked() -> None:
    class Mixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = nn.Conv2d(3, 4, 1), nn.Conv2d(3, 4, 3, stride=2, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            half = x[:, :, : x.shape[2] // 2, : x.shape[3] // 2]
            return self.one(half) + self.two(x)

    assert captured(Mixed()).receptive_field("add").is_global


def test_an_unknown_layer_is_named() -> None:
    with pytest.raises(MissingError, match="no layer 'conv9'"):
        conv_net(nn.ReLU()).receptive_field("conv9")


TORCHVISION = {
    "alexnet": {
        "features.0": (11, 4),
        "features.3": (51, 8),
        "features.6": (99, 16),
        "features.8": (131, 16),
        "features.11": (163, 16),
        "features.12": (195, 32),
    },
    "vgg16": {
        "features.3": (5, 1),
        "features.8": (14, 2),
        "features.15": (40, 4),
        "features.22": (92, 8),
        "features.29": (196, 16),
        "features.30": (212, 32),
    },
    "resnet18": {"layer1": (43, 4), "layer2": (99, 8), "layer3": (211, 16), "layer4": (435, 32)},
    "resnet50": {"layer1": (35, 4), "layer2": (91, 8), "layer3": (267, 16), "layer4": (427, 32)},
    # A 1×1 branch sees what its input does; the module with its 3×3 branches sees more.
    "googlenet": {
        "inception3a.branch1": (27, 8),
        "inception3a": (43, 8),
        "inception4e.branch1": (203, 16),
        "inception4e": (235, 16),
        "inception5b.branch1": (315, 32),
        "inception5b": (379, 32),
    },
    "squeezenet1_1": {"features.12.expand1x1": (175, 16), "features.12": (207, 16)},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", TORCHVISION)
def test_the_fields_of_known_networks(name: str) -> None:
    models = pytest.importorskip("torchvision").models
    options = {"init_weights": False} if name == "googlenet" else {}
    with torch.device("cpu"):
        model = getattr(models, name)(weights=None, **options)
    net = captured(model, 224, 224) if name == "alexnet" else captured(model, 96, 96)
    for layer, (size, stride) in TORCHVISION[name].items():
        field = net.receptive_field(layer)
        assert (field.size, field.stride) == ((size, size), (stride, stride)), layer
        assert not field.is_global
        assert all(math.floor(offset) == offset <= 0 for offset in field.offset)
