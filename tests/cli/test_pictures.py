"""Pictures of every kind become a network's input; what cannot be read is named and left out."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from cnnviz.cli.pictures import (
    find_pictures,
    labels_of,
    read_pictures,
)
from cnnviz.errors import ParamsError
from cnnviz.ops.pictures import Preparation, read_picture

PLAIN = Preparation(size=(8, 8), resize=8, mean=(0.0,), std=(1.0,))


def test_values_are_scaled_and_normalised_channel_by_channel(tmp_path):
    Image.new("RGB", (8, 8), (255, 0, 51)).save(tmp_path / "a.png")
    wanted = Preparation(size=(8, 8), resize=8, mean=(0.5, 0.5, 0.2), std=(0.5, 0.25, 0.1))
    array = wanted(read_picture(tmp_path / "a.png"))
    assert array.dtype == np.float32
    assert array.shape == (3, 8, 8)
    np.testing.assert_allclose(array[:, 3, 3], [1.0, -2.0, 0.0], atol=1e-6)


def test_the_centre_is_cut_out_after_the_shorter_side_is_resized():
    picture = Image.new("RGB", (40, 20))
    picture.paste((255, 255, 255), (10, 0, 30, 20))  # the middle square
    assert PLAIN(picture).min() > 0.9


def test_an_input_that_is_not_square_is_filled_without_distortion():
    tall = Preparation(size=(12, 4), resize=4, mean=(0.0,), std=(1.0,))
    assert tall(Image.new("RGB", (50, 30), "white")).shape == (3, 12, 4)
    assert tall(Image.new("RGB", (50, 30), "white")).min() == 1.0


def test_transparent_parts_lie_on_white(tmp_path):
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(tmp_path / "a.png")
    assert PLAIN(read_picture(tmp_path / "a.png")).min() == 1.0


def test_a_network_of_four_channels_gets_the_transparency(tmp_path):
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(tmp_path / "a.png")
    four = Preparation(size=(8, 8), resize=8, mean=(0.0,), std=(1.0,), channels=4)
    assert four(read_picture(tmp_path / "a.png"))[3].max() == 0.0


def test_a_grey_picture_suits_a_colour_network_and_the_other_way_round(tmp_path):
    Image.new("L", (8, 8), 128).save(tmp_path / "grey.png")
    Image.new("RGB", (8, 8), (128, 128, 128)).save(tmp_path / "colour.png")
    grey = Preparation(size=(8, 8), resize=8, mean=(0.0,), std=(1.0,), channels=1)
    assert PLAIN(read_picture(tmp_path / "grey.png")).shape == (3, 8, 8)
    assert grey(read_picture(tmp_path / "colour.png")).shape == (1, 8, 8)


def test_sixteen_bits_are_brought_to_eight_and_not_cut_off(tmp_path):
    values = np.linspace(0, 65535, 64, dtype=np.uint16).reshape(8, 8)
    Image.fromarray(values).save(tmp_path / "deep.png")
    array = PLAIN(read_picture(tmp_path / "deep.png"))[0]
    np.testing.assert_allclose(array, values / 65535, atol=1 / 255)


def test_a_photograph_is_turned_as_its_camera_says(tmp_path):
    picture = Image.new("RGB", (8, 4))
    exif = picture.getexif()
    exif[0x0112] = 6  # turn by 90 degrees
    picture.save(tmp_path / "turned.jpg", exif=exif)
    assert read_picture(tmp_path / "turned.jpg").size == (4, 8)


@pytest.mark.parametrize(
    ("name", "content"),
    [("text.png", b"not a picture"), ("empty.jpg", b""), ("cut.png", None), ("folder.png", "dir")],
)
def test_a_bad_file_is_named_and_the_others_are_read(tmp_path, name, content):
    Image.effect_noise((64, 64), 50).save(tmp_path / "good.png")
    if content is None:
        content = (tmp_path / "good.png").read_bytes()[:900]
    if content == "dir":
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).write_bytes(content)
    inputs, read, problems = read_pictures(find_pictures(tmp_path), PLAIN, limit=10)
    assert inputs.shape == (1, 3, 8, 8)
    assert [path.name for path in read] == ["good.png"]
    assert len(problems) == 1
    assert name in problems[0]


def test_a_picture_of_a_size_that_no_photograph_has_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    Image.new("L", (30, 30)).save(tmp_path / "bomb.png")
    _, read, problems = read_pictures([tmp_path / "bomb.png"], PLAIN, limit=1)
    assert not read
    assert "bomb" in problems[0]


def test_no_more_pictures_are_read_than_asked_for(tmp_path):
    for number in range(5):
        Image.new("L", (8, 8)).save(tmp_path / f"{number}.png")
    _, read, _ = read_pictures(find_pictures(tmp_path), PLAIN, limit=3)
    assert [path.name for path in read] == ["0.png", "1.png", "2.png"]


def test_a_folder_that_is_not_there_or_empty_is_said_so(tmp_path):
    with pytest.raises(ParamsError, match="nothing of that name"):
        find_pictures(tmp_path / "absent")
    with pytest.raises(ParamsError, match="has no image"):
        find_pictures(tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": (0, 8)},
        {"size": (8, 100_000)},
        {"mean": (0.1, 0.2)},
        {"mean": (float("nan"),)},
        {"std": (0.0,)},
        {"channels": 6},
    ],
)
def test_a_preparation_that_no_network_has_is_refused(wrong):
    with pytest.raises(ParamsError):
        Preparation(**{"size": (8, 8), "resize": 8, "mean": (0.0,), "std": (1.0,)} | wrong)


def test_the_folders_of_pictures_are_their_classes(tmp_path):
    paths = [tmp_path / "dog" / "1.png", tmp_path / "cat" / "2.png", tmp_path / "dog" / "3.png"]
    assert labels_of(paths) == ([1, 0, 1], ["cat", "dog"])


def test_a_ribbon_does_not_grow_without_bounds():
    ribbon = Image.new("L", (1, 200_000), 255)
    wanted = Preparation(size=(224, 224), resize=224, mean=(0.0,), std=(1.0,), channels=1)
    assert wanted(ribbon).shape == (1, 224, 224)


def test_a_format_that_is_not_wanted_is_not_decoded(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.gif")
    with pytest.raises(OSError):
        read_picture(tmp_path / "a.gif", formats=["PNG"])
