"""Recorded networks, loaded as data from a logdir and kept for the next job."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import Final

from cnnviz.contract.names import CHECKPOINTS_FOLDER, GRAPH_FILE, PLUGIN_NAME, WEIGHTS_FILE
from cnnviz.errors import MissingError, RecordError, UnsuitableError
from cnnviz.graph import Graph, load_graph
from cnnviz.storage.checkpoints import STEP_FILE, check_checkpoint
from cnnviz.storage.files import LocalFolder
from cnnviz.storage.graph_file import read_graph

__all__ = ["Nets", "place_of_run"]

KEPT: Final = 3
"""Networks that stay loaded."""
KEPT_BYTES: Final = 2 << 30
"""Of their weights, together."""
SLACK: Final = 64 << 20
"""Bytes that a file of weights may have beyond the weights that the graph lists."""


def place_of_run(run: str) -> str:
    """Name a run's folder of ours, relative to the logdir."""
    return f"plugins/{PLUGIN_NAME}" if run == "." else f"{run}/plugins/{PLUGIN_NAME}"


class Nets:
    """The networks that were used last, by the files that they come from."""

    def __init__(self, device: str = "cpu") -> None:
        """Start with none.

        Args:
            device: where their weights go.
        """
        self.device = device
        self._kept: OrderedDict[tuple[str, ...], Graph] = OrderedDict()

    def load(self, folder: LocalFolder, run: str, step: int | None) -> Graph:
        """Load a recorded network, or give it again when its files are as they were.

        Args:
            folder: the logdir.
            run: the run's name.
            step: of the checkpoint; None for the weights stored with the graph.

        Raises:
            MissingError: there is no graph, or no such checkpoint; the message names those there.
            RecordError: a file is damaged, out of bounds, or leads out of the logdir.
            UnsuitableError: the run was recorded with hooks, so there is no network to run.
        """
        place = place_of_run(run)
        weights = _weights_name(place, step)
        graph = f"{place}/{GRAPH_FILE}"
        try:
            stamps = folder.file(graph).stamp, folder.file(weights).stamp
        except FileNotFoundError:
            raise MissingError(_what_is_missing(folder, place, run, step)) from None
        key = (folder.path, place, weights, *stamps)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        net = _load(folder, graph, weights, self.device, is_checkpoint=step is not None)
        self._kept[key] = net
        self._let_go()
        return net

    def clear(self) -> None:
        """Let all of them go, to make room."""
        self._kept.clear()

    def _let_go(self) -> None:
        sizes = [sum(w.nbytes for w in net.weights().values()) for net in self._kept.values()]
        while len(sizes) > 1 and (len(sizes) > KEPT or sum(sizes) > KEPT_BYTES):
            self._kept.popitem(last=False)
            sizes.pop(0)


def _load(
    folder: LocalFolder, graph: str, weights: str, device: str, *, is_checkpoint: bool
) -> Graph:
    facts, digest = read_graph(folder.file(graph))
    listed = sum(math.prod(one.shape) * 8 for one in facts.weights.values())
    file = folder.file(weights)
    if file.size > listed + SLACK:
        message = f"{weights} has {file.size} bytes, more than the graph's weights take"
        raise RecordError(message)
    try:
        net = load_graph(
            folder.path_of(graph).parent, weights=folder.path_of(weights), device=device
        )
    except UnsuitableError as error:
        message = (
            f"{error}, in a shell: cnnviz run METHOD --model package.module:factory --images …"
        )
        raise UnsuitableError(message) from None
    if is_checkpoint:
        fits = check_checkpoint(file).model_digest
        if fits not in {"", digest}:
            message = f"{weights} belongs to another network than the graph beside it"
            raise RecordError(message)
    return net


def _weights_name(place: str, step: int | None) -> str:
    if step is None:
        return f"{place}/{WEIGHTS_FILE}"
    return f"{place}/{CHECKPOINTS_FOLDER}/{int(step)}.safetensors"


def _what_is_missing(folder: LocalFolder, place: str, run: str, step: int | None) -> str:
    there = {item.name for item in folder.items(place)}
    if GRAPH_FILE not in there:
        return f"run {run!r} holds no {GRAPH_FILE}, so there is no network to run"
    if step is None:
        return f"run {run!r} holds no {WEIGHTS_FILE}: give the step of a checkpoint"
    items = folder.items(f"{place}/{CHECKPOINTS_FOLDER}")
    steps = sorted(int(match[1]) for item in items if (match := STEP_FILE.fullmatch(item.name)))
    shown = ", ".join(map(str, steps[:20])) + (" …" if len(steps) > 20 else "")
    known = f"those there are of step {shown}" if steps else "it has none"
    return f"run {run!r} has no checkpoint of step {step}; {known}"
