"""Measured accuracies go with their study to other databases; those of others are checked first."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from backend.errors import UserError
from backend.sharing.contents import read_contents
from backend.sharing.export import export_studies
from backend.sharing.inspection.opening import opened_file
from backend.sharing.preview import arrivals
from backend.sharing.transfer import copy_studies
from backend.storage.database import Database, open_database
from backend.studies import list_studies, load_study, trainings
from backend.studies.recipes import Recipe
from backend.studies.trainings import Training
from tests.backend.training.conftest import STUDY
from tests.backend.training.records import record

KEYS = {"depth=1 width=4": 40.0, "depth=1 width=8": 50.0}


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Database]:
    database = open_database(f"sqlite:///{tmp_path / 'other.db'}")
    database.prepare()
    yield database
    database.close()


@pytest.fixture
def trained(database: Database, study: str) -> str:
    record(database, study, KEYS, {key: key for key in KEYS})
    return study


def read(database: Database, study: str = STUDY) -> list[Training]:
    return trainings.read_trainings(database, load_study(database, study)._study_id)


def take_in(path: Path, database: Database) -> list[str]:
    """Copy what a file holds; what would come of it in words."""
    with opened_file(path, database) as source:
        contents = read_contents(source)
        words = [item.words for item in arrivals(contents, database)]
        copy_studies(source, database, contents)
    return words


def same(found: list[Training]) -> list[Training]:
    return [replace(item, id=0, study_id=0, host=None, pid=None) for item in found]


def test_a_file_carries_them_and_a_second_one_those_that_came_later(
    database: Database, trained: str, other: Database, tmp_path: Path
) -> None:
    export_studies(database, [trained], tmp_path / "a.db")
    assert take_in(tmp_path / "a.db", other) == ["new"]
    assert same(read(other)) == same(read(database))
    assert take_in(tmp_path / "a.db", other) == ["already here as 'toys'"]
    record(database, trained, {"depth=2 width=4": 60.0}, {"depth=2 width=4": "depth=2 width=4"})
    export_studies(database, [trained], tmp_path / "b.db")
    assert take_in(tmp_path / "b.db", other) == [
        "here as 'toys', where other accuracies are measured; this one has 3 and can be added as 'toys 2'"
    ]
    assert [item.value for item in read(other, "toys 2")] == [40.0, 50.0, 60.0]


def test_one_that_runs_has_stopped_in_the_copy_and_nothing_says_where_its_images_are(
    database: Database, study: str, other: Database, tmp_path: Path
) -> None:
    study_id = load_study(database, study)._study_id
    recipe = Recipe(dataset="cifar10", images="/home/ada/photos/cifar")
    trainings.add(database, study_id, recipe, 0, {key: key for key in KEYS})
    assert trainings.claim(database, study_id)
    export_studies(database, [study], tmp_path / "a.db")
    take_in(tmp_path / "a.db", other)
    assert [(item.state, item.message) for item in read(other)] == [
        ("stopped", "it was still running where it was copied from"),
        ("stopped", "it waited for its turn where it was copied from"),
    ]
    assert read(other)[0].recipe == recipe.model_copy(update={"images": "…/cifar"})
    assert b"/home/ada" not in (tmp_path / "a.db").read_bytes()


HOSTILE = {
    "another state": ("state = 'won'", "a training is in a state that there is not"),
    "an accuracy above all": ("value = 1e9", "is no accuracy in percent"),
    "no accuracy": ("value = NULL", "a finished training has no accuracy"),
    "an infinite accuracy": ("value = 9e999", "proxyscope_trainings.value is not a number"),
    "a word for an accuracy": ("value = '<b>99</b>'", "proxyscope_trainings.value is not a number"),
    "negative epochs": ("epochs = -1", "a number of epochs, or of seconds, that cannot be"),
    "another recipe": (
        'recipe = \'{"dataset":"cifar10","epochs":2,"learning_rate":9.0}\'',
        "its recipe, its curve and its numbers do not fit together",
    ),
    "a recipe that is none": ("recipe = '[]'", "its training of 'depth=1 width=4': "),
    "a recipe with more": ('recipe = \'{"dataset":"cifar10","run":"rm"}\'', "run: extra inputs are not permitted"),
    "a digest that is none": ("recipe_digest = '\"); DROP'", "do not fit together"),
    "a curve that is none": ("curve = '{\"a\": 1}'", "its curve is none"),
    "a curve of words": ("curve = '[[\"a\", 1, 1], [1, 1, 1]]'", "its curve is none"),
    "a curve that is too long": ("curve = '[[1,1,1],[1,1,1],[1,1,1]]'", "do not fit together"),
    "a deep curve": (f"curve = '{'[' * 5000}{']' * 5000}'", "nested"),
    "an hour that is none": ("ended = 'tomorrow'", "proxyscope_trainings.ended has a value that is no time"),
}


@pytest.mark.parametrize("how", HOSTILE)
def test_what_cannot_be_is_refused_in_a_line(
    database: Database, trained: str, other: Database, tmp_path: Path, how: str
) -> None:
    change, message = HOSTILE[how]
    file = tmp_path / "a.db"
    export_studies(database, [trained], file)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(f"UPDATE proxyscope_trainings SET {change} WHERE architecture = 'depth=1 width=4'")
    with pytest.raises(UserError) as refused:
        take_in(file, other)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
    assert list_studies(other) == []


def test_what_is_stored_and_not_valid_is_shown_as_that(database: Database, trained: str) -> None:
    """A database, unlike a file, is opened as it is: of others who write to it nothing is known."""
    with database.begin() as connection:
        connection.exec_driver_sql("UPDATE proxyscope_trainings SET recipe = 'x', curve = 'y', created = 'z'")
    for item in read(database):
        assert (item.state, item.value) == ("failed", None)
        assert item.message == "what is stored of it is not valid: created, recipe, curve"
    assert trainings.measured(read(database)) == []
