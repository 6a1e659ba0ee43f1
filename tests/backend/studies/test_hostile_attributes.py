"""Whatever stands in one study's search file and attributes spoils that study's row, and no other."""

import io
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import optuna
import pytest
import tomli_w
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from backend.cli.study_list import print_studies, study_record
from backend.cli.terminal import Terminal
from backend.errors import UserError
from backend.runs import launch
from backend.runs.estimate import known_pace
from backend.sharing.contents import read_contents
from backend.sharing.inspection.opening import opened_file
from backend.sharing.preview import arrivals
from backend.sharing.source import snapshot
from backend.sharing.transfer import copy_studies
from backend.storage.database import Database, open_database
from backend.storage.values import DEEPEST, UnreadableValueError, read_value
from backend.studies import StudySummary, list_studies, load_study, study_config
from backend.studies.overview import OverviewReader
from tests.backend.cli.command_line import backend
from tests.backend.sharing import samples
from tests.conftest import cheap_config

CASES = Path(__file__).parents[2] / "data" / "cases"
WRONG_TYPES, DIGITS = CASES / "search_file_of_wrong_types.db", CASES / "metric_of_300_digits.db"
COLLEAGUES = "from a colleague"
HEALTHY, HOSTILE = "healthy one", "hostile one"

_deep = st.sampled_from(["[" * 900 + "]" * 900, '{"a":' * 900 + "1" + "}" * 900, "[" * 20_000])
_raw = st.sampled_from(
    [
        *("null", "true", "0", "-1", '"x"', '""', "[]", "{}", "[[]]", '[{"a": [1]}]', "NaN", "-Infinity", "1e308"),
        *("9" * 300, "9" * 400, "9" * 5_000, '"' + "long " * 2_000 + '"', '"\\ud800"', "{", "", '["a"]', "[1, 2]"),
        *('"<b>bold</b> [red]x[/red] **md**"', '"\\u001b[31m\\u202e\\u0007"', '["number", "number"]', '[["a"], {}]'),
        *('{"l2_norm": "x", "params": [1], "flops": ' + "9" * 400 + "}", '{"200": 3}', json.dumps(list("ab" * 50))),
    ]
)
_json = _deep | _raw | st.recursive(st.none() | st.text(), lambda inner: st.lists(inner, max_size=3)).map(json.dumps)
_values = st.one_of(
    st.sampled_from([[], {}, [[]], [{"a": 1}], "", "<b>\x1b[31m\u202e", "x" * 10_000, 10**299, 1e308, True, -1]),
    st.floats(),
    st.lists(st.integers() | st.text(max_size=5), max_size=3),
)
_ATTRIBUTES = {
    "study_user_attributes": ("proxyscope:config", "dataset", "anything"),
    "study_system_attributes": (
        "study:metric_names",
        "proxyscope:identity",
        "proxyscope:ensembles",
        "dashboard:note_ver",
        "dashboard:note_str:0",
    ),
    "trial_user_attributes": (
        *("arch", "index", "software_metrics", "hardware_metrics", "scaled_metrics", "nasbench_data_metrics"),
        *("seconds", "repeat_of", "scores_known", "breaks"),
    ),
}
_places = st.sampled_from([(table, key) for table, keys in _ATTRIBUTES.items() for key in keys])
_cells = st.one_of(
    st.sampled_from(["", "root", "running", "99999999999999999999", "<b>", "2026-01-01T00:00:00+02:00"]),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False),
    st.binary(max_size=4),
)
_columns = st.sampled_from(
    ["state", "asked", "done", "created", "started", "heartbeat", "host", "pid", "message", "device", "process_started"]
)
_property = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A database file with two searches that have ended."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("prepared")
        patch.setenv("PROXYSCOPE_HOME", str(folder))
        patch.delenv("PROXYSCOPE_STORAGE", raising=False)
        database = open_database()
        samples.make_search(database, HEALTHY)
        samples.make_search(database, HOSTILE)
        samples.make_note(database, HOSTILE, "a note")
        database.engine.dispose()
        yield folder / "studies.db"


@pytest.fixture
def file(prepared: Path, tmp_path: Path) -> Path:
    return shutil.copy(prepared, tmp_path / "studies.db")


