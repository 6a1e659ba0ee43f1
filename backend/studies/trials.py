"""What a trial records: the attributes that the runner writes and the DataFrame that pages read.

Everything stands in the trial's user attributes under the names of the mission's tables, so that a study opened in
plain Optuna or optuna-dashboard shows the same.
"""

import itertools
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import optuna
import pandas as pd
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from backend.config.headline import read_headline
from backend.config.model import SearchConfig
from backend.config.objectives import SUM_NAME, Objectives
from backend.dominance import nondominated
from backend.errors import UserError
from backend.spaces import registry
from backend.spaces.base import SearchSpace
from backend.spaces.capabilities import HasTruth, Parameters, capability
from backend.storage.values import metric_names_in
from backend.studies import trial_schema as schema
from backend.studies.summaries import CONFIG, search_file_in

SPACE = "space"
ARCHITECTURE = "architecture"
"""The architecture's key; trials of version 0.1 have none, but `ARCH`."""
ARCH = "arch"
INDEX = "index"
SOFTWARE = "software_metrics"
HARDWARE = "hardware_metrics"
SCALED = "scaled_metrics"
TRUTH = "nasbench_data_metrics"
SECONDS = "seconds"
REPEAT_OF = "repeat_of"
DISCONNECTED = "disconnected"
"""Marks a trial whose architecture cannot be scored; the name is that of the first space's only such kind."""
BREAKS = "breaks"
REASON = "reason"
KNOWN = "scores_known"
"""Marks a trial whose scores were known before: its seconds say nothing of how long scoring takes."""

_LENGTH = re.compile("[1-9][0-9]{0,5}")
_MOST_LENGTHS = 10
_AFTER_METRICS = ("objective", "seconds", "finished", "pareto")
_STATES = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "disconnected",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}


def json_numbers(values: Mapping[str, float]) -> dict[str, float | None]:
    """Numbers as JSON can hold them: None for what is not finite."""
    return {name: float(value) if math.isfinite(value) else None for name, value in values.items()}


def trials_frame(study: optuna.Study) -> pd.DataFrame:
    """All trials of a study, one a row; the columns stand in the module's contract with the figures.

    Columns: number, state (complete, repeat, disconnected, infeasible, failed, running), breaks (words for the
    constraints that an infeasible trial breaks), architecture (its key), arch (what is shown of it), index (NA in a
    space without one), the parameters (by their names where the space has titles for them, else ``param:<name>``), one
    a proxy and hardware metric (raw), ``scaled:<metric>``, ``objective`` (the sum of a single-objective search),
    ``<epochs>:<official field>`` where there is truth, seconds, finished (UTC) and pareto. Of an external study:
    number, state, breaks, ``param:<name>``, ``value:<name or position>``, ``attr:<name>`` (attributes that are numbers
    or words), seconds, finished and pareto.

    All that a study's configuration, or its objectives, name has a column, and each column its dtype, whatever the
    trials are: ``backend.studies.trial_schema``. Unknown numbers are NaN.
    """
    trials = study.get_trials(deepcopy=False)
    front = {trial.number for trial in best_of(trials, study)}
    return mark_front(rows_of(trials, study), front)


def rows_of(trials: Sequence[FrozenTrial], study: optuna.Study) -> pd.DataFrame:
    """The table of some of a study's trials, in their order, as :func:`trials_frame` but without ``pareto``."""
    config = search_file_in(study.user_attrs)
    if config is not None:
        return schema.table(_own_columns(trials, _named(config), is_sum=study.metric_names == [SUM_NAME]))
    return schema.table(_foreign_columns(trials, value_names(study)))


def value_names(study: optuna.Study) -> list[str]:
    """Names of a study's objective values; their positions where they have none, or share one."""
    count = len(study.directions)
    return metric_names_in(study.metric_names, count) or [str(position) for position in range(count)]


def mark_front(rows: pd.DataFrame, front: Collection[int]) -> pd.DataFrame:
    """The table with the column ``pareto``: whether a trial's number is among those of the front."""
    return schema.checked(rows.assign(pareto=rows["number"].isin(list(front))))


