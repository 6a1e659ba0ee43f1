"""A table of trials has one schema for a study, whatever its trials are."""

import json
import shutil
from math import inf, isnan
from pathlib import Path

import optuna
import pandas as pd
import pytest

from backend.json_records import json_records
from backend.storage.database import open_database
from backend.studies import load_study, trials_frame
from backend.studies.live_trials import LiveTrials
from backend.studies.trial_schema import checked, joined, numbers
from tests.states import KINDS, OWN, OWN_SUM, STATES, Names

CASES = Path(__file__).parents[2] / "data" / "cases"
_OF_ROWS = ("param:", "attr:")
"""Parameters and attributes of a study made elsewhere are known from its trials alone."""


def schema(frame: pd.DataFrame) -> dict[str, str]:
    return {str(name): str(dtype) for name, dtype in frame.dtypes.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_studys_table_has_one_schema_in_every_state(states: Names, kind: str) -> None:
    database = open_database()
    expected = schema(trials_frame(load_study(database, states[kind, "one"])))
    fixed = [name for name in expected if not name.startswith(_OF_ROWS)]
    assert expected["finished"] == "datetime64[us, UTC]"
    assert (expected["number"], expected["state"], expected["pareto"]) == ("int64", "str", "bool")
    if kind in {OWN, OWN_SUM}:
        assert expected["index"] == "Int64"
        assert expected["l2_norm"] == expected["200:test-accuracy"] == "float64"
    for state in STATES:
        study = load_study(database, states[kind, state])
        for found in (schema(trials_frame(study)), schema(LiveTrials(database, study).read().frame)):
            assert [name for name in found if not name.startswith(_OF_ROWS)] == fixed
            assert {name: dtype for name, dtype in found.items() if name in expected} == {
                name: dtype for name, dtype in expected.items() if name in found
            }


def test_a_cell_index_is_written_as_an_integer(states: Names) -> None:
    frame = trials_frame(load_study(open_database(), states[OWN, "running"]))
    assert frame["index"].isna().sum() == 1
    written = frame[["number", "index"]].to_csv(index=False).splitlines()[1:]
    records = json_records(frame)
    assert records[-1]["index"] is None
    for line, record, index in zip(written[:-1], records[:-1], frame["index"][:-1], strict=False):
        assert line == f"{record['number']},{index}"
        assert type(record["index"]) is int
    json.dumps(records, allow_nan=False)


def test_a_table_of_another_schema_is_refused(states: Names) -> None:
    frame = trials_frame(load_study(open_database(), states[OWN, "one"]))
    assert joined([frame, frame.iloc[:0]]).dtypes.equals(frame.dtypes)
    for name, wrong in (("finished", "datetime64[us]"), ("index", "float64"), ("l2_norm", "object")):
        bad = frame.assign(finished=frame["finished"].dt.tz_localize(None)) if name == "finished" else frame
        with pytest.raises(TypeError, match=f"column '{name}' is of dtype"):
            checked(bad if name == "finished" else frame.astype({name: wrong}))


def test_numbers_are_what_a_float_can_hold() -> None:
    found = numbers([1, 10**300, 10**400, -(10**400), None, "one", [2], True, inf])
    assert found.dtype == "float64"
    assert found[:2].tolist() == [1.0, 1e300]
    assert found[2:8].map(isnan).all()
    assert found[8] == inf


@pytest.fixture
def huge(tmp_path: Path) -> tuple[optuna.Study, str]:
    """A search whose trials hold integers of 300 digits, and in one of them of 400, as a metric."""
    copy = tmp_path / "huge.db"
    shutil.copyfile(CASES / "metric_of_300_digits.db", copy)
    url = f"sqlite:///{copy}"
    (name,) = optuna.get_all_study_names(url)
    study = optuna.load_study(study_name=name, storage=url)
    software = study.trials[1].user_attrs["software_metrics"]
    trial = study.ask()
    for key, value in {**study.trials[1].user_attrs, "software_metrics": {**software, "x": 10**400}}.items():
        trial.set_user_attr(key, value)
    study.tell(trial, [1.0, 2.0, 3.0])
    return study, url


def test_a_number_that_no_float_holds_is_unknown_and_the_rest_stands(huge: tuple[optuna.Study, str]) -> None:
    study, url = huge
    for frame in (trials_frame(study), LiveTrials(open_database(url), study).read().frame):
        assert str(frame["x"].dtype) == "float64"
        assert frame["x"].iloc[:-1].notna().all()
        assert isnan(frame["x"].iloc[-1])
        assert frame["naswot"].notna().all()


def test_no_metric_takes_the_place_of_another_column(states: Names) -> None:
    study = optuna.create_study(directions=["maximize", "minimize"])
    source = load_study(open_database(), states[OWN, "one"])
    for key, value in source.user_attrs.items():
        study.set_user_attr(key, value)
    trial = study.ask()
    named = dict.fromkeys(("number", "state", "index", "finished", "pareto", "seconds"), 7.5)
    for key, value in {**source.trials[0].user_attrs, "hardware_metrics": named}.items():
        trial.set_user_attr(key, value)
    study.tell(trial, [1.0, 2.0])
    frame = trials_frame(study)
    assert schema(frame) == schema(trials_frame(source))
    assert frame["number"].tolist() == [0]
