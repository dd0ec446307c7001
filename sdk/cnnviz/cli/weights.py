"""Loads weights from a file into a model; the file is data, nothing in it is executed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnviz.errors import ParamsError

if TYPE_CHECKING:
    from torch import nn

__all__ = ["load_weights"]

WRAPPERS = ("module.", "_orig_mod.", "model.")
"""What DataParallel, torch.compile and Lightning put before every name."""


def load_weights(model: nn.Module, file: Path) -> None:
    """Load weights into the model, under their own names or those of a wrapper.

    Args:
        model: what they are for; all its parameters and buffers must be in the file.
        file: safetensors, or what torch.save wrote of a state_dict (alone or in a checkpoint).

    Raises:
        ParamsError: no such file, a damaged one, or one for another model.
    """
    tensors = _read_weights(file)
    for wrapper in WRAPPERS:
        if tensors and all(name.startswith(wrapper) for name in tensors):
            tensors = {name.removeprefix(wrapper): tensor for name, tensor in tensors.items()}
    try:
        missing, unexpected = model.load_state_dict(tensors, strict=False)
    except RuntimeError as error:
        detail = str(error).splitlines()[1].strip()
        raise ParamsError(f"{file} does not fit the model: {detail}", field="weights") from None
    if missing or unexpected:
        said = [f"{len(missing)} missing, such as {missing[0]!r}"] if missing else []
        said += [f"{len(unexpected)} unknown, such as {unexpected[0]!r}"] if unexpected else []
        message = f"{file} does not fit the model: {' and '.join(said)}"
        raise ParamsError(message, field="weights")


def _read_weights(file: Path) -> dict[str, Any]:
    """Read tensors by name from a file, as data."""
    import torch

    if not file.is_file():
        raise ParamsError(f"there is no weights file {file}", field="weights")
    try:
        if file.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(file)
        held = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # noqa: BLE001 - damaged files fail in many ways
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        message = f"{file} could not be read as weights: {reason}"
        raise ParamsError(message, field="weights") from None
    for key in ("state_dict", "model_state_dict", "model"):
        if isinstance(held, dict) and isinstance(held.get(key), dict):
            held = held[key]
    if not isinstance(held, dict) or not all(torch.is_tensor(value) for value in held.values()):
        message = f"{file} holds no state_dict: save one with torch.save(model.state_dict(), …)"
        raise ParamsError(message, field="weights")
    return held
