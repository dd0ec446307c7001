"""The worker's life: one order a line on standard input, one event a line on standard output."""

from __future__ import annotations

import faulthandler
import gc
import logging
import os
import signal
import sys
import warnings
from pathlib import Path
from typing import BinaryIO

import msgspec
import torch

from cnnviz.core.registry import discover
from cnnviz.core.versions import versions
from cnnviz.errors import CnnvizError
from cnnviz.storage.files import LocalFolder
from cnnviz.storage.jobs_folder import JobsFolder
from cnnviz.worker.allocator import give_back_memory
from cnnviz.worker.memory import device_works
from cnnviz.worker.nets import Nets
from cnnviz.worker.performing import perform
from cnnviz.worker.streams import Events

__all__ = ["Order", "serve"]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What the server asks for: one job."""

    logdir: str
    """The folder that nothing is read outside of."""
    run: str
    jobs_folder: str
    """Holds the job's folder: in the run's, or in the user's cache."""
    jobs_root: str
    """What `jobs_folder` must lie in: the logdir, or that cache."""
    job: str


def serve(device: str, orders: BinaryIO, events: Events) -> None:
    """Do jobs until there are no more orders; one that fails takes no other with it.

    Args:
        device: cpu or cuda:N.
        orders: one JSON object a line; its end ends the worker after the job at hand.
        events: who asked hears of each job's beginning and end.
    """
    _settle(device)
    nets = Nets(device)
    discover()
    gc.freeze()  # the modules stay: a collection between jobs need not look at them again
    events.say("ready", device=device, pid=os.getpid(), versions=versions())
    for line in iter(lambda: orders.readline(1 << 16), b""):
        try:
            order = msgspec.json.decode(line, type=Order)
        except msgspec.MsgspecError as error:
            events.say("refused", job=None, reason=f"the order is damaged: {error}")
            continue
        _obey(order, nets, events)
        give_back_memory()
        if not device_works(device):
            events.say("unable", reason=f"a job has broken this process's context on {device}")
            return


def _obey(order: Order, nets: Nets, events: Events) -> None:
    try:
        folder = Path(order.jobs_folder)
        job = JobsFolder(folder, inside=Path(order.jobs_root)).job(order.job)
        events.say("started", job=job.id)
        state = perform(job, LocalFolder(Path(order.logdir)), order.run, nets)
    except (CnnvizError, OSError) as error:
        events.say("refused", job=order.job, reason=str(error))
        return
    if state is None:
        events.say("refused", job=order.job, reason="another worker has it")
    else:
        events.say("finished", job=order.job, state=state)


def _settle(device: str) -> None:
    """Make this process one that gives the same picture again, and lets others go first."""
    faulthandler.enable()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in TensorBoard's terminal is not for us
    warnings.simplefilter("default")
    # torch.use_deterministic_algorithms sets the compiler's flag too, and imports it: two seconds.
    torch._C._set_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined] # a module with a setter
    torch.backends.cudnn.benchmark = False
    if device != "cpu":
        torch.cuda.set_device(device)
        torch.zeros(1, device=device)  # the driver is woken now and not in the first job
    elif hasattr(os, "nice"):
        os.nice(5)
