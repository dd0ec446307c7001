"""Jobs look through the data set that a run stores, and lay its images out as other jobs did."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import torch

from cnnviz.core.context import Context
from cnnviz.core.datasets import DataSet, open_dataset
from cnnviz.core.execute import execute
from cnnviz.core.requests import method
from cnnviz.ops.images import Normalize
from cnnviz.storage import RunWriter
from tests.worker.conftest import record_run
from tests.worker.test_jobs import recorded

COUNT = 25


@pytest.fixture
def own(tmp_path, ask_in):
    """A logdir of the test's own, and what makes jobs in it."""
    record_run(tmp_path)
    return tmp_path, functools.partial(ask_in, tmp_path)


def store_data_set(logdir, *, exact=True):
    """Leave what a recorder leaves of a data set; its inputs."""
    net, examples = recorded(logdir, 3)
    codes = torch.randint(0, 256, (COUNT, *examples.shape[1:]))
    images = (codes.float() / 255 - 0.5) / 0.25 + (0.0 if exact else 1e-3)
    data = DataSet(open_dataset((images, torch.arange(COUNT) % 5), tuple(images.shape[1:])))
    ctx = Context(net, examples, normalize=Normalize((0.5,) * 3, (0.25,) * 3), dataset=data)
    gathered = execute([method("embedding")], ctx, on_error="raise").gathered
    writer = RunWriter(logdir / "first" / "plugins" / "cnnviz")
    writer.write_dataset(gathered.name, gathered.chunks)
    return gathered.name, images


@pytest.mark.parametrize("step", [3, 7])
def test_a_job_looks_through_the_stored_data_set_with_the_weights_of_its_step(shared, own, step):
    logdir, ask = own
    name, images = store_data_set(logdir)
    job = ask("top_patches", step=step, layers=["1"])
    status = shared.do(logdir, job)
    assert (status.state, status.message) == ("done", "")
    result = job.result()
    (record,) = result.manifest.records
    assert (record.facts["dataset"], record.facts["count"]) == (name, COUNT)
    net, _ = recorded(logdir, step)
    maxima = net.features(images, ["1"])["1"].flatten(2).amax(2)
    expected = maxima.T.sort(dim=1, descending=True).values[:, :9]
    found = result.array(record.key, "activations")
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_the_map_of_another_step_starts_from_the_map_that_a_job_made(shared, own):
    logdir, ask = own
    store_data_set(logdir)
    facts = []
    for step in (3, 7):
        job = ask("embedding", step=step, map="tsne", perplexity=5)
        assert shared.do(logdir, job).state == "done"
        (record,) = job.result().manifest.records
        facts.append(record.facts["map"])
    assert [one["aligned"] for one in facts] == [False, True]


def test_rows_or_no_data_set_mean_the_examples(shared, own):
    logdir, ask = own
    for examples in ([], [0, 2]):
        job = ask("top_patches", examples=examples, layers=["1"])
        assert shared.do(logdir, job).state == "done"
        (record,) = job.result().manifest.records
        assert record.facts["dataset"] is None
        assert record.facts["count"] == (len(examples) or 3)


def test_a_data_set_of_thumbnails_alone_is_told_with_the_way_out(shared, own):
    logdir, ask = own
    store_data_set(logdir, exact=False)
    status = shared.do(logdir, ask("embedding"))
    assert status.state == "failed"
    assert "keeps thumbnails of its data set" in status.message
    assert "cnnviz inspect --dataset" in status.message
