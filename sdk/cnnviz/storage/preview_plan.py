"""What fits into the previews of one event, by shapes alone: every step keeps the same parts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from cnnviz.contract.records import Entry
from cnnviz.storage.manifests import encode_json

__all__ = ["Kept", "plan_previews"]

GROUP_BYTES: Final = 17
"""Low, high, mean (float32 each), zeros (uint8) and the count of non-finite values (int32)."""
_ITEM_BYTES: Final = 64
_FIXED_BYTES: Final = 1536

_SHARES: Final = {"heatmap": 0.25, "kernels": 0.4, "feature_maps": 1.0}
"""Part of what is left that each kind may take, in order of preference."""


@dataclass(frozen=True)
class Kept:
    """What stays of one array: the first items of its first axes, shrunk to a side in pixels."""

    key: str
    name: str
    kind: str
    shape: tuple[int, ...]
    """Feature maps (N', K', h', w'), kernels (F', S', kh, kw), heatmap (N', H', W')."""
    signed: bool

    @property
    def groups(self) -> tuple[int, ...]:
        """Shape of what has one low and one high value."""
        return self.shape[:2] if self.kind == "feature_maps" else self.shape[:1]

    @property
    def nbytes(self) -> int:
        """Bytes it takes in the blob."""
        return (
            math.prod(self.shape)
            + GROUP_BYTES * math.prod(self.groups)
            + len(encode_json([self.key, self.name]))
            + _ITEM_BYTES
        )


@dataclass(frozen=True)
class _Level:
    """One way to cut a kind: how many of the first and second axis, how large, each which layer."""

    first: int
    second: int
    side: int
    stride: int = 1

    def words(self, kind: str) -> str:
        first, second = {
            "feature_maps": ("images", "channels"),
            "kernels": ("filters", "slices"),
            "heatmap": ("images", ""),
        }[kind]
        parts = [f"first {self.first} {first}"] if self.first < _ALL else []
        parts += [f"first {self.second} {second}"] if second and self.second < _ALL else []
        parts += [f"at most {self.side} px"] if self.side < _ALL else []
        parts += [f"each {self.stride}th layer"] if self.stride > 1 else []
        return f"{kind}: {', '.join(parts)}"


_ALL: Final = 1 << 30
_STRIDES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)

_LEVELS: Final[dict[str, list[_Level]]] = {
    "heatmap": [
        *(_Level(_ALL, _ALL, side) for side in (_ALL, 128, 96, 64, 48, 32, 24, 16)),
        *(_Level(count, _ALL, 16, stride) for stride, count in product(_STRIDES, (8, 4, 2, 1))),
    ],
    "kernels": [
        *(_Level(_ALL, slices, _ALL) for slices in (_ALL, 64, 32, 16, 8, 4, 3)),
        *(_Level(filters, 3, 16) for filters in (256, 128, 64, 32, 16, 8, 4)),
        *(_Level(4, 3, 16, stride) for stride in _STRIDES[1:]),
    ],
    "feature_maps": [
        *(_Level(_ALL, _ALL, side) for side in (_ALL, 64, 48, 32, 24, 16)),
        *(_Level(count, _ALL, 16) for count in (8, 4, 2, 1)),
        *(_Level(1, _ALL, side) for side in (12, 8)),
        *(_Level(1, count, 8) for count in (256, 128, 64, 48, 32, 24, 16, 12, 8, 6, 4, 2, 1)),
        *(_Level(1, 1, 8, stride) for stride in _STRIDES[1:]),
    ],
}
"""From everything downwards: resolution goes first, then images, then channels, then layers."""


def plan_previews(entries: Iterable[Entry], budget_bytes: int) -> tuple[list[Kept], list[str]]:
    """Choose what stays of each record's main array.

    Args:
        entries: the manifest's records, with their arrays' shapes.
        budget_bytes: of the whole blob.

    Returns:
        What stays, and a sentence for each kind that was cut.
    """
    by_kind: dict[str, list[Entry]] = {kind: [] for kind in _SHARES}
    for entry in entries:
        if entry.kind in by_kind and entry.arrays:
            by_kind[entry.kind].append(entry)
    left = budget_bytes - _FIXED_BYTES
    kept: list[Kept] = []
    cut: list[str] = []
    for kind, share in _SHARES.items():
        chosen, words = _fit(kind, by_kind[kind], int(left * share))
        left -= sum(one.nbytes for one in chosen)
        kept += chosen
        cut += words
    return kept, cut


def _fit(kind: str, entries: Sequence[Entry], budget: int) -> tuple[list[Kept], list[str]]:
    if not entries:
        return [], []
    whole: list[Kept] | None = None
    for level in _LEVELS[kind]:
        chosen = [kept for entry in entries[:: level.stride] if (kept := _cut(entry, level))]
        whole = whole or chosen
        if sum(one.nbytes for one in chosen) <= budget:
            return chosen, [] if chosen == whole else [level.words(kind)]
    return [], [f"{kind}: left out"]


def _cut(entry: Entry, level: _Level) -> Kept | None:
    """Cut the main array's shape; None for a shape that no picture has, or without any value."""
    name, info = next(iter(entry.arrays.items()))
    shape = tuple(info.shape)
    if entry.kind == "feature_maps" and len(shape) == 2:
        shape = (*shape, 1, 1)
    rank = 3 if entry.kind == "heatmap" else 4
    if len(shape) != rank or 0 in shape:
        return None
    lead = (level.first, level.second)[: rank - 2]
    limits = (*lead, level.side, level.side)
    cut = tuple(min(size, limit) for size, limit in zip(shape, limits, strict=True))
    signed = entry.kind == "kernels" or bool(entry.facts.get("signed"))
    return Kept(entry.key, name, entry.kind, cut, signed)
