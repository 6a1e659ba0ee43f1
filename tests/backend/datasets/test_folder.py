"""The user's own data sets, in the published formats."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from backend.datasets.batch import available_images, load_batch
from tests.backend.datasets.published import (
    pixels,
    python2_pickle,
    write_cifar10,
    write_cifar100,
    write_imagenet16,
)

WRITERS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "cifar10": (write_cifar10, "cifar-10-batches-py"),
    "cifar10-valid": (write_cifar10, "cifar-10-batches-py"),
    "cifar100": (write_cifar100, "cifar-100-python"),
    "ImageNet16-120": (write_imagenet16, "ImageNet16"),
}
# Mean and deviation of the blue plane, which is 200 in every image.
BLUE = {
    "cifar10": (113.9, 66.7),
    "cifar10-valid": (113.9, 66.7),
    "cifar100": (112.4, 70.4),
    "ImageNet16-120": (104.01, 65.09),
}
GREEN = {
    "cifar10": (123.0, 62.1),
    "cifar10-valid": (123.0, 62.1),
    "cifar100": (124.1, 65.4),
    "ImageNet16-120": (116.66, 61.26),
}
IMAGES = {
    "cifar10": {"train": 150, "val": 30},
    "cifar10-valid": {"train": 150, "val": 30},
    "cifar100": {"train": 300, "val": 200},
    "ImageNet16-120": {"train": 300, "val": 30},
}


@pytest.mark.parametrize("split", ["train", "val"])
@pytest.mark.parametrize("dataset", WRITERS)
@pytest.mark.parametrize("parent", [False, True])
def test_a_published_folder_is_read(tmp_path: Path, dataset: str, split: str, parent: bool) -> None:
    write, name = WRITERS[dataset]
    folder = write(tmp_path / name)
    source = str(tmp_path if parent else folder)
    count = available_images(dataset, source, split)
    assert count == IMAGES[dataset][split]
    batch = load_batch(dataset, count, source=source, split=split)

    mean, deviation = BLUE[dataset]
    assert torch.allclose(batch.images[:, 2], torch.tensor((200 - mean) / deviation))
    mean, deviation = GREEN[dataset]
    written = (batch.images[:, 1] * deviation + mean).round().long()
    first = 1 if dataset == "ImageNet16-120" else 0
    assert torch.equal(written, (batch.labels + first).view(-1, 1, 1).expand_as(written))


def test_all_five_cifar10_files_are_used(tmp_path: Path) -> None:
    batch = load_batch("cifar10", 150, source=str(write_cifar10(tmp_path / "own")), split="train")
    reds = (batch.images[:, 0, 0, 0] * 63.0 + 125.3).round().long()
    assert sorted(reds.tolist()) == list(range(150))


def test_pixels_keep_their_place(tmp_path: Path) -> None:
    folder = write_cifar100(tmp_path / "own")
    data = np.random.default_rng(0).integers(0, 256, (100, 3072), dtype=np.uint8)
    content = {b"data": data, b"fine_labels": list(range(100))}
    (folder / "test").write_bytes(python2_pickle(content))
    batch = load_batch("cifar100", 100, source=str(folder))
    expected = data.reshape(100, 3, 32, 32)[batch.labels.numpy()]
    shift, scale = (np.array(v).reshape(3, 1, 1) for v in ((129.3, 124.1, 112.4), (68.2, 65.4, 70.4)))
    np.testing.assert_allclose(batch.images.numpy(), (expected - shift) / scale, rtol=1e-5, atol=1e-6)


def test_imagenet16_120_keeps_its_classes_only(tmp_path: Path) -> None:
    batch = load_batch("ImageNet16-120", 30, source=str(write_imagenet16(tmp_path / "own")))
    assert sorted(batch.labels.tolist()) == list(range(0, 120, 4))
    assert batch.num_classes == 120


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_files_that_python_3_saved_again_are_read(tmp_path: Path, protocol: int) -> None:
    folder = write_cifar10(tmp_path / "own")
    labels = list(range(10))
    for saved_labels in (labels, np.array(labels)):
        content = {"data": pixels(labels, 32), "labels": saved_labels}
        (folder / "test_batch").write_bytes(pickle.dumps(content, protocol=protocol))
        assert available_images("cifar10", str(folder)) == 10


def test_the_description_names_data_set_split_and_folder(tmp_path: Path) -> None:
    folder = write_cifar10(tmp_path / "own")
    assert load_batch("cifar10", 8, source=str(folder)).description == (
        f"8 images of the 30 test images of CIFAR-10 in {folder}."
    )
    assert "150 training images" in load_batch("cifar10", 8, source=str(folder), split="train").description


def test_changed_files_are_read_again(tmp_path: Path) -> None:
    folder = write_cifar10(tmp_path / "own")
    assert available_images("cifar10", str(folder)) == 30
    labels = list(range(10))
    (folder / "test_batch").write_bytes(python2_pickle({b"data": pixels(labels, 32), b"labels": labels}))
    assert available_images("cifar10", str(folder)) == 10


def test_asking_for_more_images_than_there_are_says_what_to_do(tmp_path: Path) -> None:
    source = str(write_cifar10(tmp_path / "own"))
    with pytest.raises(
        ValueError, match=r"^num_samples 31 is more than the 30 images .* at most 30, take the train split"
    ):
        load_batch("cifar10", 31, source=source)
    with pytest.raises(ValueError, match=r"^num_samples 151 .* ask for at most 150, use 'random'$"):
        load_batch("cifar10", 151, source=source, split="train")


def test_a_source_that_is_no_folder_is_named(tmp_path: Path) -> None:
    archive = tmp_path / "cifar-10-python.tar.gz"
    archive.touch()
    for source in (str(tmp_path / "nowhere"), str(archive)):
        with pytest.raises(
            ValueError, match=r"^image source '.*' is not a folder; expected the CIFAR-10 folder cifar-10-b"
        ):
            load_batch("cifar10", 8, source=source)
    with pytest.raises(ValueError, match=r"^image source '~nobody-of-that-name' cannot be opened"):
        load_batch("cifar10", 8, source="~nobody-of-that-name")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = write_imagenet16(tmp_path / "own")
    (folder / "train_data_batch_7").unlink()
    with pytest.raises(
        ValueError, match=r"own lacks train_data_batch_7; expected .* train_data_batch_1 … train_data_batch_10"
    ):
        available_images("ImageNet16-120", str(folder), "train")
    assert available_images("ImageNet16-120", str(folder), "val") == 30


def test_the_folder_of_another_data_set_is_refused(tmp_path: Path) -> None:
    folder = write_cifar10(tmp_path / "own")
    with pytest.raises(ValueError, match=r"own lacks test; expected the CIFAR-100 folder cifar-100-python with test"):
        load_batch("cifar100", 8, source=str(folder))


ROWS = pixels(list(range(10)), 32)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1, 2], "it holds no dict"),
        ({b"labels": [0]}, "it has no 'data'"),
        ({b"data": ROWS}, "it has no 'labels'"),
        ({b"data": ROWS, b"fine_labels": list(range(10))}, "it has no 'labels'"),
        ({b"data": b"abc", b"labels": [0, 1, 2]}, "'data' is not an array"),
        ({b"data": ROWS, b"labels": list(range(9))}, "it has 10 images but 9 labels"),
        ({b"data": ROWS, b"labels": list(range(1, 11))}, "'labels' are not integers from 0 to 9"),
        ({b"data": ROWS, b"labels": [0.5] * 10}, "'labels' are not integers from 0 to 9"),
        ({b"data": ROWS, b"labels": b"0123456789"}, "'labels' are not integers from 0 to 9"),
        (
            {b"data": ROWS[:, :768], b"labels": list(range(10))},
            r"'data' is uint8 \(10, 768\) instead of uint8 \(N, 3072\)",
        ),
        ({b"data": ROWS[0], b"labels": list(range(10))}, r"'data' is uint8 \(3072,\) instead of uint8"),
        ({b"data": ROWS.astype(np.int64), b"labels": list(range(10))}, r"'data' is int64 \(10, 3072\) instead of"),
        (
            {b"data": ROWS.astype(np.float32), b"labels": list(range(10))},
            "an array has values of type 'f4' instead of integers",
        ),
    ],
)
def test_a_file_in_another_format_is_named_with_the_reason(tmp_path: Path, content: object, message: str) -> None:
    folder = write_cifar10(tmp_path / "own")
    (folder / "test_batch").write_bytes(python2_pickle(content))
    with pytest.raises(ValueError, match=f"^{folder}/test_batch is not a CIFAR-10 file: {message}") as refusal:
        load_batch("cifar10", 8, source=str(folder))
    assert "\n" not in str(refusal.value)


def test_a_truncated_file_is_named(tmp_path: Path) -> None:
    folder = write_cifar10(tmp_path / "own")
    file = folder / "data_batch_3"
    os.truncate(file, file.stat().st_size // 2)
    with pytest.raises(ValueError, match=r"data_batch_3 is damaged or not a pickle file; get it again$"):
        available_images("cifar10", str(folder), "train")


class _Hostile:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.folder),)


def test_a_hostile_file_is_refused_and_runs_nothing(tmp_path: Path) -> None:
    folder = write_cifar10(tmp_path / "own")
    hostile = {b"data": _Hostile(tmp_path / "victim"), b"labels": [0]}
    (folder / "test_batch").write_bytes(pickle.dumps(hostile, protocol=2))
    with pytest.raises(
        ValueError, match=r"test_batch is not a data file: it asks for 'posix.mkdir', which was not run$"
    ):
        load_batch("cifar10", 1, source=str(folder))
    assert not (tmp_path / "victim").exists()
