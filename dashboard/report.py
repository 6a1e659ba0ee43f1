"""A study as one HTML file that opens without a network."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from backend import installation
from backend.analysis.importance import choice_means
from backend.analysis.repetitions import median_band
from backend.spaces.nas_bench_201.cell import Cell
from backend.studies import StudySummary
from dashboard.data import compare as compare_queries
from dashboard.data import queries
from dashboard.data.pace import elapsed
from dashboard.data.quantities import infinite_words, label
from dashboard.figures import cell_graph, operation_tiles, parallel_coordinates, pareto_scatter, progress_chart
from dashboard.figures.numbers import duration, readable
from dashboard.figures.parallel_coordinates import settings_of
from dashboard.figures.search_curves import Curve, search_curves
from dashboard.widgets.study_axes import Axes, axes_of
from dashboard.widgets.tables import look
from dashboard.widgets.trial_tables import spread_metrics

_ASSETS = Path(__file__).with_name("assets")
_MOST_AXES, _MOST_BEST, _LOG_LINES = 8, 100, 200


class _Chart(NamedTuple):
    """A picture of the report."""

    title: str
    words: str
    html: Markup


def study_report(summary: StudySummary) -> str:
    """The report of a study, whatever its state: what there is nothing to show of is left out.

    Raises:
        UserError: it was deleted meanwhile.
    """
    frame, run = queries.trials(summary), queries.current_run(summary)
    axes = axes_of(summary, frame)
    epochs = summary.config.runner.nasbench_epochs if summary.config else 200
    best = queries.best(summary, epochs)
    environment = Environment(
        loader=FileSystemLoader(_ASSETS), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("report.html.j2").render(
        summary=summary,
        run=run,
        state=look(run).word,
        facts=_facts(summary, frame),
        charts=list(_charts(summary, frame, axes)),
        best=_best_table(best),
        best_count=len(best),
        most_best=_MOST_BEST,
        epochs=epochs,
        config=summary.config.to_toml() if summary.config else "",
        log=queries.log(summary, last=_LOG_LINES) if run else [],
        versions={**installation.versions(), **installation.machine()},
        made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        # A script of that length holds no end of a script by itself.
        plotly=Markup(get_plotlyjs()),
    )


def _facts(summary: StudySummary, frame: pd.DataFrame) -> dict[str, str]:
    run, config = summary.run, summary.config
    counts = frame["state"].value_counts()
    facts = {
        "Objectives": ", ".join(
            f"{way} {name}" for name, way in zip(summary.objectives, summary.directions, strict=True)
        ),
        "Trials": f"{len(frame):,}" + "".join(f", {count:,} {state}" for state, count in counts.items()),
    }
    if config:
        facts |= {"Data set": config.dataset, "Sampler": f"{config.setup.sampler}, seed {config.setup.seed}"}
    if summary.created:
        facts["Created"] = f"{summary.created:%Y-%m-%d %H:%M} UTC"
    if run:
        facts |= {
            "Time": duration(elapsed(run)),
            "Where": f"{run.device or 'no device yet'}{f' on {run.host}' if run.host else ''}",
            "Images": run.images or "not read yet",
        }
        if run.message:
            facts["Message"] = run.message
    if summary.config_problem:
        facts["Configuration"] = f"cannot be read here: {summary.config_problem}"
    return facts


def _charts(summary: StudySummary, frame: pd.DataFrame, axes: Axes) -> Iterator[_Chart]:
    complete = frame[frame["state"] == "complete"]
    if not axes.columns or complete.empty:
        return
    first = axes.columns[0]
    figure = progress_chart(frame, first, axes.direction(first), bounds=axes.bounds.get(first, ()))
    words = f"{label(first)} by trial, and the best so far.{infinite_words(frame, [first])}"
    yield _chart("Progress", words, figure)
    yield from _curves(summary)
    second = axes.objectives[1] if len(axes.objectives) > 1 else axes.truth
    if second and second != first:
        figure = pareto_scatter(frame, first, second, directions=axes.directions, bounds=axes.bounds, color=axes.truth)
        words = f"{label(second)} against {label(first)}.{infinite_words(frame, [first, second])}"
        yield _chart("Pareto front", words, figure)
    shown = list(dict.fromkeys([*axes.objectives, *([axes.truth] if axes.truth else []), *axes.columns]))[:_MOST_AXES]
    figure = parallel_coordinates(complete, settings_of(complete), shown, axes.truth or first, ranked=True)
    yield _chart("Parallel coordinates", "Each trial across its settings and quantities, by rank.", figure)
    target = axes.truth or first
    means = choice_means(frame, target, queries.parameters_of(summary))
    if len(means):
        words = f"Mean of {label(target)} over the distinct cells with that operation on that edge, and their number."
        yield _chart("Operations", words, operation_tiles(means, target))
    yield from _best_cell(complete, axes, target)


def _curves(summary: StudySummary) -> Iterator[_Chart]:
    study = compare_queries.compare(summary)
    if not study.no_regret and study.dataset:
        epochs = summary.config.runner.nasbench_epochs if summary.config else 200
        found = compare_queries.regret(study, epochs, None)
        if len(found):
            random = compare_queries.random_accuracy(study.space, study.dataset, epochs, int(found["cells"].max()))
            figure = _curve(found, "best_accuracy", f"True test accuracy, {epochs} epochs (%)", random)
            yield _chart("Best true accuracy", "Of the cells found so far, beside random search, exact.", figure)
    if not study.no_volume:
        volume = compare_queries.hypervolumes([study], ranked=True)[study.name]
        known = compare_queries.space_of([study]).values is not None
        most = int(volume["cells"].max())
        band = compare_queries.random_hypervolumes([study], most, ranked=True) if known else None
        beside = " among all cells that the search allows, beside simulated random search" if known else ""
        figure = _curve(volume, "hypervolume", "Hypervolume (share of the box)", band)
        yield _chart("Hypervolume", f"Of the ranks of all objectives{beside}.", figure)


def _curve(cells: pd.DataFrame, column: str, title: str, random: pd.DataFrame | None) -> go.Figure:
    band = median_band([pd.Series(cells[column].to_numpy(), index=cells["cells"])])
    baseline = Curve("random search", random, 2) if random is not None else None
    return search_curves([Curve("this study", band, 1)], "Distinct cells scored", title, baseline=baseline)


def _best_cell(complete: pd.DataFrame, axes: Axes, column: str) -> Iterator[_Chart]:
    known = complete[complete[column].notna()]
    if known.empty or "arch" not in known:
        return
    values = known[column].to_numpy()
    row = known.iloc[int(values.argmin() if axes.direction(column) == "minimize" else values.argmax())]
    words = f"Cell {int(row['index']):,}, trial {row['number']}: {label(column)} {readable(float(row[column]))}. "
    yield _chart(f"Best cell by {label(column)}", words + str(row["arch"]), cell_graph(Cell.parse(row["arch"])))


def _chart(title: str, words: str, figure: go.Figure) -> _Chart:
    config = {"displaylogo": False, "responsive": True}
    return _Chart(title, words, Markup(figure.to_html(full_html=False, include_plotlyjs=False, config=config)))


def _best_table(best: pd.DataFrame) -> Markup:
    if best.empty:
        return Markup("")
    table = spread_metrics(best.head(_MOST_BEST))
    table.columns = pd.Index([".".join(filter(None, pair)) for pair in table.columns])
    # pandas escapes the cells and the headings.
    return Markup(table.to_html(index=False, border=0, float_format=lambda value: f"{value:.6g}", na_rep="–"))
