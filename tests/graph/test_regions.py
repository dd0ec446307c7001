"""Passes that compute only what a window changes equal whole passes, whatever the network."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnnviz.errors import RecordError
from cnnviz.graph import capture, load_graph
from cnnviz.graph.spans import Sliding, Span


def conv(inputs: int, outputs: int, kernel: int = 3, **options) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, **options), nn.BatchNorm2d(outputs), nn.ReLU()
    )


def headed(*body: nn.Module, channels: int = 8) -> nn.Module:
    return nn.Sequential(*body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 4))


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = conv(3, 8, 7, stride=2, padding=3)
        self.inner = nn.Sequential(conv(8, 8, padding=1), nn.Conv2d(8, 8, 3, padding=1))
        self.short = nn.Conv2d(8, 8, 1, stride=2)
        self.long = nn.Sequential(conv(8, 8, stride=2, padding=1), nn.Conv2d(8, 8, 3, padding=1))
        self.head = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = F.relu(x + self.inner(x))
        x = F.relu(self.short(x) + self.long(x))
        return self.head(x.mean((2, 3)))


class Concatenating(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = conv(3, 8, padding=1)
        self.wide = nn.Conv2d(8, 4, 5, padding=2)
        self.narrow = nn.Conv2d(8, 4, 1)
        self.tall = nn.Conv2d(8, 4, (7, 1), padding=(3, 0))
        self.head = nn.Linear(20, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        pooled = F.avg_pool2d(x, 3, 1, padding=1)
        x = torch.cat([self.wide(x), self.narrow(x), self.tall(x), pooled], dim=1)
        x = F.max_pool2d(x, 2, ceil_mode=True)
        return self.head(x.mean((2, 3)))


class Shuffling(nn.Module):
    """Half of the channels pass by; then both halves are interleaved."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv(3, 8, stride=2)
        self.branch = nn.Sequential(conv(4, 4, 1), nn.Conv2d(4, 4, 3, padding=1, groups=4))
        self.head = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        passing, taken = self.stem(x).chunk(2, dim=1)
        x = torch.cat((passing, self.branch(taken)), dim=1)
        count, channels, height, width = x.shape
        x = x.view(count, 2, channels // 2, height, width).transpose(1, 2).reshape(x.shape)
        x = torch.sigmoid(self.stem[0].bias.view(1, -1, 1, 1)) * x
        return self.head(F.hardswish(x).mean((2, 3)))


class Squeezing(nn.Module):
    """What lies behind the gate depends on the whole image."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.gate = conv(3, 8, padding=1), nn.Conv2d(8, 8, 1)
        self.after, self.head = nn.Conv2d(8, 8, 3), nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = x * torch.sigmoid(self.gate(x.mean((2, 3), keepdim=True)))
        return self.head(self.after(x).mean((2, 3)))


class Placed(nn.Module):
    """A weight that differs from place to place."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv(3, 8, padding=1)
        self.place = nn.Parameter(torch.randn(1, 8, 23, 30))
        self.head = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(F.relu(self.stem(x) + self.place).mean((2, 3)))


NETWORKS = {
    "residual": Residual,
    "concatenating": Concatenating,
    "shuffling": Shuffling,
    "squeezing": Squeezing,
    "placed": Placed,
    "depthwise": lambda: headed(
        conv(3, 8, stride=2),
        nn.ZeroPad2d((0, 1, 2, 1)),
        conv(8, 8, groups=8),
        conv(8, 8, 1),
        nn.Conv2d(8, 8, 5, padding="same", groups=8, dilation=2),
    ),
    "overlapping pools": lambda: headed(
        conv(3, 8), nn.MaxPool2d(3, 2, padding=1, ceil_mode=True), conv(8, 8, padding=1)
    ),
    "negative under a pool": lambda: headed(
        nn.Conv2d(3, 8, 3, padding=1), nn.MaxPool2d(3, 2, padding=1), nn.Conv2d(8, 8, 3)
    ),
    "dilated pool": lambda: headed(nn.Conv2d(3, 8, 3), nn.MaxPool2d(2, 1, dilation=3)),
    "averages": lambda: headed(conv(3, 8), nn.AvgPool2d((3, 2), (2, 1), (1, 0)), conv(8, 8)),
    "border averages": lambda: headed(
        conv(3, 8), nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False), conv(8, 8)
    ),
    "stride beyond kernel": lambda: headed(nn.Conv2d(3, 8, 2, stride=5), nn.ReLU(), conv(8, 8, 2)),
    "reflected": lambda: headed(
        nn.ReflectionPad2d(2), conv(3, 8), nn.ReplicationPad2d(1), conv(8, 8)
    ),
    "upsampling": lambda: headed(
        conv(3, 8, stride=2), nn.Upsample(scale_factor=2), nn.ConvTranspose2d(8, 8, 3, stride=2)
    ),
    "instance norm": lambda: headed(
        nn.Conv2d(3, 8, 3), nn.InstanceNorm2d(8), nn.PReLU(8), conv(8, 8)
    ),
    "group norm": lambda: headed(nn.Conv2d(3, 8, 3), nn.GroupNorm(2, 8), nn.GELU()),
    "softmax over channels": lambda: headed(conv(3, 8), nn.Softmax(1), conv(8, 8)),
    "glu": lambda: headed(conv(3, 16), nn.GLU(1), conv(8, 8)),
    "linear at once": lambda: nn.Sequential(nn.Flatten(), nn.Linear(3 * 23 * 30, 4)),
}
SIZE = (23, 30)
ALL_ROWS = [(0, 5), (1, 6), (9, 14), (17, 22), (18, 23), (21, 23)]
ALL_COLUMNS = [(0, 7), (4, 11), (15, 22), (23, 30), (28, 30)]
GRIDS = {
    "small": (ALL_ROWS, ALL_COLUMNS),
    "single pixels": ([(i, i + 1) for i in range(0, 23, 4)], [(j, j + 1) for j in range(0, 30, 7)]),
    "wide": ([(0, 20), (3, 23)], [(0, 6), (24, 30)]),
}


