"""Generates what is written once and used in several languages; `--check` only says what is stale.

The protobuf module comes from one old protoc, so that it runs with every protobuf that we allow;
the check compares descriptors, which do not depend on protoc's version.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SDK = ROOT / "sdk"
PROTO = Path("cnnviz/contract/cnnviz.proto")
PROTOC = "grpcio-tools==1.71.0"  # writes code for protobuf 5.29 and newer


def protoc(python: str, *arguments: str) -> None:
    """Run protoc of that interpreter's grpcio-tools on our one file."""
    command = [python, "-m", "grpc_tools.protoc", "-I.", *arguments, PROTO.as_posix()]
    subprocess.run(command, cwd=SDK, check=True)


def generate_protobuf() -> None:
    """Write `cnnviz_pb2.py` and its types with the pinned protoc, in an environment of its own."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        (python,) = (*Path(folder).glob("bin/python"), *Path(folder).glob("Scripts/python.exe"))
        subprocess.run([python, "-m", "pip", "install", "--quiet", PROTOC], check=True)
        protoc(str(python), "--python_out=.", "--pyi_out=.")


def protobuf_is_fresh() -> bool:
    """Compare the generated module's descriptor with what the .proto says now."""
    from google.protobuf import descriptor_pb2

    sys.path.insert(0, str(SDK))
    from cnnviz.contract import cnnviz_pb2

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "descriptors"
        protoc(sys.executable, f"--descriptor_set_out={file}")
        said = descriptor_pb2.FileDescriptorSet.FromString(file.read_bytes()).file[0]
    held = descriptor_pb2.FileDescriptorProto.FromString(cnnviz_pb2.DESCRIPTOR.serialized_pb)
    for message in said.message_type:
        for field in message.field:
            field.ClearField("json_name")  # protoc fills it in here and leaves it out there
    return said == held


def main(arguments: list[str]) -> int:
    """Generate everything, or check everything."""
    check = arguments == ["--check"]
    stale = []
    if not check:
        generate_protobuf()
    elif not protobuf_is_fresh():
        stale.append("sdk/cnnviz/contract/cnnviz_pb2.py")
    for script in sorted((ROOT / "frontend" / "scripts").glob("generate_*.py")):
        done = subprocess.run([sys.executable, script, *arguments], cwd=ROOT, check=False)
        if done.returncode:
            stale.append(f"what {script.relative_to(ROOT)} writes")
    if stale:
        print(f"stale: {', '.join(stale)}; run make contract", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
