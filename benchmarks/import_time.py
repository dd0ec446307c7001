"""`import cnnviz` beyond the interpreter's start (< 100 ms, no torch), and a TensorBoard start with the plugin.

    python benchmarks/import_time.py [--full]

A TensorBoard start is measured to the moment it listens, with our entry point and without, in turn:
at most 5 % slower.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time

TENSORBOARD = """
import sys
from tensorboard import default, program
from tensorboard.plugins.base_plugin import TBLoader, TBPlugin
ours = {ours}
plugins = [
    plugin for plugin in default.get_static_plugins() + [
        entry.load() for entry in __import__("importlib.metadata").metadata.entry_points(
            group="tensorboard_plugins"
        ) if not entry.value.startswith("tb_cnnviz")
    ]
]
if ours:
    from tb_cnnviz.plugin import Loader
    plugins.append(Loader)
board = program.TensorBoard(plugins)
board.configure(argv=["tensorboard", "--logdir", sys.argv[1], "--port", "0"])
board.launch()
"""


def seconds(*command: str) -> float:
    """Wall time of a Python process."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, capture_output=True)
    return time.perf_counter() - begin


def in_turn(
    rounds: int, first: tuple[str, ...], second: tuple[str, ...]
) -> tuple[float, float, float]:
    """Medians of two commands run alternately, and the median ratio of second to first."""
    seconds(*first), seconds(*second)  # files come into the cache
    pairs = [(seconds(*first), seconds(*second)) for _ in range(rounds)]
    ratio = statistics.median(b / a for a, b in pairs)
    return *(statistics.median(column) for column in zip(*pairs, strict=True)), ratio


def main() -> None:
    """Print both figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="20 rounds instead of 5")
    rounds = 20 if parser.parse_args().full else 5
    check = "import cnnviz, sys; sys.exit(any(m.split('.')[0] == 'torch' for m in sys.modules))"
    bare, ours, ratio = in_turn(rounds, ("-c", "import sys"), ("-c", check))
    print(
        f"import cnnviz: {(ours - bare) * 1e3:.0f} ms beyond the interpreter's {bare * 1e3:.0f} ms ({ratio:.2f} ×)"
    )
    print(
        "target < 100 ms, torch not imported: holds"
        if ours - bare < 0.1
        else "target < 100 ms: MISSED"
    )
    with tempfile.TemporaryDirectory() as logdir:
        without, with_ours, ratio = in_turn(
            rounds,
            ("-c", TENSORBOARD.format(ours=False), logdir),
            ("-c", TENSORBOARD.format(ours=True), logdir),
        )
    print(
        f"TensorBoard listens after {with_ours:.2f} s with the plugin, {without:.2f} s without: {ratio:.3f} ×"
    )
    print("target ≤ 1.05")


if __name__ == "__main__":
    main()
