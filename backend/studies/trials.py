"""What a trial records: the attributes that the runner writes and the DataFrame that pages read.

Everything stands in the trial's user attributes under the names of the mission's tables, so that a study opened in
plain Optuna or optuna-dashboard shows the same.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any

import optuna
import pandas as pd
from optuna.trial import FrozenTrial, TrialState
from pandas.api.typing import NaTType

from backend.benchmark import query
from backend.cells import EDGES, Cell
from backend.search.objectives import SUM_NAME
from backend.studies.catalog import CONFIG

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
    ``value:<name or position>``, pareto, seconds and finished. Unknown numbers are NaN, and breaks is left out where no
    trial breaks anything.
    """
    trials = study.get_trials(deepcopy=False)
    front = {trial.number for trial in best_trials(study)}
    if CONFIG in study.user_attrs:
        is_sum = study.metric_names == [SUM_NAME]
        rows = [_own_row(trial, is_sum) for trial in trials]
    else:
        names = study.metric_names or []
        names = names if len(set(names)) == len(study.directions) else list(map(str, range(len(study.directions))))
        rows = [_foreign_row(trial, names) for trial in trials]
    for row in rows:
        row["pareto"] = row["number"] in front
    frame = pd.DataFrame(rows)
    if frame.empty:
        return pd.DataFrame({"number": pd.Series(dtype=int), "state": pd.Series(dtype=str)})
    return frame.sort_values("number", ignore_index=True)


def best_trials(study: optuna.Study) -> list[FrozenTrial]:
    """The study's Pareto front (or best trial) of feasible trials, each cell once, in order of number."""
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    complete = [trial for trial in complete if not _broken(trial)]
    if not complete:
        return []
    best = study.best_trials if len(study.directions) > 1 else _ties(complete, study.best_value)
    if CONFIG in study.user_attrs:
        best = [trial for trial in best if REPEAT_OF not in trial.user_attrs]
    return sorted(best, key=lambda trial: trial.number)


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


def _ties(trials: list[FrozenTrial], best: float) -> list[FrozenTrial]:
    return [trial for trial in trials if trial.value == best]


def _own_row(trial: FrozenTrial, is_sum: bool) -> dict[str, Any]:
    attributes = trial.user_attrs
    arch = attributes.get(ARCH)
    row: dict[str, Any] = {
        "number": trial.number,
        "state": _state(trial),
        "arch": arch,
        "index": _known(attributes.get(INDEX)),
        **({"breaks": attributes[BREAKS]} if BREAKS in attributes else {}),
    }
    if arch:
        row |= dict(zip(_operation_names(), Cell.parse(arch).operations, strict=True))
    row |= {name: _known(trial.params.get(name)) for name in ("C", "N")}
    for metrics in (SOFTWARE, HARDWARE):
        row |= {name: _known(value) for name, value in attributes.get(metrics, {}).items()}
    row |= {f"scaled:{name}": _known(value) for name, value in attributes.get(SCALED, {}).items()}
    if is_sum and trial.values:
        row["objective"] = trial.values[0]
    for epochs, fields in (attributes.get(TRUTH) or {}).items():
        row |= {f"{epochs}:{field}": _known(value) for field, value in fields.items()}
    return {**row, "seconds": _known(attributes.get(SECONDS)), "finished": _finished(trial)}


def _foreign_row(trial: FrozenTrial, names: Sequence[str]) -> dict[str, Any]:
    """Parameters and values alone: attributes of that name need not mean what ProxyScope means by them."""
    seconds = trial.duration.total_seconds() if trial.duration else math.nan
    broken = _broken(trial)
    state = _STATES[trial.state] if trial.state != TrialState.PRUNED else "pruned"
    return {
        "number": trial.number,
        "state": "infeasible" if broken and trial.state == TrialState.COMPLETE else state,
        **({"breaks": ", ".join(broken)} if broken else {}),
        **{f"param:{name}": value for name, value in trial.params.items()},
        **{f"value:{name}": value for name, value in zip(names, trial.values or (), strict=False)},
        "seconds": seconds,
        "finished": _finished(trial),
    }


def _finished(trial: FrozenTrial) -> pd.Timestamp | NaTType:
    return pd.Timestamp(trial.datetime_complete.astimezone(UTC)) if trial.datetime_complete else pd.NaT


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


def _table(value: Any) -> dict[str, Any]:
    """An attribute that holds a table; an empty one for what is none, as in a study made elsewhere."""
    return value if isinstance(value, dict) else {}


def _known(value: float | None) -> float:
    """NaN for what is not known, so that a column of numbers is one."""
    return math.nan if value is None else value


def _operation_names() -> list[str]:
    return [f"op_{target}_{source}" for source, target in EDGES]
