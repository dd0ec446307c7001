from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.errors import ParamsError, UnsuitableError
from cnnviz.graph import Graph, HookNet, capture
from tests import nets


def scores_of(output: Any) -> Tensor:
    return output["logits"] if isinstance(output, dict) else output


def eager(model: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """Scores and input gradient of the module itself in eval mode."""
    twin = copy.deepcopy(model).eval()
    x = x.clone().requires_grad_()
    scores = scores_of(twin(x))
    return scores, torch.autograd.grad(scores[:, 1].sum(), x)[0]


def assert_same_as_module(net: Graph | HookNet, model: nn.Module, x: Tensor) -> None:
    expected, expected_gradient = eager(model, x)
    x = x.clone().requires_grad_()
    scores = net(x)
    (gradient,) = torch.autograd.grad(scores[:, 1].sum(), x)
    assert torch.equal(scores, expected)
    assert torch.equal(gradient, expected_gradient)


@pytest.mark.parametrize("name", nets.ALL)
def test_scores_and_input_gradients_equal_the_modules_to_the_last_bit(name: str) -> None:
    model, x = nets.ALL[name](), nets.images()
    net = capture(model, x)
    assert isinstance(net, HookNet if name == "value_dependent" else Graph), net.reason
    assert_same_as_module(net, model, x)


@pytest.mark.parametrize("shape", [(1, 3, 16, 16), (5, 3, 16, 16), (2, 3, 31, 20), (2, 3, 64, 17)])
def test_other_batches_and_image_sizes_run_on_the_same_graph(shape: tuple[int, ...]) -> None:
    model = nets.residual()
    net = capture(model, nets.images(1))
    assert net.input_shape == (3, None, None)
    assert_same_as_module(net, model, torch.randn(shape))


@pytest.mark.parametrize("channels", [1, 4])
def test_images_may_have_one_or_four_channels(channels: int) -> None:
    model, x = nets.sequential(channels), nets.images(2, channels, 12, 18)
    assert_same_as_module(capture(model, x), model, x)


def test_a_model_in_training_mode_is_captured_in_eval_mode() -> None:
    model, x = nets.in_place().train(), nets.images()
    net = capture(model, x)
    assert torch.equal(net(x), net(x))
    assert_same_as_module(net, model, x)


def train(model: nn.Module, net: Any, steps: int = 6) -> dict[str, Tensor]:
    torch.manual_seed(3)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    model.train()
    for _ in range(steps):
        x = torch.randn(4, 3, 16, 16)
        F.cross_entropy(scores_of(model(x)), torch.randint(0, 5, (4,))).backward()
        if net is not None:
            image = nets.images().requires_grad_()
            net(image, [net.layers[0].name])[0].sum().backward()
        optimiser.step()
        optimiser.zero_grad()
    final = {"rng": torch.get_rng_state(), **model.state_dict()}
    for number, state in enumerate(optimiser.state.values()):
        final[f"momentum{number}"] = state["momentum_buffer"]
    return final


@pytest.mark.parametrize("name", ["in_place", "residual", "value_dependent"])
def test_training_with_runs_in_between_ends_bit_identical(name: str) -> None:
    plain = train(nets.ALL[name](), None)
    model = nets.ALL[name]()
    watched = train(model, capture(model, nets.images()))
    assert plain.keys() == watched.keys()
    assert all(torch.equal(plain[key], watched[key]) for key in plain)


def test_the_graph_follows_the_live_weights() -> None:
    model, x = nets.residual(), nets.images()
    net = capture(model, x)
    train(model, None, steps=2)
    assert_same_as_module(net, model, x)
    model.load_state_dict(nets.seeded(nets.residual, 7).state_dict(), assign=True)
    assert_same_as_module(net, model, x)
    model.double()
    assert net.dtype is torch.float64
    assert_same_as_module(net, model, x.double())


@pytest.fixture
def process_group(tmp_path: Any) -> Iterator[None]:
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1
    )
    yield
    torch.distributed.destroy_process_group()


def test_data_parallel_is_taken_off() -> None:
    model, x = nets.residual(), nets.images()
    net = capture(nn.DataParallel(model), x)
    assert net.model == "_Residual"
    assert_same_as_module(net, model, x)


