"""Reports cost next to nothing, and what they come to is bounded and true."""

from __future__ import annotations

import io
import math
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from PIL import Image

from cnnviz.contract.jobs import MAX_CURVE, JobRequest, JobStatus
from cnnviz.errors import JobCancelled
from cnnviz.storage.jobs_folder import JobsFolder
from cnnviz.worker.curves import Curve, Pace
from cnnviz.worker.reporting import Reporter
from cnnviz.worker.sheets import LARGEST, lay_out, make_sheet
from tests.worker.conftest import wait_for


@pytest.fixture
def job(tmp_path):
    request = JobRequest(id="a-1", method="m", params={}, run="run", step=0)
    return JobsFolder(tmp_path / "jobs", inside=tmp_path).create(request)


@pytest.fixture
def reporter(job):
    return Reporter(job, JobStatus(state="running"))


def test_a_report_that_is_not_due_looks_at_nothing(reporter):
    looks = []

    def picture():
        looks.append("picture")
        return torch.zeros(1, 3, 4, 4)

    def objective():
        looks.append("objective")
        return 1.0

    began = time.perf_counter()
    for done in range(20_000):
        reporter(done, 1_000_000, picture, objective)
    seconds = time.perf_counter() - began
    assert looks.count("picture") <= 2 + seconds / 0.4
    assert looks.count("objective") <= 2 + seconds / 0.05
    assert seconds / 20_000 < 50e-6


def test_the_last_report_always_counts(reporter):
    reporter(1, 100, torch.zeros(1, 1, 2, 2), 1.0)
    reporter(100, 100, torch.ones(1, 1, 2, 2), 7.0)
    status = reporter.status()
    assert (status.iteration, status.objective[-1]) == (100, (100, 7.0))
    assert reporter.picture.max() == 1


def test_a_kept_picture_is_a_copy(reporter):
    picture = torch.zeros(1, 1, 2, 2)
    reporter(1, 1, picture, None)
    picture.fill_(1)
    assert reporter.picture.max() == 0


def test_the_mean_of_a_tensor_is_shown(reporter):
    reporter(1, 1, None, torch.tensor([1.0, 3.0], requires_grad=True))
    assert reporter.status().objective == [(1, 2.0)]


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_an_objective_that_is_not_finite_leaves_a_hole(job, reporter, bad):
    reporter(1, 1, None, bad)
    job.write_status(reporter.status())
    assert job.status().objective == [(1, None)]


def test_a_preview_of_another_shape_is_refused(reporter):
    with pytest.raises(ValueError, match=r"\(N, C, H, W\)"):
        reporter(1, 2, torch.zeros(3, 4, 4), None)


def test_a_wish_to_cancel_is_obeyed_at_the_next_report(job, reporter):
    with reporter:
        job.ask_to_cancel()
        wait_for(lambda: reporter.cancelled)
        with pytest.raises(JobCancelled):
            reporter(1, 2, None, None)
    assert job.status().state == "cancelling"


def test_a_status_is_written_while_nothing_is_reported(job, reporter):
    with reporter:
        seen = set()
        until = time.monotonic() + 2
        while time.monotonic() < until:
            seen.add(job.status().updated)
            time.sleep(0.02)
    assert len(seen) >= 4


def test_a_long_curve_is_thinned_evenly_and_keeps_its_ends():
    curve = Curve()
    for iteration in range(1, 100_001):
        curve.add(iteration, iteration / 2)
    points = curve.points()
    assert MAX_CURVE / 3 < len(points) <= MAX_CURVE
    assert (points[0], points[-1]) == ((1, 0.5), (100_000, 50_000.0))
    gaps = np.diff([iteration for iteration, _ in points[:-1]])
    assert gaps.max() == gaps.min()


def test_the_pace_is_that_of_the_last_seconds():
    pace = Pace()
    for second in range(20):
        pace.mark(float(second), second * 10 if second < 10 else 100 + (second - 10) * 2)
    assert pace.rate == pytest.approx(2)
    assert pace.remaining(218) == pytest.approx(50)


def test_a_run_that_begins_again_is_measured_again():
    pace = Pace()
    pace.mark(0.0, 50)
    pace.mark(1.0, 1)
    assert (pace.rate, pace.remaining(10)) == (0.0, None)


def read(png):
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture)


def test_a_sheet_shows_pictures_row_by_row():
    pictures = np.zeros((3, 3, 4, 4), np.float32)
    pictures[1, 0] = 1.0
    sheet = read(make_sheet(pictures))
    assert sheet.shape == (10, 10, 3)
    assert (sheet[:4, 6:] == [255, 0, 0]).all()
    assert (sheet[:4, :4] == 0).all()
    assert (sheet[6:, 6:] == 24).all()


def test_what_is_no_number_is_black_and_what_is_too_light_is_white():
    sheet = read(make_sheet(np.array([[[[np.nan, np.inf, -3.0]]]], np.float32)))
    assert sheet.tolist() == [[0, 255, 0]]


def test_a_sheet_is_never_larger_than_its_bounds():
    sheet = read(make_sheet(np.zeros((70, 1, 300, 200), np.float32)))
    assert max(sheet.shape) <= LARGEST


def test_pictures_of_many_channels_show_the_first():
    pictures = np.zeros((1, 5, 2, 2), np.float32)
    pictures[:, 0] = 1
    assert (read(make_sheet(pictures)) == 255).all()


def test_columns_may_be_given():
    assert lay_out(np.zeros((4, 2, 2), np.uint8), columns=4).shape == (2, 14)


def test_the_allocator_is_set_before_torch_is_loaded():
    code = (
        "import sys, cnnviz.worker.__main__ as main; assert 'torch' not in sys.modules;"
        "print(main.keep_memory() or not sys.platform.startswith('linux'))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "True\n"
