from __future__ import annotations

import numpy as np
import pytest

from cnnviz.ops import patch_synthesis
from cnnviz.ops.patch_synthesis import efros_leung, gaussian_pyramid, wei_levoy


def random() -> np.random.Generator:
    return np.random.default_rng(0)


def pattern(height: int, width: int) -> np.ndarray:
    """A cell of 4 × 5 pixels of different colours, over and over."""
    cell = np.random.default_rng(5).permutation(60).reshape(4, 5, 3) / 60
    return np.tile(cell, (-(-height // 4), -(-width // 5), 1))[:height, :width]


def last(grown):
    *_, (done, texture) = grown
    return done, texture


def test_efros_and_leung_continue_a_periodic_pattern_without_error():
    done, texture = last(efros_leung(pattern(20, 20), (18, 21), 7, random()))
    assert done == 18 * 21
    tiled = pattern(30, 30)
    gaps = [
        np.abs(texture - tiled[top : top + 18, left : left + 21]).max()
        for top in range(4)
        for left in range(5)
    ]
    assert min(gaps) == 0


def literally(source, size, window, numbers):
    """Efros and Leung's pseudo-code, a pixel and a window at a time."""
    radius, (height, width, colours) = window // 2, source.shape
    top, left = numbers.integers(height - 2), numbers.integers(width - 2)
    texture = np.full((*size, colours), np.nan)
    row, column = (size[0] - 3) // 2, (size[1] - 3) // 2
    texture[row : row + 3, column : column + 3] = source[top : top + 3, left : left + 3]
    bound = 0.3
    while np.isnan(texture).any():
        there = ~np.isnan(texture[..., 0])
        neighbours = np.zeros(size, int)
        for i, j in np.argwhere(~there):
            neighbours[i, j] = there[max(i - 1, 0) : i + 2, max(j - 1, 0) : j + 2].sum()
        places = np.argwhere(neighbours > 0)
        numbers.shuffle(places)
        progress = False
        for i, j in sorted(places.tolist(), key=lambda at: -neighbours[at[0], at[1]]):
            distances = np.zeros((height - window + 1, width - window + 1))
            total = 0.0
            for down in range(-radius, radius + 1):
                for right in range(-radius, radius + 1):
                    y, x = i + down, j + right
                    inside = 0 <= y < size[0] and 0 <= x < size[1]
                    if not inside or np.isnan(texture[y, x, 0]):
                        continue
                    weight = np.exp(-0.5 * (down**2 + right**2) / (window / 6.4) ** 2)
                    seen = source[
                        radius + down : height - radius + down,
                        radius + right : width - radius + right,
                    ]
                    distances += weight * ((seen - texture[y, x]) ** 2).sum(axis=2)
                    total += weight
            distances = distances.ravel() / total
            chosen = numbers.choice(np.flatnonzero(distances <= distances.min() * 1.1 + 1e-9))
            if distances[chosen] < bound:
                y, x = divmod(int(chosen), width - window + 1)
                texture[i, j] = source[y + radius, x + radius]
                progress = True
        bound *= 1 if progress else 1.1
    return texture


@pytest.mark.parametrize("window", [3, 5])
def test_efros_and_leung_is_the_pseudo_code_done_slowly(window):
    smooth = np.random.default_rng(2).random((5, 6, 2)).repeat(3, axis=0).repeat(3, axis=1)
    source = 0.9 * smooth + 0.1 * np.random.default_rng(4).random(smooth.shape)
    _, texture = last(efros_leung(source, (11, 13), window, random()))
    np.testing.assert_array_equal(texture, literally(source, (11, 13), window, random()))


def test_distances_measured_in_parts_are_the_same(monkeypatch):
    source = np.random.default_rng(1).random((14, 14, 3))
    _, whole = last(efros_leung(source, (12, 12), 5, random()))
    whole = whole.copy()
    monkeypatch.setattr(patch_synthesis, "_AT_ONCE", 300)
    _, parts = last(efros_leung(source, (12, 12), 5, random()))
    np.testing.assert_array_equal(whole, parts)


def test_what_wei_and_levoy_make_looks_like_the_picture_close_up():
    source = pattern(20, 25)
    flat = source.reshape(-1, 3)
    noise = flat[random().integers(len(flat), size=(20, 25))]
    _, texture = last(wei_levoy(source, (20, 25), 5, 1, random()))
    assert strangeness(texture, source) < 0.3 * strangeness(noise, source)


def strangeness(texture: np.ndarray, source: np.ndarray) -> float:
    """Mean distance of windows of 3 × 3 to the nearest of the source."""
    made, there = (
        np.lib.stride_tricks.sliding_window_view(one, (3, 3), axis=(0, 1)).reshape(-1, 27)
        for one in (texture, source)
    )
    gaps = ((made[:, None] - there) ** 2).sum(axis=2)
    return float(gaps.min(axis=1).mean())


@pytest.mark.parametrize("levels", [1, 3])
def test_wei_and_levoy_take_only_colours_of_the_picture(levels):
    source = np.random.default_rng(1).random((32, 32, 3))
    done, texture = last(wei_levoy(source, (12, 10), 3, levels, random()))
    assert texture.shape == (12, 10, 3)
    assert done == {1: 120, 3: 120 + 30 + 9}[levels]
    colours = {tuple(one) for one in source.reshape(-1, 3)}
    assert {tuple(one) for one in texture.reshape(-1, 3)} <= colours


def test_efros_and_leung_take_only_colours_of_the_picture_and_the_seed_decides():
    source = np.random.default_rng(1).random((14, 14, 1))
    _, first = last(efros_leung(source, (9, 8), 5, random()))
    _, again = last(efros_leung(source, (9, 8), 5, random()))
    _, other = last(efros_leung(source, (9, 8), 5, np.random.default_rng(9)))
    assert set(first.ravel()) <= set(source.ravel())
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_pyramid_halves_and_keeps_the_mean():
    picture = np.random.default_rng(1).random((16, 24, 3))
    sizes = [one.shape[:2] for one in gaussian_pyramid(picture, 3)]
    assert sizes == [(16, 24), (8, 12), (4, 6)]
    even = np.full((8, 8, 1), 0.25)
    np.testing.assert_allclose(gaussian_pyramid(even, 3)[2], 0.25)
