"""Damaged, foreign and hostile files: one clear line, no table, nothing run."""

import builtins
import bz2
import io
import os
import pickle
import posix
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from backend.errors import UserError
from backend.truth.importing.release_import import import_release
from tests.backend.truth.importing import samples
from tests.backend.truth.importing.samples import Call

DAMAGED = r"is damaged or cut short; get it again$"
FOREIGN = r"cannot be imported: .*; valid are NAS-Bench-201-v1_0-e61699.pth, .*-full, as a folder or a tar$"


def refused(path: Path, message: str, home: Path) -> str:
    """Import must fail with one line that names the path, and change nothing in the installation."""
    before = {file: file.read_bytes() for file in home.rglob("*") if file.is_file()}
    with pytest.raises(UserError, match=message) as refusal:
        import_release(path)
    assert str(refusal.value).startswith(str(path))
    assert "\n" not in str(refusal.value)
    assert {file: file.read_bytes() for file in home.rglob("*") if file.is_file()} == before
    return str(refusal.value)


@pytest.fixture(params=["nothing imported", "imported before"])
def installation(request: pytest.FixtureRequest, home: Path) -> Path:
    if request.param == "imported before":
        import_release(samples.PTH)
        import_release(samples.FOLDER)
    return home


# ---- damaged


@pytest.mark.parametrize("part", [0.02, 0.6, 0.9])
@pytest.mark.parametrize("layout", ["zip", "legacy", "benchmark file", "tar"])
def test_a_file_cut_short_is_refused(installation: Path, tmp_path: Path, layout: str, part: float) -> None:
    whole = tmp_path / "whole"
    if layout == "zip":
        whole = samples.PTH
    elif layout == "legacy":
        samples.write_pth(whole, samples.content(), legacy=True)
    elif layout == "benchmark file":
        samples.write_pbz2(whole, {"arch2infos": {index: samples.nats_content(index) for index in samples.INDICES}})
    else:
        samples.write_tar(whole)
    cut = tmp_path / "cut"
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * part)])
    refused(cut, DAMAGED, installation)


def test_a_tar_cut_between_two_files_is_refused(installation: Path, tmp_path: Path) -> None:
    whole = samples.write_tar(tmp_path / "whole.tar")
    with tarfile.open(whole) as archive:
        last = archive.getmembers()[-1]
    cut = tmp_path / "cut.tar"
    cut.write_bytes(whole.read_bytes()[: last.offset])
    refused(cut, DAMAGED, installation)


@pytest.mark.parametrize("layout", ["zip", "pbz2"])
def test_a_changed_byte_is_found(installation: Path, tmp_path: Path, layout: str) -> None:
    """Of a number in the pickle, which would still be a pickle: the checksum tells."""
    original = samples.PTH if layout == "zip" else samples.FOLDER / "000011.pickle.pbz2"
    content = bytearray(original.read_bytes())
    place = content.index(b"train_losses") + 40 if layout == "zip" else len(content) // 2
    content[place] ^= 1
    changed = tmp_path / "changed"
    changed.write_bytes(content)
    refused(changed, DAMAGED, installation)


def test_one_damaged_file_in_a_folder_is_named(installation: Path, tmp_path: Path) -> None:
    folder = tmp_path / "NATS-tss-v1_0-3ffb9-simple"
    folder.mkdir()
    for file in samples.FOLDER.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "000011.pickle.pbz2").write_bytes(b"BZh9 and no more")
    assert "'000011.pickle.pbz2'" in refused(folder, DAMAGED, installation)


# ---- foreign


def a_checkpoint(path: Path, *, legacy: bool) -> Path:
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8))
    return samples.write_pth(path, {"model": network.state_dict(), "epoch": 7}, legacy=legacy)


def another_tar(path: Path) -> Path:
    with tarfile.open(path, "w") as archive:
        archive.add(samples.CSV, "notes/results.csv")
    return path


def another_zip(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "a")
    return path


def size_search_space(path: Path) -> Path:
    value = samples.nats_content(11)
    for part in value.values():
        part["arch_str"] = "64:48:32:16:8"
    return samples.write_pbz2(path, value)


def text(path: Path, content: str) -> Path:
    path.write_text(content)
    return path


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda path: a_checkpoint(path, legacy=False),
            r"it asks for 'torch._utils._rebuild_tensor_v2', which was not",
        ),
        (lambda path: a_checkpoint(path, legacy=True), r"it asks for 'torch._utils._rebuild_tensor_v2', which was not"),
        (lambda path: samples.write_pth(path, {"a": 1.5}), "it holds no training results"),
        (lambda path: samples.write_pbz2(path, [1, 2]), "it holds no training results"),
        (lambda path: text(path, ""), "it is empty"),
        (lambda path: text(path, "index,arch\n" * 100), "it is of another format"),
        (another_tar, "it holds no training results"),
        (another_zip, "it is a ZIP archive, but not one of torch's"),
        (size_search_space, r"it is of the size search space; only the topology one \(tss\) can be imported"),
        (lambda _: samples.FOLDER / "meta.pickle.pbz2", "it holds no training results"),
        (lambda _: samples.DATA, "it has no files 000000.pickle.pbz2 … 015624.pickle.pbz2"),
    ],
)
def test_a_foreign_file_is_refused(
    installation: Path, tmp_path: Path, make: Callable[[Path], Path], message: str
) -> None:
    path = make(tmp_path / "foreign")
    if path == samples.DATA:  # its parent has no release; the folder itself has one
        path = tmp_path
    refused(path, message, installation)
    refused(path, FOREIGN, installation)


