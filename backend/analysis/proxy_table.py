"""Which proxy to trust: the rank correlation of every proxy with the truth of every task of every search space.

A column of the table is a task: what architectures of a space reach on a data set after the longest training that is
known. A row is a proxy, params and flops among them as baselines. All correlations are turned so that more is better:
of a proxy that is better when lower, the sign is the other one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Literal

import numpy as np
import pandas as pd

from backend import proxies
from backend.analysis.correlation import PLAIN_STATISTICS, class_means, correlation_among_best
from backend.analysis.scores import table_scores, usable, with_sizes
from backend.datasets.info import DATASETS
from backend.errors import UserError
from backend.scoring.tables import Provenance, TableFile, read_provenance, read_table
from backend.spaces import registry
from backend.spaces.base import SearchSpace
from backend.spaces.capabilities import (
    HasTruth,
    KnownCosts,
    capability,
    classes_of,
    lacks,
    lacks_listing,
    require,
    require_listing,
)
from backend.spaces.truth_tasks import TruthTask
from backend.user_code import in_a_line

BASELINES: Final = ("params", "flops")
REPEAT: Final = "repeat training"
"""The row of the noise ceiling: how well two trainings of the same architectures rank them alike."""

Kind = Literal["proxy", "baseline", "ceiling"]
_NOISE_DRAWS: Final = 10
_TRIED_IMAGES: Final = 16
_FEWEST_TWINS: Final = 50
_MOST_COPIED: Final = 0.5


@dataclass(frozen=True, eq=False)
class TaskColumn:
    """A task of a space, and the scores that proxies are judged by on it.

    Attributes:
        space: of the architectures.
        task: what their truth is.
        file: the score table; None where there is none, and sizes alone can be judged.
        scored_on: the data set whose images were scored; "" without a table.
    """

    space: SearchSpace
    task: TruthTask
    file: TableFile | None = None
    scored_on: str = ""

    @property
    def key(self) -> str:
        """Names the column: of the space and the data set of the task."""
        return f"{self.space.name}:{self.task.dataset}"

    @property
    def title(self) -> str:
        """The space and the data set, for people."""
        return f"{self.space.title}, {self.task.dataset}"


@dataclass(frozen=True, eq=False)
class Judged:
    """What is compared in a column, a row an architecture or a class.

    Attributes:
        scores: a column a proxy.
        truth: more is better.
        repeats: the truth of separate trainings, a column a training; None where there are none at hand.
        repeats_words: what these are.
    """

    scores: pd.DataFrame = field(repr=False)
    truth: pd.Series[float] = field(repr=False)
    repeats: pd.DataFrame | None = field(default=None, repr=False)
    repeats_words: str = ""


def task_columns(tables: Sequence[TableFile]) -> tuple[list[TaskColumn], list[str]]:
    """The tasks of all spaces that are installed, at the longest training that is known of each data set.

    A task is judged by the scores of its own data set where a table has them, else by those of another data set of the
    space; a bundled table goes before one of a sweep, and of sweeps the newest.

    Args:
        tables: the score tables there are, as :func:`backend.scoring.tables.list_tables` orders them.

    Returns:
        The columns, and a line on each table or space that cannot be read.
    """
    problems: list[str] = []
    made: list[tuple[TableFile, Provenance]] = []
    for file in tables:
        with _noted(problems):
            made.append((file, read_provenance(file.path)))
    columns: list[TaskColumn] = []
    for name in registry.available():
        space = registry.get(name)
        with _noted(problems, f"{space.title}: "):
            columns += _columns_of(space, [(file, how) for file, how in made if how.space == name])
    return columns, problems


def _columns_of(space: SearchSpace, tables: Sequence[tuple[TableFile, Provenance]]) -> list[TaskColumn]:
    truth = capability(space, HasTruth)
    if truth is None:
        return []
    columns = []
    for dataset in truth.datasets:
        task = max((task for task in truth.tasks if task.dataset == dataset), key=lambda task: task.epochs)
        if task.variant_of:
            continue
        own = [table for table in tables if table[1].dataset == dataset]
        file, how = next(iter([*own, *tables]), (None, None))
        columns.append(TaskColumn(space, task, file, how.dataset if how else ""))
    return columns


@contextmanager
def _noted(problems: list[str], where: str = "") -> Iterator[None]:
    """Notes what cannot be read: one table, or one space of a user, must not take the others with it."""
    try:
        yield
    except UserError as error:
        problems.append(str(error))
    except Exception as error:  # noqa: BLE001 - a user's space may fail in any way
        problems.append(f"{where}{in_a_line(error)}")


def judged(column: TaskColumn, *, by_class: bool = False) -> Judged:
    """Scores and truth of a column.

    Args:
        column: of the table.
        by_class: whether architectures that compute the same function count once, with their means.

    Raises:
        UserError: the score table cannot be read, or a user's space fails.
    """
    try:
        return _judged(column, by_class=by_class)
    except UserError:
        raise
    except Exception as error:
        if registry.bundled(column.space.name):
            raise
        raise UserError(f"{column.space.title}: {in_a_line(error)}") from error


def _judged(column: TaskColumn, *, by_class: bool) -> Judged:
    space, task = column.space, column.task
    known = require(space, HasTruth, "proxy table")
    sign = -1.0 if task.field.better == "minimize" else 1.0
    truth = sign * known.values(task.dataset, task.epochs).astype(float)
    classes = classes_of(space, truth.index)
    if column.file is not None:
        scores = table_scores(read_table(column.file.path))
    else:
        scores = pd.DataFrame(index=classes.dropna().index)
    # Where no networks were scored, the sizes are those for some number of classes.
    counted = column.scored_on or next((name for name in DATASETS if name == task.dataset), DATASETS[0])
    scores = usable(with_sizes(scores, space, counted).astype(float))
    truth, classes = truth.reindex(scores.index), classes.reindex(scores.index)
    repeats, words = known.repeats(task.dataset, task.epochs), "trainings"
    if repeats is not None:
        repeats = sign * repeats.reindex(scores.index)
        repeats = repeats.groupby(classes).mean() if by_class else repeats
        words = f"each two of {len(repeats.columns)} trainings"
    elif np.isnan(task.noise) and (repeats := _twins(truth, classes)) is not None:
        words = f"two {space.words.many} that compute the same function, trained apart"
    if by_class:
        scores, truth = class_means(scores, truth, classes)
    return Judged(scores, truth, repeats, words)


def _twins(truth: pd.Series[float], classes: pd.Series) -> pd.DataFrame | None:
    """Two architectures of each class that has several, trained apart; None where there are few, or equal copies."""
    groups = truth.dropna().groupby(classes)
    pairs = pd.DataFrame({"first": groups.first(), "last": groups.last()})[groups.size() > 1]
    copied = (pairs["first"] == pairs["last"]).mean()
    return pairs if len(pairs) >= _FEWEST_TWINS and copied < _MOST_COPIED else None


def correlations(
    column: TaskColumn,
    found: Judged,
    names: Sequence[str],
    share: float = 1.0,
    statistics: Sequence[str] = PLAIN_STATISTICS,
    resamples: int = 0,
) -> pd.DataFrame:
    """The rows of a column.

    Args:
        column: of the table.
        found: what :func:`judged` gives of it.
        names: of the proxies.
        share: of the architectures that count, those of the best truth.
        statistics: those whose intervals are resampled; both have a value.
        resamples: bootstrap resamples for the 95% intervals; 0 leaves them NaN.

    Returns:
        A row a proxy, and one of `REPEAT`, the noise ceiling: space, space_title, task, epochs, metric, scored_on,
        kind, proxy, architectures, spearman and kendall with _low and _high, more is better; and note, why there is no
        value, or what a ceiling is worked out from.
    """
    shared = {
        "space": column.space.name,
        "space_title": column.space.title,
        "task": column.task.dataset,
        "epochs": column.task.epochs,
        "metric": column.task.field.label,
        "scored_on": column.scored_on,
    }
    rows: list[Mapping[str, object]] = [{**shared, **_ceiling(column, found, share)}]
    for name in names:
        row = correlation(found, name, share, statistics, resamples)
        note = _why_none(column, found, name, row) if np.isnan(row.get("spearman", np.nan)) else ""
        rows.append(
            {**shared, "kind": "baseline" if name in BASELINES else "proxy", "proxy": name, **row, "note": note}
        )
    numbers = [f"{statistic}{end}" for statistic in PLAIN_STATISTICS for end in ("", "_low", "_high")]
    return pd.DataFrame(rows).reindex(columns=[*shared, "kind", "proxy", "architectures", *numbers, "note"])


def correlation(
    found: Judged,
    name: str,
    share: float = 1.0,
    statistics: Sequence[str] = PLAIN_STATISTICS,
    resamples: int = 0,
) -> dict[str, float]:
    """One proxy in a column, as ``backend.analysis.correlation.correlation_among_best``, turned so that more is better.

    Args:
        found: what is compared.
        name: of the proxy.
        share: of the architectures that count.
        statistics: those that are worked out.
        resamples: bootstrap resamples for the 95% intervals; 0 leaves them NaN.

    Returns:
        Empty numbers where the scores of the proxy are not there.
    """
    if name not in found.scores:
        return {"architectures": 0}
    sign = -1.0 if proxies.get(name).direction == "minimize" else 1.0
    return correlation_among_best(sign * found.scores[name], found.truth, share, statistics, resamples)


def average_ranks(table: pd.DataFrame, statistic: str = "spearman") -> pd.DataFrame:
    """Proxies by their average rank over tasks, the best first.

    Only tasks count whose architectures were scored. A proxy that has no value on a task counts there as the middle;
    ranks among fewer proxies are stretched to those among all.

    Args:
        table: rows of :func:`correlations`.
        statistic: "spearman" or "kendall".

    Returns:
        Indexed by proxy: average_rank (1 is the best; NaN where no task counts) and tasks, those with a value.

    >>> rows = [("a", "x", 0.9), ("b", "x", 0.5), ("a", "y", 0.1), ("b", "y", 0.3), ("c", "y", 0.2)]
    >>> table = pd.DataFrame(rows, columns=["proxy", "task", "spearman"]).assign(space="s", kind="proxy", scored_on="z")
    >>> average_ranks(table)["average_rank"].round(2).to_dict()
    {'b': 1.83, 'c': 2.0, 'a': 2.17}
    """
    rows = table[table["kind"] != "ceiling"]
    order = rows["proxy"].drop_duplicates()
    values = rows.pivot_table(statistic, "proxy", ["space", "task"], dropna=False).reindex(order)
    scored = rows[rows["scored_on"] != ""].set_index(["space", "task"]).index.unique()
    counted = values[[column for column in values if column in scored]]
    total, known = len(order), counted.notna().sum()
    ranks = counted.rank(ascending=False).mul((total + 1) / (known + 1), axis="columns")
    averages = ranks.fillna((total + 1) / 2).mean(axis="columns")
    found = pd.DataFrame({"average_rank": averages, "tasks": values.notna().sum(axis="columns")})
    return found.rename_axis("proxy").sort_values(["average_rank", "tasks"], ascending=[True, False], kind="stable")


def with_any_score(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of proxies that have a value on some task."""
    known = table.loc[table["spearman"].notna(), "proxy"]
    return table[table["proxy"].isin(known) | (table["kind"] == "ceiling")]


