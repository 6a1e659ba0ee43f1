"""Every command that reads opens a study in any state: what cannot be shown is said in a line."""

import json
from typing import Any

import pytest

from backend.storage.database import open_database
from backend.studies import load_study
from tests.backend.cli import command_line
from tests.states import KINDS, OWN, OWN_SUM, PLAIN, PLAIN_SINGLE, STATES, Names

_READING = (
    *((*command, *form) for command in (("studies", "show"), ("recommend",)) for form in ((), ("--json",))),
    ("ensemble", "--label-free", "--json"),
)


def answered(*arguments: str) -> tuple[int, str]:
    """The exit status of a command, and what it printed: of an error, the one line."""
    done = command_line.run(*arguments)
    return done.status, done.stdout if done.status == 0 else done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_reading_commands_answer_in_every_state(states: Names, kind: str) -> None:
    for state in STATES:
        for command in _READING:
            case = (*command, states[kind, state])
            status, printed = answered(*case)
            assert status == 0 or (command[0] != "studies" and status == 2), (case, printed)
            if status:
                assert printed.startswith("error: "), case
                assert len(printed.strip().splitlines()) == 1, case
            elif "--json" in command:
                json.loads(printed, parse_constant=_refuse)


def test_studies_in_every_state_are_listed(states: Names) -> None:
    status, printed = answered("studies", "list", "--json")
    assert status == 0
    assert set(states.values()) <= {row["name"] for row in json.loads(printed)}
    assert answered("studies", "list")[0] == 0


@pytest.mark.parametrize("kind", [OWN, OWN_SUM])
def test_the_best_trials_name_their_architectures(states: Names, kind: str) -> None:
    name = states[kind, "running"]
    trials = load_study(open_database(), name).trials
    _, printed = answered("studies", "show", name, "--json")
    best = json.loads(printed)["best_trials"]
    assert best
    _, table = answered("studies", "show", name)
    for row in best:
        attributes = trials[row["number"]].user_attrs
        assert row["arch"] == attributes["arch"]
        assert type(row["index"]) is int
        assert row["index"] == attributes["index"]
        assert f"trial {row['number']}, cell {row['index']}: {row['arch']}" in table.splitlines()


@pytest.mark.parametrize("kind", [PLAIN, PLAIN_SINGLE])
def test_the_best_trials_of_a_study_made_elsewhere_name_values_and_parameters(states: Names, kind: str) -> None:
    name = states[kind, "running"]
    trials = load_study(open_database(), name).trials
    _, printed = answered("studies", "show", name, "--json")
    best = json.loads(printed)["best_trials"]
    assert best
    for row in best:
        assert set(row) == {"number", "values", "params"}
        assert list(row["values"].values()) == trials[row["number"]].values
        assert row["params"] == trials[row["number"]].params
    _, table = answered("studies", "show", name)
    assert f"optimiser {best[0]['params']['optimiser']}" in table


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")
