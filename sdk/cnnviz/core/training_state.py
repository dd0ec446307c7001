"""Where a training stands, in a file, so that one that was stopped or killed goes on there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from cnnviz.core.state_file import StateFile

__all__ = ["TrainingState"]


class TrainingState:
    """Weights, the optimiser's moments, counts and losses of a training that is under way."""

    def __init__(self, path: Path, key: str) -> None:
        """Prepare; nothing is read or written yet.

        Args:
            path: from `Shelf.training(key)`.
            key: digest of all that the outcome depends on: request, pictures and weights.
        """
        self._file = StateFile(path, key, what="training")

    @property
    def is_due(self) -> bool:
        """Whether it is time to save: 20 s, and 20 times what a save takes, after the last one."""
        return self._file.is_due

    def load(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """Give tensors (on the CPU) and facts of a training that was stopped; None for none.

        Raises:
            RecordError: it is damaged; it is removed, so that the next try begins anew.
        """
        found = self._file.load()
        if found is None:
            return None
        arrays, facts = found
        return {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}, facts

    def save_if_due(self, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
        """Save when it is time to; costs nothing otherwise, so it may be called every iteration."""
        if self.is_due:
            self.save(tensors, facts)

    def save(self, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
        """Save now, as when the training is cancelled; a disk that is full does not end it.

        Args:
            tensors: by name, on any device.
            facts: JSON values.
        """
        self._file.save(
            lambda: {name: t.detach().cpu().contiguous().numpy() for name, t in tensors.items()},
            facts,
        )

    def remove(self) -> None:
        """Forget it: the training is done."""
        self._file.remove()
