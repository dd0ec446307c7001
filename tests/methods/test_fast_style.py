from __future__ import annotations

import numpy as np
import pytest
import torch

from cnnviz.contract.trained import Trained
from cnnviz.core.context import Context
from cnnviz.core.execute import execute
from cnnviz.core.requests import method
from cnnviz.core.style_net import blended_styles
from cnnviz.core.trained import keep, open_trained
from cnnviz.errors import MissingError, ParamsError, RecordError
from cnnviz.graph import capture
from cnnviz.ops.colours import with_colours_of
from cnnviz.ops.images import Normalize
from cnnviz.ops.median import median_of_nine
from tests.core.networks import images, plain
from tests.methods.trained_networks import TINY_STYLE, fitted, shelf_with_a_job

NORMALIZE = Normalize((0.5, 0.4, 0.6), (0.25, 0.3, 0.2))


@pytest.fixture(scope="module")
def net():
    return capture(plain().eval(), images())


@pytest.fixture(scope="module")
def ctx(net, tmp_path_factory):
    """A run whose shelf has a network of two styles."""
    made = Context(net, images(8), normalize=NORMALIZE)
    more = {**TINY_STYLE, "iterations": 12, "rate": 0.02}
    fitted(made, tmp_path_factory.mktemp("jobs"), styles=[1, 4], **more)
    return made


def painted(ctx, **params):
    (done,) = execute([method("fast_style", **params)], ctx, on_error="raise").results
    return done.result


def colours(count=8):
    mean, std = (torch.tensor(part).view(3, 1, 1) for part in NORMALIZE)
    return (images(count) * std + mean).clamp(0, 1)


def expected(ctx, blend, pictures=None):
    graph, _, tables = open_trained(ctx.shelf, ctx.shelf.job, kind="style")
    given = colours() if pictures is None else pictures
    return graph.with_weights(blended_styles(tables, blend))(given)


def as_pictures(unit):
    return unit.clamp(0, 1).permute(0, 2, 3, 1).numpy()


def test_a_picture_is_what_the_networks_graph_gives_with_the_blend(ctx):
    found = painted(ctx, blend=[1.0, 3.0])
    np.testing.assert_allclose(
        found.arrays["images"], as_pictures(expected(ctx, [0.25, 0.75])), atol=1e-5
    )
    assert found.facts["blend"] == [0.25, 0.75]
    assert found.facts["styles"] == [1, 4]
    assert found.facts["network"] == ctx.shelf.job
    assert found.facts["captions"][2] == "example 2 in 25% of style 1 + 75% of style 4"


def test_a_one_hot_blend_is_the_single_style(ctx):
    graph, _, tables = open_trained(ctx.shelf, ctx.shelf.job, kind="style")
    for style in (0, 1):
        alone = graph.with_weights({name: table[style] for name, table in tables.items()})
        found = painted(ctx, blend=[float(style == 0), float(style == 1)])
        np.testing.assert_allclose(found.arrays["images"], as_pictures(alone(colours())), atol=1e-6)


def test_no_blend_is_all_styles_alike_and_no_name_the_newest_network(ctx):
    named = painted(ctx, network=ctx.shelf.job, blend=[2.0, 2.0])
    np.testing.assert_array_equal(painted(ctx).arrays["images"], named.arrays["images"])


def test_pictures_of_any_size_are_painted(ctx):
    found = painted(ctx, side=37).arrays["images"]
    assert found.shape == (8, 37, 37, 3)
    odd = Context(ctx.net, images(2)[:, :, :, :11], normalize=NORMALIZE)
    odd.shelf = ctx.shelf
    assert painted(odd).arrays["images"].shape == (2, 12, 11, 3)
    assert painted(odd, side=24).arrays["images"].shape == (2, 24, 22, 3)


def test_original_colours_and_the_median_come_after(ctx):
    made = expected(ctx, [0.5, 0.5])
    mixed = painted(ctx, original_colors=True).arrays["images"]
    np.testing.assert_allclose(mixed, as_pictures(with_colours_of(made, colours())), atol=1e-5)
    smooth = painted(ctx, median=True).arrays["images"]
    np.testing.assert_allclose(smooth, as_pictures(median_of_nine(made)), atol=1e-5)


