from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from cnnviz.ops.shapley import (
    all_coalitions,
    drawn_coalitions,
    exact_values,
    fitted_values,
)


def game(players, seed=0):
    """Any worth for every coalition."""
    return np.random.default_rng(seed).normal(size=1 << players)


def brute_force(worth, players):
    """The mean gain over all orders in which players can join."""
    values = np.zeros(players)
    for order in itertools.permutations(range(players)):
        there = 0
        for player in order:
            values[player] += worth[there | 1 << player] - worth[there]
            there |= 1 << player
    return values / math.factorial(players)


@pytest.mark.parametrize("players", [1, 2, 5, 6])
def test_exact_values_equal_the_mean_over_all_orders(players):
    worth = game(players)
    np.testing.assert_allclose(exact_values(worth), brute_force(worth, players), atol=1e-12)


def test_twelve_players_share_all_there_is_and_equal_ones_get_the_same():
    worth = game(12)
    taken = all_coalitions(12)
    swapped = taken[:, [1, 0, *range(2, 12)]] @ (1 << np.arange(12))
    values = exact_values((worth + worth[swapped]) / 2)
    assert abs(values.sum() - (worth[-1] - worth[0])) < 1e-12
    assert abs(values[0] - values[1]) < 1e-12


@pytest.mark.parametrize("players", [2, 3, 6, 9])
def test_a_fit_to_all_coalitions_by_the_published_weights_is_exact(players):
    worth = game(players)
    coalitions, weights = drawn_coalitions(players, 1 << players, np.random.default_rng(0))
    assert len(np.unique(coalitions, axis=0)) == len(coalitions) == (1 << players) - 2
    rows = coalitions @ (1 << np.arange(players))
    sizes = coalitions.sum(axis=1)
    published = np.array(
        [(players - 1) / (math.comb(players, s) * s * (players - s)) for s in sizes]
    )
    np.testing.assert_allclose(weights, published / published.sum(), rtol=1e-12)
    values = fitted_values(coalitions, worth[rows], weights, nobody=worth[0], everybody=worth[-1])
    np.testing.assert_allclose(values, exact_values(worth), atol=1e-9)


def test_where_not_all_fit_the_smallest_and_largest_are_listed_and_others_drawn_in_pairs():
    coalitions, weights = drawn_coalitions(20, 140, np.random.default_rng(0))
    sizes = coalitions.sum(axis=1)
    assert len(coalitions) == 140
    assert (sizes == 1).sum() == (sizes == 19).sum() == 20
    assert np.array_equal(coalitions[40:90], ~coalitions[90:])
    assert abs(weights.sum() - 1) < 1e-12
    shares = np.array([1 / (s * (20 - s)) for s in range(1, 20)])
    np.testing.assert_allclose(weights[:40].sum(), 2 * shares[0] / shares.sum(), rtol=1e-12)


def test_drawn_coalitions_find_a_sum_exactly_and_a_game_of_pairs_nearly():
    generator = np.random.default_rng(1)
    alone, together = generator.normal(size=24), generator.normal(size=(24, 24)) / 24
    coalitions, weights = drawn_coalitions(24, 1500, generator)

    def worth(taken):
        return taken @ alone + np.einsum("bi,ij,bj->b", taken, together, taken)

    ends = worth(np.repeat([[False], [True]], 24, axis=1))
    values = fitted_values(
        coalitions, worth(coalitions), weights, nobody=ends[0], everybody=ends[1]
    )
    expected = alone + (together + together.T).sum(1) / 2
    np.testing.assert_allclose(values, expected, atol=0.1)
    assert abs(values.sum() - (ends[1] - ends[0])) < 1e-9
    plain = fitted_values(
        coalitions, coalitions @ alone, weights, nobody=0.0, everybody=alone.sum()
    )
    np.testing.assert_allclose(plain, alone, atol=1e-9)


def test_a_worth_that_is_not_finite_gives_nan_and_no_error():
    coalitions, weights = drawn_coalitions(4, 14, np.random.default_rng(0))
    worth = np.full(len(coalitions), np.nan)
    assert np.isnan(fitted_values(coalitions, worth, weights, nobody=0, everybody=1)).all()
