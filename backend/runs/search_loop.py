"""Runs a study's search in this process: ask, measure, tell, until the budget is spent or a stop is asked for.

One thread asks and tells; others measure. A sampler is shown the results of a trial only once so many further ones have
been asked, whether they are in or not: what it learns from depends neither on how many are measured at once nor on how
fast the machine is, so that the same seed gives the same trials. Several processes on one search do not wait for each
other, and their trials depend on who is faster.
"""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass

import numpy as np
import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import TrialState

from backend.config.sections import BLIND_SAMPLERS, MOST_JOBS, SearchSetup
from backend.errors import SearchFailedError, UserError
from backend.runs import recovery
from backend.runs.budget import Budget, Counter, SharedBudget, Ticket
from backend.scoring.side_by_side import SideBySide
from backend.search.measure import Measurement, Measurer
from backend.search.problem import SearchProblem
from backend.search.samplers import DelayedSampler, DistinctSampler, build_sampler
from backend.spaces.base import Architecture
from backend.spaces.capabilities import Enumerable, FixedDistributions, capability
from backend.storage.optuna_internals.objects import storage_of, trial_id_of
from backend.storage.outages import refusal, ride_out
from backend.studies import trials as records
from backend.user_code import in_a_line

logger = logging.getLogger(__name__)

_IDLE_LIMIT = 30
_INFEASIBLE_LIMIT = 3
"""Infeasible draws in a row after which the sampler is given what is feasible: a trial takes longer than that."""
_FAILURE_LIMIT = 10
_EXHAUSTED_LIMIT = 10 * _IDLE_LIMIT
"""Trials in a row without anything new after which a space that cannot be listed counts as searched through."""
_OTHERS_SECONDS = 0.5
_LEAST_DELAY, _MOST_DELAY, _DELAY_SHARE = 4, 16, 12
"""A sampler is not shown the newest twelfth of the trials: as much as it can do without. More from the start would keep
larger machines busy, and cost a search of 60 trials what it finds (``benchmarks/README.md``)."""


