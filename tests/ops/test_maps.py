"""Principal components, t-SNE and the grid against scikit-learn, openTSNE and obvious bounds."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from cnnviz.ops.grid import grid_cells
from cnnviz.ops.principal import principal_components
from cnnviz.ops.scatter import scatter
from cnnviz.ops.tsne import tsne_map
from cnnviz.storage.nearest import nearest

DIGITS, LABELS = load_digits(return_X_y=True)


@pytest.mark.parametrize("chunk", [500, 1 << 22])
def test_components_are_those_of_scikit_learns_full_decomposition(monkeypatch, chunk):
    monkeypatch.setattr("cnnviz.ops.principal.CHUNK", chunk)
    expected = PCA(20, svd_solver="full").fit(DIGITS)
    found = principal_components(DIGITS, 20)
    np.testing.assert_allclose(found.scores, expected.transform(DIGITS), atol=1e-8)
    np.testing.assert_allclose(found.axes, expected.components_, atol=1e-8)
    np.testing.assert_allclose(found.explained, expected.explained_variance_ratio_, atol=1e-8)
    assert (found.axes[np.arange(20), np.abs(found.axes).argmax(1)] > 0).all()


def test_components_of_many_axes_are_exact_too():
    numbers = np.random.default_rng(0)
    wide = numbers.normal(size=(300, 1100)) * np.exp(-np.arange(1100) / 40)
    expected = PCA(5, svd_solver="full").fit(wide)
    found = principal_components(wide, 5)
    np.testing.assert_allclose(found.scores, expected.transform(wide), atol=1e-8)


def test_components_leave_out_what_is_not_finite_and_take_fewer_than_asked():
    vectors = np.random.default_rng(0).normal(size=(6, 4))
    vectors[2, 1] = np.inf
    found = principal_components(vectors, 10)
    expected = PCA(4, svd_solver="full").fit(np.delete(vectors, 2, axis=0))
    assert found.scores.shape == (6, 4)
    assert np.isnan(found.scores[2]).all()
    np.testing.assert_allclose(
        np.delete(found.scores, 2, axis=0),
        expected.transform(np.delete(vectors, 2, axis=0)),
        atol=1e-8,
    )
    assert principal_components(np.ones((1, 3)), 2).scores.shape == (1, 0)
    assert not principal_components(np.ones((5, 3)), 2).explained.any()


@pytest.mark.slow
def test_t_sne_of_digits_is_as_good_as_opentsnes_own():
    from openTSNE import TSNE
    from sklearn.manifold import trustworthiness

    found = tsne_map(DIGITS)
    own = TSNE(perplexity=30, initialization="pca", random_state=0).fit(DIGITS)
    assert found.divergence <= 1.03 * own.kl_divergence
    assert trustworthiness(DIGITS, found.points, n_neighbors=12) >= 0.99
    rows, _ = nearest(found.points, np.arange(len(DIGITS)), 1)
    assert (LABELS[rows[:, 0]] == LABELS).mean() >= 0.955


@pytest.mark.slow
def test_a_map_that_starts_from_the_one_before_moves_only_as_far_as_the_vectors_did():
    vectors = DIGITS[:700]
    before = tsne_map(vectors)
    numbers = np.random.default_rng(0)
    later = vectors + numbers.normal(size=vectors.shape)
    aligned = tsne_map(later, start=before.points)
    one, other = (
        tsne_map(later, start=1e-4 * numbers.normal(size=(len(later), 2))) for _ in range(2)
    )
    alone = tsne_map(later)

    def moved(first, second):
        return np.median(np.linalg.norm(first.points - second.points, axis=1))

    assert moved(aligned, before) < 0.1 * moved(one, other)
    assert aligned.divergence < 1.05 * alone.divergence


def test_a_map_of_few_points_takes_what_perplexity_there_is():
    assert tsne_map(DIGITS[:9], perplexity=30).perplexity == pytest.approx(8 / 3)


@pytest.mark.parametrize("count", [8, 12, 20])
def test_a_map_of_few_points_does_not_fall_into_one(count):
    for seed in range(3):
        vectors = np.random.default_rng(seed).normal(size=(count, 20))
        found = tsne_map(vectors)
        again = tsne_map(vectors, start=found.points)
        assert min(found.points.std(), again.points.std()) > 1
        assert 0 < found.divergence < 1


def test_a_map_of_duplicates_is_finite():
    assert np.isfinite(tsne_map(np.repeat(DIGITS[:2], 6, axis=0)).points).all()
    assert np.isfinite(tsne_map(np.ones((12, 3))).points).all()


@pytest.mark.parametrize("count", [0, 1, 2, 7, 100, 1024, 1025, 3000])
def test_every_point_has_a_cell_of_its_own_in_about_a_square(count):
    cells = grid_cells(np.random.default_rng(0).normal(size=(count, 2)))
    assert len(np.unique(cells, axis=0)) == count
    assert cells.shape == (count, 2)
    side = int(np.ceil(np.sqrt(max(count, 1))))
    assert not count or (cells.min() >= 0 and cells.max() < side)


@pytest.mark.parametrize("exact", [0, 1024])
def test_points_on_a_grid_stay_where_they_are(monkeypatch, exact):
    monkeypatch.setattr("cnnviz.ops.grid.EXACT", exact)
    rows, columns = np.divmod(np.arange(64), 8)
    cells = grid_cells(np.stack([columns, -rows], axis=1).astype(float))
    assert (cells == np.stack([rows, columns], axis=1)).all()


def test_a_picture_of_a_map_shows_points_where_they_lie_and_unknown_labels_grey():
    points = np.array([[0.0, 0.0], [1.0, 1.0], [1.0, 0.0]])
    picture = scatter(points, torch.tensor([0, 1, -1]))
    assert picture.shape == (1, 3, 256, 256)
    red, grey = picture[0, :, 253, 2], picture[0, :, 253, 253]
    assert red[0] > red[1]
    assert grey[0] == grey[1] == grey[2]
