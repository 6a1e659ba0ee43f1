"""Links between pages: whatever values one page gives, the other reads."""

import ast
import json
import re
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from backend.runs.launch import create_study
from backend.search.problem import SearchProblem
from backend.storage.database import Database, open_database
from backend.studies import list_studies
from dashboard import links
from tests.conftest import cheap_config
from tests.dashboard.conftest import PAGES

DASHBOARD = Path(links.__file__).parents[0]
LINKS = Path(links.__file__)
STREAMLITS = {"query_params", "switch_page", "page_link"}
PARAMETERS = sorted(
    {
        name
        for path in DASHBOARD.rglob("*.py")
        for name in re.findall(
            r'(?:LinkedChoices?\(\s*|LinkedZoom\(\s*|(?:_[A-Z]*|PARAMETER)(?:: Final)? = )"([a-z-]+)"', path.read_text()
        )
    }
)

VALUES = [
    ["one"],
    ["one", "two", "three"],
    ["a & b", "c=d", "e;f", "a"],
    ["#1", "50 %", "%41", "1+1", "a b", " "],
    ["größe", "研究", "🧪", "e\u0301", "\u202e"],
    ["", "x", ""],
    [""],
    ["../share?study=x", "//evil.example", "'\"<b>`", "\\", "\n\t"],
    ["twice", "twice"],
    [],
]

# The pages of this app stand where those of the dashboard do; each writes down what it reads in its link.
READER = """
import json
import streamlit as st
from dashboard.links import open_page, page_link, parameter, parameters
for name, values in st.session_state.get("expected", {}).items():
    st.text(json.dumps([name, parameters(name), parameter(name)]))
if request := st.session_state.pop("go", None):
    page, link = request
    page_link(page, "There", ":material/link:", None, link)
    if st.session_state.get("switch"):
        open_page(page, link)
"""
APP = """
import streamlit as st
st.navigation([{pages}]).run()
"""


@pytest.fixture
def app(tmp_path: Path) -> AppTest:
    for name in PAGES:
        (tmp_path / "views" / name).mkdir(parents=True)
        (tmp_path / "views" / name / "page.py").write_text(READER, encoding="utf-8")
    pages = ", ".join(f'st.Page("views/{name}/page.py", title="{name}", url_path="{name}")' for name in PAGES)
    (tmp_path / "app.py").write_text(APP.format(pages=pages), encoding="utf-8")
    return AppTest.from_file(str(tmp_path / "app.py"), default_timeout=60).run()


def test_the_parameters_of_every_page_are_known_to_these_tests() -> None:
    assert {"studies", "study", "share", "compare", "benchmark"} < set(PAGES)
    assert {"study", "trial", "cell", "table", "view", "find", "proxies", "log", "axis"} <= set(PARAMETERS)
    assert {"sampler", "epochs", "cost", "which", "pareto-zoom", "from"} <= set(PARAMETERS)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("switch", [True, False], ids=["switched to", "linked to"])
def test_a_page_reads_what_another_gave_it(app: AppTest, page: str, switch: bool) -> None:
    other = next(name for name in PAGES if name != page)
    for shift in range(len(VALUES)):
        expected = {name: VALUES[(shift + number) % len(VALUES)] for number, name in enumerate(PARAMETERS)}
        app.switch_page(f"views/{other}/page.py").run()
        app.session_state["go"] = (f"views/{page}/page.py", expected)
        app.session_state["switch"] = switch
        app.session_state["expected"] = expected
        app.run()
        if not switch:
            (link,) = app.get("page_link")
            assert not link.proto.external
            app.switch_page(f"views/{page}/page.py")
            app.query_params.clear()
            app.query_params.update(parse_qs(link.proto.query_string, keep_blank_values=True))
            app.run()
        assert not app.exception
        found = [json.loads(element.value) for element in app.text]
        assert found == [[name, given, given[-1] if given else None] for name, given in expected.items()]


@pytest.mark.parametrize("path", sorted(DASHBOARD.rglob("*.py")), ids=lambda path: str(path.relative_to(DASHBOARD)))
def test_no_other_file_makes_links_or_reads_their_parameters(path: Path) -> None:
    used = {
        node.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "st"
    }
    assert (used & STREAMLITS) == (STREAMLITS if path == LINKS else set())


@pytest.mark.parametrize("button", ["compare_studies", "share_studies"])
def test_all_chosen_studies_go_along(database: Database, button: str) -> None:
    names = ["first", "second", "third"]
    for name in names:
        create_study(database, SearchProblem(cheap_config()), name)
    test = AppTest.from_file(str(DASHBOARD / "app.py"), default_timeout=60)
    test.session_state["chosen_studies"] = [item.study_id for item in list_studies(database)]
    test.run()
    test.button(key=button).click().run()
    assert not test.exception
    assert sorted(test.query_params["study"]) == names
    assert sorted(test.multiselect[0].value) == names


def test_another_database_is_opened_from_a_page_whose_link_a_widget_keeps(database: Database, tmp_path: Path) -> None:
    create_study(database, SearchProblem(cheap_config()), "here")
    other = tmp_path / "other.db"
    create_study(open_database(f"sqlite:///{other}"), SearchProblem(cheap_config()), "there")
    test = AppTest.from_file(str(DASHBOARD / "app.py"), default_timeout=60).run()
    test.switch_page("views/help/page.py")
    test.query_params["term"] = "regret"
    test.run()
    assert test.text_input(key="term").value == "regret"
    test.text_input(key="storage_url").input(f"sqlite:///{other}")
    test.button(key="storage_open").click().run()
    assert not test.exception
    assert "other.db" in test.sidebar.code[0].value
