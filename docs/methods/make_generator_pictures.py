"""Make the pictures of decoders: fit_generator, code_maximization, inversion by decoder.

    PYTHONPATH=benchmarks python docs/methods/make_generator_pictures.py [FOLDER]

Trains the networks of benchmarks/generator_quality.py on Fashion-MNIST: minutes on a processor. In
a FOLDER that is given the decoder is kept, and used when the script is called again.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from generator_quality import MEAN, STD, Features, SmallNet, inputs_of, run, trained
from make_pictures import bare, plt, save

from cnnviz.cli.demo_data import load_data_set
from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.datasets import DataSet
from cnnviz.core.picture_sets import PictureArray
from cnnviz.graph import capture
from cnnviz.ops.images import Normalize
from cnnviz.storage.jobs_folder import JobsFolder
from cnnviz.storage.shelf import Shelf

STEPS, IMAGES, ITERATIONS = 1200, 20_000, 1000


def shown(cells: Any, result: Result, rows: list[int], titles: list[str]) -> None:
    """Draw some pictures of a result into cells."""
    for cell, row, title in zip(cells, rows, titles, strict=True):
        cell.imshow(result.arrays["images"][row], vmin=0, vmax=1)
        bare(cell, title)


def draw_fit_generator(fitted: Result) -> None:
    """Draw held-out images over what the decoder makes of their codes."""
    count = fitted.facts["columns"]
    figure, cells = plt.subplots(2, count, figsize=(9, 2.6))
    shown(cells[0], fitted, list(range(count)), [""] * count)
    shown(cells[1], fitted, list(range(count, 2 * count)), [""] * count)
    cells[0][0].set_ylabel("held out", fontsize=8)
    cells[1][0].set_ylabel("decoded", fontsize=8)
    save(figure, "fit_generator")


def draw_code_maximization(made: Result, judged: list[float]) -> None:
    """Draw a picture of each class, with what both networks say of it."""
    figure, cells = plt.subplots(1, 10, figsize=(11, 1.6))
    names = [text.split(" · ")[0].split(" ", 1)[1] for text in made.facts["captions"]]
    pairs = zip(names, made.facts["probabilities"], judged, strict=True)
    titles = [f"{name}\n{own:.1%}\nother: {other:.0%}" for name, own, other in pairs]
    shown(cells, made, list(range(10)), titles)
    save(figure, "code_maximization")


def draw_inversion(inverted: Result) -> None:
    """Draw examples, what was found for a layer, and what the decoder makes of its answer."""
    captions = inverted.facts["captions"]
    count = len(captions) // 3
    figure, cells = plt.subplots(3, count, figsize=(1.1 * count, 4))
    for row in range(3):
        rows = list(range(row, 3 * count, 3))
        titles = [captions[at].rpartition(" · ")[2] if row else "" for at in rows]
        shown(cells[row], inverted, rows, titles)
    for row, name in enumerate(("example", "optimised", "decoded")):
        cells[row][0].set_ylabel(name, fontsize=8)
    save(figure, "inversion_decoder")


def main(folder: Path) -> None:
    """Train, or take what the folder has, and draw."""
    torch.manual_seed(0)
    data = load_data_set("fashion-mnist")
    model = trained(Features(), data, steps=STEPS, seed=0)
    judge = trained(SmallNet(channels=1, classes=10), data, steps=STEPS, seed=1)
    source = PictureArray(
        data.images[:IMAGES], data.labels[:IMAGES], mean=[MEAN], std=[STD], reference="training set"
    )
    ctx = Context(
        capture(model, inputs_of(data.test_images[:2])),
        inputs_of(data.test_images[data.examples(8)]),
        class_names=data.class_names,
        normalize=Normalize((MEAN,), (STD,)),
        dataset=DataSet(source),
    )
    if not Shelf(JobsFolder(folder, inside=folder)).names("decoder"):
        draw_fit_generator(run(ctx, "fit_generator", folder, iterations=ITERATIONS, width=64))
    made = run(ctx, "code_maximization", folder, units=list(range(10)))
    pictures = torch.from_numpy(np.ascontiguousarray(made.arrays["images"][..., 0]))[:, None]
    with torch.no_grad():
        judged = judge((pictures - MEAN) / STD).softmax(1).diagonal().tolist()
    draw_code_maximization(made, judged)
    (network,) = Shelf(JobsFolder(folder, inside=folder)).names("decoder")
    inverted = run(ctx, "inversion", folder, network=network, iterations=200, tv=1.0)
    draw_inversion(inverted)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as place:
            main(Path(place))
