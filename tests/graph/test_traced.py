from __future__ import annotations

import io
import warnings

import pytest
import torch
from torch import Tensor, nn

from cnnviz.errors import UnsuitableError
from cnnviz.graph import capture
from tests import nets

pytestmark = pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")


def traced(model: nn.Module, x: Tensor) -> torch.jit.ScriptModule:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.jit.trace(model, x, strict=False)


@pytest.mark.parametrize("name", [name for name in nets.ALL if name != "value_dependent"])
def test_a_traced_model_is_the_same_graph_as_the_module_it_was_made_from(name):
    model, x = nets.ALL[name]().double().eval(), nets.images().double()
    plain, net = capture(model, x), capture(traced(model, x), x)
    assert net.captured == "graph"
    assert net.digest == plain.digest
    assert torch.equal(net(x), plain(x))


def test_a_branch_on_values_is_the_one_that_was_traced():
    model, x = nets.value_dependent().eval(), nets.images()
    net = capture(traced(model, x), x)
    assert net.captured == "graph"
    torch.testing.assert_close(net(x), model(x))


def test_a_traced_file_will_do():
    model, x = nets.residual().double().eval(), nets.images().double()
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(traced(model, x), file)
        file.seek(0)
        loaded = torch.jit.load(file)
    assert torch.equal(capture(loaded, x)(x), capture(model, x)(x))


def test_it_runs_on_the_weights_of_the_model_by_reference():
    model, x = nets.sequential().eval(), nets.images()
    net = capture(traced(model, x), x)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1)
    torch.testing.assert_close(net(x), model(x))


class Sizes(nn.Module):
    """Computes with the sizes of its images, and gives several outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.head = nn.Linear(4 * 16 * 16, nets.CLASSES)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        y = torch.relu(self.conv(x))
        first, second = y.chunk(2, dim=1)
        y = torch.cat([second, first], dim=1)
        y = y[:, :, : y.size(2) // 2 * 2].clone()
        flat = y.view(y.size(0), y.size(1) * y.size(2) * y.size(3))
        return {"features": flat, "logits": self.head(flat)}


def test_arithmetic_on_sizes_and_lists_is_followed():
    model, x = nets.seeded(Sizes).eval(), nets.images()
    net = capture(traced(model, x), x)
    torch.testing.assert_close(net(x[:2]), model(x[:2])["logits"])
    assert net.output == capture(model, x).output


class Passing(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x


def test_a_module_that_only_passes_on_is_passed():
    model = nets.sequential().eval()
    model.insert(3, Passing())
    net = capture(traced(model, nets.images()), nets.images())
    torch.testing.assert_close(net(nets.images()), model(nets.images()))


def test_a_model_traced_in_training_mode_is_refused():
    model = traced(nets.sequential().eval(), nets.images())
    assert capture(model.train(), nets.images()).captured == "graph"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trained = torch.jit.trace(nets.sequential().train(), nets.images(), check_trace=False)
    with pytest.raises(UnsuitableError, match=r"traced in training mode: trace it after .*eval"):
        capture(trained, nets.images())


def test_compiled_code_is_refused_with_what_it_has():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = torch.jit.script(nets.sequential())
    with pytest.raises(UnsuitableError, match=r"'prim::If' in '1', which is code"):
        capture(model, nets.images())