def test_small_batches_give_the_same(ctx):
    limited = Context(ctx.net, images(8), normalize=NORMALIZE)
    limited.shelf, limited.batch_limit = ctx.shelf, 3
    np.testing.assert_allclose(
        painted(limited).arrays["images"], painted(ctx).arrays["images"], atol=1e-6
    )


@pytest.mark.parametrize("blend", [[1.0], [1.0, 1.0, 1.0], [0.0, 0.0]])
def test_a_blend_that_does_not_fit_the_styles_is_said(ctx, blend):
    with pytest.raises(ParamsError, match="blend must be 2 weights, one above 0"):
        painted(ctx, blend=blend)


def test_a_name_that_is_no_network_is_said(ctx):
    with pytest.raises(MissingError, match="'nobody' is none"):
        painted(ctx, network="nobody")
    with pytest.raises(ParamsError, match="network"):
        method("fast_style", network="x" * 65)


def test_a_run_without_a_style_network_is_said(net, tmp_path):
    made = Context(net, images(2))
    with pytest.raises(MissingError, match="send a job of fit_style first"):
        painted(made)
    made.shelf = shelf_with_a_job(tmp_path)
    with pytest.raises(MissingError, match="send a job of fit_style first"):
        painted(made)


def test_pictures_that_do_not_fit_the_network_are_said(ctx, net):
    grey = Context(net, images(2)[:, :1])
    grey.shelf = ctx.shelf
    with pytest.raises(ParamsError, match="pictures of 3 channels, got 1"):
        painted(grey)
    with pytest.raises(ParamsError, match="needs pictures of 3 colours"):
        painted(grey, original_colors=True)
    small = Context(net, images(2)[:, :, :5])
    small.shelf = ctx.shelf
    with pytest.raises(ParamsError, match="8 px high and wide at least, got 5 × 12"):
        painted(small)


def kept(ctx, folder, change):
    """The network again in a job of its own, its tables changed."""
    graph, about, tables = open_trained(ctx.shelf, ctx.shelf.job, kind="style")
    made = Context(ctx.net, images(2), normalize=NORMALIZE)
    made.shelf = shelf_with_a_job(folder)
    keep(made.shelf, graph, about, more=change(dict(tables)))
    return made


@pytest.mark.parametrize(
    "change",
    [
        lambda tables: {},
        lambda tables: {name: table[:0] for name, table in tables.items()},
        lambda tables: {name: table[0] for name, table in tables.items()},
        lambda tables: {name: table[:, :1] for name, table in tables.items()},
        lambda tables: tables | {"colours.weight": torch.ones(3, 3)},
        lambda tables: tables | {"nowhere": torch.ones(2, 3)},
        lambda tables: {name: table.long() for name, table in tables.items()},
    ],
)
def test_styles_that_do_not_fit_their_network_are_damage(ctx, tmp_path, change):
    with pytest.raises(RecordError, match="is damaged: its styles' parameters do not fit it"):
        painted(kept(ctx, tmp_path, change))


def test_a_graph_that_makes_no_pictures_is_no_style_network(net, tmp_path):
    made = Context(net, images(2))
    made.shelf = shelf_with_a_job(tmp_path)
    trained = Trained(kind="style", method="fit_style")
    keep(made.shelf, net, trained, more={"1.weight": torch.ones(1, 6), "1.bias": torch.ones(1, 6)})
    with pytest.raises(RecordError, match="it is no style network"):
        painted(made)


def test_what_about_json_says_of_styles_is_not_believed(ctx, tmp_path):
    graph, about, tables = open_trained(ctx.shelf, ctx.shelf.job, kind="style")
    made = Context(ctx.net, images(2), normalize=NORMALIZE)
    made.shelf = shelf_with_a_job(tmp_path)
    for said in ("x", [1], [1, "<b>"], {"a": 1}, None):
        facts = {**about.facts, "styles": said}
        keep(made.shelf, graph, Trained(kind="style", method="fit_style", facts=facts), more=tables)
        assert painted(made).facts["styles"] == []
