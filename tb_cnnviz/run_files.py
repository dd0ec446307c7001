"""What lies in a run's folder beside the events: which steps have files, layers, examples."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from cnnviz.contract.layers import Layer
from cnnviz.contract.names import (
    CHECKPOINTS_FOLDER,
    EXAMPLES_FILE,
    GRAPH_FILE,
    SNAPSHOTS_FOLDER,
)
from cnnviz.errors import RecordError
from cnnviz.storage.examples import ExamplesFile
from cnnviz.storage.files import Item
from cnnviz.storage.graph_file import read_graph
from tb_cnnviz.locate import Place
from tb_cnnviz.recent import Recent

__all__ = ["Model", "RunFiles", "RunFilesCache"]

LISTED_SECONDS: Final = 2.0
MAX_RUNS: Final = 64
SUFFIX: Final = ".safetensors"


@dataclass(frozen=True)
class Model:
    """The layers of a captured network."""

    layers: tuple[Layer, ...]
    parameters: int
    digest: str
    captured: Literal["graph", "hooks"]


@dataclass(frozen=True)
class RunFiles:
    """The files of one run at one moment."""

    snapshots: frozenset[int] = frozenset()
    checkpoints: frozenset[int] = frozenset()
    examples: ExamplesFile | None = None
    model: Model | None = None
    problems: tuple[str, ...] = ()
    stamps: tuple[str, ...] = ()
    """Of the examples' and the graph's file: they are read again when these change."""


class RunFilesCache:
    """Lists a run's folders when it grew or after two seconds; reads changed files only."""

    def __init__(self) -> None:
        """Start with nothing listed."""
        self._known: Recent[tuple[float, str, RunFiles]] = Recent(MAX_RUNS)

    def of(self, places: Sequence[Place], stamp: str) -> RunFiles:
        """Give what is in the folders of a run; of several, the first that has a thing gives it.

        Args:
            places: the folders.
            stamp: of the captures: new ones have new files, so a change is a reason to look again.
        """
        key = tuple(dict.fromkeys(places))
        now = time.monotonic()
        listed, of, files = self._known.get(key) or (float("-inf"), "", RunFiles())
        if of == stamp and now - listed < LISTED_SECONDS:
            return files
        fresh = RunFiles()
        for place in key:
            fresh = _joined(fresh, _read(place, files))
        self._known.keep(key, (now, stamp, fresh))
        return fresh


def _joined(first: RunFiles, second: RunFiles) -> RunFiles:
    return RunFiles(
        snapshots=first.snapshots | second.snapshots,
        checkpoints=first.checkpoints | second.checkpoints,
        examples=first.examples or second.examples,
        model=first.model or second.model,
        problems=first.problems + second.problems,
        stamps=first.stamps + second.stamps,
    )


def _read(place: Place, before: RunFiles) -> RunFiles:
    items = {item.name: item for item in place.folder.items(place.name)}
    stamps = tuple(_stamp(place, items.get(name)) for name in (EXAMPLES_FILE, GRAPH_FILE))
    listing = RunFiles(
        snapshots=_steps(place, SNAPSHOTS_FOLDER),
        checkpoints=_steps(place, CHECKPOINTS_FOLDER),
        stamps=stamps,
    )
    if stamps == before.stamps:
        kept = (before.examples, before.model, before.problems)
        return replace(listing, examples=kept[0], model=kept[1], problems=kept[2])
    problems: list[str] = []
    examples = _examples(place, problems) if EXAMPLES_FILE in items else None
    model = _model(place, problems) if GRAPH_FILE in items else None
    return replace(listing, examples=examples, model=model, problems=tuple(problems))


def _stamp(place: Place, item: Item | None) -> str:
    return f"{place.name}:{item.stamp}" if item else ""


def _steps(place: Place, part: str) -> frozenset[int]:
    names = [item.name for item in place.folder.items(f"{place.name}/{part}")]
    texts = [name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX)]
    return frozenset(int(text) for text in texts if text.isdecimal() and len(text) < 20)


def _examples(place: Place, problems: list[str]) -> ExamplesFile | None:
    try:
        return ExamplesFile(place.folder.file(f"{place.name}/{EXAMPLES_FILE}"))
    except (RecordError, OSError) as error:
        problems.append(f"the examples cannot be shown: {error}")
        return None


def _model(place: Place, problems: list[str]) -> Model | None:
    try:
        graph, digest = read_graph(place.folder.file(f"{place.name}/{GRAPH_FILE}"))
    except (RecordError, OSError) as error:
        problems.append(f"the model's layers cannot be shown in full: {error}")
        return None
    names = {name for layer in graph.layers for name in layer.weights}
    shapes = [graph.weights[name].shape for name in names if name in graph.weights]
    return Model(
        tuple(graph.layers), sum(math.prod(shape) for shape in shapes), digest, graph.captured
    )
