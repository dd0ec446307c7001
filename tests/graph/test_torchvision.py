from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnnviz.graph import Graph, capture, load_graph

models = pytest.importorskip("torchvision").models

SIZES = {
    "alexnet": (64, 80),
    "vgg11": (32, 40),
    "squeezenet1_1": (40, 48),
    "resnet18": (48, 40),
    "resnet50": (48, 40),
    "densenet121": (40, 48),
    "googlenet": (40, 48),
    "inception_v3": (80, 96),
    "mobilenet_v2": (48, 40),
    "mobilenet_v3_small": (48, 40),
    "efficientnet_b0": (48, 40),
    "convnext_tiny": (64, 72),
    "shufflenet_v2_x0_5": (48, 40),
    "mnasnet0_5": (48, 40),
    "regnet_y_400mf": (48, 40),
}
QUICK = {"resnet18", "squeezenet1_1"}


def build(name: str) -> nn.Module:
    """A network in training mode with random weights, skipping its own slow initialisation."""
    options: dict[str, Any] = {}
    if name in ("googlenet", "inception_v3"):
        options = {"init_weights": False, "aux_logits": True}
    # regnet computes its widths with tensors, which need values.
    with torch.device("cpu" if name.startswith("regnet") else "meta"):
        model: nn.Module = getattr(models, name)(weights=None, num_classes=10, **options)
    model.to_empty(device="cpu")
    with torch.no_grad():
        for key, tensor in model.state_dict().items():
            if tensor.dim() > 1:
                tensor.normal_(0, math.sqrt(2 / tensor[0].numel()))
            elif key.endswith("num_batches_tracked"):
                tensor.zero_()
            else:
                tensor.uniform_(0.5, 1.5)
    return model


def run(model: Any, x: Tensor) -> tuple[Tensor, Tensor]:
    x = x.clone().requires_grad_()
    scores = model(x)
    return scores, torch.autograd.grad(scores[:, 3].sum(), x)[0]


@pytest.mark.parametrize(
    "name",
    [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in SIZES],
)
def test_a_torchvision_network_is_captured_to_the_last_bit(name: str, tmp_path: Path) -> None:
    model = build(name)
    modes = [module.training for module in model.modules()]
    height, width = SIZES[name]
    x = torch.randn(2, 3, height, width)
    net = capture(model, x, time_limit=900)  # the machine may be busy
    assert isinstance(net, Graph), net.reason
    assert net.input_shape == (3, None, None)
    assert [module.training for module in model.modules()] == modes
    (tmp_path / "graph.json").write_bytes(net.program.to_json())
    loaded = load_graph(tmp_path, weights=net.weights())
    model.eval()
    for images in (x, torch.randn(1, 3, height + 9, width + 8)):
        (scores, gradient), (ours, our_gradient) = run(model, images), run(net, images)
        assert torch.equal(scores, ours)
        assert torch.equal(gradient, our_gradient)
        assert torch.equal(loaded(images), ours)
    assert all(layer.name in net.program.taps for layer in net.layers)
    convolutions = [m for m in model.modules() if isinstance(m, nn.Conv2d)]
    listed = [layer for layer in net.layers if layer.kind == "conv2d"]
    assert len(listed) >= len(convolutions) - 4  # auxiliary classifiers are not run
    assert all(net.weight(layer.weights[0]).dim() == 4 for layer in listed)