@pytest.mark.usefixtures("process_group")
def test_distributed_data_parallel_is_taken_off() -> None:
    model, x = nets.residual(), nets.images()
    net = capture(nn.parallel.DistributedDataParallel(model), x)
    assert "layer1.0.conv1" in [layer.name for layer in net.layers]
    assert_same_as_module(net, model, x)


def _compiled_by_method(model: nn.Module) -> nn.Module:
    model.compile(backend="eager")
    return model


def _compiled_in_part(model: Any) -> nn.Module:
    model.layer1 = torch.compile(model.layer1, backend="eager")
    return model


@pytest.mark.parametrize(
    "wrap", [lambda m: torch.compile(m, backend="eager"), _compiled_by_method, _compiled_in_part]
)
@pytest.mark.parametrize("kind", ["graph", "hooks"])
def test_torch_compile_is_taken_off(wrap: Any, kind: str) -> None:
    model, x = nets.residual(), nets.images()
    expected = eager(model, x)
    wrapped = wrap(model)
    plain = getattr(wrapped, "_orig_mod", wrapped)
    net = capture(wrapped, x) if kind == "graph" else HookNet(plain, x)
    assert net.captured == kind
    names = [layer.name for layer in net.layers]
    assert {"layer1", "layer1.0.conv1", "layer1.0.relu:1"} <= set(names)
    assert "layer1.0.conv1.weight" in net.weights()
    inputs = x.clone().requires_grad_()
    scores = net(inputs)
    assert torch.equal(scores, expected[0])
    assert torch.equal(torch.autograd.grad(scores[:, 1].sum(), inputs)[0], expected[1])


class _Output(nn.Module):
    def __init__(self, make: Any) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.fc = nn.Linear(4, 5)
        self.make = make

    def forward(self, x: Tensor) -> Any:
        features = self.conv(x)
        return self.make(features, self.fc(features.mean((2, 3))))


@pytest.mark.parametrize("net_type", [Graph, HookNet])
@pytest.mark.parametrize(
    ("make", "name", "classes"),
    [
        (lambda f, s: s, "output", 5),
        (lambda f, s: (f, s), "output[1]", 5),
        (lambda f, s: [s, s + 1], "output[0]", 5),
        (lambda f, s: {"aux": s + 1, "out": s}, "output['out']", 5),
        (lambda f, s: {"aux": s + 1, "logits": s, "out": s + 1}, "output['logits']", 5),
        (lambda f, s: {"features": f, "y": (f, s)}, "output['y'][1]", 5),
        (lambda f, s: f, "output", None),
    ],
)
def test_the_scores_are_found_in_what_the_model_returns(
    net_type: type, make: Any, name: str, classes: int | None
) -> None:
    model, x = nets.seeded(lambda: _Output(make)), nets.images()
    net = capture(model, x) if net_type is Graph else HookNet(model, x)
    assert isinstance(net, net_type)
    assert (net.output, net.classes) == (name, classes)
    if classes:
        assert torch.equal(net(x), model.fc(model.conv(x).mean((2, 3))))


@pytest.mark.parametrize("make", [lambda f, s: None, lambda f, s: {"n": 3}, lambda f, s: ()])
def test_a_model_that_returns_no_tensor_is_refused(make: Any) -> None:
    with pytest.raises(UnsuitableError, match="no tensor"):
        capture(_Output(make), nets.images())


@pytest.mark.parametrize(
    ("example", "message"),
    [
        ([1, 2], "must be a tensor"),
        (torch.zeros(3, 16, 16), r"\(N, C, H, W\), none of them 0, got \(3, 16, 16\)"),
        (torch.zeros(0, 3, 16, 16), "none of them 0"),
        (torch.zeros(2, 3, 0, 16), "none of them 0"),
        (torch.zeros(2, 3, 16, 16, dtype=torch.uint8), "floating point.*uint8"),
        (torch.zeros(2, 1, 16, 16), "cannot run images of shape"),
        (torch.zeros(2, 3, 2, 2), "cannot run images of shape"),
        (torch.zeros(2, 3, 16, 16, device="meta"), "on meta but the model's weights on cpu"),
    ],
)
def test_an_example_that_does_not_fit_gets_a_clear_message(example: Any, message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        capture(nets.sequential(), example)


def test_an_example_of_another_float_type_is_converted() -> None:
    model = nets.sequential()
    assert capture(model, nets.images().double())(nets.images()).dtype is torch.float32


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (nn.Sequential(nn.LazyConv2d(4, 3)), "0.weight has no values yet: run one batch"),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3, device="meta")), "weights on"),
    ],
)
def test_a_model_that_cannot_be_captured_says_why(model: nn.Module, message: str) -> None:
    with pytest.raises(UnsuitableError, match=message):
        capture(model, nets.images())


