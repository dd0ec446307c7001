from __future__ import annotations

from typing import Any

import msgspec
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrizations, prune

from cnnviz.errors import MissingError
from cnnviz.graph import Graph, HookNet, capture
from tests import nets


def captured(model: nn.Module, channels: int = 3) -> Graph:
    net = capture(model, nets.images(2, channels))
    assert isinstance(net, Graph), net.reason
    return net


def names(net: Graph | HookNet) -> list[str]:
    return [layer.name for layer in net.layers]


def test_layers_come_in_forward_order_with_containers_before_what_they_hold() -> None:
    net = captured(nets.residual())
    assert names(net)[:12] == [
        "stem",
        "stem.0",
        "stem.1",
        "layer1",
        "layer1.0",
        "layer1.0.conv1",
        "layer1.0.bn1",
        "layer1.0.relu",
        "layer1.0.conv2",
        "layer1.0.bn2",
        "layer1.0.add",
        "layer1.0.relu:1",
    ]
    containers = [layer.name for layer in net.layers if layer.container]
    assert containers == ["stem", "layer1", "layer1.0", "layer1.1"]
    assert [net.layer(name).kind for name in containers][1:] == ["Sequential", "_Block", "_Block"]


def test_a_second_call_gets_its_own_name_and_output() -> None:
    net = captured(nets.shared())
    assert names(net) == ["stem", "relu", "conv", "relu:1", "conv:1", "relu:2", "mean", "fc"]
    _, taps = net(nets.images(), ["relu", "relu:1", "relu:2"])
    assert not torch.equal(taps["relu"], taps["relu:1"])
    assert not torch.equal(taps["relu:1"], taps["relu:2"])


def test_a_container_called_twice_numbers_itself_and_what_it_holds() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.block = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), nn.ReLU())

        def forward(self, x: Tensor) -> Tensor:
            return self.block(self.block(x)).mean((2, 3))

    expected = ["block", "block.0", "block.1", "block:1", "block.0:1", "block.1:1"]
    assert names(captured(Twice())) == [*expected, "mean"]
    assert names(HookNet(Twice(), nets.images())) == expected


