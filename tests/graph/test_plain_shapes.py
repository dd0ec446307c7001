"""Our shapes of operators' results against torch's own, and that torch is not asked for them."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cnnviz.graph import capture
from cnnviz.graph.operators import find_operator
from cnnviz.graph.plain_shapes import find_shape_operator
from tests.core.networks import images

META = torch.device("meta")


def tensor(*shape, dtype=torch.float32):
    return torch.empty(shape, dtype=dtype, device=META)


def answers(op, *args, **kwargs):
    """What torch and we say: the shape and type, or that it is refused."""
    found = []
    for find in (find_operator, find_shape_operator):
        try:
            value = find(op)(*args, **kwargs)
            found.append((tuple(value.shape), value.dtype, value.device.type))
        except (RuntimeError, TypeError, ValueError, IndexError, ArithmeticError):
            found.append("refused")
    return found


def agree(op, *args, **kwargs):
    theirs, ours = answers(op, *args, **kwargs)
    assert ours == theirs
    return ours


small = st.integers(-1, 4)


@settings(deadline=None, max_examples=100)
@given(
    sides=st.tuples(st.integers(0, 9), st.integers(0, 9)),
    kernel=st.tuples(st.integers(0, 4), st.integers(0, 4)),
    stride=st.lists(small, min_size=1, max_size=3),
    padding=st.lists(small, min_size=2, max_size=2),
    dilation=st.lists(st.integers(0, 3), min_size=2, max_size=2),
    groups=st.sampled_from([0, 1, 2, 3]),
    bias=st.sampled_from([None, 4, 5]),
)
def test_a_convolution_gives_what_torch_says(
    sides, kernel, stride, padding, dilation, groups, bias
):
    weight = tensor(4, 2, *kernel)
    offset = None if bias is None else tensor(bias)
    agree(
        "aten.conv2d.default", tensor(2, 4, *sides), weight, offset, stride, padding, dilation,
        groups,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("op", "args"),
    [
        ("conv2d.default", (tensor(2, 3, 8, 8), tensor(4, 3, 3, 3))),
        ("conv2d.default", (tensor(2, 3, 8, 8), tensor(4, 3, 3, 3, dtype=torch.float64))),
        ("convolution.default",
         (tensor(1, 3, 8, 9), tensor(4, 3, 3, 3), None, [2, 1], [1, 0], [1, 2], False, [0, 0], 1)),
        ("convolution.default",
         (tensor(1, 3, 8, 9), tensor(3, 4, 3, 3), None, [2, 2], [1, 0], [1, 1], True, [1, 0], 1)),
        ("batch_norm.default", (tensor(2, 3, 4, 4), *[tensor(3)] * 4, False, 0.1, 1e-5, True)),
        ("batch_norm.default", (tensor(2, 3), None, None, tensor(3), tensor(3), False, 0.1, 1e-5,
                                False)),
        ("relu.default", (tensor(2, 3),)),
        ("relu.default", (tensor(2, 3, dtype=torch.int64),)),
        ("hardtanh.default", (tensor(2, 3), 0.0, 6.0)),
        ("clamp.default", (tensor(2, 3), None, 6)),
        ("clamp.default", (tensor(2, 3),)),
        ("add.Tensor", (tensor(2, 3, 4, 4), tensor(2, 3, 1, 1))),
        ("add.Tensor", (tensor(2, 3, 4, 4), tensor(2, 3, 2, 1))),
        ("add.Tensor", (tensor(2, 3), tensor(3))),
        ("mul.Tensor", (tensor(2, 1), tensor(1, 3, dtype=torch.float64))),
        ("mul.Tensor", (tensor(2, 0), tensor(2, 1))),
        ("adaptive_avg_pool2d.default", (tensor(2, 3, 7, 7), [1, 2])),
        ("adaptive_avg_pool2d.default", (tensor(2, 3, 7, 7), [-1, 2])),
        ("mean.dim", (tensor(2, 3, 7, 7), [2, 3])),
        ("mean.dim", (tensor(2, 3, 7, 7), [-1, 1], True)),
        ("mean.dim", (tensor(2, 3, 7, 7), [2, -2])),
        ("mean.dim", (tensor(2, 3, 7, 7), [4])),
        ("mean.dim", (tensor(2, 3, 7, 7), [])),
        ("linear.default", (tensor(2, 8), tensor(5, 8), tensor(5))),
        ("linear.default", (tensor(2, 8), tensor(5, 7))),
        ("linear.default", (tensor(2, 8), tensor(5, 8), tensor(4))),
        ("cat.default", ([tensor(2, 3, 4), tensor(2, 5, 4)], 1)),
        ("cat.default", ([tensor(2, 3, 4), tensor(2, 3, 5)], -1)),
        ("cat.default", ([tensor(2, 3, 4), tensor(2, 5, 5)], 1)),
        ("cat.default", ([tensor(0), tensor(2, 5)], 1)),
        ("cat.default", ([tensor(2, 3), tensor(2, 3, dtype=torch.float64)], 0)),
    ],
)  # fmt: skip
def test_other_operators_give_what_torch_says(op, args):
    agree(f"aten.{op}", *args)


def test_a_convolution_of_stated_sizes_is_answered_without_torch():
    assert agree("aten.conv2d.default", tensor(2, 3, 9, 9), tensor(4, 3, 3, 3)) == (
        (2, 4, 7, 7),
        torch.float32,
        "meta",
    )


def test_a_network_is_loaded_without_torchs_compiler(tmp_path):
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU6(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 5),
    )
    capture(model.eval(), images()).save(tmp_path)
    script = (
        "import sys, torch\n"
        "from cnnviz.graph import load_graph\n"
        f"load_graph({str(tmp_path)!r})(torch.zeros(1, 3, 12, 12))\n"
        "print([name for name in ('torch._dynamo', 'sympy') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