def test_something_else_than_a_module_is_refused() -> None:
    with pytest.raises(ParamsError, match="torch.nn.Module, got function"):
        capture(lambda x: x, nets.images())  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", [0, -1, float("nan")])
def test_a_time_limit_must_be_positive(limit: float) -> None:
    with pytest.raises(ParamsError, match="time_limit"):
        capture(nets.sequential(), nets.images(), time_limit=limit)


def test_without_fallback_a_failed_export_raises() -> None:
    with pytest.raises(UnsuitableError, match="torch.export cannot capture _ValueDependent"):
        capture(nets.value_dependent(), nets.images(), fallback=False)


def test_an_export_that_takes_too_long_ends_in_hooks(capfd: pytest.CaptureFixture[str]) -> None:
    model, x = nets.residual(), nets.images()
    net = capture(model, x, time_limit=0.01)
    assert net.captured == "hooks"
    assert "did not finish _Residual within 0.01 s" in net.reason
    assert_same_as_module(net, model, x)
    assert isinstance(capture(model, x), Graph)


def test_a_failed_export_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert capture(nets.value_dependent(), nets.images()).captured == "hooks"
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


class _BatchOfTwo(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3)) * (2 if x.shape[0] % 2 == 0 else 3)


def test_a_model_made_for_one_number_of_images_is_run_with_hooks() -> None:
    net = capture(_BatchOfTwo(), nets.images())
    assert "one number of images" in net.reason
    assert torch.equal(net(nets.images(3)), nets.images(3).mean((2, 3)) * 3)


def test_nan_weights_are_captured_as_they_are() -> None:
    model, x = nets.residual(), nets.images()
    with torch.no_grad():
        next(model.parameters())[0, 0, 0, 0] = float("nan")
    net = capture(model, x)
    assert isinstance(net, Graph)
    assert torch.isnan(net(x)).any()
    assert torch.isnan(net.weight("stem.0.weight")).sum() == 1


def test_a_layer_with_no_elements_is_captured() -> None:
    class Empty(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)
            self.none = nn.Linear(4, 0)
            self.fc = nn.Linear(4, 5)

        def forward(self, x: Tensor) -> Tensor:
            x = self.conv(x).mean((2, 3))
            return self.fc(torch.cat([x, self.none(x)], 1))

    with pytest.warns(UserWarning, match="zero-element"):
        model = Empty()
    net = capture(model, nets.images())
    assert isinstance(net, Graph)
    assert net.layer("none").shape == [0]
    assert net.features(nets.images(), ["none"])["none"].shape == (3, 0)


def test_autocast_around_capture_and_call_changes_nothing() -> None:
    model, x = nets.residual(), nets.images()
    expected = capture(model, x)(x)
    for kind in ("graph", "hooks"):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            net = capture(model, x) if kind == "graph" else HookNet(model, x)
            scores = net(x)
            assert torch.is_autocast_enabled("cpu")
        assert scores.dtype is torch.float32
        assert torch.equal(scores, expected)


def test_capture_works_under_no_grad_and_inference_mode() -> None:
    model, x = nets.residual(), nets.images()
    for mode in (torch.no_grad, torch.inference_mode):
        with mode():
            net = capture(model, x)
            assert isinstance(net, Graph), net.reason
            assert not net(x).requires_grad


def test_a_model_whose_attributes_cannot_be_copied_is_run_with_hooks() -> None:
    model = nets.sequential()
    model.lock = __import__("threading").Lock()
    net = capture(model, nets.images())
    assert "cannot be copied" in net.reason
    assert_same_as_module(net, nets.sequential(), nets.images())


def test_channels_last_models_and_images_are_captured() -> None:
    model = nets.residual().to(memory_format=torch.channels_last)
    x = nets.images().to(memory_format=torch.channels_last)
    net = capture(model, x)
    assert isinstance(net, Graph)
    assert torch.allclose(net(x), nets.residual().eval()(nets.images()), atol=1e-5)
