"""Two hundred damaged and hostile files: each is refused in words, or what is taken in of it is valid."""

import gzip
import os
import random
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from backend.ensembles.kept import list_ensembles
from backend.errors import UserError
from backend.sharing.contents import read_contents
from backend.sharing.export import export_studies
from backend.sharing.inspection.opening import opened_file
from backend.sharing.preview import arrivals
from backend.sharing.transfer import copy_studies
from backend.storage.database import Database, open_database
from backend.studies import list_studies, load_study, trials_frame
from backend.studies.catalog import check_name
from tests.backend.sharing import samples
from tests.backend.sharing.equality import scores_of

_FLIPS, _FLIPS_ON_A_SERVER, _CUTS = 100, 25, 25


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[bytes]:
    """A file with a search, its ensemble, a note and a study of plain Optuna."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("honest")
        patch.setenv("PROXYSCOPE_HOME", str(folder / "home"))
        patch.delenv("PROXYSCOPE_STORAGE", raising=False)
        database = open_database()
        samples.make_search(database)
        samples.make_ensemble(database)
        samples.make_note(database, samples.SEARCH, "a note")
        samples.make_foreign(database)
        export_studies(database, [samples.SEARCH, samples.FOREIGN], folder / "a.db")
        yield (folder / "a.db").read_bytes()


@pytest.fixture
def file(honest: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "sent.db"
    path.write_bytes(honest)
    return path


def take_in(path: Path, database: Database) -> None:
    with opened_file(path) as source:
        contents = read_contents(source)
        assert [item.words for item in arrivals(contents, database)]
        copy_studies(source, database, contents)


def assert_refused(path: Path, database: Database, message: str | None = None) -> None:
    with pytest.raises(UserError, match=message) as refused:
        take_in(path, database)
    assert "\n" not in str(refused.value)
    assert str(path) in str(refused.value)
    assert list_studies(database) == []
    assert scores_of(database) == set()


def assert_refused_or_valid(path: Path, database: Database) -> None:
    try:
        take_in(path, database)
    except UserError as error:
        assert "\n" not in str(error)  # noqa: PT017
        return
    for item in list_studies(database):
        check_name(item.name)
        assert item.config is not None or item.config_problem or item.run is None
        trials_frame(load_study(database, item.name))
    list_ensembles(database)
    scores_of(database)


@pytest.mark.parametrize("seed", range(_FLIPS))
def test_flipped_bits(honest: bytes, file_database: Database, tmp_path: Path, seed: int) -> None:
    take_in_with_flipped_bits(honest, file_database, tmp_path, seed)


@pytest.mark.parametrize("seed", range(_FLIPS_ON_A_SERVER))
def test_flipped_bits_on_a_server(honest: bytes, postgres_database: Database, tmp_path: Path, seed: int) -> None:
    take_in_with_flipped_bits(honest, postgres_database, tmp_path, seed)


def take_in_with_flipped_bits(honest: bytes, database: Database, tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    content = bytearray(honest)
    for _ in range(draw.choice((1, 1, 4, 64))):
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    path = tmp_path / "sent.db"
    path.write_bytes(content)
    assert_refused_or_valid(path, database)


@pytest.mark.parametrize("seed", range(_CUTS))
def test_truncations(honest: bytes, file_database: Database, tmp_path: Path, seed: int) -> None:
    path = tmp_path / "sent.db"
    path.write_bytes(honest[: random.Random(seed).randrange(len(honest) - 1)])
    assert_refused(path, file_database)


SCHEMA = {
    "a trigger": ("CREATE TRIGGER t AFTER INSERT ON trials BEGIN DELETE FROM studies; END", "it has a trigger, 't'"),
    "a view": ("CREATE VIEW v AS SELECT * FROM trials", "it has a view, 'v'"),
    "a view for a table": (
        "ALTER TABLE trials RENAME TO t; CREATE VIEW trials AS SELECT * FROM t",
        "it has a view, 'trials'",
    ),
    "a virtual table": ("CREATE VIRTUAL TABLE f USING fts5(a)", "it has a virtual table, 'f'"),
    "a generated column": (
        "ALTER TABLE proxyscope_runs ADD COLUMN g AS (hex(zeroblob(100)))",
        "'proxyscope_runs' has a generated column",
    ),
    "an index that computes": ("CREATE INDEX i ON trials (abs(number))", "its index 'i' computes something"),
    "a partial index": ("CREATE INDEX i ON trials (number) WHERE number > 3", "its index 'i' computes something"),
    "a lacking table": ("DROP TABLE trial_values", "no table trial_values"),
    "a lacking column": ("ALTER TABLE trials DROP COLUMN datetime_start", "no column datetime_start"),
    "a column too many": ("ALTER TABLE trials ADD COLUMN more TEXT", "a column that Optuna's has not: 'more'"),
    "a lacking column of ours": ("ALTER TABLE proxyscope_runs DROP COLUMN asked", "no column asked"),
    "an older Optuna": ("UPDATE alembic_version SET version_num = 'v2.6.0.a'", "optuna storage upgrade"),
    "a newer Optuna": ("UPDATE alembic_version SET version_num = 'v9.0.0.a'", "revision 'v9.0.0.a'"),
    "no revision": ("DELETE FROM alembic_version", "revision 'unknown'"),
    "two revisions": ("INSERT INTO alembic_version VALUES ('x')", "revision 'unknown'"),
    "a newer format": ("PRAGMA user_version = 99", "format 99"),
    "a newer version of our tables": (
        "UPDATE proxyscope_alembic_version SET version_num = '9999'",
        "upgrade ProxyScope",
    ),
    "two versions of our tables": ("INSERT INTO proxyscope_alembic_version VALUES ('0001')", "upgrade ProxyScope"),
    "a negative format": ("PRAGMA user_version = -1", "format -1"),
    "many tables": (";".join(f"CREATE TABLE t{number} (a)" for number in range(600)), "more than 500"),
    "another root page": (
        "PRAGMA writable_schema = ON; UPDATE sqlite_master SET rootpage = 2 WHERE name = 'trials'",
        "damaged",
    ),
    "nonsense for a table": (
        "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = 'nonsense' WHERE name = 'trials'",
        "damaged",
    ),
    "a table that is called a view": (
        "PRAGMA writable_schema = ON; UPDATE sqlite_master SET type = 'view' WHERE name = 'trials'",
        "",
    ),
}


@pytest.mark.parametrize("name", SCHEMA)
def test_schemas(file: Path, file_database: Database, name: str) -> None:
    statements, message = SCHEMA[name]
    change(file, statements)
    assert_refused(file, file_database, message or None)


VALUES = {
    "text for a number": "UPDATE trials SET number = 'x' WHERE number = 3",
    "a blob for a name": "UPDATE studies SET study_name = x'00ff' WHERE study_id = 1",
    "a zero in a name": "UPDATE studies SET study_name = 'a' || char(0) || 'b' WHERE study_id = 1",
    "a name too long": "UPDATE studies SET study_name = hex(zeroblob(1000)) WHERE study_id = 1",
    "no UTF-8": "UPDATE studies SET study_name = CAST(x'fffe41' AS TEXT) WHERE study_id = 1",
    "a huge text": "UPDATE study_user_attributes SET value_json = '\"' || hex(zeroblob(20000000)) || '\"'",
    "a huge blob": "UPDATE trial_user_attributes SET value_json = zeroblob(40000000) WHERE trial_user_attribute_id = 1",
    "no JSON": "UPDATE trial_user_attributes SET value_json = '{' WHERE trial_user_attribute_id = 1",
    "JSON too deep": "UPDATE study_user_attributes SET value_json = replace(hex(zeroblob(50000)), '0', '[')",
    "a lone surrogate": "UPDATE trial_user_attributes SET value_json = '\"\\ud800\"' WHERE key = 'what'",
    "an unknown state": "UPDATE trials SET state = 'EVIL' WHERE number = 3",
    "numbers twice": "UPDATE trials SET number = 3 WHERE number = 4",
    "numbers with a gap": "UPDATE trials SET number = 1000 WHERE number = 4",
    "a number too large": "UPDATE trials SET number = 4611686018427387904 WHERE number = 4",
    "no time": "UPDATE trials SET datetime_start = 'yesterday' WHERE number = 3",
    "a time of another kind": "UPDATE trials SET datetime_start = 12 WHERE number = 3",
    "a time before all": "UPDATE trials SET datetime_start = '0001-01-01 00:00:00.000000' WHERE number = 3",
    "a month too many": "UPDATE trials SET datetime_complete = '2026-19-01 00:00:00.000000' WHERE number = 3",
    "a time in a zone": "UPDATE trials SET datetime_complete = '2026-01-01T00:00:00+02:00' WHERE number = 3",
    "no direction": "DELETE FROM study_directions",
    "a direction not set": "UPDATE study_directions SET direction = 'NOT_SET'",
    "objectives with a gap": "UPDATE study_directions SET objective = objective + 10",
    "values lacking": "DELETE FROM trial_values",
    "a value of no objective": "UPDATE trial_values SET objective = objective + 7",
    "a value without a number": "UPDATE trial_values SET value = NULL",
    "infinity as a number": "UPDATE trial_values SET value = 9e999",
    "a choice that there is not": "UPDATE trial_params SET param_value = 99",
    "an endless whole number": "UPDATE trial_params SET param_value = 9e999",
    "a distribution of nothing": "UPDATE trial_params SET distribution_json = '{}'",
    "a distribution that is a list": "UPDATE trial_params SET distribution_json = '[1]'",
    "an unknown distribution": 'UPDATE trial_params SET distribution_json = \'{"name": "os", "attributes": {}}\'',
    "no parameters": "DELETE FROM trial_params",
    "names of metrics that are numbers": (
        "UPDATE study_system_attributes SET value_json = '[1, 2]' WHERE key = 'study:metric_names'"
    ),
    "too few names of metrics": (
        "UPDATE study_system_attributes SET value_json = '[\"a\"]' WHERE key = 'study:metric_names'"
    ),
    "a note of a number": "UPDATE study_system_attributes SET value_json = '1' WHERE key LIKE 'dashboard:note_str%'",
    "a note of no part": (
        "UPDATE study_system_attributes SET key = 'dashboard:note_str:5' WHERE key = 'dashboard:note_str:0'"
    ),
    "a search file that is a list": (
        "UPDATE study_user_attributes SET value_json = '[]' WHERE key = 'proxyscope:config'"
    ),
    "a search file too deep": "UPDATE study_user_attributes SET value_json = "
    "'\"a = ' || replace(hex(zeroblob(50000)), '0', '[') || '\"' WHERE key = 'proxyscope:config'",
    "a cell that there is not": "UPDATE trial_user_attributes SET value_json = '\"|evil~0|\"' WHERE key = 'arch'",
    "an index that there is not": "UPDATE trial_user_attributes SET value_json = '15625' WHERE key = 'index'",
    "an index of another cell": "UPDATE trial_user_attributes SET value_json = '7' WHERE key = 'index'",
    "scores that are words": (
        "UPDATE trial_user_attributes SET value_json = '{\"l2_norm\": \"x\"}' WHERE key = 'software_metrics'"
    ),
    "scores that are a list": "UPDATE trial_user_attributes SET value_json = '[]' WHERE key = 'software_metrics'",
    "accuracies of words": (
        "UPDATE trial_user_attributes SET value_json = '{\"200\": 3}' WHERE key = 'nasbench_data_metrics'"
    ),
    "seconds of a list": "UPDATE trial_user_attributes SET value_json = '[1]' WHERE key = 'seconds'",
    "a run in no state": "UPDATE proxyscope_runs SET state = 'root'",
    "a run of less than nothing": "UPDATE proxyscope_runs SET asked = -1",
    "a log of no level": "UPDATE proxyscope_run_log SET level = 'evil'",
    "a log of blobs": "UPDATE proxyscope_run_log SET message = x'00'",
    "an ensemble that is none": "UPDATE proxyscope_ensembles SET content = '{}'",
    "an ensemble that is a list": "UPDATE proxyscope_ensembles SET content = '[]'",
    "an ensemble too deep": "UPDATE proxyscope_ensembles SET content = replace(hex(zeroblob(50000)), '0', '[')",
    "a score of no cell": "UPDATE proxyscope_scores SET class_key = CAST(class_key AS INTEGER) + 20000",
    "a score of words for a cell": "UPDATE proxyscope_scores SET class_key = class_key || ' or so'",
    "a score of no space": "UPDATE proxyscope_scores SET space = ''",
    "a score of a space of no version": "UPDATE proxyscope_scores SET space_version = 'new'",
    "a score of an endless class": (
        "UPDATE proxyscope_scores SET space = 'own', class_key = class_key || hex(zeroblob(300))"
    ),
    "a score of no number": "UPDATE proxyscope_scores SET value = 'high'",
    "an endless score": "UPDATE proxyscope_scores SET value = 9e999",
    "a setting that is none": "UPDATE proxyscope_scores SET setting = setting || 'x'",
}


@pytest.mark.parametrize("name", VALUES)
def test_values(file: Path, file_database: Database, name: str) -> None:
    change(file, VALUES[name])
    assert_refused(file, file_database)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", ".hidden", "a\x1b[31mb", "", "x" * 300, "..", "ü/ü"]
)
def test_names_that_are_no_names_become_some(file: Path, database: Database, tmp_path: Path, name: str) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE studies SET study_name = ? WHERE study_id = 1", (name,))
    take_in(file, database)
    assert len(list_studies(database)) == 2
    for item in list_studies(database):
        check_name(item.name)
    assert_refused_or_valid(file, database)


def test_an_ensemble_of_a_bad_name_gets_a_good_one(file: Path, database: Database) -> None:
    change(file, "UPDATE proxyscope_ensembles SET name = ' up' || char(10) || '\x1b'")
    take_in(file, database)
    assert [item.name for item in list_ensembles(database)] == ["up\\n\\x1b"]


def linked(path: Path, content: bytes) -> None:
    target = path.with_name("target.db")
    target.write_bytes(content)
    path.symlink_to(target)


def beside(suffix: str) -> Callable[[Path, bytes], None]:
    def make(path: Path, content: bytes) -> None:
        path.write_bytes(content)
        path.with_name(path.name + suffix).write_bytes(b"changes")

    return make


def zipped(path: Path, content: bytes) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.db", bytes(50_000_000))


def huge(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    os.truncate(path, 3 * 2**30)


FILES: dict[str, tuple[Callable[[Path, bytes], object], str]] = {
    "nothing": (lambda path, _: None, "cannot be read: No such file"),
    "empty": (lambda path, _: path.touch(), "it is empty"),
    "a folder": (lambda path, _: path.mkdir(), "it is not a file"),
    "a pipe": (lambda path, _: os.mkfifo(path), "it is not a file"),
    "a symbolic link": (linked, "it is a symbolic link"),
    "a link to nothing": (lambda path, _: path.symlink_to("/nowhere"), "it is a symbolic link"),
    "a link to a device": (lambda path, _: path.symlink_to("/dev/zero"), "it is a symbolic link"),
    "a text": (lambda path, _: path.write_text("hello"), "no SQLite database"),
    "a ZIP bomb": (zipped, "a ZIP archive; unpack it first"),
    "a gzip file": (lambda path, content: path.write_bytes(gzip.compress(content)), "a gzip file; unpack it first"),
    "a file of holes": (huge, "larger than 2 GiB"),
    "the magic alone": (lambda path, content: path.write_bytes(content[:16]), ""),
    "a log beside it": (beside("-wal"), "sent.db-wal beside it"),
    "a hot journal beside it": (beside("-journal"), "sent.db-journal beside it"),
    "zeros behind the header": (lambda path, content: path.write_bytes(content[:100] + bytes(len(content) - 100)), ""),
}


@pytest.mark.parametrize("name", FILES)
def test_files(honest: bytes, file_database: Database, tmp_path: Path, name: str) -> None:
    make, message = FILES[name]
    path = tmp_path / "sent.db"
    make(path, honest)
    assert_refused(path, file_database, message or None)


def test_another_database_is_refused(file_database: Database, tmp_path: Path) -> None:
    path = tmp_path / "sent.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE a (b)")
    assert_refused(path, file_database, "it is no study database: it has no table studies")


def test_the_honest_file_is_taken_in(file: Path, database: Database) -> None:
    take_in(file, database)
    assert len(list_studies(database)) == 2


def change(path: Path, statements: str) -> None:
    """Change a database as somebody with another program can."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.executescript(statements)
        connection.commit()
