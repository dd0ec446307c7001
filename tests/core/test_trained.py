"""A trained network comes from the shelf as it was put there, or not at all."""

from __future__ import annotations

import json
import shutil

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnnviz.contract.jobs import JobRequest
from cnnviz.contract.trained import Trained
from cnnviz.core import trained as room
from cnnviz.core.trained import keep, open_trained
from cnnviz.errors import MissingError, ParamsError, RecordError, UnsuitableError
from cnnviz.graph import capture
from cnnviz.storage import verify
from cnnviz.storage.jobs_folder import JobsFolder
from cnnviz.storage.shelf import Shelf
from tests import nets

STYLE = Trained(kind="style", method="fit_style", facts={"images": 40, "loss": 0.5})
DECODER = Trained(kind="decoder", method="fit_generator")


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.a = nn.Conv2d(channels, channels, 3)
        self.norm = nn.InstanceNorm2d(channels, affine=True)

    def forward(self, x):
        return x + F.relu(self.norm(self.a(F.pad(x, (1, 1, 1, 1), mode="reflect"))))


def style_net():
    """Johnson's net in small: pictures in, pictures out, of any size."""
    return nets.seeded(
        lambda: nn.Sequential(
            nn.ReflectionPad2d(2),
            nn.Conv2d(3, 4, 5),
            nn.InstanceNorm2d(4, affine=True),
            nn.Conv2d(4, 6, 3, stride=2, padding=1, padding_mode="reflect"),
            Residual(6),
            nn.Upsample(scale_factor=2, mode="nearest"),
            nn.Conv2d(6, 3, 3, padding=1),
            nn.Tanh(),
        )
    )


def decoder(codes):
    """From codes (N, D, 1, 1) back to pictures, with up-convolutions."""
    return nets.seeded(
        lambda: nn.Sequential(
            nn.Flatten(),
            nn.Linear(codes, 8 * 4 * 4),
            nn.Unflatten(1, (8, 4, 4)),
            nn.ConvTranspose2d(8, 4, 4, 2, 1),
            nn.BatchNorm2d(4),
            nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(4, 1, 4, 2, 1),
            nn.Sigmoid(),
        )
    )


def map_decoder(channels):
    """From a layer's maps (N, C, h, w), of any size, back to pictures."""
    return nets.seeded(
        lambda: nn.Sequential(nn.ConvTranspose2d(channels, 3, 4, 2, 1), nn.Sigmoid())
    )


CASES = [
    (style_net, (1, 3, 16, 16), STYLE),
    (lambda: decoder(12), (1, 12, 1, 1), DECODER),
    (lambda: map_decoder(7), (1, 7, 4, 4), DECODER),
]


@pytest.fixture
def shelf(tmp_path):
    jobs = JobsFolder(tmp_path / "jobs", inside=tmp_path)
    jobs.create(JobRequest(id="one", method="fit_style", params={}, run=".", step=None))
    return Shelf(jobs, "one")


def captured(module, shape):
    return capture(module.eval(), torch.rand(shape), fallback=False)


def kept(shelf, **more):
    net = captured(map_decoder(2), (1, 2, 4, 4))
    keep(shelf, net, DECODER, more or None)
    return net


@pytest.mark.parametrize(("make", "shape", "about"), CASES)
def test_it_computes_what_it_computed_when_it_was_kept(shelf, make, shape, about):
    module = make()
    styles = {"scales": torch.rand(4, 3), "counts": torch.arange(3)}
    assert keep(shelf, captured(module, shape), about, styles) == "one"
    net, found, more = open_trained(shelf, "one", kind=about.kind)
    codes = torch.rand(2, *shape[1:], requires_grad=True)
    assert torch.equal(net(codes), module(codes))
    assert (found.method, found.facts) == (about.method, about.facts)
    assert found.graph_digest == net.digest
    assert {name: t.tolist() for name, t in more.items()} == {
        name: t.tolist() for name, t in styles.items()
    }
    (gradient,) = torch.autograd.grad(net(codes).square().sum(), codes)
    (expected,) = torch.autograd.grad(module(codes).square().sum(), codes)
    assert torch.allclose(gradient, expected, atol=1e-6)


def test_a_style_net_takes_pictures_of_other_sizes(shelf):
    module = style_net()
    keep(shelf, captured(module, (1, 3, 16, 16)), STYLE)
    net, _, _ = open_trained(shelf, "one", kind="style")
    for sides in ((24, 40), (33, 21)):
        picture = torch.rand(1, 3, *sides)
        assert torch.allclose(net(picture), module(picture), atol=1e-6)


