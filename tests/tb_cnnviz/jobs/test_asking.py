"""What the page asks for becomes a job, and its answers are what the worker made."""

from __future__ import annotations

import base64
import io
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from cnnviz.contract.jobs import Catalogue, JobRequest, JobStatus
from cnnviz.storage import RunWriter
from cnnviz.storage.tensors import unpack_tensors
from tb_cnnviz.jobs.uploads import check_picture
from tests.worker.test_jobs import png


def data_of(picture):
    return {"data": base64.b64encode(picture).decode()}


def test_the_session_says_what_may_be_asked_for(shared_board):
    session = shared_board.json("session")
    assert (session["jobs"], session["reason"], session["devices"]) == (True, "", ["cpu"])
    assert len(session["token"]) >= 32
    assert (session["max_waiting"], session["max_inputs"]) == (100, 8)


def test_the_catalogue_is_the_workers(shared_board):
    answer = shared_board.json("catalogue")
    assert answer["state"] == "ready"
    cards = {card["name"]: card for card in answer["catalogue"]["methods"]}
    assert {"saliency", "toy_painter"} <= set(cards)
    assert cards["toy_painter"]["presets"][0]["name"] == "quick"
    assert list(answer["catalogue"]) == list(Catalogue.__struct_fields__)


def test_a_job_goes_from_the_request_to_its_picture(shared_board):
    job, status = shared_board.do("toy_painter", iterations=60, seed=4)
    assert (status["state"], status["iteration"], status["device"]) == ("done", 60, "cpu")
    assert list(status) == list(JobStatus.__struct_fields__)
    view = shared_board.json(f"jobs/{job}")["job"]
    assert (view["run"], view["in_cache"]) == ("first", False)
    assert list(view["request"]) == list(JobRequest.__struct_fields__)
    assert view["request"]["params"] == {"iterations": 60, "pause": 0.01}
    preview = shared_board.get(f"jobs/{job}/preview", digest=status["preview"])
    assert preview.content_type == "image/png"
    assert "immutable" in preview.headers["Cache-Control"]
    assert Image.open(io.BytesIO(preview.data)).size[0] > 8
    result = shared_board.json(f"jobs/{job}/result")
    (record,) = result["records"]
    assert (record["kind"], result["digest"]) == ("heatmap", status["result"])
    assert record["provenance"]["seed"] == 4
    assert "text/plain" in shared_board.get(f"jobs/{job}/log").content_type


def test_a_results_maps_and_arrays_are_what_the_file_holds(shared_board):
    job, status = shared_board.do("toy_random", seed=11)
    address = {"key": "toy_random", "digest": status["result"]}
    facts, exact = shared_board.tensors(f"jobs/{job}/maps", **address, exact=1)
    record, arrays = shared_board.tensors(f"jobs/{job}/arrays", **address)
    assert (facts["source"], facts["shape"], facts["step"]) == ("bulk", [1, 2, 2], 3)
    assert (record["key"], record["arrays"]["map"]["shape"]) == ("toy_random", [1, 2, 2])
    np.testing.assert_array_equal(exact["values"], arrays["map"])
    lines = shared_board.json(f"jobs/{job}/result")["python"]
    namespace: dict = {}
    exec(lines, namespace)
    np.testing.assert_array_equal(namespace["map"], arrays["map"])
    response = shared_board.get(f"jobs/{job}/maps", **address)
    assert "immutable" in response.headers["Cache-Control"]
    assert "immutable" not in shared_board.get(f"jobs/{job}/maps", key="x").headers["Cache-Control"]
    for changes in ({"key": "no"}, {"digest": "ab"}, {"image": 1}):
        assert shared_board.error(f"jobs/{job}/maps", **{**address, **changes})[0] == 404


def test_pictures_come_in_true_colours_with_their_captions(shared_board):
    job, status = shared_board.do("toy_sheet")
    address = {"key": "toy_sheet", "digest": status["result"]}
    facts, arrays = shared_board.tensors(f"jobs/{job}/images", **address)
    images = arrays["images"]
    assert (images.dtype, images.shape) == (np.uint8, (3, 5, 7, 3))
    assert images[:, 2, 2].tolist() == [[255, 0, 0], [0, 255, 0], [0, 0, 255]]
    assert images[0, 0, 0].tolist() == [0, 0, 0]
    assert facts["captions"] == ["red", "green", "blue"]
    assert shared_board.error(f"jobs/{job}/maps", **address)[0] == 400
    other, _ = shared_board.do("toy_random", seed=12)
    assert shared_board.error(f"jobs/{other}/images", key="toy_random")[0] == 404


