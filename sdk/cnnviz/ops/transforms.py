"""Small changes that a made picture must stand, drawn anew for every step."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["Views", "draw_crop", "draw_shift", "draw_views", "seen"]

Views = Tensor
"""(N, 2, 3): where each picture's centred coordinates, px, are taken from."""

_ANGLES = (*range(-10, 11), *(0,) * 5)
_SCALES = tuple(1 + (step - 5) / 50 for step in range(11))
_SHIFTS = (8, 4)
_SHIFTS_FIT = 128
"""Side of the pictures that the shifts were chosen for, px; smaller ones are shifted less."""


def draw_shift(most: int, generator: torch.Generator) -> tuple[int, int]:
    """Draw how far a picture is rolled down and right, each up to `most` px both ways."""
    down, right = torch.randint(-most, most + 1, (2,), generator=generator).tolist()
    return down, right


def draw_crop(room: tuple[int, int], spread: float, generator: torch.Generator) -> tuple[int, int]:
    """Draw where a part of a larger picture begins, most often near the middle.

    Args:
        room: px that it can be moved down and right.
        spread: standard deviation, as a share of the room.
        generator: of random numbers, on the CPU.
    """
    drawn = torch.randn(2, generator=generator).tolist()
    places = [(size / 2 + spread * size * one, size) for one, size in zip(drawn, room, strict=True)]
    top, left = (min(max(round(place), 0), size) for place, size in places)
    return top, left


def draw_views(count: int, size: tuple[int, int], generator: torch.Generator) -> Views:
    """Draw Lucid's standard transformations: shift, scale, turn, shift, one set a picture.

    Olah, Mordvintsev, Schubert 2017 (https://doi.org/10.23915/distill.00007). Differs from Lucid:
    the four are one resampling, and each picture of a batch draws its own.
    """
    share = min(1.0, min(size) / _SHIFTS_FIT)
    turns = torch.tensor(_ANGLES)[torch.randint(len(_ANGLES), (count,), generator=generator)]
    scales = torch.tensor(_SCALES)[torch.randint(len(_SCALES), (count,), generator=generator)]
    shifts = torch.zeros(count, 2)
    for most in _SHIFTS:
        shifts += (torch.randint(most + 1, (count, 2), generator=generator) - most / 2) * share
    angle = turns * (math.pi / 180)
    cosine, sine = angle.cos() / scales, angle.sin() / scales
    rows = [torch.stack(row, dim=1) for row in ((cosine, -sine), (sine, cosine))]
    return torch.cat([torch.stack(rows, dim=1), shifts.unsqueeze(2)], dim=2)


def seen(pictures: Tensor, views: Views, around: Tensor) -> Tensor:
    """Look at pictures through views, bilinearly: (N, C, H, W), of the same size.

    Args:
        pictures: (N, C, H, W).
        views: one a picture.
        around: (C, 1, 1), the colour beyond the border.
    """
    height, width = pictures.shape[2:]
    half = torch.tensor((width / 2, height / 2))
    scaled = views.clone()
    scaled[:, :, :2] *= half / half.unsqueeze(1)
    scaled[:, :, 2] /= half
    grid = functional.affine_grid(scaled.to(pictures), list(pictures.shape), align_corners=False)
    sampled = functional.grid_sample(pictures - around, grid, align_corners=False)
    return sampled + around
