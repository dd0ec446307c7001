from __future__ import annotations

import math

import pytest
import torch

from cnnviz.ops.quasi_newton import by_frequency, minimise, unscaled

BOTTOM = torch.linspace(-1, 1, 48, dtype=torch.float64).view(1, 3, 4, 4)
STEEPNESS = torch.logspace(0, 3, 48, dtype=torch.float64).view(1, 3, 4, 4)


def bowl(point):
    gap = point - BOTTOM
    return float((STEEPNESS * gap.square()).sum()), 2 * STEEPNESS * gap


def banana(point):
    x, y = point.tolist()
    slope = [-400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x)]
    return 100 * (y - x * x) ** 2 + (1 - x) ** 2, torch.tensor(slope, dtype=torch.float64)


def lowest(evaluated, count):
    kept = math.inf
    for number, one in enumerate(evaluated, 1):
        kept = min(kept, one.value)
        if number == count:
            break
    return kept


@pytest.mark.parametrize("power", [0.0, 0.7])
def test_it_finds_the_bottom_of_a_long_bowl(power):
    start = torch.zeros_like(BOTTOM)
    scaling = by_frequency(4, 4, power, start) if power else unscaled
    assert lowest(minimise(bowl, start, first=0.01, scaling=scaling), 200) < 1e-9


def test_it_follows_a_bent_valley():
    start = torch.tensor([-1.2, 1.0], dtype=torch.float64)
    assert lowest(minimise(banana, start, first=0.1), 80) < 1e-12


def test_accepted_losses_only_fall_and_what_is_no_number_is_left():
    def cliff(point):
        value, gradient = bowl(point)
        return (math.nan if float(point.max()) > 0.9 else value), gradient

    values = []
    for number, one in enumerate(minimise(cliff, torch.zeros_like(BOTTOM), first=5.0)):
        if one.accepted:
            values.append(one.value)
        if number == 200:
            break
    assert len(values) > 5
    assert values == sorted(values, reverse=True)
    assert not any(math.isnan(value) for value in values)


def test_a_start_that_is_no_number_is_the_end():
    found = list(minimise(lambda x: (math.nan, x), torch.ones(2), first=1.0))
    assert [one.accepted for one in found] == [False]


def test_a_start_at_the_bottom_is_the_end():
    assert len(list(minimise(bowl, BOTTOM, first=1.0))) == 1


def test_scaling_is_symmetric_and_makes_a_grain_smaller_by_its_frequency():
    scale = by_frequency(8, 8, 1.0, torch.zeros(1))
    random = torch.Generator().manual_seed(0)
    one, other = torch.randn(2, 1, 1, 8, 8, generator=random)
    assert float((scale(one) * other).sum()) == pytest.approx(
        float((one * scale(other)).sum()), 1e-4
    )
    grain = torch.tensor([1.0, -1.0]).repeat(4).expand(1, 1, 8, 8)
    torch.testing.assert_close(scale(grain), grain / 4)
    torch.testing.assert_close(scale(torch.ones(1, 1, 8, 8)), torch.ones(1, 1, 8, 8))
