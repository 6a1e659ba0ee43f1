"""The benchmark of a search space: all of it, any of its architectures, and a study in it."""

from collections.abc import Sequence

import streamlit as st

from backend.spaces.capabilities import Enumerable, lacks
from backend.truth import measures
from backend.truth.fields import DEVICES
from dashboard.text import plain
from dashboard.views.benchmark.architecture_view import architecture_view
from dashboard.views.benchmark.choices import Choices, choose_space
from dashboard.views.benchmark.import_section import benchmark_import
from dashboard.views.benchmark.space_view import space_view
from dashboard.views.benchmark.study_view import study_view
from dashboard.widgets.charts import picture_choice
from dashboard.widgets.errors import shown_errors


def show() -> None:
    """The page."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.title("Benchmark", anchor=False, width="content")
        with st.container(width="content"):
            picture_choice()
    choices = Choices(choose_space())
    covered = measures.covers(choices.space)
    st.caption(plain(_words(choices, covered)))
    for problem in choices.link_problems():
        st.error(plain(problem), icon=":material/error:")
    with shown_errors(), choices.view.tabs():
        {"space": space_view, "cell": architecture_view, "study": study_view}[choices.view.value](choices)
    if covered:
        st.divider()
        benchmark_import()


def _words(choices: Choices, covered: bool) -> str:
    title, words = choices.space.title, choices.words
    if choices.missing:
        return f"{title}: no benchmark of trained {words.many}. Every view has its own link."
    of_all = ", the trained ones of a space that cannot be listed" if lacks(choices.space, Enumerable) else ""
    text = f"{title}: {words.count(choices.size)}{of_all}, each trained on {_count(choices.datasets)}"
    if covered:
        text += f" and measured on {len(DEVICES)} devices"
    else:
        shown = choices.dataset.value
        notes = dict.fromkeys(item.help for item in choices.accuracies(shown))
        of_several = f"{shown}: " if len(choices.datasets) > 1 else ""
        text += f". {of_several}{' '.join(notes)}".rstrip(". ")
    return f"{text}. Every number names its release in brackets; every view has its own link."


def _count(datasets: Sequence[str]) -> str:
    return f"{len(datasets)} data sets" if len(datasets) > 1 else datasets[0]


show()
