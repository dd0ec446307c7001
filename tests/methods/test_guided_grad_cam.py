from __future__ import annotations

import numpy as np
import pytest
from captum.attr import GuidedGradCam

import cnnviz
from cnnviz.errors import UnsuitableError
from tests import nets


@pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU:UserWarning")
def test_it_equals_captums_of_the_strongest_colour():
    model, x = nets.sequential(channels=1).double().eval(), nets.images(channels=1).double()
    captum = GuidedGradCam(model, model[5])
    expected = captum.attribute(x.clone().requires_grad_(), target=1, interpolate_mode="bilinear")[
        :, 0
    ]
    record = cnnviz.run("guided_grad_cam", model, x, target=1)
    np.testing.assert_allclose(record.arrays["map"], expected.detach(), rtol=0, atol=1e-10)


def test_it_is_the_product_of_the_two_maps_and_says_what_they_are_of():
    model, x = nets.residual().eval(), nets.images()
    maps = {
        name: cnnviz.run(name, model, x, target=1)
        for name in ("guided_backprop", "grad_cam", "guided_grad_cam")
    }
    product = maps["guided_backprop"].arrays["map"] * maps["grad_cam"].arrays["map"]
    np.testing.assert_allclose(maps["guided_grad_cam"].arrays["map"], product, rtol=1e-6)
    facts = maps["guided_grad_cam"].facts
    assert facts["rectifiers"] == "5 of 5"
    assert facts["note"] == f"Grad-CAM of {maps['grad_cam'].layer}, enlarged from 8 × 8, bilinear"


def test_it_is_refused_where_guided_backpropagation_is():
    with pytest.raises(UnsuitableError, match="SiLU"):
        cnnviz.run("guided_grad_cam", nets.dict_output(), nets.images())