def _ceiling(column: TaskColumn, found: Judged, share: float) -> dict[str, object]:
    """The row of the noise ceiling: the correlation of two trainings of the same architectures."""
    row: dict[str, object] = {"kind": "ceiling", "proxy": REPEAT, "architectures": 0}
    task, repeats = column.task, found.repeats
    if repeats is not None:
        pairs = [
            correlation_among_best(repeats[other], repeats[one], share)
            for one in repeats
            for other in repeats
            if one != other
        ]
        means = pd.DataFrame(pairs)[["architectures", *PLAIN_STATISTICS]].mean()
        count = round(float(means.pop("architectures")))
        return {**row, "architectures": count, **means, "note": found.repeats_words}
    if not np.isnan(task.noise):
        return {**row, **_noisy(found.truth.dropna(), task.noise, share)}
    return {**row, "note": "the noise of these trainings is not known"}


def _noisy(truth: pd.Series[float], noise: float, share: float) -> dict[str, object]:
    # Both trainings err: the difference of two has √2 times the deviation of one.
    draws = [
        truth + np.random.default_rng(seed).normal(scale=np.sqrt(2) * noise, size=len(truth))
        for seed in range(_NOISE_DRAWS)
    ]
    found = pd.DataFrame([correlation_among_best(again, truth, share) for again in draws])
    means = found[list(PLAIN_STATISTICS)].mean()
    words = f"from the standard deviation of one training, {noise:.2g}"
    return {"architectures": int(found["architectures"].iloc[0]), **means, "note": words}


