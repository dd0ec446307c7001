from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import cnnviz
from tests.core.networks import images, plain


def head(outputs: int) -> nn.Module:
    torch.manual_seed(3)
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, outputs))


def test_scores_are_the_models_own_and_probabilities_their_softmax():
    model = plain().eval()
    record = cnnviz.run("predictions", model, images())
    scores = model(images()).detach()
    assert np.array_equal(record.arrays["scores"], scores.numpy())
    exps = np.exp(scores.double().numpy())
    expected = exps / exps.sum(1, keepdims=True)
    np.testing.assert_allclose(record.arrays["probabilities"], expected, rtol=1e-5)
    assert record.facts["probabilities"] == "softmax"
    assert list(record.arrays) == ["scores", "probabilities"]


def test_facts_say_which_examples_are_right_where_that_is_known():
    model = plain().eval()
    top = model(images()).argmax(1).tolist()
    labels = [top[0], (top[1] + 1) % 5, -1]
    facts = cnnviz.run("predictions", model, images(), labels=labels).facts
    assert facts["top1"] == top
    assert facts["labels"] == labels
    assert facts["correct"] == [True, False, None]
    assert cnnviz.run("predictions", model, images()).facts["correct"] is None


def test_one_output_has_no_softmax_and_says_what_to_do():
    record = cnnviz.run("predictions", head(1), images())
    assert list(record.arrays) == ["scores"]
    assert "sigmoid" in record.facts["undefined"]
    yes_or_no = cnnviz.run("predictions", head(1), images(), probabilities="sigmoid")
    scores = yes_or_no.arrays["scores"].astype(np.float64)
    np.testing.assert_allclose(yes_or_no.arrays["probabilities"], 1 / (1 + np.exp(-scores)), 1e-6)
    assert yes_or_no.facts["probabilities"] == "sigmoid"


def test_scores_that_are_probabilities_are_not_softened_twice():
    record = cnnviz.run("predictions", nn.Sequential(head(4), nn.Softmax(1)), images())
    assert record.facts["probabilities"] == "scores"
    assert np.array_equal(record.arrays["probabilities"], record.arrays["scores"])


def test_scores_alone_can_be_asked_for():
    record = cnnviz.run("predictions", head(3), images(), probabilities="none")
    assert list(record.arrays) == ["scores"]
    assert record.facts["probabilities"] is None


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_scores_that_are_not_finite_are_counted_and_never_right(bad):
    model = head(3)
    x = torch.rand(3, 3, 4, 4)
    with torch.no_grad():
        model[2].bias[1] = bad
    facts = cnnviz.run("predictions", model, x, labels=[1, 1, -1]).facts
    assert facts["nonfinite"] == 3
    assert facts["top1"] == [-1, -1, -1]
    assert facts["correct"] == [False, False, None]
    assert "3 of 3 examples" in facts["undefined"]
