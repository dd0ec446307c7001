"""The catalogue: what the page offers, methods of other packages included."""

from __future__ import annotations

import subprocess
import sys

import msgspec

from cnnviz.contract.forms import complete
from cnnviz.contract.jobs import Catalogue


def test_a_catalogue_has_what_a_form_needs(environment):
    command = [sys.executable, "-m", "cnnviz.worker", "catalogue"]
    done = subprocess.run(command, env=environment, capture_output=True, check=True)
    catalogue = msgspec.json.decode(done.stdout, type=Catalogue)
    assert catalogue.devices[0] == "cpu"
    assert "torch" in catalogue.versions
    cards = {card.name: card for card in catalogue.methods}
    assert {"saliency", "activations", "filters", "predictions", "toy_painter"} <= set(cards)
    painter = cards["toy_painter"]
    assert painter.help == "Noise that grows lighter, reported at every iteration."
    assert [preset.name for preset in painter.presets] == ["quick"]
    assert painter.schema["properties"]["pause"]["description"] == "Of an iteration, s."
    assert (painter.needs_examples, cards["toy_random"].needs_examples) == (True, False)
    for card in catalogue.methods:
        assert "$ref" not in str(card.schema)
        for preset in card.presets:
            complete(card.schema, preset.params, of=card.name)


def test_a_worker_says_the_catalogue_before_it_is_ready(start_worker):
    worker = start_worker(device="auto")
    device = worker.hear("ready")["device"]
    catalogue = msgspec.convert(worker.catalogue, Catalogue)
    assert "toy_painter" in {card.name for card in catalogue.methods}
    gpus = [name for name in catalogue.devices if name != "cpu"]
    assert device == (gpus or ["cpu"])[0]
    worker.end()


def test_a_device_that_is_not_there_is_said_after_the_catalogue(start_worker):
    worker = start_worker(device="cuda:77")
    assert "no device 'cuda:77'" in worker.hear("unable")["reason"]
    assert worker.catalogue["devices"]
    assert worker.hear("end")
    worker.end()
    assert worker.process.returncode == 1
