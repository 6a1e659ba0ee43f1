from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from backend import __version__
from dashboard.data.glossary import glossary

Open = Callable[..., AppTest]


def text(page: AppTest) -> str:
    return "\n".join(element.value for element in [*page.markdown, *page.caption, *page.code])


def test_it_tells_steps_terms_keys_versions_and_places(app: Open, home: Path) -> None:
    page = app("help")
    assert not page.exception
    assert [heading.value for heading in page.subheader] == [
        "First steps",
        "Keyboard",
        "Versions",
        "Where files are",
        "Terms",
    ]
    assert __version__ in text(page)
    assert st.__version__ in text(page)
    assert f"sqlite:///{home / 'studies.db'}" in text(page)
    assert all(f"**{term}**" in text(page) for terms in glossary().values() for term in terms)
    assert str(home / "sweeps") in text(page)


def test_a_term_is_found_from_the_link(app: Open) -> None:
    page = app("help", term="hypervolume")
    assert "**Hypervolume**" in text(page)
    assert "**Trial**" not in text(page)
    page.text_input(key="term").set_value("xyzzy").run()
    assert "No term has" in text(page)


def test_the_password_of_the_database_is_hidden(app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROXYSCOPE_STORAGE", "postgresql+psycopg://me:secret@127.0.0.1:1/studies")
    page = app("help")
    assert not page.exception
    everything = text(page) + "".join(box.value for box in page.error)
    assert "secret" not in everything
    assert "127" in everything


def test_terms_stand_in_alphabetical_order() -> None:
    sections = glossary()
    assert list(sections) == ["General terms", "Terms of NAS-Bench-201"]
    for terms in sections.values():
        assert list(terms) == sorted(terms, key=str.casefold)
        assert all(words.endswith(".") for words in terms.values())


def test_terms_of_one_space_stand_apart() -> None:
    general, of_space = glossary().values()
    assert {"Held out", "In-sample", "Incumbent", "Isomorphic", "Worst-objective rank", "Snapshot"} <= set(general)
    assert {"Cell", "Edge", "Operation", "C and N", "Architecture string", "Disconnected"} <= set(of_space)
    assert not any("cell" in f"{term} {words}".casefold() for term, words in general.items())


def test_a_missing_glossary_is_said(app: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("dashboard.data.glossary.GLOSSARY", tmp_path / "glossary.md")
    page = app("help")
    assert not page.exception
    assert "glossary" in "".join(box.value for box in page.error)
