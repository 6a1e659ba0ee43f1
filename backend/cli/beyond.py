"""What the command about ensembles says beyond the fit: architectures to train, other data sets, the learning curve."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import pandas as pd
from rich.table import Column, Table

from backend.cli.terminal import Terminal, progress_bar
from backend.cli.values import interval, written
from backend.datasets.info import DATASETS
from backend.ensembles.evaluation import Figures, figures, learning_curve
from backend.ensembles.fitting import ACCURACY, Recipe
from backend.ensembles.recommendation import expected_accuracy, shortlist, training_plan
from backend.ensembles.study import StudyEnsemble
from backend.ensembles.transfer import home_scores, target_scores, transferred
from backend.errors import UserError
from backend.json_records import json_records
from backend.spaces.base import SearchSpace
from backend.spaces.capabilities import HasTruth, field_of, lacks, require
from backend.spaces.truth_tasks import TruthField
from backend.storage.database import Database
from backend.studies import load_study, study_config, trials_frame
from backend.studies.trials import json_numbers

SIZES: Final = (8, 16, 32, 64, 128, 256, 512, 1024, 2048)
_REPEATS: Final = 20


@dataclass(frozen=True)
class Basis:
    """What ensembles are fitted on.

    Attributes:
        name: of the study, or words for the architectures of a table.
        space: of the architectures.
        dataset: of the images.
        trained_on: of the accuracies.
        target: column of the accuracy, ``<epochs>:test-accuracy``.
        recorded: proxies that there are.
        table: scores of the whole space; None takes the bundled ones, if there are any.
        scores: one sentence on the images.
        fit: makes an ensemble of a recipe; raises UserError where there are too few architectures.
    """

    name: str
    space: SearchSpace
    dataset: str
    trained_on: str
    target: str
    recorded: tuple[str, ...]
    table: pd.DataFrame | None
    scores: str
    fit: Callable[[Recipe], StudyEnsemble]

    @property
    def epochs(self) -> int:
        """Length of the trainings."""
        return int(self.target.split(":")[0])

    @property
    def field(self) -> TruthField:
        """What the accuracies are."""
        return field_of(self.space, self.target)

    @cached_property
    def accuracy(self) -> pd.Series[float]:
        """True accuracy (%) of all architectures."""
        return require(self.space, HasTruth, "ensemble").values(self.trained_on, self.epochs)

    def home(self, recipe: Recipe) -> pd.DataFrame:
        """Scores of the whole space.

        Raises:
            UserError: there are none with all the proxies.
        """
        return home_scores(self.dataset, recipe.proxies, self.space, self.table)


@dataclass(frozen=True)
class Carried:
    """An ensemble's figures on another data set, and which scores they were made from."""

    place: str
    words: str
    found: Figures


def listed_cells(basis: Basis, fitted: StudyEnsemble) -> pd.DataFrame:
    """The ten architectures that an ensemble puts first, as ``training_plan`` with expected, low and high (%)."""
    known = fitted.predictions
    predicted = known["left_out"]
    with suppress(UserError):
        space = basis.home(fitted.ensemble.recipe)
        predicted = pd.concat([predicted, fitted.unseen(space, basis.accuracy)["predicted"]])
    listed = shortlist(predicted, basis.space)
    labelled = not fitted.ensemble.recipe.label_free
    expected = expected_accuracy(
        listed, known["left_out"], known[ACCURACY], labelled=labelled, bounds=basis.field.bounds
    )
    return training_plan(list(listed.index), basis.space, basis.trained_on, basis.epochs).join(expected)


def carried(database: Database, basis: Basis, fitted: StudyEnsemble, place: str) -> Carried:
    """Judge an ensemble elsewhere.

    Args:
        database: where studies are.
        basis: what it was fitted on.
        fitted: the ensemble.
        place: a data set or task that there are trainings on, or the name of a study.

    Raises:
        UserError: there is no such place, or there are no scores.
    """
    truth = require(basis.space, HasTruth, "--transfer")
    trials, trained_on = None, place
    dataset = place if place in DATASETS else basis.dataset
    if place not in DATASETS and place not in truth.datasets:
        study = load_study(database, place)
        config = study_config(study)
        if config is None:
            raise UserError(f"--transfer: {place!r} was made elsewhere: no proxies are recorded in it")
        trials, dataset, trained_on = trials_frame(study), config.dataset, config.trained_on
    recipe = fitted.ensemble.recipe
    try:
        home = basis.home(recipe)
    except UserError:
        home = None
    there = target_scores(recipe.proxies, dataset, basis.dataset, home, basis.space, trials)
    accuracy = truth.values(trained_on, basis.epochs)
    architectures = transferred(fitted, there, accuracy, home)
    return Carried(place, there.words, figures(architectures["predicted"], architectures[ACCURACY]))


