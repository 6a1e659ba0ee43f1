"""The one way in which commands print: whatever stands in data or paths, the terminal shows it and does nothing.

Names of studies, metrics and files are anybody's. Here no text is markup, an emoji code or a control sequence; ruff
keeps the other ways to print out of the command line.
"""

import logging
import sys
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Final

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.highlighter import NullHighlighter
from rich.logging import RichHandler
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.segment import Segment
from rich.text import Text

from backend.naming import visible

_PIPE_WIDTH: Final = 120
"""A file or pipe has no width of its own: the tables' headings need this much."""


class Terminal(Console):
    """A console that prints every text as it is, and characters that would act on the terminal escaped."""

    def render_str(self, text: str, **options: Any) -> Text:
        """A text as one line without markup, emoji codes and highlighting; for more lines see :func:`lines`."""
        kept = {name: options[name] for name in ("style", "justify", "overflow") if options.get(name) is not None}
        return Text(visible(text), **kept)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments of anything; those that others made of data are no less harmless."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=_visible_lines(segment.text))


console = Terminal(width=None if sys.stdout.isatty() else _PIPE_WIDTH)
_errors = Terminal(stderr=True)


def lines(texts: Iterable[str]) -> Text:
    """Texts one below the other, such as in a cell of a table."""
    return Text("\n".join(map(visible, texts)))


def complain(line: str) -> None:
    """Print one line on standard error."""
    _errors.print(line, soft_wrap=True)


def confirm(question: str, *, abort: bool = False) -> bool:
    """Ask for a yes; anything but yes is a no, which ends the command where ``abort`` is set."""
    try:
        return typer.confirm(visible(question), abort=abort)
    except typer.Abort as error:
        # An interrupt ends a command with 130 wherever it comes.
        if isinstance(error.__context__, KeyboardInterrupt):
            raise error.__context__ from None
        raise


def progress_bar(*columns: ProgressColumn, disable: bool = False) -> Progress:
    """A bar beside its description.

    Args:
        columns: what else is told; without any, a count, the time so far and the time left.
        disable: whether nothing is shown.
    """
    told = columns or (MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    return Progress(text_column("{task.description}"), BarColumn(), *told, console=console, disable=disable)


def text_column(text_format: str) -> TextColumn:
    """A column of a progress bar with a text of its task."""
    return TextColumn(text_format, markup=False)


def log_handler() -> logging.Handler:
    """Shows the messages of a log on the terminal, above a progress bar."""
    handler = RichHandler(
        console=console, show_time=False, show_level=False, show_path=False, highlighter=NullHighlighter()
    )
    handler.setFormatter(_VisibleFormatter("%(message)s"))
    return handler


def log_to_errors() -> None:
    """Write the process's log to standard error."""
    logging.basicConfig(level=logging.INFO, handlers=[errors_handler()])


def errors_handler() -> logging.Handler:
    """Shows the messages of a log on standard error, with times."""
    handler = logging.StreamHandler()
    handler.setFormatter(_VisibleFormatter("%(asctime)s %(levelname)s %(message)s"))
    return handler


class _VisibleFormatter(logging.Formatter):
    """A message is one line, whatever it quotes."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        return visible(super().formatMessage(record))

    def formatException(  # noqa: N802
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        return _visible_lines(super().formatException(ei))


def _visible_lines(text: str) -> str:
    return "\n".join(map(visible, text.split("\n")))
