"""A learning curve in the background: it goes on when the page is left, shows how far it is, and can be stopped."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event

import pandas as pd

from backend.analysis.ensembles import Recipe, learning_curve
from backend.errors import UserError


class _StoppedError(Exception):
    """Somebody asked for the end."""


@dataclass(frozen=True, eq=False)
class CurveTask:
    """What is computed.

    Attributes:
        recipe: how the ensembles are made.
        scores: of all cells, by official index.
        accuracy: true accuracy (%) of all cells, likewise.
        sizes: numbers of labelled cells.
        repeats: draws of each size.
        choose: how cells are drawn.
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
        """End it after the fit in work; what is done stays."""
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
