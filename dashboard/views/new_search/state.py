"""The form's values in the session, and their way to a search configuration and back.

Widgets write what the user typed under the keys below, valid or not; the backend's own validation of the tables made
from them says what is wrong, so that form, file and command line use the same words.
"""

import re
from collections.abc import Mapping, MutableMapping, Sequence
from itertools import product
from typing import Any

import streamlit as st

from backend import costs as hardware
from backend import proxies
from backend.config.model import SearchConfig
from backend.config.sections import ENSEMBLE_PREFIX
from backend.costs.constraints import SENSES, Sense
from backend.costs.metrics import AVERAGE_BITWIDTH
from backend.datasets.batch import SPLITS
from backend.datasets.info import DATASETS, OwnSource
from backend.errors import UserError
from backend.runs.launch import example_config_path
from backend.spaces import registry
from backend.spaces.base import SearchSpace, SpaceSection
from backend.spaces.capabilities import Choices, Enumerable, HasTruth, Parameter, Parameters, capability
from dashboard.data import queries
from dashboard.links import SPACE_PARAMETER, STUDY_PARAMETER, parameter
from dashboard.views.new_search.narrowing import fill_narrowing, narrowing_of_fields, number_of, text_of

PREFIX = "search_"
FOLDER = "folder"
PUBLISHED = "published"
"""The format of a published data set's own files."""
UNREAD = "search_images_unread"
"""The images of the study or file that the form was filled from: its path is looked for when that is asked for."""
IMAGE_SOURCES = ("bundled", "random", FOLDER)
NETWORK, TABLE, FILE = "compute", "table", "file"
SCORE_SOURCES = (NETWORK, TABLE, FILE)
SEVERAL, SUM = "several", "sum"
TRUTH, IMAGE_SIZE, ARCHITECTURES = "truth", "image_size", "architectures"
_READY = "search_form_ready"
_CLONED = "search_form_cloned"
_LINKED_SPACE = "search_form_space"
_LOADED = "search_form_loaded"
"""The configuration that the form was filled from: what has no field goes with the form unchanged."""

State = MutableMapping[Any, Any]


def key(field: str) -> str:
    """Session key of a field, which is its widget's key as well."""
    return PREFIX + field


def scale_key(metric: str) -> str:
    """Session key of a metric's scale."""
    return key(f"scale_{metric}")


def direction_key(metric: str) -> str:
    """Session key of a metric's direction."""
    return key(f"direction_{metric}")


def bound_key(metric: str, sense: Sense = "<=") -> str:
    """Session key of a hardware metric's upper or lower bound."""
    return key(f"{'bound' if sense == '<=' else 'floor'}_{metric}")


def begin() -> None:
    """Fill the form when the session sees it first: with the study that the link names, else with an example.

    Raises:
        UserError: the link names a study or a space that there is not, or a study whose settings are not known here.
    """
    if _READY not in st.session_state:
        fill(st.session_state, SearchConfig.from_file(example_config_path()))
        st.session_state[_READY] = True
    _begin_with_study(parameter(STUDY_PARAMETER))
    space = parameter(SPACE_PARAMETER)
    if space != st.session_state.get(_LINKED_SPACE):
        st.session_state[_LINKED_SPACE] = space
        if space is not None:
            choose_space(st.session_state, registry.get(space))


def _begin_with_study(study: str | None) -> None:
    if study == st.session_state.get(_CLONED):
        return
    st.session_state[_CLONED] = study
    if study is not None:
        summary = queries.find_study(study)
        if summary.config is None:
            why = summary.config_problem or "it is an external study"
            raise UserError(f"study: the settings of {study!r} are not known here: {why}")
        fill(st.session_state, summary.config)


def space_of(state: Mapping[Any, Any]) -> SearchSpace:
    """The search space of the form."""
    return registry.find(state.get(key("space"))) or registry.get()


def choose_space(state: State, space: SearchSpace) -> None:
    """Put a space into the form, with all its architectures; what else the form says stays."""
    state[key("space")] = space.name
    section = space.section.model_validate({"name": space.name})
    _fill_choices(state, section)
    if not section.takes_own_data and state.get(key("format")) != PUBLISHED:
        state[key("images")], state[key("format")] = "bundled", PUBLISHED
    if section.lengths:
        state[key("epochs")] = section.lengths[-1]
    if capability(space, Enumerable) is None:
        # A table has a row for each architecture.
        state[key("scores")] = NETWORK


