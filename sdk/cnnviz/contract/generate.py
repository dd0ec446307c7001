"""Generates `cnnviz_pb2.py` and its stub: `python -m cnnviz.contract.generate [--check]`.

Needs grpcio-tools. protoc's check of the runtime's version is taken out: it would demand a
protobuf as new as the protoc used here, while what is generated runs on every protobuf that
TensorBoard accepts.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path

from cnnviz.errors import CnnvizError, MissingPackageError

__all__ = ["generate", "main"]

_HERE = Path(__file__).parent
_FOLDER = "cnnviz/contract"
_FILES = ("cnnviz_pb2.py", "cnnviz_pb2.pyi")
_VERSION_CHECK = re.compile(
    r"from google\.protobuf import runtime_version as _runtime_version\n"
    r"|_runtime_version\.ValidateProtobufRuntimeVersion\([^)]*\)\n"
    r"|# Protobuf Python Version: .*\n"
)


def generate() -> dict[str, str]:
    """Give the text of each generated file by its name.

    Raises:
        MissingPackageError: grpcio-tools is not installed.
        CnnvizError: protoc refused the file; it has said why.
    """
    try:
        from grpc_tools import protoc
    except ImportError as error:
        message = "generating needs the package grpcio-tools: pip install grpcio-tools"
        raise MissingPackageError(message) from error
    with tempfile.TemporaryDirectory() as folder:
        options = [f"-I{_HERE.parents[1]}", f"--python_out={folder}", f"--pyi_out={folder}"]
        if protoc.main(["protoc", *options, f"{_FOLDER}/cnnviz.proto"]) != 0:
            message = "protoc could not read cnnviz.proto"
            raise CnnvizError(message)
        made = Path(folder) / _FOLDER
        texts = {name: (made / name).read_text(encoding="utf-8") for name in _FILES}
    return {name: _VERSION_CHECK.sub("", text) for name, text in texts.items()}


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or with `--check` say whether they are fresh."""
    parser = argparse.ArgumentParser(description="Generate the event's protobuf module.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when stale")
    check = parser.parse_args(arguments).check
    stale = []
    for name, text in generate().items():
        path = _HERE / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if not check:
                path.write_text(text, encoding="utf-8")
    if check and stale:
        sys.stderr.write(f"stale: {', '.join(stale)}; run python -m cnnviz.contract.generate\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
