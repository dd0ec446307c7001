"""A job trains a network on the run's data set; later jobs use it by that job's name."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from cnnviz.contract.jobs import JobRequest
from cnnviz.core.trained import open_trained
from cnnviz.storage.files import LocalFolder
from cnnviz.storage.jobs_folder import JobsFolder, new_job_id
from cnnviz.worker.shelves import shelf_of_run
from tests.worker.conftest import record_run, wait_for
from tests.worker.test_data_sets import COUNT, store_data_set


@pytest.fixture
def own(tmp_path, ask_in):
    """A logdir of the test's own, and what makes jobs in it."""
    record_run(tmp_path)
    return tmp_path, functools.partial(ask_in, tmp_path)


def trained(shared, logdir, ask, **asked):
    job = ask("toy_trainer", iterations=2, pause=0.0, **asked)
    status = shared.do(logdir, job)
    assert (status.state, status.message) == ("done", "")
    return job


def shown(shared, logdir, job):
    status = shared.do(logdir, job)
    assert (status.state, status.message) == ("done", "")
    (record,) = job.result().manifest.records
    return job.result().array(record.key, "map")


def test_a_later_job_uses_what_an_earlier_one_trained(shared, own):
    logdir, ask = own
    name = trained(shared, logdir, ask).id
    maps = shown(shared, logdir, ask("toy_by_network", network=name, examples=[1]))
    examples = shown(shared, logdir, ask("toy_by_network", network=name, examples=[0, 1, 2]))
    assert np.ptp(maps) > 0
    np.testing.assert_array_equal(maps[0], examples[1])


@pytest.mark.parametrize("rows", [[], [2]])
def test_a_training_gets_the_stored_data_set_also_beside_pictures(shared, own, rows):
    logdir, ask = own
    store_data_set(logdir)
    name = trained(shared, logdir, ask, examples=rows).id
    _, about, _ = open_trained(shelf_of_run(LocalFolder(logdir), "first"), name, kind="style")
    assert about.facts == {"images": COUNT, "given": len(rows)}


def test_where_no_data_set_is_stored_a_training_gets_all_examples(shared, own):
    logdir, ask = own
    name = trained(shared, logdir, ask, examples=[0, 1]).id
    about = shelf_of_run(LocalFolder(logdir), "first").about(name)
    assert about.facts == {"images": 3, "given": 2}


def test_a_cancelled_training_keeps_the_network_as_it_is(shared, own):
    logdir, ask = own
    job = ask("toy_trainer", iterations=10_000, pause=0.02, examples=[0])
    shared.order(logdir, job)
    shared.hear("started")
    wait_for(lambda: job.status().iteration >= 2)
    job.ask_to_cancel()
    assert shared.hear("finished")["state"] == "cancelled"
    shown(shared, logdir, ask("toy_by_network", network=job.id))


def test_a_network_that_was_deleted_with_its_job_is_missing(shared, own):
    logdir, ask = own
    job = trained(shared, logdir, ask, examples=[0])
    JobsFolder(job.folder.parent, inside=logdir).remove(job.id)
    status = shared.do(logdir, ask("toy_by_network", network=job.id))
    assert (status.state, status.kind) == ("failed", "MissingError")
    assert job.id in status.message


def test_a_job_in_the_cache_finds_networks_beside_it_and_in_its_run(shared, own, tmp_path_factory):
    logdir, ask = own
    in_run = trained(shared, logdir, ask, examples=[0]).id
    cache = JobsFolder(cache_root := tmp_path_factory.mktemp("cache"), inside=cache_root)

    def asked_in_cache(method, **params):
        request = JobRequest(id=new_job_id(), method=method, params=params, run="first", step=3)
        return cache.create(request)

    training = asked_in_cache("toy_trainer", iterations=1)
    assert shared.do(logdir, training, jobs_root=cache_root).state == "done"
    assert (training.folder / "network" / "about.json").is_file()
    for name in (in_run, training.id):
        job = asked_in_cache("toy_by_network", network=name)
        assert shared.do(logdir, job, jobs_root=cache_root).state == "done"
