"""Every page opens on a study in any state: what cannot be shown is said in words."""

import math
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from backend.studies import open_database
from dashboard import queries
from dashboard.report import study_report
from tests.dashboard.conftest import APP
from tests.states import KINDS, OWN, OWN_SUM, PLAIN, STATES

Names = dict[tuple[str, str], str]

_VIEWS = [
    *({"view": view} for view in ("overview", "parallel", "settings", "time", "trials", "ensemble", "log", "config")),
    {"view": "overview", "curve": "accuracy"},
    {"view": "overview", "curve": "hypervolume"},
]


def opened(page: str) -> AppTest:
    """A page of the app, as its link alone opens it."""
    test = AppTest.from_file(str(APP), default_timeout=60)
    test.run()
    return test.switch_page(f"views/{page}.py")


def assert_opens(test: AppTest, **parameters: str | list[str]) -> None:
    """Open the page again with another link; it raises nothing, and shows no error."""
    test.query_params.clear()
    for name, value in parameters.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception, (parameters, test.exception)
    assert not test.error, (parameters, test.error)


@pytest.mark.parametrize("kind", KINDS)
def test_every_view_of_a_study_opens_in_every_state(states: Names, kind: str) -> None:
    page = opened("study")
    for state in STATES:
        for view in _VIEWS:
            assert_opens(page, study=states[kind, state], **view)
