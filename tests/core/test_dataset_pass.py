"""One pass for all that look through a data set; one that was stopped goes on where it was."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cnnviz.core.context import Context
from cnnviz.core.datasets import Arrays, DataSet
from cnnviz.core.execute import execute
from cnnviz.core.requests import method
from cnnviz.errors import JobCancelled, RecordError
from cnnviz.graph import capture
from tests.core.networks import NETWORKS

SHAPE = (3, 12, 12)
IMAGES = torch.rand(40, *SHAPE, generator=torch.Generator().manual_seed(0))
REQUESTS = [method("top_patches"), method("embedding")]


class Counted(Arrays):
    """Counts the images that are read."""

    def __init__(self):
        super().__init__(IMAGES, torch.arange(40) % 5, SHAPE)
        self.read = 0

    def batches(self, size, positions=None):
        for batch in super().batches(size, positions):
            self.read += len(batch.positions)
            yield batch


@pytest.fixture(scope="module")
def net():
    with torch.random.fork_rng():
        return capture(NETWORKS["plain"](), IMAGES[:2])


@pytest.fixture(autouse=True)
def _saved_at_every_batch(monkeypatch):
    monkeypatch.setattr("cnnviz.core.state_file.EVERY", 0.0)
    monkeypatch.setattr("cnnviz.core.state_file.COST", 0)


def passed(net, state=None, *, stop_after=None, requests=REQUESTS):
    """Go through the data set; what came of it, and how many images were read."""
    source = Counted()

    def report(done, total, preview, objective):
        assert total == 40
        if done == stop_after:
            raise JobCancelled

    data = DataSet(source, state=state)
    ctx = Context(net, IMAGES[:2], dataset=data, on_report=report)
    ctx.batch_limit = 8
    return execute(requests, ctx, on_error="raise"), source


def assert_the_same(one, other):
    assert one.gathered.name == other.gathered.name
    for a, b in zip(one.results, other.results, strict=True):
        assert a.result.facts == b.result.facts
        for name, array in a.result.arrays.items():
            np.testing.assert_array_equal(array, b.result.arrays[name], err_msg=name)


def test_all_methods_share_one_pass(net):
    _, source = passed(net)
    assert source.read == 40


def test_a_pass_that_was_stopped_goes_on_and_gives_the_same(net, tmp_path):
    state = tmp_path / "state"
    with pytest.raises(JobCancelled):
        passed(net, state, stop_after=24)
    assert state.exists()
    resumed, source = passed(net, state)
    assert source.read == 24, "16 were done, the third batch was not saved"
    assert_the_same(resumed, passed(net)[0])
    assert not state.exists()


def test_a_pass_over_known_rows_goes_on_too(net, tmp_path):
    state, source = tmp_path / "state", Counted()
    data = DataSet(source, state=state)
    ctx = Context(net, IMAGES[:2], dataset=data)
    ctx.batch_limit = 8
    first = execute(REQUESTS, ctx, on_error="raise")
    stopping = Context(net, IMAGES[:2], dataset=data, on_report=_stop_at_24)
    stopping.batch_limit = 8
    with pytest.raises(JobCancelled):
        execute(REQUESTS, stopping)
    source.read = 0
    again = execute(REQUESTS, ctx, on_error="raise")
    assert source.read == 24
    for a, b in zip(first.results, again.results, strict=True):
        for name, array in a.result.arrays.items():
            np.testing.assert_array_equal(array, b.result.arrays[name], err_msg=name)


def _stop_at_24(done, total, preview, objective):
    if done == 24:
        raise JobCancelled


def test_other_weights_or_requests_begin_anew(net, tmp_path):
    state = tmp_path / "state"
    with pytest.raises(JobCancelled):
        passed(net, state, stop_after=24)
    name, weight = next(iter(net.weights().items()))
    other = net.with_weights({name: weight + 1})
    assert passed(other, state, stop_after=None)[1].read == 40
    with pytest.raises(JobCancelled):
        passed(net, state, stop_after=24)
    assert passed(net, state, requests=[method("top_patches", count=3)])[1].read == 40


@pytest.mark.parametrize("damage", ["cut", "flipped", "nonsense"])
def test_a_damaged_state_is_told_or_passed_over_and_the_next_try_is_right(net, tmp_path, damage):
    state = tmp_path / "state"
    with pytest.raises(JobCancelled):
        passed(net, state, stop_after=24)
    data = bytearray(state.read_bytes())
    if damage == "cut":
        state.write_bytes(data[: len(data) // 2])
    elif damage == "nonsense":
        state.write_bytes(b"nonsense")
    else:
        data[-9] ^= 1
        state.write_bytes(data)
        with pytest.raises(RecordError, match="cannot be gone on with .* start it again"):
            passed(net, state)
    resumed, source = passed(net, state)
    assert source.read == 40
    assert_the_same(resumed, passed(net)[0])


def test_a_folder_that_cannot_be_written_does_not_end_a_pass(net, tmp_path):
    (tmp_path / "file").touch()
    assert passed(net, tmp_path / "file" / "state")[1].read == 40


def test_a_method_that_fails_half_way_leaves_the_others_alone(net, monkeypatch):
    def full(self, rows):
        raise OSError("no space left on device")

    monkeypatch.setattr("cnnviz.core.feature_rows.Spool.append", full)
    data = DataSet(Counted(), is_stored=False)
    monkeypatch.setattr("cnnviz.core.layer_maxima.MOST_BYTES", 0)
    monkeypatch.setattr("cnnviz.core.gathering.Gathering.take", lambda *_: None)
    execution = execute(REQUESTS, Context(net, IMAGES[:2], dataset=data))
    assert [one.method for one in execution.skipped] == ["embedding"]
    assert {one.request.key for one in execution.results} == {"top_patches"}
