"""Texture grown pixel by pixel from windows of a picture: no network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

__all__ = ["efros_leung", "gaussian_pyramid", "wei_levoy"]

Picture = np.ndarray
"""(H, W, C) float64 in 0 … 1."""

Place = tuple[int, int]
"""Row and column."""

_TOLERANCE: Final = 0.1
"""Windows this much farther than the nearest are drawn from as well."""
_SMALLEST: Final = 1e-9
"""Distances below are those of windows alike, rounded."""
_SEED: Final = 3
_FIRST_ERROR: Final = 0.3
_BINOMIAL: Final = np.array([1, 4, 6, 4, 1]) / 16
_AT_ONCE: Final = 1 << 22
"""Distances that are computed together: of all windows to so many pixels' surroundings."""


def efros_leung(
    source: Picture, size: tuple[int, int], window: int, random: np.random.Generator
) -> Iterator[tuple[int, Picture]]:
    """Grow a texture from a 3×3 piece of the source, the pixel with most neighbours next.

    Efros, Leung 1999, https://doi.org/10.1109/ICCV.1999.790383, and the authors' pseudo-code: the
    distance is weighed by a Gaussian of σ = window / 6.4, what is at most 1.1 × as far as the
    nearest window is drawn from alike, farther than 0.3 none is taken, and that bound grows by 1.1
    where it leaves no pixel. Differs from the paper: none.

    Args:
        source: (H, W, C), each side at least the window's.
        size: height and width of the texture, at least 3.
        window: side of the square that is compared, odd.
        random: draws the piece and the windows.

    Yields:
        How many pixels are there, and the texture up to now (not a copy).
    """
    grown = _Grown(source, size, window, random)
    yield grown.count, grown.texture
    bound = _FIRST_ERROR
    while grown.count < grown.filled.size:
        progress = False
        for place, known in grown.measured(grown.border()):
            distance, colour = grown.choose(place, known)
            if distance < bound:
                grown.put(place, colour)
                progress = True
                yield grown.count, grown.texture
        if not progress:
            bound *= 1.1


