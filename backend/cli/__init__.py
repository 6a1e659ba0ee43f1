"""The command line: ``python -m backend COMMAND``.

Exit status: 0 done, 2 bad input (one line on standard error), 1 anything else.
"""

import sys

import typer

from backend.cli.lazy import LazyCommands
from backend.errors import SearchFailedError, UserError

app = typer.Typer(
    cls=LazyCommands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _app() -> None:
    """Zero-cost neural architecture search on NAS-Bench-201."""


def main() -> None:
    """Run the command line; a user's error becomes one line and exit status 2, a failed search 1."""
    try:
        app()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except SearchFailedError as error:
        print(f"failed: {error}", file=sys.stderr)
        sys.exit(1)
