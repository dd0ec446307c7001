"""The strongest few of a stream, for each channel: a running top-K."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["Newcomers", "Strongest"]


class Newcomers(NamedTuple):
    """What entered the lists, E of them."""

    channels: Tensor
    """int64 (E,)."""
    slots: Tensor
    """int64 (E,): where each channel may keep what belongs to it, 0 … T − 1."""
    images: Tensor
    """int64 (E,): which of the batch."""


class Strongest:
    """Of each of K channels the T largest values so far; of equal ones, those that came first.

    Each entry has a slot, a place of its own among its channel's T, for as long as it is in the
    list: what is kept beside the values need not be moved when the order changes.
    """

    def __init__(self, channels: int, count: int) -> None:
        """Begin with empty lists.

        Args:
            channels: K.
            count: T.
        """
        self.values = torch.full((channels, count), -torch.inf)
        """(K, T), the largest first; −∞ where there is none."""
        self.rows = torch.full((channels, count), -1, dtype=torch.int64)
        """(K, T): rows of their images, −1 where there is none."""
        self.slots = torch.arange(count).repeat(channels, 1)
        """(K, T)."""

    def merge(self, values: Tensor, rows: Tensor) -> Newcomers:
        """Take what is larger than what is there.

        Args:
            values: float32 (n, K) on the CPU; NaN never enters.
            rows: int64 (n,), of the images.

        Returns:
            What entered, and where it may be kept.
        """
        count = self.values.shape[1]
        fresh = values.T.nan_to_num(nan=-torch.inf, posinf=torch.inf, neginf=-torch.inf)
        better = (fresh > self.values[:, -1:]).any(1).nonzero()[:, 0]
        both = torch.cat([self.values[better], fresh[better]], 1)
        kept, order = both.sort(dim=1, descending=True, stable=True)
        kept, order = kept[:, :count], order[:, :count]
        is_new = order >= count
        older = order.clamp(max=count - 1)
        slots = _with_free_slots(self.slots[better].gather(1, older), is_new)
        images = (order - count).clamp(min=0)
        known = self.rows[better].gather(1, older)
        self.values[better], self.slots[better] = kept, slots
        self.rows[better] = torch.where(is_new, rows[images], known)
        where = is_new.nonzero()
        return Newcomers(better[where[:, 0]], slots[is_new], images[is_new])


def _with_free_slots(slots: Tensor, is_new: Tensor) -> Tensor:
    """Give newcomers the slots that nobody of their channel keeps: (K, T)."""
    taken = torch.zeros(len(slots), slots.shape[1] + 1, dtype=torch.bool)
    taken.scatter_(1, slots.masked_fill(is_new, slots.shape[1]), value=True)
    free_first = taken[:, :-1].to(torch.uint8).argsort(dim=1, stable=True)
    turn = (is_new.cumsum(1) - 1).clamp(min=0)
    return torch.where(is_new, free_first.gather(1, turn), slots)