def lengths_of(state: Mapping[Any, Any]) -> Sequence[int]:
    """Lengths of the trainings that the form offers; none for a space without truth."""
    truth = capability(space_of(state), HasTruth)
    if truth is None:
        return ()
    chosen = state.get(key("truth")) if space_of(state).section.truths else None
    return truth.lengths(str(chosen)) if chosen else truth.epochs


def parameters_of(space: SearchSpace) -> Sequence[Parameter]:
    """The parameters whose options the form lets one choose; none for a space without choices."""
    titled = capability(space, Parameters)
    return titled.parameters if titled and capability(space, Choices) else ()


def sizes_of(space: SearchSpace) -> Sequence[str]:
    """The parameters that are numbers, which the form asks for."""
    titled = capability(space, Parameters)
    return titled.sizes if titled and capability(space, Choices) else ()


def _fill_choices(state: State, section: SpaceSection) -> None:
    space, chosen = registry.get(section.name), section.chosen
    for parameter_ in parameters_of(space):
        state[key(parameter_.name)] = sorted(chosen[parameter_.name])
    for name in sizes_of(space):
        state[key(name)] = _joined(chosen[name])
    fill_narrowing(state, space, section)
    table = section.model_dump()
    for name in extras_of(space):
        state[key(name)] = text_of(table[name]) if name == IMAGE_SIZE else table[name]


def extras_of(space: SearchSpace) -> Sequence[str]:
    """The fields of a space's section beside data set and choices that the form knows."""
    return [name for name in (TRUTH, IMAGE_SIZE, ARCHITECTURES) if name in space.section.model_fields]


def from_table(state: Mapping[Any, Any]) -> bool:
    """Whether scores come from a table, so that images and device don't matter."""
    return state.get(key("scores")) != NETWORK


def fill(state: State, config: SearchConfig) -> None:
    """Put a configuration into the form's fields."""
    runner, setup = config.runner, config.setup
    is_folder = runner.images not in {"bundled", "random"}
    own = OwnSource.parse(runner.images)
    bitwidth = config.strategy.hw_runner.average_bitwidth
    values: dict[str, Any] = {
        "space": config.space.name,
        "dataset": DATASETS[0] if own else config.dataset,
        "images": FOLDER if is_folder else runner.images,
        "format": own.kind if own else PUBLISHED,
        "folder": own.path if own else runner.images if is_folder else "",
        "side": text_of(own.side if own else None),
        "own_name": config.dataset if own and config.dataset != own.name else "",
        "split": config.split,
        "scores": runner.scores if runner.scores in {NETWORK, TABLE} else FILE,
        "scores_file": "" if runner.scores in {NETWORK, TABLE} else runner.scores,
        "num_samples": text_of(runner.num_samples),
        "proxies": config.proxy_names,
        "ensembles": config.ensemble_metrics,
        "hardware": config.strategy.hw_runner.costs,
        "bitwidth": AVERAGE_BITWIDTH in config.hardware_metrics,
        "compare_to": text_of(bitwidth.compare_to if bitwidth else 32),
        "goal": SUM if setup.sum_scaled_metrics else SEVERAL,
        "sum_direction": setup.direction or "maximize",
        "sampler": setup.sampler,
        "n_trials": text_of(setup.n_trials),
        "timeout": text_of(setup.timeout),
        "seed": text_of(setup.seed),
        "n_jobs": str(setup.n_jobs),
        "n_workers": text_of(setup.n_workers),
        "distinct": setup.distinct,
        "device": runner.device,
        "epochs": runner.nasbench_epochs,
    }
    for field, value in values.items():
        state[key(field)] = value
    _fill_choices(state, config.search_space)
    state[_LOADED] = config
    state[UNREAD] = runner.images if is_folder else None
    for metric in [*config.proxy_names, *config.ensemble_metrics, *config.hardware_metrics]:
        goal = config.strategy.metrics.get(metric)
        state[scale_key(metric)] = text_of(goal.scale if goal else 0.0)
        state[direction_key(metric)] = goal.direction if goal else default_direction(state, metric)
    bounds = {(constraint.metric, constraint.sense): constraint.bound for constraint in config.constraints}
    for metric, sense in product(hardware.available(), SENSES):
        state[bound_key(metric, sense)] = text_of(bounds.get((metric, sense)))


