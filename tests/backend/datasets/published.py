"""Write small data sets in the very formats of the published ones: pickles as Python 2 and numpy 1 wrote them."""

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import numpy as np


class _Python2Pickler(pickle._Pickler):
    """Protocol 2 with bytes as Python 2's str, and numpy's old module names."""

    dispatch: ClassVar[dict[type, Callable[..., None]]] = dict(pickle._Pickler.dispatch)

    def _save_bytes(self, content: bytes) -> None:
        if len(content) < 256:
            self.write(pickle.SHORT_BINSTRING + bytes([len(content)]) + content)
        else:
            self.write(pickle.BINSTRING + len(content).to_bytes(4, "little") + content)
        self.memoize(content)

    def save_global(self, obj: object, name: str | None = None) -> None:
        module = "numpy.core.multiarray" if obj.__module__ == "numpy._core.multiarray" else obj.__module__
        self.write(pickle.GLOBAL + f"{module}\n{obj.__name__}\n".encode())
        self.memoize(obj)

    dispatch[bytes] = _save_bytes


def python2_pickle(content: object) -> bytes:
    buffer = io.BytesIO()
    _Python2Pickler(buffer, protocol=2).dump(content)
    return buffer.getvalue()


def pixels(labels: list[int], side: int, first: int = 0) -> np.ndarray:
    """Rows (N, 3·side²): image i is red first + i, green its label, blue 200."""
    planes = [
        np.repeat(np.array(values, np.uint8)[:, None], side**2, axis=1)
        for values in (
            [(first + number) % 256 for number in range(len(labels))],
            [label % 256 for label in labels],
            [200] * len(labels),
        )
    ]
    return np.concatenate(planes, axis=1)


def write_cifar10(folder: Path, batch: int = 30) -> Path:
    """A folder of cifar-10-batches-py with ``batch`` images a file."""
    folder.mkdir(parents=True)
    names = [f"data_batch_{number}" for number in range(1, 6)] + ["test_batch"]
    for number, name in enumerate(names):
        labels = [image % 10 for image in range(batch)]
        content = {
            b"batch_label": f"batch {number} of 6".encode(),
            b"labels": labels,
            b"data": pixels(labels, 32, first=number * batch),
            b"filenames": [b"image_s_%06d.png" % image for image in range(batch)],
        }
        (folder / name).write_bytes(python2_pickle(content))
    return folder


def write_cifar100(folder: Path, train: int = 300, test: int = 200) -> Path:
    """A folder of cifar-100-python."""
    folder.mkdir(parents=True)
    for name, count in (("train", train), ("test", test)):
        labels = [image % 100 for image in range(count)]
        content = {
            b"filenames": [b"image_s_%06d.png" % image for image in range(count)],
            b"batch_label": b"training batch 1 of 1",
            b"fine_labels": labels,
            b"coarse_labels": [label // 5 for label in labels],
            b"data": pixels(labels, 32),
        }
        (folder / name).write_bytes(python2_pickle(content))
    return folder


def write_imagenet16(folder: Path, batch: int = 250) -> Path:
    """A folder of downsampled ImageNet, 16×16: labels 1 to 1000, of which ImageNet16-120 is 1 to 120."""
    folder.mkdir(parents=True)
    names = [f"train_data_batch_{number}" for number in range(1, 11)] + ["val_data"]
    for name in names:
        labels = [1 + image * 4 % 1000 for image in range(batch)]
        content = {
            b"data": pixels(labels, 16),
            b"labels": labels,
            b"mean": np.full(768, 120.5),
        }
        (folder / name).write_bytes(python2_pickle(content))
    return folder