def best_trials(study: optuna.Study) -> list[FrozenTrial]:
    """The study's Pareto front (or best trial) of feasible trials, each architecture once, in order of number."""
    return best_of(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)), study)


def best_of(trials: Iterable[FrozenTrial], study: optuna.Study) -> list[FrozenTrial]:
    """As :func:`best_trials`, of some of the study's trials."""
    best = undominated(trials, study)
    if CONFIG not in study.user_attrs:
        return best
    first: dict[object, FrozenTrial] = {}
    for trial in best:
        first.setdefault(architecture_key(trial.user_attrs, trial.params) or trial.number, trial)
    return list(first.values())


def undominated(trials: Iterable[FrozenTrial], study: optuna.Study) -> list[FrozenTrial]:
    """The complete and feasible trials that no other beats in all objectives, repeats among them, by number."""
    candidates = [trial for trial in trials if trial.state == TrialState.COMPLETE and not _broken(trial)]
    if not candidates:
        return []
    maximise = [direction == StudyDirection.MAXIMIZE for direction in study.directions]
    best = nondominated([trial.values for trial in candidates], maximise)
    return sorted(itertools.compress(candidates, best), key=lambda trial: trial.number)


def best_table(trials: Iterable[FrozenTrial], epochs: int) -> pd.DataFrame:
    """The mission's "Best trial(s)" table.

    Args:
        trials: such as :func:`best_trials` gives.
        epochs: the training length whose official fields stand in ``nasbench_data_metrics``.

    Returns:
        Columns number, index, arch, software_metrics, hardware_metrics, scaled_metrics, nasbench_data_metrics; the
        metrics are dicts of name → number (None where it is unknown), and an unknown truth is an empty dict.
    """
    listed = list(trials)
    attributes = [trial.user_attrs for trial in listed]
    truths = [_metrics(_table(row.get(TRUTH)).get(str(epochs))) for row in attributes]
    columns: dict[str, list[Any]] = {
        "number": [trial.number for trial in listed],
        "index": [row.get(INDEX) for row in attributes],
        "arch": [
            row.get(ARCH, architecture_key(row, trial.params)) for row, trial in zip(attributes, listed, strict=True)
        ],
    }
    table = schema.table(columns)
    for group in (SOFTWARE, HARDWARE, SCALED):
        table[group] = pd.Series([_metrics(row.get(group)) for row in attributes], dtype=object)
    known = [{name: value for name, value in truth.items() if value is not None} for truth in truths]
    table[TRUTH] = pd.Series(known, dtype=object)
    return table


def best_values(trials: Iterable[FrozenTrial], study: optuna.Study) -> pd.DataFrame:
    """The best trials of a study that was made elsewhere: columns number, values and params, dicts by name."""
    names = value_names(study)
    rows = [
        {
            "number": trial.number,
            "values": dict(zip(names, trial.values, strict=False)),
            "params": dict(trial.params),
        }
        for trial in trials
    ]
    return pd.DataFrame(rows, columns=["number", "values", "params"])


class _Named(NamedTuple):
    """What a configuration asks trials to record: names of metrics, and of the truth's fields.

    Attributes:
        metrics: proxies, saved ensembles and hardware metrics.
        scaled: metrics that are optimised.
        fields: of the truth.
        epochs: lengths of the trainings that the truth is of.
        space: what is searched; None where that is not known here.
    """

    metrics: tuple[str, ...] = ()
    scaled: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    epochs: tuple[int, ...] = ()
    space: SearchSpace | None = None


def _named(config: str) -> _Named:
    """The names in a stored configuration; where it cannot be read here, its space alone, and trials tell the rest."""
    try:
        return _names_in(config)
    except UserError:
        return _Named(space=registry.find(read_headline(config).space))


