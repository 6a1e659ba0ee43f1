"""Pieces of the official releases with three architectures, and files made from them in the official layouts."""

import bz2
import copy
import pickle
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import torch

DATA = Path(__file__).parents[3] / "data"
PTH = DATA / "nas_bench_201_three_archs.pth"
CSV = DATA / "nas_bench_201_three_archs.csv"
FOLDER = DATA / "NATS-tss-v1_0-3ffb9-simple"
INDICES = (0, 11, 284)


def content() -> dict[str, Any]:
    """What the ``.pth`` holds."""
    with zipfile.ZipFile(PTH) as archive:
        return pickle.loads(archive.read("mini-NAS-Bench-201-3archs/data.pkl"))


def write_pth(path: Path, value: Any, *, legacy: bool = False) -> Path:
    """Save with torch, in its format of today or in that of 2020."""
    torch.save(value, path, _use_new_zipfile_serialization=not legacy)
    return path


def nats_content(index: int) -> dict[str, Any]:
    """What the file of one architecture holds."""
    return pickle.loads(bz2.decompress((FOLDER / f"{index:06d}.pickle.pbz2").read_bytes()))


def write_pbz2(path: Path, value: Any, protocol: int = 4) -> Path:
    """Save as NATS-Bench does."""
    path.write_bytes(bz2.compress(pickle.dumps(value, protocol=protocol), 1))
    return path


def write_folder(folder: Path, values: dict[int, Any]) -> Path:
    """A release's folder."""
    folder.mkdir()
    for index, value in values.items():
        write_pbz2(folder / f"{index:06d}.pickle.pbz2", value)
    return folder


def write_tar(path: Path, folder: Path = FOLDER) -> Path:
    """The tar of a folder."""
    with tarfile.open(path, "w") as archive:
        archive.add(folder, folder.name)
    return path


def with_weights(value: dict[str, Any]) -> dict[str, Any]:
    """An architecture of the full release: a network's weights with each run, as ``Module.state_dict`` gives them."""
    value = copy.deepcopy(value)
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 16, 3), torch.nn.BatchNorm2d(16))
    for part in value.values():
        for run in part["all_results"].values():
            run["net_state_dict"] = network.state_dict()
    run["net_state_dict"] = torch.nn.Linear(64, 2048).state_dict()  # half a megabyte in one piece
    return value


def of_version_1_0(value: dict[str, Any]) -> dict[str, Any]:
    """The content as v1_0 has it: 12 epochs on cifar10-valid only; times and most evaluations are not recorded."""
    value = copy.deepcopy(value)
    for architecture in value["arch2infos"].values():
        less = architecture["less"]
        less["dataset_seed"] = {"cifar10-valid": less["dataset_seed"]["cifar10-valid"]}
        less["all_results"] = {key: run for key, run in less["all_results"].items() if key[0] == "cifar10-valid"}
        for run in architecture["full"]["all_results"].values():
            run["train_times"], run["eval_times"] = None, {}
    return value


class Call:
    """Pickles as a call of a function."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call
