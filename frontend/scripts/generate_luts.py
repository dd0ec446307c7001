"""Write src/draw/luts.ts: one 256 x 3 table of sRGB bytes for each colour map that the page offers.

Sources:
    viridis, magma: van der Walt and Smith 2015, CC0, as listed in matplotlib.
    cividis: Nuñez, Anderton and Renslow 2018, https://doi.org/10.1371/journal.pone.0199239,
        as listed in matplotlib.
    grey: the formula code -> (code, code, code).
    bwr (blue-white-red), puor (purple-white-orange): the eleven control points of ColorBrewer's
        RdBu and PuOr (Harrower and Brewer 2003, https://colorbrewer2.org), middle made white,
        interpolated linearly.

Usage: python frontend/scripts/generate_luts.py [--check]     (the listed tables need matplotlib)
"""

from __future__ import annotations

import argparse
import base64
import sys
from pathlib import Path

import numpy as np
from matplotlib import colormaps

TARGET = Path(__file__).resolve().parents[1] / "src" / "draw" / "luts.ts"

RD_BU = "053061 2166ac 4393c3 92c5de d1e5f0 ffffff fddbc7 f4a582 d6604d b2182b 67001f"
PU_OR = "2d004b 542788 8073ac b2abd2 d8daeb ffffff fee0b6 fdb863 e08214 b35806 7f3b08"


def listed(name: str) -> np.ndarray:
    """Give a colour map that matplotlib lists entry by entry, (256, 3) uint8."""
    return np.asarray(np.rint(np.array(colormaps[name].colors) * 255), dtype=np.uint8)


def interpolated(points: str) -> np.ndarray:
    """Interpolate hexadecimal control points, negative end first, to (256, 3) uint8."""
    corners = np.array([list(bytes.fromhex(point)) for point in points.split()], dtype=float)
    where = np.linspace(0, len(corners) - 1, 256)
    columns = [np.interp(where, range(len(corners)), corners[:, c]) for c in range(3)]
    return np.rint(np.stack(columns, axis=1)).astype(np.uint8)


def source() -> str:
    """Give the whole text of luts.ts."""
    codes = np.arange(256, dtype=np.uint8)
    tables = {
        "viridis": listed("viridis"),
        "magma": listed("magma"),
        "cividis": listed("cividis"),
        "grey": np.stack([codes] * 3, axis=1),
        "bwr": interpolated(RD_BU),
        "puor": interpolated(PU_OR),
    }
    lines = [
        "// Written by scripts/generate_luts.py, which names the tables' sources. Do not edit.",
        "",
        "/** 256 sRGB triples each, base64. */",
        "export const LUTS = {",
    ]
    for name, table in tables.items():
        text = base64.b64encode(table.tobytes()).decode()
        # As Biome formats it: a long string stays beside a short key.
        lines.append(f'  {name}: "{text}",' if len(name) < 5 else f'  {name}:\n    "{text}",')
    return "\n".join([*lines, "} as const;", ""])


def main() -> int:
    """Write the file, or with --check compare it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="fail if luts.ts is stale")
    if parser.parse_args().check:
        return 0 if TARGET.read_text() == source() else 1
    TARGET.write_text(source())
    return 0


if __name__ == "__main__":
    sys.exit(main())