def delay_of(setup: SearchSetup, scored: int) -> int:
    """How many trials run at most at once, whose results the next one does not know; the same on all machines.

    Args:
        setup: with one job each trial knows the results of all before it, as in version 0.1. Samplers that learn from
            no trial need not wait for any.
        scored: how many trials the search has begun to score.
    """
    if setup.n_jobs == 1:
        return 1
    if setup.sampler in BLIND_SAMPLERS:
        return MOST_JOBS
    return max(_LEAST_DELAY, min(_MOST_DELAY, scored // _DELAY_SHARE))


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


@dataclass(frozen=True)
class _Running:
    """A trial that is measured; ``ticket`` is None where it has been returned, as the trial was known not to count."""

    trial: optuna.Trial
    architecture: Architecture
    ticket: Ticket | None
    counts: bool
    measured: Future[Measurement]


class Search:
    """The search of one study.

    Args:
        study: where trials are asked and told.
        problem: what is searched.
        measurer: scores candidates.
        asked: how many trials are to count.
        on_trial: called after each trial with the number that count so far, from the thread that called :meth:`run`.
        on_architecture: called with a trial's id once its architecture is known and before it is scored, for others to
            see it.
        shared: where several processes work on the study, what this one needs to be one of them.
    """

    def __init__(
        self,
        study: optuna.Study,
        problem: SearchProblem,
        measurer: Measurer,
        asked: int,
        on_trial: Callable[[int], None],
        on_architecture: Callable[[int], None] | None = None,
        shared: Shared | None = None,
    ) -> None:
        self._study, self._problem, self._measurer = study, problem, measurer
        self._setup, self._space = problem.config.setup, problem.space
        self._on_trial, self._on_architecture = on_trial, on_architecture
        self._shared = shared
        self._own_budget = Budget(asked, problem.counts_distinct)
        self._budget: Counter = shared.budget if shared else self._own_budget
        self._stop = threading.Event()
        self._reason, self._stop_asked = "", False
        self._failure: SearchFailedError | None = None
        self._failures = self._infeasible = self._idle = 0
        self._params_of: dict[str, Mapping[str, object]] = {}
        self._deadline: float | None = None
        self._scored = 0
        self._running: dict[int, _Running] = {}
        self._hidden: deque[int] = deque()
        self._usual: optuna.samplers.BaseSampler | None = None

    def stop(self, reason: str) -> None:
        """Ask the search to end after the running trials."""
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
        setup = self._setup
        if self._shared is None:
            self._own_budget.restore(recovery.begin(self._study, self._problem))
        ended = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
        finished = self._study.get_trials(deepcopy=False, states=ended)
        self._study.sampler = self._sampler(len(finished))
        self._scored = len(finished)
        gone = self._shared.seconds_gone if self._shared else 0.0
        self._deadline = time.monotonic() + setup.timeout - gone if setup.timeout else None
        with SideBySide(self._measurer.jobs) as lanes:
            self._work(lanes)
        if self._failure:
            raise self._failure
        return Outcome(self._budget.done, self._reason, self._stop_asked)

    def _work(self, lanes: SideBySide) -> None:
        while self._running or not self._ended():
            if len(self._running) < lanes.jobs and self._has_room() and not self._ended():
                ticket = self._budget.take_ticket()
                if ticket is not None:
                    self._begin(ticket, lanes)
                    continue
                if not self._running:
                    if self._budget.spent():
                        break
                    self._wait_for_others()
                    continue
            self._end_some(lanes)

    def _has_room(self) -> bool:
        """Whether a trial may be asked: the results that its sampler has to know are in."""
        if len(self._hidden) == delay_of(self._setup, self._scored):
            if self._hidden[0] in self._running:
                return False
            self._hidden.popleft()
        return True

    def _begin(self, ticket: Ticket, lanes: SideBySide) -> None:
        """Ask a trial; end it at once where there is nothing to score, else begin to measure it."""
        running = None
        try:
            running = self._trial(ticket, lanes)
        except UpdateFinishedTrialError:
            self._say_given_up()
        counts = not self._problem.counts_distinct or (running is not None and running.counts)
        self._idle = 0 if counts else self._idle + 1
        if counts and self._usual is not None:
            self._study.sampler, self._usual = self._usual, None
        if running is None:
            self._return(ticket, counted=False)
        else:
            self._running[running.trial.number] = running
            self._scored += 1
            if self._shared is None:
                self._hidden.append(running.trial.number)

    def _end_some(self, lanes: SideBySide) -> None:
        """Wait for a measurement, and tell all that are there."""
        done, _ = wait([running.measured for running in self._running.values()], return_when=FIRST_COMPLETED)
        for number, running in list(self._running.items()):
            if running.measured in done:
                counted = running.counts
                try:
                    self._tell_outcome(running, lanes)
                except UpdateFinishedTrialError:
                    counted = False
                    self._say_given_up()
                finally:
                    del self._running[number]
                self._return(running.ticket, counted=counted)

    def _return(self, ticket: Ticket | None, *, counted: bool) -> None:
        done = self._budget.done if ticket is None else self._budget.return_ticket(ticket, counted)
        ride_out(lambda: self._on_trial(done))

    @staticmethod
    def _say_given_up() -> None:
        logger.warning("a trial took so long to answer that others gave it up")

    def _wait_for_others(self) -> None:
        """All places are taken: one becomes free where a worker is lost, or its trial does not count."""
        self._stop.wait(_OTHERS_SECONDS)
        if self._shared:
            ride_out(self._shared.recover)

    def _ended(self) -> bool:
        if self._deadline is not None and time.monotonic() > self._deadline:
            self._finish_early(f"the time limit of {self._setup.timeout:g} s was reached")
        return self._stop.is_set()

    def _trial(self, ticket: Ticket, lanes: SideBySide) -> _Running | None:
        """Ask a trial and begin to measure it; None for one that is not scored, and has been told."""
        if self._idle >= _IDLE_LIMIT or self._infeasible >= _INFEASIBLE_LIMIT:
            ride_out(self._enqueue_unseen)
        trial, architecture = ride_out(self._ask)
        if isinstance(architecture, str):
            self._tell_failed(trial, architecture)
            return None
        try:
            scored = not architecture.invalid and self._problem.keeps(architecture)
        except Exception as error:
            self._tell_failed(trial, in_a_line(error), self._named(architecture))
            logger.debug("trial %d", trial.number, exc_info=True)
            return None
        first = self._budget.first_trial(ticket, self._problem.identity(architecture, scored=scored), trial.number)
        if architecture.invalid:
            self._tell_invalid(trial, architecture)
            return None
        if not self._keeps_limits(trial, architecture):
            return None
        counts = first == trial.number
        if not counts:
            trial.set_user_attr(records.REPEAT_OF, first)
        if (on_architecture := self._on_architecture) is not None:
            ride_out(lambda: on_architecture(trial_id_of(trial)))
        if not counts and self._shared is None and self._problem.counts_distinct:
            # Whether another may be asked must not depend on how long this one takes.
            self._budget.return_ticket(ticket, counted=False)
            kept = None
        else:
            kept = ticket
        measured = lanes.submit(lambda: ride_out(lambda: self._measurer.measure(architecture)))
        return _Running(trial, architecture, kept, counts, measured)

    def _tell_outcome(self, running: _Running, lanes: SideBySide) -> None:
        trial, architecture = running.trial, running.architecture
        try:
            measurement = running.measured.result()
        except Exception as error:
            self._tell_failed(trial, in_a_line(error), self._named(architecture))
            logger.debug("trial %d", trial.number, exc_info=True)
            return
        if measurement.computed:
            lanes.widen()
        self._tell_measured(trial, architecture, measurement)

    def _ask(self) -> tuple[optuna.Trial, Architecture | str]:
        """A new trial with its architecture, or why the space gives none."""
        trial = self._study.ask()
        try:
            architecture = self._space.suggest(trial)
            self._check_key(architecture)
        except Exception as error:
            if refusal(error) is not None:
                raise
            logger.debug("trial %d", trial.number, exc_info=True)
            return trial, f"no architecture: {in_a_line(error)}"
        trial.set_user_attr(records.SPACE, self._space.name)
        trial.set_user_attr(records.ARCHITECTURE, architecture.key)
        for name, value in self._space.attributes(architecture).items():
            trial.set_user_attr(name, value)
        return trial, architecture

    def _check_key(self, architecture: Architecture) -> None:
        """Check that no other architecture has the same key: scores are stored and found again by it.

        Raises:
            UserError: one has.
        """
        before = self._params_of.setdefault(architecture.key, architecture.params)
        if before != architecture.params:
            said = f"the key {architecture.key!r:.200} is that of {dict(before)} and of {dict(architecture.params)}"
            raise UserError(f"search space {self._space.name!r}: {said}")

    def _tell(
        self, trial: optuna.Trial, values: Sequence[float] | None = None, state: TrialState | None = None
    ) -> None:
        """Tell it, once: where an answer was lost, the trial may have been told already."""
        tried = False

        def tell() -> None:
            nonlocal tried
            told = tried and storage_of(self._study).get_trial(trial_id_of(trial)).state.is_finished()
            tried = True
            if not told:
                self._study.tell(trial, values, state)

        ride_out(tell)

    def _tell_invalid(self, trial: optuna.Trial, architecture: Architecture) -> None:
        trial.set_user_attr(records.DISCONNECTED, True)
        self._tell(trial, state=TrialState.PRUNED)
        reason = str(architecture.invalid).split(":")[0]
        logger.info("trial %d: %s is %s, not scored", trial.number, self._named(architecture), reason)

    def _named(self, architecture: Architecture) -> str:
        return self._space.named(self._space.label(architecture))

    def _keeps_limits(self, trial: optuna.Trial, architecture: Architecture) -> bool:
        """Record by how much a candidate keeps or breaks each constraint; one that breaks any is told as infeasible.

        It is not scored: costs are known for nothing, scores are not. It is pruned, not complete: then no tool, whether
        it knows of constraints or not, takes it for a good one. TPE learns from its violations all the same; NSGA-II
        and NSGA-III breed from complete trials, so from feasible ones alone.
        """
        costs = self._problem.costs(architecture) if self._problem.constraints else {}
        for constraint in self._problem.constraints:
            trial.set_constraint(str(constraint), constraint.violation(costs[constraint.metric]))
        broken = self._problem.broken(costs)
        self._infeasible = self._infeasible + 1 if broken else 0
        if not broken:
            return True
        verdict = "; ".join(constraint.verdict(costs[constraint.metric]) for constraint in broken)
        hardware = {name: costs[name] for name in self._problem.config.hardware_metrics}
        software = {name: value for name, value in costs.items() if name not in hardware}
        trial.set_user_attr(records.SOFTWARE, records.json_numbers(software))
        trial.set_user_attr(records.HARDWARE, records.json_numbers(hardware))
        trial.set_user_attr(records.TRUTH, self._measurer.truth(architecture))
        trial.set_user_attr(records.BREAKS, verdict)
        self._tell(trial, state=TrialState.PRUNED)
        logger.info("trial %d: %s is infeasible, not scored: %s", trial.number, self._named(architecture), verdict)
        return False

    def _tell_failed(self, trial: optuna.Trial, reason: str, named: str = "") -> None:
        trial.set_user_attr(records.REASON, reason)
        self._tell(trial, state=TrialState.FAIL)
        logger.error("trial %d: %s: %s", trial.number, f"{named} failed".lstrip(), reason)
        self._failures += 1
        if self._failures >= _FAILURE_LIMIT and self._failure is None:
            self._failure = SearchFailedError(f"{self._failures} trials in a row failed; the last: {reason}")
            self._finish_early("trial after trial failed")

    def _tell_measured(self, trial: optuna.Trial, architecture: Architecture, measured: Measurement) -> None:
        trial.set_user_attr(records.SOFTWARE, records.json_numbers(measured.software))
        trial.set_user_attr(records.HARDWARE, records.json_numbers(measured.hardware))
        trial.set_user_attr(records.TRUTH, measured.truth)
        trial.set_user_attr(records.SECONDS, measured.seconds)
        if not measured.computed:
            trial.set_user_attr(records.KNOWN, True)
        objectives = self._problem.objectives
        scaled = objectives.scaled(measured.metrics)
        trial.set_user_attr(records.SCALED, records.json_numbers(scaled))
        values = objectives.values(measured.metrics)
        if not np.isfinite(values).all():
            unknown = ", ".join(name for name, value in scaled.items() if not np.isfinite(value))
            self._tell_failed(trial, f"{unknown}: no finite value", self._named(architecture))
            return
        self._tell(trial, values)
        self._failures = 0
        shown = ", ".join(f"{name} {value:.4g}" for name, value in scaled.items())
        how = f"{measured.seconds:.2f} s" if measured.computed else "known"
        logger.info("trial %d: %s, %s (%s)", trial.number, self._named(architecture), shown, how)

    def _enqueue_unseen(self) -> None:
        """Give the sampler something unseen to score, as it circles over what it knows or may not keep.

        A space that cannot be listed has nothing to give: trials are drawn at random until one is new; where none is
        for long, the search ends.
        """
        if capability(self._space, Enumerable) is None:
            if self._problem.counts_distinct and self._idle >= _EXHAUSTED_LIMIT:
                self._finish_early(f"{self._idle} trials in a row found no new {self._space.words.one}")
            elif self._usual is None:
                # What is new may be far from all that the sampler prefers.
                at_random = optuna.samplers.RandomSampler(seed=self._setup.seed + self._scored)
                self._study.sampler, self._usual = at_random, self._study.sampler
            return
        unseen = [item for item in self._problem.feasible if not self._known(item)]
        if unseen:
            choice = random.Random(f"{self._setup.seed} {len(unseen)}").choice(unseen)
            self._study.enqueue_trial(dict(choice.params))

    def _sampler(self, finished: int) -> optuna.samplers.BaseSampler:
        """The configured sampler; a resumed run, and each worker, draws other numbers than those before it."""
        seed, worker = self._setup.seed, self._shared.worker if self._shared else 0
        if finished or worker:
            drawn = [seed, finished, worker] if worker else [seed, finished]
            seed = int(np.random.SeedSequence(drawn).generate_state(1)[0])
        sampler = build_sampler(self._problem.config, seed)
        space = capability(self._space, FixedDistributions)
        if space is not None and self._problem.counts_distinct:
            sampler = DistinctSampler(sampler, space, self._known, seed, self._problem.keeps)
        return sampler if self._shared or self._setup.n_jobs == 1 else DelayedSampler(sampler, self._hidden)

    def _known(self, architecture: Architecture) -> bool:
        return any(self._budget.seen(self._problem.identity(architecture, scored=scored)) for scored in (True, False))
