"""optuna-dashboard beside the dashboard: it serves the same database, and its password is in no process list."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil
import pytest
from streamlit.testing.v1 import AppTest

from backend.runs.launch import create_study
from backend.search.problem import SearchProblem
from backend.storage.database import Database, open_database
from backend.studies import list_studies
from tests.browser.app import free_port
from tests.conftest import cheap_config
from tests.postgres.server import PASSWORD


@pytest.mark.slow
def test_it_serves_the_studies_of_the_server_and_no_process_shows_the_password(postgres_database: Database) -> None:
    create_study(postgres_database, SearchProblem(cheap_config()), "shown there")
    port = free_port()
    command = [sys.executable, "-m", "dashboard", "optuna", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            served = _read(f"http://127.0.0.1:{port}/api/studies", process)
            assert "shown there" in served
            assert PASSWORD not in served
            assert PASSWORD not in " ".join(psutil.Process(process.pid).cmdline())
        finally:
            process.terminate()
        assert PASSWORD not in process.communicate()[0]


def _read(address: str, process: "subprocess.Popen[str]") -> str:
    deadline = time.monotonic() + 90
    while True:
        try:
            with urlopen(address, timeout=10) as answer:
                return answer.read().decode()
        except (URLError, OSError):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.3)


def test_a_studys_page_leads_to_it_there_but_not_from_another_database(
    app: Callable[..., AppTest], finished: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROXYSCOPE_OPTUNA_DASHBOARD", "http://127.0.0.1:8080")
    (summary,) = list_studies(open_database())
    page = app("study", study=finished)
    assert f"http://127.0.0.1:8080/dashboard/studies/{summary.study_id}" in links(page)
    url = f"sqlite:///{tmp_path / 'copy.db'}"
    create_study(open_database(url), SearchProblem(cheap_config()), finished)
    page.sidebar.text_input(key="storage_url").set_value(url)
    page.sidebar.button(key="storage_open").click().run()
    page.switch_page("views/study/page.py")
    page.query_params["study"] = finished
    page.run()
    assert not page.exception
    assert any(finished in title.value for title in page.title)
    assert links(page)
    assert not any("127.0.0.1:8080" in link for link in links(page))


def links(page: AppTest) -> list[str]:
    return [link.proto.page for link in page.get("page_link")]
