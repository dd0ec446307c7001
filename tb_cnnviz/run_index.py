"""The answer of `run`: everything the page needs to know of a run before it asks for pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cnnviz.contract.layers import Layer
from cnnviz.contract.records import Entry, Manifest
from tb_cnnviz.captures import Capture
from tb_cnnviz.reader import Run, digest_of_texts
from tb_cnnviz.run_files import Model, RunFiles
from tb_cnnviz.wire import (
    ArrayShape,
    ExamplesIndex,
    ModelIndex,
    RunIndex,
    Series,
    SkippedAt,
    Source,
)

__all__ = ["array_shapes", "build_index", "layer_parents", "revision"]

ManifestOf = Callable[[Capture], Manifest]


def revision(run: Run, files: RunFiles) -> str:
    """Name the state of a run; equal revisions have equal answers."""
    texts = [run.stamp, *files.stamps, *files.problems]
    numbers = [sorted(run.at.keys() & files.snapshots), sorted(run.at.keys() & files.checkpoints)]
    return digest_of_texts([*texts, str(numbers)])


def build_index(run: Run, files: RunFiles, manifest_of: ManifestOf) -> RunIndex:
    """Put a run's index together.

    Args:
        run: its captures.
        files: what lies beside them.
        manifest_of: decodes a capture's manifest; asked for few of them.
    """
    captures = run.captures
    series = list_series(captures, manifest_of)
    model = _own_model(captures, files)
    layers = list(model.layers) if model else _named_layers(series)
    sources: list[Source] = [
        "bulk" if capture.step in files.snapshots and capture.event_run in run.places else "preview"
        for capture in captures
    ]
    return RunIndex(
        rev=revision(run, files),
        name=run.name,
        steps=[capture.step for capture in captures],
        wall_times=[capture.wall_time for capture in captures],
        digests=[capture.digest for capture in captures],
        checkpoints=[c.checkpoint and c.step in files.checkpoints for c in captures],
        sources=sources,
        series=series,
        skipped=[
            SkippedAt(method=skipped.method, reason=skipped.reason, step=capture.step)
            for capture in captures
            for skipped in capture.skipped
        ],
        layers=layers,
        parents=layer_parents(layers),
        model=_model_index(captures, model),
        examples=_examples_index(files),
        scalars=list(run.scalars),
        problems=[*run.problems, *files.problems, *_other_model(files, model)],
    )


def list_series(captures: Sequence[Capture], manifest_of: ManifestOf) -> list[Series]:
    """Join the records of each key over the steps; the latest record tells params and facts."""
    at: dict[str, list[int]] = {}
    for position, capture in enumerate(captures):
        for key in capture.keys:
            at.setdefault(key, []).append(position)
    entries: dict[str, Entry] = {}
    for position in sorted({positions[-1] for positions in at.values()}):
        for entry in manifest_of(captures[position]).records:
            entries[entry.key] = entry
    return [
        Series(
            key=key,
            method=entry.method,
            kind=entry.kind,
            layer=entry.layer,
            params=entry.params,
            facts=entry.facts,
            arrays=array_shapes(entry),
            at=positions,
        )
        for key, positions in at.items()
        for entry in (entries[key],)
    ]


def array_shapes(entry: Entry) -> dict[str, ArrayShape]:
    """Tell type and shape of a record's arrays, the main one first."""
    return {
        name: ArrayShape(dtype=info.dtype, shape=info.shape) for name, info in entry.arrays.items()
    }


def layer_parents(layers: Sequence[Layer]) -> list[int]:
    """Find each layer's container: the longest other name that is a dotted prefix of its own."""
    position = {layer.name: index for index, layer in enumerate(layers)}
    return [_parent(layer.name, position) for layer in layers]


def _parent(name: str, position: dict[str, int]) -> int:
    prefix = name
    while "." in prefix:
        prefix = prefix.rpartition(".")[0]
        if prefix in position:
            return position[prefix]
    return -1


def _named_layers(series: Sequence[Series]) -> list[Layer]:
    # Without graph.json the records still name layers: in forward order where a table does.
    names: dict[str, None] = {}
    for one in series:
        listed = one.facts.get("layers")
        if one.kind == "layer_table" and isinstance(listed, list):
            names |= dict.fromkeys(str(name) for name in listed)
    names |= {one.layer: None for one in series if one.layer is not None}
    shapes = {
        one.layer: next(iter(one.arrays.values())).shape[1:]
        for one in series
        if one.kind == "feature_maps" and one.arrays
    }
    return [Layer(name=name, kind="", shape=shapes.get(name, [])) for name in names]


def _own_model(captures: Sequence[Capture], files: RunFiles) -> Model | None:
    # A run folder that was used for another architecture holds the graph of one of them.
    model = files.model
    fits = model is not None and captures and captures[-1].model_digest == model.digest
    return model if fits else None


def _other_model(files: RunFiles, model: Model | None) -> list[str]:
    if files.model is None or model is not None:
        return []
    return ["the graph file is another model's: layers are those that the records name"]


def _model_index(captures: Sequence[Capture], model: Model | None) -> ModelIndex | None:
    if not captures:
        return None
    return ModelIndex(
        digest=captures[-1].model_digest,
        parameters=model.parameters if model else None,
        captured=model.captured if model else None,
    )


def _examples_index(files: RunFiles) -> ExamplesIndex | None:
    if files.examples is None:
        return None
    facts = files.examples.facts
    return ExamplesIndex(
        digest=files.examples.digest,
        count=facts.count,
        shape=facts.shape,
        labels=facts.labels,
        class_names=facts.class_names,
        names=files.examples.names,
    )
