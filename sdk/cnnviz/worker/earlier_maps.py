"""The map of the same images at another step, from which a new map starts so that both compare."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from cnnviz.contract.jobs import RESULT_FILE
from cnnviz.contract.records import Manifest
from cnnviz.errors import CnnvizError
from cnnviz.storage.files import LocalFolder
from cnnviz.storage.snapshots import SnapshotFile
from cnnviz.worker.nets import place_of_run

__all__ = ["earlier_map"]

MOST: Final = 200
"""Results that are looked at, the newest ones."""


def earlier_map(
    places: list[LocalFolder], run: str, step: int, *, dataset: str, layer: str
) -> np.ndarray | None:
    """Find the stored map whose step is nearest to this one.

    Args:
        places: the jobs' folder, and the logdir, whose captures may hold maps too.
        run: the run's name.
        step: of the map that is to come.
        dataset: name of the data set.
        layer: whose features are laid out.

    Returns:
        float32 (M, 2), or None where there is no map that reads.
    """
    jobs, logdir = places
    found: list[tuple[int, SnapshotFile, str]] = []
    for file in [*_results(jobs), *_captures(logdir, run)]:
        try:
            manifest = file.manifest
        except (CnnvizError, OSError):
            continue
        key = _key(manifest, dataset, layer)
        if key is not None:
            found.append((abs(manifest.step - step), file, key))
    for _, file, key in sorted(found, key=lambda one: one[0]):
        try:
            return file.array(key, "map")
        except (CnnvizError, OSError):
            continue
    return None


def _key(manifest: Manifest, dataset: str, layer: str) -> str | None:
    for entry in manifest.records:
        fits = entry.kind == "embedding" and entry.layer == layer
        if fits and entry.facts.get("dataset") == dataset and "map" in entry.arrays:
            return entry.key
    return None


def _results(jobs: LocalFolder) -> Iterator[SnapshotFile]:
    for item in jobs.items()[::-1][:MOST]:
        if item.is_folder:
            try:
                yield SnapshotFile(jobs.file(f"{item.name}/{RESULT_FILE}"))
            except (CnnvizError, OSError):
                continue


def _captures(logdir: LocalFolder, run: str) -> Iterator[SnapshotFile]:
    place = Path(place_of_run(run), "snapshots").as_posix()
    for item in logdir.items(place)[::-1][:MOST]:
        if item.name.endswith(".safetensors"):
            try:
                yield SnapshotFile(logdir.file(f"{place}/{item.name}"))
            except (CnnvizError, OSError):
                continue
