"""The architecture that the page's link names, with its scores on the page; without one the best that is known."""

import pandas as pd
import streamlit as st

from backend import proxies
from backend.analysis.scores import labelled
from backend.spaces.base import Label, label_of
from dashboard.data import proxies as proxy_queries
from dashboard.data.proxies import Source, Target
from dashboard.links import link_architecture, linked_architecture
from dashboard.widgets.architecture_card import architecture_card, architecture_row


def scored_architecture(source: Source, target: Target | None, proxy: str) -> None:
    """The architecture of the link; without one the most accurate, or where no accuracy is known the best by a proxy.

    Args:
        source: of the scores.
        target: the true accuracy; None where none is known.
        proxy: that chooses without it.

    Raises:
        UserError: the link names none of the space.
    """
    words, selected = source.space.words, linked_architecture(source.space)
    best, how = _best(source, target, proxy)
    label, title = (best, how) if selected is None else (source.space.label(selected), f"Selected {words.one}")
    if label in source.scores.index:
        architecture_card(
            _row(source, label),
            title,
            source.space,
            source.dataset,
            objectives=source.objectives,
            trained_on=source.trained_on,
        )
    else:
        untried = "The study did not try it." if source.kind == "study" else "It cannot be scored, or was not."
        name = source.space.named(f"{label:,}" if isinstance(label, int) else label)
        st.info(f"{name[0].upper()}{name[1:]} has no score here. {untried}", icon=":material/info:")
    if selected is not None:
        st.button(
            f"Show the {how[0].lower()}{how[1:].removesuffix(' here')}",
            icon=":material/undo:",
            key="clear_cell",
            help=f"Take the chosen {words.one} out of the page's link.",
            on_click=_clear,
        )


def _best(source: Source, target: Target | None, proxy: str) -> tuple[Label, str]:
    """Label of the one to show unasked, and why it is this one."""
    words, scores = source.space.words, source.scores
    if target is not None:
        accuracy = proxy_queries.accuracy(source.space, target.dataset, target.epochs).reindex(scores.index).dropna()
        if len(accuracy):
            return label_of(accuracy.idxmax()), f"Most accurate {words.one} here"
    values = (-scores[proxy] if proxies.get(proxy).direction == "minimize" else scores[proxy]).dropna()
    return label_of(values.idxmax() if len(values) else scores.index[0]), f"Best {words.one} by {proxy}"


def _clear() -> None:
    link_architecture(None)


def _row(source: Source, label: Label) -> pd.Series:
    """The architecture as a row of a table of trials: a trial of the study, or what the table knows."""
    if source.trials is not None:
        return labelled(source.trials, source.space).loc[[label]].iloc[0]
    scores = {str(name): float(column[label]) for name, column in source.scores.items()}
    return architecture_row(source.space, source.space.at(label), source.trained_on, scores)
