"""A context of tiny images with a shelf, on which a job keeps what it trains."""

from __future__ import annotations

import torch
from torch import Tensor

from cnnviz.core.context import Context
from cnnviz.core.datasets import DataSet, open_dataset
from cnnviz.core.execute import execute
from cnnviz.core.requests import method, parse_requests
from cnnviz.graph import capture
from cnnviz.ops.images import Normalize
from cnnviz.storage.jobs_folder import JobsFolder
from cnnviz.storage.shelf import Shelf
from tests.core.networks import plain
from tests.methods.trained_networks import shelf_with_a_job

NORMALIZE = Normalize((0.5, 0.4, 0.6), (0.25, 0.3, 0.2))
TINY = {"iterations": 12, "batch": 16, "width": 8}


def coloured(count: int = 64, *, size: int = 12) -> Tensor:
    """Squares of some colour on a ground of another, normalised."""
    random = torch.Generator().manual_seed(11)
    colours = torch.rand(2, count, 3, 1, 1, generator=random)
    pictures = colours[0].expand(-1, -1, size, size).clone()
    pictures[:, :, 3 : size - 3, 3 : size - 3] = colours[1]
    mean, std = (torch.tensor(part).view(3, 1, 1) for part in NORMALIZE)
    return (pictures - mean) / std


def net_of(model=None):
    """Capture the tiny network."""
    return capture((model or plain()).eval(), coloured(2))


def context(folder, net, *, count=64, images=None, job="new", **more) -> Context:
    """Give a context whose shelf lies in a folder; `job` None: of no job."""
    images = coloured(count) if images is None else images
    shape = tuple(images.shape[1:])
    source = open_dataset((images, torch.zeros(len(images))), shape)
    ctx = Context(net, images[:2], normalize=NORMALIZE, dataset=DataSet(source), **more)
    ctx.run, ctx.step = "run", 40
    new = job == "new"
    ctx.shelf = shelf_with_a_job(folder) if new else Shelf(JobsFolder(folder, inside=folder), job)
    return ctx


def run(name, ctx, **params):
    """Run a method and let out what goes wrong; give its only result."""
    (done,) = execute(
        parse_requests([method(name, **params)], ctx.net), ctx, on_error="raise"
    ).results
    return done.result
