"""What killed workers leave behind: their trials are failed and, where their architectures are known, tried again."""

import copy
import logging
import time
from datetime import timedelta

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RetryHeartbeatStaleTrialCallback
from optuna.trial import FrozenTrial, TrialState

from backend.runs.tickets import Entry, Tickets
from backend.search.problem import SearchProblem
from backend.storage.optuna_internals.objects import storage_of, trial_id_of
from backend.studies import trials as records
from backend.studies import workers

logger = logging.getLogger(__name__)

_MOST_RETRIES = 3
"""An architecture on which process after process dies is given up."""
_SILENT = timedelta(seconds=10)
"""Two signs of life that did not come."""
_NAMELESS_SECONDS = 120.0
"""No sampler takes as long to propose an architecture."""


def begin(study: optuna.Study, problem: SearchProblem) -> list[Entry]:
    """Begin, or resume, a run: end what nobody works on, and count what was done.

    Args:
        study: of the run; no other process has it.
        problem: what is searched.

    Returns:
        The trials that ended with an architecture, in order of number; the first of those that count as one names it.
    """
    close_open(study)
    ended = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL))
    seen: set[str] = set()
    entries = []
    for trial in ended:
        if (architecture := problem.architecture_of(trial)) is not None:
            scored = trial.state != TrialState.PRUNED
            key = problem.identity(architecture, scored=scored)
            first = key not in seen
            seen.add(key)
            counted = not problem.counts_distinct or (first and scored)
            entries.append(Entry(trial.number, key if first else None, counted))
    return entries


class Recovery:
    """Takes over from the workers of a run that are gone.

    Safe with several processes at once: each ticket is settled, and each trial failed, by one of them.

    Args:
        study: of the run.
        tickets: of the run.
        problem: what is searched.
    """

    def __init__(self, study: optuna.Study, tickets: Tickets, problem: SearchProblem) -> None:
        self._study, self._tickets, self._problem = study, tickets, problem
        self._nameless: dict[int, float] = {}

    def settle(self, silent: timedelta = timedelta()) -> None:
        """Settle the open tickets of those that are gone, so that others do their trials.

        Args:
            silent: for how long they have shown no sign of life: those that do are not looked at.
        """
        for worker_id in workers.lost_workers(self._tickets.database, self._tickets.study_id, silent):
            trials = {trial.number: trial for trial in self._study.get_trials(deepcopy=False)}
            for ticket in self._tickets.opened_by(worker_id):
                trial = None if ticket.number is None else trials.get(ticket.number)
                if trial is None:
                    self._tickets.settle(ticket.token, "void")
                elif trial.state.is_finished():
                    self._tickets.settle(ticket.token, "counted" if counts(trial, self._problem) else "void")
                elif self._tickets.settle(ticket.token, "void", forget=True):
                    _fail(self._study, trial)

    def settle_in_passing(self) -> None:
        """As :meth:`settle`, at little cost where all are well; fails trials too whose worker never named them.

        A worker names its trial once its architecture is sampled: until then nobody knows whose it is, and how long it
        has been so is what tells.
        """
        self.settle(_SILENT)
        running = self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        named, now = self._tickets.named(), time.monotonic()
        nameless = {trial.number: trial for trial in running if trial.number not in named}
        self._nameless = {number: self._nameless.get(number, now) for number in nameless}
        for number, since in self._nameless.items():
            if now - since > _NAMELESS_SECONDS and _end(self._study, nameless[number]):
                logger.warning("trial %d: its worker is gone; it had no architecture yet", number)


def counts(trial: FrozenTrial, problem: SearchProblem) -> bool:
    """Whether an ended trial counts against what was asked."""
    if problem.architecture_of(trial) is None:
        return False
    return not problem.counts_distinct or (
        trial.state != TrialState.PRUNED and records.REPEAT_OF not in trial.user_attrs
    )


def close_open(study: optuna.Study) -> None:
    """Fail the trials that nobody works on, once no other process has the run."""
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if _end(study, trial):
            logger.warning("trial %d: its process ended before it did", trial.number)


def _fail(study: optuna.Study, trial: FrozenTrial) -> None:
    if not _end(study, trial):
        return
    logger.warning("trial %d: its worker is gone; its architecture is tried again", trial.number)
    if trial.params:
        RetryHeartbeatStaleTrialCallback(max_retry=_MOST_RETRIES)(study, _fresh(trial))


def _end(study: optuna.Study, trial: FrozenTrial) -> bool:
    try:
        return storage_of(study).set_trial_state_values(trial_id_of(trial), TrialState.FAIL)
    except UpdateFinishedTrialError:
        return False


def _fresh(trial: FrozenTrial) -> FrozenTrial:
    """The trial as it was asked for: what its worker wrote about it is no part of another's."""
    fresh = copy.deepcopy(trial)
    fresh.user_attrs = {}
    return fresh
