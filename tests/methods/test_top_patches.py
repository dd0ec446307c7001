"""Top patches against a naive full computation: every image, every channel, sorted."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import cnnviz
from cnnviz.core.context import Context
from cnnviz.core.datasets import DataSet, open_dataset
from cnnviz.core.execute import execute
from cnnviz.core.requests import method
from cnnviz.errors import ParamsError, UnsuitableError
from cnnviz.graph import capture
from cnnviz.ops.images import Normalize
from tests.core.networks import NETWORKS

MEAN, STD = 0.5, 0.25
SHAPE = (3, 18, 22)


def small_net(classes=4):
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 9, 5, padding=2),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(9, classes),
    ).eval()


class SqueezeExcitation(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.gate = nn.Conv2d(3, 5, 3, padding=1), nn.Conv2d(5, 5, 1)
        self.act, self.head = nn.ReLU(), nn.Linear(5, 4)

    def forward(self, x):
        x = self.conv(x)
        x = self.act(x * torch.sigmoid(self.gate(x.mean((2, 3), keepdim=True))))
        return self.head(x.mean((2, 3)))


def codes(count, shape=SHAPE):
    return torch.randint(0, 256, (count, *shape))


def normalised(pixels):
    return (pixels.float() / 255 - MEAN) / STD


def looked_through(net, images, labels=None, *, batch=None, **params):
    """Run the method over a data set of its own, in batches; the records by layer."""
    shape = tuple(images.shape[1:])
    data = DataSet(open_dataset((images, labels), shape))
    ctx = Context(net, images[:2], normalize=Normalize((MEAN,) * 3, (STD,) * 3), dataset=data)
    ctx.batch_limit = batch
    done = execute([method("top_patches", **params)], ctx, on_error="raise").results
    return {one.result.layer: one.result for one in done}


@pytest.fixture(scope="module")
def found():
    torch.manual_seed(0)
    pixels = codes(70)
    pixels[33] = pixels[12]  # a duplicate: a tie in every channel
    images, labels = normalised(pixels), torch.arange(70) % 4
    net = capture(small_net(), images[:2])
    return net, pixels, images, labels, looked_through(net, images, labels, batch=16)


def test_the_strongest_images_are_those_of_a_naive_full_computation(found):
    net, _, images, _, records = found
    assert list(records) == ["1", "4"]
    for name, record in records.items():
        maxima = net.features(images, [name])[name].flatten(2).amax(2)
        best = maxima.T.sort(dim=1, descending=True, stable=True)
        np.testing.assert_allclose(
            record.arrays["activations"], best.values[:, :9], rtol=0, atol=1e-5
        )
        assert (record.arrays["images"] == best.indices[:, :9].numpy()).all()


def test_running_an_image_again_gives_the_stored_activation_at_the_stored_place(found):
    net, _, images, _, records = found
    for name, record in records.items():
        arrays = record.arrays
        for channel, rank in np.ndindex(arrays["images"].shape):
            row = int(arrays["images"][channel, rank])
            y, x = arrays["places"][channel, rank]
            maps = net.features(images[row : row + 1], [name])[name][0, channel]
            assert abs(float(maps[y, x]) - arrays["activations"][channel, rank]) < 1e-4
            assert float(maps.max()) == pytest.approx(float(maps[y, x]))


def test_a_crop_is_the_receptive_field_with_the_colour_of_zeros_beyond_the_image(found):
    _, pixels, _, _, records = found
    for record in records.values():
        size, beyond = record.facts["receptive_field"]["size"], round(MEAN * 255)
        for channel, rank in np.ndindex(record.arrays["images"].shape):
            picture = pixels[record.arrays["images"][channel, rank]].permute(1, 2, 0).numpy()
            padded = np.pad(picture, ((50, 50), (50, 50), (0, 0)), constant_values=beyond)
            top, left, bottom, right = record.arrays["boxes"][channel, rank] + 50
            assert [bottom - top, right - left] == size
            crop = record.arrays["crops"][channel, rank]
            assert (crop == padded[top:bottom, left:right]).all()


def test_only_what_lies_in_the_box_can_change_the_activation(found):
    net, _, images, _, records = found
    arrays = records["4"].arrays
    for channel in range(9):
        row, (y, x) = int(arrays["images"][channel, 0]), arrays["places"][channel, 0]
        top, left, bottom, right = (max(0, int(edge)) for edge in arrays["boxes"][channel, 0])
        changed = torch.randn(1, *SHAPE)
        changed[..., top:bottom, left:right] = images[row, :, top:bottom, left:right]
        again = net.features(changed, ["4"])["4"][0, channel, y, x]
        assert float(again) == pytest.approx(float(arrays["activations"][channel, 0]), abs=1e-4)


def test_channels_have_their_means_by_class_and_those_that_go_with_them(found):
    net, _, images, labels, records = found
    arrays = records["4"].arrays
    maxima = net.features(images, ["4"])["4"].flatten(2).amax(2)
    np.testing.assert_allclose(arrays["mean"], maxima.mean(0), rtol=1e-5)
    for label in range(4):
        expected = maxima[labels == label].mean(0)
        np.testing.assert_allclose(arrays["class_means"][:, label], expected, rtol=1e-5)
    np.testing.assert_allclose(arrays["maxima"], maxima.T, rtol=1e-3, atol=1e-4)
    alike = np.corrcoef(maxima.T.numpy())
    np.fill_diagonal(alike, -np.inf)
    np.testing.assert_allclose(
        arrays["correlations"], np.sort(alike, axis=1)[:, ::-1][:, :8], atol=1e-4
    )
    assert (arrays["correlated"] == np.argsort(-alike, axis=1, kind="stable")[:, :8]).all()


def test_batches_do_not_matter(found):
    net, _, images, labels, records = found
    for size in (1, 70):
        for name, record in looked_through(net, images, labels, batch=size).items():
            for key, array in record.arrays.items():
                np.testing.assert_allclose(
                    array.astype(float), records[name].arrays[key].astype(float), atol=1e-3
                )


def test_crops_are_cut_now_and_then_so_that_pictures_do_not_pile_up(found, monkeypatch):
    monkeypatch.setattr("cnnviz.methods.top_patches.MOST_PICTURES", 5000)
    net, _, images, labels, records = found
    for name, record in looked_through(net, images, labels, batch=8).items():
        assert (record.arrays["crops"] == records[name].arrays["crops"]).all()


def test_large_fields_are_shrunk_to_their_bytes(found):
    net, _, images, *_ = found
    small = looked_through(net, images, max_bytes=20_000)
    crops = {name: record.arrays["crops"] for name, record in small.items()}
    assert sum(one.nbytes for one in crops.values()) <= 20_000
    assert crops["1"].shape[2:4] == (3, 3), "what is small anyway stays"
    assert small["4"].facts["scale"] < 1
    assert crops["4"].shape[2] == int(
        small["4"].facts["window"][0] * small["4"].facts["scale"] + 0.5
    )


def test_fewer_images_than_places_leave_places_empty(found):
    net, _, images, *_ = found
    record = looked_through(net, images[:3])["1"]
    arrays = record.arrays
    assert (arrays["images"][:, 3:] == -1).all()
    assert np.isnan(arrays["activations"][:, 3:]).all()
    assert not arrays["crops"][:, 3:].any()
    assert (np.sort(arrays["images"][:, :3], axis=1) == [0, 1, 2]).all()


def test_global_pooling_on_the_way_is_said_beside_the_local_field():
    images = normalised(codes(12))
    net = capture(SqueezeExcitation().eval(), images[:2])
    (record,) = looked_through(net, images, layers=["act"]).values()
    assert record.facts["whole_image"] is True
    assert record.facts["receptive_field"]["size"] == [3, 3]
    assert record.facts["input"] == [18, 22]


def test_a_layer_without_positions_shows_whole_images():
    images = normalised(codes(12))
    net = capture(small_net(), images[:2])
    (record,) = looked_through(net, images, layers=["7"]).values()
    assert record.arrays["crops"].shape == (4, 9, 18, 22, 3)
    assert (record.arrays["boxes"] == [0, 0, 18, 22]).all()


def test_activations_that_are_not_finite_never_rank(found):
    net, _, images, *_ = found
    weights = {name: tensor.clone() for name, tensor in net.weights().items()}
    weights["0.bias"][2] = torch.nan
    broken = net.with_weights(weights)
    record = looked_through(broken, images, layers=["1"])["1"]
    assert (record.arrays["images"][2] == -1).all()
    assert np.isnan(record.arrays["activations"][2]).all()
    assert (record.arrays["images"][3] >= 0).all()


def test_without_a_data_set_the_images_given_are_looked_through(found):
    net, _, images, *_ = found
    record = cnnviz.run("top_patches", net, images[:20], layer="1", normalize=(MEAN, STD), count=4)
    assert record.arrays["crops"].shape == (6, 4, 3, 3, 3)
    assert record.facts["dataset"] is None
    assert record.facts["count"] == 20


def test_a_network_recorded_with_hooks_shows_whole_images():
    images = torch.rand(4, 3, 12, 12)
    with torch.random.fork_rng():
        net = capture(NETWORKS["unexportable"](), images)
    assert net.captured == "hooks"
    record = cnnviz.run("top_patches", net, images)
    assert record.facts["receptive_field"] is None
    assert record.facts["whole_image"] is True
    assert (record.arrays["boxes"][0, 0] == [0, 0, 12, 12]).all()


def test_a_layer_without_channels_is_refused(found):
    net, *_ = found
    with pytest.raises(ParamsError, match="count"):
        method("top_patches", count=0)
    with pytest.raises(cnnviz.errors.MissingError, match="no layer 'nothing'"):
        looked_through(net, normalised(codes(2)), layers=["nothing"])


def test_a_data_set_of_nothing_that_reads_is_told():
    images = normalised(codes(4))
    net = capture(small_net(), images[:2])
    data = DataSet(open_dataset([(torch.full(SHAPE, 1.0), 0)], SHAPE))
    data.source._items[0] = (torch.full(SHAPE, torch.nan), 0)
    ctx = Context(net, images, dataset=data)
    with pytest.raises(UnsuitableError, match="no image .* could be read: image 0 is left out"):
        execute([method("top_patches")], ctx, on_error="raise")


def test_guided_crops_are_guided_backpropagation_from_the_patchs_unit(found):
    net, _, images, *_ = found
    record = looked_through(net, images[:6], layers=["4"], count=2, guided=True)["4"]
    arrays = record.arrays
    for channel, rank in np.ndindex(9, 2):
        row, place = int(arrays["images"][channel, rank]), arrays["places"][channel, rank]
        whole = cnnviz.run(
            *("guided_backprop", net, images[row : row + 1]),
            layer="4",
            channel=channel,
            position=[int(at) for at in place],
        ).arrays["map"][0]
        top, left, bottom, right = arrays["boxes"][channel, rank] + 50
        expected = np.pad(whole, 50)[top:bottom, left:right]
        strongest = np.abs(arrays["guided"][channel, rank].astype(float) - 128).max(-1)
        scale = np.abs(expected).max() / 127
        np.testing.assert_allclose(strongest * scale, np.abs(expected), atol=0.51 * scale)


def test_guided_crops_are_refused_where_the_rule_is_not_defined():
    net = capture(nn.Sequential(nn.Conv2d(3, 2, 3), nn.GELU()).eval(), normalised(codes(2)))
    with pytest.raises(UnsuitableError, match="no guided crops: .* GELU"):
        cnnviz.run("top_patches", net, normalised(codes(2)), guided=True)
