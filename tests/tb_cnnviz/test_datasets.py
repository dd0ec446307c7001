from __future__ import annotations

import base64

import numpy as np
import pytest

from tests.tb_cnnviz.logdirs import Recording
from tests.tb_cnnviz.opened import Opened

FOREVER = "private, max-age=31536000, immutable"
IMAGES, CHANNELS, BEST = 30, 4, 3
KEY, UNITS = "embedding/fc", "top_patches/relu1"
RNG = np.random.default_rng(3)
FEATURES = RNG.normal(size=(IMAGES, 8)).astype(np.float16)
THUMBNAILS = RNG.integers(0, 256, (IMAGES, 16, 16, 1), dtype=np.uint8)
MAXIMA = RNG.random((CHANNELS, IMAGES)).astype(np.float16)
LABELS = np.arange(IMAGES, dtype=np.int32) % 3


def embedding() -> dict[str, np.ndarray]:
    principal = FEATURES[:, :3].astype(np.float32)
    near = np.tile(np.arange(5, dtype=np.int32), (IMAGES, 1))
    return {
        "features": FEATURES,
        "principal": principal,
        "predicted": LABELS.copy(),
        "neighbours": near,
        "distances": near.astype(np.float32),
    }


def patches() -> dict[str, np.ndarray]:
    order = np.argsort(-MAXIMA, axis=1)[:, :BEST].astype(np.int32)
    return {
        "crops": RNG.integers(0, 256, (CHANNELS, BEST, 5, 5, 1), dtype=np.uint8),
        "activations": np.take_along_axis(MAXIMA, order, 1).astype(np.float32),
        "images": order,
        "boxes": np.zeros((CHANNELS, BEST, 4), np.int32),
        "mean": MAXIMA.mean(1).astype(np.float32),
        "maxima": MAXIMA,
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    logdir = tmp_path_factory.mktemp("laid_out")
    with Recording(logdir / "r") as recording:
        names = [f"é {row}.png" for row in range(IMAGES)]
        name = recording.dataset(THUMBNAILS, LABELS, names)
        arrays = {KEY: embedding(), UNITS: patches()}
        digest = recording.capture(7, arrays=arrays)
    board = Opened("--logdir", str(logdir))
    yield board, name, {"run": "r", "step": 7, "digest": digest}
    board.close()


def distances(row: int, by: str) -> np.ndarray:
    if by == "pixels":
        vectors = THUMBNAILS.reshape(IMAGES, -1).astype(np.float64)
        return np.linalg.norm(vectors - vectors[row], axis=1)
    vectors = FEATURES.astype(np.float64)
    if by == "l2":
        return np.linalg.norm(vectors - vectors[row], axis=1)
    lengths = np.linalg.norm(vectors, axis=1)
    return 1 - vectors @ vectors[row] / lengths / lengths[row]


def test_a_data_set_is_told_with_labels_and_names(run):
    board, name, _ = run
    facts, arrays = board.tensors("dataset", run="r", name=name)
    assert (facts["count"], facts["thumbnail"]) == (IMAGES, [16, 16])
    np.testing.assert_array_equal(arrays["labels"], LABELS)
    assert arrays["names"].tobytes().decode().split("\n")[4] == "é 4.png"


def test_thumbnails_come_in_the_order_asked_for_and_grey_ones_in_colour(run):
    board, name, _ = run
    facts, arrays = board.tensors("thumbnails", run="r", name=name, rows="5,2,29")
    assert facts["rows"] == [5, 2, 29]
    expected = np.repeat(THUMBNAILS[[5, 2, 29]], 3, axis=-1)
    np.testing.assert_array_equal(arrays["images"], expected)


def test_thumbnails_of_a_run_that_was_written_anew_are_the_new_ones(tmp_path):
    with Recording(tmp_path / "r") as recording:
        name = recording.dataset(THUMBNAILS, LABELS, [str(row) for row in range(IMAGES)])
        recording.capture(1, arrays={KEY: embedding()})
    board = Opened("--logdir", str(tmp_path))
    try:
        before = board.tensors("thumbnails", run="r", name=name, rows="5")[1]["images"]
        (file,) = tmp_path.rglob(f"{name}.safetensors")
        again = file.with_suffix(".new")
        again.write_bytes(file.read_bytes())
        again.replace(file)
        after = board.tensors("thumbnails", run="r", name=name, rows="5")[1]["images"]
        np.testing.assert_array_equal(after, before)
    finally:
        board.close()


def test_a_layout_has_places_but_no_features(run):
    board, name, at = run
    response = board.get("layout", key=KEY, **at)
    assert response.headers["Cache-Control"] == FOREVER
    facts, arrays = board.tensors("layout", key=KEY, **at)
    assert set(arrays) == {"principal", "predicted"}
    assert facts["step"] == 7
    assert facts["facts"]["dataset"] == name


@pytest.mark.parametrize("by", ["l2", "pixels"])
def test_neighbours_that_are_not_stored_are_those_of_brute_force(run, by):
    board, _, at = run
    for row in (0, 13):
        answer = board.json("neighbours", key=KEY, row=row, k=6, by=by, **at)
        measured = distances(row, by)
        measured[row] = np.inf
        expected = np.argsort(measured, kind="stable")[:6]
        assert answer["rows"] == expected.tolist()
        np.testing.assert_allclose(answer["distances"], measured[expected], rtol=1e-6)


def test_stored_neighbours_are_taken_where_they_suffice(run):
    board, _, at = run
    assert board.json("neighbours", key=KEY, row=9, k=5, **at)["rows"] == [0, 1, 2, 3, 4]
    measured = distances(9, "cosine")
    measured[9] = np.inf
    more = board.json("neighbours", key=KEY, row=9, k=6, **at)["rows"]
    assert more == np.argsort(measured)[:6].tolist()


def test_patches_are_those_of_the_channels_asked_for(run):
    board, _, at = run
    facts, arrays = board.tensors("patches", key=UNITS, channel=1, count=2, top=2, **at)
    assert (facts["first"], facts["channels"]) == (1, CHANNELS)
    assert arrays["crops"].shape == (2, 2, 5, 5, 3)
    assert "maxima" not in arrays
    order = np.argsort(-MAXIMA[1:3], axis=1)[:, :2]
    np.testing.assert_array_equal(arrays["images"], order)


def test_a_reaction_is_one_number_an_image(run):
    board, _, at = run
    _, arrays = board.tensors("reaction", key=UNITS, channel=2, **at)
    np.testing.assert_array_equal(arrays["values"], MAXIMA[2].astype(np.float32))


def test_units_are_ranked_by_what_they_answer_to_the_chosen_images(run):
    board, _, at = run
    chosen = np.zeros(IMAGES, bool)
    chosen[[3, 8, 20]] = True
    bitmap = np.packbits(chosen, bitorder="little").tobytes()
    rows = base64.urlsafe_b64encode(bitmap).decode().rstrip("=")
    answer = board.json("units", key=UNITS, rows=rows, **at)
    wide = MAXIMA.astype(np.float32)
    contrast = (wide[:, chosen].mean(1) - wide.mean(1)) / wide.std(1)
    assert [one["channel"] for one in answer["units"]] == np.argsort(-contrast).tolist()
    assert answer["chosen"] == 3


@pytest.mark.parametrize(
    ("route", "query", "status", "says"),
    [
        ("dataset", {"run": "r", "name": "../../passwd"}, 404, "16 hexadecimal digits"),
        ("dataset", {"run": "r", "name": "0" * 16}, 404, "no data set"),
        ("thumbnails", {"rows": "30"}, 404, "0 … 29"),
        ("thumbnails", {"rows": "1,,2"}, 400, "rows"),
        ("thumbnails", {"rows": ",".join(["1"] * 2001)}, 400, "at most 2000"),
        ("layout", {"key": UNITS}, 400, "expected embedding"),
        ("neighbours", {"key": KEY, "row": 30}, 404, "0 … 29"),
        ("neighbours", {"key": KEY, "row": 3, "k": 1000}, 400, "k"),
        ("neighbours", {"key": KEY, "row": 3, "by": "taste"}, 400, "by"),
        ("patches", {"key": UNITS, "channel": 4}, 404, "0 … 3"),
        ("patches", {"key": KEY}, 400, "expected patches"),
        ("reaction", {"key": UNITS, "channel": 4}, 404, "no part"),
        ("units", {"key": UNITS, "rows": "AAAA"}, 400, "at least one"),
        ("units", {"key": UNITS, "rows": "A"}, 400, "base64url"),
    ],
)
def test_what_is_not_there_is_said(run, route, query, status, says):
    board, name, at = run
    given = {"run": "r", "name": name} if route == "thumbnails" else {} if "run" in query else at
    found, error = board.error(route, **{**given, **query})
    assert found == status
    assert says in error["message"]


def test_a_record_that_is_not_what_its_kind_says_is_damaged(tmp_path):
    with Recording(tmp_path / "r") as recording:
        flat = {"crops": np.zeros((4, 5), np.uint8)}
        recording.capture(0, arrays={KEY: {"principal": np.zeros((3, 2))}, UNITS: flat})
    board = Opened("--logdir", str(tmp_path))
    for route, more in (("neighbours", {"key": KEY, "row": 0}), ("patches", {"key": UNITS})):
        status, error = board.error(route, run="r", step=0, **more)
        assert (status, error["kind"]) == (422, "RecordError")
        assert "is damaged" in error["message"]
    board.close()
