from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

import cnnviz

ROOT = Path(__file__).resolve().parents[2]


def seconds(code: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    return time.perf_counter() - started


def test_the_public_names_are_those_of_the_lazy_table():
    assert set(cnnviz.__all__) == {*cnnviz._ROOMS, "errors", "__version__"}
    assert cnnviz.__all__ == sorted(cnnviz.__all__)
    assert dir(cnnviz) == sorted(cnnviz.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'recorder'"):
        _ = cnnviz.recorder


def test_importing_takes_less_than_a_tenth_of_a_second():
    # The best of several: what else the machine does must not count.
    bare = min(seconds("pass") for _ in range(5))
    assert min(seconds("import cnnviz") for _ in range(5)) - bare < 0.1
