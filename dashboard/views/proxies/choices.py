"""What is chosen on the page, and stands in its link."""

from collections.abc import Iterable
from typing import Final

import streamlit as st

from backend.datasets.info import DATASETS
from backend.spaces.nas_bench_201.features import GROUPINGS, Grouping
from backend.truth.fields import EPOCHS
from dashboard.data.proxies import Source, Target
from dashboard.figures.axis_scales import SCALE_NAMES, Scale
from dashboard.widgets.linked import LinkedChoice

PROXY_PARAMETER: Final = "proxy"
ACCURACY: Final = "accuracy"
ONE_COLOUR: Final = "none"
_GROUP_PREFIX = "by-"

_EPOCHS: Final = LinkedChoice("epochs", {str(epochs): f"{epochs} epochs" for epochs in EPOCHS[::-1]})
_COUNT: Final = LinkedChoice("count", {"cells": "Each cell", "classes": "Each class once"})
_SCALE: Final = LinkedChoice("scale", dict(SCALE_NAMES.items()))
_BY: Final = LinkedChoice("by", {grouping.name: grouping.title for grouping in GROUPINGS})
VIEW: Final = LinkedChoice("ranking", {"chart": "Chart", "table": "Table"})


def link_problems(source: Source) -> list[str]:
    """What is wrong with the choices in the page's link, a line each."""
    choices = (_EPOCHS, _COUNT, _SCALE, _BY, VIEW, _dataset(source), _proxy(source), _against(source), _color(source))
    return [choice.problem for choice in choices if choice.problem]


def target_choice(source: Source) -> Target:
    """Controls for the truth to compare with."""
    dataset, epochs, count = st.columns([2, 2, 3], vertical_alignment="bottom")
    with dataset:
        accuracy = _dataset(source).dropdown(
            "True accuracy on",
            "Data set on which NAS-Bench-201 trained and tested every cell. Another than the scores' own shows how far "
            "a proxy carries over.",
        )
    with epochs:
        trained = _EPOCHS.segments("Trained for", "Length of NAS-Bench-201's training.")
    with count:
        counted = _COUNT.segments(
            "Count",
            "Cells that compute the same function share their scores. Counted once, a class has the mean accuracy of "
            "its cells, and correlations are not swayed by how often it occurs. For the ranking of proxies only.",
        )
    return Target(accuracy, int(trained), by_class=counted == "classes")


def proxy_choice(source: Source) -> str:
    """A control for the proxy to look at closely."""
    return _proxy(source).dropdown("Proxy", "The proxy whose scores, formula and failures are shown below.")


def choose_proxy(source: Source, name: str) -> None:
    """Put a proxy into the page's link."""
    _proxy(source).choose(name)


def against_choice(source: Source) -> str:
    """A control for the vertical axis: ``ACCURACY`` or a proxy."""
    return _against(source).dropdown("Against", "What stands on the vertical axis: true accuracy, or another proxy.")


def scale_choice() -> Scale:
    """A control for the scale of proxies' axes."""
    words = (
        "Some proxies span many orders of magnitude. Automatic takes a linear axis unless it would crowd most cells."
    )
    chosen = _SCALE.dropdown("Scale", words)
    return next(scale for scale in SCALE_NAMES if scale == chosen)


def color_choice(source: Source) -> Grouping | str:
    """A control for the markers' colour: a grouping of cells, a proxy, ``ACCURACY`` or ``ONE_COLOUR``."""
    chosen = _color(source).dropdown("Colour", "What the colour of a cell's marker shows.")
    if chosen.startswith(_GROUP_PREFIX):
        return _grouping(chosen.removeprefix(_GROUP_PREFIX))
    return chosen


def grouping_choice() -> Grouping:
    """A control for how cells are grouped."""
    return _grouping(_BY.dropdown("Groups by", "What the cells of a group have in common."))


def _grouping(name: str) -> Grouping:
    return next(grouping for grouping in GROUPINGS if grouping.name == name)


def _dataset(source: Source) -> LinkedChoice:
    others = [name for name in DATASETS if name != source.dataset]
    return LinkedChoice("dataset", {name: name for name in [source.dataset, *others]})


def _proxy(source: Source) -> LinkedChoice:
    return LinkedChoice(PROXY_PARAMETER, _named(source.scores))


def _against(source: Source) -> LinkedChoice:
    return LinkedChoice("against", {ACCURACY: "True accuracy", **_named(source.scores)})


def _color(source: Source) -> LinkedChoice:
    by = {f"{_GROUP_PREFIX}{grouping.name}": grouping.title for grouping in GROUPINGS}
    names = {**by, ONE_COLOUR: "one colour", ACCURACY: "true accuracy", **_named(source.scores)}
    return LinkedChoice("color", names)


def _named(names: Iterable[object]) -> dict[str, str]:
    return {str(name): str(name) for name in names}
