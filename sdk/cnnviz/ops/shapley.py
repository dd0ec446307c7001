"""Shapley values: what each player adds to a game, on average over all orders of joining."""

from __future__ import annotations

import itertools
import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["all_coalitions", "drawn_coalitions", "exact_values", "fitted_values"]

Coalitions: TypeAlias = "NDArray[np.bool_]"
"""(B, M), which of the M players take part."""

Floats: TypeAlias = "NDArray[np.float64]"


def all_coalitions(players: int) -> Coalitions:
    """List all 2^M coalitions; row r has player i where bit i of r is set."""
    rows = np.arange(1 << players)[:, None]
    return (rows >> np.arange(players) & 1).astype(bool)


def exact_values(worth: Floats) -> Floats:
    """Give the Shapley values of a game whose every coalition's worth is known.

    Shapley 1953: the mean of worth(S with i) - worth(S), S weighed by s! (M - s - 1)! / M!.

    Args:
        worth: (2^M,), in the order of `all_coalitions`.

    Returns:
        (M,); they sum to what all players are worth more than none.
    """
    players = len(worth).bit_length() - 1
    rows = np.arange(len(worth))
    sizes = all_coalitions(players).sum(axis=1)
    weights = np.array([1 / (players * math.comb(players - 1, size)) for size in range(players)])
    values = np.empty(players)
    for player in range(players):
        without = rows[rows >> player & 1 == 0]
        gains = worth[without | 1 << player] - worth[without]
        values[player] = (weights[sizes[without]] * gains).sum()
    return values


def drawn_coalitions(
    players: int, budget: int, generator: np.random.Generator
) -> tuple[Coalitions, Floats]:
    """Choose coalitions and their weights for a fit of the values.

    Lundberg, Lee 2017: a coalition of s players weighs (M - 1) / (C(M, s) s (M - s)). As in their
    package: sizes whose coalitions all fit into the budget are listed, smallest and largest first;
    of the others some are drawn, each with its complement, and share the weight that is left.

    Args:
        players: M, at least 2.
        budget: coalitions at most, at least 2 M; nobody and everybody are not counted.
        generator: of the draws.

    Returns:
        (B, M), and (B,) weights that sum to 1.
    """
    sizes = range(1, players // 2 + 1)
    kinds = [1 if 2 * size == players else 2 for size in sizes]  # a size and its complement's
    shares = np.array([n / (size * (players - size)) for n, size in zip(kinds, sizes, strict=True)])
    shares /= shares.sum()
    coalitions: list[Coalitions] = []
    weights: list[Floats] = []
    left, listed = budget, 0
    for size, share in zip(sizes, shares, strict=True):
        if kinds[listed] * math.comb(players, size) > left:
            break
        whole = _paired(_of_size(players, size), size)
        coalitions.append(whole)
        weights.append(np.full(len(whole), share / len(whole)))
        left, listed = left - len(whole), listed + 1
    if listed < len(sizes) and left >= 2:
        drawn = _drawn(players, left // 2, shares[listed:], listed + 1, generator)
        coalitions.append(drawn)
        weights.append(np.full(len(drawn), shares[listed:].sum() / len(drawn)))
    joined = np.concatenate(weights)
    return np.concatenate(coalitions), joined / joined.sum()


def fitted_values(
    coalitions: Coalitions, worth: Floats, weights: Floats, *, nobody: float, everybody: float
) -> Floats:
    """Fit a linear game to the worths; its values sum exactly to what everybody is worth more.

    Args:
        coalitions: (B, M).
        worth: (B,).
        weights: (B,), of the squares.
        nobody: worth of the empty coalition.
        everybody: worth of the full one.

    Returns:
        (M,); NaN where a worth is not finite.
    """
    gain = everybody - nobody
    if not np.isfinite([*worth, gain]).all():
        return np.full(coalitions.shape[1], np.nan)
    taken = coalitions.astype(np.float64)
    last = taken[:, -1:]
    root = np.sqrt(weights)
    found, *_ = np.linalg.lstsq(
        (taken[:, :-1] - last) * root[:, None],
        (worth - nobody - last[:, 0] * gain) * root,
        rcond=None,
    )
    return np.append(found, gain - found.sum())


def _of_size(players: int, size: int) -> Coalitions:
    chosen = list(itertools.combinations(range(players), size))
    rows = np.zeros((len(chosen), players), dtype=bool)
    np.put_along_axis(rows, np.array(chosen), values=True, axis=1)
    return rows


def _paired(rows: Coalitions, size: int) -> Coalitions:
    """Put to each coalition its complement, unless it is of the same size."""
    return rows if 2 * size == rows.shape[1] else np.concatenate([rows, ~rows])


def _drawn(
    players: int, pairs: int, shares: Floats, first: int, generator: np.random.Generator
) -> Coalitions:
    """Draw coalitions, their sizes by the shares, and put to each its complement."""
    sizes = first + generator.choice(len(shares), size=pairs, p=shares / shares.sum())
    ranks = generator.random((pairs, players)).argsort(axis=1).argsort(axis=1)
    rows: Coalitions = ranks < sizes[:, None]
    return np.concatenate([rows, ~rows])
