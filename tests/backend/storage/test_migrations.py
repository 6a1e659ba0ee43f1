"""Our tables come with migrations: into new databases and old ones, once, whole, and never backwards."""

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, func, insert, inspect, make_url, select, text
from sqlalchemy.exc import IntegrityError

from backend.ensembles.kept import list_ensembles
from backend.errors import StorageError
from backend.runs.launch import create_study
from backend.runs.tickets import Tickets, stored_candidate
from backend.search.problem import SearchProblem
from backend.search.score_store import ScoreStore
from backend.storage.database import Database, open_database
from backend.storage.migrations import VERSION_TABLE, known_revisions
from backend.storage.schema import scores, stored_key, tickets
from backend.storage.scores import cell_scores
from backend.studies import list_studies, runs
from tests.backend.storage.schemas import differences, execute, kept_database, revision
from tests.conftest import cheap_config
from tests.forked import fork_server
from tests.looking import PLAIN, plain_study, traces
from tests.postgres.server import PASSWORD

HEAD = known_revisions()[-1]
VERSION = "0.1.0"


def test_a_fresh_database_is_as_declared(url: str) -> None:
    database = open_database(url)
    database.prepare()
    assert differences(database.engine) == []
    assert revision(database.engine) == HEAD
    with database.engine.connect() as connection:
        optunas = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    assert optunas == [database.storage.get_head_version()]
    database.close()


def test_the_tables_keep_their_keys(url: str) -> None:
    """What Alembic does not compare on SQLite: keys that go with rows of other tables, and those without a name."""
    database = open_database(url)
    create_study(database, SearchProblem(cheap_config()), "a")
    (study,) = list_studies(database)
    row = {"study_id": study.study_id, "state": "open", "token": "t"}
    with database.begin() as connection:
        connection.execute(insert(tickets), [row | {"candidate": "c"}])
    for twin in ({"token": "t"}, {"token": "u", "candidate": "c"}, {"token": "u", "study_id": study.study_id + 1}):
        with pytest.raises(IntegrityError), database.begin() as connection:
            connection.execute(insert(tickets), [row | twin])
    with database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM proxyscope_runs")
        assert connection.scalar(select(func.count()).select_from(tickets)) == 0
    database.close()


def test_a_database_of_plain_optuna_gets_our_tables(url: str) -> None:
    plain_study(url)
    database = open_database(url)
    assert revision(database.engine) is None
    database.prepare()
    assert (differences(database.engine), revision(database.engine)) == ([], HEAD)
    assert [item.name for item in list_studies(database)] == [PLAIN]
    database.close()


LACKING: dict[str, tuple[str, ...]] = {
    "nothing": (),
    "no machines": (
        "ALTER TABLE proxyscope_runs DROP COLUMN machine",
        "ALTER TABLE proxyscope_workers DROP COLUMN machine",
    ),
    "no workers": ("DROP TABLE proxyscope_tickets", "DROP TABLE proxyscope_workers"),
    "no queue, audit or scores": (
        "DROP TABLE proxyscope_queue",
        "DROP TABLE proxyscope_queue_workers",
        "DROP TABLE proxyscope_audit",
        "DROP TABLE proxyscope_scores",
    ),
    "no index": ("DROP INDEX proxyscope_run_log_study", "DROP INDEX proxyscope_tickets_state"),
}