@lru_cache(maxsize=100)
def _names_in(text: str) -> _Named:
    config = SearchConfig.from_toml(text)
    truth = capability(config.space, HasTruth)
    return _Named(
        (*config.proxy_names, *config.ensemble_metrics, *config.hardware_metrics),
        tuple(objective.metric for objective in Objectives(config).metrics),
        tuple(field.name for field in truth.fields(config.trained_on)) if truth else (),
        tuple(truth.lengths(config.trained_on) or truth.epochs) if truth else (),
        config.space,
    )


def _own_columns(trials: Sequence[FrozenTrial], named: _Named, *, is_sum: bool) -> dict[str, Any]:
    attributes = [trial.user_attrs for trial in trials]
    keys = [architecture_key(trial.user_attrs, trial.params) for trial in trials]
    columns: dict[str, Any] = {
        "number": [trial.number for trial in trials],
        "state": [_state(trial) for trial in trials],
        "breaks": [attribute.get(BREAKS) for attribute in attributes],
        "architecture": keys,
        "arch": [attribute.get(ARCH, key) for attribute, key in zip(attributes, keys, strict=True)],
        "index": [attribute.get(INDEX) for attribute in attributes],
        **_chosen(trials, keys, named.space),
    }
    metrics = [{**_table(row.get(SOFTWARE)), **_table(row.get(HARDWARE))} for row in attributes]
    recorded = _spread(metrics, named.metrics)
    # No metric takes the place of a column that means something else.
    columns |= {name: column for name, column in recorded.items() if name not in {*columns, *_AFTER_METRICS}}
    columns |= _spread([_table(row.get(SCALED)) for row in attributes], named.scaled, "scaled:")
    if is_sum:
        columns["objective"] = schema.numbers([trial.values[0] if trial.values else None for trial in trials])
    truths = [_table(attribute.get(TRUTH)) for attribute in attributes]
    for epochs in named.epochs or _lengths(truths):
        columns |= _spread([_table(truth.get(str(epochs))) for truth in truths], named.fields, f"{epochs}:")
    columns["seconds"] = schema.numbers([attribute.get(SECONDS) for attribute in attributes])
    return columns | {"finished": [trial.datetime_complete for trial in trials]}


def _lengths(truths: Iterable[Mapping[str, Any]]) -> list[int]:
    """Lengths of the trainings that trials record, of a space that does not say which there are."""
    recorded = set(itertools.chain.from_iterable(truths))
    return sorted(int(epochs) for epochs in recorded if _LENGTH.fullmatch(epochs))[:_MOST_LENGTHS]


def _foreign_columns(trials: Sequence[FrozenTrial], names: Sequence[str]) -> dict[str, Any]:
    """Parameters, values and attributes under names of their own: they need not mean what ProxyScope means by them."""
    broken = [_broken(trial) for trial in trials]
    columns: dict[str, Any] = {
        "number": [trial.number for trial in trials],
        "state": [_foreign_state(trial, bool(names)) for trial, names in zip(trials, broken, strict=True)],
        "breaks": [", ".join(names) or None for names in broken],
    }
    columns |= _parameters(trials)
    columns |= _spread([dict(zip(names, trial.values or (), strict=False)) for trial in trials], names, "value:")
    columns |= _attributes([trial.user_attrs for trial in trials])
    seconds = [trial.duration.total_seconds() if trial.duration else None for trial in trials]
    return columns | {"seconds": schema.numbers(seconds), "finished": [trial.datetime_complete for trial in trials]}


def _spread(
    tables: Sequence[Mapping[str, Any]], names: Iterable[str], prefix: str = ""
) -> "dict[str, pd.Series[float]]":
    """A column of numbers for each of the names, and for any other in the tables; NaN where a table lacks it."""
    every = dict.fromkeys(itertools.chain(names, *tables))
    return {f"{prefix}{name}": schema.numbers([table.get(name) for table in tables]) for name in every}