def write(file: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(statement, values)


def put(file: Path, table: str, key: str, text: str) -> None:
    """Store a text in the place of an attribute of the hostile study, or of all its trials."""
    owner = table.split("_", maxsplit=1)[0]
    owners = f"SELECT study_id FROM studies WHERE study_name = '{HOSTILE}'"
    if owner == "trial":
        owners = f"SELECT trial_id FROM trials WHERE study_id IN ({owners})"
    write(file, f"DELETE FROM {table} WHERE key = ? AND {owner}_id IN ({owners})", key)
    columns = f"INSERT INTO {table} ({owner}_id, key, value_json)"
    write(file, f"{columns} SELECT {owner}_id, ?, ? FROM ({owners})", key, text)


def listed(file: Path) -> dict[str, StudySummary]:
    """The studies by name, once all reads of a list have been made of them."""
    database = open_database(f"sqlite:///{file}")
    try:
        summaries = list_studies(database)
        found = {item.name: item for item in summaries}
        assert set(found) == {HEALTHY, HOSTILE}
        json.dumps([study_record(item) for item in summaries])
        printed = io.StringIO()
        print_studies(Terminal(file=printed, width=200), summaries)
        assert HEALTHY in printed.getvalue()
        assert all(letter.isprintable() or letter == "\n" for letter in printed.getvalue())
        overviews, _ = OverviewReader(database).read(summaries)
        assert overviews[found[HEALTHY].study_id].architectures > 0
        known_pace(database, cheap_config(), summaries)
        assert [item.words for item in contents(database)]
        healthy, hostile = found[HEALTHY], found[HOSTILE]
        assert healthy.config is not None
        assert (healthy.config_problem, healthy.dataset, healthy.sampler) == ("", "cifar10", "random")
        assert hostile.config is None or not hostile.config_problem
        assert hostile.dataset in {None, "cifar10"}
        assert isinstance(hostile.note, str)
        assert all(isinstance(name, str) for name in hostile.objectives)
        assert len(hostile.objectives) == len(hostile.directions)
        read_config(database)
        return found
    finally:
        database.engine.dispose()


def contents(database: Database) -> Any:
    with snapshot(database) as source:
        return arrivals(read_contents(source), database)


def read_config(database: Database) -> None:
    """As what resumes or reports a study does it: a configuration, or a reason in one line."""
    try:
        study_config(load_study(database, HOSTILE))
    except UserError as error:
        assert "\n" not in str(error)  # noqa: PT017


@pytest.mark.slow
@_property
@given(_places, _json)
@example(("study_user_attributes", "proxyscope:config"), "[1]")
@example(("study_system_attributes", "study:metric_names"), '["a", {}]')
@example(("study_system_attributes", "dashboard:note_str:0"), "[1]")
@example(("trial_user_attributes", "software_metrics"), "[1]")
@example(("trial_user_attributes", "seconds"), '"slow"')
def test_attributes_of_any_kind(prepared: Path, tmp_path: Path, place: tuple[str, str], text: str) -> None:
    file = shutil.copy(prepared, tmp_path / "studies.db")
    put(file, *place, text)
    listed(file)


@pytest.mark.slow
@_property
@given(st.data(), _values)
def test_search_files_of_any_kind(prepared: Path, tmp_path: Path, data: st.DataObject, value: Any) -> None:
    file = shutil.copy(prepared, tmp_path / "studies.db")
    tables = {"search": cheap_config(setup={"constraints": ["params <= 300000"]}).model_dump(exclude_none=True)}
    place: Any = tables
    while True:
        key = data.draw(st.sampled_from(sorted(place)))
        if not isinstance(place[key], dict) or not place[key] or data.draw(st.integers(0, 3)) == 0:
            break
        place = place[key]
    place[key] = value
    try:
        text = tomli_w.dumps(tables)
    except (TypeError, ValueError):
        return
    put(file, "study_user_attributes", "proxyscope:config", json.dumps(text))
    hostile = listed(file)[HOSTILE]
    if hostile.file_problem:
        assert hostile.file_problem.startswith("its search file is not valid: ")
        assert hostile.config_problem == hostile.file_problem


@pytest.mark.parametrize(
    "text",
    ["", "a" + ".a" * 20_000 + " = 1", "a = " + "[" * 900, "x" * 300_000, "\ud800", "[search]\nstrategy = 9", "\ufeff"],
)
def test_texts_that_are_no_search_file(file: Path, text: str) -> None:
    put(file, "study_user_attributes", "proxyscope:config", json.dumps(text))
    assert listed(file)[HOSTILE].file_problem.startswith("its search file is not valid: ")


@pytest.mark.slow
@_property
@given(_columns, _cells)
@example("created", "yesterday")
@example("state", "root")
@example("asked", "many")
def test_rows_of_runs_of_any_kind(prepared: Path, tmp_path: Path, column: str, value: object) -> None:
    file = shutil.copy(prepared, tmp_path / "studies.db")
    owner = f"(SELECT study_id FROM studies WHERE study_name = '{HOSTILE}')"
    write(file, f"UPDATE proxyscope_runs SET {column} = ? WHERE study_id = {owner}", value)
    run = listed(file)[HOSTILE].run
    assert run is not None
    if run.message.startswith("what is stored of its run is not valid"):
        assert column in run.message


def test_a_run_in_no_state_is_a_failed_one_that_says_so(file: Path) -> None:
    owner = f"(SELECT study_id FROM studies WHERE study_name = '{HOSTILE}')"
    write(file, f"UPDATE proxyscope_runs SET state = 'root', created = 'yesterday' WHERE study_id = {owner}")
    run = listed(file)[HOSTILE].run
    assert run is not None
    assert (run.state, run.message) == ("failed", "what is stored of its run is not valid: state, created")
    assert run.done == 14


def test_a_hundred_objectives_of_hostile_names(file: Path) -> None:
    database = open_database(f"sqlite:///{file}")
    database.prepare()
    study = optuna.create_study(storage=database.storage, study_name="wide", directions=["minimize"] * 100)
    study.set_metric_names(
        ["number", "[red]", "\x1b[31m", "\u202e", "x" * 10_000, *(f"m{place}" for place in range(95))]
    )
    found = {item.name: item for item in list_studies(database)}
    printed = io.StringIO()
    print_studies(Terminal(file=printed, width=200), list(found.values()))
    assert all(letter.isprintable() or letter == "\n" for letter in printed.getvalue())
    assert {"number", "[red]"} < set(study_record(found["wide"])["objectives"])
    assert set(found) == {HEALTHY, HOSTILE, "wide"}
    database.engine.dispose()


@pytest.mark.parametrize("depth", [DEEPEST, DEEPEST + 1, 900, 100_000])
def test_how_deep_a_value_may_be_does_not_depend_on_who_reads_it(depth: int) -> None:
    text = "[" * depth + "]" * depth
    if depth <= DEEPEST:
        assert read_value(text)
    else:
        with pytest.raises(UnreadableValueError, match=f"deeper than {DEEPEST} levels"):
            read_value(text)
    assert read_value(json.dumps({"a": '[{"\\' * 500})) == {"a": '[{"\\' * 500}


def test_a_deep_attribute_leaves_the_study_readable_with_optuna(file: Path) -> None:
    put(file, "study_user_attributes", "anything", "[" * 900 + "]" * 900)
    database = open_database(f"sqlite:///{file}")
    attributes = load_study(database, HOSTILE).user_attrs
    assert attributes["anything"] == f"(not shown: it is nested deeper than {DEEPEST} levels)"
    assert attributes["dataset"] == "cifar10"
    database.engine.dispose()


def take_in(file: Path, database: Database) -> list[str]:
    """Import a file; returns what was said of each study before."""
    with opened_file(file) as source:
        found = read_contents(source)
        words = [item.words for item in arrivals(found, database)]
        copy_studies(source, database, found)
    return words


def test_an_import_says_that_a_search_file_is_not_valid_before_it_copies(database: Database) -> None:
    (words,) = take_in(WRONG_TYPES, database)
    assert words.startswith("new; its search file is not valid: search.search_space.nas_zero_cost.config.dataset[0]: ")
    (summary,) = list_studies(database)
    assert (summary.trials, summary.config, summary.dataset, summary.constraints) == (60, None, None, [])
    assert words.endswith(summary.file_problem)
    with pytest.raises(UserError, match=f"^study: '{COLLEAGUES}': its search file is not valid: "):
        launch.resume(database, COLLEAGUES)


def test_the_commands_show_one_bad_row(database: Database, tmp_path: Path) -> None:
    samples.make_search(database, HEALTHY)
    printed = backend("studies", "import", WRONG_TYPES, "--yes").stdout
    assert "its search file is not valid" in printed
    printed = backend("studies", "list").stdout
    assert HEALTHY in printed
    assert "its search file is not valid" in printed
    rows = {row["name"]: row for row in json.loads(backend("studies", "list", "--json").stdout)}
    assert rows[HEALTHY]["problem"] is None
    assert rows[COLLEAGUES]["problem"].startswith("its search file is not valid: ")
    shown = backend("studies", "show", COLLEAGUES).stdout
    assert "Best trial(s)" in shown
    assert "its search file is not valid" in shown
    assert json.loads(backend("studies", "show", COLLEAGUES, "--json").stdout)["best_trials"]
    assert "its search file is not valid" in backend("studies", "resume", COLLEAGUES, status=2).stderr
    assert "60 trials" in backend("studies", "export", COLLEAGUES, "-o", tmp_path / "out.db").stdout


def test_an_integer_that_no_float_holds_is_refused_with_its_place(database: Database) -> None:
    with pytest.raises(UserError, match=r"attribute 'software_metrics\.x' .* a whole number of 300 digits") as refused:
        take_in(DIGITS, database)
    assert "\n" not in str(refused.value)
    assert list_studies(database) == []


def test_an_integer_that_no_float_holds_is_printed_where_it_is_stored(tmp_path: Path) -> None:
    file = shutil.copy(DIGITS, tmp_path / "studies.db")
    assert "x 1e+300" in backend("studies", "show", "base one", "--storage", f"sqlite:///{file}").stdout
