"""That a copy of a study is the same to whoever reads it."""

import dataclasses

import optuna
import pandas as pd
from optuna.trial import FrozenTrial
from sqlalchemy import select

from backend.ensembles.kept import list_ensembles
from backend.storage.database import Database
from backend.storage.schema import scores
from backend.studies import best_trials, list_studies, load_study, runs, trials_frame
from backend.studies.identity import IDENTITY


def assert_same_study(here: Database, name: str, there: Database, copy: str) -> None:
    """Everything that Optuna and the pages read is equal."""
    study, copied = load_study(here, name), load_study(there, copy)
    assert [described(trial) for trial in study.trials] == [described(trial) for trial in copied.trials]
    assert (study.directions, study.user_attrs, study.metric_names) == (
        copied.directions,
        copied.user_attrs,
        copied.metric_names,
    )
    assert attributes(here, study) == attributes(there, copied)
    pd.testing.assert_frame_equal(trials_frame(study), trials_frame(copied), check_exact=True)
    assert [trial.number for trial in best_trials(study)] == [trial.number for trial in best_trials(copied)]
    summary, other = (
        next(item for item in list_studies(database) if item.name == called)
        for database, called in ((here, name), (there, copy))
    )
    assert (summary.note, summary.config, summary.objectives) == (other.note, other.config, other.objectives)
    assert (summary.run is None) == (other.run is None)
    if summary.run and other.run:
        nowhere = {"study_id": 0, "host": None, "pid": None}
        assert dataclasses.replace(summary.run, **nowhere) == dataclasses.replace(other.run, **nowhere)


def described(trial: FrozenTrial) -> tuple[object, ...]:
    return (
        trial.number,
        trial.state,
        trial.values,
        trial.params,
        trial.distributions,
        trial.user_attrs,
        trial.system_attrs,
        {step: repr(value) for step, value in trial.intermediate_values.items()},
        trial.datetime_start,
        trial.datetime_complete,
    )


def attributes(database: Database, study: optuna.Study) -> dict[str, object]:
    """System attributes, with the numbers of parents in place of ids."""
    found = database.storage.get_study_system_attrs(study._study_id)
    numbers = {trial._trial_id: trial.number for trial in study.trials}
    return {
        key: [numbers[parent] for parent in value] if ":parent:" in key else value
        for key, value in found.items()
        if key != IDENTITY
    }


def log_of(database: Database, name: str) -> list[tuple[object, ...]]:
    lines = runs.read_log(database, load_study(database, name)._study_id)
    return [(line.time, line.level, line.message) for line in lines]


def ensembles_of(database: Database) -> list[tuple[object, ...]]:
    return [
        (item.name, item.study, item.created, item.ensemble.to_mapping(), item.scores)
        for item in list_ensembles(database)
    ]


def scores_of(database: Database) -> set[tuple[object, ...]]:
    columns = [column for column in scores.columns if column is not scores.c.id]
    with database.engine.connect() as connection:
        return {tuple(row) for row in connection.execute(select(*columns))}
