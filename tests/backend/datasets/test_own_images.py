"""Images of a user's own, in every format, and files that are broken or hostile."""

import gzip
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from backend.datasets.batch import Batch, available_images, load_batch
from backend.datasets.info import OwnSource
from backend.errors import UserError
from backend.scoring.scorer import setting_of

Writer = Callable[[Path], str]


def picture(file: Path, mode: str = "RGB", size: tuple[int, int] = (12, 8), seed: int = 0) -> Path:
    """Writes an image of noise."""
    file.parent.mkdir(parents=True, exist_ok=True)
    width, height = size
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    Image.fromarray(noise).convert(mode).save(file)
    return file


def pets(folder: Path, mode: str = "RGB", size: tuple[int, int] = (12, 8)) -> Path:
    """A folder of two classes of three images each."""
    for number in range(6):
        picture(folder / ("cat", "dog")[number % 2] / f"{number}.png", mode, size, number)
    return folder


def idx(file: Path, array: np.ndarray) -> Path:
    """Writes an IDX file of bytes, packed where its name says so."""
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    opened = gzip.open if file.suffix == ".gz" else open
    with opened(file, "wb") as opened_file:
        opened_file.write(head + array.astype(np.uint8).tobytes())
    return file


ARRAYS = np.random.default_rng(0).integers(0, 256, (30, 28, 28), np.uint8)
LABELS = np.arange(30) % 3


def as_folder(place: Path) -> str:
    for number, (image, label) in enumerate(zip(ARRAYS, LABELS, strict=True)):
        file = place / f"class {label}" / f"{number:02}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(file)
    return f"folder:{place}"


def as_npz(place: Path) -> str:
    np.savez(place / "own.npz", images=ARRAYS, labels=LABELS)
    return f"npz:{place / 'own.npz'}"


def as_idx(place: Path) -> str:
    idx(place / "t10k-images-idx3-ubyte.gz", ARRAYS)
    idx(place / "t10k-labels-idx1-ubyte.gz", LABELS)
    return f"idx:{place}"


def test_a_folder_has_its_own_size_channels_and_classes(tmp_path: Path) -> None:
    batch = load_batch("pets", 6, source=f"folder:{pets(tmp_path / 'pets')}")
    assert batch.images.shape == (6, 3, 8, 12)
    assert (batch.num_classes, batch.classes) == (2, ("cat", "dog"))
    assert batch.labels.bincount().tolist() == [3, 3]
    assert batch.images.mean((0, 2, 3)).abs().max() < 1e-6
    assert torch.allclose(batch.images.std((0, 2, 3), correction=0), torch.ones(3), atol=1e-5)
    assert "the 6 images of 2 classes in" in batch.description
    assert "3×8×12 each" in batch.description


def test_each_image_has_the_label_of_its_folder(tmp_path: Path) -> None:
    for number, name in enumerate(("dark", "light")):
        for _ in range(3):
            picture(tmp_path / name / f"{_}.png")
            Image.new("L", (8, 8), 250 * number).save(tmp_path / name / f"{_}.png")
    batch = load_batch("x", 6, seed=4, source=f"folder:{tmp_path}")
    assert batch.images.shape == (6, 1, 8, 8)
    assert torch.equal(batch.images[:, 0, 0, 0] > 0, batch.labels == 1)


@pytest.mark.parametrize("write", [as_folder, as_npz, as_idx])
def test_all_formats_give_the_same_numbers(tmp_path: Path, write: Writer) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    batch, other = (
        load_batch("x", 12, seed=3, source=make(tmp_path / place)) for make, place in ((as_npz, "a"), (write, "b"))
    )
    assert torch.equal(batch.images, other.images)
    assert torch.equal(batch.labels, other.labels)
    assert batch.images.shape == (12, 1, 28, 28)
    assert setting_of(batch, 0) == setting_of(other, 0)


@pytest.mark.parametrize("write", [as_folder, as_npz, as_idx])
def test_images_are_resized_where_a_size_is_given(tmp_path: Path, write: Writer) -> None:
    source = write(tmp_path)
    resized = source.replace(":", "@14:", 1)
    batch, native = load_batch("x", 8, source=resized), load_batch("x", 8, source=source)
    assert batch.images.shape == (8, 1, 14, 14)
    halved = torch.nn.functional.avg_pool2d(native.images, 2)
    assert torch.corrcoef(torch.stack([batch.images.flatten(), halved.flatten()]))[0, 1] > 0.9
    assert setting_of(batch, 0) != setting_of(native, 0)


def test_arrays_may_have_channels_first_or_last_and_names(tmp_path: Path) -> None:
    images = np.random.default_rng(1).random((9, 5, 7, 3), np.float32)
    labels, classes = np.arange(9) % 3, np.array(["a", "b", "c"])
    np.savez(tmp_path / "last.npz", images=images, labels=labels, classes=classes)
    np.savez(tmp_path / "first.npz", images=images.transpose(0, 3, 1, 2), labels=10 * labels)
    last, first = (load_batch("x", 9, source=f"npz:{tmp_path / name}.npz") for name in ("last", "first"))
    assert last.images.shape == (9, 3, 5, 7)
    assert torch.equal(last.images, first.images)
    assert torch.equal(last.labels, first.labels)
    assert (last.classes, first.classes) == (("a", "b", "c"), ("0", "10", "20"))


