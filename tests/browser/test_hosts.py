"""A page on the internet that leads its own name to this machine, in a real browser: it reaches nothing here."""

import tempfile
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserType, Page, expect

from backend.runs.launch import create_study
from backend.search.problem import SearchProblem
from backend.storage.database import open_database
from tests.browser.app import free_port, running_app
from tests.browser.conftest import WAIT_MILLISECONDS
from tests.conftest import cheap_config

pytestmark = pytest.mark.browser

EVIL, KNOWN = "evil.example", "proxyscope.lab.example"
STUDY = "kept from strangers"
ASK = """
async ([address, method]) => {
    const answer = await fetch(address, { method, body: method === "PUT" ? new FormData() : undefined });
    return [answer.status, await answer.text()];
}
"""
OPEN = """
(address) => new Promise((resolve) => {
    const socket = new WebSocket(address, ["streamlit"]);
    socket.onopen = () => resolve("opened");
    socket.onerror = () => resolve("refused");
})
"""


@pytest.fixture
def rebound(browser_type: BrowserType, browser_type_launch_args: dict[str, Any]) -> Iterator[Browser]:
    """A browser to which both names lead here, as a name server of their owner would have it."""
    leads = ", ".join(f"MAP {name} 127.0.0.1" for name in (EVIL, KNOWN))
    arguments = [*browser_type_launch_args["args"], f"--host-resolver-rules={leads}"]
    browser = browser_type.launch(**{**browser_type_launch_args, "args": arguments})
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a dashboard with one study, which no test here changes."""
    home, port = tmp_path_factory.mktemp("hosts"), free_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROXYSCOPE_HOME", str(home))
        patch.delenv("PROXYSCOPE_STORAGE", raising=False)
        create_study(open_database(), SearchProblem(cheap_config()), STUDY)
    with running_app(home, port=port, variables={"PROXYSCOPE_ALLOWED_HOSTS": KNOWN}):
        yield port


def opened(browser: Browser) -> Page:
    expect.set_options(timeout=WAIT_MILLISECONDS)
    page = browser.new_page()
    page.set_default_timeout(WAIT_MILLISECONDS)
    return page


@pytest.mark.slow
def test_a_page_under_another_name_gets_no_page_no_websocket_and_no_upload(rebound: Browser, port: int) -> None:
    page = opened(rebound)
    answer = page.goto(f"http://{EVIL}:{port}/study?study={STUDY}")
    assert answer is not None
    assert answer.status == 400
    expect(page.locator("body")).to_contain_text("this server does not answer under the name in the address bar")
    assert page.evaluate("document.domain") == EVIL
    for method, path in (
        ("GET", "/"),
        ("GET", "/_stcore/health"),
        ("GET", "/_stcore/host-config"),
        ("PUT", "/_stcore/upload_file/session/file"),
        ("DELETE", "/_stcore/upload_file/session/file"),
    ):
        status, text = page.evaluate(ASK, [path, method])
        assert status == 400
        assert text.startswith("host: ")
    for host in (EVIL, "127.0.0.1", "localhost", KNOWN):
        assert page.evaluate(OPEN, f"ws://{host}:{port}/_stcore/stream") == "refused"
    assert not page.context.cookies()


@pytest.mark.slow
@pytest.mark.parametrize("host", [KNOWN, "localhost", "127.0.0.1"])
def test_a_known_name_shows_the_studies_and_takes_uploads(rebound: Browser, port: int, host: str) -> None:
    page = opened(rebound)
    page.goto(f"http://{host}:{port}")
    expect(page.locator(".st-key-study_actions")).to_contain_text(STUDY)
    assert page.evaluate(OPEN, f"ws://{host}:{port}/_stcore/stream") == "opened"
    page.goto(f"http://{host}:{port}/share?view=import")
    with tempfile.NamedTemporaryFile(suffix=".db") as file:
        file.write(b"no database")
        file.flush()
        page.locator("[data-testid=stFileUploader] input[type=file]").set_input_files(file.name)
        expect(page.get_by_test_id("stAlert")).to_contain_text("SQLite")