def made(name: str, dtype: torch.dtype = torch.float64) -> nn.Module:
    torch.manual_seed(3)
    model = NETWORKS[name]().eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
            module.bias.data.normal_()
    return model.to(dtype)


def hidden(image: Tensor, fill: Tensor, grid, windows) -> Tensor:
    copies = image.repeat(len(windows), 1, 1, 1)
    for copy, (row, column) in zip(copies, windows, strict=True):
        (top, bottom), (left, right) = grid[0][row], grid[1][column]
        copy[:, top:bottom, left:right] = fill[0, :, top:bottom, left:right]
    return copies


def places(grid) -> list[tuple[int, int]]:
    return [(i, j) for i in range(len(grid[0])) for j in range(len(grid[1]))]


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
@pytest.mark.parametrize("name", NETWORKS)
def test_it_equals_whole_passes(name, grid):
    model = made(name)
    image, fill = torch.randn(2, 1, 3, *SIZE, dtype=torch.float64)
    net = capture(model, image.repeat(2, 1, 1, 1))
    assert net.captured == "graph"
    windows = places(grid)
    found = net.windows(image, fill, grid)
    with torch.no_grad():
        expected = model(hidden(image, fill, grid, windows))
    torch.testing.assert_close(found(windows), expected, rtol=0, atol=1e-12)
    for batch in (windows[:1], windows[::-3]):
        order = [windows.index(window) for window in batch]
        torch.testing.assert_close(found(batch), expected[order], rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["residual", "concatenating", "depthwise", "overlapping pools"])
def test_in_single_precision_it_errs_by_less_than_a_hundred_thousandth_of_the_spread(name):
    model = made(name, torch.float32)
    image, fill = torch.randn(1, 3, *SIZE), torch.zeros(1, 3, *SIZE)
    grid = GRIDS["small"]
    with torch.no_grad():
        expected = model(hidden(image, fill, grid, places(grid)))
    found = capture(model, image).windows(image, fill, grid)(places(grid))
    assert float((found - expected).abs().max()) < 1e-5 * float(expected.max() - expected.min())


