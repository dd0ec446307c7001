"""An object cut out of a picture by graph cuts, from a map that says where it seems to be."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cnnviz.ops.packages import needed_package

__all__ = ["Box", "cut_out", "largest_component", "seeds_of"]

Box: TypeAlias = list[int]
"""Top, left, bottom and right in pixels; the last two one beyond."""

BACKGROUND, FOREGROUND, MAYBE = 0, 1, 2
"""OpenCV's words for a pixel that is sure, and for one that is not (background, for the time)."""


def seeds_of(
    heat: NDArray[np.float64], *, foreground: float, background: float
) -> NDArray[np.uint8]:
    """Mark what surely belongs to the object and what surely does not.

    Args:
        heat: (H, W), not the same everywhere.
        foreground: quantile above which a pixel is the object's.
        background: quantile below which it is not.

    Returns:
        (H, W): 1 the object, 0 not, 2 not known. There is at least one of the first two each.
    """
    low, high = np.quantile(heat, [background, foreground])
    seeds = np.full(heat.shape, MAYBE, dtype=np.uint8)
    seeds[(heat < low) | (heat == heat.min())] = BACKGROUND
    seeds[(heat > high) | (heat == heat.max())] = FOREGROUND
    return seeds


def cut_out(
    picture: NDArray[np.uint8], seeds: NDArray[np.uint8], *, iterations: int, seed: int, of: str
) -> NDArray[np.bool_]:
    """Cut the object out: colours learned from the seeds, then cut, then learned again.

    Args:
        picture: (H, W, 3).
        seeds: (H, W), of `seeds_of`.
        iterations: cuts, at least 1; after the first the colours are learned from the last cut.
        seed: of OpenCV's random numbers, which start the mixture of colours.
        of: the method's name, for the message where OpenCV is missing.

    Returns:
        (H, W), the object.
    """
    cv2: Any = needed_package("cv2", package="opencv-python-headless", of=of)
    cv2.setRNGSeed(seed % (1 << 31))
    mask, known = seeds.copy(), seeds != MAYBE
    models = np.zeros((1, 65)), np.zeros((1, 65))
    # A strip of the seeds alone: what is not known yet would else count as background.
    strip, words = picture[known][None], seeds[known][None].copy()
    cv2.grabCut(np.ascontiguousarray(strip), words, None, *models, 0, cv2.GC_INIT_WITH_MASK)
    cv2.grabCut(picture, mask, None, *models, 1, cv2.GC_EVAL_FREEZE_MODEL)
    if iterations > 1:
        cv2.grabCut(picture, mask, None, *models, iterations - 1, cv2.GC_EVAL)
    return np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD))


def largest_component(mask: NDArray[np.bool_], *, of: str) -> tuple[NDArray[np.bool_], Box]:
    """Keep the largest part that hangs together, over corners too, and give its box."""
    cv2: Any = needed_package("cv2", package="opencv-python-headless", of=of)
    _, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if len(stats) < 2:
        return mask, [0, 0, 0, 0]
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    left, top, width, height = (int(number) for number in stats[largest, :4])
    return parts == largest, [top, left, top + height, left + width]
