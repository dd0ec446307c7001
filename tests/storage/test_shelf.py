"""The shelf of trained networks: names are jobs, no path leads out, and what is said is bounded."""

from __future__ import annotations

import os
import time

import pytest

from cnnviz.contract.jobs import JobRequest
from cnnviz.contract.trained import MAX_ABOUT, MAX_MORE, Trained
from cnnviz.errors import MissingError, RecordError, UnsuitableError
from cnnviz.storage.jobs_folder import TRAINING_KEPT, JobsFolder
from cnnviz.storage.manifests import encode_json
from cnnviz.storage.shelf import Shelf

ABOUT = Trained(kind="style", method="fit_style", params={"style": "waves"}, run="first", step=3)


@pytest.fixture
def jobs(tmp_path):
    return JobsFolder(tmp_path / "run" / "jobs", inside=tmp_path)


def add(jobs, name, about=ABOUT):
    """Lay down what stands for a network; nobody here looks into its graph."""
    job = jobs.create(JobRequest(id=name, method="fit_style", params={}, run="first", step=None))
    place = job.folder / "network"
    place.mkdir()
    (place / "graph.json").write_bytes(b"{}")
    (place / "weights.safetensors").write_bytes(b"")
    (place / "about.json").write_bytes(encode_json(about))
    return place


def test_a_networks_name_is_its_jobs(jobs):
    place = add(jobs, "20260101-000000-aa")
    shelf = Shelf(jobs)
    assert shelf.place("20260101-000000-aa") == place
    assert shelf.about("20260101-000000-aa") == ABOUT


def test_networks_are_named_by_kind_in_the_order_of_their_age(jobs, tmp_path):
    cache = JobsFolder(tmp_path / "cache", inside=tmp_path)
    add(jobs, "3-style")
    add(cache, "2-style")
    add(jobs, "1-decoder", Trained(kind="decoder", method="fit_generator"))
    jobs.create(JobRequest(id="4-saliency", method="saliency", params={}, run="first", step=None))
    shelf = Shelf(jobs, also=[cache])
    assert shelf.names("style") == ["2-style", "3-style"]
    assert shelf.names("decoder") == ["1-decoder"]


@pytest.mark.parametrize("name", ["", "nobody", "../run/jobs/1", "/etc", "1/network", "a\0b", ".."])
def test_what_is_no_job_with_a_network_is_missing(jobs, name):
    add(jobs, "1")
    with pytest.raises(MissingError, match="a job of this run that has trained one"):
        Shelf(jobs).place(name)


def test_a_job_without_a_network_is_missing(jobs):
    jobs.create(JobRequest(id="1", method="saliency", params={}, run="first", step=None))
    with pytest.raises(MissingError):
        Shelf(jobs).about("1")


def test_a_link_in_place_of_the_network_is_refused(jobs, tmp_path):
    add(jobs, "1").rename(tmp_path / "elsewhere")
    for target in (tmp_path / "elsewhere", tmp_path / "nowhere"):
        (jobs.folder / "1" / "network").symlink_to(target)
        with pytest.raises(RecordError, match="is a link"):
            Shelf(jobs).place("1")
        (jobs.folder / "1" / "network").unlink()


@pytest.mark.parametrize("name", ["graph.json", "weights.safetensors", "about.json"])
def test_a_file_that_is_a_link_or_gone_is_refused(jobs, tmp_path, name):
    place = add(jobs, "1")
    (place / name).rename(tmp_path / "moved")
    with pytest.raises(RecordError, match="damaged: it has no"):
        Shelf(jobs).place("1")
    (place / name).symlink_to(tmp_path / "moved")
    with pytest.raises(RecordError, match="is a link or no file"):
        Shelf(jobs).place("1")
    assert Shelf(jobs).names("style") == []


@pytest.mark.parametrize(
    ("name", "size"),
    [("about.json", MAX_ABOUT), ("more.safetensors", MAX_MORE), ("weights.safetensors", 2 << 30)],
)
def test_a_file_that_is_too_large_is_refused_unread(jobs, name, size):
    place = add(jobs, "1")
    with (place / name).open("wb") as file:
        file.truncate(size + 1)
    with pytest.raises(RecordError, match="at most"):
        Shelf(jobs).about("1")


@pytest.mark.parametrize(
    "text", [b"", b"[]", b'{"version": 2}', b'{"version": 1, "kind": "tree", "method": "m"}']
)
def test_a_damaged_or_newer_about_is_said_to_be(jobs, text):
    (add(jobs, "1") / "about.json").write_bytes(text)
    with pytest.raises(RecordError, match="damaged|newer"):
        Shelf(jobs).about("1")


def test_only_a_job_has_a_place_for_its_own_network(jobs):
    with pytest.raises(UnsuitableError, match="cnnviz fit-style"):
        Shelf(jobs).own_place()
    jobs.create(JobRequest(id="1", method="fit_style", params={}, run="first", step=None))
    assert Shelf(jobs, "1").own_place() == jobs.folder / "1" / "network"


def test_a_training_is_named_by_a_digest_and_is_no_job(jobs):
    path = Shelf(jobs).training("ab" * 32)
    path.write_bytes(b"state")
    assert path.parent == jobs.folder
    assert jobs.ids() == []
    for key in ("../x", "", "a", "AB" * 16, "/" * 32):
        with pytest.raises(RecordError, match="digest"):
            Shelf(jobs).training(key)


def test_trainings_that_nobody_goes_on_with_are_cleared_away(jobs):
    old, new = (Shelf(jobs).training(key * 32) for key in ("a", "b"))
    for path in (old, new):
        path.write_bytes(b"state")
    long_ago = time.time() - TRAINING_KEPT - 60
    os.utime(old, (long_ago, long_ago))
    jobs.clear_leftovers()
    assert (old.exists(), new.exists()) == (False, True)
