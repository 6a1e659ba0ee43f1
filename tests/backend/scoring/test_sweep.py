"""The sweep of the space: every class once, through kills and restarts."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from distributed import Client

from backend import proxies
from backend import truth as benchmark
from backend.errors import UserError
from backend.scoring import score_cell
from backend.scoring.sweep import Sweep, SweepSetting, open_cluster
from backend.scoring.tables import ScoreTable
from backend.spaces.nas_bench_201.cell import Cell, class_indices, enumerate_cells

SETTING = SweepSetting("cifar10", ("l2_norm", "naswot_relu", "params"), batch_size=4)
CLASSES = sorted({index for index in class_indices() if index is not None})[:24]
MANY = sorted({index for index in class_indices() if index is not None})[:200]


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with open_cluster(workers=2) as client:
        yield client


def ignore(_done: int, _total: int) -> None:
    """No progress is shown."""


@pytest.mark.slow
def test_each_class_has_the_score_of_its_cell(client: Client, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    sweep = Sweep(SETTING, tmp_path, CLASSES[:10])
    sweep.run(client, lambda done, total: seen.append((done, total)))
    assert seen[0] == (0, 10)
    assert seen[-1] == (10, 10)
    scores = sweep.scores().pivot(index="class", columns="proxy", values="value")
    assert list(scores.index) == CLASSES[:10]
    for index in CLASSES[:3]:
        expected = score_cell(Cell.from_index(index), "cifar10", ["l2_norm", "naswot_relu"], batch_size=4)
        assert scores.loc[index].to_dict() == pytest.approx(expected, rel=1e-6)
    assert sweep.failures() == []


def test_what_is_scored_is_not_scored_again_and_new_proxies_alone_are(client: Client, tmp_path: Path) -> None:
    first = Sweep(replace(SETTING, proxies=("l2_norm",)), tmp_path, CLASSES)
    first.run(client, ignore)
    shards = {path.name: path.stat().st_mtime_ns for path in first.folder.iterdir()}
    more = Sweep(SETTING, tmp_path, CLASSES)
    more.run(client, ignore)
    assert {path.name: path.stat().st_mtime_ns for path in more.folder.iterdir()}.items() >= shards.items()
    added = [pd.read_parquet(path) for path in more.folder.iterdir() if path.name not in shards]
    assert set(pd.concat(added)["proxy"]) == {"naswot_relu"}
    before = len(list(more.folder.iterdir()))
    more.run(client, ignore)
    assert len(list(more.folder.iterdir())) == before


def test_another_batch_or_seed_is_another_sweep(tmp_path: Path) -> None:
    others = [SETTING, replace(SETTING, batch_size=8), replace(SETTING, seed=1), replace(SETTING, dataset="cifar100")]
    assert len({Sweep(setting, tmp_path).folder for setting in others}) == 4


@pytest.mark.slow
def test_a_killed_sweep_keeps_its_shards_and_goes_on(client: Client, tmp_path: Path) -> None:
    script = f"""
from pathlib import Path
from backend.scoring.sweep import open_cluster
from backend.scoring.sweep import Sweep, SweepSetting
if __name__ == "__main__":
    with open_cluster(workers=1) as client:
        Sweep({SETTING!r}, Path({str(tmp_path)!r}), {MANY!r}).run(client, lambda *_: None)
