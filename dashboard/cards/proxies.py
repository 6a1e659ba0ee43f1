"""The charts of the page "Proxies": how proxies rank architectures, and where they fail."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import pandas as pd

from backend.analysis.proxy_table import BASELINES, REPEAT, TaskColumn, average_ranks
from backend.spaces.base import Label
from backend.spaces.capabilities import Drawable, Groups, HasTruth, capability, lacks
from dashboard.cards.base import Card
from dashboard.data import proxies as proxy_queries
from dashboard.data.proxies import Source, Target
from dashboard.figures.architecture_graph import looks
from dashboard.figures.axis_scales import Scale
from dashboard.figures.group_correlations import group_correlations
from dashboard.figures.proxy_agreement import proxy_agreement
from dashboard.figures.proxy_ranking import STATISTIC_NAMES, proxy_ranking
from dashboard.figures.proxy_scatter import proxy_scatter
from dashboard.figures.proxy_table import proxy_table
from dashboard.text import drawn

ACCURACY, ONE_COLOUR = "accuracy", "none"
"""What stands on an axis, or for colours, beside the proxies and the groupings."""
BASELINE = "params"
GROUP_PREFIX = "by-"


def accuracy_title(source: Source, target: Target) -> str:
    """What the true accuracy is called on an axis."""
    return proxy_queries.task(source.space, target.dataset, target.epochs).axis


def ranking_card(correlations: pd.DataFrame, selected: str) -> Card:
    """The rank correlation of each proxy with true accuracy.

    Args:
        correlations: as ``backend.analysis.correlation.correlations`` gives it, in the order from the top.
        selected: the proxy to mark.
    """
    return Card(
        "ranking_chart",
        "Ranking of proxies",
        "Rank correlation of each proxy with true accuracy, with 95% intervals",
        proxy_ranking(correlations, baseline=BASELINE, selected=selected),
        correlations.reset_index(),
    )


def scatter_card(
    source: Source,
    target: Target | None,
    proxy: str,
    *,
    against: str,
    scale: Scale,
    color: str,
    selected: Label | None,
) -> Card:
    """A proxy against true accuracy or another proxy, a marker an architecture.

    Args:
        source: of the scores.
        target: the true accuracy; None where none is known.
        proxy: on the horizontal axis.
        against: on the vertical axis: `ACCURACY` or a proxy.
        scale: of proxies' axes.
        color: `ACCURACY`, `ONE_COLOUR`, a proxy, or `GROUP_PREFIX` and a grouping.
        selected: label of the architecture to ring.
    """
    words, key, title = source.space.words, "proxy_scatter", "Scatter plot"
    if target is None and against == ACCURACY:
        return Card.missing(key, title, f"{source.no_truth}. Another proxy is needed to draw {proxy} against.")
    columns = {proxy: source.scores[proxy]}
    if target is not None:
        truth = proxy_queries.accuracy(source.space, target.dataset, target.epochs)
        columns[accuracy_title(source, target)] = truth.reindex(source.scores.index)
    vertical = accuracy_title(source, target) if target is not None and against == ACCURACY else against
    shade = None if color == ONE_COLOUR else color
    if color == ACCURACY and target is not None:
        shade = accuracy_title(source, target)
    elif color.startswith(GROUP_PREFIX):
        grouping = color.removeprefix(GROUP_PREFIX)
        name = proxy_queries.groupings(source.space)[grouping]
        shade = f"{name[0].upper()}{name[1:]}"
        columns[shade] = proxy_queries.groups(source, grouping)
    columns |= {name: source.scores[name] for name in (against, color) if name in source.scores}
    points = pd.DataFrame(columns)
    figure = proxy_scatter(
        points,
        proxy,
        vertical,
        x_scale=scale,
        y_scale="linear" if against == ACCURACY else scale,
        color=shade,
        shades=_shades(source),
        selected=selected,
        words=words,
    )
    known = len(points.dropna(subset=[proxy, vertical]))
    return Card(
        key,
        title,
        f"{vertical} against {proxy}, one marker per {words.one}",
        figure,
        lambda: points.assign(arch=[source.space.at(label).key for label in points.index]).reset_index(),
        help=f"{words.count(known)}. Click one to see it; drag to zoom.",
    )


def groups_card(source: Source, target: Target | None, proxy: str, grouping: str | None) -> Card:
    """Spearman within groups of architectures, beside that of the baseline.

    Args:
        source: of the scores.
        target: the true accuracy; None where none is known.
        proxy: to look at.
        grouping: name of the grouping; None where the space has none.
    """
    words = source.space.words
    key, title = "groups_chart", f"Where does {proxy} fail?"
    reading = (
        f"Spearman with true accuracy among the {words.many} of one group only. A proxy that does well over all "
        f"{words.many} may do so by telling groups apart, and know nothing within them."
    )
    if target is None or grouping is None:
        return Card.missing(key, title, f"{lacks(source.space, HasTruth, Groups)}.", help=reading)
    name = proxy_queries.groupings(source.space)[grouping]
    groups = proxy_queries.in_groups(source, target, proxy, grouping)
    parts = [groups.reset_index().assign(proxy=proxy)]
    baseline = None
    if proxy != BASELINE and BASELINE in source.scores:
        baseline = (BASELINE, proxy_queries.in_groups(source, target, BASELINE, grouping))
        parts.append(baseline[1].reset_index().assign(proxy=BASELINE))
    overall = proxy_queries.points(source, Target(target.dataset, target.epochs))["spearman"][proxy]
    return Card(
        key,
        title,
        f"Spearman of {proxy} with true accuracy by {name}, with the number of {words.many}",
        group_correlations(groups, name, name=proxy, overall=overall, baseline=baseline, words=words),
        pd.concat(parts, ignore_index=True),
        help=reading,
    )


def agreement_card(source: Source) -> Card:
    """The rank correlation of each two proxies."""
    key, title = "agreement_chart", "Proxies among themselves"
    if len(source.scores.columns) < 2:
        return Card.missing(key, title, "Two proxies at least are needed.")
    matrix = proxy_queries.proxy_agreement(source)
    return Card(
        key,
        title,
        "Heat map of the Spearman correlation of each two proxies",
        proxy_agreement(matrix),
        matrix.rename_axis("proxy").reset_index(),
    )


def _shades(source: Source) -> dict[str, str]:
    """The colours that drawings give operations, by which groups may be called."""
    drawable = capability(source.space, Drawable)
    if drawable is None:
        return {}
    drawing = drawable.drawing(source.space.at(source.scores.index[0]))
    return {operation: look.color for operation, look in looks(drawing).items()}


def table_card(table: pd.DataFrame, columns: Sequence[TaskColumn], statistic: str) -> Card:
    """Every proxy on every task: a square for each, the noise ceiling above, the best average rank first.

    Args:
        table: as ``backend.analysis.proxy_table.correlations`` gives the columns, one below the other.
        columns: of the table, in their order from the left.
        statistic: "spearman" or "kendall".
    """
    key, title, name = "proxy_table", "Proxies by tasks of all spaces", STATISTIC_NAMES[statistic]
    if table.empty or not (table["kind"] != "ceiling").any():
        return Card.missing(key, title, "No proxy has a value on these tasks.")
    ranks = average_ranks(table, statistic)
    ranked = table.merge(ranks.reset_index()[["proxy", "average_rank"]], how="left", on="proxy")
    order = [REPEAT, *map(str, ranks.index)]
    ranked = ranked.sort_values("proxy", key=lambda names: names.map(order.index), kind="stable")
    of = {(column.space.name, column.task.dataset): column for column in columns}
    rows = [(row, of[row["space"], row["task"]]) for row in ranked.to_dict("records")]
    words = pd.Series([_square_words(row, column, statistic) for row, column in rows], index=ranked.index)
    links = pd.Series([(column.key, row["proxy"]) for row, column in rows], index=ranked.index)
    most = table.groupby(["space", "task"])["architectures"].max()
    titles = {
        place: (column.space.title, column.task.dataset, f"n = {int(most[place]):,}")
        for place, column in of.items()
        if place in most.index
    }
    return Card(
        key,
        title,
        f"Heat map of the {name} correlation of each proxy with the truth of each task, more is better",
        proxy_table(ranked.assign(words=words, link=links), titles, ranks["average_rank"], statistic, BASELINES),
        ranked.reset_index(drop=True),
    )


def _square_words(row: dict[Hashable, Any], column: TaskColumn, statistic: str) -> str:
    """What is said of a square to whoever points at it."""
    lines = [f"<b>{drawn(str(row['proxy']))}</b>", drawn(f"{column.title}: {column.task.field.said}")]
    value, low, high = (float(row[f"{statistic}{end}"]) for end in ("", "_low", "_high"))
    if pd.notna(value):
        lines.append(f"{STATISTIC_NAMES[statistic]}: {value:+.3f}")
    if pd.notna(low):
        lines.append(f"95% interval: {low:+.3f} to {high:+.3f}")
    if row["architectures"]:
        lines.append(drawn(column.space.words.count(int(row["architectures"]))))
    if row["note"]:
        lines.append(drawn(str(row["note"])))
    elif row["kind"] == "proxy" and column.scored_on != column.task.dataset:
        lines.append(drawn(f"scores of {column.scored_on}'s images"))
    return "<br>".join(lines)
