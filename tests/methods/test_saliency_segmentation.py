from __future__ import annotations

import sys

import numpy as np
import pytest
import torch
from torch import nn

import cnnviz
from cnnviz.errors import MissingPackageError, ParamsError
from cnnviz.ops.segmentation import largest_component, seeds_of
from tests import nets

NORMALIZE = ((0.5,) * 3, (0.25,) * 3)


def overlap(found, known):
    """Intersection over union."""
    return (found & known).sum() / (found | known).sum()


class Redness(nn.Module):
    """Scores how red and how blue an image is, edges counted more than areas."""

    def __init__(self):
        super().__init__()
        self.colours = nn.Conv2d(3, 2, 3, padding=1)
        with torch.no_grad():
            self.colours.weight.zero_()
            self.colours.bias.fill_(-0.3)
            self.colours.weight[0, :, 1, 1] = torch.tensor([0.4, -0.2, -0.2])
            self.colours.weight[1, :, 1, 1] = torch.tensor([-0.2, -0.2, 0.4])

    def forward(self, x):
        return torch.relu(self.colours(x)).square().mean((2, 3))


SHAPES = {
    "disc": lambda y, x: (y - 40) ** 2 + (x - 52) ** 2 < 22**2,
    "bar": lambda y, x: (abs(y - 30) < 12) & (abs(x - 40) < 34),
    "ring": lambda y, x: abs(np.hypot(y - 44, x - 46) - 24) < 9,
    "at the border": lambda y, x: (y > 55) & (x < 40),
}


def composites(colour):
    """Shapes of a colour upon grey-green cloth, all noisy, with their masks."""
    generator = np.random.default_rng(0)
    y, x = np.mgrid[:80, :96]
    masks = np.stack([shape(y, x) for shape in SHAPES.values()])
    cloth = np.array([0.4, 0.5, 0.4]) + 0.1 * np.sin(x / 3)[..., None] * np.cos(y / 5)[..., None]
    pictures = np.where(masks[..., None], colour, cloth)
    pictures = (pictures + generator.normal(0, 0.06, pictures.shape)).clip(0, 1)
    images = (torch.from_numpy(pictures).permute(0, 3, 1, 2).float() - 0.5) / 0.25
    return images, masks


@pytest.mark.parametrize("iterations", [1, 5])
@pytest.mark.parametrize(("target", "colour"), [(0, (0.8, 0.25, 0.2)), (1, (0.2, 0.3, 0.8))])
def test_masks_of_composites_overlap_the_known_ones(target, colour, iterations):
    images, masks = composites(colour)
    record = cnnviz.run(
        "saliency_segmentation",
        Redness(),
        images,
        target=target,
        normalize=NORMALIZE,
        iterations=iterations,
    )
    found = record.arrays["map"] == 1
    for name, ours, known in zip(SHAPES, found, masks, strict=True):
        assert overlap(ours, known) >= 0.9, name
    for box, mask in zip(record.facts["boxes"], found, strict=True):
        rows, columns = np.nonzero(mask)
        assert box == [rows.min(), columns.min(), rows.max() + 1, columns.max() + 1]
    assert record.facts["signed"] is False
    assert set(np.unique(record.arrays["map"])) == {0, 1}


def test_the_largest_part_stays():
    mask = np.zeros((10, 12), bool)
    mask[1:3, 1:3] = mask[5:9, 4:10] = True
    kept, box = largest_component(mask, of="test")
    assert box == [5, 4, 9, 10]
    assert kept.sum() == 24
    empty, box = largest_component(np.zeros((4, 4), bool), of="test")
    assert not empty.any()
    assert box == [0, 0, 0, 0]


@pytest.mark.parametrize("sparse", [False, True])
def test_seeds_are_the_papers_quantiles_and_never_none(sparse):
    heat = np.random.default_rng(0).random((20, 30))
    if sparse:
        heat[heat < 0.99] = 0
    seeds = seeds_of(heat, foreground=0.95, background=0.3)
    if not sparse:
        assert (seeds == 1).mean() == pytest.approx(0.05, abs=0.005)
        assert (seeds == 0).mean() == pytest.approx(0.3, abs=0.005)
    assert (seeds[heat == heat.max()] == 1).all()
    assert (seeds[heat == heat.min()] == 0).all()


class Flat(nn.Module):
    """Scores with a derivative that is the same everywhere: zero, or not."""

    def __init__(self, slope):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(float(slope)))

    def forward(self, x):
        return self.scale * x.mean((1, 2, 3)).unsqueeze(1).expand(-1, 3)


@pytest.mark.parametrize(
    ("slope", "message"), [(0, "saliency is zero everywhere"), (1, "saliency is the same")]
)
def test_saliency_that_points_nowhere_gives_an_empty_mask_and_the_reason(slope, message):
    record = cnnviz.run("saliency_segmentation", Flat(slope), nets.images(2), smoothing=0)
    assert not record.arrays["map"].any()
    assert record.facts["boxes"] == [[0, 0, 0, 0]] * 2
    assert f"example 0: {message}" in record.facts["note"]
    assert f"example 1: {message}" in record.facts["note"]


def test_an_image_of_one_colour_gives_an_empty_mask_and_the_reason():
    x = torch.full((1, 3, 16, 16), 0.3)
    record = cnnviz.run("saliency_segmentation", nets.sequential(), x, target=0)
    assert not record.arrays["map"].any()
    assert "the image has one colour" in record.facts["note"]


def test_the_same_seed_cuts_the_same():
    x = nets.images(height=24, width=20)
    maps = [
        cnnviz.run("saliency_segmentation", nets.sequential(), x, target=1, seed=4).arrays["map"]
        for _ in range(2)
    ]
    assert np.array_equal(*maps)


@pytest.mark.parametrize("channels", [1, 4])
def test_any_number_of_colours_will_do(channels):
    model = nets.seeded(
        lambda: nn.Sequential(
            nn.Conv2d(channels, 2, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        )
    )
    record = cnnviz.run("saliency_segmentation", model, nets.images(2, channels))
    assert record.arrays["map"].shape == (2, 16, 16)


def test_without_opencv_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingPackageError, match="pip install opencv-python-headless"):
        cnnviz.run("saliency_segmentation", nets.sequential(), nets.images())


def test_a_background_above_the_foreground_is_refused():
    with pytest.raises(ParamsError, match="background must be below foreground, got 0.6 and 0.5"):
        cnnviz.run(
            "saliency_segmentation",
            nets.sequential(),
            nets.images(),
            background=0.6,
            foreground=0.5,
        )
