"""Write src/api/contract.ts: the JSON that the routes answer, from the plugin's own structs.

Usage: python frontend/scripts/generate_contract.py [--check]     (needs `npm ci` in frontend/)
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tb_cnnviz.schema import answer_schema

FRONTEND = Path(__file__).resolve().parents[1]
TARGET = FRONTEND / "src" / "api" / "contract.ts"
HEADER = "// Written by scripts/generate_contract.py from tb_cnnviz/schema.py. Do not edit."


def opened(schema: Any) -> Any:
    """Say in json2ts's words that free-form objects hold anything, and tuples their parts.

    By themselves params and facts would become `{}`, and a pair of numbers `never[]`.
    """
    if isinstance(schema, list):
        return [opened(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {name: opened(part) for name, part in schema.items()}
    if schema.get("type") == "object" and "properties" not in schema:
        parts.setdefault("additionalProperties", True)
    if "prefixItems" in parts:
        parts |= {"items": parts.pop("prefixItems"), "additionalItems": False}
    return parts


def run(command: list[str], text: str) -> str:
    """Give what a program of node_modules writes when it reads `text`."""
    program = str(FRONTEND / "node_modules" / ".bin" / command[0])
    done = subprocess.run(
        [program, *command[1:]],
        input=text,
        text=True,
        capture_output=True,
        check=True,
        cwd=FRONTEND,
    )
    return done.stdout


def source() -> str:
    """Give the whole text of contract.ts."""
    schema = json.dumps(opened(answer_schema()))
    written = run(["json2ts", "--unreachableDefinitions", "--bannerComment", HEADER], schema)
    written = re.sub(r"export interface Wire \{.*?\n\}\n", "", written, flags=re.DOTALL)
    written = written.replace("number | number", "number")
    hint = r"\n \*\n \* This interface was referenced by .*?\n \*/"
    written = re.sub(hint, "\n */", written, flags=re.DOTALL)
    return run(["biome", "format", "--stdin-file-path=src/api/contract.ts"], written)


def main() -> int:
    """Write the file, or with --check say whether it is fresh; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare")
    check = parser.parse_args().check
    text = source()
    if check:
        fresh = TARGET.exists() and TARGET.read_text(encoding="utf-8") == text
        if not fresh:
            print(f"{TARGET} is stale: run make contract", file=sys.stderr)
        return 0 if fresh else 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