@pytest.mark.parametrize("lacking", LACKING)
def test_a_database_of_a_beta_is_brought_up_without_loss(url: str, lacking: str) -> None:
    execute(kept_database(VERSION, url), *LACKING[lacking])
    before = contents(url)
    database = open_database(url)
    names = {item.name for item in list_studies(database)}
    states = {study_id: (run.state, run.done) for study_id, run in runs.read_runs(database).items()}
    database.prepare()
    assert (differences(database.engine), revision(database.engine)) == ([], HEAD)
    assert {item.name for item in list_studies(database)} == names
    assert {study_id: (run.state, run.done) for study_id, run in runs.read_runs(database).items()} == states
    assert [item.name for item in list_ensembles(database)] == ["mine"]
    database.close()
    after = contents(url)
    assert {name: rows for name, rows in after.items() if rows and name not in {VERSION_TABLE, scores.name}} == {
        name: rows for name, rows in before.items() if rows and name != scores.name
    }
    moved = {
        (row["id"], row["setting"], "nas_bench_201", 1, str(row["cell_class"]), *list(row.values())[3:])
        for row in before.get(scores.name, [])
    }
    keys = ("id", "setting", "space", "space_version", "class_key", "proxy", "version", "value")
    assert {tuple(row[key] for key in keys) for row in after[scores.name]} == moved


def contents(url: str) -> dict[str, list[dict[str, object]]]:
    """All rows of our tables and Optuna's, in columns that have a value."""
    engine = create_engine(url)
    found = {}
    with engine.connect() as connection:
        for name in inspect(connection).get_table_names():
            rows = connection.execute(text(f"SELECT * FROM {name}")).mappings()
            kept = [{key: value for key, value in row.items() if value is not None} for row in rows]
            found[name] = sorted(kept, key=repr)
    engine.dispose()
    return found


