"""What a recorder writes beside the events: examples, snapshots and checkpoints of one run."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from cnnviz.contract.names import (
    CHECKPOINTS_FOLDER,
    DATASETS_FOLDER,
    EXAMPLES_FILE,
    SNAPSHOTS_FOLDER,
)
from cnnviz.contract.records import Manifest
from cnnviz.errors import CnnvizError
from cnnviz.storage.captures import strictly_increasing
from cnnviz.storage.checkpoints import encode_checkpoint, kept_steps, parse_retention, step_files
from cnnviz.storage.dataset_encoding import dataset_file
from cnnviz.storage.examples import encode_examples
from cnnviz.storage.snapshots import Arrays, SnapshotFile, encode_snapshot, snapshot_name
from cnnviz.storage.whole_files import remove_leftovers, write_whole

__all__ = ["RunWriter"]


class RunWriter:
    """The one writer of `<run>/plugins/cnnviz`; what it wrote is on the disk when the call returns.

    Every method that writes raises OSError when the disk is full or the folder is read-only; what
    was there before is untouched then.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        """Make the folder and clear what a killed writer left half-written in it.

        Args:
            folder: `<run>/plugins/cnnviz`.

        Raises:
            OSError: the folder cannot be made.
        """
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(self.folder)
        for part in (SNAPSHOTS_FOLDER, CHECKPOINTS_FOLDER, DATASETS_FOLDER):
            remove_leftovers(self.folder / part)

    def write_examples(
        self,
        images: np.ndarray,
        inputs: np.ndarray,
        *,
        labels: Sequence[int] | None = None,
        class_names: Sequence[str] | None = None,
        names: Sequence[str] | None = None,
        normalize: tuple[Sequence[float], Sequence[float]] | None = None,
    ) -> str:
        """Store the examples of the run.

        Args:
            images: as shown, uint8 (N, H, W, 3) or (N, H, W, 1).
            inputs: as the model takes them, float (N, C, H, W).
            labels: class of each example, (N,); -1 where there is none.
            class_names: name of each class.
            names: of each example, (N,): a file's, say.
            normalize: mean and σ per colour that the inputs were normalised with.

        Returns:
            The digest of the examples.
        """
        digest, chunks = encode_examples(
            images,
            inputs,
            labels=labels,
            class_names=class_names,
            names=names,
            normalize=normalize,
        )
        write_whole(self.folder / EXAMPLES_FILE, chunks)
        return digest

    def write_dataset(self, name: str, chunks: Iterable[bytes | memoryview]) -> None:
        """Store a data set that was looked through, once: its name tells its content.

        Args:
            name: from `encode_dataset`.
            chunks: likewise.
        """
        path = self.folder / dataset_file(name)
        if not path.exists():
            write_whole(path, chunks)

    def write_snapshot(self, manifest: Manifest, arrays: Arrays) -> tuple[Manifest, str]:
        """Store one capture; the same step again replaces it.

        Args:
            manifest: the records without their `arrays`, which are filled in.
            arrays: `{key: {name: array}}`, the main array first.

        Returns:
            The manifest as stored and its digest, for the event.
        """
        stored, digest, chunks = encode_snapshot(manifest, arrays)
        write_whole(self.folder / snapshot_name(manifest.step), chunks)
        return stored, digest

    def write_checkpoint(
        self,
        step: int,
        tensors: Mapping[str, np.ndarray],
        *,
        model_digest: str = "",
        dtypes: Mapping[str, str] | None = None,
    ) -> None:
        """Store the parameters and buffers at a step.

        Args:
            step: the capture's step.
            tensors: `state_dict()` name to array.
            model_digest: of the graph that they fit.
            dtypes: for arrays that hold another type's bits, e.g. `{"conv1.weight": "BF16"}` for
                uint16 words.
        """
        chunks = encode_checkpoint(step, tensors, model_digest=model_digest, dtypes=dtypes)
        write_whole(self.folder / CHECKPOINTS_FOLDER / f"{step}.safetensors", chunks)

    def apply_retention(self, rule: str) -> list[int]:
        """Remove the checkpoints that the rule does not keep; give the steps of those that stay.

        Args:
            rule: `all`, `last:N`, `every:N` (at least N steps apart, and the newest) or `none`.

        Raises:
            ParamsError: the rule is none of these.
        """
        parse_retention(rule)
        files = step_files(self.folder / CHECKPOINTS_FOLDER)
        kept = kept_steps(list(files), rule)
        for step in files.keys() - set(kept):
            files[step].unlink(missing_ok=True)
        return kept

    def take_back(self, step: int) -> None:
        """Forget what a run had recorded beyond a step from which it is resumed.

        The checkpoints of later steps are removed, so that retention counts the new ones; later
        snapshots stay and are hidden by `strictly_increasing` once the new ones are there.
        """
        for later, path in step_files(self.folder / CHECKPOINTS_FOLDER).items():
            if later > step:
                path.unlink(missing_ok=True)

    def last_step(self) -> int | None:
        """Step of the newest capture on the disk, None without any; damaged files do not count."""
        found: list[Manifest] = []
        for path in step_files(self.folder / SNAPSHOTS_FOLDER).values():
            with contextlib.suppress(CnnvizError, OSError):
                found.append(SnapshotFile(path).manifest)
        kept = strictly_increasing(found)
        return kept[-1].step if kept else None