def curve_of(basis: Basis, recipe: Recipe, *, bar: bool) -> pd.DataFrame:
    """The learning curve of a recipe, with a bar while it is computed.

    Raises:
        UserError: there are no scores of the whole space, or the model needs no labels.
    """
    if recipe.label_free:
        raise UserError("--curve: a sum of log ranks needs no label, so there is nothing to learn from more of them")
    scores = basis.home(recipe)
    sizes = [size for size in SIZES if size >= recipe.fewest_cells]
    with progress_bar() as progress:
        task = progress.add_task("learning curve", total=len(sizes) * _REPEATS, visible=bar)
        return learning_curve(recipe, scores, basis.accuracy, sizes, _REPEATS, on_fit=lambda: progress.advance(task))


def records(listed: pd.DataFrame, places: Sequence[Carried], curve: pd.DataFrame | None) -> dict[str, Any]:
    """All of it as JSON types."""
    return {
        "shortlist": json_records(listed.reset_index()),
        "transfer": [
            {"place": item.place, "predicted_from": item.words, "figures": json_numbers(item.found)} for item in places
        ],
        "learning_curve": json_records(curve) if curve is not None else None,
    }


def print_all(
    console: Terminal,
    fitted: StudyEnsemble,
    listed: pd.DataFrame,
    places: Sequence[Carried],
    curve: pd.DataFrame | None,
) -> None:
    """Print the shortlist, and what there is of the others."""
    space = fitted.ensemble.recipe.space
    words, field = space.words, field_of(space, fitted.target)
    many = words.many
    title = f"Train these: the {many} that it puts first, unseen ones included, none isomorphic"
    print_plan(console, listed, title, space, field)
    console.print(
        f"Expected: the prediction, moved by the median of what {many} predicted alike missed theirs by; the interval "
        "holds 95% of that. Beyond all that were judged it counts as their highest; the interval reaches up to it."
        if not fitted.ensemble.recipe.label_free
        else f"Expected: what labelled {many} of like rank reach; no label enters the ranking.",
    )
    if places:
        table = Table(
            "judged on",
            "predicted from",
            many,
            "Spearman",
            "Kendall",
            field.with_unit("picks"),
            field.with_unit("best"),
        )
        for item in places:
            found = item.found
            numbers = (interval(found, "spearman"), written(found["kendall"], "+.3f"))
            accuracies = (written(found[name], ".2f") for name in ("picked", "best"))
            table.add_row(item.place, item.words, f"{found['cells']:.0f}", *numbers, *accuracies)
        console.print(table)
        console.print(f"Unseen {many}, isomorphic to none that was fitted; 95% bootstrap intervals.")
    if curve is not None:
        _print_curve(console, curve, many, field)


def print_plan(console: Terminal, listed: pd.DataFrame, title: str, space: SearchSpace, field: TruthField) -> None:
    """Print architectures to train with their costs.

    Args:
        console: where to.
        listed: as ``training_plan``, with expected, low and high where known.
        title: of the table.
        space: of the architectures.
        field: what they are compared by.
    """
    known = "expected" in listed
    predicted = (field.with_unit("expected"), "95% interval") if known else ()
    table = Table(
        "rank",
        Column(space.words.one, overflow="fold"),
        *predicted,
        field.with_unit("true"),
        "hours",
        "all hours",
        field.with_unit("best so far"),
    )
    table.title, table.title_justify = title, "left"
    for rank, (index, row) in enumerate(listed.iterrows(), start=1):
        table.add_row(str(rank), str(index), *(_expected(row) if known else ()), *_costs(row))
    console.print(table)
    if listed["accuracy"].isna().any() and not lacks(space, HasTruth):
        console.print(f"–: {space.title} has no training of this {space.words.one}.")


def _expected(row: pd.Series[float]) -> tuple[str, str]:
    if pd.isna(row.get("expected")):
        return "–", "–"
    return f"{row['expected']:.2f}", f"{row['low']:.2f} to {row['high']:.2f}"


def _costs(row: pd.Series[float]) -> tuple[str, ...]:
    return tuple(written(row[name], ".2f") for name in ("accuracy", "hours", "total_hours", "best"))


def _print_curve(console: Terminal, curve: pd.DataFrame, many: str, field: TruthField) -> None:
    table = Table(f"labelled {many}", "Spearman", "Kendall", "Spearman, best 10%", field.with_unit("picks"))
    table.title, table.title_justify = f"Learning curve: means of {_REPEATS} draws, on unseen {many}", "left"
    for size, row in curve.groupby("cells_labelled").mean().iterrows():
        numbers = (written(row[name], "+.3f") for name in ("spearman", "kendall", "top_spearman"))
        table.add_row(str(size), *numbers, written(row["picked"], ".2f"))
    console.print(table)
