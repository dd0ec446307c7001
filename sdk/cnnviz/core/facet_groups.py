"""The facets of some images: their codes laid out by t-SNE, and what lies together there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from cnnviz.ops.clusters import clusters
from cnnviz.ops.principal import principal_components
from cnnviz.ops.tsne import FEWEST, tsne_map

if TYPE_CHECKING:
    from cnnviz.core.context import Context

__all__ = ["FacetGroups", "group_images"]

AXES: Final = 50
"""Principal components by which images are grouped where t-SNE cannot lay them out."""
_ALIKE: Final = 4
"""Digits by which points of a map differ; it is tens wide."""


class FacetGroups(NamedTuple):
    """Which images belong together."""

    members: list[np.ndarray]
    """Of each facet rows of the data set, nearest to its centre first; the largest facet first."""
    facts: dict[str, Any]
    """How they were found."""
    notes: list[str]


def group_images(
    ctx: Context, codes: np.ndarray, rows: np.ndarray, *, facets: int, perplexity: float
) -> FacetGroups:
    """Lay codes out in the plane and find groups there.

    Nguyen, Yosinski, Clune 2016, https://arxiv.org/abs/1602.03616, section 2: PCA to 50, t-SNE to
    2, k-means. Differs from the paper: of fewer than 8 different codes no map is made; the
    middle of a group is that of its codes, not of its points on the map.

    Args:
        ctx: is told how far t-SNE is; its seed is taken.
        codes: (M, D) of the images, M at least 1.
        rows: int64 (M,), of the images.
        facets: groups asked for.
        perplexity: of t-SNE.
    """
    finite = np.isfinite(codes).all(axis=1)
    known = codes[finite]
    different = len(np.unique(known, axis=0))
    facts: dict[str, Any] = {
        "images": len(rows),
        "nonfinite": int((~finite).sum()),
        "duplicates": len(known) - different,
    }
    notes = []
    if not finite.all():
        notes.append(f"{(~finite).sum()} of {len(rows)} images have codes that are not finite")
    count = min(facets, different)
    if 0 < count < facets:
        notes.append(f"{facets} facets were asked for, {different} images differ: {count} are made")
    if different < 2:
        return FacetGroups([rows[finite] if different else rows], facts | {"by": None}, notes)
    points = None
    if different >= FEWEST:
        points, more = _laid_out(ctx, known, perplexity)
        facts |= more
    if points is None:
        notes.append(f"{different} different images are too few for t-SNE: grouped by their codes")
        points = principal_components(known, AXES).scores
        facts["by"] = "codes"
    found = [_from_the_middle(known, group) for group in clusters(points, count, seed=ctx.seed)]
    return FacetGroups([rows[finite][group] for group in found], facts, notes)


def _from_the_middle(codes: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Order a group by how far its codes lie from their mean: on the map distances mean little."""
    own = codes[group].astype(np.float64)
    away = np.linalg.norm(own - own.mean(axis=0), axis=1)
    ordered: np.ndarray = group[np.argsort(away, kind="stable")]
    return ordered


def _laid_out(
    ctx: Context, codes: np.ndarray, perplexity: float
) -> tuple[np.ndarray | None, dict[str, Any]]:
    """Lay codes out; of few images t-SNE may make one point, then there is no map."""
    laid = tsne_map(
        codes,
        perplexity=perplexity,
        seed=ctx.seed % 2**32,
        on_progress=lambda done, total, *_: ctx.report(done, total),
    )
    points = laid.points.astype(np.float64)
    if len(np.unique(points.round(_ALIKE), axis=0)) < len(np.unique(codes, axis=0)) / 2:
        return None, {}
    facts = {"by": "tsne", "perplexity": laid.perplexity, "divergence": laid.divergence}
    return points, facts
