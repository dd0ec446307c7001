from __future__ import annotations

import numpy as np
import pytest

from tests.tb_cnnviz.logdirs import Recording, arrays_at
from tests.tb_cnnviz.opened import Opened

FOREVER = "private, max-age=31536000, immutable"


def restored(arrays):
    low, high = arrays["low"], arrays["high"]
    shape = (-1,) + (1,) * (arrays["codes"].ndim - 1)
    return low.reshape(shape) + arrays["codes"] / 255 * (high - low).reshape(shape)


@pytest.mark.parametrize(
    ("key", "array", "image", "expected"),
    [
        ("activations/relu1", "activations", 1, lambda a: a[1]),
        ("activations/fc", "activations", 0, lambda a: a[0][:, None, None]),
        ("saliency", "map", 1, lambda a: a[1:2]),
        ("filters/conv1", "weights", 0, lambda a: a),
    ],
)
def test_codes_stand_for_the_recorded_values(board, key, array, image, expected):
    exact = expected(arrays_at(20)[key][array])
    facts, arrays = board.tensors("maps", run="a", step=20, key=key, image=image)
    assert facts["source"] == "bulk"
    assert facts["array"] == array
    assert facts["step"] == 20
    assert arrays["codes"].shape == exact.shape
    half = (arrays["high"] - arrays["low"]).max() / 255 / 2
    np.testing.assert_allclose(restored(arrays), exact, atol=half * 1.01)
    _, arrays = board.tensors("maps", run="a", step=20, key=key, image=image, exact=1)
    np.testing.assert_array_equal(arrays["values"], exact)
    assert "codes" not in arrays


def test_every_step_is_shown_under_its_own_label(board):
    for step in range(0, 60, 10):
        facts, arrays = board.tensors("maps", run="a", step=step, key="activations/relu1", exact=1)
        assert facts["step"] == step
        assert (arrays["values"][:, 0, 0] == 1000 + step).all()


def test_a_step_without_data_is_not_answered_by_a_neighbour(board):
    status, error = board.error("maps", run="a", step=11, key="activations/relu1")
    assert status == 404
    assert error["kind"] == "MissingError"
    assert "10" in error["message"]


def test_kernels_are_symmetric_around_zero(board):
    facts, arrays = board.tensors("maps", run="a", step=0, key="filters/conv1")
    assert facts["signed"]
    np.testing.assert_array_equal(arrays["low"], -arrays["high"])


def test_one_channel_alone_equals_the_channel_among_all(board):
    for key in ("activations/relu1", "filters/conv1"):
        _, every = board.tensors("maps", run="a", step=30, key=key)
        facts, one = board.tensors("maps", run="a", step=30, key=key, channel=2)
        assert facts["channel"] == 2
        for name in every:
            np.testing.assert_array_equal(one[name], every[name][2:3])


@pytest.mark.parametrize(
    ("query", "status", "kind"),
    [
        ({"key": "nothing"}, 404, "MissingError"),
        ({"key": "saliency", "array": "nothing"}, 404, "MissingError"),
        ({"key": "saliency", "image": 2}, 404, "MissingError"),
        ({"key": "activations/relu1", "channel": 4}, 404, "MissingError"),
        ({"key": "filters/conv1", "channel": 4}, 404, "MissingError"),
        ({"key": "predictions"}, 400, "ParamsError"),
        ({"key": "layer_statistics"}, 400, "ParamsError"),
        ({"key": "saliency", "image": -1}, 400, "ParamsError"),
    ],
)
def test_what_is_not_there_is_said_so(board, query, status, kind):
    got, error = board.error("maps", run="a", step=0, **query)
    assert (got, error["kind"]) == (status, kind), error


def test_an_answer_by_digest_holds_for_ever_and_one_without_does_not(board):
    digest = board.index("a")["digests"][0]
    query = {"run": "a", "step": 0, "key": "saliency"}
    assert board.get("maps", **query, digest=digest).headers["Cache-Control"] == FOREVER
    assert board.get("maps", **query).headers["Cache-Control"] != FOREVER


def test_a_digest_of_another_capture_is_refused(board):
    digest = board.index("a")["digests"][1]
    status, error = board.error("maps", run="a", step=0, key="saliency", digest=digest)
    assert status == 404
    assert "anew" in error["message"]


def test_without_the_bulk_file_the_preview_is_shown_and_not_kept_for_ever(tmp_path):
    with Recording(tmp_path / "run") as recording:
        digest = recording.capture(7, bulk=False)
    board = Opened("--logdir", str(tmp_path))
    assert board.index("run")["sources"] == ["preview"]
    exact = arrays_at(7)
    query = {"run": "run", "step": 7, "digest": digest}
    for key, array in (("filters/conv1", "weights"), ("saliency", "map")):
        response = board.get("maps", key=key, **query)
        assert response.headers["Cache-Control"] != FOREVER
        facts, arrays = board.tensors("maps", key=key, **query)
        assert facts["source"] == "preview"
        assert "not there" in facts["problems"][0]
        expected = exact[key][array] if key == "filters/conv1" else exact[key][array][:1]
        half = (arrays["high"] - arrays["low"]).max() / 255
        np.testing.assert_allclose(restored(arrays), expected, atol=half)
        facts, arrays = board.tensors("maps", key=key, exact=1, **query)
        assert facts["source"] == "preview"
        assert arrays["values"].dtype == np.float32


def test_nan_and_infinity_are_counted_and_the_rest_is_drawn(tmp_path):
    arrays = arrays_at(0)
    maps = arrays["activations/relu1"]["activations"]
    maps[0, 1, 2, 3], maps[0, 1, 2, 4], maps[0, 2] = np.nan, np.inf, np.nan
    with Recording(tmp_path / "run") as recording:
        recording.capture(0, arrays=arrays)
    board = Opened("--logdir", str(tmp_path))
    _, answer = board.tensors("maps", run="run", step=0, key="activations/relu1")
    assert answer["nonfinite"].tolist() == [0, 2, 30, 0]
    assert np.isfinite(answer["low"]).all()
    assert np.isfinite(answer["high"]).all()
    assert answer["codes"][1, 2, 3] == 0
    finite = maps[0, 1][np.isfinite(maps[0, 1])]
    assert answer["high"][1] == finite.max()
    assert answer["mean"][1] == pytest.approx(finite.mean())


def test_layers_of_size_zero_are_answered(tmp_path):
    arrays = arrays_at(0)
    arrays["activations/relu1"]["activations"] = np.zeros((2, 4, 0, 5), np.float32)
    arrays["filters/conv1"]["weights"] = np.zeros((0, 3, 3, 3), np.float32)
    with Recording(tmp_path / "run") as recording:
        recording.capture(0, arrays=arrays)
    board = Opened("--logdir", str(tmp_path))
    _, answer = board.tensors("maps", run="run", step=0, key="activations/relu1")
    assert answer["codes"].shape == (4, 0, 5)
    _, answer = board.tensors("maps", run="run", step=0, key="filters/conv1")
    assert answer["codes"].shape == (0, 3, 3, 3)
