"""What is chosen on the page, and stands in its link."""

from typing import Final

import streamlit as st

from backend.ensembles.evaluation import DIVERSE, RANDOM
from backend.ensembles.fitting import Recipe
from backend.ensembles.models import LABEL_FREE, MODELS
from backend.ensembles.recommendation import rule_proxies
from backend.spaces.base import Words
from backend.spaces.capabilities import GraphFeatures, HasTruth, capability, lacks, require
from dashboard.data.ensembles import Plan
from dashboard.data.proxies import Source
from dashboard.links import parameter, set_parameter
from dashboard.text import plain
from dashboard.widgets.linked import LinkedChoice

PROXIES_PARAMETER: Final = "proxies"
SIZES: Final = (8, 16, 32, 64, 128, 256, 512, 1024, 2048)
_PROXIES_KEY: Final = "ensemble_proxies"
_FIRST_MODEL: Final = "ridge"

_MODELS: Final = {name: MODELS[name].title for name in sorted(MODELS, key=_FIRST_MODEL.__ne__)}
_MODEL: Final = LinkedChoice("model", _MODELS)
_LABELS: Final = LinkedChoice("labels", {str(size): f"{size:,}" for size in sorted(SIZES, key=(128).__ne__)})
_CHOOSE: Final = LinkedChoice("choose", {RANDOM: "At random", DIVERSE: "Spread over the scores"})
_HIDDEN = "no-proxies"


def view(source: Source) -> LinkedChoice:
    """Which architectures are drawn with their predictions."""
    many = source.space.words.many
    return LinkedChoice("cells", {"labelled": f"Labelled {many}", "unseen": f"Unseen {many}"})


def candidates(source: Source) -> LinkedChoice:
    """By what the shortlist is made; at first, where no accuracy is known, by the rule without labels."""
    names = {"ensemble": "By this ensemble", "rule": "Without labels"}
    return LinkedChoice("of", dict(reversed(names.items())) if source.no_labels else names)


def statistic(source: Source) -> LinkedChoice:
    """Which figure the learning curve shows."""
    picked = f"Picked {source.space.words.one}"
    names = {"spearman": "Spearman", "kendall": "Kendall", "top_spearman": "Spearman, best 10%", "picked": picked}
    return LinkedChoice("statistic", names)


def models(source: Source) -> LinkedChoice:
    """The models that can be fitted: where no accuracy is known, the one that needs no label."""
    return LinkedChoice("model", {LABEL_FREE: MODELS[LABEL_FREE].title}) if source.no_labels else _MODEL


def _graph(source: Source) -> LinkedChoice:
    return LinkedChoice("graph", {"no": "Proxies alone", "yes": f"With the {source.space.words.one}'s graph"})


def _epochs(source: Source) -> LinkedChoice | None:
    """Lengths of the trainings that are known; None where none is."""
    truth = capability(source.space, HasTruth)
    lengths = list(truth.lengths(source.trained_on))[::-1] if truth else []
    return LinkedChoice("epochs", {str(epochs): f"{epochs} epochs" for epochs in lengths}) if lengths else None


def link_problems(source: Source) -> list[str]:
    """What is wrong with the choices in the page's link, a line each."""
    choices = [models(source), _graph(source), _LABELS, _CHOOSE, view(source), candidates(source), statistic(source)]
    problems = [choice.problem for choice in [*choices, _epochs(source)] if choice]
    there = [str(name) for name in source.scores]
    unknown = [name for name in _linked() or [] if name not in [*there, _HIDDEN]]
    if unknown:
        problems.append(
            f"{PROXIES_PARAMETER}: {', '.join(unknown)}: not known of these {source.space.words.many}; "
            f"valid are {', '.join(there)}"
        )
    return [problem for problem in problems if problem]


def plan_choice(source: Source) -> Plan:
    """Controls for proxies, model and labelled architectures.

    Raises:
        UserError: neither a proxy nor graph features are chosen.
    """
    proxies = _proxies_choice(source)
    grid = st.grid(3, min_column_width=230, vertical_alignment="bottom")
    words, choice, trained = source.space.words, models(source), _epochs(source)
    with grid.cell():
        name = choice.dropdown(
            "Model", "\n\n".join(f"**{MODELS[each].title}**: {MODELS[each].description}" for each in choice.names)
        )
    with grid.cell():
        features = "no"
        if MODELS[name].build is None:
            st.caption(
                plain(f"{source.no_labels}. Without true accuracy, no model can be fitted: this one needs no label.")
                if source.no_labels
                else "This model adds up proxies alone: it needs no label, and can't weigh graph features."
            )
        elif missing := lacks(source.space, GraphFeatures):
            st.caption(plain(f"{missing}."))
        else:
            features = _graph(source).segments(
                "Features",
                require(source.space, GraphFeatures, "features").features_help,
            )
    with grid.cell():
        epochs = (
            trained.segments("Accuracy after", "Length of the training whose accuracy is predicted.") if trained else 0
        )
    labels, choose = 0, RANDOM
    if source.kind == "table":
        count, how = st.columns([5, 3], vertical_alignment="bottom")
        with count:
            labels = int(_labels_choice(name, words))
        with how:
            choose = _CHOOSE.segments("Drawn", f"How these {words.many} are drawn from the whole space.")
    recipe = Recipe(name, proxies, features == "yes", space_name=source.space.name)
    return Plan(recipe, int(epochs) or None, labels, choose, source.field.name)


def link_plan(recipe: Recipe, epochs: str, labels: int) -> None:
    """Put the choices that make an ensemble into the link.

    Args:
        recipe: of the ensemble.
        epochs: training length of the accuracies; "" without any.
        labels: number of architectures of a table that count as trained; one that is not offered is left out.
    """
    _MODEL.choose(recipe.model)
    set_parameter("graph", "yes" if recipe.graph else None)
    set_parameter("epochs", epochs or None)
    if labels in SIZES:
        _LABELS.choose(str(labels))
    set_parameter(PROXIES_PARAMETER, ",".join(recipe.proxies) or _HIDDEN)


def _labels_choice(model: str, words: Words) -> str:
    tooltip = f"Number of {words.many} that count as trained; all others are unseen."
    if model == LABEL_FREE:
        tooltip += " This model does not look at their accuracy."
    st.session_state[_LABELS.key] = _LABELS.value
    st.segmented_control(
        f"Labelled {words.many}",
        [str(size) for size in SIZES],
        format_func=_LABELS.names.__getitem__,
        required=True,
        key=_LABELS.key,
        help=tooltip,
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
        placeholder="none",
        help="What the ensemble is made of. Those whose values span orders of magnitude enter as signed logarithms.",
        on_change=_proxies_chosen,
        args=(default,),
    )
    return tuple(chosen)


def _default(source: Source) -> list[str]:
    """All that is recorded; for the model without labels those of its rule."""
    if models(source).value == LABEL_FREE:
        return list(rule_proxies(source.recorded, source.space, source.dataset))
    return list(source.recorded)


def _proxies_chosen(default: list[str]) -> None:
    chosen = st.session_state[_PROXIES_KEY]
    set_parameter(PROXIES_PARAMETER, None if chosen == default else ",".join(chosen) or _HIDDEN)


def _linked() -> list[str] | None:
    """The proxies that the link names; None where it names none."""
    text = parameter(PROXIES_PARAMETER)
    return None if text is None else [name for name in text.split(",") if name]
