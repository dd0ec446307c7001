from __future__ import annotations

import numpy as np
import pytest
import torch

from cnnviz.errors import ParamsError
from cnnviz.ops.images import (
    Normalize,
    check_class_names,
    check_images,
    check_labels,
    check_normalize,
    range_hint,
    to_pictures,
)

IMAGES = torch.rand(2, 3, 4, 5)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (np.zeros((2, 3, 4, 5), np.float32), "must be a torch tensor"),
        (IMAGES[0], r"pass images\[None\]"),
        (IMAGES[:0], "no empty dimension"),
        (torch.rand(3, 4), "must be .N, C, H, W."),
        ((IMAGES * 255).to(torch.uint8), "got torch.uint8: scale and normalise"),
        (IMAGES.to_sparse(), r"a dense tensor, got torch.sparse_coo: pass images.to_dense\(\)"),
        (IMAGES.double().where(IMAGES > 0.5, torch.nan), "NaN or infinite values of 120"),
    ],
)
def test_images_that_do_not_fit_are_refused_with_what_was_got(given, said):
    with pytest.raises(ParamsError, match=said) as caught:
        check_images(given)
    assert caught.value.field == "images"


def test_good_images_come_back_detached():
    assert not check_images(IMAGES.clone().requires_grad_()).requires_grad


@pytest.mark.parametrize("labels", [[1, -1], torch.tensor([1, -1]), np.array([1, -1])])
def test_labels_may_be_a_list_a_tensor_or_an_array(labels):
    assert check_labels(labels, 2, classes=3) == (1, -1)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([1], r"\(2,\), got shape \(1,\)"),
        ([[1, 2], [0, 1]], "one class index an example"),
        ([[1], [0, 1]], "one whole number an example"),
        ([0, 1 << 70], "whole numbers"),
        ([0.5, 1.0], "whole numbers"),
        ([0, 3], "0 to 2 .*, got 3 at 1"),
        ([-2, 0], "got -2 at 0"),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels, said):
    with pytest.raises(ParamsError, match=said):
        check_labels(labels, 2, classes=3)


@pytest.mark.parametrize("names", ["cat", ["cat", 3], ["cat"], 7, ["cat", "\ud800"]])
def test_class_names_must_be_one_text_a_class(names):
    with pytest.raises(ParamsError, match="class_names must be"):
        check_class_names(names, classes=2)


def test_absent_labels_names_and_normalisation_stay_absent():
    assert check_labels(None, 2) is None
    assert check_class_names(None) is None
    assert check_normalize(None, 3) is None


@pytest.mark.parametrize("normalize", [(0.5, 0.25), ([0.5], [0.25]), ((0.5,) * 3, (0.25,) * 3)])
def test_normalize_takes_one_number_or_one_a_colour(normalize):
    assert check_normalize(normalize, 3) == Normalize((0.5,) * 3, (0.25,) * 3)


@pytest.mark.parametrize(
    "normalize", [0.5, (0.5,), ((0.5, 0.5), (1, 1)), (0.5, 0), ("a", "b"), (float("nan"), 1)]
)
def test_normalize_of_another_form_is_refused(normalize):
    with pytest.raises(ParamsError, match="normalize"):
        check_normalize(normalize, 3)


def test_pictures_undo_the_normalisation_to_the_last_code():
    codes = torch.randint(0, 256, (2, 3, 4, 5), dtype=torch.uint8)
    mean, std = torch.tensor([0.4, 0.5, 0.6]), torch.tensor([0.2, 0.3, 0.4])
    normalised = (codes / 255 - mean.view(1, 3, 1, 1)) / std.view(1, 3, 1, 1)
    shown = to_pictures(normalised, Normalize(tuple(mean.tolist()), tuple(std.tolist())))
    assert np.array_equal(shown, codes.permute(0, 2, 3, 1).numpy())


def test_pictures_without_normalisation_are_stretched_only_beyond_the_unit_range():
    assert to_pictures(torch.full((1, 1, 2, 2), 0.5), None).tolist() == [[[[128]] * 2] * 2]
    ramp = torch.tensor([-2.0, 0.0, 2.0]).view(1, 1, 1, 3)
    assert to_pictures(ramp, None).flatten().tolist() == [0, 128, 255]


@pytest.mark.parametrize(("channels", "shown"), [(1, 1), (2, 1), (3, 3), (4, 3)])
def test_pictures_show_three_colours_or_one(channels, shown):
    assert to_pictures(torch.rand(1, channels, 2, 2), None).shape == (1, 2, 2, shown)


def test_the_range_hint_speaks_up_for_unlikely_ranges_only():
    normalize = Normalize((0.5,) * 3, (0.5,) * 3)
    assert range_hint(IMAGES * 2 - 1, normalize) is None
    assert "expected 0 to 1" in (range_hint(IMAGES * 255, normalize) or "")
    assert "from 0" in (range_hint(torch.arange(75.0).view(1, 3, 5, 5), None) or "")
    assert range_hint(torch.randn(1, 3, 4, 4) - 5, None) is None
