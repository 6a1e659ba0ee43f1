"""That the rows of a file make up studies: what Optuna and the pages rely on, and no database enforces."""

import sqlite3
from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import Final

from optuna.distributions import BaseDistribution, json_to_distribution
from sqlalchemy import Table

from backend.sharing.inspection.attributes import check_attributes, read_json
from backend.sharing.inspection.file import BadFileError
from backend.sharing.inspection.own import check_ensembles, check_own_studies, check_trainings
from backend.spaces import registry
from backend.storage import schema as tables
from backend.storage.scores import FIRST_SPACE, cell_scores
from backend.studies import runs

_YEARS: Final = range(1990, 2200)
_LEVELS: Final = ("debug", "info", "warning", "error", "critical")
_MOST_OBJECTIVES: Final = 100
_CHOICES: Final = (str, int, float, bool, type(None))

_RULES: Final = {
    "the trials of a study are not numbered from 0 on, each once": """
        SELECT 1 FROM trials GROUP BY study_id
        HAVING min(number) <> 0 OR max(number) <> count(*) - 1 OR count(DISTINCT number) <> count(*)""",
    "the objectives of a study are not numbered from 0 on, each once": """
        SELECT 1 FROM study_directions GROUP BY study_id
        HAVING min(objective) <> 0 OR max(objective) <> count(*) - 1 OR count(DISTINCT objective) <> count(*)""",
    f"a study has no objective, or more than {_MOST_OBJECTIVES}": f"""
        SELECT 1 FROM studies LEFT JOIN study_directions USING (study_id)
        GROUP BY studies.study_id HAVING count(objective) NOT BETWEEN 1 AND {_MOST_OBJECTIVES}""",
    "an objective has no direction": "SELECT 1 FROM study_directions WHERE direction = 'NOT_SET'",
    "a value that is finite has no number, or one that is not has one": """
        SELECT 1 FROM trial_values WHERE (value_type = 'FINITE') <> (value IS NOT NULL)
        UNION ALL
        SELECT 1 FROM trial_intermediate_values
        WHERE (intermediate_value_type = 'FINITE') <> (intermediate_value IS NOT NULL)""",
    "a complete trial has not one value for each objective": """
        SELECT 1 FROM trials AS t
        WHERE state = 'COMPLETE' AND (
            SELECT count(DISTINCT objective) FROM trial_values
            WHERE trial_id = t.trial_id AND objective >= 0 AND objective < (
                SELECT count(*) FROM study_directions WHERE study_id = t.study_id)
        ) <> (SELECT count(*) FROM study_directions WHERE study_id = t.study_id)""",
    "a trial has more values than its study has objectives": """
        SELECT 1 FROM trial_values AS v JOIN trials AS t USING (trial_id)
        WHERE objective < 0 OR objective >= (SELECT count(*) FROM study_directions WHERE study_id = t.study_id)""",
    "a complete trial has not begun or not ended": """
        SELECT 1 FROM trials WHERE state = 'COMPLETE' AND (datetime_start IS NULL OR datetime_complete IS NULL)""",
}
_OWN_RULES: Final[dict[Table, dict[str, str]]] = {
    tables.runs: {
        "a run is in a state that there is not": f"""
            SELECT 1 FROM proxyscope_runs WHERE state NOT IN ({", ".join(f"'{state}'" for state in runs.STATES)})""",
        "a run has a number of trials below 0": "SELECT 1 FROM proxyscope_runs WHERE asked < 0 OR done < 0",
    },
    tables.run_log: {
        "a line of a log is of no known level": f"""
            SELECT 1 FROM proxyscope_run_log WHERE level NOT IN ({", ".join(f"'{level}'" for level in _LEVELS)})""",
    },
    tables.trainings: {
        "a training is in a state that there is not": f"""
            SELECT 1 FROM proxyscope_trainings
            WHERE state NOT IN ({", ".join(f"'{state}'" for state in runs.STATES)})""",
        "a training has a number of epochs, or of seconds, that cannot be": """
            SELECT 1 FROM proxyscope_trainings
            WHERE epochs < 1 OR done NOT BETWEEN 0 AND epochs OR seed < 0 OR seconds < 0 OR attempts < 0""",
        "a finished training has no accuracy, or another has one": """
            SELECT 1 FROM proxyscope_trainings WHERE (state = 'finished') <> (value IS NOT NULL)""",
        "two trainings are of one architecture, recipe and seed": """
            SELECT 1 FROM proxyscope_trainings GROUP BY study_id, recipe_digest, seed, class_key HAVING count(*) > 1""",
        "a training is of no run": """
            SELECT 1 FROM proxyscope_trainings WHERE study_id NOT IN (SELECT study_id FROM proxyscope_runs)""",
    },
    tables.scores: {
        "a score is of no search space or class, or its setting is no digest": """
            SELECT 1 FROM proxyscope_scores
            WHERE length(space) = 0 OR space_version < 0 OR length(class_key) = 0
            OR version < 0 OR length(setting) <> 64 OR length(proxy) = 0""",
    },
    cell_scores: {
        "a score's setting is no digest": """
            SELECT 1 FROM proxyscope_scores
            WHERE version < 0 OR length(setting) <> 64 OR length(proxy) = 0""",
    },
}
_MOMENTS: Final = {
    "trials": ("datetime_start", "datetime_complete"),
    "proxyscope_runs": ("created", "started", "heartbeat", "ended"),
    "proxyscope_run_log": ("time",),
    "proxyscope_ensembles": ("created",),
    "proxyscope_trainings": ("created", "started", "heartbeat", "ended"),
}


