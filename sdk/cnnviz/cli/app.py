"""The commands under one roof: exit status 0 done, 1 failed, 2 bad usage."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence

import typer

from cnnviz.cli.demo import demo
from cnnviz.cli.exporting import export
from cnnviz.cli.fitting import fit_generator, fit_style
from cnnviz.cli.inspection import inspect
from cnnviz.cli.methods import methods
from cnnviz.cli.running import run
from cnnviz.cli.screen import complain, warn
from cnnviz.cli.styling import apply_style
from cnnviz.cli.verification import verify
from cnnviz.errors import CnnvizError, ParamsError

__all__ = ["app", "main"]

FAILED, BAD_USAGE = 1, 2

app = typer.Typer(
    name="cnnviz",
    help="See what a convolutional network has learned, in TensorBoard.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command(epilog="Example: cnnviz demo --data cifar10 --seconds 120")(demo)
app.command(
    epilog="Example: cnnviz inspect torchvision:resnet18 --images photos --logdir runs",
)(inspect)
app.command(
    epilog="Example: cnnviz run saliency --logdir runs --step 120 -p target=3",
)(run)
app.command(epilog="Example: cnnviz fit-generator --logdir runs --images photos")(fit_generator)
app.command(
    epilog="Example: cnnviz fit-style waves.jpg --logdir runs --images photos",
)(fit_style)
app.command(
    epilog="Example: cnnviz apply-style photos --logdir runs --blend 0.7,0.3",
)(apply_style)
app.command(epilog="Example: cnnviz export runs --method filters --out pictures")(export)
app.command(epilog="Example: cnnviz methods --json")(methods)
app.command(epilog="Example: cnnviz verify runs")(verify)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command line and leave the process with its exit status.

    Args:
        arguments: the words after the program's name; None for those of this process.

    Raises:
        ModuleNotFoundError: a package is missing that every installation has.
    """
    warnings.showwarning = lambda message, *_, **__: warn(str(message))
    try:
        app(args=None if arguments is None else list(arguments), prog_name="cnnviz")
    except ParamsError as error:
        complain(str(error))
        sys.exit(BAD_USAGE)
    except CnnvizError as error:
        complain(str(error))
        sys.exit(FAILED)
    except ModuleNotFoundError as error:
        if error.name not in {"torch", "torchvision", "timm", "sklearn"}:
            raise
        extra = '"tb-cnnviz[torch]"' if error.name != "timm" else "timm"
        complain(f"this command needs {error.name}: pip install {extra}")
        sys.exit(FAILED)
    except OSError as error:
        complain(f"{error.filename or 'a file'}: {error.strerror or error}")
        sys.exit(FAILED)
