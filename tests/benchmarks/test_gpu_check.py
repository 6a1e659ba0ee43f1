"""The check of a GPU, on the CPU: each part that can run there, and what is said of those that do not end well."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import typer

from benchmarks.gpu_check import PARTS, Found, Part, Setting, attempt, main, run_apart, table


@pytest.mark.slow
def test_every_part_runs_on_a_cpu(tmp_path: Path) -> None:
    out = tmp_path / "found.json"
    command = [sys.executable, "-m", "benchmarks.gpu_check", "--device", "cpu", "--small", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    report = json.loads(out.read_text())
    assert {name: part["failed"] for name, part in report["parts"].items()} == dict.fromkeys(PARTS, "")
    assert done.returncode == 0
    assert report["torch"] == torch.__version__
    for part in report["parts"].values():
        for what, result in part["rows"]:
            assert f"| {what} | {result} |" in done.stdout
    # What is measured has to be right before its speed means anything.
    assert "sweep, scores that failed | 0 |" in done.stdout
    assert report["parts"]["sweep"]["data"]["done"] == 3
    assert min(each["spearman"] for each in report["parts"]["sweep"]["data"]["bundled"].values()) == 1
    for flight in report["parts"]["in flight"]["data"].values():
        assert set(flight["apart"].values()) == {0.0}
    assert report["parts"]["graph"]["rows"] == [["graph", "left out: needs a CUDA device"]]


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_a_machine_without_a_gpu_is_told_so_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        main(device="cuda")
    assert ended.value.exit_code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "device 'cuda': this machine has none; valid here: auto, cpu\n"


def test_a_part_that_takes_too_long_is_stopped() -> None:
    found = run_apart("memory", Part(PARTS["memory"].run, limit=0.01), "cpu", small=True)
    assert found == Found(failed="stopped after 0.2 s")


def test_a_part_that_fails_has_one_line_in_the_table() -> None:
    def fail(_setting: Setting) -> Found:
        raise RuntimeError("CUDA error: an illegal | memory access\nwas encountered")

    found = attempt(Part(fail, 1), Setting("cpu", small=True, limit=1))
    parts = {"memory": {"seconds": 2.4, "failed": found.failed, "rows": []}}
    report = {"machine": "a GPU", "torch": "2", "cuda": None, "cores": 16, "parts": parts}
    last = table(report).splitlines()[-1]
    assert last == "| memory |  | failed: RuntimeError: CUDA error: an illegal memory access | 2 |"
