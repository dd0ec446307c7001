"""Random crops of a data set's pictures, the same for the same iteration whenever it is done."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
import torch
from torch import Tensor

from cnnviz.core.datasets import DataSet
from cnnviz.core.training_images import TrainingImages
from cnnviz.ops.pixels import PixelSpace

__all__ = ["Crops", "TrainingCrops"]

_HELD_OUT: Final = 4
_SHARE: Final = 1 / 8
"""Of the pictures, that is held out at most; one picture is held out in any case."""

_SMALL: Final = 256
"""Pictures of a set in which the styles themselves are looked for."""
_READ: Final = 16


class Crops(NamedTuple):
    """What an iteration looks at."""

    pictures: Tensor
    """(n, C, h, w), true colours in 0 … 1."""
    styles: Tensor
    """(n,): which style each is to have."""


class TrainingCrops:
    """A data set in true colours: a few pictures held out, crops of the others to learn from."""

    def __init__(
        self, data: DataSet, space: PixelSpace, *, without: Tensor, seed: int, of: str
    ) -> None:
        """Choose which are which.

        Args:
            data: the set.
            space: by which its images are brought to true colours.
            without: pictures (n, C, H, W), as the network takes them, that are neither learnt from
                nor held out; looked for in small sets only, where they would matter.
            seed: of the order, the crops and the styles.
            of: the method's name, for messages.

        Raises:
            ParamsError: it has fewer than two pictures, or none that can be read.
        """
        data = _without(data, without)
        count = data.source.total if data.positions is None else len(data.positions)
        share = min(_SHARE, _HELD_OUT / max(count or 0, 1))
        self._images = TrainingImages(data, held_out=share, seed=seed, fewest=2, of=of)
        self._space, self._seed = space, seed
        self.reference = self._images.reference
        self.held_out, self.learnt = self._images.held_out, self._images.trained

    def shown(self) -> Tensor:
        """Give the pictures that are held out, whole: true colours (H, C, h, w) in 0 … 1.

        Raises:
            ParamsError: none of them can be read.
        """
        return self._unit(self._images.take(self.held_out))

    def crops(self, step: int, *, count: int, size: tuple[int, int], styles: int) -> Crops:
        """Cut what an iteration looks at; half of the crops are mirrored.

        Args:
            step: from 0.
            count: of crops; a set with fewer pictures is cut several times.
            size: of them, no larger than the pictures.
            styles: of which each crop draws one.

        Raises:
            ParamsError: none of the pictures can be read.
        """
        images = self._images.batch(step, count)
        random = np.random.default_rng([self._seed, 2, step])
        height, width = size
        found = []
        for number in range(count):
            picture = images[number % len(images)]
            top = int(random.integers(picture.shape[1] - height + 1))
            left = int(random.integers(picture.shape[2] - width + 1))
            crop = picture[:, top : top + height, left : left + width]
            found.append(crop.flip(2) if random.random() < 0.5 else crop)
        drawn = torch.from_numpy(random.integers(styles, size=count))
        pictures = self._unit(torch.stack(found))
        return Crops(pictures, drawn.to(pictures.device))

    def _unit(self, images: Tensor) -> Tensor:
        return self._space.to_unit(self._space.from_input(images))


def _without(data: DataSet, pictures: Tensor) -> DataSet:
    """Leave some pictures out of a set that is small."""
    total = data.source.total if data.positions is None else len(data.positions)
    if total is None or not 0 < total <= _SMALL:
        return data
    kept: list[int] = []
    known = pictures.detach().to("cpu", torch.float32)
    for batch in data.source.batches(_READ, data.positions):
        images = batch.images.detach().to("cpu", torch.float32)
        equal = (images[:, None] == known).flatten(2).all(2).any(1)
        kept += batch.positions[~equal.numpy()].tolist()
    return replace(data, positions=np.array(kept, np.int64))
