from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import cnnviz
from tests import nets
from tests.core.networks import images


def test_it_unpools_by_the_switches_rectifies_and_filters_as_in_the_paper():
    torch.manual_seed(3)
    conv1, conv2 = nn.Conv2d(3, 4, 3, padding=1).double(), nn.Conv2d(4, 5, 3).double()
    model = nn.Sequential(conv1, nn.ReLU(), nn.MaxPool2d(2), conv2, nn.ReLU())
    x = images(2).double()
    classifier = nn.Sequential(model, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 3))
    record = cnnviz.run(
        "deconvnet", classifier.double(), x, layer="0.4", channel=2, position=(1, 3)
    )
    with torch.no_grad():
        pooled, switches = F.max_pool2d(conv1(x).relu(), 2, return_indices=True)
        signal = torch.zeros_like(conv2(pooled))
        signal[:, 2, 1, 3] = 1  # all other units of the layer set to zero
        down = F.conv_transpose2d(signal.relu(), conv2.weight)
        up = F.max_unpool2d(down, switches, 2)
        back = F.conv_transpose2d(up.relu(), conv1.weight, padding=1)
    expected = back.gather(1, back.abs().argmax(1, keepdim=True))[:, 0].numpy()
    np.testing.assert_allclose(record.arrays["map"], expected, rtol=0, atol=1e-12)


def test_where_pools_overlap_the_shares_of_one_pixel_are_added():
    pool = nn.MaxPool2d(3, stride=2)
    model = nn.Sequential(nn.ReLU(), pool, nn.Flatten(), nn.Linear(9, 1)).double()
    nn.init.ones_(model[3].weight)
    x = torch.zeros(1, 1, 7, 7, dtype=torch.float64)
    x[0, 0, 2, 2] = 1  # in four pools at once
    found = cnnviz.run("deconvnet", model, x, target=0).arrays["map"]
    assert found[0, 2, 2] == 4
    assert found.sum() == 9


def test_it_passes_where_the_input_was_negative_and_guided_backpropagation_does_not():
    x = nets.images()
    model = nets.functional().eval()
    deconvnet, guided = (
        cnnviz.run(name, model, x, target=1).arrays["map"]
        for name in ("deconvnet", "guided_backprop")
    )
    assert not np.allclose(deconvnet, guided)


def test_without_max_pools_it_says_that_the_image_hardly_matters():
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3, stride=2), nn.ReLU(), nn.Conv2d(4, 5, 3), nn.ReLU(), nn.Flatten()
    )
    record = cnnviz.run("deconvnet", model, images(2), layer="3", channel=1)
    assert "hardly depends on the image" in record.facts["note"]
    assert np.array_equal(record.arrays["map"][0], record.arrays["map"][1])
    assert "note" not in cnnviz.run("deconvnet", nets.sequential(), nets.images()).facts
