from __future__ import annotations

import numpy as np
import torch

from cnnviz.ops.gram import blended, gram, shares


def features(count: int = 2) -> torch.Tensor:
    random = torch.Generator().manual_seed(0)
    return torch.randn(count, 3, 4, 5, generator=random, dtype=torch.float64)


def literal(maps: np.ndarray) -> np.ndarray:
    channels, height, width = maps.shape
    found = np.zeros((channels, channels))
    for i in range(channels):
        for j in range(channels):
            for y in range(height):
                for x in range(width):
                    found[i, j] += maps[i, y, x] * maps[j, y, x] / (height * width)
    return found


def test_gram_matrices_are_mean_products_of_channels():
    maps = features()
    expected = np.stack([literal(one.numpy()) for one in maps])
    np.testing.assert_allclose(gram(maps).numpy(), expected, rtol=0, atol=1e-12)
    other = maps.contiguous(memory_format=torch.channels_last)
    np.testing.assert_allclose(gram(other).numpy(), expected, rtol=0, atol=1e-12)


def test_a_texture_and_four_of_it_side_by_side_have_one_gram_matrix():
    maps = features()
    np.testing.assert_allclose(gram(maps.repeat(1, 1, 2, 2)), gram(maps), rtol=0, atol=1e-12)


def test_the_gradient_equals_the_papers_formula():
    maps, target = features(1).requires_grad_(), gram(features(2)[1:])
    (gram(maps) - target).square().sum().backward()
    flat = maps.detach().numpy()[0].reshape(3, -1)
    expected = 4 * (literal(maps.detach().numpy()[0]) - target.numpy()[0]) @ flat / flat.shape[1]
    np.testing.assert_allclose(maps.grad[0].reshape(3, -1), expected, rtol=0, atol=1e-8)


def test_a_blend_is_linear_and_its_weights_are_brought_to_one():
    one, other = gram(features())[:1], gram(features())[1:]
    np.testing.assert_allclose(blended([one, other], [3, 1]), 0.75 * one + 0.25 * other)
    np.testing.assert_array_equal(blended([one, other], [0, 5]), other)
    assert shares([2, 6]) == [0.25, 0.75]
