from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import torch

from cnnviz.ops.ranks import rank_correlation, ranks


@pytest.mark.parametrize("levels", [None, 4, 2])
def test_ranks_and_their_correlation_equal_scipys_with_and_without_ties(levels):
    first, second = torch.randn(2, 5, 6, 7, dtype=torch.float64)
    if levels is not None:
        first = (first * levels).round()
        second = (second * levels).round().clamp(min=0)
    expected = scipy.stats.rankdata(first.flatten(1), axis=1)
    np.testing.assert_array_equal(ranks(first.flatten(1)), expected)
    found = rank_correlation(first, second)
    slow = [
        scipy.stats.spearmanr(a.ravel(), b.ravel()).statistic
        for a, b in zip(first.numpy(), second.numpy(), strict=True)
    ]
    np.testing.assert_allclose(found, slow, atol=1e-12)


def test_one_value_everywhere_and_what_is_no_number_correlate_with_nothing():
    maps = torch.randn(3, 4, 4)
    other = maps.clone()
    other[0] = 7
    other[1, 0, 0] = torch.nan
    found = rank_correlation(maps, other)
    assert torch.isnan(found[:2]).all()
    assert found[2] == pytest.approx(1)
