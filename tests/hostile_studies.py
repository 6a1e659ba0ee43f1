"""Studies in which everything that anybody can name or write is markup that would reach out to another host."""

import json
from typing import Final

import optuna
from sqlalchemy import select, update

from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.sharing.source import TRIAL_USER
from backend.storage import audit
from backend.storage.database import Database
from backend.storage.optuna_internals.tables import STUDIES
from backend.storage.schema import ensembles, run_log, runs, workers
from backend.studies import load_study
from backend.studies.notes import save_note
from tests.backend.sharing import samples
from tests.conftest import cheap_config

HOST: Final = "evil.invalid"
HOSTILE: Final = (
    f"![i](http://{HOST}/i) [l](http://{HOST}) http://{HOST}/a www.{HOST} <img src=//{HOST}/b><a href=//{HOST}>x</a>"
)
"""Fits into the 100 letters of an ensemble's name, but for its end."""
LOOKS: Final = "$x^2$ :red[r] :smile: :material/home: **b** `c` ~~d~~ a@b.invalid | 1 -> 2 & &lt;"
"""What Streamlit's Markdown would make something else of."""
OWN: Final = f"own {HOSTILE} {LOOKS}"
FOREIGN: Final = f"foreign {HOSTILE} {LOOKS}"
ENSEMBLE: Final = f"{HOSTILE}"[:100]


def make_hostile(database: Database) -> None:
    """Make a search, a study of plain Optuna and an ensemble, with such names and texts in every place."""
    database.prepare()
    _make_foreign(database)
    config = cheap_config(setup={"n_trials": 14, "n_workers": 2})
    execute_run(database, prepare(database, config, "plain"))
    samples.make_ensemble(database, "plain", "plain")
    study = load_study(database, "plain")
    number = study._study_id
    save_note(study, OWN)
    database.storage.set_study_user_attr(number, HOSTILE, HOSTILE)
    with database.engine.begin() as connection:
        connection.execute(update(STUDIES).where(STUDIES.c.study_name == "plain").values(study_name=OWN))
        connection.execute(update(ensembles).values(name=ENSEMBLE, study=OWN))
        told = {"message": OWN, "host": HOSTILE, "device": HOSTILE, "images": OWN}
        connection.execute(update(runs).where(runs.c.study_id == number).values(told))
        connection.execute(update(run_log).values(message=OWN))
        connection.execute(update(workers).values(host=HOSTILE))
        rows = connection.execute(
            select(TRIAL_USER.c.trial_user_attribute_id, TRIAL_USER.c.value_json).where(
                TRIAL_USER.c.key == "software_metrics"
            )
        )
        for row, value in rows.all():
            content = json.dumps({**json.loads(value), HOSTILE: row / 7})
            at = TRIAL_USER.c.trial_user_attribute_id == row
            connection.execute(update(TRIAL_USER).where(at).values(value_json=content))
    audit.record(database, "rename", OWN, f"to {FOREIGN}")


def _make_foreign(database: Database) -> None:
    study = optuna.create_study(
        storage=database.storage,
        study_name=FOREIGN,
        directions=["maximize", "minimize"],
        sampler=optuna.samplers.RandomSampler(seed=0),
    )
    study.set_metric_names([f"{FOREIGN} one", f"{HOSTILE} %{{y}}"])
    study.set_user_attr(HOSTILE, HOSTILE)
    save_note(study, FOREIGN)

    def objective(trial: optuna.Trial) -> tuple[float, float]:
        value = trial.suggest_float(f"{HOSTILE} p", 0, 1)
        trial.suggest_categorical(f"{HOSTILE} c", [HOSTILE, OWN])
        trial.set_user_attr(HOSTILE, HOSTILE)
        trial.set_user_attr(f"{HOSTILE} n", value)
        return value, 1 - value**2

    study.optimize(objective, n_trials=12)
