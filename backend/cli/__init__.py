"""The command line: ``python -m backend COMMAND``.

Exit status: 0 done, 2 bad input (one line on standard error), 1 anything else.
"""

import os
import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import Any, NoReturn

import typer

from backend.cli.lazy import LazyCommands
from backend.errors import SearchFailedError, UserError
from backend.settings import SPACES_VARIABLE

app = typer.Typer(
    cls=LazyCommands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _app() -> None:
    """Zero-cost neural architecture search."""
    if os.environ.get(SPACES_VARIABLE):
        # What spaces need takes a while to load.
        from backend.spaces.own import load_user_spaces  # noqa: PLC0415

        load_user_spaces()


def main(commands: Callable[[], Any] = app) -> None:
    """Run the command line, or another program's.

    A user's error becomes one line and exit status 2; a failed search, a change that was not taken, or a database that
    is lost, one line and 1.
    """
    _print_unencodable()
    try:
        commands()
    except UserError as error:
        _end(f"{'error' if error.exit_status == 2 else 'failed'}: {error}", error.exit_status)
    except SearchFailedError as error:
        _end(f"failed: {error}", 1)
    except Exception as error:
        # What knows a database's errors takes a while to load.
        from backend.storage.connection import DATABASE_ERRORS  # noqa: PLC0415
        from backend.storage.database import lost_in_words  # noqa: PLC0415

        if not isinstance(error, DATABASE_ERRORS):
            raise
        _end(f"failed: {lost_in_words(error)}", 1)


def _print_unencodable() -> None:
    """Let a character that the terminal's encoding lacks be printed escaped, instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _end(line: str, status: int) -> NoReturn:
    """Print one line on standard error, and end with an exit status."""
    # The help, and nothing but that, prints without rich.
    from backend.cli.terminal import complain  # noqa: PLC0415

    complain(line)
    sys.exit(status)
