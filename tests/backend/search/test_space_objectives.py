"""The objectives of all allowed cells, against those of the trials that a search stores."""

from collections.abc import Callable

import pandas as pd
import pytest

from backend.config.model import SearchConfig
from backend.errors import UserError
from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.search.problem import SUM_COLUMN, SearchProblem
from backend.storage.database import Database
from backend.studies import load_study, trials_frame

Config = Callable[..., SearchConfig]

METRICS = {"l2_norm": {"scale": 1.0}, "params": {"scale": 0.5, "direction": "minimize"}}


def stored(database: Database, config: SearchConfig) -> pd.DataFrame:
    name = prepare(database, config, "study")
    execute_run(database, name)
    frame = trials_frame(load_study(database, name))
    return frame[frame["state"] == "complete"].set_index("index")


@pytest.mark.parametrize("summed", [False, True])
def test_they_are_those_of_the_trials(database: Database, make_config: Config, summed: bool) -> None:
    setup = {"n_trials": 5, **({"sum_scaled_metrics": True, "direction": "maximize"} if summed else {})}
    config = make_config(metrics=METRICS, setup=setup, runner={"scores": "table"})
    space, trials = SearchProblem(config).objective_values(), stored(database, config)
    assert list(space) == ([SUM_COLUMN] if summed else ["l2_norm", "params"])
    assert len(space) == 15_284
    pd.testing.assert_frame_equal(
        space.loc[trials.index], trials[list(space)], check_names=False, check_index_type=False
    )


def test_scores_that_are_computed_are_known_for_few(make_config: Config) -> None:
    with pytest.raises(UserError, match="l2_norm is known for the scored cells alone"):
        SearchProblem(make_config(metrics=METRICS)).objective_values()


def test_other_sizes_of_network_are_not_in_the_table(make_config: Config) -> None:
    with pytest.raises(UserError, match="no cell of its space is one of NAS-Bench-201's networks"):
        SearchProblem(make_config(cells={"C": [8]})).objective_values()
