from __future__ import annotations

import weakref

import pytest
import torch
from torch import Tensor, nn

from cnnviz.errors import ParamsError, UnsuitableError
from cnnviz.graph import Graph, HookNet, Net, capture
from cnnviz.graph.interpreter import Interpreter
from tests import nets


@pytest.fixture(scope="module")
def model() -> nn.Module:
    return nets.residual().eval()


@pytest.fixture(scope="module", params=["graph", "hooks"])
def net(request: pytest.FixtureRequest, model: nn.Module) -> Net:
    made = (
        capture(model, nets.images()) if request.param == "graph" else HookNet(model, nets.images())
    )
    assert made.captured == request.param
    return made


@pytest.fixture(scope="module")
def graph(model: nn.Module) -> Graph:
    made = capture(model, nets.images())
    assert isinstance(made, Graph)
    return made


def test_both_nets_offer_the_same_interface(net: Net) -> None:
    assert isinstance(net, Net)
    assert (net.model, net.classes, net.output) == ("_Residual", 5, "output")
    assert net.example_shape == (3, 16, 16)
    assert (net.device, net.dtype) == (torch.device("cpu"), torch.float32)
    assert len(net.digest) == 64


def test_without_taps_the_scores_alone_are_given(net: Net, model: nn.Module) -> None:
    x = nets.images()
    assert torch.equal(net(x), model(x))
    scores, taps = net(x, [])
    assert torch.equal(scores, model(x))
    assert taps == {}


def test_taps_come_by_name_in_the_order_asked_for(net: Net, model: nn.Module) -> None:
    x = nets.images()
    scores, taps = net(x, ["layer1.0.relu:1", "stem.0", "layer1"])
    assert list(taps) == ["layer1.0.relu:1", "stem.0", "layer1"]
    assert torch.equal(taps["stem.0"], model.stem[0](x))
    assert torch.equal(taps["layer1"], model.layer1(model.stem(x)))
    assert torch.equal(scores, model.fc(taps["layer1"].mean((2, 3))))


def test_gradients_reach_taps_and_images_but_no_parameter(net: Net, model: nn.Module) -> None:
    x = nets.images().requires_grad_()
    scores, taps = net(x, ["stem.1", "layer1"])
    gradients = torch.autograd.grad(scores[:, 0].sum(), [x, taps["stem.1"], taps["layer1"]])
    assert all(gradient.abs().sum() > 0 for gradient in gradients)
    net(x)[:, 0].sum().backward()
    assert all(parameter.grad is None for parameter in model.parameters())
    images = nets.images().requires_grad_()
    stem = model.stem(images)
    expected = torch.autograd.grad(model.layer1(stem)[0, 3, 2, 2], images)[0]
    seen = net.features(x, ["layer1"])["layer1"]
    assert torch.equal(torch.autograd.grad(seen[0, 3, 2, 2], x)[0], expected)


def test_no_autograd_graph_is_built_without_need(net: Net) -> None:
    assert not net(nets.images()).requires_grad
    with torch.no_grad():
        assert not net(nets.images().requires_grad_()).requires_grad


def test_features_go_no_further_than_the_taps(graph: Graph) -> None:
    interpreter = Interpreter(graph.program)
    seen = interpreter.ancestors([graph.program.taps["stem.1"]])
    assert sorted(graph.program.nodes[index].op for index in seen) == [
        "aten.conv2d.default",
        "aten.relu.default",
        "input",
        "weight",
        "weight",
    ]
    only = graph.features(nets.images(), ["stem.1"])["stem.1"]
    assert torch.equal(only, graph(nets.images(), ["stem.1"])[1]["stem.1"])


def test_values_that_nothing_reads_any_more_are_freed(graph: Graph) -> None:
    interpreter = Interpreter(graph.program)
    alive: list[weakref.ref[Tensor]] = []
    most = 0

    def check(index: int, value: object) -> None:
        nonlocal most
        if isinstance(value, Tensor) and graph.program.nodes[index].op.startswith("aten."):
            alive.append(weakref.ref(value))
            most = max(most, sum(ref() is not None for ref in alive))

    with torch.no_grad():
        interpreter.run(
            [graph.program.output],
            image=nets.images(),
            weight=graph.weights().__getitem__,
            device=torch.device("cpu"),
            check=check,
        )
    assert len(alive) == 18
    assert most <= 4


def test_weights_are_given_by_reference(net: Net, model: nn.Module) -> None:
    for name, tensor in net.weights().items():
        assert tensor.data_ptr() == model.state_dict()[name].data_ptr()
        assert not tensor.requires_grad


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (torch.zeros(3, 16, 16), r"must be \(N, C, H, W\)"),
        (torch.zeros(1, 4, 16, 16), "takes 3-channel images, got"),
        (torch.zeros(1, 3, 16, 16, dtype=torch.int64), "must be floating point"),
        (torch.zeros(1, 3, 16, 16, device="meta"), "on meta but the model's weights on cpu"),
        (None, "must be a tensor"),
    ],
)
def test_images_that_do_not_fit_get_a_clear_message(net: Net, x: Tensor, message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        net(x)


def test_a_text_instead_of_a_list_of_taps_is_refused(net: Net) -> None:
    with pytest.raises(ParamsError, match="must be a list of layer names, got the text 'layer1'"):
        net(nets.images(), "layer1")


def test_images_of_another_float_type_are_converted(net: Net) -> None:
    assert net(nets.images().double()).dtype is torch.float32


class _Pairs(nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return tuple(x.chunk(3, 1))


class _UsesPairs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.pairs = _Pairs()
        self.fc = nn.Linear(1, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.pairs(x)[1].mean((2, 3)))


def test_a_module_that_gives_no_tensor_has_no_output_to_look_at() -> None:
    net = HookNet(_UsesPairs(), nets.images())
    assert net.layer("pairs").shape == []
    with pytest.raises(UnsuitableError, match="'pairs' of _UsesPairs gives no tensor"):
        net(nets.images(), ["pairs"])


def test_two_captures_of_one_model_have_the_same_digest(graph: Graph, model: nn.Module) -> None:
    again = capture(model, nets.images(1))
    assert again.digest == graph.digest
    assert capture(nets.sequential(), nets.images()).digest != graph.digest


def test_a_model_in_half_precision_runs_in_it() -> None:
    model = nets.residual().to(torch.bfloat16)
    net = capture(model, nets.images().to(torch.bfloat16))
    assert isinstance(net, Graph), net.reason
    assert net(nets.images()).dtype is torch.bfloat16
