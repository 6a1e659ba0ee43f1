"""Whatever a study, metric, parameter or note is called: no browser reaches out for it, and it is seen as it is."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from backend.storage.database import open_database
from tests.browser import plain_page
from tests.browser.app import running_app
from tests.browser.conftest import WAIT_MILLISECONDS
from tests.hostile_studies import FOREIGN, HOST, HOSTILE, LOOKS, OWN, make_hostile

pytestmark = pytest.mark.browser

STUDY_VIEWS = ("overview", "parallel", "settings", "time", "trials", "ensemble", "log", "config")
PAGES = (
    "/",
    *(f"/study?study={quote(name)}&view={view}" for name in (OWN, FOREIGN) for view in STUDY_VIEWS),
    *(f"/study?study={quote(OWN)}&curve={curve}" for curve in ("accuracy", "hypervolume")),
    f"/study?study={quote(FOREIGN)}&z=number&color=none",
    f"/study?study={quote(HOSTILE)}&x={quote(HOSTILE)}&trial={quote(HOSTILE)}&view={quote(HOSTILE)}",
    f"/compare?study={quote(OWN)}&study={quote(FOREIGN)}&study={quote(HOSTILE)}",
    "/compare",
    f"/benchmark?view=study&study={quote(OWN)}",
    f"/benchmark?view=study&study={quote(FOREIGN)}",
    f"/proxies?study={quote(OWN)}",
    f"/ensemble?study={quote(OWN)}",
    f"/share?study={quote(OWN)}&study={quote(HOSTILE)}",
    "/share?view=import",
    "/share?view=between",
    "/share?view=history",
    f"/new-search?study={quote(OWN)}",
    f"/help?term={quote(HOSTILE)}",
)

ELSEWHERE = """
() => [...document.querySelectorAll("a, img, image, use, iframe, source, video, link, script")].flatMap(element =>
    ["href", "xlink:href", "src"].map(name => element.getAttribute(name)).filter(Boolean)
).filter(address => new URL(address, location.href).host !== location.host && !/^(data|blob|mailto):/.test(address))
"""
"""Addresses of other hosts in the page."""
LINKS = """
place => [...place.querySelectorAll("a:not([href='/y']), img, em, del, .katex, [data-testid=stIconMaterial]")].map(
    element => element.outerHTML
)
"""
DRAWN = """
() => [...document.querySelectorAll(".js-plotly-plot")].map(graph => [...graph.querySelectorAll("text")].map(
    text => text.textContent.replace(/\\s+/g, " ")
).join(" ¦ ")).join(" ¦ ")
"""


@pytest.fixture(autouse=True)
def patience(page: Page) -> None:
    page.set_default_timeout(WAIT_MILLISECONDS)
    expect.set_options(timeout=WAIT_MILLISECONDS)


@pytest.fixture
def address(installation: Path) -> Iterator[str]:
    make_hostile(open_database())
    with running_app(installation) as running:
        yield running


@pytest.mark.slow
def test_no_page_reaches_out_or_links_elsewhere_and_names_are_seen_as_they_are(page: Page, address: str) -> None:
    own = urlsplit(address).netloc
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    seen = ""
    for path in PAGES:
        page.goto(address + path)
        page.wait_for_selector("[data-test-script-state=notRunning]")
        expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
        assert not page.get_by_test_id("stException").count(), path
        assert not [link for link in page.evaluate(ELSEWHERE) if HOST in link], path
        seen += f"\n{path}\n" + page.locator("body").inner_text()
        if view := re.search(r"/study\?study=(own|foreign).*view=(\w+)", path):
            name = OWN if view[1] == "own" else FOREIGN
            expect(page.get_by_role("heading", level=1)).to_have_text(name)
            if view[2] == "parallel" and view[1] == "foreign":
                drawn = page.evaluate(DRAWN)
                assert f"{FOREIGN} one" in drawn
                assert OWN in drawn
    assert {urlsplit(url).netloc for url in asked} <= {own, ""}
    assert LOOKS in seen


@pytest.mark.slow
def test_streamlit_makes_nothing_of_a_plain_text(page: Page, installation: Path) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    wrong = []
    with running_app(installation, script=plain_page.__file__) as address:
        page.goto(address)
        page.get_by_text("the end").wait_for()
        expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
        for number, text in enumerate(plain_page.TEXTS):
            expected = {
                "markdown": text,
                "caption": f"12:30:15 UTC {text}",
                "button": text,
                "list": f"{text}x",
                "choice": f"c {text}",
            }
            for kind, said in expected.items():
                place = page.locator(f".st-key-{kind}{number}")
                if " ".join(place.inner_text().split()) != said:
                    wrong.append((kind, text, place.inner_text()))
                wrong += [(kind, text, link) for link in place.evaluate(LINKS)]
    assert wrong == []
    assert {urlsplit(url).netloc for url in asked} <= {urlsplit(address).netloc, ""}
