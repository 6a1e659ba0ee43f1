"""What commands print of a study: tables of its best trials, weights and ensembles."""

from collections.abc import Mapping, Sequence

import pandas as pd
from rich.table import Column, Table
from rich.text import Text

from backend import costs as hardware
from backend.cli.terminal import Terminal, lines
from backend.cli.values import interval, number, written
from backend.ensembles.models import MODELS
from backend.ensembles.study import StudyEnsemble
from backend.spaces.base import SearchSpace, Words
from backend.spaces.capabilities import field_of
from backend.spaces.truth_tasks import TruthField


def print_best(console: Terminal, best: pd.DataFrame, epochs: int, space: SearchSpace | None) -> None:
    """Print the "Best trial(s)" table, each metric of an architecture on a line of its own, and the architectures.

    Args:
        console: to print on.
        best: as ``backend.studies.best_table`` gives it.
        epochs: the training length of its truth.
        space: what was searched; None where it is not installed here.
    """
    one = (space.words if space else Words()).one
    truth = lines(["nasbench_data_metrics", f"({epochs} epochs)"])
    headings: list[str | Text] = ["number", "index", "software_metrics", "hardware_metrics", "scaled_metrics", truth]
    table = Table(
        *(Column(heading, overflow="fold") for heading in headings),
        title="Best trial(s)",
        title_justify="left",
        show_lines=True,
    )
    for row in best.itertuples(index=False):
        trial, index, _, software, costs, *others = row
        architecture = "–" if pd.isna(index) else str(index)
        table.add_row(str(trial), architecture, metric_lines(software), cost_lines(costs), *map(metric_lines, others))
    console.print(table)
    # One is wider than the table's columns can be, and should be copied in one piece.
    for trial, index, arch in best.loc[best["arch"].notna(), ["number", "index", "arch"]].itertuples(index=False):
        line = f"trial {trial}, {one}{'' if pd.isna(index) else f' {index}'}: {arch}"
        console.print(line, soft_wrap=True)


def print_best_values(console: Terminal, best: pd.DataFrame) -> None:
    """Print the best trials of a study that was made elsewhere: its values and parameters, each on a line."""
    table = Table(
        *(Column(heading, overflow="fold") for heading in ("number", "values", "params")),
        title="Best trial(s)",
        title_justify="left",
        show_lines=True,
    )
    for row in best.to_dict("records"):
        params = lines(f"{name} {value}" for name, value in row["params"].items()) or "–"
        table.add_row(str(row["number"]), metric_lines(row["values"]), params)
    console.print(table)


def metric_lines(metrics: Mapping[str, float | None]) -> Text:
    """Metrics one a line, six significant digits; a dash where there are none."""
    return lines(f"{name} {number(value)}" for name, value in metrics.items()) or Text("–")


def cost_lines(costs: Mapping[str, float | None]) -> Text:
    """Hardware metrics one a line, with their units."""
    units = {name: hardware.get(name).unit for name in costs if name in hardware.available()}
    return lines(f"{name} {number(value)} {units.get(name, '')}".rstrip() for name, value in costs.items()) or Text("–")


def print_weights(console: Terminal, fitted: StudyEnsemble) -> None:
    """Print a linear ensemble: weights in points of accuracy a standard deviation, intercept, how good it is."""
    ensemble, words = fitted.ensemble, fitted.ensemble.recipe.space.words
    field = field_of(ensemble.recipe.space, fitted.target)
    table = Table("proxy", "weight", title="Ensemble weights", title_justify="left")
    for name, weight in (ensemble.weights or {}).items():
        table.add_row(f"log {name}" if name in ensemble.recipe.logarithms else name, f"{weight:+.4f}")
    table.add_row("intercept", f"{ensemble.intercept:.4f}", style="bold")
    console.print(table)
    console.print(
        f"[{' '.join(f'{weight:.8e}' for weight in (ensemble.weights or {}).values())}]",
        soft_wrap=True,
    )
    console.print(
        f"Linear regression of {field.with_unit(fitted.target.replace(':', '-epoch '))} on standardised proxies, "
        f"{words.count(len(ensemble.architectures))}: R² {fitted.r2:.3f} in-sample, "
        f"Spearman {interval(fitted.within, 'spearman')} held out (3 × 5 folds). "
        "log: the signed logarithm, of proxies whose values span orders of magnitude."
    )


