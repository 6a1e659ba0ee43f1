import optuna
import pandas as pd

from backend.analysis.search_curves import timeline
from backend.storage.database import Database
from backend.studies import load_study, trials_frame


def trials() -> pd.DataFrame:
    """Two jobs at once: trial 1 ends before trial 0; trial 3 repeats trial 0, trial 4 fails, trial 5 is running."""
    start = pd.Timestamp("2026-01-01", tz="UTC")
    seconds = [6.0, 2.0, None, 0.0, 3.0, None, 4.0]
    ends = [6, 2, 7, 8, 11, None, 100]
    return pd.DataFrame(
        {
            "number": range(7),
            "state": ["complete", "complete", "disconnected", "repeat", "failed", "running", "complete"],
            "arch": ["a", "b", "c", "a", "d", "e", "f"],
            "C": 16.0,
            "N": 5.0,
            "seconds": seconds,
            "finished": pd.to_datetime([None if end is None else start + pd.Timedelta(end, "s") for end in ends]),
        }
    )


def test_cells_are_counted_once_in_the_order_in_which_they_were_done() -> None:
    found = timeline(trials())
    assert found["number"].tolist() == [1, 0, 6]
    assert found["architectures"].tolist() == [1, 2, 3]
    assert found["scoring_seconds"].tolist() == [2.0, 8.0, 15.0]
    assert found["clock_seconds"].tolist() == [2.0, 6.0, 100.0]


def test_another_width_of_a_cell_is_another_network() -> None:
    frame = trials()
    frame.loc[3, ["state", "C"]] = ["complete", 8.0]
    assert timeline(frame)["number"].tolist() == [1, 0, 3, 6]


def test_every_trial_of_a_study_made_elsewhere_counts() -> None:
    frame = trials().drop(columns=["arch", "C", "N"])
    assert timeline(frame)["architectures"].tolist() == [1, 2, 3]


def test_a_study_without_trials_has_an_empty_timeline(database: Database) -> None:
    study = optuna.create_study(storage=database.storage, study_name="empty")
    found = timeline(trials_frame(load_study(database, study.study_name)))
    assert found.empty
    assert {"architectures", "scoring_seconds", "clock_seconds"} <= set(found)
