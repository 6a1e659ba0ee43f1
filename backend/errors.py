"""Errors a user can mend: each message is one line that names the field or file and what is valid."""


class UserError(ValueError):
    """Bad input from a user; shown as it is, with no traceback.

    Attributes:
        exit_status: of a command that it ends.
    """

    exit_status = 2


class ConfigError(UserError):
    """A search configuration that cannot run.

    Attributes:
        problems: one ``(field, message)`` a problem; the field is the dotted TOML key, or "" for the file itself.
    """

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        self.problems = problems
        super().__init__(self._line())

    def _line(self) -> str:
        lines = self.lines()
        more = len(lines) - 1
        return lines[0] + (f" (and {more} more problem{'s' if more > 1 else ''})" if more else "")

    def lines(self) -> list[str]:
        """One line a problem, each beginning with its field."""
        return [f"{field}: {message}" if field else message for field, message in self.problems]


class StorageError(UserError):
    """A study database or folder that cannot be opened, read or written."""


class WriteError(StorageError):
    """A change that was in order, but that the database or the disk did not take, or not all of."""

    exit_status = 1


class SearchFailedError(RuntimeError):
    """Trial after trial failed: the search cannot go on (exit status 1 on the command line, with no traceback)."""
