"""Signing in with a real OpenID Connect provider: editors, viewers and strangers in a real browser."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import tomli_w
from oidc_provider_mock import User, run_server_in_thread
from playwright.sync_api import Browser, Page, expect

from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.storage import audit
from backend.storage.database import open_database
from tests.browser.app import ROOT, free_port, running_app
from tests.browser.conftest import WAIT_MILLISECONDS
from tests.conftest import cheap_config

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore:get_jwt_config")]

STUDY = "kept from strangers"
PEOPLE = {
    "ann": {"email": "Ann@lab.org", "email_verified": True},
    "ben": {"email": "ben@group.org", "email_verified": "true"},
    "eve": {"email": "eve@elsewhere.org", "email_verified": True},
    "mallory": {"email": "ann@lab.org", "email_verified": False},
    "trudy": {"email": "ann@lab.org", "email_verified": None},
    "oscar": {"email": "ann@lab.org"},
}


@pytest.fixture
def provider() -> Iterator[str]:
    """The address of a provider that knows the people."""
    with run_server_in_thread(user_claims=[User(sub=name, claims=claims) for name, claims in PEOPLE.items()]) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def address(installation: Path, provider: str) -> Iterator[str]:
    """A dashboard with one study, whose login is the example's, led to the provider."""
    database = open_database()
    prepare(database, cheap_config(setup={"n_trials": 3}), STUDY)
    execute_run(database, STUDY)
    port = free_port()
    example = tomllib.loads((ROOT / ".streamlit" / "secrets.example.toml").read_text(encoding="utf-8"))
    example["auth"] |= {
        "redirect_uri": f"http://localhost:{port}/oauth2callback",
        "cookie_secret": "0123456789abcdef" * 2,
        "server_metadata_url": f"{provider}/.well-known/openid-configuration",
    }
    example["access"] = {"editors": ["ann@lab.org"], "viewers": ["@group.org"], "contact": "ann@lab.org"}
    secrets = installation / "secrets.toml"
    secrets.write_text(tomli_w.dumps(example), encoding="utf-8")
    with running_app(installation, port=port, options=["--secrets.files", str(secrets)]):
        yield f"http://localhost:{port}"


@contextmanager
def signed_in(browser: Browser, address: str, name: str) -> Iterator[Page]:
    """A browser of its own, in which somebody has signed in."""
    with browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(WAIT_MILLISECONDS)
        page.goto(f"{address}/study?study={STUDY}")
        expect(page.get_by_text("Sign in to see the studies of this server.")).to_be_visible()
        assert STUDY not in page.locator("body").inner_text()
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name=name, exact=True).click()
        page.wait_for_url(f"{address}/**")
        yield page


@pytest.mark.slow
def test_an_editor_launches_under_their_name_a_viewer_looks_and_a_stranger_sees_nothing(
    browser: Browser, address: str
) -> None:
    expect.set_options(timeout=WAIT_MILLISECONDS)
    with signed_in(browser, address, "ann") as page:
        expect(page.get_by_role("main").get_by_text("ann@lab.org")).to_be_visible()
        page.get_by_test_id("stExpandSidebarButton").click()
        expect(page.get_by_text("This server opens this one alone.")).to_be_visible()
        expect(page.get_by_text("ann@lab.org, editor")).to_be_visible()
        page.goto(f"{address}/new-search")
        page.get_by_label("Number of images", exact=True).fill("8")
        page.get_by_label("Number of trials", exact=True).fill("2")
        page.get_by_label("Name of the study", exact=True).fill("by ann")
        page.get_by_label("Name of the study", exact=True).press("Enter")
        page.get_by_role("button", name="Launch the search").click()
        expect(page.get_by_role("heading", name="by ann")).to_be_visible()
        expect(page.locator(".st-key-run_state")).to_contain_text("Finished")
    (line, _) = audit.entries(open_database())
    assert (line.who, line.via, line.action, line.study) == ("ann@lab.org", "page", "launch", "by ann")

    with signed_in(browser, address, "ben") as page:
        expect(page.get_by_text("studies can be looked at here, not changed").first).to_be_visible()
        page.goto(f"{address}/study?study={STUDY}")
        expect(page.get_by_role("heading", name=STUDY)).to_be_visible()
        for button in ("Stop", "Resume", "Delete…"):
            expect(page.get_by_role("button", name=button, exact=True)).to_be_disabled()
        page.goto(f"{address}/new-search")
        expect(page.get_by_role("button", name="Launch the search")).to_be_disabled()

    for name, said in (
        ("eve", "eve@elsewhere.org is neither among the editors nor among the viewers of this server; ask ann@lab.org"),
        ("mallory", "your login does not vouch for the address ann@lab.org"),
        ("trudy", "your login does not vouch for the address ann@lab.org"),
        ("oscar", "your login does not say whether the address ann@lab.org is verified"),
    ):
        with signed_in(browser, address, name) as page:
            expect(page.get_by_text(said)).to_be_visible()
            page.goto(f"{address}/study?study={STUDY}")
            expect(page.get_by_text(said)).to_be_visible()
            assert STUDY not in page.locator("body").inner_text()
            page.get_by_role("button", name="Sign out").click()
            page.get_by_role("button", name="End session").click()
            expect(page.get_by_text("Sign in to see the studies of this server.")).to_be_visible()
    assert len(audit.entries(open_database())) == 2
