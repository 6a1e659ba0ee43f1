"""Trials are counted exactly."""

import itertools
from concurrent.futures import ThreadPoolExecutor

from backend.runs.budget import Budget
from backend.runs.tickets import Entry

A, B = "depth=1 width=4", "depth=2 width=8"


def test_no_more_tickets_are_given_than_trials_are_asked() -> None:
    budget = Budget(asked=2, distinct=True)
    first, second, third = (budget.take_ticket() for _ in range(3))
    assert first is not None
    assert second is not None
    assert third is None
    budget.return_ticket(first, counted=False)
    again = budget.take_ticket()
    assert again is not None
    budget.return_ticket(second, counted=True)
    budget.return_ticket(again, counted=True)
    assert (budget.done, budget.take_ticket()) == (2, None)


def test_without_distinct_every_trial_counts() -> None:
    budget = Budget(asked=1, distinct=False)
    ticket = budget.take_ticket()
    assert ticket is not None
    budget.return_ticket(ticket, counted=False)
    assert budget.done == 1


def test_an_earlier_run_counts_its_distinct_scored_cells() -> None:
    budget = Budget(9, distinct=True)
    budget.restore([Entry(0, A, True), Entry(1, B, True), Entry(2, None, False), Entry(3, None, False)])
    assert budget.done == 2
    assert budget.first_trial("", A, 7) == 0
    assert budget.seen(B)


def test_many_threads_never_exceed_the_budget() -> None:
    budget = Budget(asked=500, distinct=True)

    def work(turn: int) -> None:
        # Each thread's own count: every third of its trials does not count.
        for trial in itertools.count(turn):
            ticket = budget.take_ticket()
            if ticket is None:
                return
            budget.return_ticket(ticket, counted=trial % 3 > 0)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert budget.done == 500