def test_what_is_no_file_is_refused(installation: Path, tmp_path: Path) -> None:
    refused(tmp_path / "nowhere", "is neither a file nor a folder; valid are", installation)
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "is neither a file nor a folder; valid are", installation)
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "folder" / "000000.pickle.pbz2")
    refused(tmp_path / "folder", "it has no files", installation)


# ---- in the official layout, with other content


def change(path: tuple[Any, ...], value: Any) -> Callable[[dict[str, Any]], None]:
    """Sets one value deep in the content of a ``.pth``."""

    def apply(content: dict[str, Any]) -> None:
        for key in path[:-1]:
            content = content[key]
        content[path[-1]] = value

    return apply


def twice(content: dict[str, Any]) -> None:
    content["arch2infos"]["again"] = samples.content()["arch2infos"][11]


FULL = ("arch2infos", 11, "full")
RUN = (*FULL, "all_results", ("cifar100", 777))


@pytest.mark.parametrize(
    ("apply", "message"),
    [
        (change((*RUN, "train_losses", 199), "low"), "train-loss is 'low' instead of a number"),
        (change((*RUN, "flop"), None), "flops is None instead of a number"),
        (change((*RUN, "name"), "mnist"), "it has results for 'mnist'; the benchmark's datasets are cifar10, "),
        (change((*RUN, "epochs"), 12), "it has a run of 12 epochs among those of 200"),
        (change((*RUN, "epochs"), 10**9), "it has a run of 1000000000 epochs"),
        (change((*FULL, "dataset_seed", "cifar100"), [777, 5]), "architecture 11 has no run with seed 5 on 'cifar100'"),
        (change((*FULL, "dataset_seed", "cifar100"), [777, 777]), "architecture 11 has two runs with one seed"),
        (change((*FULL, "arch_index"), 12), "its architecture 12 is '|nor_conv_3x3~0|.* instead of |"),
        (change((*FULL, "arch_index"), 15625), "it has an architecture of the index 15625"),
        (change(FULL, {}), "it has no training results under 'full'"),
        (twice, "it has results of architecture 11 in two places"),
    ],
)
def test_other_content_is_refused(
    home: Path, tmp_path: Path, apply: Callable[[dict[str, Any]], None], message: str
) -> None:
    content = samples.content()
    apply(content)
    refused(samples.write_pth(tmp_path / "a.pth", content), message, home)


def test_a_run_without_its_last_epoch_is_refused(home: Path, tmp_path: Path) -> None:
    content = samples.content()
    del content["arch2infos"][11]["full"]["all_results"]["cifar100", 777]["train_losses"][199]
    refused(samples.write_pth(tmp_path / "a.pth", content), DAMAGED, home)


def test_one_architecture_in_two_files_is_refused(home: Path, tmp_path: Path) -> None:
    folder = samples.write_folder(tmp_path / "folder", {11: samples.nats_content(11), 284: samples.nats_content(11)})
    refused(folder, "it has results of architecture 11 in two places", home)


def test_both_benchmarks_in_one_file_are_refused(home: Path, tmp_path: Path) -> None:
    content = samples.content()
    content["arch2infos"][11] = samples.nats_content(11)
    refused(samples.write_pth(tmp_path / "a.pth", content), "it mixes NAS-Bench-201 and NATS-Bench", home)


# ---- hostile: what runs code


def hostile_calls(canary: Path) -> list[Call]:
    inner = pickle.dumps(Call(posix.mkdir, str(canary)))
    return [
        Call(posix.mkdir, str(canary)),
        Call(os.system, f"mkdir {canary}"),
        Call(builtins.eval, f"__import__('os').mkdir({str(canary)!r})"),
        Call(builtins.exec, f"import os; os.mkdir({str(canary)!r})"),
        Call(pickle.loads, inner),
        Call(torch.load, str(canary)),
        Call(getattr, dict, "update"),
        Call(bytearray, 1 << 40),
    ]


