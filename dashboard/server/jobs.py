"""Work in the background that goes on when its page is left, and shows its progress."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Generic, TypeVar

import pandas as pd

from backend import truth as benchmark
from backend.ensembles.evaluation import learning_curve
from backend.ensembles.fitting import Recipe
from backend.errors import UserError
from backend.truth.importing.release_import import ImportSummary


class _StoppedError(Exception):
    """Somebody asked for the end."""


@dataclass(frozen=True, eq=False)
class CurveTask:
    """What is computed.

    Attributes:
        recipe: how the ensembles are made.
        scores: of the whole space, by index.
        accuracy: true accuracy (%) of the whole space, likewise.
        sizes: numbers of labelled architectures.
        repeats: draws of each size.
        choose: how architectures are drawn.
    """

    recipe: Recipe
    scores: pd.DataFrame = field(repr=False)
    accuracy: pd.Series = field(repr=False)
    sizes: tuple[int, ...]
    repeats: int
    choose: str


class CurveJob:
    """One learning curve, seen by all pages that ask for the same.

    Attributes:
        done: fits so far.
        total: fits in all.
    """

    def __init__(self, task: CurveTask) -> None:
        self._task = task
        self.done, self.total = 0, len(task.sizes) * task.repeats
        self._parts: list[pd.DataFrame] = []
        self._stop = Event()
        self._problem = ""
        executor = ThreadPoolExecutor(1, thread_name_prefix="learning-curve")
        self._future: Future[None] = executor.submit(self._work)
        executor.shutdown(wait=False)

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return not self._future.done()

    @property
    def stopped(self) -> bool:
        """Whether it was stopped before its end."""
        return self._stop.is_set() and self.done < self.total

    @property
    def curve(self) -> pd.DataFrame:
        """The rows of the sizes that are done, as ``learning_curve`` gives them; empty at first."""
        return pd.concat(self._parts, ignore_index=True) if self._parts else pd.DataFrame()

    @property
    def problem(self) -> str:
        """Why it ended before its end, in one line; "" if it did not."""
        return self._problem

    def stop(self) -> None:
        """End it after the running fit; what is done stays."""
        self._stop.set()

    def _work(self) -> None:
        task = self._task
        try:
            for size in task.sizes:
                self._parts.append(
                    learning_curve(
                        task.recipe, task.scores, task.accuracy, [size], task.repeats, task.choose, self._note
                    )
                )
        except _StoppedError:
            pass
        except UserError as error:
            self._problem = str(error)

    def _note(self) -> None:
        self.done += 1
        if self._stop.is_set():
            raise _StoppedError


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


Result = TypeVar("Result")


class ShareJob(Generic[Result]):
    """Work on some studies.

    Attributes:
        total: trials to deal with; 0 while it is unknown.
        done: those dealt with.
    """

    def __init__(self, work: Callable[[Callable[[int], None]], Result], total: int = 0) -> None:
        """Begin it.

        Args:
            work: is given what it calls with how many trials more are dealt with.
            total: trials to deal with.
        """
        self.total, self.done = total, 0
        executor = ThreadPoolExecutor(1, thread_name_prefix="share")
        self._future: Future[Result] = executor.submit(work, self._note)
        executor.shutdown(wait=False)

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return not self._future.done()

    @property
    def part(self) -> float:
        """How much is done, 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    def wait(self, seconds: float) -> None:
        """Wait for its end, but no longer."""
        wait([self._future], seconds)

    def outcome(self) -> Result:
        """What came of it, once it has ended.

        Raises:
            UserError: what was wrong.
            SQLAlchemyError: a database did not answer.
        """
        return self._future.result()

    def _note(self, trials: int) -> None:
        self.done += trials
