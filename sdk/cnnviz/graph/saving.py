"""Saving a graph: JSON and safetensors, each file whole or not there at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save as encode_safetensors
from torch import Tensor

from cnnviz.contract.names import GRAPH_FILE, WEIGHTS_FILE
from cnnviz.graph.program import Program

__all__ = ["save_graph"]


def save_graph(program: Program, weights: Mapping[str, Tensor], folder: Path) -> None:
    """Write `graph.json` and `weights.safetensors`, each whole or not at all.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in weights.items()}
    _write(folder / WEIGHTS_FILE, encode_safetensors(tensors, {"sha256": _sum(tensors)}))
    _write(folder / GRAPH_FILE, program.to_json())


def _sum(tensors: Mapping[str, Tensor]) -> str:
    """Sum all bytes of the weights, in the order of their names: SHA-256, in hexadecimal."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(tensors[name].reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _write(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