def test_reading_an_older_database_changes_nothing(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "databases"
    folder.mkdir()
    url = kept_database(VERSION, f"sqlite:///{folder / 'studies.db'}")
    before = traces(folder)
    for read_only in (True, False):
        database = open_database(url, read_only=read_only)
        assert len(list_studies(database)) == 7
        with database.engine.connect() as connection:
            found = connection.execute(select(scores.c.value, scores.c.class_key)).all()
        assert len(found) > 50
        assert {row.class_key for row in found} == {None}
        database.close()
    assert traces(folder) == before


@pytest.mark.parametrize("state", ["9999", "later"])
def test_a_database_of_a_newer_version_is_refused_in_words(url: str, state: str) -> None:
    early = open_database(url)
    create_study(early, SearchProblem(cheap_config()), "a")
    early.close()
    execute(url, f"UPDATE {VERSION_TABLE} SET version_num = '{state}'")
    said = rf"^storage: \S+ has ProxyScope's tables of revision '{state}', .* up to '{HEAD}'; upgrade ProxyScope$"
    for read_only in (True, False):
        with pytest.raises(StorageError, match=said):
            open_database(url, read_only=read_only)


def test_one_that_is_upgraded_by_another_program_after_it_was_opened_is_not_written(url: str) -> None:
    early = open_database(url)
    early.prepare()
    early.close()
    looking = open_database(url)
    assert list_studies(looking) == []
    execute(url, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(StorageError, match=r"upgrade ProxyScope$"):
        create_study(looking, SearchProblem(cheap_config()), "a")
    execute(url, f"UPDATE {VERSION_TABLE} SET version_num = '{HEAD}'")
    assert list_studies(looking) == []
    looking.close()


def test_an_account_that_was_allowed_the_tables_of_an_earlier_version_still_reads(
    home: Path, postgres_url: str
) -> None:
    role = f"reader_{uuid4().hex[:8]}"
    grants = (
        f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'",
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
    )
    execute(kept_database(VERSION, postgres_url), *grants)
    reader = make_url(postgres_url).set(username=role).render_as_string(hide_password=False)
    for _ in ("before", "after"):
        looking = open_database(reader)
        assert len(list_studies(looking)) == 7
        looking.close()
        _prepared(postgres_url)
    execute(postgres_url, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def _prepared(url: str) -> str | None:
    database = open_database(url)
    database.prepare()
    try:
        return revision(database.engine)
    finally:
        database.close()


@pytest.mark.parametrize("pool", ["threads", "processes"])
def test_several_open_one_database_at_once(new_url: Callable[[], str], pool: str) -> None:
    empty, earlier = new_url(), kept_database(VERSION, new_url())
    pools: dict[str, Callable[[], ThreadPoolExecutor | ProcessPoolExecutor]] = {
        "threads": lambda: ThreadPoolExecutor(3),
        "processes": lambda: ProcessPoolExecutor(3, mp_context=fork_server()),
    }
    with pools[pool]() as workers:
        assert list(workers.map(_prepared, [empty] * 3 + [earlier] * 3)) == [HEAD] * 6
    for url, studies in ((empty, 0), (earlier, 7)):
        database = open_database(url)
        assert differences(database.engine) == []
        assert len(list_studies(database)) == studies
        database.close()


def test_threads_migrate_several_databases_at_once(home: Path, tmp_path: Path) -> None:
    urls = [kept_database(VERSION, f"sqlite:///{tmp_path / f'{number}.db'}") for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(_prepared, urls)) == [HEAD] * 6


def test_a_migration_that_breaks_off_leaves_the_database_as_it_was(url: str) -> None:
    """Something depends on the table that is changed last."""
    execute(kept_database(VERSION, url), "CREATE VIEW in_the_way AS SELECT candidate FROM proxyscope_tickets")
    before = contents(url)
    database = open_database(url)
    with pytest.raises(StorageError, match=r"cannot open .* for writing"):
        database.prepare()
    database.close()
    assert contents(url) == before
    execute(url, "DROP VIEW in_the_way")
    database.prepare()
    assert (differences(database.engine), revision(database.engine)) == ([], HEAD)
    database.close()


@pytest.mark.slow
def test_many_scores_take_seconds(url: str) -> None:
    kept_database(VERSION, url)
    rows = [
        {"setting": f"{cell % 7:064}", "cell_class": cell, "proxy": proxy, "version": 1, "value": cell / 3}
        for cell in range(12_500)
        for proxy in ("snip", "grasp", "zen", "zico", "naswot", "l2_norm", "fisher", "tenas")
    ]
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(insert(cell_scores), rows)
    engine.dispose()
    database = open_database(url)
    begun = time.monotonic()
    database.prepare()
    assert time.monotonic() - begun < 20
    with database.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(scores)) == len(rows) + 56
    found = ScoreStore(database.engine).get(f"{12_404 % 7:064}", "nas_bench_201", 1, "12404", ["grasp", "zen"])
    assert found == {"grasp": 12_404 / 3, "zen": 12_404 / 3}
    assert differences(database.engine) == []
    database.close()


def test_scores_of_two_spaces_and_versions_do_not_meet(database: Database) -> None:
    store = ScoreStore(database.engine)
    places = [("a", 1, "k"), ("a", 2, "k"), ("b", 1, "k"), ("a", 1, "l"), ("a", 1, "k" * 3_000), ("a", 1, "k" * 3_001)]
    for number, place in enumerate(places):
        store.put("s" * 64, *place, {"snip": float(number)})
    assert [store.get("s" * 64, *place, ["snip"]) for place in places] == [{"snip": float(n)} for n in range(6)]


def test_candidates_of_long_keys_are_told_apart(database: Database) -> None:
    create_study(database, SearchProblem(cheap_config()), "a")
    (study,) = list_studies(database)
    runs.claim(database, study.study_id)
    book = Tickets(database, study.study_id, 5)
    keys = ["long " * 1_000, "long " * 1_000 + ".", "short"]
    for number, key in enumerate([*keys, keys[0]]):
        assert book.take(f"t{number}", 1)
        assert book.name(f"t{number}", number, key) == number % 3
    assert book.candidates(0)[0] == {stored_candidate(key) for key in keys}


def test_a_key_as_long_as_its_column_is_kept_as_it_is() -> None:
    assert stored_key(scores.c.class_key, "k" * 255) == "k" * 255
    assert len(stored_key(scores.c.class_key, "k" * 256)) == 64