def _why_none(column: TaskColumn, found: Judged, name: str, row: Mapping[str, float]) -> str:
    """Why a proxy has no value in a column, in words."""
    space = column.space
    if name in found.scores and row["architectures"] > 1 and found.scores[name].nunique() <= 1:
        return "all its scores are equal"
    if name in found.scores and found.scores[name].notna().any():
        return f"{space.words.count(int(row['architectures']))} are too few"
    if name in BASELINES and (missing := lacks(space, KnownCosts)):
        return missing
    if column.file is None:
        return lacks_listing(space) or f"no score table: `sweep --space {space.name}` makes one"
    try:
        return refusals(space).get(name, "") or "not in the score table"
    except UserError:
        # A user's network that cannot be built says why when it is scored.
        return "not in the score table"


@cache
def refusals(space: SearchSpace) -> Mapping[str, str]:
    """Why proxies are not computed for networks of a space, by name; those that are computed are left out.

    It builds one network, the first that can be scored.

    Args:
        space: with architectures that can be listed.
    """
    # What builds networks takes seconds to load, and a table without gaps needs none.
    from backend.scoring.scorer import Scorer  # noqa: PLC0415

    first = space.at(require_listing(space, "proxy table").dropna().iloc[0])
    scorer = Scorer(
        DATASETS[0],
        proxies.available(),
        batch_size=_TRIED_IMAGES,
        device="cpu",
        image_source="random",
        space=space,
        check=False,
    )
    return {name: reason for name, reason in scorer.explain(first).items() if reason}
