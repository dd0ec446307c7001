"""Which rectifiers of torchvision's CNNs a rule meets, and what captum's map is off by.

    python benchmarks/rectifier_coverage.py [NETWORK …]

Guided backpropagation on 15 networks: on 12 of them every rectifier must be met, in whatever
spelling; the 3 others must be refused with the reason. captum puts its rule on `nn.ReLU` modules
only; its difference is that of the map, largest over largest. Random weights, small images.
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np
import torch
import torchvision
from captum.attr import GuidedBackprop
from torch import Tensor, nn

import cnnviz
from cnnviz.errors import UnsuitableError
from cnnviz.ops.units import strongest_colour

TARGET = 3
RECTIFIERS = {
    "alexnet": 7,
    "vgg11": 10,
    "resnet18": 17,
    "resnet50": 49,
    "squeezenet1_1": 26,
    "shufflenet_v2_x1_0": 37,
    "mnasnet1_0": 35,
    "regnet_y_400mf": 65,
    "densenet121": 121,
    "googlenet": 57,
    "inception_v3": 94,
    "mobilenet_v2": 35,
    "mobilenet_v3_large": None,
    "efficientnet_b0": None,
    "convnext_tiny": None,
}
"""How many each has; None where the rule is not defined."""


def network(name: str) -> nn.Module:
    """Give a network with random weights, in eval mode."""
    torch.manual_seed(0)
    more = {"init_weights": False} if name in {"googlenet", "inception_v3"} else {}
    model: nn.Module = getattr(torchvision.models, name)(weights=None, num_classes=10, **more)
    return model.double().eval()


def captums_difference(model: nn.Module, image: Tensor, ours: np.ndarray) -> str:
    """Compare captum's map with ours, in words where it fails."""
    try:
        gradient = GuidedBackprop(model).attribute(image.clone().requires_grad_(), target=TARGET)
    except Exception as error:  # noqa: BLE001 - what a peer raises is part of the table
        return f"captum fails: {type(error).__name__}"
    theirs = strongest_colour(gradient.detach()).numpy()
    return f"captum is off by {np.abs(theirs - ours).max() / np.abs(ours).max():.1%}"


def line(name: str) -> tuple[str, bool]:
    """Describe one network, and say whether it is as it must be."""
    model, known = network(name), RECTIFIERS[name]
    size = 80 if name == "inception_v3" else 64
    image = torch.randn(1, 3, size, size).double()
    try:
        record = cnnviz.run("guided_backprop", model, image, target=TARGET)
    except UnsuitableError as error:
        return f"refused: {str(error).partition(': ')[2]}", known is None
    met = record.facts["rectifiers"]
    words = f"{met} rectifiers; {captums_difference(model, image, record.arrays['map'])}"
    return words, met == f"{known} of {known}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help=", ".join(RECTIFIERS))
    names = parser.parse_args().networks or list(RECTIFIERS)
    warnings.simplefilter("ignore")
    held = []
    for name in names:
        words, holds = line(name)
        held.append(holds)
        print(f"{name:<20}{'holds' if holds else 'FAILS'}   {words}", flush=True)
    print(f"{sum(held)} of {len(held)} networks are as they must be")


if __name__ == "__main__":
    main()
