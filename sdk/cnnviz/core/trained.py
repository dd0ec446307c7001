"""Networks that jobs train, put on the shelf and taken from it: as data, whole or not at all."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np
import torch
from torch import Tensor

from cnnviz.contract.trained import ABOUT_FILE, MAX_ABOUT, MORE_FILE, Trained, TrainedKind
from cnnviz.errors import MissingError, ParamsError, UnsuitableError
from cnnviz.graph import Graph, load_graph
from cnnviz.storage.manifests import encode_json
from cnnviz.storage.shelf import BESIDE, Shelf
from cnnviz.storage.tensors import crc32c, encode_tensors
from cnnviz.storage.whole_files import write_whole

__all__ = ["keep", "open_trained"]


def keep(
    shelf: Shelf | None, net: Graph, trained: Trained, more: Mapping[str, Tensor] | None = None
) -> str:
    """Put a network into the folder of the job at hand, in place of one that it has put there.

    Args:
        shelf: the job's; None, as in training, keeps nothing.
        net: the trained network.
        trained: what it is; sums and digest are filled in.
        more: tensors beside the weights.

    Returns:
        Its name.

    Raises:
        UnsuitableError: there is no job at hand.
        OSError: the disk is full, or the folder is gone or read-only; what was there stays.
    """
    if shelf is None:
        raise UnsuitableError("a network cannot be trained and kept here: send it as a job")
    place = shelf.own_place()
    beside = {name: _array(tensor) for name, tensor in (more or {}).items()}
    weights = {name: _array(tensor) for name, tensor in net.weights().items()}
    named = weights | {f"{BESIDE}{name}": array for name, array in beside.items()}
    sums = {name: crc32c(array) for name, array in named.items()}
    about = encode_json(msgspec.structs.replace(trained, graph_digest=net.digest, crc32c=sums))
    if len(about) > MAX_ABOUT:
        message = f"what is said of a trained network takes {len(about)} bytes, at most {MAX_ABOUT}"
        raise UnsuitableError(message)
    _clear(place)
    making = place.with_name(f".new-{place.name}-{secrets.token_hex(4)}")
    making.mkdir()
    try:
        net.save(making)
        if beside:
            write_whole(making / MORE_FILE, encode_tensors(beside, {}))
        write_whole(making / ABOUT_FILE, [about])
        _put_in_place(making, place)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    return place.parent.name


def open_trained(
    shelf: Shelf | None,
    name: str,
    *,
    kind: TrainedKind,
    device: str | torch.device = "cpu",
) -> tuple[Graph, Trained, dict[str, Tensor]]:
    """Take a network from the shelf.

    Args:
        shelf: where it lies; None where there are no jobs.
        name: of its job.
        kind: what it must be.
        device: where its weights go.

    Returns:
        The network, what it is, and the tensors beside its weights (on the device too).

    Raises:
        MissingError: there is no such network.
        ParamsError: it is of another kind.
        RecordError: damaged, out of bounds, a link, or newer than this version reads.
    """
    if shelf is None:
        message = "network names a job of a run: there are no jobs here, give a logdir"
        raise MissingError(message)
    about = shelf.about(name)
    if about.kind != kind:
        message = f"network: job {name} trained a {about.kind} network, a {kind} network is needed"
        raise ParamsError(message, field="network")
    arrays, beside = shelf.arrays(name)
    weights = {key: torch.from_numpy(array.copy()) for key, array in arrays.items()}
    more = {key: torch.from_numpy(array.copy()).to(device) for key, array in beside.items()}
    return load_graph(shelf.place(name), weights=weights, device=device), about, more


def _array(tensor: Tensor) -> np.ndarray:
    array: np.ndarray = tensor.detach().to("cpu").contiguous().numpy()
    return array


def _put_in_place(making: Path, place: Path) -> None:
    """Exchange a folder; a kill between the two steps is made good by `_clear`."""
    old = place.with_name(f".old-{place.name}")
    with contextlib.suppress(FileNotFoundError):
        place.rename(old)
    making.rename(place)
    shutil.rmtree(old, ignore_errors=True)


def _clear(place: Path) -> None:
    """Remove what a kill left half-made; bring the network back that it left half-exchanged."""
    old = place.with_name(f".old-{place.name}")
    if old.is_dir() and not old.is_symlink() and not place.exists():
        old.rename(place)
    shutil.rmtree(old, ignore_errors=True)
    for left in place.parent.glob(f".new-{place.name}-*"):
        shutil.rmtree(left, ignore_errors=True)
