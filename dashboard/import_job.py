"""An import in the background: it goes on when the page is left or the browser closed, and one runs at a time."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

from backend import benchmark
from backend.benchmark import ImportSummary
from backend.errors import UserError


class ImportJob:
    """The import of the server's process, seen by all its pages.

    Attributes:
        path: what is, or was last, imported.
        part: how much of it has been read, 0 to 1.
        architectures: how many there are in that.
    """

    def __init__(self, on_end: Callable[[], None]) -> None:
        """Nothing is imported yet.

        Args:
            on_end: called when an import has ended, before anyone sees that it has.
        """
        self.path = ""
        self.part = 0.0
        self.architectures = 0
        self._future: Future[ImportSummary] | None = None
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="import-benchmark")
        self._lock = Lock()
        self._on_end = on_end

    @property
    def running(self) -> bool:
        """Whether an import is under way."""
        return self._future is not None and not self._future.done()

    def start(self, path: str) -> None:
        """Import a path on the server.

        Raises:
            UserError: there is no path, or an import is under way.
        """
        if not path.strip():
            raise UserError("path: give the file or folder on the server")
        with self._lock:
            if self.running:
                raise UserError(f"an import of {self.path} is under way; wait for its end")
            self.path, self.part, self.architectures = path.strip(), 0.0, 0
            self._future = self._executor.submit(self._import, self.path)

    def outcome(self) -> ImportSummary | None:
        """What the last import did; None while one is under way, and before the first.

        Raises:
            UserError: what was wrong with the path.
        """
        return self._future.result() if self._future and self._future.done() else None

    def _import(self, path: str) -> ImportSummary:
        try:
            return benchmark.import_release(path, self._note)
        finally:
            self._on_end()

    def _note(self, part: float, architectures: int) -> None:
        self.part, self.architectures = part, architectures
