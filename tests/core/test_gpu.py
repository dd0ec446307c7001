from __future__ import annotations

import numpy as np
import pytest
import torch

from cnnviz.core.context import Context
from cnnviz.core.execute import execute
from cnnviz.core.requests import parse_requests
from cnnviz.graph import capture
from tests.core.networks import images, plain

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]


def results(device: str):
    x = images()
    model = plain().to(device)
    net = capture(model, x.to(device))
    ctx = Context(net, x, labels=(0, 1, -1))
    execution = execute(parse_requests("default", net), ctx, on_error="raise")
    return {(d.request.key, d.result.layer): d.result for d in execution.results}


def test_records_of_a_model_on_the_gpu_are_those_of_the_cpu():
    on_gpu, on_cpu = results("cuda"), results("cpu")
    assert on_gpu.keys() == on_cpu.keys()
    for key, result in on_gpu.items():
        assert result.facts == on_cpu[key].facts
        for name, array in result.arrays.items():
            np.testing.assert_allclose(array, on_cpu[key].arrays[name], rtol=1e-3, atol=1e-4)


def test_random_state_of_the_gpu_is_left_alone():
    before = torch.cuda.get_rng_state()
    results("cuda")
    assert torch.equal(torch.cuda.get_rng_state(), before)
