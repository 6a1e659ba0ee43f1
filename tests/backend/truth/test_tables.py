"""The bundled tables as DataFrames."""

import numpy as np

from backend.spaces.nas_bench_201.cell import enumerate_cells
from backend.spaces.nas_bench_201.options import TRAINED_ON
from backend.truth.fields import EPOCHS
from backend.truth.tables import architectures_table, runs_table


def test_runs_are_sorted_by_epochs_dataset_and_index() -> None:
    runs = runs_table()
    assert len(runs) == len(EPOCHS) * len(TRAINED_ON) * 15625
    assert runs["epochs"].tolist() == np.repeat(EPOCHS, len(TRAINED_ON) * 15625).tolist()
    assert runs["dataset"].tolist() == np.tile(np.repeat(TRAINED_ON, 15625), len(EPOCHS)).tolist()
    assert runs["index"].tolist() == list(range(15625)) * len(EPOCHS) * len(TRAINED_ON)


def test_runs_have_plausible_units() -> None:
    runs = runs_table()
    for split in ("train", "valid", "test"):
        accuracy, seconds = runs[f"{split}-accuracy"].dropna(), runs[f"{split}-per-time"].dropna()
        assert accuracy.between(0, 100).all()
        assert accuracy.max() > 80
        assert seconds.between(0.1, 300).all()


def test_test_accuracy_is_missing_only_for_cifar10_valid_after_12_epochs() -> None:
    runs = runs_table()
    missing = runs[runs["test-accuracy"].isna()]
    assert len(missing) == 15625
    assert set(zip(missing["dataset"], missing["epochs"], strict=True)) == {("cifar10-valid", 12)}


def test_architectures_are_in_the_official_order() -> None:
    table = architectures_table()
    assert table["index"].tolist() == list(range(15625))
    assert table["arch"].tolist() == [str(cell) for cell in enumerate_cells()]


def test_changing_a_table_leaves_the_next_caller_untouched() -> None:
    runs, architectures = runs_table(), architectures_table()
    runs["test-accuracy"] = 0.0
    runs.loc[0, "index"] = 7
    architectures.loc[:, "params:cifar10"] = 0
    assert runs_table()["test-accuracy"].max() > 90
    assert runs_table().loc[0, "index"] == 0
    assert architectures_table()["params:cifar10"].min() > 0
