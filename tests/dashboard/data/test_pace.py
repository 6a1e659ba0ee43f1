from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from backend.studies.runs import Run, State
from dashboard.data.pace import elapsed, seconds_left

START = datetime(2026, 1, 1, tzinfo=UTC)


def run(state: State = "running", *, done: int = 10, ended: datetime | None = None) -> Run:
    return Run(
        study_id=1,
        state=state,
        message="",
        asked=30,
        done=done,
        host="host",
        pid=1,
        device=None,
        images=None,
        created=START,
        started=START,
        heartbeat=START,
        ended=ended,
    )


@pytest.fixture
def trials() -> pd.DataFrame:
    """A distinct cell every 4 s, each followed by a repeat."""
    moments = [START.replace(tzinfo=None) + timedelta(seconds=2 * step) for step in range(20)]
    return pd.DataFrame({"state": ["complete", "repeat"] * 10, "finished": moments})


def test_time_left_is_the_pace_of_distinct_cells_times_what_is_left(trials: pd.DataFrame) -> None:
    assert seconds_left(run(), trials, None, START) == pytest.approx(4 * 20)


def test_the_time_limit_caps_the_time_left(trials: pd.DataFrame) -> None:
    now = START + timedelta(seconds=38)
    assert seconds_left(run(), trials, 50, now) == pytest.approx(12)
    assert seconds_left(run(), trials, 20, now) == 0


def test_time_left_is_unknown_before_two_cells_and_after_the_end(trials: pd.DataFrame) -> None:
    assert seconds_left(run(), trials.iloc[:1], None) is None
    assert seconds_left(run(), trials.iloc[:0], None) is None
    assert seconds_left(run("stopped"), trials, None) is None


def test_elapsed_ends_with_the_run() -> None:
    now = START + timedelta(seconds=90)
    assert elapsed(run(), now) == 90
    assert elapsed(run("finished", ended=START + timedelta(seconds=60)), now) == 60
