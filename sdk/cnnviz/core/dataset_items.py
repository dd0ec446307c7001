"""Data sets whose images are had one by one: by their index, or in the order in which they come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnnviz.core.batches import Batch
from cnnviz.errors import ParamsError

__all__ = ["Items", "Stream"]

Shape = tuple[int, int, int]


class Items:
    """A set whose images are had by their index, such as a torch Dataset."""

    def __init__(self, items: Any, shape: Shape) -> None:
        """Take it by reference."""
        self._items, self._shape = items, shape
        self.total: int | None = len(items)
        self.reference = f"{type(items).__name__} of {len(items)} images"

    def batches(self, size: int, positions: np.ndarray | None = None) -> Iterator[Batch]:
        """Go through it; an item that raises is left out and named."""
        wanted = range(self.total or 0) if positions is None else positions.tolist()

        items = ((at, partial(self._items.__getitem__, at)) for at in wanted)
        yield from _gather(items, size, self._shape)

    def name_of(self, position: int) -> str | None:
        """Give the file's name where the set tells it, as torchvision's folders do."""
        samples = getattr(self._items, "samples", None)
        return str(samples[position][0]) if isinstance(samples, list) else None


class Stream:
    """A set that can only be gone through from its beginning, of images or batches of them."""

    def __init__(self, source: Iterable[Any], shape: Shape) -> None:
        """Take it by reference."""
        self._source, self._shape = source, shape
        self.total: int | None = None
        self.reference = f"{type(source).__name__}, in the order in which its images come"

    def batches(self, size: int, positions: np.ndarray | None = None) -> Iterator[Batch]:
        """Go through it as far as the last place that is wanted."""
        kept = None if positions is None else set(positions.tolist())
        last = None if positions is None else int(positions.max(initial=-1))

        def items() -> Iterator[tuple[int, Callable[[], Any]]]:
            for position, item in enumerate(_single(self._source)):
                if last is not None and position > last:
                    return
                if kept is None or position in kept:
                    yield position, partial(_same, item)

        yield from _gather(items(), size, self._shape)

    def name_of(self, position: int) -> str | None:  # noqa: ARG002 - of the protocol
        """Give None: there are no files."""
        return None


def _same(item: Any) -> Any:
    return item


def _single(source: Iterable[Any]) -> Iterator[Any]:
    """Take batches apart."""
    for item in source:
        image = item[0] if isinstance(item, tuple | list) and item else item
        if getattr(image, "ndim", 0) == 4:
            label = item[1] if isinstance(item, tuple | list) and len(item) > 1 else None
            for index, one in enumerate(image):
                yield one if label is None else (one, label[index])
        else:
            yield item


def _gather(
    items: Iterable[tuple[int, Callable[[], Any]]], size: int, shape: Shape
) -> Iterator[Batch]:
    """Read items one by one and hand them on in batches."""
    places: list[int] = []
    images: list[Tensor] = []
    labels: list[int] = []
    problems: list[str] = []
    for position, read in items:
        try:
            image, label = _image_and_label(read(), shape)
        except Exception as error:  # noqa: BLE001 - one bad image must not end a pass
            reason = str(error) or type(error).__name__
            problems.append(f"image {position} is left out: {reason}")
        else:
            places.append(position)
            images.append(image)
            labels.append(label)
        if len(places) + len(problems) >= size:
            yield _batch(places, images, labels, problems, shape)
            places, images, labels, problems = [], [], [], []
    if places or problems:
        yield _batch(places, images, labels, problems, shape)


def _batch(
    places: list[int], images: list[Tensor], labels: list[int], problems: list[str], shape: Shape
) -> Batch:
    stacked = torch.stack(images) if images else torch.zeros(0, *shape)
    return Batch(np.array(places, np.int64), stacked, np.array(labels, np.int32), problems)


def _image_and_label(item: Any, shape: Shape) -> tuple[Tensor, int]:
    """Check an item.

    Raises:
        ParamsError: an image that the network does not take.
    """
    pair = isinstance(item, tuple | list) and len(item) > 0
    image, label = (item[0], item[1] if len(item) > 1 else -1) if pair else (item, -1)
    if isinstance(image, np.ndarray):
        image = torch.from_numpy(image)
    if not isinstance(image, Tensor):
        message = f"it is a {type(image).__name__}, expected a tensor (C, H, W): give a transform"
        raise ParamsError(message)
    image = image.detach().to("cpu")
    if not image.is_floating_point():
        message = f"it is {image.dtype}, expected floats, scaled and normalised as in training"
        raise ParamsError(message)
    if image.ndim == 2:
        image = image[None]
    if image.ndim == 3 and image.shape[0] == 1:
        image = image.expand(shape[0], -1, -1)  # grey
    if tuple(image.shape) != shape:
        message = f"its shape is {tuple(image.shape)}, expected {shape}"
        raise ParamsError(message)
    if not bool(torch.isfinite(image).all()):
        raise ParamsError("it has values that are not finite")
    return image.float(), _label(label)


def _label(label: Any) -> int:
    try:
        number = int(label)
    except (TypeError, ValueError):
        return -1
    return number if 0 <= number < 2**31 else -1
