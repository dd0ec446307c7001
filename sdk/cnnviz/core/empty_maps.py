"""Heatmaps that show nothing, said in words: an empty picture looks like a fault."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cnnviz.contract.results import Result
from cnnviz.core.explained import noted

__all__ = ["said_if_empty"]


def said_if_empty(result: Result) -> Result:
    """Add to a heatmap's note which examples' maps are zero everywhere, or have no numbers.

    Args:
        result: with numpy arrays; one that is no heatmap comes back as it is, and so do maps whose
            note names the example already.
    """
    if result.kind != "heatmap":
        return result
    said = str(result.facts.get("note", ""))
    empty, broken = [], []
    for index, one in enumerate(next(iter(result.arrays.values()))):
        if f"example {index}" in said:
            continue
        if not np.isfinite(one).all():
            broken.append(str(index))
        elif not one.any():
            empty.append(str(index))
    notes = []
    if empty:
        notes.append(
            f"the map of example {', '.join(empty)} is zero everywhere: as far as this method "
            "sees, nothing in the image counts"
        )
    if broken:
        notes.append(
            f"the map of example {', '.join(broken)} has values that are no numbers: look at the "
            "weights and the scores"
        )
    return replace(result, facts=noted(dict(result.facts), *notes)) if notes else result
