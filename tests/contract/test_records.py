from __future__ import annotations

import msgspec
import pytest

from cnnviz import errors
from cnnviz.contract.layers import Layer
from cnnviz.contract.names import INDEX_TAG, PLUGIN_NAME, PREVIEW_TAG
from cnnviz.contract.records import array_name, entry_key
from cnnviz.contract.results import KINDS


def test_keys_are_unique_per_method_layer_and_set_of_params():
    keys = [
        entry_key("saliency", None),
        entry_key("saliency", "fc"),
        entry_key("saliency", None, variant=1),
        entry_key("saliency", "fc", variant=1),
    ]
    assert keys == ["saliency", "saliency/fc", "saliency@1", "saliency@1/fc"]
    assert array_name("saliency/fc", "map") == "saliency/fc|map"


def test_tags_lie_under_the_plugins_name():
    assert {tag.partition("/")[0] for tag in (INDEX_TAG, PREVIEW_TAG)} == {PLUGIN_NAME}


def test_a_layer_survives_json():
    layer = Layer(name="layer1.0.relu:1", kind="relu", shape=[64, 56, 56], rectifier=True)
    assert msgspec.json.decode(msgspec.json.encode(layer), type=Layer) == layer


def test_kinds_are_a_closed_set():
    assert set(KINDS) == {
        *("kernels", "feature_maps", "heatmap", "layer_table", "scores", "images"),
        *("trust", "patches", "embedding"),
    }


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_of_ours_is_caught_by_the_root(name):
    assert issubclass(getattr(errors, name), errors.CnnvizError)


def test_a_missing_thing_shows_its_sentence_and_not_its_repr():
    assert str(errors.MissingError("no run 'x'")) == "no run 'x'"
    assert str(errors.MissingError()) == ""
