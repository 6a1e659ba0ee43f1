"""Judges the recommendation's rule without labels on every space that has scores; ``python -m benchmarks.rule --help``.

Architectures are drawn from a space, no two of a class, as candidates of a search. A rule orders them by their scores;
judged are its first and the best of its first ten: by the share of the candidates that are better still, so that tasks
of any unit compare. What is chosen, a single proxy or a set, is chosen on the tasks of the other spaces alone.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final

import numpy as np
import pandas as pd
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from backend import proxies
from backend.analysis import proxy_table
from backend.analysis.proxy_table import BASELINES, TaskColumn
from backend.ensembles.recommendation import LENGTH, rule_proxies
from backend.errors import UserError
from backend.scoring.tables import list_tables
from backend.spaces.capabilities import classes_of
from backend.studies.folders import sweeps_folder

FEWEST_CANDIDATES: Final = 50
MEASURES: Final = {"first": "its first", "ten": "the best of its first ten"}
RULE, SINGLE, CHOSEN_SET = "the rule", "best single proxy elsewhere", "best set elsewhere"
SAME: Final = ("synflow", "tenas")
"""Proxies that order as another does, or are made of two others."""
_WIDTH = 170

Names = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Draws:
    """Candidates of one task.

    Attributes:
        column: the task.
        names: proxies whose scores are known.
        ranks: of each draw the log of the rank by each proxy, as a share: (candidates, proxies).
        places: of each draw the share of the candidates whose truth is better: (candidates,).
    """

    column: TaskColumn
    names: Names
    ranks: Sequence[NDArray[np.float64]] = field(repr=False)
    places: Sequence[NDArray[np.float64]] = field(repr=False)

    def judge(self, some: Names) -> dict[str, float]:
        """Mean places of the first and of the best of the first ten, by the sum of log ranks of some proxies."""
        chosen = [self.names.index(name) for name in some]
        found = []
        for ranks, places in zip(self.ranks, self.places, strict=True):
            sums = ranks[:, chosen].sum(axis=1)
            ten = places[np.argsort(-sums, kind="stable")[:LENGTH]]
            found.append((ten[0], ten.min()))
        return dict(zip(MEASURES, map(float, np.mean(found, axis=0)), strict=True))


def draws_of(column: TaskColumn, candidates: int, draws: int, seed: int) -> Draws | None:
    """Candidates of a task; None where too few architectures are known."""
    found = proxy_table.judged(column)
    scores = found.scores.drop(columns=[name for name in SAME if name in found.scores])
    scores = scores.loc[:, scores.notna().any() & (scores.nunique() > 1)]
    known = scores.notna().all(axis="columns") & found.truth.notna()
    scores, truth = scores[known], found.truth[known]
    signs = np.array([-1.0 if proxies.get(str(name)).direction == "minimize" else 1.0 for name in scores])
    classes = pd.Series(classes_of(column.space, scores.index).to_numpy(), index=scores.index)
    if classes.nunique() < FEWEST_CANDIDATES:
        return None
    ranks, places = [], []
    for draw in range(draws):
        order = np.random.default_rng((seed, draw)).permutation(len(scores))
        alone = ~classes.iloc[order].duplicated().to_numpy()
        # Half of a small sample at most: draws of all of it would be one and the same.
        some = order[alone][: min(candidates, int(alone.sum()) // 2)]
        ranked = (scores.iloc[some] * signs).rank().to_numpy() / len(some)
        ranks.append(np.log(ranked))
        places.append(((-truth.iloc[some]).rank(method="min").to_numpy() - 1) / len(some))
    return Draws(column, tuple(map(str, scores)), ranks, places)


def best_elsewhere(judged: Draws, tasks: Sequence[Draws], sizes: Sequence[int], known: Known) -> Names | None:
    """The set with the best average rank over the tasks of other spaces and both measures; None if there are none.

    Args:
        judged: the task whose space is left out.
        tasks: all tasks.
        sizes: how many proxies a set may have.
        known: what was judged already, which is added to.
    """
    others = [task for task in tasks if task.column.space.name != judged.column.space.name]
    if not others:
        return None
    shared = [name for name in judged.names if all(name in task.names for task in others)]
    sets = [some for size in sizes for some in itertools.combinations(shared, size)]
    frames = [pd.DataFrame([_figures(task, some, known) for some in sets]) for task in others]
    ranks = pd.concat([frame.rank() for frame in frames], axis="columns").mean(axis="columns")
    return sets[int(ranks.to_numpy().argmin())]


Known = dict[tuple[str, Names], dict[str, float]]


def _figures(task: Draws, some: Names, known: Known) -> dict[str, float]:
    key = (task.column.key, some)
    if key not in known:
        known[key] = task.judge(some)
    return known[key]


def rules_of(task: Draws, tasks: Sequence[Draws], most: int, known: Known) -> dict[str, Names]:
    """The rules that are compared on a task, by name: the proxies whose ranks each adds up."""
    chosen = rule_proxies(task.names, task.column.space, task.column.scored_on)
    rules = {RULE: tuple(name for name in chosen if name in task.names)}
    rules |= {name: (name,) for name in BASELINES if name in task.names}
    if single := best_elsewhere(task, tasks, [1], known):
        rules[SINGLE] = single
    if some := best_elsewhere(task, tasks, range(1, most + 1), known):
        rules[CHOSEN_SET] = some
    return rules


def compared(tasks: Sequence[Draws], most: int) -> pd.DataFrame:
    """A row a task and a rule: its proxies, and the places of what it puts first (0 is the best candidate)."""
    known: Known = {}
    rows = [
        {
            "space": task.column.space.name,
            "task": task.column.title,
            "candidates": len(task.places[0]),
            "rule": name,
            "proxies": ", ".join(some),
            **_figures(task, some, known),
        }
        for task in tasks
        for name, some in rules_of(task, tasks, most, known).items()
    ]
    return pd.DataFrame(rows)


def average_ranks(rows: pd.DataFrame) -> pd.DataFrame:
    """The average rank of each rule over tasks, for each measure and for both."""
    ranks = rows.groupby("task")[list(MEASURES)].rank()
    found = ranks.assign(rule=rows["rule"]).groupby("rule", sort=False).mean()
    return found.assign(both=found.mean(axis="columns")).sort_values("both")


def failures(rows: pd.DataFrame) -> list[str]:
    """Where the rule is worse than a baseline or the best single proxy, a line each."""
    said = []
    for task, some in rows.groupby("task", sort=False):
        by = some.set_index("rule")
        for other in (*BASELINES, SINGLE):
            for measure, words in MEASURES.items():
                if other in by.index and by[measure][other] < by[measure][RULE]:
                    ours, theirs = by[measure][RULE], by[measure][other]
                    said.append(f"{task}: {words} is at {ours:.1%}, that of {other} at {theirs:.1%}")
    return said


def main(
    candidates: Annotated[int, typer.Option(min=20, help="Architectures that a search would have scored.")] = 1000,
    draws: Annotated[int, typer.Option(min=1, help="Draws of them.")] = 30,
    most: Annotated[int, typer.Option(min=1, max=4, help="Proxies of a set at most.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="Of the draws.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Compare the rule without labels with params, flops, and what is chosen on the other spaces."""
    columns, problems = proxy_table.task_columns(list_tables(sweeps_folder()))
    scored = [column for column in columns if column.file is not None]
    tasks = [task for column in scored if (task := draws_of(column, candidates, draws, seed))]
    if not tasks:
        raise UserError("no space has scores and truth")
    rows = compared(tasks, most)
    ranks = average_ranks(rows)
    if as_json:
        print(json.dumps({"rows": rows.to_dict("records"), "ranks": ranks.reset_index().to_dict("records")}))
        return
    _print(rows, ranks, [*problems, *failures(rows)])


def _print(rows: pd.DataFrame, ranks: pd.DataFrame, lines: Sequence[str]) -> None:
    console = Console(width=_WIDTH)
    table = Table("task", "rule", "proxies", "first", "best of ten", title="Share of the candidates that are better")
    for task, some in rows.groupby("task", sort=False):
        for row in some.to_dict("records"):
            heading = f"{task} ({row['candidates']})"
            table.add_row(heading, row["rule"], row["proxies"], f"{row['first']:.1%}", f"{row['ten']:.1%}")
        table.add_section()
    console.print(table)
    averages = Table("rule", "first", "best of ten", "both", title="Average rank over tasks")
    for name, found in ranks.iterrows():
        averages.add_row(str(name), *(f"{found[column]:.2f}" for column in (*MEASURES, "both")))
    console.print(averages)
    for line in lines or ["The rule is nowhere worse than params, flops and the best single proxy."]:
        console.print(line)


if __name__ == "__main__":
    typer.run(main)
