"""Names in charts: drawn as they are, with no tag, link or place of a template in them."""

import html
import json

import optuna
import pandas as pd
import pytest

from backend.storage.database import Database
from backend.studies import trials_frame
from dashboard.figures import parallel_coordinates, pareto_scatter, pareto_space, progress_chart
from dashboard.figures.importance_bars import importance_bars
from dashboard.figures.search_curves import Curve, search_curves
from dashboard.text import drawn

NAME = '<a href="http://evil.invalid">x</a> %{y} $a$ &lt;'


@pytest.mark.parametrize("name", [NAME, "<b>x</b>", "a & b", "搜索-零成本-1", "latency [ms]", "%{customdata[0]}"])
def test_plotly_reads_back_the_name(name: str) -> None:
    text = drawn(name)
    assert html.unescape(text) == name
    assert not {"<", ">", "$"} & set(text)
    assert "%{" not in text


def test_no_figure_of_a_study_has_a_tag_of_a_name(database: Database) -> None:
    study = optuna.create_study(storage=database.storage, directions=["maximize", "minimize"])
    study.set_metric_names([NAME, f"{NAME}2"])
    study.optimize(lambda trial: (trial.suggest_float(NAME, 0, 1), trial.number), n_trials=5)
    frame = trials_frame(study)
    first, second, parameter = f"value:{NAME}", f"value:{NAME}2", f"param:{NAME}"
    for figure in (
        progress_chart(frame, first, "maximize"),
        pareto_scatter(frame, first, second, color=parameter),
        pareto_space(frame, first, second, parameter, color=second),
        parallel_coordinates(frame, [parameter], [first, second], first, ranked=True),
        importance_bars(pd.DataFrame({NAME: {NAME: 1.0}})),
        search_curves([Curve(NAME, pd.DataFrame({"low": [1.0], "median": [1.0], "high": [1.0]}), 1)], "x", "y"),
    ):
        texts = json.dumps(json.loads(figure.to_json()))
        assert "<a href" not in texts
        assert "%{y} $a$" not in texts
        assert "evil.invalid" in texts
