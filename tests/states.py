"""Studies in every state that a database can hold, of ProxyScope's own and of plain Optuna's."""

from collections.abc import Callable, Iterable, Sequence
from itertools import cycle, islice
from math import inf
from typing import Any, Final

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from backend.config.model import SearchConfig
from backend.runs.execute import execute_run
from backend.runs.launch import create_study, prepare
from backend.search.problem import SearchProblem
from backend.storage.database import Database
from backend.studies import load_study, runs
from tests.conftest import cheap_config

Names = dict[tuple[str, str], str]
"""Of studies, by kind and state."""

OWN, OWN_SUM, PLAIN, PLAIN_SINGLE = KINDS = ("own", "own sum", "plain", "plain single")
_MEASURED: Final = ("software_metrics", "hardware_metrics", "scaled_metrics", "nasbench_data_metrics", "seconds")
_PARAMETERS: Final[dict[str, BaseDistribution]] = {
    "x": FloatDistribution(0, 1),
    "depth": IntDistribution(1, 9),
    "width": CategoricalDistribution((8, 16, 32)),
    "optimiser": CategoricalDistribution(("adam", None, 3)),
}


def _complete(done: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    return list(done)


def _infinite(done: Sequence[FrozenTrial], most: int) -> list[FrozenTrial]:
    """The trials, with infinite values of both signs in the first of them."""
    signs = islice(cycle((1.0, -1.0)), most)
    return [*(_unbounded(trial, sign) for trial, sign in zip(done[:most], signs, strict=True)), *done[most:]]


def _unbounded(trial: FrozenTrial, sign: float) -> FrozenTrial:
    attributes = dict(trial.user_attrs)
    for group in {"software_metrics", "scaled_metrics"} & set(attributes):
        attributes[group] = {name: _infinity(sign, place) for place, name in enumerate(attributes[group])}
    values = [_infinity(sign, place) for place in range(len(trial.values))]
    return _made(trial, attributes, TrialState.COMPLETE, values)


def _infinity(sign: float, place: int) -> float:
    """Of alternating signs."""
    return sign * inf * (-1.0) ** place


def _ended(state: TrialState, done: Iterable[FrozenTrial], **more: Any) -> list[FrozenTrial]:
    """The trials as if they had ended before they were measured."""
    kept = [{name: item for name, item in trial.user_attrs.items() if name not in _MEASURED} for trial in done]
    return [_made(trial, {**attributes, **more}, state) for trial, attributes in zip(done, kept, strict=True)]


def _made(
    trial: FrozenTrial, attributes: dict[str, Any], state: TrialState, values: list[float] | None = None
) -> FrozenTrial:
    return create_trial(
        state=state,
        values=values,
        params=trial.params,
        distributions=trial.distributions,
        user_attrs=attributes,
    )


STATES: Final[dict[str, Callable[[Sequence[FrozenTrial]], list[FrozenTrial]]]] = {
    "empty": lambda done: [],
    "one": lambda done: list(done[:1]),
    "running": _complete,
    "waiting": _complete,
    "all running": lambda done: [],
    "failed": lambda done: _ended(TrialState.FAIL, done[:4], reason="no finite value"),
    "pruned": lambda done: _ended(TrialState.PRUNED, done[:4], disconnected=True),
    "infinite": lambda done: _infinite(done[:4], 4),
    "one infinite": lambda done: _infinite(done, 2),
}
"""The trials of a study in each state, from finished ones."""


def fill(study: optuna.Study, state: str, done: Sequence[FrozenTrial]) -> None:
    """Bring an empty study into a state."""
    study.add_trials(STATES[state](done))
    if state in {"running", "all running"}:
        study.ask(_PARAMETERS if "x" in (done[0].params if done else ()) else {})
    if state == "waiting":
        study.enqueue_trial(done[0].params)


def make_states(database: Database) -> dict[tuple[str, str], str]:
    """A study of each kind in each state; their names by kind and state."""
    names = {}
    choices = {"op_1_0": [3], "op_3_2": [2]}
    config, summed = (
        cheap_config(setup=setup, cells=choices)
        for setup in ({"n_trials": 12}, {"n_trials": 12, "sum_scaled_metrics": True, "direction": "maximize"})
    )
    prepare(database, config, OWN)
    execute_run(database, OWN)
    done = load_study(database, OWN).get_trials()
    sums = [
        _made(trial, trial.user_attrs, trial.state, [trial.values[0] - trial.values[1]] if trial.values else None)
        for trial in done
    ]
    for kind, its_config, trials in ((OWN, config, done), (OWN_SUM, summed, sums)):
        for state in STATES:
            names[kind, state] = own_study(database, its_config, f"{kind} {state}", state, trials)
    for kind, directions in ((PLAIN, ["maximize", "minimize", "minimize"]), (PLAIN_SINGLE, ["minimize"])):
        trials = _plain_trials(len(directions))
        for state in STATES:
            name = names[kind, state] = f"{kind} {state}"
            fill(optuna.create_study(storage=database.storage, study_name=name, directions=directions), state, trials)
    return names


def own_study(database: Database, config: SearchConfig, name: str, state: str, done: Sequence[FrozenTrial]) -> str:
    create_study(database, SearchProblem(config), name)
    study = load_study(database, name)
    fill(study, state, done)
    runs.end(database, study._study_id, "finished", "")
    return name


def _plain_trials(objectives: int) -> list[FrozenTrial]:
    """Twelve finished trials of a study that was made elsewhere."""
    study = optuna.create_study(
        directions=["minimize"] * objectives, sampler=optuna.samplers.RandomSampler(seed=objectives)
    )

    def objective(trial: optuna.Trial) -> list[float]:
        values = [trial._suggest(name, distribution) for name, distribution in _PARAMETERS.items()]
        trial.set_user_attr("arch", "resnet18")
        trial.set_user_attr("size", 10**400 if trial.number == 3 else trial.number)
        return [float(values[0]), float(values[1]), values[0] * values[1]][:objectives]

    study.optimize(objective, n_trials=12)
    return study.get_trials()
