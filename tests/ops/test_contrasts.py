from __future__ import annotations

import math

import pytest
import torch

from cnnviz.ops.contrasts import by_contrast


def picture(*shape, seed=0):
    return torch.randn(1, *shape, generator=torch.Generator().manual_seed(seed)).double()


@pytest.mark.parametrize("size", [(8, 8), (9, 14), (300, 5)])
def test_the_map_is_symmetric_and_positive_at_every_size(size):
    scale = by_contrast([picture(3, 12, 20)], size, 0.5)
    one, other = picture(3, *size, seed=1), picture(3, *size, seed=2)
    assert float((scale(one) * other).sum()) == pytest.approx(float((one * scale(other)).sum()))
    assert float((scale(one) * one).sum()) > 0


def test_colours_and_shapes_move_by_their_contrast_to_the_power():
    # Red varies ten times as much as green; a wave of 1 / 16 cycles a pixel, nothing finer.
    wave = torch.sin(torch.arange(64).double() * (2 * math.pi / 16)).expand(64, 64)
    seen = torch.stack([10 * wave, wave, 0 * wave])[None]
    scale = by_contrast([seen], (64, 64), 1.0)

    def size(number, moved):
        grain = torch.zeros(1, 3, 64, 64).double()
        grain[0, number] = moved
        return float(scale(grain).norm() / grain.norm())

    # One axis varies, the others have a tenth of its contrast.
    fine = torch.tensor([1.0, -1.0]).repeat(32).expand(64, 64).double()
    assert size(0, wave) > 8 * size(2, wave)
    assert size(0, wave) > 100 * size(0, fine)


@pytest.mark.parametrize("value", [0.5, math.nan, math.inf])
def test_pictures_without_contrast_leave_all_alike(value):
    scale = by_contrast([torch.full((1, 3, 8, 8), value)], (8, 8), 0.5)
    moved = picture(3, 8, 8).float()
    torch.testing.assert_close(scale(moved), moved)


def test_a_map_in_blocks_of_rows_is_the_same(monkeypatch):
    moved = picture(3, 40, 30)
    whole = by_contrast([picture(3, 20, 20)], (40, 30), 0.5)(moved)
    monkeypatch.setattr("cnnviz.ops.contrasts._ROWS", 7)
    torch.testing.assert_close(by_contrast([picture(3, 20, 20)], (40, 30), 0.5)(moved), whole)
