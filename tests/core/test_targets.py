from __future__ import annotations

import pytest
import torch

from cnnviz.errors import ParamsError
from cnnviz.ops.targets import are_probabilities, choose_targets, class_scores

SCORES = torch.tensor([[1.0, 3.0, 2.0], [5.0, 4.0, 0.0]])


def test_a_given_class_is_asked_of_every_example():
    assert choose_targets(SCORES, target=2, labels=[0, 1]) == ((2, 2), ("given", "given"))


def test_without_a_class_the_label_counts_where_it_is_known():
    assert choose_targets(SCORES, labels=[2, -1]) == ((2, 0), ("label", "top-1"))
    assert choose_targets(SCORES) == ((1, 0), ("top-1", "top-1"))


def test_a_score_that_is_nan_is_not_the_top_class():
    scores = torch.tensor([[1.0, torch.nan, 2.0], [torch.nan] * 3])
    assert choose_targets(scores).classes == (2, 0)


def test_a_label_that_the_model_lacks_gives_way_to_the_top_class():
    assert choose_targets(SCORES, labels=[7, 0]) == ((1, 0), ("top-1", "label"))


@pytest.mark.parametrize("target", [-1, 3])
def test_a_class_out_of_range_is_refused(target):
    with pytest.raises(ParamsError, match=rf"0 … 2 .*got {target}"):
        choose_targets(SCORES, target=target)


def test_class_scores_are_picked_example_by_example():
    assert class_scores(SCORES, (2, 0)).tolist() == [2.0, 5.0]


def test_scores_that_sum_to_one_are_probabilities():
    assert are_probabilities(SCORES.softmax(1))
    assert not are_probabilities(SCORES)
    assert not are_probabilities(torch.ones(2, 1))
