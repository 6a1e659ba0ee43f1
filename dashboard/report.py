"""A study as one HTML file that opens without a network."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from backend import installation
from backend.studies import StudySummary
from dashboard.cards.base import Card
from dashboard.cards.study import report_cards
from dashboard.data import queries
from dashboard.data.axes import axes_of
from dashboard.data.pace import elapsed
from dashboard.data.quantities import is_foreign, label
from dashboard.figures.numbers import duration
from dashboard.widgets.tables import look
from dashboard.widgets.trial_tables import spread_metrics

_ASSETS = Path(__file__).with_name("assets")
_MOST_BEST, _LOG_LINES = 100, 200


class _Chart(NamedTuple):
    """A picture of the report."""

    title: str
    words: str
    html: Markup


def study_report(summary: StudySummary) -> str:
    """The report of a study, whatever its state: a chart that cannot be shown says why in its place.

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
        charts=[_chart(card) for card in report_cards(summary, frame, axes)],
        best=_best_table(best) if summary.config_text is not None else _best_values(frame, best["number"].tolist()),
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
    if summary.space_name:
        facts["Search space"] = summary.space.title if summary.space else f"{summary.space_name}, not installed here"
    if config:
        if config.trained_on != config.dataset:
            facts["Truth"] = config.trained_on
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


def _chart(card: Card) -> _Chart:
    """A card as it is printed: with its chart, or with the reason why there is none."""
    if card.figure is None:
        return _Chart(card.title, card.why_not, Markup(""))
    config = {"displaylogo": False, "responsive": True}
    html = card.figure.to_html(full_html=False, include_plotlyjs=False, config=config)
    return _Chart(card.title, card.words, Markup(html))


def _best_table(best: pd.DataFrame) -> Markup:
    if best.empty:
        return Markup("")
    table = spread_metrics(best.head(_MOST_BEST))
    table.columns = pd.Index([".".join(filter(None, pair)) for pair in table.columns])
    return _html(table)


def _best_values(frame: pd.DataFrame, numbers: Sequence[int]) -> Markup:
    """The best trials of an external study: their values and parameters."""
    rows = frame[frame["number"].isin(numbers)].head(_MOST_BEST)
    shown = [column for column in rows if column == "number" or is_foreign(str(column))]
    return _html(rows[shown].dropna(axis="columns", how="all").rename(columns=label)) if len(rows) else Markup("")


def _html(table: pd.DataFrame) -> Markup:
    # pandas escapes the cells and the headings.
    return Markup(table.to_html(index=False, border=0, float_format=lambda value: f"{value:.6g}", na_rep="–"))
