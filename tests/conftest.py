"""What all tests share: one thread, seeded random numbers, no network, no colours."""

from __future__ import annotations

import os

# Before torch is imported: tiny nets are fastest on one thread, and sums come out the same.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import random
import signal
import sys

import numpy as np
import pytest

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell's background jobs ignore Ctrl-C, and so would the programs that tests start and end.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _seeded():
    random.seed(0)
    np.random.seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)