def test_the_same_request_gives_the_job_that_is_there(shared_board):
    body = {"run": "first", "method": "toy_random", "params": {"pause": 1}, "step": 3, "seed": 20}
    _, first = shared_board.post("jobs", body)
    job = first["job"]["request"]["id"]
    assert not first["existing"]
    for params in ({"pause": 1.0}, {"pause": 1, "iterations": 20}):
        _, again = shared_board.post("jobs", {**body, "params": params})
        assert (again["job"]["request"]["id"], again["existing"]) == (job, True)
    shared_board.until(job)
    _, again = shared_board.post("jobs", body)
    assert (again["job"]["status"]["state"], again["existing"]) == ("done", True)
    for changes in ({"seed": 21}, {"step": 7}, {"run": "second"}, {"params": {"pause": 2}}):
        _, other = shared_board.post("jobs", {**body, **changes})
        assert not other["existing"], changes


def test_without_a_step_the_last_checkpoint_is_meant(shared_board):
    for body in ({"step": None}, {}):
        asked = {"run": "first", "method": "toy_random", "params": {}, "seed": 24, **body}
        _, answer = shared_board.post("jobs", asked)
        assert answer["job"]["request"]["step"] == 7


def test_the_same_request_from_many_tabs_makes_one_job(shared_board):
    body = {"run": "first", "method": "toy_random", "params": {}, "step": 3, "seed": 22}
    token = shared_board.json("session")["token"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: shared_board.post("jobs", body, token=token), range(16)))
    assert len({answer["job"]["request"]["id"] for _, answer in answers}) == 1
    assert [answer["existing"] for _, answer in answers].count(False) == 1


def test_what_went_wrong_is_made_anew(shared_board):
    job, status = shared_board.do("toy_failing")
    assert (status["state"], status["kind"]) == ("failed", "ZeroDivisionError")
    assert "a wheel came off" in status["log_tail"]
    assert shared_board.do("toy_failing")[0] != job


def test_a_result_that_is_lost_is_made_anew(shared_board):
    job, _ = shared_board.do("toy_random", seed=31)
    (shared_board.folder(job) / "result.safetensors").write_bytes(b"cut")
    assert shared_board.ask("toy_random", seed=31) != job


def test_a_checkpoint_that_was_recorded_anew_makes_another_request(shared_board):
    job, _ = shared_board.do("toy_random", run="second", step=7)
    assert shared_board.ask("toy_random", run="second", step=7) == job
    place = shared_board.folder(job).parents[1]
    weights = {name: array + 1 for name, array in checkpoint_of(place, 7).items()}
    digest = json.loads(checkpoint_facts(place, 7))["model_digest"]
    RunWriter(place).write_checkpoint(7, weights, model_digest=digest)
    assert shared_board.ask("toy_random", run="second", step=7) != job


def checkpoint_of(place, step):
    return unpack_tensors((place / f"checkpoints/{step}.safetensors").read_bytes(), label="")[1]


def checkpoint_facts(place, step):
    data = (place / f"checkpoints/{step}.safetensors").read_bytes()
    return unpack_tensors(data, label="")[0]["cnnviz"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"method": "salience"}, "method"),
        ({"params": {"iterations": 0}}, "iterations"),
        ({"params": {"iterations": "9"}}, "iterations"),
        ({"params": {"iterations": 1e400}}, None),
        ({"params": {"pause": -1}}, "pause"),
        ({"params": {"what": 1}}, "what"),
        ({"params": {"iterations": [[[[]]]]}}, "iterations"),
        ({"params": []}, "params"),
        ({"step": 4}, "step"),
        ({"step": -1}, "step"),
        ({"step": 10**30}, "step"),
        ({"step": "3"}, "step"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**63}, "seed"),
        ({"seed": True}, "seed"),
        ({"examples": [3]}, "examples"),
        ({"examples": [-1]}, "examples"),
        ({"examples": [0] * 5000}, "examples"),
        ({"device": "cuda:9"}, "device"),
        ({"device": "../x"}, "device"),
        ({"run": "x" * 2000}, "run"),
        ({"more": 1}, None),
        ({"inputs": [{}]}, "inputs"),
        ({"inputs": [{"data": "AA==", "job": "a"}]}, "inputs"),
        ({"inputs": [{"data": "%%%"}]}, "inputs"),
        ({"inputs": [{"job": "../../etc"}]}, "inputs"),
        ({"inputs": [{"job": "0" * 64, "image": 0}]}, "inputs"),
        ({"inputs": [{"data": "AA=="}] * 9}, "inputs"),
    ],
)
def test_what_does_not_fit_is_named(shared_board, changes, field):
    body = {"run": "first", "method": "toy_painter", "params": {}, "step": 3, **changes}
    status, answer = shared_board.post("jobs", body)
    assert status == 400
    error = answer["error"]
    assert (error["kind"], error.get("field")) == ("ParamsError", field), error
    assert len(error["message"]) < 1000


