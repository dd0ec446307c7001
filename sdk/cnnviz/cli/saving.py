"""Records as files for other programs: PNG and npz, each with where it comes from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cnnviz.cli.drawing import draw, draw_sheet
from cnnviz.contract.records import Record
from cnnviz.storage.manifests import encode_json

__all__ = ["file_stems", "save_arrays", "save_pictures"]


def save_pictures(record: Record, stem: Path) -> list[Path]:
    """Write a record's pictures, with its provenance as the text `cnnviz`; none of a table.

    Several images are also laid out on one sheet, with their captions.

    Args:
        record: what to draw.
        stem: the files' path without their ending.
    """
    info = PngInfo()
    info.add_itxt("cnnviz", _provenance(record))
    pictures = list(draw(record.kind, record.arrays, record.facts))
    made: list[Path] = []
    several = len(pictures) > 1
    ends = [f"_{number}" if several else "" for number in range(len(pictures))]
    if several and record.kind == "images":
        pictures.append(draw_sheet(pictures, record.facts))
        ends.append("_sheet")
    for end, picture in zip(ends, pictures, strict=True):
        path = stem.with_name(f"{stem.name}{end}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.ascontiguousarray(picture)).save(path, pnginfo=info)
        made.append(path)
    return made


def save_arrays(record: Record, stem: Path) -> Path:
    """Write a record's exact arrays as npz, its provenance as the array `provenance` of text."""
    path = stem.with_name(f"{stem.name}.npz")
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {name: np.asarray(array) for name, array in record.arrays.items()}
    arrays["provenance"] = np.array(_provenance(record))
    np.savez(path, allow_pickle=False, **arrays)
    return path


def file_stems(records: Sequence[Record]) -> list[str]:
    """Name the files of some records: method, layer, step; no two alike."""
    stems: list[str] = []
    for record in records:
        step = None if record.step is None else f"step{record.step}"
        name = "_".join(part for part in (record.method, record.layer, step) if part)
        stem = re.sub(r"[^A-Za-z0-9_.-]", "_", name)[:150]
        further = sum(1 for other in stems if other == stem or other.startswith(f"{stem}-"))
        stems.append(f"{stem}-{further + 1}" if further else stem)
    return stems


def _provenance(record: Record) -> str:
    known = msgspec.to_builtins(record.provenance)
    return encode_json({**known, "kind": record.kind, "facts": dict(record.facts)}).decode()
