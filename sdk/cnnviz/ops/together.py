"""Which channels go up and down together, and with which class: sums over a stream of images."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

__all__ = ["Together"]

AT_ONCE: Final = 64
"""Images whose products are added at once: threads wait for each other once a product."""


class Together:
    """Means, means by class and correlations of K channels, without keeping what they are of."""

    def __init__(self, channels: int, classes: int | None) -> None:
        """Begin with nothing.

        Args:
            channels: K.
            classes: how many there are; None where labels mean nothing.
        """
        self._count = torch.zeros((), dtype=torch.int64)
        self._sum = torch.zeros(channels, dtype=torch.float64)
        self._products = torch.zeros(channels, channels, dtype=torch.float64)
        self._waiting = torch.zeros(AT_ONCE, channels, dtype=torch.float64)
        self._filled = torch.zeros((), dtype=torch.int64)
        self._by_class = torch.zeros(classes or 0, channels, dtype=torch.float64)
        self._counts = torch.zeros(classes or 0, dtype=torch.float64)

    def add(self, values: Tensor, labels: Tensor) -> None:
        """Take some images' values; those of an image that are not all finite are left out.

        Args:
            values: (n, K) on the CPU.
            labels: int64 (n,), −1 where not known.
        """
        finite = torch.isfinite(values).all(1)
        known = values[finite].double()
        self._count += len(known)
        self._sum += known.sum(0)
        self._multiply(known)
        own = labels[finite]
        inside = (own >= 0) & (own < len(self._counts))
        self._by_class.index_add_(0, own[inside], known[inside])
        self._counts += torch.bincount(own[inside], minlength=len(self._counts))

    def _multiply(self, known: Tensor) -> None:
        """Let rows wait until there are many, (n, K) float64, and add their products."""
        while len(known):
            filled = int(self._filled)
            some = known[: AT_ONCE - filled]
            self._waiting[filled : filled + len(some)] = some
            self._filled += len(some)
            known = known[len(some) :]
            if int(self._filled) == AT_ONCE:
                self._products.addmm_(self._waiting.T, self._waiting)
                self._filled.zero_()

    def sums(self) -> dict[str, Tensor]:
        """Give all that it holds, by reference."""
        return {
            "count": self._count,
            "sum": self._sum,
            "products": self._products,
            "waiting": self._waiting,
            "filled": self._filled,
            "by_class": self._by_class,
            "counts": self._counts,
        }

    def mean(self) -> Tensor:
        """Give (K,) float32; NaN of nothing."""
        return (self._sum / self._count if self._count else self._sum * torch.nan).float()

    def class_means(self) -> Tensor | None:
        """Give (K, classes) float32, NaN of a class without images; None without any label."""
        if not self._counts.sum():
            return None
        return (self._by_class / self._counts[:, None]).T.float().contiguous()

    def correlated(self, count: int) -> tuple[Tensor, Tensor]:
        """Give each channel's most alike others: int32 (K, count), −1, and float32, NaN, if fewer.

        A channel that never changes is like no other.
        """
        channels = len(self._sum)
        rows = torch.full((channels, count), -1, dtype=torch.int32)
        values = torch.full((channels, count), torch.nan)
        if self._count < 2:
            return rows, values
        mean = self._sum / self._count
        waiting = self._waiting[: int(self._filled)]
        spread = (self._products + waiting.T @ waiting) / self._count - mean[:, None] * mean[None]
        deviation = spread.diagonal().clamp(min=0).sqrt()
        # What rounding alone leaves of a constant channel is no variation.
        varies = deviation > 1e-6 * mean.abs().clamp(min=1e-30)
        scale = torch.where(varies, 1 / deviation.clamp(min=1e-300), 0)
        alike = (spread * scale[:, None] * scale[None]).clamp(-1, 1)
        alike.fill_diagonal_(-torch.inf)
        alike[:, ~varies] = -torch.inf
        alike[~varies] = -torch.inf
        best, order = alike.sort(dim=1, descending=True, stable=True)
        kept = min(count, channels)
        there = torch.isfinite(best[:, :kept])
        rows[:, :kept] = torch.where(there, order[:, :kept], -1).int()
        values[:, :kept] = torch.where(there, best[:, :kept], torch.nan).float()
        return rows, values