def config_of_form(state: Mapping[Any, Any]) -> SearchConfig:
    """The configuration that the form's fields say.

    Raises:
        ConfigError: a field is wrong; the message names the key and what is valid.
    """
    return SearchConfig.from_mapping(form_tables(state))


def form_tables(state: Mapping[Any, Any]) -> dict[str, Any]:
    """The tables of a search file, as the form's fields say them: not validated.

    What the form has no field for is that of the file it was filled from.
    """

    def value(field: str) -> Any:
        return state.get(key(field))

    def number(field: str) -> Any:
        return number_of(value(field))

    loaded: SearchConfig | None = state.get(_LOADED)
    tables = loaded.model_dump(exclude_none=True) if loaded else {}
    strategy = tables.setdefault("strategy", {})
    sums = value("goal") == SUM
    strategy["setup"] = {
        "n_jobs": number("n_jobs"),
        "n_workers": number("n_workers"),
        "n_trials": number("n_trials"),
        "timeout": number("timeout"),
        "sampler": value("sampler"),
        "sum_scaled_metrics": sums,
        "direction": value("sum_direction") if sums else None,
        "seed": number("seed"),
        "distinct": value("distinct"),
        "constraints": [f"{metric} {sense} {bound}" for (metric, sense), bound in bounds_of(state).items()],
    }
    strategy.setdefault("sw_runner", {}).setdefault("zero_cost", {}).update(
        {
            "metrics": _listed_proxies(state, loaded),
            "data_loader": f"{value('split')}_dataloader",
            "num_samples": number("num_samples"),
            "images": images_of(state),
            "scores": (value("scores_file") or "").strip() if value("scores") == FILE else value("scores"),
            "device": (value("device") or "").strip(),
            "nasbench_epochs": value("epochs"),
        }
    )
    strategy["hw_runner"] = {
        **({AVERAGE_BITWIDTH: {"compare_to": number("compare_to")}} if value("bitwidth") else {}),
        **({"hardware_cost": {"metrics": value("hardware")}} if value("hardware") else {}),
    }
    strategy["metrics"] = _goals(state, loaded)
    tables["search_space"] = section_table(state)
    return {"search": tables}


def is_own(state: Mapping[Any, Any]) -> bool:
    """Whether the images are a user's own, not those of a published data set."""
    return state.get(key("images")) == FOLDER and state.get(key("format")) != PUBLISHED


def images_of(state: Mapping[Any, Any]) -> str | None:
    """``images`` of the form, not validated."""
    images, path = state.get(key("images")), (state.get(key("folder")) or "").strip()
    if images != FOLDER or not is_own(state):
        return path if images == FOLDER else images
    side, kind = (state.get(key("side")) or "").strip(), str(state[key("format")])
    return path if kind == "code" else f"{kind}{f'@{side}' if side else ''}:{path}"


def dataset_of(state: Mapping[Any, Any]) -> str:
    """The data set of the form; of a user's own the name that they give it, or one made of the path."""
    if not is_own(state):
        return str(state.get(key("dataset")))
    return (state.get(key("own_name")) or "").strip() or own_name(state)


def own_name(state: Mapping[Any, Any]) -> str:
    """The name that is made of the path of a user's own images."""
    try:
        found = OwnSource.parse(images_of(state) or "")
    except UserError:
        found = None
    return found.name if found else "own"


def section_table(state: Mapping[Any, Any]) -> dict[str, Any]:
    """``[search.search_space]`` of the form, not validated."""
    loaded: SearchConfig | None = state.get(_LOADED)
    space = space_of(state)
    is_loaded = loaded is not None and loaded.space.name == space.name
    table = loaded.search_space.model_dump(exclude_none=True) if loaded and is_loaded else {"name": space.name}
    before = loaded.search_space.chosen if loaded and is_loaded else {}
    chosen: dict[str, Sequence[object]] = {name: _listed(state.get(key(name))) for name in sizes_of(space)}
    for parameter_ in parameters_of(space):
        name = parameter_.name
        chosen[name] = _options(state.get(key(name)) or [], list(before.get(name, [])))
    for name in extras_of(space):
        table |= {name: number_of(state.get(key(name))) if name == IMAGE_SIZE else state.get(key(name))}
    made = space.section.table_of(table, dataset_of(state), chosen)
    narrowing = narrowing_of_fields(state, space, loaded.search_space if loaded and is_loaded else None)
    made.pop("parameters", None)
    return {**made, **({"parameters": narrowing} if narrowing else {})}