def test_an_unknown_run_is_missing(shared_board):
    for run in ("third", "../first", "/etc", "first/../first", ""):
        status, answer = shared_board.post("jobs", {"run": run, "method": "saliency"})
        assert (status, answer["error"]["kind"]) == (404, "MissingError")


def test_own_pictures_are_taken_and_given_back(shared_board):
    sent = png(40, 20)
    job, status = shared_board.do("saliency", inputs=[data_of(sent)], params={"target": 0})
    assert status["state"] == "done", status
    got = shared_board.get(f"jobs/{job}/input", index=0)
    assert (got.data, got.content_type) == (sent, "image/png")
    assert shared_board.error(f"jobs/{job}/input", index=1)[0] == 404
    assert shared_board.error(f"jobs/{job}/input", index=-1)[0] == 400


def webp(width, height, **how):
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, "WEBP", **how)
    return buffer.getvalue()


def webp_claiming(width, height):
    """A small WebP whose extended header claims a larger canvas."""
    data = bytearray(webp(4, 4, exif=b"Exif\0\0" + bytes(8), lossless=True))
    assert data[12:16] == b"VP8X"
    data[24:27], data[27:30] = (size.to_bytes(3, "little") for size in (width - 1, height - 1))
    return bytes(data)


@pytest.mark.parametrize("picture", [webp(40, 20), webp(9, 9, lossless=True), webp_claiming(4, 4)])
def test_webp_pictures_are_taken(picture):
    assert check_picture(picture, 0) == picture


def jpeg():
    buffer = io.BytesIO()
    Image.new("RGB", (9, 9)).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (b"GIF89a" + bytes(20), "no PNG, JPEG or WebP"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no PNG, JPEG or WebP"),
        (b"", "no PNG, JPEG or WebP"),
        (png(7000, 7000), "too many pixels"),
        (png(30_000, 30_000), "too many pixels"),
        (webp_claiming(16_000, 16_000), "too many pixels"),
        (webp(8000, 6000), "too many pixels"),
        (webp(8000, 6000, lossless=True), "too many pixels"),
        (webp(8, 8)[:20], "no PNG, JPEG or WebP"),
        (jpeg() + bytes((8 << 20) + 1), "8 MiB"),
    ],
)
def test_pictures_are_bounded_before_they_are_decoded(shared_board, picture, said):
    body = {"run": "first", "method": "saliency", "step": 3, "inputs": [data_of(picture)]}
    status, answer = shared_board.post("jobs", body)
    assert (status, answer["error"]["field"]) == (400, "inputs")
    assert said in answer["error"]["message"]


def test_a_result_can_be_looked_at_by_the_next_job(shared_board):
    made, _ = shared_board.do("toy_sheet", seed=1)
    inputs = [{"job": made, "image": 1}]
    job, status = shared_board.do("saliency", inputs=inputs, params={"target": 0})
    assert status["state"] == "done"
    picture = np.asarray(
        Image.open(io.BytesIO(shared_board.get(f"jobs/{job}/input", index=0).data))
    )
    assert picture[3, 3].tolist() == [0, 255, 0]
    for one, image in ((made, 3), (made, -1), (job, 0)):
        body = {"run": "first", "method": "saliency", "inputs": [{"job": one, "image": image}]}
        status, answer = shared_board.post("jobs", body)
        assert (status, answer["error"]["field"]) == (400, "inputs")


def test_tensors_of_a_job_travel_as_those_of_a_run_do(shared_board):
    job, status = shared_board.do("toy_random", seed=51)
    response = shared_board.get(f"jobs/{job}/arrays", key="toy_random", digest=status["result"])
    metadata, arrays = unpack_tensors(response.data, label="arrays")
    assert json.loads(metadata["json"])["provenance"]["method"] == "toy_random"
    assert arrays["map"].dtype == np.float32
