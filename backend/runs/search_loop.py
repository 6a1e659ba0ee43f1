"""Runs a study's search in this process: ask, measure, tell, until the budget is spent or a stop is asked for."""

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import optuna
import torch
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import TrialState

from backend.config.model import SearchConfig
from backend.config.objectives import Objectives
from backend.errors import SearchFailedError
from backend.runs import recovery
from backend.runs.budget import Budget, Counter, SharedBudget, Ticket
from backend.search.limits import Limits, feasible_space
from backend.search.measure import Measurement, Measurer
from backend.search.samplers import DistinctSampler, build_sampler
from backend.search.space import Candidate
from backend.storage.outages import ride_out
from backend.studies import trials as records

logger = logging.getLogger(__name__)

_IDLE_LIMIT = 30
_INFEASIBLE_LIMIT = 3
"""Infeasible draws in a row after which the sampler is given a feasible cell: a trial takes longer than finding one."""
_FAILURE_LIMIT = 10
_OTHERS_SECONDS = 0.5


@dataclass(frozen=True)
class Outcome:
    """How a search ended.

    Attributes:
        done: trials that count.
        reason: "" when it did all that was asked, else why it ended before.
        stopped: whether somebody asked it to stop.
    """

    done: int
    reason: str
    stopped: bool


@dataclass(frozen=True)
class Shared:
    """What a process needs that is one of several on a study.

    Attributes:
        budget: of all of them.
        worker: this process's number, in which its sampler differs from the others'.
        recover: takes over what killed workers left.
        seconds_gone: since the run began.
    """

    budget: SharedBudget
    worker: int
    recover: Callable[[], None]
    seconds_gone: float = 0.0