def _options(chosen: list[int], loaded: list[int]) -> list[int]:
    """The options chosen of a parameter: in the file's order, which samplers see, while they are the file's."""
    return loaded if set(chosen) == set(loaded) else sorted(chosen)


def _listed_proxies(state: Mapping[Any, Any], loaded: SearchConfig | None) -> list[str]:
    """The runner's list: the proxies chosen, less those that the file computes for their scale alone."""
    by_scale = set(loaded.proxy_names) - set(loaded.runner.metrics) if loaded else set()
    return [name for name in proxies_of(state) if name not in by_scale or number_of(state.get(scale_key(name))) == 0]


def _goals(state: Mapping[Any, Any], loaded: SearchConfig | None) -> dict[str, Any]:
    """Goals in the file's order, then the others; one that neither file nor user has given is left out."""
    there = loaded.strategy.metrics if loaded else {}
    shown = metrics_of(state)
    known = {*loaded.proxy_names, *loaded.ensemble_metrics, *loaded.hardware_metrics} if loaded else set()
    goals: dict[str, Any] = {}
    for name in dict.fromkeys([*there, *shown]):
        if name in shown:
            # A metric that was just chosen has no fields yet: it has what they will begin with.
            goal = {
                "scale": number_of(state.get(scale_key(name), default_scale(state, name))),
                "direction": state.get(direction_key(name), default_direction(state, name)),
            }
            untouched = goal == {"scale": 0, "direction": default_direction(state, name)}
            if name in there or not untouched:
                goals[name] = goal
        elif name not in known:
            # A metric that the file names but does not compute; one that was shown and taken out is gone.
            goals[name] = there[name].model_dump()
    return goals


def proxies_of(state: Mapping[Any, Any]) -> list[str]:
    """The proxies chosen."""
    return list(state.get(key("proxies")) or [])


def ensembles_of(state: Mapping[Any, Any]) -> list[str]:
    """The saved ensembles chosen, as metrics."""
    return list(state.get(key("ensembles")) or [])


def hardware_of(state: Mapping[Any, Any]) -> list[str]:
    """The hardware metrics chosen, those that count as proxies because they are chosen there too among them."""
    chosen = list(state.get(key("hardware")) or [])
    return [*chosen, *([AVERAGE_BITWIDTH] if state.get(key("bitwidth")) else [])]


def metrics_of(state: Mapping[Any, Any]) -> list[str]:
    """Metrics that the form computes: the proxies chosen, then ensembles, then hardware metrics."""
    return list(dict.fromkeys([*proxies_of(state), *ensembles_of(state), *hardware_of(state)]))


def bounds_of(state: Mapping[Any, Any]) -> dict[tuple[str, Sense], str]:
    """The bounds of the chosen hardware metrics by metric and sense, as typed: in the file's order, then the others."""
    loaded: SearchConfig | None = state.get(_LOADED)
    there = [(constraint.metric, constraint.sense) for constraint in loaded.constraints] if loaded else []
    chosen = hardware_of(state)
    ordered = dict.fromkeys([*(place for place in there if place[0] in chosen), *product(chosen, SENSES)])
    typed = {place: (state.get(bound_key(*place)) or "").strip() for place in ordered}
    return {place: bound for place, bound in typed.items() if bound}


def default_scale(state: Mapping[Any, Any], metric: str) -> str:
    """The scale that a metric begins with: proxies are optimised, costs recorded."""
    return "0" if _is_cost(state, metric) else "1"


def default_direction(state: Mapping[Any, Any], metric: str) -> str:
    """Which way a metric is better unless the user says otherwise."""
    if metric.startswith(ENSEMBLE_PREFIX):
        return "maximize"
    return hardware.get(metric).better if _is_cost(state, metric) else proxies.get(metric).direction


def _is_cost(state: Mapping[Any, Any], metric: str) -> bool:
    return metric in hardware_of(state) and metric not in proxies_of(state)


def splits() -> tuple[str, ...]:
    """The splits that a mini-batch can come from."""
    return tuple(SPLITS)


def _joined(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers))


def _listed(text: str | None) -> list[int | str]:
    """The numbers of a comma-separated list; what is no number stays as it is, for the validation to name."""
    parts = [part.strip() for part in (text or "").split(",") if part.strip()]
    return [int(part) if re.fullmatch(r"-?[0-9]{1,9}", part) else part for part in parts]