def _parameters(trials: Sequence[FrozenTrial]) -> dict[str, pd.Series]:
    """A column a parameter: of numbers where its distributions have no other values, else of words."""
    kinds: dict[str, set[bool]] = {}
    for trial in trials:
        for name, distribution in trial.distributions.items():
            kinds.setdefault(name, set()).add(_is_numeric(distribution))
    columns: dict[str, pd.Series] = {}
    for name, numeric in kinds.items():
        if all(numeric):
            columns[f"param:{name}"] = schema.numbers([trial.params.get(name) for trial in trials])
        else:
            # None can be a choice, which is not the same as none.
            given = [str(trial.params[name]) if name in trial.params else None for trial in trials]
            columns[f"param:{name}"] = schema.words(given)
    return columns


def _is_numeric(distribution: BaseDistribution) -> bool:
    return not isinstance(distribution, CategoricalDistribution) or all(map(schema.is_number, distribution.choices))


def _attributes(tables: Sequence[Mapping[str, Any]]) -> dict[str, pd.Series]:
    """A column an attribute that is a number or words somewhere: of numbers where all are, else of words."""
    shown = [{name: value for name, value in row.items() if isinstance(value, str | int | float)} for row in tables]
    columns: dict[str, pd.Series] = {}
    for name in dict.fromkeys(itertools.chain.from_iterable(shown)):
        values = [row.get(name) for row in shown]
        numeric = all(value is None or schema.is_number(value) for value in values)
        columns[f"attr:{name}"] = schema.numbers(values) if numeric else schema.words(values)
    return columns


def _broken(trial: FrozenTrial) -> list[str]:
    """Names of the constraints that a trial violates."""
    return [name for name, violation in trial.constraints.items() if violation > 0]


def _state(trial: FrozenTrial) -> str:
    if trial.state == TrialState.COMPLETE and REPEAT_OF in trial.user_attrs:
        return "repeat"
    if trial.state == TrialState.PRUNED and BREAKS in trial.user_attrs:
        return "infeasible"
    if trial.state == TrialState.PRUNED and DISCONNECTED not in trial.user_attrs:
        return "pruned"
    return _STATES[trial.state]


def _foreign_state(trial: FrozenTrial, broken: bool) -> str:
    if broken and trial.state == TrialState.COMPLETE:
        return "infeasible"
    return _STATES[trial.state] if trial.state != TrialState.PRUNED else "pruned"


def _metrics(value: Any) -> dict[str, float | None]:
    """An attribute that holds metrics: numbers, or None for what is none."""
    numbers = {name: schema.as_float(item) for name, item in _table(value).items()}
    return {name: None if math.isnan(number) else number for name, number in numbers.items()}


def _table(value: Any) -> dict[str, Any]:
    """An attribute that holds a table; an empty one for what is none, as in a study made elsewhere."""
    return value if isinstance(value, dict) else {}


def _chosen(
    trials: Sequence[FrozenTrial], keys: Sequence[str | None], space: SearchSpace | None
) -> dict[str, "pd.Series"]:
    """The columns of parameters: by their own names where the space gives them titles, else by ``param:<name>``."""
    titled = capability(space, Parameters) if space else None
    if titled is None:
        return _parameters(trials)
    values = [_values_of(titled, key) if key else {} for key in keys]
    columns: dict[str, pd.Series] = {
        parameter.name: schema.words([row.get(parameter.name) for row in values]) for parameter in titled.parameters
    }
    return columns | {name: schema.numbers([trial.params.get(name) for trial in trials]) for name in titled.sizes}


@lru_cache(maxsize=20_000)
def _values_of(space: Parameters, key: str) -> Mapping[str, str]:
    try:
        return space.of_key(key)
    except UserError:
        # Somebody else's attribute of that name.
        return {}


def architecture_key(attributes: Mapping[str, Any], params: Mapping[str, Any]) -> str | None:
    """The key of a trial's architecture, from its user attributes and parameters; None where it names none."""
    key, arch = attributes.get(ARCHITECTURE), attributes.get(ARCH)
    if isinstance(key, str):
        return key
    if not isinstance(arch, str):
        return None
    return registry.key_of_earlier(arch, params)
