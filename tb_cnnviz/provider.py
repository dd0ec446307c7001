"""TensorBoard's data provider as we use it: typed, run by run, every failure a RecordError.

A call costs about 45 ms under the Rust loader whatever it returns: calls are few, and blobs are
read side by side and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from tensorboard.data.provider import RunTagFilter

from cnnviz.contract.names import INDEX_TAG, PLUGIN_NAME, PREVIEW_TAG
from cnnviz.errors import RecordError
from tb_cnnviz.recent import Recent

__all__ = ["Element", "Preview", "Provider", "TagState"]

EVERYTHING: Final = 2**31 - 1
"""Downsampling to this many keeps all; the sampling hint of 0 would give none."""

SCALARS_PLUGIN: Final = "scalars"
THREADS: Final = 16
BLOB_BYTES: Final = 48 << 20
"""How many bytes of previews are kept."""

T = TypeVar("T")


@dataclass(frozen=True)
class TagState:
    """What changes when a run has new events; `content` is what its first event said of itself."""

    last_step: int
    last_wall_time: float
    content: bytes


@dataclass(frozen=True)
class Element:
    """One event under the index tag; None stands for a payload that is no string."""

    step: int
    wall_time: float
    payload: bytes | None


@dataclass(frozen=True)
class Preview:
    """Where a step's preview blobs are; keys hold for this process only."""

    step: int
    wall_time: float
    keys: tuple[str, ...]


class Provider:
    """Reads of one experiment."""

    def __init__(self, source: Any, context: Any, experiment: str) -> None:
        """Take TensorBoard's provider, a request's context and the experiment's id."""
        self._source, self._context, self._experiment = source, context, experiment
        self._blobs: Recent[bytes] = Recent(BLOB_BYTES, weigh=len)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="cnnviz")

    def index_states(self) -> dict[str, TagState]:
        """Give the state of every run that has our index."""
        listed = self._call(
            "the runs", self._source.list_tensors, PLUGIN_NAME, RunTagFilter(tags=[INDEX_TAG])
        )
        return {
            str(run): TagState(
                int(tags[INDEX_TAG].max_step or 0),
                float(tags[INDEX_TAG].max_wall_time or 0),
                bytes(tags[INDEX_TAG].plugin_content or b""),
            )
            for run, tags in listed.items()
            if INDEX_TAG in tags
        }

    def index_elements(self, run: str) -> list[Element]:
        """Give all index events of a run, in the loader's order.

        Raises:
            RecordError: TensorBoard cannot give them, e.g. one of them is damaged.
        """
        one = RunTagFilter(runs=[run], tags=[INDEX_TAG])
        read = self._call(run, self._source.read_tensors, PLUGIN_NAME, one, downsample=EVERYTHING)
        return [
            Element(int(datum.step), float(datum.wall_time), _payload(datum.numpy))
            for datum in read.get(run, {}).get(INDEX_TAG, ())
        ]

    def previews(self, run: str) -> list[Preview]:
        """Give the keys of a run's preview blobs, step by step.

        Raises:
            RecordError: TensorBoard cannot give them.
        """
        one = RunTagFilter(runs=[run], tags=[PREVIEW_TAG])
        read = self._call(
            run, self._source.read_blob_sequences, PLUGIN_NAME, one, downsample=EVERYTHING
        )
        return [
            Preview(
                int(datum.step), float(datum.wall_time), tuple(v.blob_key for v in datum.values)
            )
            for datum in read.get(run, {}).get(PREVIEW_TAG, ())
        ]

    def blob(self, key: str) -> bytes:
        """Read a blob; those read lately come from memory.

        Raises:
            RecordError: TensorBoard cannot give it.
        """
        known = self._blobs.get(key)
        if known is not None:
            return known
        try:
            blob = bytes(self._source.read_blob(self._context, blob_key=key))
        except Exception as error:
            raise RecordError(f"TensorBoard cannot read a preview: {error}") from error
        self._blobs.keep(key, blob)
        return blob

    def scalar_tags(self, runs: Sequence[str]) -> dict[str, list[str]]:
        """Name the scalar tags of some runs, each sorted."""
        if not runs:
            return {}
        listed = self._call(
            "the scalars", self._source.list_scalars, SCALARS_PLUGIN, RunTagFilter(runs=list(runs))
        )
        return {str(run): sorted(map(str, tags)) for run, tags in listed.items()}

    def scalar(self, run: str, tag: str, *, at_most: int) -> list[tuple[int, float, float]]:
        """Give (step, value, wall time) of one scalar; empty when there is none."""
        one = RunTagFilter(runs=[run], tags=[tag])
        read = self._call(run, self._source.read_scalars, SCALARS_PLUGIN, one, downsample=at_most)
        return [(d.step, d.value, d.wall_time) for d in read.get(run, {}).get(tag, ())]

    def side_by_side(self, work: Callable[[Any], T], items: Iterable[Any]) -> list[T]:
        """Run a function over items in this provider's threads, in order; not within itself."""
        return list(self._pool.map(work, items))

    def _call(
        self, what: str, read: Callable[..., Any], plugin: str, only: RunTagFilter, **more: Any
    ) -> Any:
        try:
            return read(
                self._context,
                experiment_id=self._experiment,
                plugin_name=plugin,
                run_tag_filter=only,
                **more,
            )
        except Exception as error:
            # grpc's errors, and numpy's over a damaged tensor, have no common base.
            raise RecordError(f"TensorBoard cannot read {what}: {_first_line(error)}") from error


def _payload(tensor: Any) -> bytes | None:
    try:
        value = tensor.reshape(-1)[0]
    except (AttributeError, IndexError):
        return None
    return bytes(value) if isinstance(value, bytes) else None


def _first_line(error: Exception) -> str:
    details = getattr(error, "details", None)  # grpc's own text is a page long
    text = str(details() if callable(details) else error).strip() or type(error).__name__
    return text.splitlines()[0][:300]