def test_the_splits_of_a_folder_are_told_apart(tmp_path: Path) -> None:
    pets(tmp_path / "train")
    picture(tmp_path / "test" / "cat" / "1.png")
    picture(tmp_path / "test" / "dog" / "1.png")
    source = f"folder:{tmp_path}"
    assert available_images("x", source, "train") == 6
    assert available_images("x", source, "val") == 2


def test_a_hugging_face_folder_needs_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(UserError, match="pip install datasets"):
        load_batch("x", 2, source=f"hf:{tmp_path}")


def test_a_hugging_face_folder_is_read(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        {"picture": datasets.Image(), "kind": datasets.ClassLabel(names=["zero", "one", "two"])}
    )
    rows = {"picture": [Image.fromarray(image) for image in ARRAYS], "kind": LABELS.tolist()}
    made = datasets.Dataset.from_dict(rows, features=features)
    datasets.DatasetDict({"train": made, "test": made.select(range(9))}).save_to_disk(str(tmp_path / "hf"))
    (tmp_path / "npz").mkdir()
    batch = load_batch("x", 12, seed=3, source=f"hf:{tmp_path / 'hf'}", split="train")
    assert torch.equal(batch.images, load_batch("x", 12, seed=3, source=as_npz(tmp_path / "npz")).images)
    assert batch.classes == ("zero", "one", "two")
    assert available_images("x", f"hf:{tmp_path / 'hf'}") == 9


@pytest.mark.parametrize(
    ("mode", "ending", "channels"),
    [("L", "png", 1), ("RGB", "jpg", 3), ("CMYK", "jpg", 3), ("P", "png", 3), ("RGBA", "png", 3), ("1", "png", 1)],
)
def test_every_mode_of_an_image_is_read(tmp_path: Path, mode: str, ending: str, channels: int) -> None:
    for name in ("a", "b"):
        picture(tmp_path / name / f"1.{ending}", mode)
    assert load_batch("x", 2, source=f"folder:{tmp_path}").images.shape == (2, channels, 8, 12)


def test_sixteen_bits_are_scaled_not_cut_off(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 64).reshape(8, 8).astype(np.uint16)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        Image.fromarray(ramp).save(tmp_path / name / "1.png")
    image = load_batch("x", 2, source=f"folder:{tmp_path}").images[0, 0].flatten()
    assert (image.diff() > 0).all()


def test_gray_images_among_colours_have_three_channels(tmp_path: Path) -> None:
    pets(tmp_path)
    picture(tmp_path / "cat" / "gray.png", "L")
    assert load_batch("x", 7, source=f"folder:{tmp_path}").images.shape[1] == 3


def broken_png(folder: Path) -> str:
    file = picture(pets(folder) / "cat" / "bad.png")
    file.write_bytes(file.read_bytes()[:80])
    return f"folder:{folder}"


def not_a_png(folder: Path) -> str:
    (pets(folder) / "cat" / "bad.png").write_bytes(b"GIF89a")
    return f"folder:{folder}"


def bomb(folder: Path) -> str:
    Image.new("1", (20_000, 10_000)).save(pets(folder) / "cat" / "bomb.png")
    return f"folder:{folder}"


def empty_class(folder: Path) -> str:
    (pets(folder) / "horse").mkdir()
    (folder / "horse" / "notes.txt").write_text("none")
    return f"folder:{folder}"


def one_class(folder: Path) -> str:
    picture(folder / "cat" / "1.png")
    return f"folder:{folder}"


def no_classes(folder: Path) -> str:
    picture(folder / "1.png")
    return f"folder:{folder}"


def loop(folder: Path) -> str:
    (pets(folder) / "self").symlink_to(folder)
    return f"folder:{folder}"


def sizes(folder: Path) -> str:
    picture(pets(folder) / "cat" / "large.png", size=(30, 8))
    return f"folder:{folder}"


def large(folder: Path) -> str:
    return f"folder:{pets(folder, size=(300, 20))}"


def pickled(folder: Path) -> str:
    np.savez(folder / "x.npz", images=np.array([{}], dtype=object), labels=np.array([0]))
    return f"npz:{folder / 'x.npz'}"


def no_zip(folder: Path) -> str:
    (folder / "x.npz").write_bytes(b"nothing")
    return f"npz:{folder / 'x.npz'}"


def other_names(folder: Path) -> str:
    np.savez(folder / "x.npz", x=ARRAYS, y=LABELS)
    return f"npz:{folder / 'x.npz'}"


def flat(folder: Path) -> str:
    np.savez(folder / "x.npz", images=ARRAYS.reshape(30, -1), labels=LABELS)
    return f"npz:{folder / 'x.npz'}"


def fewer_labels(folder: Path) -> str:
    np.savez(folder / "x.npz", images=ARRAYS, labels=LABELS[:9])
    return f"npz:{folder / 'x.npz'}"


