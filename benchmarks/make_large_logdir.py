"""Makes a large logdir by the recorder itself: ResNet-18 at 224 px, 500 captures, several GB.

    python benchmarks/make_large_logdir.py --full [--output FOLDER]

The weights walk at random between captures instead of being trained: what is recorded, and every
byte that is written, is as in training. Small by default. An existing folder is left as it is when
it holds as many captures already.
"""

from __future__ import annotations

import argparse
import math
import shutil
import time
from pathlib import Path

import torch
from torch.utils.tensorboard import SummaryWriter
from torchvision.models import resnet18
from torchvision.transforms.functional import resize

import cnnviz

HERE = Path(__file__).resolve().parent
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def photographs(count: int, size: int) -> torch.Tensor:
    """Real photographs of scikit-image, (N, 3, size, size) in [0, 1]."""
    from skimage import data

    pictures = [data.chelsea(), data.coffee(), data.astronaut(), data.rocket()]
    tensors = [torch.from_numpy(picture).permute(2, 0, 1) / 255 for picture in pictures]
    resized = [resize(tensor, [size, size], antialias=True) for tensor in tensors]
    return torch.stack([resized[index % len(resized)].clamp(0, 1) for index in range(count)])


def walk(model: torch.nn.Module) -> None:
    """Move every weight a little."""
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(
                torch.randn_like(weight),
                alpha=0.02 * float(weight.std()) if weight.numel() > 1 else 0.0,
            )


def write(
    folder: Path, *, captures: int, size: int, examples: int, megabytes: int, every: int
) -> None:
    """Record one run."""
    torch.manual_seed(0)
    model = resnet18().eval()
    images = photographs(examples, size)
    mean, std = (torch.tensor(part).view(1, 3, 1, 1) for part in (MEAN, STD))
    activations = cnnviz.method("activations", max_bytes=megabytes << 20)
    methods = [activations, "filters", "layer_statistics", "predictions", "saliency"]
    with (
        SummaryWriter(str(folder)) as writer,
        cnnviz.Recorder(
            model,
            writer,
            examples=(images - mean) / std,
            labels=[index % 4 for index in range(examples)],
            normalize=(MEAN, STD),
            methods=methods,
            every=every,
            checkpoints="none",
        ) as recorder,
    ):
        for number in range(captures):
            writer.add_scalar("loss", 7 * math.exp(-3 * number / captures) + 0.1, number * every)
            recorder.step(number * every)
            walk(model)
            while recorder.waiting > 1:
                time.sleep(0.005)
            if number % 25 == 24 or number == captures - 1:
                print(f"{number + 1} of {captures} captures", flush=True)


def main() -> None:
    """Read the arguments, make the run, print its size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="500 captures at 224 px")
    parser.add_argument("--output", type=Path, default=HERE / "out" / "large_logdir")
    parser.add_argument("--captures", type=int)
    parser.add_argument("--size", type=int, help="side of the images, px")
    parser.add_argument("--examples", type=int, default=4)
    parser.add_argument("--megabytes", type=int, default=10, help="of activations in a capture")
    parser.add_argument("--every", type=int, default=10, help="steps between captures")
    given = parser.parse_args()
    captures = given.captures or (500 if given.full else 4)
    size = given.size or (224 if given.full else 64)
    run = given.output / f"resnet18_{size}px_{captures}"
    there = list((run / "plugins" / "cnnviz" / "snapshots").glob("*.safetensors"))
    started = time.perf_counter()
    if len(there) != captures:
        shutil.rmtree(run, ignore_errors=True)
        write(
            run,
            captures=captures,
            size=size,
            examples=given.examples,
            megabytes=given.megabytes,
            every=given.every,
        )
    files = [path for path in run.rglob("*") if path.is_file()]
    total = sum(path.stat().st_size for path in files)
    events = sum(path.stat().st_size for path in files if "tfevents" in path.name)
    took = time.perf_counter() - started
    sizes = f"{total / 1e9:.2f} GB, events {events / 1e6:.1f} MB"
    print(f"{run}: {captures} captures, {sizes}, {took:.0f} s")


if __name__ == "__main__":
    main()
