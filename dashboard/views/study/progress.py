"""How a study gets on: a quantity by trial, the true accuracy of the best cell so far, or the hypervolume."""

from typing import Final

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from backend.analysis.hypervolume import EXACT_OBJECTIVES
from backend.analysis.random_hypervolume import searches
from backend.analysis.repetitions import median_band
from backend.config.model import SearchConfig
from backend.truth import measures
from backend.truth.fields import EPOCHS
from dashboard.data import compare as compare_queries
from dashboard.data import queries
from dashboard.data.compare import Compared, Space
from dashboard.data.quantities import infinite_words, label
from dashboard.figures import progress_chart
from dashboard.figures.search_curves import Curve, search_curves
from dashboard.links import link_trial
from dashboard.text import plain
from dashboard.views.study.shown import Shown
from dashboard.widgets.charts import chart, clicked
from dashboard.widgets.linked import LinkedChoice, LinkedZoom

CURVE: Final = LinkedChoice(
    "curve", {"value": "By trial", "accuracy": "True accuracy of the best", "hypervolume": "Hypervolume"}
)
_CHART: Final = "progress_chart"


def progress_section(shown: Shown) -> None:
    """The chart that fills."""
    with st.container(border=True, key="progress_section"):
        curve = CURVE.segments(
            "Progress",
            "By trial: each scored cell, and the best value so far; cells that break a constraint do not count. True "
            "accuracy: of the most accurate cell found so far, beside random search. Hypervolume: the share of the box "
            "of all objectives that the front dominates.",
        )
        if curve == "value":
            _by_trial(shown)
            return
        study = compare_queries.compare(shown.summary)
        if curve == "accuracy":
            _accuracy(study)
        else:
            _hypervolume(study)


def _by_trial(shown: Shown) -> None:
    summary, axes = shown.summary, shown.axes
    column = axes.choice("quantity").dropdown("Quantity by trial", "What the chart shows.")
    needed = _needed(shown.frame, column)
    zoom = LinkedZoom("progress-zoom", "number", column)

    def draw() -> go.Figure:
        optimum, allowed = _optimum(summary.config, column)
        figure = progress_chart(
            needed,
            column,
            axes.direction(column),
            optimum=optimum,
            allowed=allowed,
            bounds=axes.bounds.get(column, ()),
            asked=summary.config.setup.n_trials if summary.config else None,
        )
        zoom.apply(figure)
        return figure

    chart(
        shown.kept("progress chart", (column, zoom.ranges), draw),
        needed,
        f"{summary.name} {column} by trial",
        _CHART,
        f"{label(column)} by trial, with the best so far",
        on_select=_link_clicked,
        zoom=zoom,
    )
    if infinite := infinite_words(needed, [column]):
        st.caption(infinite.lstrip())


def _optimum(config: SearchConfig | None, column: str) -> tuple[float | None, float | None]:
    """The best of the space, and of the cells that the search allows, where the column is a true test accuracy."""
    epochs, _, field = column.partition(":")
    if not config or field != "test-accuracy":
        return None, None
    values = queries.standings(measures.accuracy(config.dataset, int(epochs)))["value"]
    allowed = queries.allowed_cells(config)
    return float(values.max()), float(values[allowed].max()) if allowed else None


def _needed(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    wanted = ["number", "state", "index", "arch", *columns]
    return frame[[name for name in dict.fromkeys(wanted) if name in frame]]


def _link_clicked() -> None:
    if data := clicked(_CHART):
        link_trial(int(data[0]))


def _accuracy(study: Compared) -> None:
    if study.no_regret:
        st.info(f"No true accuracy: this study {plain(study.no_regret)}.", icon=":material/info:")
        return
    assert study.dataset
    epochs = study.summary.config.runner.nasbench_epochs if study.summary.config else EPOCHS[-1]
    found = compare_queries.regret(study, epochs, None)
    if found.empty:
        st.info("The most accurate cell is known once one is scored.", icon=":material/info:")
        return
    best = compare_queries.optimum(study.space, study.dataset, epochs)
    band = compare_queries.random_accuracy(study.space, study.dataset, epochs, int(found["cells"].max()))
    random = Curve("random search", band, 2)
    curve = Curve("this study", median_band([pd.Series(found["best_accuracy"].to_numpy(), index=found["cells"])]), 1)
    title = f"True test accuracy, {epochs} epochs (%)"
    chart(
        search_curves([curve], "Distinct cells scored", title, baseline=random),
        found[[name for name in ("cells", "number", "index", "best_accuracy", "regret") if name in found]],
        f"{study.name} best accuracy",
        "accuracy_chart",
        f"{title} of the most accurate cell so far, and of random search",
    )
    st.caption(
        f"The best cell of the space reaches {best:.2f} %. Random search over the whole space: the median and the "
        "quartiles of the best of as many random cells, exact, from the table of true accuracies."
    )


def _hypervolume(study: Compared) -> None:
    if study.no_volume:
        st.info(f"No hypervolume: this study {plain(study.no_volume)}.", icon=":material/info:")
        return
    volume = compare_queries.hypervolumes([study], ranked=True)[study.name]
    band = median_band([pd.Series(volume["hypervolume"].to_numpy(), index=volume["cells"])])
    space = compare_queries.space_of([study])
    random = None
    if space.values is not None:
        reached = compare_queries.random_hypervolumes([study], int(volume["cells"].max()), ranked=True)
        random = Curve("random search", reached, 2)
    chart(
        search_curves(
            [Curve("this study", band, 1)], "Distinct cells scored", "Hypervolume (share of the box)", baseline=random
        ),
        volume[["cells", "number", "hypervolume"]],
        f"{study.name} hypervolume",
        "hypervolume_chart",
        "Hypervolume of the front by number of distinct cells" + (", and of random search" if random else ""),
    )
    st.caption(plain(_volume_words(len(study.objectives), space)))


def _volume_words(objectives: int, space: Space) -> str:
    cells = "the cells found so far" if space.values is None else f"the {len(space.values):,} cells that it allows"
    words = (
        f"Of the ranks of {objectives} objective{'' if objectives == 1 else 's'} among {cells}, as a proxy's value "
        "says which cell is better and not by how much."
    )
    if objectives > EXACT_OBJECTIVES:
        words += " Approximated, as the exact volume takes minutes."
    if space.values is None:
        return f"{words} No band of random search: {space.why_not}."
    return f"{words} Random search: the median and the quartiles of {searches(objectives)} simulated on these cells."
