"""`cnnviz inspect` looks through a folder or a named set, and says what it could not read."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import cnnviz as package
from cnnviz.cli.demo_data import DEBIAN_FOLDER

MODEL = "tests.cli.nets:small"


@pytest.fixture
def folder(tmp_path):
    numbers = np.random.default_rng(0)
    for index in range(9):
        sub = tmp_path / "photos" / f"kind{index % 2}"
        sub.mkdir(parents=True, exist_ok=True)
        sizes = [(40, 30, 3), (30, 40), (50, 50, 4)][index % 3]
        Image.fromarray(numbers.integers(0, 256, sizes).astype(np.uint8)).save(sub / f"{index}.png")
    (tmp_path / "photos" / "broken.png").write_bytes(b"nothing")
    return tmp_path / "photos"


def inspected(cnnviz, tmp_path, *words, model=MODEL):
    said = cnnviz("inspect", model, "--logdir", tmp_path / "runs", "--run", "one", *words)
    return said, package.open_logdir(tmp_path / "runs").run("one") if said.status == 0 else None


def test_a_folder_with_more_images_than_examples_is_looked_through_whole(cnnviz, folder, tmp_path):
    said, run = inspected(
        *(cnnviz, tmp_path, "--images", folder, "--limit", 3, "--mean", "0.5", "--std", "0.5")
    )
    assert said.status == 0, said.err
    assert {"top_patches", "embedding"} <= set(run.methods)
    stored = run.dataset()
    assert len(stored) == 9
    assert sorted(stored.names) == sorted(f"kind{i % 2}/{i}.png" for i in range(9))
    assert stored.facts.problems == ["broken.png is left out: it is not an image"]
    assert run.record("embedding").facts["left_out"] == stored.facts.left_out == 1
    assert len(run.examples) == 3


def test_few_images_are_examples_only_unless_asked_for(cnnviz, folder, tmp_path):
    said, run = inspected(cnnviz, tmp_path, "--images", folder, "--methods", "predictions")
    assert said.status == 0, said.err
    assert run.datasets == []
    said, run = inspected(
        *(cnnviz, tmp_path, "--images", folder, "--dataset", folder, "--step", 1),
        *("--methods", "embedding"),
    )
    assert said.status == 0, said.err
    assert len(run.dataset()) == 9


def test_sub_folders_named_as_classes_are_labels(cnnviz, folder, tmp_path):
    names = tmp_path / "names.txt"
    said, run = inspected(cnnviz, tmp_path, "--images", folder, "--methods", "predictions")
    classes = run.record("predictions").arrays["scores"].shape[1]
    names.write_text("\n".join(f"kind{index}" for index in range(classes)))
    said, run = inspected(
        *(cnnviz, tmp_path, "--images", folder, "--dataset", folder, "--step", 1),
        *("--methods", "embedding", "--class-names", names),
    )
    assert said.status == 0, said.err
    stored = run.dataset()
    assert stored.labels.tolist() == [int(name[4]) for name in stored.names]


@pytest.mark.parametrize(
    ("dataset", "says"),
    [("nonsense", "takes a folder or one of fashion-mnist"), ("", "has no image")],
)
def test_what_is_no_data_set_is_told(cnnviz, folder, tmp_path, dataset, says):
    (tmp_path / "empty").mkdir()
    given = dataset or tmp_path / "empty"
    said, _ = inspected(cnnviz, tmp_path, "--images", folder, "--dataset", given)
    assert said.status == 2
    assert says in said.err


@pytest.mark.skipif(not DEBIAN_FOLDER.is_dir(), reason="needs Debian's dataset-fashion-mnist")
def test_a_named_set_of_another_size_than_the_models_is_told(cnnviz, folder, tmp_path):
    said, _ = inspected(cnnviz, tmp_path, "--images", folder, "--dataset", "fashion-mnist")
    assert said.status == 2
    assert "the images of fashion-mnist are (1, 28, 28), the model takes" in said.err
