"""The data sets that a run's methods looked through, and their images."""

from __future__ import annotations

from typing import Final

import numpy as np

from cnnviz.errors import MissingError, RecordError
from cnnviz.storage.dataset_encoding import dataset_file
from cnnviz.storage.datasets import DatasetFile
from tb_cnnviz.body import Body, Cache, tensors_body
from tb_cnnviz.planes import bounded
from tb_cnnviz.queries import DatasetQuery, ThumbnailsQuery
from tb_cnnviz.reader import Logs
from tb_cnnviz.wire_layout import DatasetFacts, ThumbnailsFacts

__all__ = ["dataset", "open_dataset", "thumbnails"]

MOST_NAMES: Final = 8 << 20
"""Bytes of file names that are sent."""


def dataset(logs: Logs, query: DatasetQuery) -> Body:
    """Tell what a data set is, with the label of every image."""
    opened = open_dataset(logs, query.run, query.name)
    facts = opened.facts
    arrays: dict[str, np.ndarray] = {"labels": opened.labels}
    text = "\n".join(opened.names or []).encode()
    if 0 < len(text) <= MOST_NAMES:
        arrays["names"] = np.frombuffer(text, np.uint8)
    told = DatasetFacts(
        run=query.run,
        name=query.name,
        count=facts.count,
        total=facts.total,
        shape=facts.shape,
        thumbnail=list(opened.thumbnail_shape[:2]),
        reference=facts.reference,
        class_names=facts.class_names,
        left_out=facts.left_out,
        problems=facts.problems,
    )
    return tensors_body(arrays, told, cache=Cache.FOREVER)


def thumbnails(logs: Logs, query: ThumbnailsQuery) -> Body:
    """Give some images in true colours, (n, h, w, 3) uint8, in the order of `rows`."""
    opened = open_dataset(logs, query.run, query.name)
    rows = query.wanted()
    bounded((len(rows), *opened.thumbnail_shape), skip=0, what="the thumbnails")
    try:
        images = opened.thumbnails(rows)
    except RecordError:
        # A run that was written anew has the same file again.
        logs.datasets.drop((logs.run(query.run).name, query.name))
        images = open_dataset(logs, query.run, query.name).thumbnails(rows)
    if images.shape[-1] == 1:
        images = np.repeat(images, 3, axis=-1)
    facts = ThumbnailsFacts(run=query.run, name=query.name, rows=rows)
    return tensors_body({"images": images}, facts, cache=Cache.FOREVER)


def open_dataset(logs: Logs, run: str, name: str) -> DatasetFile:
    """Open a data set of a run; those opened lately come from memory.

    Raises:
        MissingError: there is none of that name.
        RecordError: it is damaged, or newer than this version reads.
    """
    found = logs.run(run)
    key = (found.name, name)
    opened = logs.datasets.get(key)
    if opened is not None:
        return opened
    part = dataset_file(name)
    for place in dict.fromkeys(found.places.values()):
        try:
            opened = DatasetFile(place.folder.file(f"{place.name}/{part}"))
        except OSError:
            continue
        if opened.name != name:
            break
        logs.datasets.keep(key, opened)
        return opened
    raise MissingError(f"run {run!r} has no data set {name!r}")