def test_functional_ops_are_named_after_their_module() -> None:
    class Inner(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return F.relu(x) + F.max_pool2d(x, 3, 1, 1)

    class Outer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = Inner()
            self.relu = nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            return F.relu(self.relu(self.inner(x))).mean((2, 3))

    net = captured(Outer())
    assert names(net) == [
        "inner",
        "inner.relu",
        "inner.max_pool2d",
        "inner.add",
        "relu",
        "relu:1",
        "mean",
    ]
    assert net.layer("inner").container


def test_a_module_of_one_op_is_one_layer() -> None:
    class Wrapped(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.permute(0, 2, 3, 1).clamp(min=0).permute(0, 3, 1, 2)

    net = captured(nn.Sequential(Wrapped(), nn.AdaptiveAvgPool2d(1)))
    assert names(net) == ["0", "1"]
    assert net.layer("0").rectifier
    x = nets.images()
    assert torch.equal(net.features(x, ["0"])["0"], x.clamp(min=0))


@pytest.mark.parametrize(
    ("module", "kind", "rectifier", "nonlinearity"),
    [
        (nn.ReLU(), "relu", True, True),
        (nn.ReLU(inplace=True), "relu", True, True),
        (nn.ReLU6(), "relu6", True, True),
        (nn.LeakyReLU(0.2), "leaky_relu", True, True),
        (nn.Threshold(0, 0), "threshold", True, True),
        (nn.Threshold(1, 0), "threshold", False, True),
        (nn.Hardtanh(), "hardtanh", False, True),
        (nn.SiLU(), "silu", False, True),
        (nn.GELU(), "gelu", False, True),
        (nn.Hardswish(inplace=True), "hardswish", False, True),
        (nn.PReLU(), "prelu", False, True),
        (nn.ELU(), "elu", False, True),
        (nn.Sigmoid(), "sigmoid", False, True),
        (nn.Softmax(1), "softmax", False, True),
        (nn.BatchNorm2d(3), "batch_norm", False, False),
        (nn.InstanceNorm2d(3), "instance_norm", False, False),
        (nn.GroupNorm(3, 3), "group_norm", False, False),
        (nn.LocalResponseNorm(3), "local_response_norm", False, False),
        (nn.MaxPool2d(2), "max_pool2d", False, False),
        (nn.AvgPool2d(2), "avg_pool2d", False, False),
        (nn.AdaptiveMaxPool2d(2), "adaptive_max_pool2d", False, False),
        (nn.Dropout(), "dropout", False, False),
        (nn.Dropout2d(), "dropout", False, False),
        (nn.Upsample(scale_factor=2), "upsample", False, False),
        (nn.PixelUnshuffle(2), "pixel_unshuffle", False, False),
        (nn.ReflectionPad2d(2), "pad", False, False),
        (nn.Flatten(2), "flatten", False, False),
        (nn.Linear(16, 4), "linear", False, False),
        (nn.Conv2d(3, 4, 3, padding="same"), "conv2d", False, False),
        (nn.Conv2d(3, 4, 3, padding=1, padding_mode="circular"), "conv2d", False, False),
    ],
)
def test_a_layers_kind_is_the_fields_word(
    module: nn.Module, kind: str, rectifier: bool, nonlinearity: bool
) -> None:
    net = captured(nn.Sequential(module))
    layer = net.layer("0")
    assert (layer.kind, layer.rectifier, layer.nonlinearity) == (kind, rectifier, nonlinearity)
    assert not layer.container
    x = nets.images()
    assert torch.equal(net.features(x, ["0"])["0"], module.eval()(x))
    assert layer.shape == list(module(x).shape[1:])


@pytest.mark.parametrize(
    ("act", "rectifier"),
    [
        (F.relu, True),
        (torch.relu, True),
        (lambda x: x.relu_(), True),
        (F.relu6, True),
        (lambda x: x.clamp(min=0), True),
        (lambda x: x.clamp_min(0), True),
        (lambda x: x.clamp(0, 3), True),
        (lambda x: x.clamp(min=-1), False),
        (lambda x: x.clamp(max=0), False),
        (F.silu, False),
        (torch.tanh, False),
    ],
)
def test_rectifiers_are_known_in_any_spelling(act: Any, rectifier: bool) -> None:
    class Net(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return act(x + 1)

    layer = captured(Net()).layers[-1]
    assert (layer.rectifier, layer.nonlinearity) == (rectifier, True)


@pytest.mark.parametrize("make", [captured, lambda model: HookNet(model, nets.images(2))])
def test_weights_groups_and_transposition_of_a_layer(make: Any) -> None:
    model = nn.Sequential(
        nn.Conv2d(3, 6, 1, bias=False),
        nn.Conv2d(6, 6, 3, groups=6),
        nn.ConvTranspose2d(6, 4, 2, stride=2, groups=2),
        nn.BatchNorm2d(4),
        nn.PReLU(4),
    )
    net = make(model)
    facts = [(layer.weights, layer.groups, layer.transposed) for layer in net.layers]
    assert facts == [
        (["0.weight"], 1, False),
        (["1.weight", "1.bias"], 6, False),
        (["2.weight", "2.bias"], 2, True),
        (["3.weight", "3.bias"], 1, False),
        (["4.weight"], 1, False),
    ]
    assert net.weight("1.weight").data_ptr() == model[1].weight.data_ptr()
    assert net.weights().keys() == model.state_dict().keys()


def _old_weight_norm(conv: nn.Module) -> nn.Module:
    with pytest.warns(FutureWarning):
        return nn.utils.weight_norm(conv)


def _pruned(conv: nn.Module) -> nn.Module:
    return prune.l1_unstructured(conv, "weight", amount=0.5)


@pytest.mark.parametrize("kind", ["graph", "hooks"])
@pytest.mark.parametrize(
    "change",
    [_old_weight_norm, parametrizations.weight_norm, parametrizations.spectral_norm, _pruned],
)
def test_a_computed_kernel_is_found_under_the_layers_name(change: Any, kind: str) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(change(nn.Conv2d(3, 4, 3)), nn.ReLU()).eval()
    x = nets.images()
    expected = model(x)
    net = captured(model) if kind == "graph" else HookNet(model, x)
    assert names(net) == ["0", "1"]
    assert net.layer("0").kind == "conv2d"
    assert net.layer("0").weights[0] == "0.weight"
    assert torch.equal(net.weight("0.weight"), model[0].weight)
    assert torch.equal(net(x), expected)


def test_a_graph_recomputes_a_computed_kernel_from_the_live_weights() -> None:
    model = nn.Sequential(parametrizations.weight_norm(nn.Conv2d(3, 4, 3)))
    net = captured(model)
    with torch.no_grad():
        model[0].parametrizations.weight.original0.mul_(2)
    assert torch.allclose(net.weight("0.weight"), model[0].weight)


def test_a_kernel_standardised_in_the_forward_shows_the_stored_one() -> None:
    class Standardised(nn.Conv2d):
        def forward(self, x: Tensor) -> Tensor:
            weight = self.weight - self.weight.mean((1, 2, 3), keepdim=True)
            return F.conv2d(x, weight, self.bias, self.stride, self.padding)

    model = nn.Sequential(Standardised(3, 4, 3))
    net = captured(model)
    assert net.layer("0").weights == ["0.weight", "0.bias"]
    assert torch.equal(net.weight("0.weight"), model[0].weight)


def test_tied_weights_have_both_names() -> None:
    model = nn.Sequential(nn.Conv2d(3, 3, 3), nn.Conv2d(3, 3, 3))
    model[1].weight = model[0].weight
    net = captured(model)
    assert {"0.weight", "1.weight"} <= net.weights().keys()
    assert torch.equal(net(nets.images()), model(nets.images()))


def test_an_unknown_layer_is_answered_with_close_names() -> None:
    net = captured(nets.residual())
    with pytest.raises(
        MissingError, match=r"_Residual has no layer 'layer1.0.conv'; close .*conv1"
    ):
        net.layer("layer1.0.conv")
    with pytest.raises(MissingError, match="its layers are"):
        net.features(nets.images(), ["xyz"])


def test_an_unknown_weight_is_answered_with_those_there_are() -> None:
    with pytest.raises(MissingError, match="no weight 'w'; the model's are .'stem.0.weight'"):
        captured(nets.residual()).weight("w")


def test_the_hook_based_net_lists_modules_as_the_graph_does() -> None:
    model, x = nets.residual(), nets.images()
    graph, hooks = captured(model), HookNet(model, x)
    functional = {"layer1.0.add", "layer1.1.add", "mean"}
    modules = [layer for layer in graph.layers if layer.name not in functional]
    assert all(layer.receptive_field is not None for layer in modules)
    # Without the graph nobody knows what a unit sees.
    assert [msgspec.structs.replace(one, receptive_field=None) for one in modules] == hooks.layers


def test_several_outputs_of_one_op_give_its_first_as_the_tap() -> None:
    class Net(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            values, _ = x.max(dim=1)
            return values.flatten(1)

    net = captured(Net())
    assert net.layer("max").shape == [16, 16]
    x = nets.images()
    assert torch.equal(net.features(x, ["max"])["max"], x.max(dim=1)[0])