class Search:
    """The search of one study.

    Args:
        study: where trials are asked and told.
        config: what is searched.
        measurer: scores candidates.
        asked: how many trials are to count.
        on_trial: called after each trial with the number that count so far, from the thread that did the trial; with
            one job that is the thread that called :meth:`run`.
        on_cell: called with a trial's id once its cell is known and before it is scored, for others to see it.
        shared: where several processes work on the study, what this one needs to be one of them.
    """

    def __init__(
        self,
        study: optuna.Study,
        config: SearchConfig,
        measurer: Measurer,
        asked: int,
        on_trial: Callable[[int], None],
        on_cell: Callable[[int], None] | None = None,
        shared: Shared | None = None,
    ) -> None:
        self._study, self._config, self._measurer = study, config, measurer
        self._on_trial, self._on_cell = on_trial, on_cell
        self._limits = Limits(config)
        self._space = feasible_space(config)
        self._objectives = Objectives(config)
        self._shared = shared
        self._own_budget = Budget(asked, config.setup.distinct_cells)
        self._budget: Counter = shared.budget if shared else self._own_budget
        self._stop = threading.Event()
        self._asking = threading.Lock()
        self._reason, self._stop_asked = "", False
        self._failures = self._infeasible = 0
        self._deadline: float | None = None

    def stop(self, reason: str) -> None:
        """Ask the search to end after the trials in work."""
        self._stop_asked = True
        self._finish_early(reason)

    def _finish_early(self, reason: str) -> None:
        if not self._stop.is_set():
            self._reason = reason
            self._stop.set()

    def run(self) -> Outcome:
        """Search until the budget is spent, the time limit is reached or :meth:`stop` is called.

        Raises:
            SearchFailedError: ten trials in a row failed.
        """
        setup = self._config.setup
        if self._shared is None:
            self._own_budget.restore(recovery.begin(self._study, setup.distinct_cells))
        ended = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
        finished = self._study.get_trials(deepcopy=False, states=ended)
        self._study.sampler = self._sampler(len(finished))
        gone = self._shared.seconds_gone if self._shared else 0.0
        self._deadline = time.monotonic() + setup.timeout - gone if setup.timeout else None
        if setup.n_jobs == 1:
            # Not in a thread of a pool: beside the main thread's OpenMP team a second one gets no further core.
            self._work()
        else:
            self._work_side_by_side(setup.n_jobs)
        return Outcome(self._budget.done, self._reason, self._stop_asked)

    def _work_side_by_side(self, jobs: int) -> None:
        """Work in several threads, among which PyTorch's threads are shared out; afterwards it has them all again."""
        threads = torch.get_num_threads()
        torch.set_num_threads(max(1, threads // jobs))
        try:
            with ThreadPoolExecutor(jobs, thread_name_prefix="trial") as pool:
                workers = [pool.submit(self._work) for _ in range(jobs)]
            for worker in workers:
                worker.result()
        finally:
            torch.set_num_threads(threads)

    def _work(self) -> None:
        try:
            while not self._ended():
                ticket = self._budget.take_ticket()
                if ticket is not None:
                    self._use(ticket)
                elif self._budget.spent():
                    break
                else:
                    self._wait_for_others()
        except BaseException:
            self._finish_early("another trial failed")
            raise

    def _use(self, ticket: Ticket) -> None:
        counted = False
        try:
            counted = self._trial(ticket)
        except UpdateFinishedTrialError:
            logger.warning("a trial took so long to answer that others gave it up")
        finally:
            done = self._budget.return_ticket(ticket, counted)
        ride_out(lambda: self._on_trial(done))

    def _wait_for_others(self) -> None:
        """All places are taken: one becomes free where a worker is lost, or its trial does not count."""
        self._stop.wait(_OTHERS_SECONDS)
        if self._shared:
            ride_out(self._shared.recover)

    def _ended(self) -> bool:
        if self._deadline is not None and time.monotonic() > self._deadline:
            self._finish_early(f"the time limit of {self._config.setup.timeout:g} s was reached")
        return self._stop.is_set()

    def _trial(self, ticket: Ticket) -> bool:
        """Do one trial; whether it counts as a distinct cell."""
        # One thread at a time: on SQLite, two that ask at once may both be given the trial that was enqueued.
        with self._asking:
            if self._budget.idle >= _IDLE_LIMIT or self._infeasible >= _INFEASIBLE_LIMIT:
                ride_out(self._enqueue_unseen)
            trial, candidate = ride_out(self._ask)
        first = self._budget.first_trial(ticket, candidate, trial.number)
        if not candidate.cell.connected:
            self._tell_disconnected(trial, candidate)
            return False
        if not self._keeps_limits(trial, candidate):
            return False
        if first != trial.number:
            trial.set_user_attr(records.REPEAT_OF, first)
        if (on_cell := self._on_cell) is not None:
            ride_out(lambda: on_cell(trial._trial_id))
        try:
            measurement = ride_out(lambda: self._measurer.measure(candidate))
        except Exception as error:
            self._tell_failed(trial, candidate, f"{type(error).__name__}: {error}")
            logger.debug("trial %d", trial.number, exc_info=True)
        else:
            self._tell_measured(trial, candidate, measurement)
        return first == trial.number

    def _ask(self) -> tuple[optuna.Trial, Candidate]:
        trial = self._study.ask()
        candidate = self._space.suggest(trial)
        trial.set_user_attr(records.ARCH, str(candidate.cell))
        trial.set_user_attr(records.INDEX, candidate.cell.index)
        return trial, candidate

    def _tell(
        self, trial: optuna.Trial, values: Sequence[float] | None = None, state: TrialState | None = None
    ) -> None:
        """Tell it, once: where an answer was lost, the trial may have been told already."""
        tried = False

        def tell() -> None:
            nonlocal tried
            told = tried and self._study._storage.get_trial(trial._trial_id).state.is_finished()
            tried = True
            if not told:
                self._study.tell(trial, values, state)

        ride_out(tell)

    def _tell_disconnected(self, trial: optuna.Trial, candidate: Candidate) -> None:
        trial.set_user_attr(records.DISCONNECTED, True)
        self._tell(trial, state=TrialState.PRUNED)
        logger.info("trial %d: cell %d is disconnected, not scored", trial.number, candidate.cell.index)

    def _keeps_limits(self, trial: optuna.Trial, candidate: Candidate) -> bool:
        """Record by how much a candidate keeps or breaks each constraint; one that breaks any is told as infeasible.

        It is not scored: costs are known for nothing, scores are not. It is pruned, not complete: then no tool, whether
        it knows of constraints or not, takes it for a good one. TPE learns from its violations all the same; NSGA-II
        and NSGA-III breed from complete trials, so from feasible ones alone.
        """
        costs = self._limits.costs(candidate)
        for constraint in self._limits.constraints:
            trial.set_constraint(str(constraint), constraint.violation(costs[constraint.metric]))
        broken = self._limits.broken(costs)
        self._infeasible = self._infeasible + 1 if broken else 0
        if not broken:
            return True
        verdict = "; ".join(constraint.verdict(costs[constraint.metric]) for constraint in broken)
        hardware = {name: costs[name] for name in self._config.hardware_metrics}
        software = {name: value for name, value in costs.items() if name not in hardware}
        trial.set_user_attr(records.SOFTWARE, records.json_numbers(software))
        trial.set_user_attr(records.HARDWARE, records.json_numbers(hardware))
        trial.set_user_attr(
            records.TRUTH,
            records.truth_of(candidate.cell, self._config.dataset, candidate.channels, candidate.cells_per_stage),
        )
        trial.set_user_attr(records.BREAKS, verdict)
        self._tell(trial, state=TrialState.PRUNED)
        logger.info("trial %d: cell %d is infeasible, not scored: %s", trial.number, candidate.cell.index, verdict)
        return False

    def _tell_failed(self, trial: optuna.Trial, candidate: Candidate, reason: str) -> None:
        trial.set_user_attr(records.REASON, reason)
        self._tell(trial, state=TrialState.FAIL)
        logger.error("trial %d: cell %d failed: %s", trial.number, candidate.cell.index, reason)
        self._failures += 1
        if self._failures >= _FAILURE_LIMIT:
            raise SearchFailedError(f"{self._failures} trials in a row failed; the last: {reason}")

    def _tell_measured(self, trial: optuna.Trial, candidate: Candidate, measured: Measurement) -> None:
        trial.set_user_attr(records.SOFTWARE, records.json_numbers(measured.software))
        trial.set_user_attr(records.HARDWARE, records.json_numbers(measured.hardware))
        trial.set_user_attr(records.TRUTH, measured.truth)
        trial.set_user_attr(records.SECONDS, measured.seconds)
        if not measured.computed:
            trial.set_user_attr(records.KNOWN, True)
        scaled = self._objectives.scaled(measured.metrics)
        trial.set_user_attr(records.SCALED, records.json_numbers(scaled))
        values = self._objectives.values(measured.metrics)
        if not np.isfinite(values).all():
            unknown = ", ".join(name for name, value in scaled.items() if not np.isfinite(value))
            self._tell_failed(trial, candidate, f"{unknown}: no finite value")
            return
        self._tell(trial, values)
        self._failures = 0
        shown = ", ".join(f"{name} {value:.4g}" for name, value in scaled.items())
        how = f"{measured.seconds:.2f} s" if measured.computed else "known"
        logger.info("trial %d: cell %d, %s (%s)", trial.number, candidate.cell.index, shown, how)

    def _enqueue_unseen(self) -> None:
        """The sampler circles over cells that it knows or may not keep: give it one to score that it has not seen."""
        unseen = [candidate for candidate in self._space.candidates() if not self._budget.seen(candidate)]
        if unseen:
            choice = random.Random(f"{self._config.setup.seed} {len(unseen)}").choice(unseen)
            self._study.enqueue_trial(self._space.parameters(choice))

    def _sampler(self, finished: int) -> optuna.samplers.BaseSampler:
        """The configured sampler; a resumed run, and each worker, draws other numbers than those before it."""
        seed, worker = self._config.setup.seed, self._shared.worker if self._shared else 0
        if finished or worker:
            drawn = [seed, finished, worker] if worker else [seed, finished]
            seed = int(np.random.SeedSequence(drawn).generate_state(1)[0])
        sampler = build_sampler(self._config, seed)
        if not self._config.setup.distinct_cells:
            return sampler
        return DistinctSampler(sampler, self._space, self._budget.seen, seed)
