"""Where work can be done."""

from __future__ import annotations

import torch

from cnnviz.errors import ParamsError

__all__ = ["check_device", "choose_device", "list_devices"]


def list_devices() -> list[str]:
    """Name the devices, as cpu, cuda:0."""
    return ["cpu", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]


def choose_device(device: str) -> str:
    """Turn `auto` into the first GPU, or the processor; any other device must be there.

    Raises:
        ParamsError: it is not; the message names those there are.
    """
    if device == "auto":
        return list_devices()[:2][-1]
    check_device(device)
    return device


def check_device(device: str) -> None:
    """Make sure that a device is there.

    Raises:
        ParamsError: it is not; the message names those there are.
    """
    there = list_devices()
    if device not in there:
        message = f"there is no device {device!r}; there are {', '.join(there)}"
        raise ParamsError(message, field="device")
