"""The user's model as we need it: unwrapped, and copied so that the original is never touched."""

from __future__ import annotations

import copy
from collections import OrderedDict
from typing import cast

import torch
from torch import Tensor, nn

from cnnviz.errors import ParamsError, UnsuitableError
from cnnviz.graph.traced import plain_module
from cnnviz.graph.weights import clean_name

__all__ = [
    "HOOK_STORES",
    "check_model",
    "copy_for_capture",
    "is_weight_hook",
    "model_state",
    "unwrap",
]

_WEIGHT_HOOKS = (
    "torch.nn.utils.weight_norm",
    "torch.nn.utils.spectral_norm",
    "torch.nn.utils.prune",
)
HOOK_STORES = (
    "_forward_hooks",
    "_forward_pre_hooks",
    "_backward_hooks",
    "_backward_pre_hooks",
)


def unwrap(model: nn.Module) -> nn.Module:
    """Take off DataParallel, DistributedDataParallel and torch.compile, in any order."""
    while True:
        if isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
            model = model.module
        elif isinstance(getattr(model, "_orig_mod", None), nn.Module):
            model = cast(nn.Module, model._orig_mod)
        else:
            return model


def check_model(model: object) -> nn.Module:
    """Refuse what cannot be captured in any way.

    Returns:
        The unwrapped model; of a traced one a plain module on its weights.

    Raises:
        ParamsError: not a module.
        UnsuitableError: TorchScript that is no mere trace, or parameters that have no values yet.
    """
    if not isinstance(model, nn.Module):
        message = f"capture needs a torch.nn.Module, got {type(model).__name__}"
        raise ParamsError(message)
    model = unwrap(model)
    if isinstance(model, torch.jit.ScriptModule):
        model = plain_module(model)
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if torch.nn.parameter.is_lazy(tensor):
            message = (
                f"{type(model).__name__}.{name} has no values yet: run one batch through the model "
                "first"
            )
            raise UnsuitableError(message)
    devices = sorted({str(tensor.device) for tensor in model.parameters()})
    if len(devices) > 1:
        message = f"{type(model).__name__} has weights on {devices}: move them to one device"
        raise UnsuitableError(message)
    return model


def model_state(model: nn.Module) -> dict[str, Tensor]:
    """All parameters and buffers, those out of the state_dict included, by clean name."""
    named = [
        *model.named_parameters(remove_duplicate=False),
        *model.named_buffers(remove_duplicate=False),
    ]
    return {clean_name(name): tensor for name, tensor in named}


def is_weight_hook(hook: object) -> bool:
    """Whether a pre-hook is torch's way of computing a weight (weight_norm, pruning, …)."""
    return type(hook).__module__ in _WEIGHT_HOOKS


def copy_for_capture(model: nn.Module) -> nn.Module:
    """Copy a model into eval mode, without its hooks and compiled parts.

    Raises:
        UnsuitableError: something in it cannot be copied.
    """
    memo = {id(tensor): tensor.detach().clone() for tensor in _computed_tensors(model)}
    try:
        twin = copy.deepcopy(model, memo)
    except Exception as error:
        message = f"{type(model).__name__} cannot be copied: {error}"
        raise UnsuitableError(message) from error
    for module in list(twin.modules()):
        for name, child in list(module._modules.items()):
            if child is not None:
                module._modules[name] = unwrap(child)
    twin = unwrap(twin)
    for module in twin.modules():
        _drop_hooks(module)
    return twin.eval().requires_grad_(False)


def _computed_tensors(model: nn.Module) -> list[Tensor]:
    """Tensors with a history that modules keep as attributes: deepcopy refuses those."""
    return [
        value
        for module in model.modules()
        for value in vars(module).values()
        if isinstance(value, Tensor) and not value.is_leaf
    ]


def _drop_hooks(module: nn.Module) -> None:
    for store in HOOK_STORES:
        kept = {key: hook for key, hook in getattr(module, store).items() if is_weight_hook(hook)}
        setattr(module, store, OrderedDict(kept))
