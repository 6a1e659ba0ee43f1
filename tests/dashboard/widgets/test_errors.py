"""What a page says when its database is lost: one line, and the page stays."""

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from backend.storage.database import Database
from tests.postgres.server import PASSWORD, Server


def test_a_lost_server_is_one_line_on_the_page_which_works_again_when_it_is_back(
    postgres_server: Server, postgres_database: Database, app: Callable[..., AppTest]
) -> None:
    page = app("studies")
    assert not page.exception
    postgres_server.stop()
    try:
        page.run()
        assert not page.exception
        (said,) = page.error
        assert "does not answer" in said.value
        assert PASSWORD not in said.value
        assert "\n" not in said.value
    finally:
        postgres_server.start()
    page.run()
    assert not page.error
    assert not page.exception
