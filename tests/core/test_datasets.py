"""Whatever a user has becomes batches; what cannot be read is named, counted and left out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from cnnviz.core.datasets import open_dataset, spread
from cnnviz.core.picture_sets import PictureArray, PictureFolder
from cnnviz.errors import ParamsError
from cnnviz.ops.pictures import Preparation

SHAPE = (3, 6, 5)
IMAGES = torch.rand(11, *SHAPE, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(11) % 4


class Items:
    def __init__(self, items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        item = self.items[index]
        if isinstance(item, Exception):
            raise item
        return item


class Streamed(IterableDataset):
    def __iter__(self):
        yield from zip(IMAGES, LABELS, strict=True)


def gathered(dataset, *, size=4, positions=None):
    batches = list(dataset.batches(size, positions))
    assert all(len(batch.positions) + len(batch.problems) <= size for batch in batches)
    return (
        np.concatenate([batch.positions for batch in batches]),
        torch.cat([batch.images for batch in batches]),
        np.concatenate([batch.labels for batch in batches]),
        [problem for batch in batches for problem in batch.problems],
    )


SOURCES = {
    "pair": lambda: (IMAGES, LABELS),
    "torch data set": lambda: TensorDataset(IMAGES, LABELS),
    "shuffled loader": lambda: DataLoader(TensorDataset(IMAGES, LABELS), 3, shuffle=True),
    "items": lambda: Items(list(zip(IMAGES, LABELS.tolist(), strict=True))),
    "loader of a stream": lambda: DataLoader(Streamed(), batch_size=3),
    "stream": Streamed,
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_all_kinds_give_the_same_images_in_their_own_order_again_and_again(source):
    dataset = open_dataset(source(), SHAPE)
    for _ in range(2):
        positions, images, labels, problems = gathered(dataset)
        assert positions.tolist() == list(range(11))
        assert torch.equal(images, IMAGES)
        assert labels.tolist() == LABELS.tolist()
        assert problems == []
    some = np.array([1, 4, 9])
    positions, images, labels, _ = gathered(dataset, positions=some)
    assert positions.tolist() == [1, 4, 9]
    assert torch.equal(images, IMAGES[[1, 4, 9]])


def test_images_alone_have_no_labels():
    *_, labels, _ = gathered(open_dataset(Items(list(IMAGES)), SHAPE))
    assert (labels == -1).all()


def test_what_cannot_be_read_is_named_and_left_out():
    bad = [
        (IMAGES[0], 1),
        OSError("it is cut short"),
        (torch.rand(3, 7, 5), 0),
        (torch.full(SHAPE, torch.nan), 0),
        (torch.zeros(SHAPE, dtype=torch.uint8), 0),
        ("photo.png", 0),
        (torch.rand(4, 6, 5), 0),
        (torch.rand(1, 6, 5), 2),
        (np.ones((6, 5), np.float64), "cat"),
    ]
    positions, images, labels, problems = gathered(open_dataset(Items(bad), SHAPE))
    assert positions.tolist() == [0, 7, 8], "grey becomes as many colours as the network takes"
    assert labels.tolist() == [1, 2, -1]
    assert images.dtype == torch.float32
    said = [
        "image 1 is left out: it is cut short",
        r"image 2 is left out: its shape is (3, 7, 5), expected (3, 6, 5)",
        "image 3 is left out: it has values that are not finite",
        "image 4 is left out: it is torch.uint8, expected floats",
        "image 5 is left out: it is a str, expected a tensor",
        "image 6 is left out: its shape is (4, 6, 5)",
    ]
    assert len(problems) == len(said)
    for problem, start in zip(problems, said, strict=True):
        assert problem.startswith(start)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (7, "dataset must be a torch Dataset, .* got int"),
        (iter([1]), "got list_iterator that can be gone through only once"),
        ([], "dataset is empty"),
        ((IMAGES[:, :, :4], LABELS), r"must be floats of shape \(3, 6, 5\)"),
        ((IMAGES, LABELS[:3]), "11 images need a label each"),
        (Items([(torch.zeros(2, 2), 0)]), "image 0 is left out: its shape"),
    ],
)
def test_what_is_no_data_set_is_told_at_once(source, says):
    with pytest.raises(ParamsError, match=says) as caught:
        open_dataset(source, SHAPE)
    assert caught.value.field == "dataset"


def test_places_are_spread_evenly():
    assert spread(10, 4).tolist() == [0, 2, 5, 7]
    assert spread(3, 9).tolist() == [0, 1, 2]
    assert spread(0, 5).tolist() == []


def test_a_folder_of_all_sorts_of_pictures_is_read_and_the_bad_ones_named(tmp_path):
    from PIL import Image

    numbers = np.random.default_rng(0)
    for name, shape, mode in (
        ("a.png", (20, 30, 3), "RGB"),
        ("b.png", (7, 9), "L"),
        ("c.png", (16, 16, 4), "RGBA"),
        ("d.jpg", (31, 8, 3), "RGB"),
    ):
        picture = Image.fromarray(numbers.integers(0, 256, shape).astype(np.uint8))
        assert picture.mode == mode
        picture.save(tmp_path / name)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG and no more")
    (tmp_path / "empty.jpg").touch()
    paths = sorted(tmp_path.iterdir())
    preparation = Preparation(size=(12, 12), resize=12, mean=(0.5,), std=(0.5,))
    folder = PictureFolder(paths, preparation, folder=tmp_path, labels=range(len(paths)))
    positions, images, labels, problems = gathered(folder, size=2)
    assert [folder.name_of(at) for at in positions] == ["a.png", "b.png", "c.png", "d.jpg"]
    assert images.shape == (4, 3, 12, 12)
    assert [text.partition(" is left out: ")[0] for text in problems] == ["broken.png", "empty.jpg"]
    assert labels.tolist() == [paths.index(tmp_path / folder.name_of(at)) for at in positions]


def test_codes_in_memory_are_normalised_batch_by_batch():
    codes = np.arange(2 * 3 * 4 * 4).reshape(2, 3, 4, 4).astype(np.uint8)
    source = PictureArray(codes, np.array([4, 5]), mean=[0.5], std=[0.25], reference="codes")
    _, images, labels, _ = gathered(source)
    np.testing.assert_allclose(images, (codes / 255 - 0.5) / 0.25, rtol=1e-5, atol=1e-6)
    assert labels.tolist() == [4, 5]
