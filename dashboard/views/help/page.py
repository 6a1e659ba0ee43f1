"""First steps, the field's terms, keys, versions, and where files are."""

import pandas as pd
import streamlit as st

from backend import installation
from dashboard.data import queries
from dashboard.data.glossary import glossary
from dashboard.links import (
    COMPARE,
    ENSEMBLE,
    NEW_SEARCH,
    PROXIES,
    SHARE,
    STUDIES,
    page_link,
)
from dashboard.text import plain
from dashboard.widgets.errors import shown_errors

_TERM = "term"
_KEYS = (
    ("R", "Anywhere but in a text field", "Read the page again: new trials and studies appear."),
    ("Tab, Shift + Tab", "Anywhere", "To the next control, or back."),
    ("Enter, Space", "On a button, tab or choice", "Press it."),
    ("Type, ↑ ↓, Enter", "In a list that opens", "Filter it, go through it, take the marked entry."),
    ("Backspace", "In a list of several", "Take the last entry out."),
    ("Arrows", "In a table", "To another cell of the table."),
    ("Ctrl or ⌘ + C", "In a table", "Copy the marked cells, ready for a spreadsheet."),
    ("Ctrl or ⌘ + F", "In a table", "Search it."),
    ("Esc", "In a dialog, list or table's search", "Close it."),
)


def show() -> None:
    """The page."""
    st.title("Help", anchor=False)
    steps, terms = st.columns([3, 2], gap="large")
    with steps:
        _first_steps()
        _keys()
        _versions()
        _files()
    with terms:
        _terms()


def _first_steps() -> None:
    st.subheader("First steps", anchor="first-steps")
    st.markdown(
        """
1. **Run the example.** On *Studies*, one click launches a search on bundled images. It runs in a process of its own:
   close the browser, and it goes on.
2. **Watch it.** The study's page shows each architecture as soon as it is scored. Click a marker to see its scores and
   the accuracy that it reached after training, where that is known.
3. **Find out which proxy to trust.** *Proxies* compares each with true accuracy, over a study or the whole space, and
   shows where it fails.
4. **Choose an architecture to train.** *Ensemble* says what proxies predict together, how certain that is, which
   architecture to train and what training the first few of the shortlist costs. A new search can optimise a saved
   ensemble.
5. **Compare.** Launch the same search with another sampler, or with several seeds, and see on *Compare* which comes
   closer to the optimum, and how soon.
6. **Share.** *Share* exports any studies as one file, with their logs, ensembles and scores, even while they run. Drop
   the file onto the page *Share* of another installation: it is checked and shown before anything is copied, and no
   study is copied twice. The same page copies between databases, and lists who did what.

A **search space of your own** is a Python file, which the environment variable `PROXYSCOPE_SPACES` names. Pages say
what a space lacks, and everything else works.

The address of every page holds what it shows: copy it to share the same view. Every chart saves its data (the
button below it) and its picture (the camera above it). Every control has a question mark that explains it.
"""
    )
    with st.container(horizontal=True):
        page_link(STUDIES, "Studies", ":material/lists:")
        page_link(NEW_SEARCH, "New search", ":material/add_circle:")
        page_link(PROXIES, "Proxies", ":material/query_stats:")
        page_link(ENSEMBLE, "Ensemble", ":material/join_inner:")
        page_link(COMPARE, "Compare", ":material/stacked_line_chart:")
        page_link(SHARE, "Share", ":material/share:")
    st.markdown("All of it from a terminal, too:")
    st.code(
        "make search                                    # the example search\n"
        "python -m backend search --config my.toml      # one of your own\n"
        "python -m backend sweep --dataset cifar10      # score the whole space\n"
        "python -m backend correlate                    # how well each proxy ranks it\n"
        "python -m backend studies export --all         # one file of all studies, to send\n"
        "python -m backend --help",
        language="bash",
        wrap_lines=True,
    )


def _keys() -> None:
    st.subheader("Keyboard", anchor="keyboard")
    st.table(pd.DataFrame(_KEYS, columns=["Key", "Where", "What it does"]), border="horizontal", hide_index=True)


def _terms() -> None:
    st.subheader("Terms", anchor="terms")
    wanted = st.text_input(
        "Find a term",
        key=_TERM,
        bind="query-params",
        placeholder="such as regret",
        help="Part of a term or of its explanation. It is kept in the page's link.",
    ).strip()
    with shown_errors():
        sections = glossary()
        found = {title: _matching(terms, wanted) for title, terms in sections.items()}
        if not any(found.values()):
            count = sum(map(len, sections.values()))
            st.caption(f"No term has “{plain(wanted)}” in it. Clear the field to see all {count}.")
        for title, terms in found.items():
            if terms:
                st.markdown(f"##### {title}")
                st.markdown("\n\n".join(f"**{term}**  \n{words}" for term, words in terms.items()))


def _matching(terms: dict[str, str], wanted: str) -> dict[str, str]:
    """The terms with these letters in them or in their explanations."""
    return {term: words for term, words in terms.items() if wanted.casefold() in f"{term} {words}".casefold()}


def _versions() -> None:
    st.subheader("Versions", anchor="versions")
    st.caption("Name these when you report a result or a problem.")
    facts = {**installation.versions(), **installation.machine()}
    st.code("\n".join(f"{name:<18} {value}" for name, value in facts.items()), language=None, wrap_lines=True)


def _files() -> None:
    st.subheader("Where files are", anchor="files")
    lines = [f"- **{what}**: `{where}` ({how})" for what, (where, how) in installation.folders().items()]
    st.markdown("\n".join(lines))
    with shown_errors():
        st.caption(
            f"Study database: `{queries.database()}`, a password in it hidden. Another: in the sidebar for this "
            "browser session, or with the environment variable `PROXYSCOPE_STORAGE`, any SQLAlchemy URL. Any Optuna "
            "tool reads it."
        )


show()
