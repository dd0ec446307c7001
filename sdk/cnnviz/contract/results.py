"""What a method returns: arrays of one of a closed set of kinds; the kind chooses the view.

| kind | arrays, the main one first | drawn as |
|---|---|---|
| kernels | weights (F, S, kh, kw), signed | slices S of each filter F |
| feature_maps | activations (N, K, h, w); (N, K) when not spatial | one picture a channel |
| heatmap | map (N, H, W); facts["signed"] says which scale | picture over the example |
| layer_table | one (L,) float32 column a statistic; (T,) per-channel columns | numbers and curves |
| scores | scores (N, classes), probabilities (N, classes) | bars and curves |
| images | images (N, H, W, 3) float32, 0 … 1, true colours; facts["captions"], N texts | pictures |
| trust | areas (N, 4): deletion, insertion, and both of a random order; see below | badge, curves |
| patches | crops (K, T, h, w, 3 or 1) uint8: a channel's T strongest images | pictures, boxes |
| embedding | features (M, D) float16: a vector for each image of a data set | points, neighbours |

A layer_table's facts["layers"] names the L rows. Where an images record is a sheet,
facts["columns"] says how many pictures stand in a row. A heatmap's facts["boxes"], where there are
any, are N lists of [top, left, bottom, right] in pixels; its facts["caution"] is a sentence on
what is known against all maps of its method. A trust record judges another method's map:
beside `areas` it has `fraction` (T,) and the curves `deletion`, `insertion` (N, T) of the target's
probability, `random_deletion` and `random_insertion` of a random order, `sensitivity` (N,), and
`rank_correlation` (N, R) of the map with that of a net whose last layers were drawn anew, one
column for each list of layers in facts["randomised"]; NaN where undefined. facts["method"] and
["params"] name the judged map, ["verdict"] is "changes with weights", "insensitive to weights" or
"undecided", ["explanation"] a sentence. The other arrays and facts of patches and embeddings are
listed in docs/format.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

__all__ = ["KINDS", "Kind", "Result"]

Kind = Literal[
    "kernels",
    "feature_maps",
    "heatmap",
    "layer_table",
    "scores",
    "images",
    "trust",
    "patches",
    "embedding",
]
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one run of a method gives for one layer, or for the model as a whole (layer None).

    `arrays` are torch tensors or numpy arrays, the main one first; the executor turns them into
    numpy arrays that nothing else writes to. `facts` are small JSON values: what the pictures need
    to be read rightly (targets, signedness, what was left out and why).
    """

    kind: Kind
    arrays: Mapping[str, Any]
    layer: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
