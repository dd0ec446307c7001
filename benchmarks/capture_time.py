"""How long capturing a network takes, beside torch.export with functionalisation alone.

    python benchmarks/capture_time.py [NAME … | all]

Prints for each torchvision network: nodes, seconds of `cnnviz.capture` (copy, export, conversion,
check against the module), seconds of `torch.export.export` and `run_decompositions({})` of the same
model, and their ratio.
"""

from __future__ import annotations

import sys
import time

import torch
import torchvision
from torch.export import Dim, export

from cnnviz.graph import Graph, capture
from cnnviz.graph.quiet import quiet_exporter

ALL = (
    "alexnet vgg16 squeezenet1_1 resnet18 resnet50 densenet121 googlenet inception_v3 mobilenet_v2 "
    "mobilenet_v3_small efficientnet_b0 convnext_tiny shufflenet_v2_x0_5 mnasnet0_5 regnet_y_400mf"
)


def build(name: str) -> torch.nn.Module:
    """A network of torchvision with random weights."""
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    return getattr(torchvision.models, name)(weights=None, **options)


def export_alone(model: torch.nn.Module, x: torch.Tensor) -> float:
    """Seconds that torch needs to export and functionalise."""
    start = time.perf_counter()
    with quiet_exporter():
        sizes = ({0: Dim.AUTO, 2: Dim.AUTO, 3: Dim.AUTO},)
        export(model.eval(), (x,), dynamic_shapes=sizes, strict=False).run_decompositions({})
    return time.perf_counter() - start


def main() -> None:
    """Print one line a network."""
    x = torch.randn(2, 3, 224, 224)
    export_alone(build("alexnet"), x)  # imports of the exporter
    print(f"{'network':20} {'nodes':>6} {'capture s':>10} {'export s':>9} {'ratio':>6}  sizes")
    names = sys.argv[1:] or ["alexnet", "resnet18", "mobilenet_v3_small"]
    for name in ALL.split() if names == ["all"] else names:
        model = build(name)
        images = torch.randn(2, 3, 299, 299) if name == "inception_v3" else x
        start = time.perf_counter()
        net = capture(model, images)
        seconds = time.perf_counter() - start
        alone = export_alone(model, images)
        nodes = len(net.program.nodes) if isinstance(net, Graph) else 0
        sizes = "free" if net.input_shape[1] is None else net.reason or "fixed"
        print(f"{name:20} {nodes:6} {seconds:10.2f} {alone:9.2f} {seconds / alone:6.2f}  {sizes}")


if __name__ == "__main__":
    main()
