from __future__ import annotations

import numpy as np
import pytest
import torch

from cnnviz.core import training_images
from cnnviz.core.datasets import DataSet, open_dataset
from cnnviz.core.training_images import TrainingImages
from cnnviz.errors import ParamsError

SHAPE = (1, 4, 4)


def numbered(count):
    """Images that say in each pixel which one they are."""
    return torch.arange(count).float().view(-1, 1, 1, 1).expand(-1, *SHAPE).contiguous()


def images_of(count=50, *, source=None, seed=3, fewest=8, held_out=0.2):
    opened = source or open_dataset((numbered(count), torch.zeros(count)), SHAPE)
    return TrainingImages(
        DataSet(opened), held_out=held_out, seed=seed, fewest=fewest, of="fit_generator"
    )


def places(images):
    return images[:, 0, 0, 0].int().tolist()


def test_each_image_is_held_out_or_trained_on():
    found = images_of()
    assert len(found.held_out) == 10
    assert sorted([*found.held_out, *found.trained]) == list(range(50))


def test_an_epoch_has_each_image_once_and_the_next_another_order():
    found = images_of()
    epochs = [[places(found.batch(5 * e + step, 8)) for step in range(5)] for e in range(2)]
    for epoch in epochs:
        assert sorted(place for batch in epoch for place in batch) == list(found.trained)
    assert epochs[0] != epochs[1]


def test_a_batch_depends_on_seed_and_step_alone():
    first, again = images_of(), images_of()
    first.batch(0, 8)
    assert torch.equal(first.batch(7, 8), again.batch(7, 8))
    assert places(images_of(seed=4).batch(7, 8)) != places(again.batch(7, 8))


def test_a_batch_larger_than_the_set_is_the_set():
    assert len(images_of().batch(3, 1000)) == 40


def test_large_sets_are_read_batch_by_batch_and_give_the_same(monkeypatch):
    kept = images_of()
    monkeypatch.setattr(training_images, "IN_MEMORY", 10)
    read = images_of()
    assert read._source is not kept._source
    assert torch.equal(kept.batch(2, 8), read.batch(2, 8))


def test_a_set_that_can_only_be_gone_through_is_read_once():
    def once():
        yield from ((image, 0) for image in numbered(20))

    class Stream:
        def __iter__(self):
            return once()

    found = images_of(source=open_dataset(Stream(), SHAPE))
    assert sorted([*found.held_out, *found.trained]) == list(range(20))


def test_too_few_images_are_said():
    with pytest.raises(ParamsError, match="at least 8 images to learn from, got 5"):
        images_of(5)


class Unreadable:
    """Of which every second image cannot be read."""

    def __len__(self):
        return 40

    def __getitem__(self, index):
        if index % 2 or index >= self.last:
            raise OSError("it is cut off")
        return numbered(40)[index], 0

    last = 40


def test_images_that_cannot_be_read_are_left_out():
    found = images_of(source=open_dataset(Unreadable(), SHAPE), held_out=0.1)
    assert len(found.held_out) + len(found.trained) == 20
    assert set(places(found.batch(0, 30))) <= set(range(0, 40, 2))


def test_a_set_of_which_no_image_can_be_read_is_said(monkeypatch):
    source = open_dataset(Unreadable(), SHAPE)
    monkeypatch.setattr(Unreadable, "last", 0)
    with pytest.raises(ParamsError, match="no image that can be read: .*cut off"):
        images_of(source=source)
    monkeypatch.setattr(training_images, "IN_MEMORY", 1)
    monkeypatch.setattr(Unreadable, "last", 40)
    found = images_of(source=source)
    monkeypatch.setattr(Unreadable, "last", 0)
    with pytest.raises(ParamsError, match="no image of a batch can be read: .*cut off"):
        found.batch(0, 4)


def test_images_of_sizes_that_vary_are_left_out_and_named():
    shapes = [(1, 4, 4)] * 9 + [(1, 5, 4)]
    found = images_of(source=open_dataset([(torch.rand(s), 0) for s in shapes], SHAPE))
    assert len(found.held_out) + len(found.trained) == 9
    varied = [(torch.rand(1, 4 + n, 4), 0) for n in range(9)]
    source = open_dataset(varied, SHAPE)
    with pytest.raises(ParamsError, match="at least 8 images to learn from, got 1"):
        images_of(source=source)
    assert np.array_equal(found.trained, np.sort(found.trained))