"""
    file = tmp_path / "sweep.py"
    file.write_text(script, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    process = subprocess.Popen([sys.executable, str(file)], env=environment, start_new_session=True)
    sweep = Sweep(SETTING, tmp_path, MANY)
    deadline = time.monotonic() + 120
    while len(list(sweep.folder.glob("*.parquet"))) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = sweep.scores()
    assert 16 <= kept["class"].nunique() < len(MANY)
    sweep.run(client, ignore)
    scores = sweep.scores()
    assert set(scores["class"]) == set(MANY)
    assert not scores.duplicated(["class", "proxy"]).any()
    together = kept.merge(scores, on=["class", "proxy"])
    assert (together["value_x"] == together["value_y"]).all()
    assert len(together) == len(kept)


def test_a_proxy_that_fails_is_listed_and_the_others_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "mine.py"
    module.write_text(
        "from backend.proxies import register\n"
        "@register(reads=('architecture',))\n"
        "def choosy(architecture):\n"
        "    return 1.0 if architecture.cell.index % 2 else 1 / 0\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PROXYSCOPE_PROXY_MODULES", str(module))
    proxies.load_module(module)
    try:
        sweep = Sweep(replace(SETTING, proxies=("l2_norm", "choosy")), tmp_path / "sweeps", CLASSES[:8])
        with open_cluster(workers=1) as client:
            sweep.run(client, ignore)
        failed = {failure.label for failure in sweep.failures()}
        assert failed == {index for index in CLASSES[:8] if index % 2 == 0}
        assert {failure.proxy for failure in sweep.failures()} == {"choosy"}
        scores = sweep.scores().pivot(index="class", columns="proxy", values="value")
        assert scores["l2_norm"].notna().all()
    finally:
        del proxies.registry._PROXIES["choosy"]


def test_the_table_has_a_row_for_each_cell_and_twins_share_theirs(tmp_path: Path) -> None:
    sweep = Sweep(SETTING, tmp_path)
    rows = [
        {"class": index, "proxy": name, "version": proxies.get(name).version, "value": index + 0.5, "seconds": 0.1}
        for index in sweep.classes
        for name in ("l2_norm", "naswot_relu")
    ]
    pd.DataFrame(rows[:-2]).assign(failure="").to_parquet(sweep.folder / "a.parquet")
    with pytest.raises(UserError, match=f"1 of {len(sweep.classes)} classes are not scored yet"):
        sweep.table()
    pd.DataFrame(rows[-2:]).assign(failure="").to_parquet(sweep.folder / "b.parquet")
    table = sweep.table()
    assert list(table.scores) == list(SETTING.proxies)
    assert len(table.scores) == 15_625
    expected = [np.nan if index is None else index + 0.5 for index in class_indices()]
    assert table.scores["l2_norm"].to_numpy() == pytest.approx(np.array(expected), nan_ok=True)
    for cell in enumerate_cells()[::1000]:
        if cell.connected:
            assert table.scores.loc[cell.index, "params"] == benchmark.architecture(cell)["params:cifar10"]
    assert table.provenance.seconds == pytest.approx(0.1 * len(sweep.classes))


def test_a_larger_sample_goes_on_from_a_smaller_one_and_the_rest_of_its_table_is_empty(tmp_path: Path) -> None:
    small, large = Sweep(SETTING, tmp_path, sample=3), Sweep(SETTING, tmp_path, sample=5)
    assert small.classes == large.classes[:3] != sorted(small.classes)
    rows = [
        {"class": index, "proxy": name, "version": proxies.get(name).version, "value": 1.0, "seconds": 0.1}
        for index in small.classes
        for name in ("l2_norm", "naswot_relu")
    ]
    pd.DataFrame(rows).assign(failure="").to_parquet(small.folder / "a.parquet")
    norms = small.table().scores["l2_norm"]
    assert {class_indices()[index] for index in norms.index[norms.notna()]} == set(small.classes)
    with pytest.raises(UserError, match="2 of 5 classes are not scored yet"):
        large.table()


def test_what_a_table_of_the_same_batch_has_is_not_scored_again(client: Client, tmp_path: Path) -> None:
    sizes = Sweep(replace(SETTING, proxies=("l2_norm",)), tmp_path / "first", CLASSES[:8])
    sizes.run(client, ignore)
    norms = sizes.scores().set_index("class")["value"]
    scores = pd.DataFrame({"l2_norm": norms.reindex(pd.array(class_indices(), dtype="Int64")).to_numpy(float)})
    table = ScoreTable(scores, sizes._provenance(sizes.scores()))
    more = Sweep(SETTING, tmp_path / "second", CLASSES[:8], known=table)
    more.run(client, ignore)
    assert set(more.scores()["proxy"]) == {"naswot_relu"}
    current = more._current().pivot(index="class", columns="proxy", values="value")
    assert current["l2_norm"].to_dict() == norms.to_dict()
    assert current["naswot_relu"].notna().all()
    provenance = more._provenance(more._current())
    assert provenance.seconds > table.provenance.seconds
    assert provenance.machine == table.provenance.machine
    other = Sweep(replace(SETTING, batch_size=8), tmp_path / "third", CLASSES[:8], known=table)
    assert sum(len(classes) for classes, _ in other._todo()) == 8
    assert all("l2_norm" in lack for _, lack in other._todo())


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer_is_named() -> None:
    with (
        pytest.raises(UserError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1"),
        open_cluster("tcp://127.0.0.1:1"),
    ):
        pass
