"""What is chosen on the page, and stands in its link."""

from typing import Final

import streamlit as st

from backend.ensembles.evaluation import DIVERSE, RANDOM
from backend.ensembles.fitting import Recipe
from backend.ensembles.models import LABEL_FREE, MODELS
from backend.ensembles.recommendation import rule_proxies
from backend.truth.fields import EPOCHS
from dashboard.data.ensembles import Plan
from dashboard.data.proxies import Source
from dashboard.links import parameter, set_parameter
from dashboard.widgets.linked import LinkedChoice

PROXIES_PARAMETER: Final = "proxies"
SIZES: Final = (8, 16, 32, 64, 128, 256, 512, 1024, 2048)
_PROXIES_KEY: Final = "ensemble_proxies"
_FIRST_MODEL: Final = "ridge"

_MODEL: Final = LinkedChoice("model", {name: MODELS[name].title for name in sorted(MODELS, key=_FIRST_MODEL.__ne__)})
_EPOCHS: Final = LinkedChoice("epochs", {str(epochs): f"{epochs} epochs" for epochs in EPOCHS[::-1]})
_GRAPH: Final = LinkedChoice("graph", {"no": "Proxies alone", "yes": "With the cell's graph"})
_LABELS: Final = LinkedChoice("labels", {str(size): f"{size:,}" for size in sorted(SIZES, key=(128).__ne__)})
_CHOOSE: Final = LinkedChoice("choose", {RANDOM: "At random", DIVERSE: "Spread over the scores"})
VIEW: Final = LinkedChoice("cells", {"labelled": "Labelled cells", "unseen": "Unseen cells"})
CANDIDATES: Final = LinkedChoice("of", {"ensemble": "By this ensemble", "rule": "Without labels"})
STATISTIC: Final = LinkedChoice(
    "statistic",
    {"spearman": "Spearman", "kendall": "Kendall", "top_spearman": "Spearman, best 10%", "picked": "Picked cell"},
)
_HIDDEN = "no-proxies"


def link_problems(source: Source) -> list[str]:
    """What is wrong with the choices in the page's link, a line each."""
    problems = [c.problem for c in (_MODEL, _EPOCHS, _GRAPH, _LABELS, _CHOOSE, VIEW, CANDIDATES, STATISTIC)]
    there = [str(name) for name in source.scores]
    unknown = [name for name in _linked() or [] if name not in [*there, _HIDDEN]]
    if unknown:
        problems.append(
            f"{PROXIES_PARAMETER}: {', '.join(unknown)}: not known of these cells; valid are {', '.join(there)}"
        )
    return [problem for problem in problems if problem]


def plan_choice(source: Source) -> Plan:
    """Controls for proxies, model and cells.

    Raises:
        UserError: neither a proxy nor graph features are chosen.
    """
    proxies = _proxies_choice(source)
    grid = st.grid(3, min_column_width=230, vertical_alignment="bottom")
    with grid.cell():
        name = _MODEL.dropdown(
            "Model", "\n\n".join(f"**{entry.title}**: {entry.description}" for entry in MODELS.values())
        )
    with grid.cell():
        graph_free = MODELS[name].build is None
        features = "no"
        if graph_free:
            st.caption("This model adds up proxies alone: it needs no label, and can't weigh graph features.")
        else:
            features = _GRAPH.segments(
                "Features",
                "Features of the live part of the cell's graph: the operation on each edge, their counts, paths from "
                "input to output and what is on them.",
            )
    with grid.cell():
        trained = _EPOCHS.segments("Accuracy after", "Length of NAS-Bench-201's training, which is predicted.")
    labels, choose = 0, RANDOM
    if source.kind == "table":
        count, how = st.columns([5, 3], vertical_alignment="bottom")
        with count:
            labels = int(_labels_choice(name))
        with how:
            choose = _CHOOSE.segments("Drawn", "How these cells are drawn from the whole space.")
    return Plan(Recipe(name, proxies, features == "yes", space_name=source.space.name), int(trained), labels, choose)


def link_plan(recipe: Recipe, epochs: int, labels: int) -> None:
    """Put the choices that make an ensemble into the link.

    Args:
        recipe: of the ensemble.
        epochs: training length of the accuracies.
        labels: number of cells of a table that count as trained; one that is not offered is left out.
    """
    _MODEL.choose(recipe.model)
    _GRAPH.choose("yes" if recipe.graph else "no")
    _EPOCHS.choose(str(epochs))
    if labels in SIZES:
        _LABELS.choose(str(labels))
    set_parameter(PROXIES_PARAMETER, ",".join(recipe.proxies) or _HIDDEN)


def _labels_choice(model: str) -> str:
    words = "Number of cells that count as trained; all others are unseen."
    if model == LABEL_FREE:
        words += " This model does not look at their accuracy."
    st.session_state[_LABELS.key] = _LABELS.value
    st.segmented_control(
        "Labelled cells",
        [str(size) for size in SIZES],
        format_func=_LABELS.names.__getitem__,
        required=True,
        key=_LABELS.key,
        help=words,
        on_change=_labels_chosen,
    )
    return _LABELS.value


def _labels_chosen() -> None:
    _LABELS.choose(st.session_state[_LABELS.key])


def _proxies_choice(source: Source) -> tuple[str, ...]:
    there = [str(name) for name in source.scores]
    default = _default(source)
    linked = _linked()
    chosen = default if linked is None else [name for name in linked if name in there]
    st.session_state[_PROXIES_KEY] = chosen
    st.multiselect(
        "Proxies",
        there,
        key=_PROXIES_KEY,
        placeholder="none: graph features alone",
        help="What the ensemble is made of. Those whose values span orders of magnitude enter as signed logarithms.",
        on_change=_proxies_chosen,
        args=(default,),
    )
    return tuple(chosen)


def _default(source: Source) -> list[str]:
    """All that is recorded; for the model without labels those of its rule."""
    if _MODEL.value == LABEL_FREE:
        return list(rule_proxies(source.recorded, source.space))
    return list(source.recorded)


def _proxies_chosen(default: list[str]) -> None:
    chosen = st.session_state[_PROXIES_KEY]
    set_parameter(PROXIES_PARAMETER, None if chosen == default else ",".join(chosen) or _HIDDEN)


def _linked() -> list[str] | None:
    """The proxies that the link names; None where it names none."""
    text = parameter(PROXIES_PARAMETER)
    return None if text is None else [name for name in text.split(",") if name]