def test_a_later_state_replaces_the_one_before(shelf):
    kept(shelf, old=torch.ones(2))
    net = captured(style_net(), (1, 3, 16, 16))
    keep(shelf, net, STYLE)
    found, about, more = open_trained(shelf, "one", kind="style")
    assert (found.digest, about.kind, more) == (net.digest, "style", {})
    assert sorted(path.name for path in shelf.own_place().parent.iterdir()) == [
        "network",
        "request.json",
        "status.json",
    ]


def test_a_write_that_fails_leaves_the_one_before(shelf, monkeypatch):
    net = kept(shelf)

    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(room, "write_whole", full)
    with pytest.raises(OSError, match="No space"):
        keep(shelf, captured(style_net(), (1, 3, 16, 16)), STYLE)
    assert open_trained(shelf, "one", kind="decoder")[0].digest == net.digest
    assert not list(shelf.own_place().parent.glob(".new-*"))


def test_a_kill_while_two_are_exchanged_is_made_good(shelf):
    kept(shelf)
    place = shelf.own_place()
    place.rename(place.with_name(".old-network"))
    (place.parent / ".new-network-00").mkdir()
    with pytest.raises(MissingError):
        shelf.place("one")
    room._clear(place)
    assert open_trained(shelf, "one", kind="decoder")
    assert not list(place.parent.glob(".new-*"))


def test_nothing_is_kept_where_there_is_no_job(shelf, tmp_path):
    net = captured(map_decoder(2), (1, 2, 4, 4))
    for nobodys in (None, Shelf(JobsFolder(tmp_path / "jobs", inside=tmp_path))):
        with pytest.raises(UnsuitableError):
            keep(nobodys, net, DECODER)


def test_a_network_of_another_kind_or_none_is_refused(shelf):
    kept(shelf)
    with pytest.raises(ParamsError, match="a style network is needed") as caught:
        open_trained(shelf, "one", kind="style")
    assert caught.value.field == "network"
    with pytest.raises(MissingError):
        open_trained(shelf, "two", kind="decoder")
    with pytest.raises(MissingError, match="give a logdir"):
        open_trained(None, "one", kind="decoder")


@pytest.mark.parametrize("name", ["weights.safetensors", "more.safetensors", "graph.json"])
def test_a_byte_that_is_another_is_noticed(shelf, name):
    kept(shelf, extra=torch.ones(3))
    path = shelf.place("one") / name
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(RecordError, match="damaged"):
        open_trained(shelf, "one", kind="decoder")


def test_the_files_of_two_networks_are_not_mixed(shelf, tmp_path):
    kept(shelf, extra=torch.ones(3))
    place = shelf.place("one")
    shutil.copytree(place, tmp_path / "copy")
    (place / "more.safetensors").unlink()
    with pytest.raises(RecordError, match="beside its weights are gone"):
        open_trained(shelf, "one", kind="decoder")
    keep(shelf, captured(style_net(), (1, 3, 16, 16)), STYLE)
    shutil.copy(tmp_path / "copy" / "graph.json", place)
    with pytest.raises(RecordError, match="its graph is not the one"):
        open_trained(shelf, "one", kind="style")


def test_what_is_said_of_a_network_is_bounded(shelf):
    net = captured(map_decoder(2), (1, 2, 4, 4))
    long = Trained(kind="decoder", method="m", facts={"losses": [0.123456] * 100_000})
    with pytest.raises(UnsuitableError, match="bytes"):
        keep(shelf, net, long)
    assert not shelf.own_place().exists()


def test_what_is_said_is_plain_json(shelf):
    kept(shelf)
    said = json.loads((shelf.place("one") / "about.json").read_text())
    assert {"version", "kind", "method", "params", "run", "step", "facts", "crc32c"} <= set(said)


@pytest.mark.parametrize("name", ["graph.json", "weights.safetensors", "more.safetensors"])
def test_verify_finds_a_flip_anywhere_in_a_network(tmp_path, name):
    jobs = JobsFolder(tmp_path / "run/plugins/cnnviz/jobs", inside=tmp_path)
    jobs.create(JobRequest(id="one", method="fit_style", params={}, run="run", step=None))
    kept(Shelf(jobs, "one"), extra=torch.ones(3))
    assert verify(tmp_path) == []
    path = jobs.folder / "one" / "network" / name
    whole = path.read_bytes()
    for place in (0, 9, len(whole) // 2, len(whole) - 1):
        data = bytearray(whole)
        data[place] ^= 4
        path.write_bytes(data)
        (finding,) = verify(tmp_path)
        assert finding.path == "run/plugins/cnnviz/jobs/one/network"
        assert "still reads" in finding.remains
