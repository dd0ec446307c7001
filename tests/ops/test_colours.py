from __future__ import annotations

import numpy as np
import torch

from cnnviz.ops.colours import match_histograms, with_colours_of


def picture(seed: int, size: tuple[int, int] = (6, 7)) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.rand(1, 3, *size, generator=random, dtype=torch.float64)


def test_a_picture_with_its_own_colours_stays_as_it_is():
    torch.testing.assert_close(with_colours_of(picture(0), picture(0)), picture(0))


def test_grey_gives_grey():
    grey = picture(0).mean(dim=1, keepdim=True).expand(-1, 3, -1, -1)
    found = with_colours_of(picture(1), grey)
    torch.testing.assert_close(found.amax(dim=1), found.amin(dim=1), atol=1e-4, rtol=0)


def test_matched_colours_are_those_of_the_other_in_the_order_of_the_one():
    one, other = picture(0), picture(1)
    found = match_histograms(one, other)
    for colour in range(3):
        a, b = found[0, colour].flatten(), other[0, colour].flatten()
        np.testing.assert_array_equal(a.sort().values, b.sort().values)
        np.testing.assert_array_equal(a.argsort(), one[0, colour].flatten().argsort())


def test_a_larger_picture_takes_each_value_about_as_often():
    found = match_histograms(picture(0, (12, 14)), picture(1))
    values, counts = np.unique(found[0, 0].numpy(), return_counts=True)
    assert len(values) == 42
    assert set(counts) == {4}
