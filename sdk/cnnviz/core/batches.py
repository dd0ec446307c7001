"""Some images of a data set, as they go through the network together."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

__all__ = ["Batch"]


@dataclass(frozen=True)
class Batch:
    """Some images of a data set."""

    positions: np.ndarray
    """int64 (n,): their places in the set."""
    images: Tensor
    """(n, C, H, W) float, as the network takes them."""
    labels: np.ndarray
    """int32 (n,), -1 where not known."""
    problems: list[str] = field(default_factory=list)
    """A sentence for each image that was to be here and could not be read."""
