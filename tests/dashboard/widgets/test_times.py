"""Times in the zone of the reader's browser."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
import streamlit as st

from dashboard.widgets import times

MOMENT = datetime(2026, 11, 28, 20, 31, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "minute", "second"),
    [
        ("Asia/Tokyo", "2026-11-29 05:31 JST", "05:31:07 JST"),
        ("Europe/Berlin", "2026-11-28 21:31 CET", "21:31:07 CET"),
        (None, "2026-11-28 20:31 UTC", "20:31:07 UTC"),
        # What a browser says is not to be believed.
        ("../../etc/passwd", "2026-11-28 20:31 UTC", "20:31:07 UTC"),
        ("Middle/Earth", "2026-11-28 20:31 UTC", "20:31:07 UTC"),
    ],
)
def test_a_time_is_that_of_the_readers_clock(
    monkeypatch: pytest.MonkeyPatch, zone: str | None, minute: str, second: str
) -> None:
    monkeypatch.setattr(st, "context", SimpleNamespace(timezone=zone))
    assert times.minute(MOMENT) == minute
    assert times.second(MOMENT) == second
    assert times.in_utc(MOMENT) == "2026-11-28 20:31:07 UTC"
