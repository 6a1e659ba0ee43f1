"""What a trial records: the attributes that the runner writes and the DataFrame that pages read.

Everything stands in the trial's user attributes under the names of the mission's tables, so that a study opened in
plain Optuna or optuna-dashboard shows the same.
"""

import itertools
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC
from functools import lru_cache
from typing import Any

import moocore
import numpy as np
import optuna
import pandas as pd
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from backend.benchmark import query
from backend.cells import EDGES, NUM_CELLS, Cell
from backend.studies.attributes import metric_names_in
from backend.studies.summaries import CONFIG

ARCH = "arch"
INDEX = "index"
SOFTWARE = "software_metrics"
HARDWARE = "hardware_metrics"
SCALED = "scaled_metrics"
TRUTH = "nasbench_data_metrics"
SECONDS = "seconds"
REPEAT_OF = "repeat_of"
DISCONNECTED = "disconnected"
BREAKS = "breaks"
REASON = "reason"
KNOWN = "scores_known"
"""Marks a trial whose scores were known before: its seconds say nothing of how long scoring takes."""
EPOCHS = (12, 200)

_STATES = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "disconnected",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}


def truth_of(
    cell: Cell, dataset: str, channels: int, cells_per_stage: int
) -> dict[str, dict[str, float | None]] | None:
    """NAS-Bench-201's record of a cell, ``{"12": fields, "200": fields}``; None off its network size."""
    if (channels, cells_per_stage) != (16, 5):
        return None
    return {str(epochs): query(cell, dataset, epochs) for epochs in EPOCHS}


def json_numbers(values: Mapping[str, float]) -> dict[str, float | None]:
    """Numbers as JSON can hold them: None for what is not finite."""
    return {name: float(value) if math.isfinite(value) else None for name, value in values.items()}


def trials_frame(study: optuna.Study) -> pd.DataFrame:
    """All trials of a study, one a row; the columns stand in the module's contract with the figures.

    Columns: number, state (complete, repeat, disconnected, infeasible, failed, running), breaks (words for the
    constraints that an infeasible trial breaks), arch, index, C, N, op_1_0 … op_3_2, one a proxy and hardware metric
    (raw), ``scaled:<metric>``, ``objective`` (the sum of a single-objective search), ``<epochs>:<official field>``,
    pareto, seconds and finished (UTC). Of a study made elsewhere: number, state, breaks, ``param:<name>``,
    ``value:<name or position>``, ``attr:<name>`` (attributes that are numbers or words), pareto, seconds and finished.
    Unknown numbers are NaN, and breaks is left out where no trial breaks anything.
    """
    trials = study.get_trials(deepcopy=False)
    front = {trial.number for trial in best_of(trials, study)}
    return mark_front(rows_of(trials, study), front)


def rows_of(trials: Sequence[FrozenTrial], study: optuna.Study) -> pd.DataFrame:
    """The table of some of a study's trials, in their order, as :func:`trials_frame` but without ``pareto``."""
    # The search's modules load PyTorch.
    from backend.search.objectives import SUM_NAME  # noqa: PLC0415

    if not trials:
        return pd.DataFrame({"number": pd.Series(dtype=int), "state": pd.Series(dtype=str)})
    if CONFIG in study.user_attrs:
        return pd.DataFrame(_own_columns(trials, is_sum=study.metric_names == [SUM_NAME]))
    count = len(study.directions)
    names = metric_names_in(study.metric_names, count) or list(map(str, range(count)))
    return pd.DataFrame(_foreign_columns(trials, names))


def mark_front(rows: pd.DataFrame, front: Collection[int]) -> pd.DataFrame:
    """The table with the column ``pareto``: whether a trial's number is among those of the front."""
    return rows.assign(pareto=rows["number"].isin(list(front))) if len(rows) else rows


def best_trials(study: optuna.Study) -> list[FrozenTrial]:
    """The study's Pareto front (or best trial) of feasible trials, each cell once, in order of number."""
    return best_of(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)), study)


def best_of(trials: Iterable[FrozenTrial], study: optuna.Study) -> list[FrozenTrial]:
    """As :func:`best_trials`, of some of the study's trials."""
    best = undominated(trials, study)
    if CONFIG in study.user_attrs:
        best = [trial for trial in best if REPEAT_OF not in trial.user_attrs]
    return best


def undominated(trials: Iterable[FrozenTrial], study: optuna.Study) -> list[FrozenTrial]:
    """The complete and feasible trials that no other beats in all objectives, repeats among them, by number."""
    candidates = [trial for trial in trials if trial.state == TrialState.COMPLETE and not _broken(trial)]
    if not candidates:
        return []
    values = np.array([trial.values for trial in candidates], dtype=float)
    maximise = [direction == StudyDirection.MAXIMIZE for direction in study.directions]
    best = moocore.is_nondominated(values, maximise=maximise, keep_weakly=True)
    return sorted(itertools.compress(candidates, best), key=lambda trial: trial.number)