def plain_pickle(path: Path, value: Any, protocol: int) -> Path:
    """A ``.pth`` whose pickle torch itself would not write."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(value, protocol=protocol))
    return path


def legacy_pickle(path: Path, value: Any, protocol: int) -> Path:
    parts = [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}]
    head = b"".join(pickle.dumps(part, protocol=2) for part in parts)
    path.write_bytes(head + pickle.dumps(value, protocol=protocol) + pickle.dumps([], protocol=2))
    return path


def tar_of(path: Path, value: Any, protocol: int) -> Path:
    file = samples.write_pbz2(path.with_suffix(".one"), value, protocol)
    with tarfile.open(path, "w") as archive:
        archive.add(file, "NATS-tss-v1_0-3ffb9-simple/000011.pickle.pbz2")
    return path


@pytest.mark.parametrize("write", [plain_pickle, legacy_pickle, samples.write_pbz2, tar_of])
@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_a_pickle_that_would_run_code_runs_nothing(
    home: Path, tmp_path: Path, write: Callable[[Path, Any, int], Path], protocol: int
) -> None:
    canary = tmp_path / "canary"
    for call in hostile_calls(canary):
        path = write(tmp_path / "hostile", {"meta_archs": [], "arch2infos": {0: call}}, protocol)
        refused(path, r"cannot be imported: it asks for '[a-z_.]+', which was not run; valid are", home)
        assert not canary.exists()
    # The file is a trap indeed: Python's own unpickler falls for it.
    pickle.loads(pickle.dumps(Call(posix.mkdir, str(canary))))
    assert canary.exists()


@pytest.mark.parametrize("place", ["weights", "curve", "after all results"])
def test_code_deep_in_an_official_file_is_not_run(home: Path, tmp_path: Path, place: str) -> None:
    canary = tmp_path / "canary"
    content = samples.content()
    run = content["arch2infos"][11]["full"]["all_results"]["cifar100", 777]
    if place == "weights":
        run["net_state_dict"] = Call(posix.mkdir, str(canary))
    elif place == "curve":
        run["train_losses"][0] = Call(posix.mkdir, str(canary))
    else:
        content["evaluated_indexes"] = Call(posix.mkdir, str(canary))
    refused(plain_pickle(tmp_path / "a.pth", content, 2), "asks for 'posix.mkdir', which was not run", home)
    assert not canary.exists()


def test_a_pickle_within_the_weights_is_passed_over(home: Path, tmp_path: Path) -> None:
    """``torch.storage._load_from_bytes`` would unpickle what it is given."""
    canary = tmp_path / "canary"
    value = samples.nats_content(11)
    inner = pickle.dumps(Call(posix.mkdir, str(canary)))
    run = next(iter(value["200"]["all_results"].values()))
    run["net_state_dict"] = Call(torch.storage._load_from_bytes, inner)
    assert import_release(samples.write_pbz2(tmp_path / "a.pickle.pbz2", value)).architectures == 1
    assert not canary.exists()


# ---- hostile: tars


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize(
    ("info", "message"),
    [
        (member("../000011.pickle.pbz2"), r"a path that leads out of it, '\.\./000011.pickle.pbz2'"),
        (member("a/../../000011.pickle.pbz2"), "a path that leads out of it"),
        (member("/tmp/000011.pickle.pbz2"), "a path that leads out of it"),
        (member("000011.pickle.pbz2", tarfile.SYMTYPE, "/etc/passwd"), "neither a file nor a folder"),
        (member("000011.pickle.pbz2", tarfile.LNKTYPE, "000000.pickle.pbz2"), "neither a file nor a folder"),
        (member("000011.pickle.pbz2", tarfile.FIFOTYPE), "neither a file nor a folder"),
        (member("000011.pickle.pbz2", tarfile.CHRTYPE), "neither a file nor a folder"),
    ],
)
def test_a_tar_that_leads_elsewhere_is_refused(
    installation: Path, tmp_path: Path, info: tarfile.TarInfo, message: str
) -> None:
    content = (samples.FOLDER / "000011.pickle.pbz2").read_bytes()
    path = tmp_path / "inside" / "hostile.tar"
    path.parent.mkdir()
    with tarfile.open(path, "w") as archive:
        archive.add(samples.FOLDER / "000000.pickle.pbz2", "000000.pickle.pbz2")
        info.size = len(content) if info.isreg() else 0
        archive.addfile(info, io.BytesIO(content))
    there = {file for file in tmp_path.rglob("*") if file.is_file()}
    refused(path, message, installation)
    assert {file for file in tmp_path.rglob("*") if file.is_file()} == there
    assert not Path("/tmp/000011.pickle.pbz2").exists()


# ---- hostile: more than there is memory for


def test_deep_nesting_does_not_end_the_process(home: Path, tmp_path: Path) -> None:
    """A hash or a comparison of it would go as deep as it is nested."""
    nested = b"\x80\x04}(" + b")" + b"\x85" * 200_000 + b"K\x01u."
    (tmp_path / "nested.pickle.pbz2").write_bytes(bz2.compress(nested))
    refused(tmp_path / "nested.pickle.pbz2", "a dict or set has a key of type tuple", home)


def test_files_that_no_release_has_are_left_alone(home: Path, tmp_path: Path) -> None:
    folder = samples.write_folder(tmp_path / "folder", {11: samples.nats_content(11)})
    (folder / "hostile.pickle").write_bytes(pickle.dumps(Call(posix.mkdir, str(tmp_path / "canary"))))
    (folder / "meta.pickle.pbz2").write_bytes(b"")
    assert import_release(folder).architectures == 1
    assert not (tmp_path / "canary").exists()
