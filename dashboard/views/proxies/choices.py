"""What is chosen on the page, and stands in its link."""

from collections.abc import Iterable
from typing import Final

import streamlit as st

from backend.spaces.capabilities import HasTruth, capability
from dashboard.cards.proxies import ACCURACY, GROUP_PREFIX, ONE_COLOUR
from dashboard.data import proxies as proxy_queries
from dashboard.data.proxies import Source, Target
from dashboard.figures.axis_scales import SCALE_NAMES, Scale
from dashboard.links import VIEW_PARAMETER, set_parameter
from dashboard.widgets.linked import LinkedChoice

PROXY_PARAMETER: Final = "proxy"
DATASET_PARAMETER: Final = "dataset"
EPOCHS_PARAMETER: Final = "epochs"

_SCALE: Final = LinkedChoice("scale", dict(SCALE_NAMES.items()))
VIEW: Final = LinkedChoice("ranking", {"chart": "Chart", "table": "Table"})
PAGE_VIEW: Final = LinkedChoice(VIEW_PARAMETER, {"scores": "One table of scores", "spaces": "All spaces"})


def link_problems(source: Source) -> list[str]:
    """What is wrong with the choices in the page's link, a line each."""
    choices = [_SCALE, _proxy(source), _against(source), _color(source)]
    if truth := capability(source.space, HasTruth):
        choices += [_epochs(source, truth), _count(source), VIEW, _dataset(source, truth)]
    if proxy_queries.groupings(source.space):
        choices.append(_by(source))
    return [choice.problem for choice in choices if choice.problem]


def target_choice(source: Source) -> Target | None:
    """Controls for the truth to compare with; None, and no control, where the space has none."""
    truth = capability(source.space, HasTruth)
    if truth is None:
        return None
    words = source.space.words
    dataset, epochs, count = st.columns([2, 2, 3], vertical_alignment="bottom")
    with dataset:
        accuracy = _dataset(source, truth).dropdown(
            f"{source.labels.capitalize()} on",
            f"Data set on which every {words.one} was trained and tested. Another than the scores' own shows how far a "
            "proxy carries over.",
        )
    with epochs:
        trained = _epochs(source, truth).segments("Trained for", "Length of the training.")
    with count:
        counted = _count(source).segments(
            "Count",
            f"{words.many.capitalize()} that compute the same function share their scores. Counted once, a class has "
            f"the mean accuracy of its {words.many}, and correlations are not swayed by how often it occurs. For the "
            "ranking of proxies only.",
        )
    return Target(accuracy, int(trained), by_class=counted == "classes")


def proxy_choice(source: Source, target: Target | None) -> str:
    """A control for the proxy to look at closely; at first the one that ranks best, where there is truth."""
    winner = proxy_queries.winner(source, target) if target else None
    choice = _proxy(source, first=winner)
    return choice.dropdown("Proxy", "The proxy whose scores, formula and failure modes are shown below.")


def choose_proxy(name: str) -> None:
    """Put a proxy into the page's link."""
    set_parameter(PROXY_PARAMETER, name)


def against_choice(source: Source, proxy: str) -> str:
    """A control for the vertical axis: ``ACCURACY`` or a proxy; without truth, at first another proxy than this."""
    return _against(source, proxy).dropdown("Against", "What the vertical axis shows: true accuracy, or another proxy.")


def scale_choice(source: Source) -> Scale:
    """A control for the scale of proxies' axes."""
    words = (
        "Some proxies span many orders of magnitude. Automatic takes a linear axis unless it would crowd most "
        f"{source.space.words.many}."
    )
    chosen = _SCALE.dropdown("Scale", words)
    return next(scale for scale in SCALE_NAMES if scale == chosen)


def color_choice(source: Source) -> str:
    """A control for the markers' colour: a grouping behind its prefix, a proxy, ``ACCURACY`` or ``ONE_COLOUR``."""
    return _color(source).dropdown("Colour", f"What the colour of a marker shows of its {source.space.words.one}.")


def grouping_choice(source: Source) -> str | None:
    """A control for how architectures are grouped; None, and no control, where the space has no groups."""
    if not proxy_queries.groupings(source.space):
        return None
    return _by(source).dropdown("Groups by", f"What the {source.space.words.many} of a group have in common.")


def _epochs(source: Source, truth: HasTruth) -> LinkedChoice:
    lengths = truth.lengths(_dataset(source, truth).value)
    return LinkedChoice(EPOCHS_PARAMETER, {str(epochs): f"{epochs} epochs" for epochs in list(lengths)[::-1]})


def _count(source: Source) -> LinkedChoice:
    return LinkedChoice(
        "count", {"cells": f"All {source.space.words.many}", "classes": f"Unique {source.space.words.many}"}
    )


def _by(source: Source) -> LinkedChoice:
    return LinkedChoice("by", proxy_queries.groupings(source.space))


def _dataset(source: Source, truth: HasTruth) -> LinkedChoice:
    own = [name for name in truth.datasets if name == source.trained_on]
    return LinkedChoice(DATASET_PARAMETER, {name: name for name in dict.fromkeys([*own, *truth.datasets])})


def _proxy(source: Source, first: str | None = None) -> LinkedChoice:
    return LinkedChoice(PROXY_PARAMETER, _named([*([first] if first else []), *source.scores]))


def _against(source: Source, proxy: str = "") -> LinkedChoice:
    others = _named(name for name in source.scores if name != proxy)
    if source.no_truth:
        return LinkedChoice("against", {**others, **_named(source.scores)} or {ACCURACY: "True accuracy"})
    return LinkedChoice("against", {ACCURACY: source.labels.capitalize(), **_named(source.scores)})


def _color(source: Source) -> LinkedChoice:
    groupings = proxy_queries.groupings(source.space)
    by = {f"{GROUP_PREFIX}{name}": title for name, title in groupings.items()}
    accuracy = {} if source.no_truth else {ACCURACY: source.labels}
    return LinkedChoice("color", {**by, ONE_COLOUR: "one colour", **accuracy, **_named(source.scores)})


def _named(names: Iterable[object]) -> dict[str, str]:
    return {str(name): str(name) for name in names}
