"""The images that every capture of a run looks at, in their true colours."""

from __future__ import annotations

import numpy as np

from cnnviz.errors import MissingError
from tb_cnnviz.body import Body, Cache, tensors_body
from tb_cnnviz.planes import bounded
from tb_cnnviz.queries import ExamplesQuery
from tb_cnnviz.reader import Logs
from tb_cnnviz.wire import ExamplesFacts

__all__ = ["examples"]


def examples(logs: Logs, query: ExamplesQuery) -> Body:
    """Give all examples as shown; grey ones are repeated over the three colours.

    Raises:
        MissingError: there are none, or others than those asked for.
    """
    run = logs.run(query.run)
    files = logs.files_of(run)
    if files.examples is None:
        why = "; ".join(files.problems) or "its examples file is not there"
        raise MissingError(f"run {run.name!r} has no examples to show: {why}")
    stored = files.examples
    if query.digest and query.digest != stored.digest:
        message = f"the examples of run {run.name!r} were recorded anew: ask for their new digest"
        raise MissingError(message)
    bounded(stored.images_shape, skip=0, what="the examples")
    images = stored.images
    if images.shape[-1] == 1:
        images = np.repeat(images, 3, axis=-1)
    facts = ExamplesFacts(
        labels=stored.labels,
        class_names=stored.class_names,
        names=stored.names,
        count=len(stored),
        problems=list(files.problems),
    )
    cache = Cache.FOREVER if query.digest else Cache.NEVER
    return tensors_body({"images": images}, facts, cache=cache)