class _Grown:
    """A texture that grows."""

    def __init__(
        self, source: Picture, size: tuple[int, int], window: int, random: np.random.Generator
    ) -> None:
        self.random = random
        self.radius = window // 2
        height, width, colours = source.shape
        views = np.lib.stride_tricks.sliding_window_view(source, (window, window), (0, 1))
        # A row a pixel of the window: what a few pixels add is then read in one piece.
        self.colours = views.transpose(3, 4, 2, 0, 1).reshape(window * window, colours, -1)
        self.squares = np.einsum("kcm,kcm->km", self.colours, self.colours)
        self.middles = np.ascontiguousarray(self.colours[window * window // 2].T)
        offsets = np.arange(window) - self.radius
        bell = np.exp(-0.5 * (offsets / (window / 6.4)) ** 2)
        self.bell = np.outer(bell, bell).ravel()
        margin = 2 * self.radius
        self.padded = np.zeros((size[0] + margin, size[1] + margin, colours))
        self.known = np.zeros(self.padded.shape[:2], dtype=bool)
        inner = (
            slice(self.radius, self.radius + size[0]),
            slice(self.radius, self.radius + size[1]),
        )
        self.texture, self.filled = self.padded[inner], self.known[inner]
        top, left = random.integers(height - _SEED + 1), random.integers(width - _SEED + 1)
        row, column = (size[0] - _SEED) // 2, (size[1] - _SEED) // 2
        piece = source[top : top + _SEED, left : left + _SEED]
        self.texture[row : row + _SEED, column : column + _SEED] = piece
        self.filled[row : row + _SEED, column : column + _SEED] = True
        self.count = _SEED * _SEED
        self.fresh: list[Place] = []
        """Pixels that were put after the distances at hand were measured."""

    def border(self) -> np.ndarray:
        """List the pixels beside those that are there, (n, 2), most first, ties at random."""
        padded = np.pad(self.filled, 1).astype(int)
        height, width = self.filled.shape
        neighbours = (
            sum(padded[i : i + height, j : j + width] for i in range(3) for j in range(3))
            * ~self.filled
        )
        places = np.argwhere(neighbours > 0)
        self.random.shuffle(places)
        order = np.argsort(-neighbours[places[:, 0], places[:, 1]], kind="stable")
        found: np.ndarray = places[order]
        return found

    def measured(self, places: np.ndarray) -> Iterator[tuple[Place, np.ndarray]]:
        """Go through places with the distances of all windows, to what is there when many begin.

        Σ w (a - b)² = Σ w a² - 2 Σ w a b + Σ w b², two products of matrices for many places.
        """
        step = max(1, _AT_ONCE // len(self.middles))
        side = 2 * self.radius + 1
        for start in range(0, len(places), step):
            part = places[start : start + step]
            self.fresh = []
            views = np.lib.stride_tricks.sliding_window_view(self.padded, (side, side), (0, 1))
            around = views[part[:, 0], part[:, 1]].transpose(0, 2, 3, 1)
            flags = np.lib.stride_tricks.sliding_window_view(self.known, (side, side))
            there = flags[part[:, 0], part[:, 1]].reshape(len(part), -1)
            weights = np.where(there, self.bell, 0.0)
            found = self._distances(weights, around.reshape(*weights.shape, -1), slice(None))
            for place, distances in zip(part.tolist(), found, strict=True):
                yield (place[0], place[1]), distances

    def choose(self, place: Place, known: np.ndarray) -> tuple[float, np.ndarray]:
        """Draw a window that fits what is there: its distance and the colour of its middle.

        Args:
            place: row and column.
            known: from `measured`; what was put since then is added.
        """
        side = 2 * self.radius + 1
        distances = known
        near = [
            (row - place[0] + self.radius) * side + column - place[1] + self.radius
            for row, column in self.fresh
            if max(abs(row - place[0]), abs(column - place[1])) <= self.radius
        ]
        there = (slice(place[0], place[0] + side), slice(place[1], place[1] + side))
        if near:
            around = self.padded[there].reshape(side * side, -1)[near]
            distances = distances + self._distances(self.bell[None, near], around[None], near)[0]
        total = self.bell[self.known[there].ravel()].sum()
        distances = distances.clip(min=0) / total
        nearest = np.flatnonzero(distances <= distances.min() * (1 + _TOLERANCE) + _SMALLEST)
        chosen = int(self.random.choice(nearest))
        return float(distances[chosen]), self.middles[chosen]

    def _distances(
        self, weights: np.ndarray, around: np.ndarray, which: slice | list[int]
    ) -> np.ndarray:
        """Weigh the squared differences of all windows to some surroundings.

        Args:
            weights: (n, k), 0 where nothing is there.
            around: (n, k, C), the colours there.
            which: the k pixels of a window that they are.

        Returns:
            (n, windows), not yet over the sum of the weights.
        """
        asked = weights[..., None] * around
        colours = self.colours[which].reshape(-1, len(self.middles))
        found: np.ndarray = weights @ self.squares[which] - 2 * (
            asked.reshape(len(asked), -1) @ colours
        )
        found += (asked * around).sum(axis=(1, 2))[:, None]
        return found

    def put(self, place: Place, colour: np.ndarray) -> None:
        """Set a pixel."""
        self.texture[place] = colour
        self.filled[place] = True
        self.count += 1
        self.fresh.append(place)


def wei_levoy(
    source: Picture, size: tuple[int, int], window: int, levels: int, random: np.random.Generator
) -> Iterator[tuple[int, Picture]]:
    """Turn noise into a texture, coarse to fine, each pixel that of the nearest window.

    Wei, Levoy 2000, https://doi.org/10.1145/344779.345009: Gaussian pyramids; noise of the source's
    colours; in the order of reading, a pixel is that of the source whose neighbourhood above and to
    the left, with the square around its place one level coarser, is nearest; both wrap around.
    Differs from the paper: all windows are compared, no tree; the source's own are taken inside its
    border, where it does not wrap around; the coarser square is of about half the side.

    Args:
        source: (H, W, C), each side at least 2^(levels - 1) · (window + 1).
        size: height and width of the texture.
        window: side of the neighbourhood, odd.
        levels: of the pyramid.
        random: draws the noise.

    Yields:
        How many pixels of the finest level's number are done, in all levels, and the level's
        texture up to now.
    """
    pyramid = gaussian_pyramid(source, levels)
    below: tuple[Picture, Picture] | None = None
    done = 0
    for level in reversed(range(levels)):
        height, width = (-(-side // 2**level) for side in size)
        grown = _noise(pyramid[level], (height, width), random)
        search = _Search(pyramid[level], grown, window, below)
        for row in range(height):
            for column in range(width):
                grown[row, column] = search.nearest(row, column)
            done += width
            yield done, grown
        below = (pyramid[level], grown)


def _noise(source: Picture, size: tuple[int, int], random: np.random.Generator) -> Picture:
    flat = source.reshape(-1, source.shape[2])
    return flat[random.integers(len(flat), size=size)]


class _Search:
    """Finds the source's pixel that fits at a place of one level."""

    def __init__(
        self,
        source: Picture,
        grown: Picture,
        window: int,
        below: tuple[Picture, Picture] | None,
    ) -> None:
        self.grown = grown
        self.below = None if below is None else below[1]
        radius, coarse = window // 2, max(window // 4, 1)
        self.here = np.array(
            [
                (row, column)
                for row in range(-radius, 1)
                for column in range(-radius, radius + 1)
                if row < 0 or column < 0
            ]
        )
        self.there = np.array(
            [(i, j) for i in range(-coarse, coarse + 1) for j in range(-coarse, coarse + 1)]
        )
        height, width = source.shape[:2]
        rows, columns = np.meshgrid(
            np.arange(radius, height), np.arange(radius, width - radius), indexing="ij"
        )
        places = np.stack([rows.ravel(), columns.ravel()], axis=1)
        parts = [_at(source, places[:, None] + self.here)]
        if below is not None:
            parts.append(_at(below[0], places[:, None] // 2 + self.there))
        self.features = np.concatenate(parts, axis=1).reshape(len(places), -1).astype(np.float32)
        self.squares = (self.features**2).sum(axis=1) / 2
        self.colours = source[places[:, 0], places[:, 1]]

    def nearest(self, row: int, column: int) -> np.ndarray:
        """Give the colour that fits."""
        place = np.array((row, column))
        parts = [_at(self.grown, place + self.here)]
        if self.below is not None:
            parts.append(_at(self.below, place // 2 + self.there))
        asked = np.concatenate(parts).ravel().astype(np.float32)
        best = int((self.squares - self.features @ asked).argmin())
        found: np.ndarray = self.colours[best]
        return found


def _at(picture: Picture, places: np.ndarray) -> Picture:
    """Read pixels (…, 2), wrapped around."""
    found: Picture = picture[places[..., 0] % picture.shape[0], places[..., 1] % picture.shape[1]]
    return found


def gaussian_pyramid(picture: Picture, levels: int) -> list[Picture]:
    """Blur by the binomial of five, wrapped around, and take every other pixel: finest first."""
    found = [picture]
    for _ in range(levels - 1):
        blurred = found[-1]
        for axis in (0, 1):
            blurred = sum(
                weight * np.roll(blurred, shift, axis)
                for weight, shift in zip(_BINOMIAL, range(-2, 3), strict=True)
            )
        found.append(blurred[::2, ::2])
    return found
