"""Every page opens on a study in any state: what cannot be shown is said in words."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.data import queries
from dashboard.report import study_report
from tests.dashboard.conftest import APP
from tests.states import KINDS, OWN, OWN_SUM, PLAIN, PLAIN_SINGLE, STATES, Names

_VIEWS = [
    *({"view": view} for view in ("overview", "parallel", "settings", "time", "trials", "ensemble", "log", "config")),
    {"view": "overview", "curve": "accuracy"},
    {"view": "overview", "curve": "hypervolume"},
]
_FEW_STATES = ("running", "failed", "infinite", "one infinite")
"""The states that ask most of a page; the kinds whose tables hold less are seen in these alone."""
_STUDIES = [
    *((kind, state) for kind in (OWN, PLAIN) for state in STATES),
    *((kind, state) for kind in (OWN_SUM, PLAIN_SINGLE) for state in _FEW_STATES),
]


@pytest.fixture(scope="module", autouse=True)
def _fresh_caches() -> Iterator[None]:
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(scope="module")
def pages() -> dict[str, AppTest]:
    """The pages that are open."""
    return {}


def opened(pages: dict[str, AppTest], page: str, **parameters: str | list[str]) -> AppTest:
    """A page by its link, without an exception; one that is open already gets the link as its next."""
    if page not in pages:
        pages[page] = AppTest.from_file(str(APP), default_timeout=60).run().switch_page(f"views/{page}/page.py")
    test = pages[page]
    test.query_params.clear()
    for name, value in parameters.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception, (parameters, [error.message for error in test.exception])
    return test


def text(page: AppTest) -> str:
    return "\n".join(element.value for element in [*page.markdown, *page.caption, *page.info]).replace("\\", "")


def charts(page: AppTest) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]


@pytest.mark.parametrize(("kind", "state"), _STUDIES)
def test_every_view_of_a_study_opens(states: Names, pages: dict[str, AppTest], kind: str, state: str) -> None:
    for view in _VIEWS:
        page = opened(pages, "study", study=states[kind, state], **view)
        # Too few cells for a fit are said as an error of its own.
        assert not page.error or view["view"] == "ensemble", (view, [box.value for box in page.error])


@pytest.mark.parametrize("state", STATES)
def test_studies_of_a_state_are_compared(states: Names, pages: dict[str, AppTest], state: str) -> None:
    names = [states[kind, state] for kind in KINDS]
    for options in ({}, {"x": "clock", "volume": "values"}):
        page = opened(pages, "compare", study=names, **options)
        assert not page.error
        table = next(frame.value for frame in page.dataframe if "study" in frame.value)
        assert table["study"].tolist() == names


def test_studies_of_all_states_are_listed_and_compared_together(states: Names, pages: dict[str, AppTest]) -> None:
    assert not opened(pages, "compare", study=[states[OWN, state] for state in STATES]).error
    assert not opened(pages, "studies").error
    assert not opened(pages, "share", view="export").error


@pytest.mark.parametrize("state", STATES)
def test_the_other_pages_open_on_a_study(states: Names, pages: dict[str, AppTest], state: str) -> None:
    assert not opened(pages, "benchmark", view="study", study=states[OWN, state]).error
    if state != "waiting":  # They show no more of it than of "running", and fit it as long.
        for page in ("proxies", "ensemble"):
            # An error in words, where there is no cell to show.
            opened(pages, page, study=states[OWN, state])


@pytest.mark.parametrize(("kind", "state"), _STUDIES)
def test_every_study_has_a_report(states: Names, kind: str, state: str) -> None:
    name = states[kind, state]
    assert f"<title>{name}" in study_report(queries.find_study(name))


@pytest.mark.parametrize("kind", [OWN, PLAIN])
def test_a_trial_in_work_takes_nothing_from_its_study(states: Names, pages: dict[str, AppTest], kind: str) -> None:
    page = opened(pages, "study", study=states[kind, "running"], view="time")
    pace = "Cells an hour" if kind == OWN else "Trials an hour"
    assert {metric.label: metric.value for metric in page.metric}[pace] != "–"
    page = opened(pages, "study", study=states[kind, "running"], curve="hypervolume")
    assert "hypervolume_chart" in {chart.key for chart in page.get("plotly_chart")}


@pytest.mark.parametrize("kind", [OWN, PLAIN])
def test_an_infinite_value_leaves_the_best_so_far(states: Names, pages: dict[str, AppTest], kind: str) -> None:
    page = opened(pages, "study", study=states[kind, "one infinite"], view="overview")
    frame = queries.trials(queries.find_study(states[kind, "one infinite"]))
    column = "l2_norm" if kind == OWN else "value:0"
    finite = frame.loc[np.isfinite(frame[column]), column]
    lines = [trace for figure in charts(page) for trace in figure["data"] if trace.get("name") == "Best so far"]
    drawn = np.frombuffer(base64.b64decode(lines[0]["y"]["bdata"]), lines[0]["y"]["dtype"])
    assert drawn.tolist() == finite.cummax().tolist()
    assert "2 trials have an infinite value, which has no place here." in text(page)


def test_values_that_are_all_infinite_are_said(states: Names, pages: dict[str, AppTest]) -> None:
    page = opened(pages, "study", study=states[PLAIN, "infinite"], curve="hypervolume")
    assert "No hypervolume: this study has no finite value of objective 0" in text(page)
    page = opened(pages, "study", study=states[PLAIN, "infinite"])
    assert "All values are infinite." in json.dumps(charts(page))