def best_table(trials: Iterable[FrozenTrial], epochs: int) -> pd.DataFrame:
    """The mission's "Best trial(s)" table.

    Args:
        trials: such as :func:`best_trials` gives.
        epochs: the training length whose official fields stand in ``nasbench_data_metrics``.

    Returns:
        Columns number, software_metrics, hardware_metrics, scaled_metrics, nasbench_data_metrics; the metrics are
        dicts of name → number, and an unknown truth is an empty dict.
    """
    rows = []
    for trial in trials:
        attributes = trial.user_attrs
        truth = _table(attributes.get(TRUTH)).get(str(epochs)) or {}
        rows.append(
            {
                "number": trial.number,
                SOFTWARE: _table(attributes.get(SOFTWARE)),
                HARDWARE: _table(attributes.get(HARDWARE)),
                SCALED: _table(attributes.get(SCALED)),
                TRUTH: {name: value for name, value in truth.items() if value is not None},
            }
        )
    return pd.DataFrame(rows, columns=["number", SOFTWARE, HARDWARE, SCALED, TRUTH])


def _own_columns(trials: Sequence[FrozenTrial], *, is_sum: bool) -> dict[str, Any]:
    attributes = [trial.user_attrs for trial in trials]
    columns: dict[str, Any] = {
        "number": [trial.number for trial in trials],
        "state": [_state(trial) for trial in trials],
        "arch": [attribute.get(ARCH) for attribute in attributes],
        "index": _numbers([attribute.get(INDEX) for attribute in attributes]),
    }
    if any(BREAKS in attribute for attribute in attributes):
        columns["breaks"] = [attribute.get(BREAKS) for attribute in attributes]
    if any(columns["arch"]):
        operations = [_operations(arch) for arch in columns["arch"]]
        columns |= dict(zip(_operation_names(), map(list, zip(*operations, strict=True)), strict=True))
    columns |= {name: _numbers([trial.params.get(name) for trial in trials]) for name in ("C", "N")}
    for metrics in (SOFTWARE, HARDWARE):
        columns |= _spread([attribute.get(metrics) for attribute in attributes])
    columns |= _spread([attribute.get(SCALED) for attribute in attributes], "scaled:")
    if is_sum:
        columns["objective"] = _numbers([trial.values[0] if trial.values else None for trial in trials])
    truths = [attribute.get(TRUTH) or {} for attribute in attributes]
    for epochs in dict.fromkeys(itertools.chain.from_iterable(truths)):
        columns |= _spread([truth.get(epochs) for truth in truths], f"{epochs}:")
    columns["seconds"] = _numbers([attribute.get(SECONDS) for attribute in attributes])
    return columns | {"finished": _finished(trials)}


def _foreign_columns(trials: Sequence[FrozenTrial], names: Sequence[str]) -> dict[str, Any]:
    """Parameters, values and attributes under names of their own: they need not mean what ProxyScope means by them."""
    broken = [_broken(trial) for trial in trials]
    columns: dict[str, Any] = {
        "number": [trial.number for trial in trials],
        "state": [_foreign_state(trial, bool(names)) for trial, names in zip(trials, broken, strict=True)],
    }
    if any(broken):
        columns["breaks"] = [", ".join(names) or None for names in broken]
    columns |= _spread_any([trial.params for trial in trials], "param:")
    values = [dict(zip(names, trial.values or (), strict=False)) for trial in trials]
    columns |= _spread(values, "value:")
    shown = [
        {name: value for name, value in trial.user_attrs.items() if isinstance(value, str | int | float)}
        for trial in trials
    ]
    columns |= _spread_any(shown, "attr:")
    columns["seconds"] = _numbers([trial.duration.total_seconds() if trial.duration else None for trial in trials])
    return columns | {"finished": _finished(trials)}


def _spread(tables: Sequence[Mapping[str, float | None] | None], prefix: str = "") -> dict[str, "np.ndarray"]:
    """A column of numbers for each name in any of the tables; NaN where a table lacks it."""
    filled = [table or {} for table in tables]
    names = dict.fromkeys(itertools.chain.from_iterable(filled))
    return {f"{prefix}{name}": _numbers([table.get(name) for table in filled]) for name in names}


def _spread_any(tables: Sequence[Mapping[str, Any]], prefix: str) -> dict[str, "pd.Series[Any]"]:
    """As :func:`_spread` for values of any kind; those of a column that mixes kinds become words."""
    names = dict.fromkeys(itertools.chain.from_iterable(tables))
    columns = {}
    for name in names:
        values = pd.Series([table.get(name) for table in tables], dtype=object).infer_objects()
        mixed = values.dtype == object and any(not isinstance(value, str) for value in values.dropna())
        columns[f"{prefix}{name}"] = values.map(str, na_action="ignore") if mixed else values
    return columns


def _numbers(values: Sequence[float | None]) -> "np.ndarray":
    """NaN for what is not known, so that a column of numbers is one."""
    return np.array(values, dtype=float)


def _finished(trials: Sequence[FrozenTrial]) -> pd.DatetimeIndex:
    moments = [trial.datetime_complete for trial in trials]
    return pd.DatetimeIndex([pd.NaT if moment is None else moment.astimezone(UTC) for moment in moments])


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


def _table(value: Any) -> dict[str, Any]:
    """An attribute that holds a table; an empty one for what is none, as in a study made elsewhere."""
    return value if isinstance(value, dict) else {}


def _operation_names() -> list[str]:
    return [f"op_{target}_{source}" for source, target in EDGES]


@lru_cache(maxsize=NUM_CELLS)
def _operations(arch: str | None) -> tuple[str | None, ...]:
    return Cell.parse(arch).operations if arch else (None,) * len(EDGES)
