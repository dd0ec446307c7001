"""glibc's allocator told to keep what it has: large tensors are mapped anew at every layer else.

For this process alone, before torch is imported; elsewhere than on glibc nothing happens.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Final

__all__ = ["give_back_memory", "keep_memory"]

_TRIM_THRESHOLD: Final = -1
_TOP_PAD: Final = -2
_MMAP_MAX: Final = -4
_SETTINGS: Final = {_MMAP_MAX: 0, _TRIM_THRESHOLD: 2**31 - 1, _TOP_PAD: 256 << 20}


def keep_memory() -> bool:
    """Make the allocator keep freed memory; tell whether it could be done."""
    libc = _glibc()
    return libc is not None and all(libc.mallopt(*setting) == 1 for setting in _SETTINGS.items())


def give_back_memory() -> None:
    """Give memory that is not in use back to the system, between jobs."""
    libc = _glibc()
    if libc is not None:
        libc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "gnu_get_libc_version") else None
