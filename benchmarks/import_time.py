"""What `import cnnviz` costs, and what our plugin costs a TensorBoard start.

    python benchmarks/import_time.py [--full]

The import: under 100 ms beyond the interpreter's start, without torch. TensorBoard: to the moment
it listens, with our entry point and without, in turn: at most 5 % slower. Each figure is the
fastest of its rounds, because whatever else the machine does only ever adds.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time

TENSORBOARD = """
import sys
from importlib.metadata import entry_points
from tensorboard import default, program
entries = entry_points(group="tensorboard_plugins")
assert any(entry.value.startswith("tb_cnnviz") for entry in entries), "the plugin is not installed"
plugins = default.get_static_plugins() + [
    entry.load() for entry in entries if {ours} or not entry.value.startswith("tb_cnnviz")
]
board = program.TensorBoard(plugins)
board.configure(argv=["tensorboard", "--logdir", sys.argv[1], "--port", "0"])
board.launch()
"""


def seconds(*command: str) -> float:
    """Wall time of a Python process."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, capture_output=True)
    return time.perf_counter() - begin


def in_turn(rounds: int, first: tuple[str, ...], second: tuple[str, ...]) -> tuple[float, float]:
    """Fastest times of two commands run alternately."""
    seconds(*first)  # files come into the cache
    seconds(*second)
    pairs = [(seconds(*first), seconds(*second)) for _ in range(rounds)]
    return min(a for a, _ in pairs), min(b for _, b in pairs)


def verdict(*, holds: bool) -> str:
    """Say whether a target holds."""
    return "holds" if holds else "MISSED"


def main() -> None:
    """Print both figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="20 rounds instead of 5")
    rounds = 20 if parser.parse_args().full else 5
    check = "import cnnviz, sys; sys.exit(any(m.split('.')[0] == 'torch' for m in sys.modules))"
    bare, ours = in_turn(rounds, ("-c", "import sys"), ("-c", check))
    beyond = ours - bare
    print(f"import cnnviz: {beyond * 1e3:.0f} ms beyond the interpreter's {bare * 1e3:.0f} ms")
    print(f"ratio {ours / bare:.2f}; target < 100 ms beyond: {verdict(holds=beyond < 0.1)}")
    with tempfile.TemporaryDirectory() as logdir:
        alone, together = in_turn(
            rounds,
            ("-c", TENSORBOARD.format(ours=False), logdir),
            ("-c", TENSORBOARD.format(ours=True), logdir),
        )
    ratio = together / alone
    print(f"TensorBoard listens after {together:.2f} s with the plugin, {alone:.2f} s without")
    print(f"ratio {ratio:.3f}; target ≤ 1.05: {verdict(holds=ratio <= 1.05)}")


if __name__ == "__main__":
    main()