@pytest.mark.parametrize("layer", ["stem", "inner", "long", "inner.0.0"])
def test_the_output_of_any_layer_may_be_asked_for(layer):
    model = made("residual")
    image, fill = torch.randn(2, 1, 3, *SIZE, dtype=torch.float64)
    net, grid = capture(model, image), GRIDS["small"]
    windows = places(grid)
    found = net.windows(image, fill, grid, layer=layer)(windows)
    expected = net.features(hidden(image, fill, grid, windows), [layer])[layer]
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_a_loaded_graph_runs_alike_and_watches_its_batches(tmp_path):
    image = torch.randn(1, 3, *SIZE, dtype=torch.float64)
    net, grid = capture(made("residual"), image), GRIDS["small"]
    net.save(tmp_path)
    loaded = load_graph(tmp_path)
    ours, theirs = (one.windows(image, image * 0, grid) for one in (net, loaded))
    assert torch.equal(ours([(0, 0), (3, 2)]), theirs([(0, 0), (3, 2)]))
    with pytest.raises(RecordError, match="too large to run"):
        theirs([(0, 0)] * 2**20)


def test_far_more_padding_than_map_is_not_laid_out():
    model = headed(nn.Conv2d(3, 8, 1, stride=40_000, padding=60_000))
    image = torch.randn(1, 3, *SIZE, dtype=torch.float64)
    grid = GRIDS["small"]
    found = capture(model.double().eval(), image).windows(image, image * 0, grid)
    assert found.share == 1


@pytest.mark.parametrize(
    ("name", "below"),
    [("residual", 0.7), ("concatenating", 0.5), ("shuffling", 0.5), ("depthwise", 0.8)],
)
def test_less_is_computed_than_by_whole_passes(name, below):
    image = torch.randn(1, 3, *SIZE, dtype=torch.float64)
    grid = GRIDS["single pixels"]
    assert capture(made(name), image).windows(image, image * 0, grid).share < below


def test_weights_are_those_of_the_moment_and_left_as_they_are():
    model = made("residual")
    image = torch.randn(1, 3, *SIZE, dtype=torch.float64)
    grid, net = GRIDS["small"], capture(model, image)
    with torch.no_grad():
        model.stem[0].weight.mul_(2)
        before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        strides = [tensor.stride() for tensor in model.parameters()]
        found = net.windows(image, image * 0, grid)([(1, 1)])
        expected = model(hidden(image, image * 0, grid, [(1, 1)]))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
    assert not found.requires_grad
    assert all(torch.equal(before[name], t) for name, t in model.state_dict().items())
    assert strides == [tensor.stride() for tensor in model.parameters()]


@pytest.mark.parametrize("size", [9, 16])
@pytest.mark.parametrize(
    "sliding",
    [Sliding(3), Sliding(3, 2, 1), Sliding(2, 3), Sliding(3, 1, 2, 2), Sliding(5, 4, 2)],
    ids=str,
)
def test_a_span_holds_the_units_that_see_a_change_and_no_others_around_them(size, sliding):
    count = (size + 2 * sliding.padding - sliding.seen(1)) // sliding.stride + 1
    changes = [(low, high) for low in range(size) for high in range(low + 1, size + 1)]
    taps = [sliding.dilation * tap - sliding.padding for tap in range(sliding.kernel)]
    for low, high in changes:
        one = torch.tensor([low]).numpy(), torch.tensor([high]).numpy()
        after = Span.of(*one, size).slide(sliding, count)
        seeing = [
            o for o in range(count) if any(low <= o * sliding.stride + t < high for t in taps)
        ]
        first, last = int(after.low[0]), int(after.high[0])
        assert set(seeing) <= set(range(first, last))
        if seeing and sliding.dilation == 1:
            assert (first, last) == (seeing[0], seeing[-1] + 1)
        begin = int(after.begin[0])
        assert 0 <= begin <= begin + after.length <= count
        assert set(seeing) <= set(range(begin, begin + after.length))
