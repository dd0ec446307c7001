"""The demo's images: Fashion-MNIST, CIFAR-10, handwritten digits, or a folder of one's own."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnnviz.cli.pictures import find_pictures, labels_of, read_pictures
from cnnviz.cli.screen import note, warn
from cnnviz.errors import ParamsError
from cnnviz.ops.pictures import Preparation

__all__ = ["DataSet", "load_data_set"]

DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package dataset-fashion-mnist has its four files."""

FASHION = [
    "T-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
]
HELD_OUT = 5
"""One image in so many is kept for testing, where the data has no test set of its own."""


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """Images and labels for training and for testing; images are (N, C, H, W) uint8."""

    name: str
    class_names: list[str]
    images: np.ndarray
    labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray

    def examples(self, count: int) -> np.ndarray:
        """Choose test images for the recorder, as indices: every class in turn, `count` in all."""
        by_class = [np.flatnonzero(self.test_labels == k) for k in range(len(self.class_names))]
        rounds = max(map(len, by_class))
        turns = [
            indices[turn] for turn in range(rounds) for indices in by_class if turn < len(indices)
        ]
        return np.asarray(turns[:count])


def load_data_set(name: str) -> DataSet:
    """Load a data set by its name, or a folder with one sub-folder of images a class.

    Fashion-MNIST falls back to scikit-learn's digits where it can neither be found nor fetched.

    Raises:
        ParamsError: the data cannot be had, or the folder does not hold at least two classes.
    """
    if name == "fashion-mnist":
        if DEBIAN_FOLDER.is_dir():
            return _fashion_mnist(DEBIAN_FOLDER)
        try:
            return _fetched("FashionMNIST", _torchvision_fashion_mnist)
        except ParamsError as error:
            warn(f"{error}; training on scikit-learn's small digits instead")
            return _digits()
    if name == "digits":
        return _digits()
    if name == "cifar10":
        return _fetched("CIFAR10", _cifar10)
    if Path(name).is_dir():
        return _folder(Path(name))
    message = f"no data {name!r}: give fashion-mnist, cifar10, digits or a folder of images"
    raise ParamsError(message, field="data")


def _fetched(name: str, load: Callable[[Path], DataSet]) -> DataSet:
    """Load through torchvision, which keeps what it downloads in the user's cache folder."""
    from platformdirs import user_cache_path

    folder = user_cache_path("cnnviz") / "data"
    patience = socket.getdefaulttimeout()
    socket.setdefaulttimeout(20)
    try:
        return load(folder)
    except (OSError, RuntimeError) as error:
        message = f"{name} could not be fetched ({error})"
        raise ParamsError(f"{message}; a copy in {folder} would be used", field="data") from None
    finally:
        socket.setdefaulttimeout(patience)


def _torchvision_fashion_mnist(folder: Path) -> DataSet:
    from torchvision.datasets import FashionMNIST

    FashionMNIST(folder, download=True)
    return _fashion_mnist(folder / "FashionMNIST" / "raw")


def _fashion_mnist(folder: Path) -> DataSet:
    images, labels, test_images, test_labels = (
        _read_idx(folder / f"{part}-{what}-ubyte.gz")
        for part in ("train", "t10k")
        for what in ("images-idx3", "labels-idx1")
    )
    return DataSet(
        name="Fashion-MNIST",
        class_names=FASHION,
        images=images[:, None],
        labels=labels.astype(np.int64),
        test_images=test_images[:, None],
        test_labels=test_labels.astype(np.int64),
    )


def _read_idx(file: Path) -> np.ndarray:
    """Read an IDX file of bytes: two zeros, type, rank, the sizes (big endian), the data."""
    raw = gzip.decompress(file.read_bytes())
    rank = raw[3]
    shape = np.frombuffer(raw, ">u4", count=rank, offset=4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(shape)


def _cifar10(folder: Path) -> DataSet:
    from torchvision.datasets import CIFAR10

    train, test = CIFAR10(folder, train=True, download=True), CIFAR10(folder, train=False)
    return DataSet(
        name="CIFAR-10",
        class_names=list(train.classes),
        images=train.data.transpose(0, 3, 1, 2),
        labels=np.asarray(train.targets),
        test_images=test.data.transpose(0, 3, 1, 2),
        test_labels=np.asarray(test.targets),
    )


def _digits() -> DataSet:
    from sklearn.datasets import load_digits

    held = load_digits()
    small = np.uint8(held.images / 16 * 255)
    images = np.kron(small, np.ones((1, 3, 3), np.uint8))[
        :, None
    ]  # 8 px are too few for two poolings
    return _split("scikit-learn's digits", images, held.target, [str(k) for k in range(10)])


def _folder(folder: Path) -> DataSet:
    preparation = Preparation(size=(64, 64), resize=64, mean=(0.0,), std=(1 / 255,))
    paths = [path for path in find_pictures(folder) if path.parent != folder]
    values, read, problems = read_pictures(paths, preparation, limit=100_000)
    for problem in problems:
        warn(problem)
    labels, class_names = labels_of(read)
    if len(class_names) < 2:
        message = f"{folder} must hold one sub-folder of images a class, at least two"
        raise ParamsError(f"{message}; got {class_names}", field="data")
    note(f"{len(read)} images of {len(class_names)} classes in {folder}")
    images = np.clip(values.round(), 0, 255).astype(np.uint8)
    return _split(folder.resolve().name, images, np.asarray(labels), class_names)


def _split(name: str, images: np.ndarray, labels: np.ndarray, class_names: list[str]) -> DataSet:
    """Keep every fifth image of a shuffled order for testing, the same ones each time."""
    order = np.random.default_rng(0).permutation(len(images))
    test, train = order[::HELD_OUT], np.delete(order, np.s_[::HELD_OUT])
    return DataSet(
        name=name,
        class_names=class_names,
        images=images[train],
        labels=labels[train].astype(np.int64),
        test_images=images[test],
        test_labels=labels[test].astype(np.int64),
    )
