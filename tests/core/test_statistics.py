from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from cnnviz.ops.statistics import output_statistics, weight_statistics

NAMES = ("zeros", "mean", "std", "max", "energy", "nan", "inf")
CHANNEL_NAMES = ("channel_max", "channel_mean", "channel_zeros", "channel_nonfinite")


def slow_statistics(output: np.ndarray) -> dict[str, Any]:
    """One value after the other, in Python floats."""
    channels = np.moveaxis(output.astype(np.float64), 1, 0).reshape(output.shape[1], -1)
    finite = [v for v in channels.ravel() if np.isfinite(v)]
    mean = sum(finite) / len(finite)
    by_channel = [[v for v in channel if np.isfinite(v)] for channel in channels]
    return {
        "zeros": sum(v == 0 for v in finite) / len(finite),
        "mean": mean,
        "std": (sum((v - mean) ** 2 for v in finite) / len(finite)) ** 0.5,
        "max": max(finite),
        "energy": sum(v * v for v in finite) / len(finite),
        "nan": sum(np.isnan(v) for v in channels.ravel()),
        "inf": sum(np.isinf(v) for v in channels.ravel()),
        "channel_max": [max(vs) if vs else np.nan for vs in by_channel],
        "channel_mean": [sum(vs) / len(vs) if vs else np.nan for vs in by_channel],
        "channel_zeros": [sum(v == 0 for v in vs) / len(vs) if vs else np.nan for vs in by_channel],
        "channel_nonfinite": [c.size - len(vs) for c, vs in zip(channels, by_channel, strict=True)],
    }


def with_values(**at: float) -> torch.Tensor:
    output = torch.randn(2, 4, 5, 6).relu()
    output[0, 1, 2, 3] = at.get("first", 1.0)
    output[1, 2, 0, 0] = at.get("second", 1.0)
    output[:, 3] = at.get("channel", 0.0)
    return output


torch.manual_seed(0)
CASES = {
    "rectified maps": with_values(),
    "vectors": torch.randn(3, 7),
    "tokens": torch.randn(3, 7, 5),
    "one value": torch.full((1, 1, 1, 1), -2.0),
    "all zero": torch.zeros(2, 3, 4, 4),
    "negative only": -torch.rand(2, 3, 4, 4) - 1,
    "NaN and Inf": with_values(first=float("nan"), second=float("inf")),
    "a channel of NaN": with_values(channel=float("nan")),
    "minus infinity": with_values(first=-float("inf")),
    "squares beyond float32": torch.randn(2, 3, 4, 4) * 1e25,
    "squares below float32": torch.randn(2, 3, 4, 4) * 1e-25,
    "a large mean": torch.randn(2, 3, 40, 40) + 1e4,
    "bfloat16": torch.randn(2, 3, 8, 8).to(torch.bfloat16),
    "float16": torch.randn(2, 3, 8, 8).half() * 1000,
    "float64": torch.randn(2, 3, 8, 8).double() * 1e30,
    "not contiguous": torch.randn(2, 5, 4, 3).movedim(-1, 1),
}


@pytest.mark.parametrize("case", CASES)
def test_statistics_equal_those_taken_value_by_value(case):
    output = CASES[case]
    (fast,) = output_statistics([output])
    slow = slow_statistics(output.double().numpy())
    # A mean near zero is as exact as the values that it was made of.
    room = 1e-6 * slow["energy"] ** 0.5
    for name in NAMES + CHANNEL_NAMES:
        np.testing.assert_allclose(getattr(fast, name), slow[name], 2e-5, room, err_msg=name)


def test_layers_measured_together_equal_layers_measured_alone():
    outputs = [CASES["vectors"], CASES["rectified maps"], CASES["NaN and Inf"]]
    with pytest.raises(RuntimeError):
        torch.cat(outputs)
    vectors = [outputs[1], outputs[2], outputs[1][:, :2]]
    for together, alone in zip(output_statistics(vectors), vectors, strict=True):
        (single,) = output_statistics([alone])
        for name in NAMES + CHANNEL_NAMES:
            np.testing.assert_array_equal(getattr(together, name), getattr(single, name))


def test_a_layer_without_values_is_undefined_and_hurts_no_other():
    empty, full = output_statistics([torch.zeros(2, 0, 4, 4), torch.ones(2, 3)])
    assert np.isnan(empty.mean)
    assert len(empty.channel_max) == 0
    assert full.mean == 1


def test_float32_sums_stay_exact_over_very_many_values():
    output = torch.full((1, 1, 2**11, 2**11), 0.1)
    output[..., ::2] = -0.3
    (measured,) = output_statistics([output])
    assert measured.mean == pytest.approx(-0.1, rel=1e-6)
    assert measured.energy == pytest.approx(0.05, rel=1e-5)
    assert measured.std == pytest.approx(0.2, rel=1e-5)


def test_weights_are_measured_and_compared_with_the_call_before():
    memory: dict[str, object] = {}
    # More than one piece, and no whole number of pieces.
    first = torch.randn(700, 1000)
    assert np.isnan(weight_statistics({"w": first}, memory)["w"][1])
    second = first.clone()
    second[3, 5] += 4.0
    norm, change, bad = weight_statistics({"w": second}, memory)["w"]
    assert norm == pytest.approx(float(second.double().norm()), rel=1e-6)
    assert change == pytest.approx(4.0 / float(first.double().norm()), rel=1e-5)
    assert bad == 0
    assert weight_statistics({"w": second}, memory)["w"][1] == 0


def test_weights_are_only_read_and_the_memory_is_a_copy():
    memory: dict[str, object] = {}
    weight = torch.randn(5, 5)
    before = weight.clone()
    weight_statistics({"w": weight}, memory)
    weight_statistics({"w": weight}, memory)
    assert torch.equal(weight, before)
    assert weight._version == 0


def test_weights_that_are_not_finite_are_counted_and_left_out_of_the_norm():
    weight = torch.tensor([3.0, float("nan"), 4.0, float("inf")])
    norm, _, bad = weight_statistics({"w": weight}, None)["w"]
    assert (norm, bad) == (5.0, 2)


def test_without_memory_and_after_zero_weights_no_change_is_claimed():
    assert np.isnan(weight_statistics({"w": torch.ones(3)}, None)["w"][1])
    memory: dict[str, object] = {}
    weight_statistics({"w": torch.zeros(3)}, memory)
    assert np.isnan(weight_statistics({"w": torch.ones(3)}, memory)["w"][1])


def test_a_weight_of_another_shape_starts_anew():
    memory: dict[str, object] = {}
    weight_statistics({"w": torch.ones(3)}, memory)
    assert np.isnan(weight_statistics({"w": torch.ones(4)}, memory)["w"][1])
    assert weight_statistics({"w": torch.ones(4)}, memory)["w"][1] == 0
    assert weight_statistics({}, memory) == {}
