"""What the flags say; and which devices that comes to."""

from __future__ import annotations

import argparse
import importlib.util

import pytest

from cnnviz.contract.jobs import Catalogue
from tb_cnnviz.jobs.asked import Asked
from tb_cnnviz.jobs.book import Book
from tb_cnnviz.jobs.settings import JobSettings
from tb_cnnviz.jobs.supervisor import Supervisor
from tb_cnnviz.plugin import Loader
from tb_cnnviz.security import is_loopback


def settings(*argv, local=True, **flags):
    parser = argparse.ArgumentParser()
    Loader().define_flags(parser)
    given = parser.parse_args(argv)
    for name, value in flags.items():
        setattr(given, name, value)
    return JobSettings.from_flags(given, local=local)


def test_without_flags_jobs_are_on_and_take_every_device():
    for made in (settings(), JobSettings.from_flags(argparse.Namespace(), local=True)):
        assert (made.on, made.devices, made.idle_seconds) == (True, (), 600.0)


@pytest.mark.parametrize(
    ("text", "devices"),
    [
        ("cpu", ("cpu",)),
        ("cuda:0, cuda:1", ("cuda:0", "cuda:1")),
        ("cuda:0,cuda:0,", ("cuda:0",)),
        ("auto", ()),
        ("", ()),
    ],
)
def test_devices_are_named_in_a_list(text, devices):
    made = settings(f"--cnnviz_devices={text}")
    assert (made.on, made.devices) == (True, devices)


@pytest.mark.parametrize("text", ["gpu", "cuda", "cuda:x", "cpu:0", "auto,cpu", "cpu,../x"])
def test_a_device_that_is_none_is_said(text):
    assert "--cnnviz_devices" in settings(f"--cnnviz_devices={text}").reason


def test_without_torch_the_reason_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "pip install torch" in settings().reason


def test_a_remote_logdir_has_no_jobs():
    assert "folder of this machine" in settings(local=False).reason


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.2", False),
        ("box.lan", False),
        ("localhost.evil.test", False),
        ("", False),
    ],
)
def test_only_this_machine_reaches_a_loopback_host(host, expected):
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("there", "used"),
    [
        (["cpu"], ["cpu"]),
        (["cpu", "cuda:0"], ["cuda:0"]),
        (["cpu", "cuda:0", "cuda:1"], ["cuda:0", "cuda:1"]),
    ],
)
def test_auto_means_every_gpu_or_the_processor(tmp_path, there, used):
    supervisor = Supervisor(Book(Asked(tmp_path / "asked")), settings())
    (worker,) = supervisor._workers
    catalogue = {"versions": {}, "devices": there, "methods": []}
    supervisor._hear(worker, {"event": "catalogue", "catalogue": catalogue})
    assert supervisor.catalogue == Catalogue(versions={}, devices=there, methods=[])
    assert supervisor.devices == used
    supervisor._hear(worker, {"event": "catalogue", "catalogue": catalogue})
    assert supervisor.devices == used
