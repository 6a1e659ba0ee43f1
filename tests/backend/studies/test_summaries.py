"""The list of studies: quick, and complete also where a configuration cannot be read here."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import optuna
import pytest

from backend.runs.launch import create_study
from backend.search.problem import SearchProblem
from backend.storage.database import Database
from backend.studies import list_studies, load_study
from tests.conftest import cheap_config


def test_trials_are_counted_by_state(database: Database) -> None:
    study = optuna.create_study(storage=database.storage, study_name="theirs")
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3)
    study.ask()
    (summary,) = list_studies(database)
    assert (summary.trials, summary.counts.ended) == (4, 3)
    assert summary.created == summary.counts.started is not None


@pytest.mark.usefixtures("far_east")
def test_a_study_began_when_its_first_trial_did_in_any_zone(database: Database) -> None:
    study = optuna.create_study(storage=database.storage, study_name="theirs")
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    (summary,) = list_studies(database)
    assert summary.created is not None
    assert abs(datetime.now(UTC) - summary.created) < timedelta(minutes=5)


def test_what_cannot_be_read_here_still_names_data_set_sampler_and_seed(database: Database) -> None:
    config = cheap_config(setup={"sampler": "qmc", "seed": 4, "constraints": ["params <= 300000"]})
    create_study(database, SearchProblem(config), "a")
    load_study(database, "a").set_user_attr("proxyscope:config", config.to_toml().replace('"flops"', '"their_own"'))
    (summary,) = list_studies(database)
    assert summary.config is None
    assert (summary.dataset, summary.sampler, summary.seed) == ("cifar10", "qmc", 4)
    assert summary.constraints == ["params <= 300000"]


def test_a_configuration_that_is_no_text_of_ours_hides_no_study(database: Database) -> None:
    optuna.create_study(storage=database.storage, study_name="b").set_user_attr("proxyscope:config", "search = 3")
    (summary,) = list_studies(database)
    assert (summary.dataset, summary.sampler) == (None, None)
    assert summary.config_problem


def test_the_command_that_lists_studies_loads_no_pytorch(database: Database) -> None:
    create_study(database, SearchProblem(cheap_config()), "a")
    code = (
        "import sys; sys.argv = ['backend', 'studies', 'list', '--json']\n"
        "from backend.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "assert 'torch' not in sys.modules, 'PyTorch was loaded'\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert '"sampler": "random"' in done.stdout
