"""A recorder with a data set: looked through now and then, stored once, training untouched."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.core.requests import method
from cnnviz.recording import Recorder
from cnnviz.recording.schedule import FixedCadence
from cnnviz.storage import open_logdir, verify

from .conftest import tiny_net, wait_for_disk
from .test_bit_identity import Training, assert_the_same_bits

DATASET = (torch.rand(40, 1, 8, 8), torch.arange(40) % 4)


class Augmenting:
    """Draws from every generator that there is, as augmentations do."""

    def __len__(self):
        return 12

    def __getitem__(self, index):
        return torch.rand(1, 8, 8) * float(np.random.rand()), index % 4


def recorded(folder, images, steps=(0, 3), *, model=None, wait=True, **arguments):
    arguments = {
        "methods": ["top_patches", "embedding"],
        "every": 1,
        "dataset": DATASET,
    } | arguments
    with Recorder(
        model or tiny_net(), folder, examples=images, normalize=(0.0, 1.0), **arguments
    ) as r:
        for step in steps:
            r.step(step)
            if wait:
                wait_for_disk(r)
    return open_logdir(folder.parent).run(folder.name)


@pytest.mark.parametrize("dataset", [DATASET, Augmenting()], ids=["in memory", "augmenting"])
def test_training_ends_in_the_same_bits(images, tmp_path, dataset):
    make = lambda: Training(tiny_net())  # noqa: E731
    assert_the_same_bits(make, images, tmp_path / "run", dataset=dataset)


def test_the_data_set_is_stored_once_and_records_speak_of_it(images, tmp_path):
    run = recorded(tmp_path / "run", images, range(21))
    assert len(run.datasets) == 1
    stored = run.dataset()
    assert (len(stored), stored.facts.total, stored.facts.exact) == (40, 40, None)
    assert stored.labels.tolist() == DATASET[1].tolist()
    for step in (0, 10, 20):
        record = run.record("embedding", step=step)
        assert record.step == step
        assert record.facts["dataset"] == stored.name
        assert record.arrays["features"].shape[0] == 40
    assert verify(tmp_path) == []


def test_exact_codes_are_stored_so_that_jobs_can_look_through_them(images, tmp_path):
    codes = torch.randint(0, 256, (30, 1, 8, 8)).float() / 255
    run = recorded(tmp_path / "run", images, dataset=(codes, torch.zeros(30, dtype=torch.int64)))
    stored = run.dataset()
    assert stored.facts.exact == "thumbnails"
    np.testing.assert_allclose(stored.inputs(range(30)), codes.numpy(), atol=1e-6)


def test_a_fixed_cadence_looks_through_it_at_every_tenth_capture(images, tmp_path):
    run = recorded(tmp_path / "run", images, range(12), methods=["predictions", "embedding"])
    steps = [
        c.step for c in run.captures if any(e.method == "embedding" for e in c.manifest.records)
    ]
    assert steps == [0, 10]
    schedule = FixedCadence(5, range(3), rare=[2])
    assert [schedule.due(step, 0.0) for step in (0, 5, 10)] == [[0, 1, 2], [0, 1], [0, 1]]


def test_the_default_means_its_methods_only_where_there_is_a_data_set(images, tmp_path):
    with_it = recorded(tmp_path / "with", images, [0], methods="default")
    without = recorded(tmp_path / "without", images, [0], methods="default", dataset=None)
    assert set(with_it.methods) - set(without.methods) == {"top_patches", "embedding"}
    assert without.datasets == []


def test_of_a_large_data_set_as_many_images_are_looked_at_as_there_is_time_for(images, tmp_path):
    many = (torch.rand(6000, 1, 8, 8), torch.zeros(6000, dtype=torch.int64))
    run = recorded(tmp_path / "run", images, dataset=many, dataset_seconds=1e-4)
    stored = run.dataset()
    assert 0 < len(stored) < 6000
    assert stored.facts.total == 6000
    assert stored.positions[-1] > 5000, "they are spread over the set"
    record = run.record("top_patches", layer="5")
    assert f"{len(stored)} of 6000 images were looked at" in record.facts["notes"][0]
    rows = {run.record("embedding", step=step).facts["count"] for step in run.steps}
    assert rows == {len(stored)}, "later passes look at the same images"


class GoesBad:
    """One image can never be read, and another not any more after the first pass."""

    def __init__(self):
        self.reads = 0

    def __len__(self):
        return 10

    def __getitem__(self, index):
        self.reads += 1
        if index == 3 or (index == 7 and self.reads > 12):
            raise OSError("the share is gone")
        return torch.full((1, 8, 8), index / 10), index % 4


def test_an_image_that_cannot_be_read_is_left_out_and_one_that_goes_bad_has_no_vector(
    images, tmp_path
):
    run = recorded(tmp_path / "run", images, range(11), dataset=GoesBad())
    stored = run.dataset()
    assert stored.positions.tolist() == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    assert stored.facts.left_out == 1
    assert stored.facts.problems == ["image 3 is left out: the share is gone"]
    later = run.record("embedding", step=10)
    assert later.step == 10
    assert np.flatnonzero(np.isnan(later.arrays["features"]).any(1)).tolist() == [6]
    assert later.facts["count"] == 9
    maxima = run.record("top_patches", layer="2", step=10).arrays["maxima"]
    assert np.flatnonzero(np.isnan(maxima).any(0)).tolist() == [6]


def test_a_method_that_fails_is_switched_off_and_the_other_goes_on(images, tmp_path):
    methods = [method("embedding", layer="7", max_bytes=10), "top_patches", "predictions"]
    with pytest.warns(RuntimeWarning, match="embedding is switched off at step 0"):
        run = recorded(tmp_path / "run", images, range(12), methods=methods)
    steps = [
        c.step for c in run.captures if any(e.method == "top_patches" for e in c.manifest.records)
    ]
    assert steps == [0, 10]


def test_a_budget_counts_the_pass_and_comes_back_to_it(images, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run = recorded(
            tmp_path / "run", images, range(200), every=None, budget=0.5, methods="default"
        )
    passes = [
        c.step for c in run.captures if any(e.method == "embedding" for e in c.manifest.records)
    ]
    assert len(passes) >= 2


def test_a_resumed_run_finds_the_same_data_set(images, tmp_path):
    torch.manual_seed(0)
    model = nn.Sequential(*tiny_net()).eval()
    recorded(tmp_path / "run", images, [0], model=model)
    run = recorded(tmp_path / "run", images, [5], model=model)
    assert len(run.datasets) == 1
    assert run.steps == [0, 5]
