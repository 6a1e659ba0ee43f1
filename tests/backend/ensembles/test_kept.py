"""Saved ensembles in a real database and in files, honest and hostile."""

import json
import pickle
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from backend.ensembles.fitting import Ensemble, Recipe
from backend.ensembles.kept import (
    SavedEnsemble,
    delete_ensemble,
    list_ensembles,
    load_ensemble,
    read_ensemble,
    save_ensemble,
)
from backend.errors import UserError
from backend.storage.database import Database
from tests.backend.ensembles.cells import PROXIES, everything


def saved(name: str, study: str = "a study", model: str = "extra_trees") -> SavedEnsemble:
    ensemble = Ensemble(Recipe(model, PROXIES, graph=True), everything().iloc[::300])
    figures = {"within the study": {"spearman": 0.9, "kendall": None}}
    return SavedEnsemble(name, study, "cifar10", "200:test-accuracy", datetime.now(UTC), figures, ensemble)


def test_a_saved_ensemble_predicts_what_it_did(database: Database) -> None:
    kept = saved("mine")
    save_ensemble(database, kept)
    loaded = load_ensemble(database, "mine")
    assert (loaded.study, loaded.target, loaded.figures) == (kept.study, kept.target, kept.figures)
    assert loaded.created == kept.created
    space = everything()
    pd.testing.assert_series_equal(loaded.ensemble.predict(space), kept.ensemble.predict(space), check_exact=True)


def test_they_are_listed_by_study_the_newest_first_and_deleted_by_name(database: Database) -> None:
    for name, study in (("one", "a"), ("two", "a"), ("three", "b")):
        save_ensemble(database, saved(name, study, model="ridge"))
    assert [item.name for item in list_ensembles(database)] == ["three", "two", "one"]
    assert [item.name for item in list_ensembles(database, "a")] == ["two", "one"]
    delete_ensemble(database, "two")
    assert [item.name for item in list_ensembles(database, "a")] == ["one"]


def test_names_are_unique_and_known(database: Database) -> None:
    save_ensemble(database, saved("mine", model="ridge"))
    with pytest.raises(UserError, match="the name 'mine' is taken"):
        save_ensemble(database, saved("mine", model="ridge"))
    with pytest.raises(UserError, match="no ensemble 'other'; there are: mine"):
        load_ensemble(database, "other")
    with pytest.raises(UserError, match=r"' up' is not valid"):
        save_ensemble(database, saved(" up", model="ridge"))


def test_a_file_carries_it_to_another_database(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    kept = saved("mine")
    path.write_text(json.dumps(kept.to_json(), allow_nan=False), encoding="utf-8")
    read = read_ensemble(path)
    save_ensemble(database, read)
    assert load_ensemble(database, "mine").ensemble.recipe == kept.ensemble.recipe


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        (pickle.dumps(print), "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "not a saved ensemble of format 1"),
        (b'{"proxyscope_ensemble": 2}', "not a saved ensemble of format 1"),
        (b'{"proxyscope_ensemble": 1}', "not a saved ensemble: KeyError"),
    ],
)
def test_other_files_are_refused_in_words(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message) as refused:
        read_ensemble(path)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("model", "magic", "model 'magic': unknown"),
        ("cells", [{"index": 1}], "not known of these cells"),
        ("cells", "all", "not a description of one"),
        ("cells", [{"index": 99_999, "params": 1.0, "l2_norm": 1.0, "accuracy": 1.0}] * 9, "official index"),
        ("name", "a\x1b[2J", "is not valid"),
        ("figures", 3, "not a saved ensemble"),
        ("created", "yesterday", "not a saved ensemble"),
    ],
)
def test_a_tampered_file_is_refused_in_words(tmp_path: Path, key: str, value: object, message: str) -> None:
    path = tmp_path / "file.json"
    path.write_text(json.dumps(saved("mine").to_json() | {key: value}), encoding="utf-8")
    with pytest.raises(UserError, match=message):
        read_ensemble(path)
