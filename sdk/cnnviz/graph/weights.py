"""Where a graph's weights come from: the live model, by reference, or a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor, nn

from cnnviz.errors import MissingError

__all__ = ["LiveWeights", "LoadedWeights", "ReplacedWeights", "Weights", "clean_name"]


def clean_name(name: str) -> str:
    """A name of the state without the marks that torch.compile leaves in it."""
    return ".".join(part for part in name.split(".") if part != "_orig_mod")


class Weights(Protocol):
    """Tensors by their `state_dict()` names."""

    def get(self, name: str) -> Tensor:
        """Give one tensor, cut from autograd; MissingError when the name is not there."""
        ...

    def all(self) -> dict[str, Tensor]:
        """Give all tensors, cut from autograd."""
        ...


class LiveWeights:
    """The parameters and buffers of a model in use, looked up again at every call."""

    def __init__(self, model: nn.Module) -> None:
        """Remember which module holds which name."""
        self._places: dict[str, tuple[dict[str, Tensor | None], str]] = {}
        for prefix, module in model.named_modules(remove_duplicate=False):
            for store in (module._parameters, module._buffers):
                for name, tensor in store.items():
                    if tensor is not None:
                        self._places[clean_name(f"{prefix}.{name}" if prefix else name)] = (
                            store,
                            name,
                        )

    def get(self, name: str) -> Tensor:
        """Give one tensor, cut from autograd."""
        if name not in self._places:
            raise MissingError(_missing(name, list(self._places)))
        store, key = self._places[name]
        tensor = store.get(key)
        if tensor is None:
            message = f"the model no longer has its weight {name!r}: capture it again"
            raise MissingError(message)
        return tensor.detach()

    def all(self) -> dict[str, Tensor]:
        """Give all parameters and buffers, by reference, cut from autograd."""
        return {name: self.get(name) for name in self._places}


class LoadedWeights:
    """Tensors read from a file."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        """Keep the tensors."""
        self._tensors = dict(tensors)

    def get(self, name: str) -> Tensor:
        """Give one tensor."""
        if name not in self._tensors:
            raise MissingError(_missing(name, list(self._tensors)))
        return self._tensors[name].detach()

    def all(self) -> dict[str, Tensor]:
        """Give all tensors."""
        return {name: tensor.detach() for name, tensor in self._tensors.items()}

    def to(self, device: torch.device | str) -> LoadedWeights:
        """Give the same weights on another device."""
        return LoadedWeights({name: tensor.to(device) for name, tensor in self._tensors.items()})


class ReplacedWeights:
    """Weights of which some are others; what they replace is neither changed nor kept."""

    def __init__(self, weights: Weights, tensors: Mapping[str, Tensor]) -> None:
        """Lay some tensors over others.

        Args:
            weights: what is looked up where nothing replaces it, at every call.
            tensors: by `state_dict()` names that are there, of the same shapes.

        Raises:
            MissingError: a name that is not there.
        """
        for name in tensors:
            weights.get(name)
        self._weights, self._tensors = weights, dict(tensors)

    def get(self, name: str) -> Tensor:
        """Give one tensor, cut from autograd."""
        tensor = self._tensors.get(name)
        return self._weights.get(name) if tensor is None else tensor.detach()

    def all(self) -> dict[str, Tensor]:
        """Give all tensors, cut from autograd."""
        return {name: self.get(name) for name in self._weights.all()}


def _missing(name: str, known: list[str]) -> str:
    return f"no weight {name!r}; the model's are {known[:12]}{' …' if len(known) > 12 else ''}"
