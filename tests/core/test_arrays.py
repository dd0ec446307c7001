from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from cnnviz.contract.results import Result
from cnnviz.core.arrays import own_arrays, storages


def owned(value: Tensor | np.ndarray, *, live: tuple[Tensor, ...] = ()) -> np.ndarray:
    (result,) = own_arrays([Result(kind="scores", arrays={"a": value})], storages(live))
    return result.arrays["a"]


def test_a_fresh_output_is_taken_without_a_copy():
    output = torch.rand(4, 5)
    assert owned(output).ctypes.data == output.data_ptr()


def test_live_memory_is_copied_whichever_way_it_is_looked_at():
    weight = torch.nn.Parameter(torch.rand(4, 5))
    for view in (weight, weight[1:], weight.detach(), weight.view(-1)):
        array = owned(view, live=(weight,))
        before = array.copy()
        with torch.no_grad():
            weight.add_(1)
        assert np.array_equal(array, before)


def test_a_small_part_of_a_large_output_does_not_keep_it_alive():
    output = torch.rand(100, 5)
    assert owned(output[:2]).ctypes.data != output.data_ptr()
    assert owned(output[:60]).ctypes.data == output.data_ptr()


def test_a_numpy_array_over_memory_of_others_is_copied():
    weight = torch.rand(4)
    array = owned(weight.numpy())
    weight.zero_()
    assert array.all()


@pytest.mark.parametrize(
    ("dtype", "kept"),
    [
        (torch.bfloat16, "float32"),
        (torch.float16, "float16"),
        (torch.float32, "float32"),
        (torch.float64, "float64"),
        (torch.int64, "int64"),
        (torch.bool, "bool"),
    ],
)
def test_types_that_numpy_lacks_become_float32_and_others_stay(dtype, kept):
    values = torch.tensor([0, 1, 3]).to(dtype)
    assert owned(values).dtype.name == kept
    assert owned(values).tolist() == values.tolist()


def test_arrays_are_contiguous_read_only_and_free_of_autograd():
    output = (torch.rand(2, 3, 4, 5, requires_grad=True) * 2).to(memory_format=torch.channels_last)
    array = owned(output)
    assert array.flags.c_contiguous
    assert not array.flags.writeable
    assert np.array_equal(array, output.detach().numpy())
    assert owned(np.asfortranarray(np.eye(3))[:2]).flags.c_contiguous
