"""What killed workers leave behind: their trials are failed and, where their cells are known, tried again."""

import copy
import logging

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RetryHeartbeatStaleTrialCallback
from optuna.trial import FrozenTrial, TrialState

from backend.search.space import Candidate, candidate_of
from backend.studies import trials as records
from backend.studies import workers
from backend.studies.tickets import Entry, Tickets

logger = logging.getLogger(__name__)

_MOST_RETRIES = 3
"""A cell on which process after process dies is given up."""


def begin(study: optuna.Study, tickets: Tickets, distinct: bool) -> None:
    """Begin, or resume, a run that workers will share: count what was done, and end what nobody works on.

    Args:
        study: of the run; no process has it.
        tickets: of the run.
        distinct: whether only distinct cells count.
    """
    close_open(study)
    ended = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL))
    first = dict[Candidate, int]()
    entries = []
    for trial in ended:
        if (candidate := candidate_of(trial)) is not None:
            is_first = first.setdefault(candidate, trial.number) == trial.number
            scored = trial.state != TrialState.PRUNED
            entries.append(Entry(trial.number, candidate.key, not distinct or (is_first and scored)))
    tickets.restore(entries)


def recover(study: optuna.Study, tickets: Tickets, distinct: bool) -> None:
    """Settle the open tickets of workers that are gone, so that others do their trials.

    Safe with several processes at once: each ticket is settled, and each trial failed, by one of them.

    Args:
        study: of the run.
        tickets: of the run.
        distinct: whether only distinct cells count.
    """
    for worker_id in workers.lost_workers(tickets.database, tickets.study_id):
        trials = {trial.number: trial for trial in study.get_trials(deepcopy=False)}
        for ticket in tickets.opened_by(worker_id):
            trial = None if ticket.number is None else trials.get(ticket.number)
            if trial is None:
                tickets.settle(ticket.token, "void")
            elif trial.state.is_finished():
                tickets.settle(ticket.token, "counted" if counts(trial, distinct) else "void")
            elif tickets.settle(ticket.token, "void", forget=True):
                _fail(study, trial)


def counts(trial: FrozenTrial, distinct: bool) -> bool:
    """Whether an ended trial counts against what was asked."""
    if candidate_of(trial) is None:
        return False
    return not distinct or (trial.state != TrialState.PRUNED and records.REPEAT_OF not in trial.user_attrs)


def close_open(study: optuna.Study) -> None:
    """Fail the trials that nobody works on, once no other process has the run."""
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if _end(study, trial):
            logger.warning("trial %d: its process ended before it did", trial.number)


def _fail(study: optuna.Study, trial: FrozenTrial) -> None:
    if not _end(study, trial):
        return
    logger.warning("trial %d: its worker is gone; its cell is tried again", trial.number)
    if trial.params:
        RetryHeartbeatStaleTrialCallback(max_retry=_MOST_RETRIES)(study, _fresh(trial))


def _end(study: optuna.Study, trial: FrozenTrial) -> bool:
    try:
        return study._storage.set_trial_state_values(trial._trial_id, TrialState.FAIL)
    except UpdateFinishedTrialError:
        return False


def _fresh(trial: FrozenTrial) -> FrozenTrial:
    """The trial as it was asked for: what its worker wrote about it is no part of another's."""
    fresh = copy.deepcopy(trial)
    fresh.user_attrs = {}
    return fresh
