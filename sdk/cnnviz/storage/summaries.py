"""What a page needs of every step at once, in the event itself: statistics and top-5 predictions.

A safetensors blob. For each `layer_table`: `<key>|columns` (C, L) float32, the columns' names in
the metadata. For each `scores`: `<key>|top_classes` (N, 5) int32 (-1 beyond the last class),
`<key>|top_probabilities`, `<key>|top_scores` (N, 5) float32, `<key>|label_probability` (N,)
float32 (NaN without a label or probabilities) and `<key>|nonfinite` (N,) int32.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import numpy as np

from cnnviz.contract.names import FORMAT_VERSION
from cnnviz.contract.records import Entry, array_name
from cnnviz.errors import RecordError
from cnnviz.storage.codes import Array
from cnnviz.storage.manifests import decode_json, digest_of, encode_json, sealed_text
from cnnviz.storage.snapshots import Arrays
from cnnviz.storage.tensors import crc32c, pack_tensors, unpack_tensors

__all__ = ["TOP_CLASSES", "Summary", "make_summary", "read_summary", "top_scores"]

TOP_CLASSES: Final = 5
_SCORES: Final = (
    "top_classes",
    "top_probabilities",
    "top_scores",
    "label_probability",
    "nonfinite",
)


class _Facts(msgspec.Struct, frozen=True, kw_only=True):
    version: int = FORMAT_VERSION
    columns: dict[str, list[str]]
    scores: list[str]
    crc32c: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The summary of one capture."""

    tables: dict[str, dict[str, Array]] = field(default_factory=dict)
    """Record's key, then column: (L,) float32."""
    scores: dict[str, dict[str, Array]] = field(default_factory=dict)
    """Record's key, then one of the five arrays of the module's docstring."""


def make_summary(
    entries: Iterable[Entry], arrays: Arrays, *, labels: Sequence[int | None] | None = None
) -> bytes:
    """Make the summary of a capture.

    Args:
        entries: the manifest's records as stored.
        arrays: the same arrays that the snapshot holds.
        labels: class of each example, None or -1 where unknown; else `labels` in a record's facts.
    """
    flat: dict[str, np.ndarray] = {}
    columns: dict[str, list[str]] = {}
    scores: list[str] = []
    for entry in entries:
        if entry.kind == "layer_table":
            table = layer_columns(entry.facts, arrays[entry.key])
            columns[entry.key] = list(table)
            if table:
                flat[array_name(entry.key, "columns")] = np.stack(list(table.values()))
        elif entry.kind == "scores":
            known = labels if labels is not None else entry.facts.get("labels")
            top = _scores_of(arrays[entry.key], known)
            if top:
                scores.append(entry.key)
                flat |= {array_name(entry.key, name): array for name, array in top.items()}
    sums = {name: crc32c(array) for name, array in flat.items()}
    text = encode_json(_Facts(columns=columns, scores=scores, crc32c=sums))
    return pack_tensors(flat, {"cnnviz": text.decode(), "sha256": digest_of(text)})


def read_summary(blob: bytes, *, label: str = "summary") -> Summary:
    """Read the summary of a capture.

    Args:
        blob: of `make_summary`.
        label: where it comes from, for messages.

    Raises:
        RecordError: damaged, cut, or newer than this version reads.
    """
    metadata, arrays = unpack_tensors(blob, label=label)
    facts = decode_json(sealed_text(metadata, label=label), _Facts, label=label)
    if any(facts.crc32c.get(name) != crc32c(array) for name, array in arrays.items()):
        message = f"{label} is damaged: an array does not have its CRC-32C"
        raise RecordError(message)
    try:
        tables = {
            key: dict(zip(names, arrays[array_name(key, "columns")], strict=True)) if names else {}
            for key, names in facts.columns.items()
        }
        scores = {
            key: {name: arrays[array_name(key, name)] for name in _SCORES} for key in facts.scores
        }
    except (KeyError, ValueError):
        message = f"{label} is damaged: its arrays are not those that it lists"
        raise RecordError(message) from None
    return Summary(tables=tables, scores=scores)


def layer_columns(facts: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> dict[str, Array]:
    """Take the columns with one number a layer from a layer_table, as float32.

    Columns with one number a channel stay behind; their names begin with `channel_`.
    """
    count = len(facts.get("layers", ()))
    return {
        name: array.astype(np.float32)
        for name, array in arrays.items()
        if array.shape == (count,) and not name.startswith("channel_")
    }


def top_scores(
    scores: Array, probabilities: Array | None, labels: Sequence[int | None] | None
) -> dict[str, Array]:
    """Give the five best classes of each example, and what the label got.

    Args:
        scores: (N, classes); NaN counts as the lowest.
        probabilities: (N, classes), or None where they are not defined.
        labels: class of each example, None or -1 where unknown.

    Returns:
        The five arrays of the module's docstring.
    """
    count, classes = scores.shape
    width = min(TOP_CLASSES, classes)
    ranked = np.where(np.isnan(scores), -np.inf, scores)
    order = np.argsort(-ranked, axis=1, kind="stable")[:, :width]
    chances = np.full(scores.shape, np.nan) if probabilities is None else probabilities
    label_probability = np.full(count, np.nan, np.float32)
    for row, label in enumerate(labels or ()):
        if row < count and label is not None and 0 <= label < classes:
            label_probability[row] = chances[row, label]
    return {
        "top_classes": _wide(order, -1, np.dtype("<i4")),
        "top_probabilities": _wide(np.take_along_axis(chances, order, 1), np.nan, np.dtype("<f4")),
        "top_scores": _wide(np.take_along_axis(scores, order, 1), np.nan, np.dtype("<f4")),
        "label_probability": label_probability,
        "nonfinite": (~np.isfinite(scores)).sum(axis=1).astype("<i4"),
    }


def _scores_of(
    arrays: Mapping[str, np.ndarray], labels: Sequence[int | None] | None
) -> dict[str, Array]:
    scores, probabilities = next(iter(arrays.values())), arrays.get("probabilities")
    if scores.ndim != 2 or 0 in scores.shape:
        return {}
    if probabilities is not None and probabilities.shape != scores.shape:
        probabilities = None
    return top_scores(scores, probabilities, labels)


def _wide(array: Array, fill: float, dtype: np.dtype[Any]) -> Array:
    wide = np.full((len(array), TOP_CLASSES), fill, dtype)
    wide[:, : array.shape[1]] = array
    return wide
