"""A worker does jobs: what it is asked, on the weights of that step, and it says how it goes."""

from __future__ import annotations

import io
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnviz.core.run import run
from cnnviz.graph import load_graph
from cnnviz.storage.examples import ExamplesFile
from cnnviz.storage.files import LocalFolder
from tests.worker.conftest import wait_for


def png(width, height, colour=(255, 0, 0)):
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, "PNG")
    return buffer.getvalue()


def recorded(logdir, step):
    place = logdir / "first" / "plugins" / "cnnviz"
    net = load_graph(place, weights=place / "checkpoints" / f"{step}.safetensors")
    stored = ExamplesFile(LocalFolder(place).file("examples.safetensors"))
    import torch

    return net, torch.from_numpy(stored.inputs.copy())


@pytest.mark.parametrize("step", [3, 7])
def test_a_job_looks_at_the_weights_of_its_step(shared, logdir, ask, step):
    job = ask("saliency", step=step, target=1)
    status = shared.do(logdir, job)
    assert (status.state, status.message, status.kind) == ("done", "", None)
    result = job.result()
    assert result.digest == status.result
    net, inputs = recorded(logdir, step)
    expected = run("saliency", net, inputs, target=1)
    np.testing.assert_array_equal(result.array("saliency", "map"), expected.arrays["map"])


def test_a_result_says_how_to_make_it_again(shared, logdir, ask):
    job = ask("saliency", target=2, examples=[2, 0], seed=5)
    shared.do(logdir, job)
    manifest = job.result().manifest
    (record,) = manifest.records
    assert (manifest.run, manifest.step, manifest.device) == ("first", 3, "cpu")
    assert set(manifest.versions) == {"cnnviz", "torch", "numpy", "python"}
    assert manifest.model_digest == recorded(logdir, 3)[0].digest
    assert (record.method, record.seed, record.params["target"]) == ("saliency", 5, 2)
    assert record.facts["examples"] == ["example 2", "example 0"]


def test_only_the_examples_asked_for_are_looked_at(shared, logdir, ask):
    job = ask("predictions", examples=[2])
    shared.do(logdir, job)
    net, inputs = recorded(logdir, 3)
    found = job.result().array("predictions", "scores")
    np.testing.assert_allclose(found, net(inputs[2:]).numpy(), rtol=1e-5)


def test_own_pictures_are_brought_to_the_size_and_scale_of_the_examples(shared, logdir, ask):
    job = ask("predictions", pictures=[png(40, 20), png(16, 16, (0, 0, 255))])
    shared.do(logdir, job)
    net, inputs = recorded(logdir, 3)
    red = inputs[:1] * 0 + (inputs.new_tensor([1.0, 0, 0]).view(1, 3, 1, 1) - 0.5) / 0.25
    found = job.result().array("predictions", "scores")
    assert len(found) == 2
    np.testing.assert_allclose(found[:1], net(red).numpy(), rtol=1e-4, atol=1e-5)


def test_a_job_with_layers_gives_a_record_a_layer(shared, logdir, ask):
    job = ask("activations", layers=["0", "4"])
    shared.do(logdir, job)
    assert [record.layer for record in job.result().manifest.records] == ["0", "4"]


def test_the_same_seed_gives_the_same_picture_and_another_one_another(shared, logdir, ask):
    found = []
    for seed in (4, 4, 5):
        job = ask("toy_random", seed=seed)
        shared.do(logdir, job)
        found.append(job.result().array("toy_random", "map"))
    np.testing.assert_array_equal(found[0], found[1])
    assert (found[0] != found[2]).all()


def test_a_method_of_another_package_reports_while_it_works(shared, logdir, ask):
    job = ask("toy_painter", iterations=150, pause=0.01)
    shared.order(logdir, job)
    shared.hear("started")
    seen = []
    while (status := job.status()).state not in {"done", "failed"}:
        if not seen or seen[-1].updated != status.updated:
            seen.append(status)
        if status.preview is not None and len(seen) % 3 == 1:
            picture = Image.open(io.BytesIO(job.preview()))
            assert picture.size == (18, 8)
        time.sleep(0.01)
    assert shared.hear("finished")["state"] == "done"
    running = [one for one in seen if one.state == "running"]
    gaps = np.diff([one.updated for one in running])
    assert len(running) >= 3
    assert np.median(gaps) < 0.5
    assert len({one.preview for one in running}) >= 2
    middle = running[-1]
    assert 0 < middle.iteration <= middle.total == 150
    assert middle.rate == pytest.approx(middle.iteration / 1.6, rel=3)
    assert middle.objective_name == "lightness"
    values = [value for _, value in status.objective]
    assert values == sorted(values)
    assert status.objective[-1][0] == 150


def test_cancelling_takes_less_than_a_second_and_keeps_the_picture(shared, logdir, ask):
    job = ask("toy_painter", iterations=100_000, pause=0.005)
    shared.order(logdir, job)
    shared.hear("started")
    wait_for(lambda: job.status().preview)
    asked = time.monotonic()
    job.ask_to_cancel()
    assert shared.hear("finished")["state"] == "cancelled"
    assert time.monotonic() - asked < 1
    status = job.status()
    assert (status.state, status.kind) == ("cancelled", None)
    result = job.result()
    assert result.digest == status.result
    (record,) = result.manifest.records
    assert record.kind == "images"
    assert record.facts["cancelled"]
    assert result.array("toy_painter", "images").shape == (2, 8, 8, 3)


def test_a_method_that_never_reports_is_cancelled_too(shared, logdir, ask):
    job = ask("toy_silent")
    shared.order(logdir, job)
    shared.hear("started")
    wait_for(lambda: job.status().state == "running")
    asked = time.monotonic()
    job.ask_to_cancel()
    assert shared.hear("finished")["state"] == "cancelled"
    assert time.monotonic() - asked < 1
    assert job.status().result is None


def test_a_job_cancelled_before_it_began_does_nothing(shared, logdir, ask):
    job = ask("toy_painter", iterations=100_000)
    job.ask_to_cancel()
    assert shared.do(logdir, job).state == "cancelled"


def test_a_job_that_another_worker_has_is_left_to_it(shared, logdir, ask):
    job = ask("saliency")
    assert job.claim("cpu")
    shared.order(logdir, job)
    shared.hear("started")
    assert "another worker" in shared.hear("refused")["reason"]
    assert job.status().state == "queued"


def test_a_full_memory_is_answered_by_smaller_batches(shared, logdir, ask):
    job = ask("toy_greedy")
    assert shared.do(logdir, job).state == "done"
    assert (job.result().array("toy_greedy", "map") == 4).all()


def test_a_method_without_examples_runs_where_there_are_none(shared, logdir, ask):
    job = ask("toy_random", run="bare", step=None)
    assert shared.do(logdir, job, run="bare").state == "done"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files in /proc")
def test_a_hundred_jobs_leave_nothing_open(shared, logdir, ask):
    process = Path("/proc", str(shared.process.pid))

    def held():
        return len(list((process / "fd").iterdir())), len(list((process / "task").iterdir()))

    shared.do(logdir, ask("saliency"))
    before = held()
    for number in range(100):
        job = ask("saliency", target=number % 5, step=(3, 7)[number % 2])
        assert shared.do(logdir, job).state == "done"
    assert held() == before