def _worth(field: TruthField) -> str:
    """The unit of weights: what a standard deviation of a column adds."""
    return "Points of accuracy" if field.unit == "%" else field.label


def print_ensemble(
    console: Terminal, fitted: StudyEnsemble, figures: Mapping[str, Mapping[str, float]], note: str
) -> None:
    """Print one ensemble: what it is, weights with intervals, figures, and the ten architectures that it puts first."""
    ensemble = fitted.ensemble
    recipe, words = ensemble.recipe, ensemble.recipe.space.words
    field = field_of(recipe.space, fitted.target)
    logs = f" (as logarithms: {', '.join(recipe.logarithms)})" if recipe.logarithms else ""
    made_of = [*recipe.proxies, *([f"the {words.one}'s graph"] if recipe.graph else [])]
    labels = "" if recipe.label_free else f" for {field.with_unit(fitted.target.replace(':', '-epoch '))}"
    console.print(
        f"{MODELS[recipe.model].title}{labels} on {', '.join(made_of)}{logs}; "
        f"{words.count(len(ensemble.architectures))}.",
    )
    intervals = ensemble.weight_intervals()
    if len(intervals):
        table = Table(
            "column",
            "weight",
            "95% interval",
            title=f"{_worth(field)} that a standard deviation is worth to an average {words.one}",
        )
        for name, (weight, low, high) in intervals.iterrows():
            table.add_row(str(name), f"{weight:+.3f}", f"{low:+.3f} to {high:+.3f}")
        table.add_row("intercept", f"{ensemble.intercept:.3f}", "")
        console.print(table)
    print_ensembles(console, {MODELS[recipe.model].title: figures}, fitted.target, [note] if note else [], recipe.space)
    title = f"The labelled {words.many}, best predicted first"
    table = Table("rank", "trial", words.one, "predicted", field.with_unit("true"), title=title)
    for row in fitted.ranking().head(10).to_dict("records"):
        values = (row["rank"], row.get("number", "–"), row["index"])
        table.add_row(*map(str, values), f"{row['predicted']:.3f}", f"{row['true']:.3f}")
    console.print(table)


def print_ensembles(
    console: Terminal,
    fits: Mapping[str, Mapping[str, Mapping[str, float]]],
    target: str,
    notes: Sequence[str],
    space: SearchSpace,
) -> None:
    """Print ensembles side by side: how they rank architectures, and the accuracy of the one that they pick.

    Args:
        console: where to.
        fits: figures by title of the ensemble and by where they were taken.
        target: the column that the accuracies are of.
        notes: what could not be fitted or judged, and why.
        space: of the architectures.
    """
    words, field = space.words, field_of(space, target)
    many = words.many
    names = ("ensemble", "judged on", many, "Spearman")
    table = Table(
        *(Column(name, no_wrap=True) for name in names),
        "Kendall",
        "Spearman, best 10%",
        field.with_unit("picks"),
        field.with_unit("best"),
    )
    for title, places in fits.items():
        for where, found in places.items():
            numbers = (written(found[name], "+.3f") for name in ("kendall", "top_spearman"))
            accuracies = (written(found[name], ".2f") for name in ("picked", "best"))
            table.add_row(title, where, f"{found['cells']:.0f}", interval(found, "spearman"), *numbers, *accuracies)
    console.print(table)
    console.print(
        f"{target.replace(':', '-epoch ')}; 95% bootstrap intervals. The study: its own {many}, cross-validated, "
        f"three times in five folds, isomorphic {many} together (without labels: all of them). Unseen {many}: those "
        f"that are isomorphic to none that was fitted. Picks: true accuracy of the {words.one} predicted best.",
    )
    for note in notes:
        console.print(note, style="yellow")
