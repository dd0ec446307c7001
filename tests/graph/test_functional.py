from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.graph import Graph, capture
from tests import nets


class _Steps(nn.Module):
    def __init__(self, steps: Any) -> None:
        super().__init__()
        self.steps = steps

    def forward(self, x: Tensor) -> Tensor:
        return self.steps(x)


def _plain(x: Tensor) -> Tensor:
    y = x * 2
    y.relu_()
    y += 1
    y.mul_(3).sub_(1)
    return y


def _reads_the_overwritten_name(x: Tensor) -> Tensor:
    y = x * 2
    z = y.relu_()
    return y + z


def _overwrites_a_view_and_reads_the_base(x: Tensor) -> Tensor:
    y = x * 2
    y[:, :1] += 1
    y.view(-1).mul_(2)
    return y


def _overwrites_the_base_and_reads_a_view(x: Tensor) -> Tensor:
    y = x * 2
    view = y.transpose(2, 3)
    y.relu_()
    return view.transpose(2, 3)


def _overwrites_what_dropout_passed_on(x: Tensor) -> Tensor:
    y = x * 2
    z = F.dropout(y, 0.5, False)
    z.relu_()
    return y - z + 1


def _overwrites_what_contiguous_copied(x: Tensor) -> Tensor:
    y = (x * 2).transpose(2, 3)
    z = y.contiguous()
    z.relu_()
    return y.transpose(2, 3) - z.transpose(2, 3)


def _overwrites_what_contiguous_passed_on(x: Tensor) -> Tensor:
    y = x * 2
    z = y.contiguous()
    z.relu_()
    return y - z


def _overwrites_the_image(x: Tensor) -> Tensor:
    x.relu_()
    return x + 1


def _overwrites_a_chunk(x: Tensor) -> Tensor:
    one, other, _ = (x * 2).chunk(3, 1)
    one.relu_()
    return torch.cat([one, other, one], 1)


def _fills_a_mask(x: Tensor) -> Tensor:
    mask = torch.zeros_like(x)
    mask[:, :, :2] = 1
    return x * mask


def _copies(x: Tensor) -> Tensor:
    y = torch.empty_like(x).copy_(x * 2)
    return y.add_(x)


ALL = (
    _plain,
    _reads_the_overwritten_name,
    _overwrites_a_view_and_reads_the_base,
    _overwrites_the_base_and_reads_a_view,
    _overwrites_what_dropout_passed_on,
    _overwrites_what_contiguous_copied,
    _overwrites_what_contiguous_passed_on,
    _overwrites_the_image,
    _overwrites_a_chunk,
    _fills_a_mask,
    _copies,
)


@pytest.mark.parametrize("steps", ALL, ids=lambda steps: steps.__name__)
def test_in_place_steps_give_what_they_give_in_the_module(steps: Any) -> None:
    x = nets.images()
    net = capture(_Steps(steps), x)
    assert isinstance(net, Graph), net.reason
    given = x.clone()
    assert torch.equal(net(given), steps(x.clone()))
    assert torch.equal(given, x)


def test_no_tap_is_ever_overwritten() -> None:
    model, x = nets.in_place(), nets.images()
    net = capture(model, x)
    taps = net.features(x, ["bn1", "relu1", "conv2", "add", "relu2"])
    model.eval()
    conv1 = model.conv1(x)
    assert torch.equal(taps["bn1"], model.bn1(conv1))
    assert (taps["bn1"] < 0).any()
    relu1 = F.relu(model.bn1(conv1))
    assert torch.equal(taps["relu1"], relu1)
    assert torch.equal(taps["conv2"], model.conv2(relu1))
    assert torch.equal(taps["add"], model.conv2(relu1) + relu1)
    assert torch.equal(taps["relu2"], F.relu(taps["add"]))


def test_no_operator_of_a_graph_writes_into_its_arguments() -> None:
    for make in nets.ALL.values():
        net = capture(make(), nets.images())
        if isinstance(net, Graph):
            assert not [node.op for node in net.program.nodes if "_." in node.op]
