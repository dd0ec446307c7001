"""What a default capture takes from the loop, beside its floor and beside SummaryWriter's pictures.

    python benchmarks/recorder_capture.py [--full]

ResNet-18 at 64 px, eight examples. The floor is one forward and one backward pass on the examples:
a capture may take 1.5 times as much. The peer logs the same filters and four grids of activations
with `SummaryWriter.add_image` and a histogram of every parameter: what a capture takes beyond the
floor must be a tenth of that. The three alternate, so that a busy machine slows all of them.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import torch
from torch.utils.tensorboard import SummaryWriter
from torchvision.models import resnet18
from torchvision.utils import make_grid

import cnnviz

LAYERS = ("relu", "layer1", "layer2", "layer3")


def floor(model: torch.nn.Module, images: torch.Tensor) -> float:
    """Seconds of one forward and backward pass to the input, weights not derived."""
    leaf = images.clone().requires_grad_()
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    for weight in weights:
        weight.requires_grad_(requires_grad=False)
    begin = time.perf_counter()
    scores = model(leaf)
    torch.autograd.grad(scores.max(1).values.sum(), leaf)
    seconds = time.perf_counter() - begin
    for weight in weights:
        weight.requires_grad_(requires_grad=True)
    return seconds


def log_with_summary_writer(
    writer: SummaryWriter, model: torch.nn.Module, outputs: dict[str, torch.Tensor], step: int
) -> float:
    """Seconds that SummaryWriter takes for filters, activation grids and histograms."""
    begin = time.perf_counter()
    kernels = make_grid(model.conv1.weight.detach(), nrow=8, normalize=True)
    writer.add_image("filters", kernels, step)
    for layer, output in outputs.items():
        writer.add_image(layer, make_grid(output[0].unsqueeze(1), nrow=8, normalize=True), step)
    for name, weight in model.named_parameters():
        writer.add_histogram(name, weight, step)
    return time.perf_counter() - begin


def main() -> None:
    """Alternate the three and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="30 rounds instead of 5")
    rounds = 30 if parser.parse_args().full else 5
    torch.manual_seed(0)
    model = resnet18().eval()
    images = torch.rand(8, 3, 64, 64)
    outputs: dict[str, torch.Tensor] = {}
    for name in LAYERS:
        module = model.get_submodule(name)
        module.register_forward_hook(
            lambda _, __, out, name=name: outputs.update({name: out.detach()})
        )
    floors, ours, peers = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        writer = SummaryWriter(str(Path(folder) / "peer"))
        recorder = cnnviz.Recorder(
            model, str(Path(folder) / "ours"), examples=images, normalize=(0.0, 1.0), every=1
        )
        for step in range(rounds + 2):
            lower = floor(model, images)
            outputs_now = dict(outputs)
            before = recorder.seconds
            recorder.step(step)
            while recorder.waiting:
                time.sleep(0.01)
            peer = log_with_summary_writer(writer, model, outputs_now, step)
            writer.flush()
            if step >= 2:  # the first ones warm up
                floors.append(lower)
                ours.append(recorder.seconds - before)
                peers.append(peer)
        background = recorder.writing_seconds / recorder.captures
        recorder.close()
        writer.close()
    low, took, logged = map(statistics.median, (floors, ours, peers))
    beyond = max(took - low, 1e-9)
    print(f"a default capture takes {took * 1e3:.1f} ms from the loop", end=", ")
    print(f"and {background * 1e3:.1f} ms of processor time beside it")
    print(f"floor (forward and backward): {low * 1e3:.1f} ms; ratio {took / low:.2f}, target ≤ 1.5")
    print(
        f"SummaryWriter: {logged * 1e3:.1f} ms; ours beyond the passes {beyond * 1e3:.1f} ms; "
        f"{logged / beyond:.1f} × cheaper, target ≥ 10"
    )


if __name__ == "__main__":
    main()
