"""A look at a server with an account that may read alone."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, inspect, make_url, text
from streamlit.testing.v1 import AppTest

from backend.errors import StorageError
from backend.storage import audit
from backend.storage.database import open_database
from backend.studies import list_studies, rename_study
from tests.backend.cli.command_line import backend
from tests.dashboard.conftest import (
    PAGES,
    app,  # noqa: F401
)
from tests.looking import OWN, PLAIN, own_study, plain_study
from tests.postgres.server import PASSWORD


@pytest.fixture(params=["plain", "own", "empty"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def reader(home: Path, postgres_url: str, kind: str) -> Iterator[str]:
    """The URL of a database for a role that may SELECT and nothing else."""
    {"plain": plain_study, "own": own_study, "empty": lambda _: None}[kind](postgres_url)
    role = f"reader_{uuid4().hex[:8]}"
    engine = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        name = make_url(postgres_url).database
        for statement in (
            f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'",
            f"REVOKE TEMPORARY ON DATABASE {name} FROM PUBLIC",
            f"GRANT USAGE ON SCHEMA public TO {role}",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
        ):
            connection.execute(text(statement))
        yield make_url(postgres_url).set(username=role).render_as_string(hide_password=False)
        connection.execute(text(f"DROP OWNED BY {role}"))
        connection.execute(text(f"DROP ROLE {role}"))
    engine.dispose()


def tables(url: str) -> list[str]:
    engine = create_engine(url)
    found = sorted(inspect(engine).get_table_names())
    engine.dispose()
    return found


def test_commands_read_and_make_no_table(reader: str, postgres_url: str, kind: str) -> None:
    before, name = tables(postgres_url), {"plain": PLAIN, "own": OWN, "empty": ""}[kind]
    listed = backend("studies", "list", "--storage", reader).stdout
    assert (name or "no study yet") in listed
    assert bool(backend("studies", "audit", "--storage", reader).stdout) == (kind == "own")
    if name:
        backend("studies", "show", name, "--storage", reader)
    assert tables(postgres_url) == before


@pytest.mark.slow
def test_pages_read_and_make_no_table(
    app: Callable[..., AppTest],  # noqa: F811
    reader: str,
    postgres_url: str,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PROXYSCOPE_STORAGE", reader)
    before, page = tables(postgres_url), app("help")
    for name in PAGES:
        page.switch_page(f"views/{name}/page.py")
        page.query_params["study"] = PLAIN if kind == "plain" else OWN
        if name == "new_search":
            # There it names the study whose settings the form begins with.
            page.query_params.clear()
        page.run()
        assert not page.exception, name
        if kind != "empty":
            # A page on proxies says of a study of plain Optuna that it records none.
            assert [error.value for error in page.error if "is an external study" not in error.value] == []
    assert tables(postgres_url) == before


def test_a_write_is_refused_in_one_line(reader: str, postgres_url: str, kind: str) -> None:
    if kind == "empty":
        with pytest.raises(ValueError, match="the database has none yet"):
            rename_study(open_database(reader), "a", "b")
        return
    before, name = tables(postgres_url), PLAIN if kind == "plain" else OWN
    with pytest.raises(StorageError, match=r"^storage: this account may not do that: permission denied"):
        rename_study(open_database(reader), name, "b")
    assert tables(postgres_url) == before
    assert [item.name for item in list_studies(open_database(reader))] == [name]
    assert "rename" not in [entry.action for entry in audit.entries(open_database(reader))]