def more_classes(folder: Path) -> str:
    np.savez(folder / "x.npz", images=ARRAYS, labels=LABELS, classes=np.array(list("abcd")))
    return f"npz:{folder / 'x.npz'}"


def not_finite(folder: Path) -> str:
    np.savez(folder / "x.npz", images=np.full((4, 5, 5), np.nan), labels=np.array([0, 1, 0, 1]))
    return f"npz:{folder / 'x.npz'}"


def wrong_magic(folder: Path) -> str:
    idx(folder / "t10k-images-idx3-ubyte", LABELS)
    idx(folder / "t10k-labels-idx1-ubyte", LABELS)
    return f"idx:{folder}"


def cut_idx(folder: Path) -> str:
    file = idx(folder / "t10k-images-idx3-ubyte", ARRAYS)
    file.write_bytes(file.read_bytes()[:-1])
    idx(folder / "t10k-labels-idx1-ubyte", LABELS)
    return f"idx:{folder}"


def cut_gzip(folder: Path) -> str:
    file = idx(folder / "t10k-images-idx3-ubyte.gz", ARRAYS)
    file.write_bytes(file.read_bytes()[:-300])
    idx(folder / "t10k-labels-idx1-ubyte.gz", LABELS)
    return f"idx:{folder}"


def huge_idx(folder: Path) -> str:
    (folder / "t10k-images-idx3-ubyte").write_bytes(struct.pack(">BBBB3I", 0, 0, 8, 3, *[2**32 - 1] * 3))
    idx(folder / "t10k-labels-idx1-ubyte", LABELS)
    return f"idx:{folder}"


def no_labels(folder: Path) -> str:
    idx(folder / "t10k-images-idx3-ubyte", ARRAYS)
    return f"idx:{folder}"


def nothing(folder: Path) -> str:
    return f"folder:{folder / 'missing'}"


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (broken_png, r"bad\.png: expected a whole PNG or JPEG image, found: "),
        (not_a_png, r"bad\.png: expected a whole PNG or JPEG image"),
        (bomb, r"bomb\.png: expected a whole PNG or JPEG image, found: .*exceeds limit.*decompression bomb"),
        (empty_class, r"horse: expected PNG or JPEG images of the class, found none"),
        (one_class, r"expected two classes or more, found cat"),
        (no_classes, r"expected a folder for each class.*found 1 images, and no folder"),
        (loop, r"self: the link leads to a folder that it is in"),
        (sizes, r"large\.png: expected the 12×8 pixels of .*, found 30×8; give a size|expected the 30×8"),
        (large, r"expected at most 256 pixels a side, found 300×20; give a size"),
        (pickled, r"x\.npz: expected an \.npz file of arrays.*Object arrays cannot be loaded"),
        (no_zip, r"x\.npz: expected an \.npz file of arrays 'images' and 'labels'"),
        (other_names, r"found x, y; there is no 'images'"),
        (flat, r"expected images of numbers \(N, H, W\).*found uint8 \(30, 784\)"),
        (fewer_labels, r"expected whole numbers \(30,\) as labels, one for each image, found int64 \(9,\)"),
        (more_classes, r"expected an image of each class, found none of 'd'"),
        (not_finite, r"expected finite numbers, found NaN or infinity"),
        (wrong_magic, r"expected an IDX file of 3 dimensions \(it begins with 00 00 08 03\), found 00 00 08 01"),
        (cut_idx, r"expected 23,520 bytes of .* values, found 23,519"),
        (cut_gzip, r"expected a whole IDX file"),
        (huge_idx, r"at most 4 are read"),
        (no_labels, r"there is no t10k-labels-idx1-ubyte"),
        (nothing, r"missing is not there; expected a folder for each class"),
    ],
)
def test_what_is_broken_is_refused_in_a_line_that_names_it(tmp_path: Path, write: Writer, said: str) -> None:
    source = write(tmp_path)
    with pytest.raises(UserError, match=said) as refused:
        load_batch("x", min(available_images("x", source), 30), source=source)
    assert "\n" not in str(refused.value)


def test_more_images_than_there_are_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="num_samples 7 is more than the 6 images there are"):
        load_batch("x", 7, source=f"folder:{pets(tmp_path)}")


def test_scores_of_other_images_have_another_setting(tmp_path: Path) -> None:
    source = f"folder:{pets(tmp_path)}"
    before: Batch = load_batch("x", 6, source=source)
    assert setting_of(before, 0) == setting_of(load_batch("x", 6, source=source), 0)
    picture(tmp_path / "cat" / "0.png", seed=99)
    assert setting_of(load_batch("x", 6, source=source), 0) != setting_of(before, 0)


@pytest.mark.parametrize("text", ["folder:", "folder@0:/x", "folder@x:/x", "npz@2000:/x"])
def test_an_incomplete_source_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="image source"):
        OwnSource.parse(text)


@pytest.mark.parametrize("text", ["bundled", "random", "/data/cifar", "C:\\data", "folder"])
def test_other_sources_are_no_images_of_ones_own(text: str) -> None:
    assert OwnSource.parse(text) is None
