"""Seconds a cell: from this machine's searches, or measured."""

import pytest

from backend.runs import measured
from backend.runs.estimate import Pace, known_pace, measure_pace
from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.search.problem import SearchProblem
from backend.settings import home
from backend.storage.database import Database
from backend.studies import list_studies, load_study
from backend.studies.trials import SECONDS
from tests.conftest import cheap_config


def searched(database: Database, name: str, **changes: object) -> list[float]:
    execute_run(database, prepare(database, cheap_config(**changes), name))  # type: ignore[arg-type]
    return [trial.user_attrs[SECONDS] for trial in load_study(database, name).trials]


def test_the_pace_is_the_median_of_cells_that_were_scored_and_not_known(database: Database) -> None:
    seconds = searched(database, "a")
    searched(database, "again")
    pace = known_pace(database, cheap_config(), list_studies(database))
    assert pace
    assert 0 < pace.seconds <= max(seconds)
    assert pace.scored <= len(seconds)


def test_a_search_of_other_proxies_or_sizes_says_nothing(database: Database) -> None:
    searched(database, "a")
    summaries = list_studies(database)
    assert known_pace(database, cheap_config(cells={"C": [8]}), summaries) is None
    others = cheap_config(runner={"metrics": ["l2_norm", "snip"]})
    assert known_pace(database, others, summaries) is None


def test_more_images_take_more_time(database: Database) -> None:
    searched(database, "a")
    summaries = list_studies(database)
    two = known_pace(database, cheap_config(), summaries)
    eight = known_pace(database, cheap_config(runner={"num_samples": 8}), summaries)
    assert two
    assert eight
    assert eight.seconds == pytest.approx(4 * two.seconds)
    assert "extrapolated to 8 images" in eight.source


def test_a_table_needs_no_measurement_and_the_time_limit_caps(database: Database) -> None:
    table = cheap_config(runner={"scores": "table"})
    pace = known_pace(database, table, [])
    assert pace
    assert pace.total(SearchProblem(table)) == pytest.approx(12 * pace.seconds)
    assert Pace(10.0, 1, "").total(SearchProblem(cheap_config(setup={"timeout": 50}))) == 50


def test_a_measurement_scores_real_cells(database: Database) -> None:
    pace = measure_pace(cheap_config(cells={"C": [4], "N": [1]}))
    assert pace.seconds > 0
    assert pace.scored == 3


def test_a_measurement_is_kept_for_its_settings_and_says_what_one_more_proxy_adds(database: Database) -> None:
    small = cheap_config(cells={"C": [4], "N": [1]}, setup={"n_jobs": 2})
    assert measured.find(small) is None
    found = measured.measure(small)
    assert measured.find(small) == found
    assert (found.jobs, found.scored) == (2, 3)
    assert 0 < found.gain <= 2
    assert measured.find(cheap_config(cells={"C": [4], "N": [1]}, setup={"n_jobs": 1})) is None
    assert measured.find(cheap_config(cells={"C": [4], "N": [1]}, runner={"num_samples": 8})) is None
    more = [*small.proxy_names, "grad_norm"]
    price = found.prices(small.proxy_names)["grad_norm"]
    assert 0 < price == pytest.approx(found.prices(more)["grad_norm"])
    seconds = found.seconds_of(more)
    assert seconds is not None
    assert seconds >= (found.seconds + price) * 0.999
    (file,) = (home() / "measured").iterdir()
    file.write_text("{")
    assert measured.find(small) is None