def check_meaning(connection: sqlite3.Connection, found: Collection[Table]) -> None:
    """Check what rows mean together.

    Args:
        connection: a guarded one, whose values are of their columns' types.
        found: the known tables that there are.

    Raises:
        BadFileError: something is not as in a study database.
    """
    names = {table.name for table in found}
    for rules in (_RULES, *(rules for table, rules in _OWN_RULES.items() if table in found)):
        for words, query in rules.items():
            if connection.execute(f"SELECT 1 FROM ({query}) LIMIT 1").fetchone():
                raise BadFileError(words)
    _check_moments(connection, names)
    _check_parameters(connection)
    check_attributes(connection)
    check_own_studies(connection)
    if tables.ensembles in found:
        check_ensembles(connection)
    if tables.trainings in found:
        check_trainings(connection)
    if cell_scores in found:
        first, _ = FIRST_SPACE
        _check_classes(connection, f"SELECT DISTINCT '{first}', cell_class FROM proxyscope_scores")
    if tables.scores in found:
        _check_classes(connection, "SELECT DISTINCT space, class_key FROM proxyscope_scores")


def _check_classes(connection: sqlite3.Connection, query: str) -> None:
    """Stored scores are of classes that there are, as far as their space is the project's own."""
    for name, key in connection.execute(query):
        space = registry.bundled(name)
        if space is not None and not space.has_class(str(key)):
            raise BadFileError(f"a score is of no {space.words.one}")


def _check_moments(connection: sqlite3.Connection, names: Collection[str]) -> None:
    for table, columns in _MOMENTS.items():
        for column in columns if table in names else ():
            for (text,) in connection.execute(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL"):
                try:
                    moment = datetime.fromisoformat(text)
                except ValueError:
                    raise BadFileError(f"{table}.{column} has a value that is no time: {text!r}") from None
                if moment.tzinfo is not None or moment.year not in _YEARS:
                    raise BadFileError(f"{table}.{column} has a time that cannot be: {text!r}")


def _check_parameters(connection: sqlite3.Connection) -> None:
    for name, value, text in connection.execute("SELECT param_name, param_value, distribution_json FROM trial_params"):
        try:
            _distribution(text).to_external_repr(value)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise BadFileError(f"parameter {name[:50]!r} has a value that its distribution has not: {error}") from None


@lru_cache(maxsize=1_000)
def _distribution(text: str) -> BaseDistribution:
    """A distribution from its JSON.

    Raises:
        BadFileError: it describes none.
    """
    read_json(text)
    try:
        found = json_to_distribution(text)
    except Exception as error:  # Optuna does not check what it reads
        raise BadFileError(f"it has a distribution that is none: {text[:80]!r}") from error
    choices = getattr(found, "choices", ())
    if not all(isinstance(choice, _CHOICES) for choice in choices):
        raise BadFileError(f"it has a distribution over what are no choices: {text[:80]!r}")
    return found
