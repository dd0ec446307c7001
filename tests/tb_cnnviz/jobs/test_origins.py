"""A result becomes the input of a further job, and the chain of jobs behind it stays known."""

from __future__ import annotations

import json
from dataclasses import replace

import msgspec
import pytest

from cnnviz.contract.jobs import JobRequest
from cnnviz.contract.records import Origin
from cnnviz.contract.trained import Trained
from cnnviz.storage.jobs_folder import JobsFolder
from tb_cnnviz.jobs.entries import read_entry
from tb_cnnviz.jobs.housing import Housing
from tb_cnnviz.jobs.origins import MAX_BYTES, MAX_LINKS, origin_of
from tests.tb_cnnviz.jobs.test_asking import data_of
from tests.worker.test_jobs import png


def entry_of(folder, **changes):
    """Make a job's folder and read it as the server does."""
    values = {"id": "one", "method": "m", "params": {}, "run": "r", "step": None, **changes}
    jobs = JobsFolder(folder, inside=folder)
    job = jobs.create(JobRequest(**values), [png(4, 4)] * len(values.get("origins", [])))
    housing = Housing(
        run="r", logdir=str(folder), inner_run="r", folder=jobs, root=folder, in_cache=False
    )
    return read_entry(job, housing, asked_here=True)


def chain(length, **params):
    """Jobs one after the other, the newest first."""
    newest = None
    for link in range(length):
        newest = Origin(
            job=f"job{link}",
            image=0,
            method="m",
            params=params,
            run="r",
            step=1,
            examples=[],
            seed=0,
            inputs=[newest],
        )
    return newest


def links_of(origin):
    return 0 if origin is None else 1 + max((links_of(one) for one in origin.inputs), default=0)


def test_a_result_says_which_job_made_its_input(shared_board):
    made, _ = shared_board.do("toy_sheet", seed=1)
    job, status = shared_board.do(
        "saliency",
        inputs=[data_of(png(9, 9)), {"job": made, "image": 1}],
        params={"target": 0},
        examples=[2],
    )
    assert status["state"] == "done"
    file, origin = shared_board.json(f"jobs/{job}")["job"]["request"]["origins"]
    assert file is None
    assert (origin["job"], origin["image"], origin["method"]) == (made, 1, "toy_sheet")
    (record,) = shared_board.json(f"jobs/{job}/result")["records"]
    assert record["provenance"]["origins"] == [None, origin]


def test_the_chain_goes_up_to_the_first_picture(shared_board):
    first, _ = shared_board.do("toy_sheet", inputs=[data_of(png(9, 9))], seed=5)
    second, _ = shared_board.do("toy_sheet", inputs=[{"job": first, "image": 0}], seed=6)
    third = shared_board.ask("toy_sheet", inputs=[{"job": second, "image": 2}], seed=7)
    (origin,) = shared_board.json(f"jobs/{third}")["job"]["request"]["origins"]
    assert (origin["job"], origin["seed"], origin["cut"]) == (second, 6, False)
    (earlier,) = origin["inputs"]
    assert (earlier["job"], earlier["seed"], earlier["inputs"]) == (first, 5, [None])


def test_a_jobs_own_pictures_are_looked_at_again_with_their_origin(shared_board):
    made, _ = shared_board.do("toy_sheet", seed=1)
    pictures = [data_of(png(7, 5)), {"job": made, "image": 1}]
    job, _ = shared_board.do("saliency", inputs=pictures, params={"target": 0})
    again = [{"job": job, "own": 0}, {"job": job, "own": 1}]
    body = {"run": "first", "method": "saliency", "params": {"target": 0}, "step": 3}
    _, answer = shared_board.post("jobs", {**body, "inputs": again})
    assert (answer["existing"], answer["job"]["request"]["id"]) == (True, job)
    other, _ = shared_board.do("saliency", inputs=again[::-1], params={"target": 1})
    origins = shared_board.json(f"jobs/{other}")["job"]["request"]["origins"]
    assert (origins[0]["job"], origins[1]) == (made, None)
    for wrong in (2, -1):
        status, answer = shared_board.post("jobs", {**body, "inputs": [{"job": job, "own": wrong}]})
        assert (status, answer["error"]["field"]) == (400, "inputs")


def test_a_long_chain_is_cut_and_says_so(tmp_path):
    long = entry_of(tmp_path, id="long", origins=[chain(30)])
    origin = origin_of(long, 0)
    assert links_of(origin) == MAX_LINKS
    wide = entry_of(tmp_path, id="wide", origins=[chain(20, text="x" * 5000)])
    origin = origin_of(wide, 0)
    assert len(msgspec.json.encode(origin)) <= MAX_BYTES
    while origin.inputs:
        (origin,) = origin.inputs
    assert origin.cut


@pytest.mark.parametrize("length", [40, 480, 2000])
def test_a_chain_that_is_too_long_to_be_ours_makes_one_damaged_job(tmp_path, length):
    entry = entry_of(tmp_path, id="deep")
    link = '{"job":"a","image":0,"method":"m","params":{},"run":"r","step":1,"examples":[],'
    nested = "null"
    for _ in range(length):
        nested = link + f'"seed":0,"inputs":[{nested}]}}'
    request = json.loads(msgspec.json.encode(entry.request)) | {"inputs": 1, "origins": ["HERE"]}
    text = json.dumps(request).replace('"HERE"', nested)
    (entry.job.folder / "request.json").write_text(text)
    again = read_entry(entry.job, entry.housing, asked_here=True)
    assert (again.status.state, again.request.origins) == ("failed", [])
    assert "request cannot be read" in again.status.message
    assert msgspec.json.encode(again.view())


def test_a_strangers_request_need_not_name_an_origin_for_each_picture(tmp_path):
    few = entry_of(tmp_path, id="few", origins=[None, None])
    odd = replace(few, request=msgspec.structs.replace(few.request, origins=[]))
    assert origin_of(odd, 0).inputs == [None, None]


def test_a_job_that_left_a_network_says_what_it_is(tmp_path):
    entry = entry_of(tmp_path, id="fit")
    assert entry.view().network is None
    place = entry.job.folder / "network"
    place.mkdir()
    for name in ("graph.json", "weights.safetensors"):
        (place / name).write_bytes(b"{}")
    about = Trained(kind="style", method="fit_style", facts={"loss": 0.25})
    (place / "about.json").write_bytes(msgspec.json.encode(about))
    jobs = entry.housing.folder
    jobs.job("fit").write_status(msgspec.structs.replace(entry.status, state="cancelled"))
    ended = read_entry(jobs.job("fit"), entry.housing, asked_here=True)
    network = ended.view().network
    assert network is not None
    assert (network.kind, network.facts) == ("style", {"loss": 0.25})
    (place / "about.json").write_bytes(b"[" * 100_000)
    damaged = read_entry(jobs.job("fit"), entry.housing, asked_here=True)
    assert damaged.view().network is None
