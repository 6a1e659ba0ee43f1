"""Mini-batches of the bundled samples and of noise."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from backend.datasets.batch import Batch, available_images, load_batch
from backend.datasets.info import DATASETS, NUM_CLASSES
from backend.datasets.readers import LAYOUTS


def same(one: Batch, other: Batch) -> bool:
    return torch.equal(one.images, other.images) and torch.equal(one.labels, other.labels)


@pytest.mark.parametrize("source", ["bundled", "random"])
@pytest.mark.parametrize("dataset", DATASETS)
def test_a_batch_is_what_a_network_takes(dataset: str, source: str) -> None:
    batch = load_batch(dataset, 64, source=source)
    assert batch.images.shape == (64, 3, LAYOUTS[dataset].side, LAYOUTS[dataset].side)
    assert batch.images.dtype == torch.float32
    assert batch.labels.shape == (64,)
    assert batch.labels.dtype == torch.int64
    assert batch.num_classes == NUM_CLASSES[dataset]
    assert 0 <= batch.labels.min() <= batch.labels.max() < batch.num_classes
    assert batch.description.startswith("64 images of ")


@pytest.mark.parametrize("source", ["bundled", "random"])
@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("batch_size", [1, 7, 64, 128, 500])
def test_classes_are_balanced(dataset: str, source: str, batch_size: int) -> None:
    counts = load_batch(dataset, batch_size, seed=3, source=source).labels.bincount(minlength=NUM_CLASSES[dataset])
    assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("source", ["bundled", "random"])
@pytest.mark.parametrize("dataset", DATASETS)
def test_a_batch_is_a_function_of_its_arguments(dataset: str, source: str) -> None:
    first = load_batch(dataset, 64, seed=5, source=source)
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002
    assert same(first, load_batch(dataset, 64, seed=5, source=source))
    other = load_batch(dataset, 64, seed=6, source=source)
    assert not torch.equal(first.images, other.images)
    assert not torch.equal(first.labels, other.labels)


def test_drawing_leaves_the_global_generators_alone() -> None:
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002
    expected = torch.rand(1), np.random.rand()  # noqa: NPY002
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002
    for source in ("bundled", "random"):
        load_batch("cifar10", 16, seed=9, source=source)
    assert (torch.rand(1), np.random.rand()) == expected  # noqa: NPY002


@pytest.mark.parametrize("source", ["bundled", "random"])
def test_a_smaller_batch_begins_the_larger_one(source: str) -> None:
    small, large = (load_batch("cifar100", size, seed=2, source=source) for size in (150, 450))
    assert torch.equal(small.images, large.images[:150])
    assert torch.equal(small.labels, large.labels[:150])


def test_the_draw_stays_the_same_from_version_to_version() -> None:
    # Stored scores are only comparable as long as a seed gives the same images.
    batch = load_batch("cifar10", 8, seed=0)
    assert batch.labels.tolist() == [2, 8, 4, 9, 1, 6, 7, 3]
    assert batch.images.double().sum().item() == pytest.approx(-2111.218, abs=0.01)


def test_a_batch_of_everything_holds_every_image_once() -> None:
    batch = load_batch("cifar10", 1000, seed=4)
    assert len(batch.images.flatten(1).unique(dim=0)) == 1000


def test_threads_draw_the_same_images() -> None:
    with ThreadPoolExecutor(4) as pool:
        batches = list(pool.map(lambda _: load_batch("ImageNet16-120", 240, seed=1), range(8)))
    assert all(same(batches[0], batch) for batch in batches)


def test_a_caller_may_change_its_batch() -> None:
    expected = load_batch("cifar10", 10).images.clone()
    changed = load_batch("cifar10", 10)
    changed.images.zero_()
    changed.labels.zero_()
    assert torch.equal(load_batch("cifar10", 10).images, expected)


@pytest.mark.parametrize("dataset", DATASETS)
def test_bundled_images_are_normalised(dataset: str) -> None:
    images = load_batch(dataset, available_images(dataset)).images
    assert images.mean(dim=(0, 2, 3)).abs().max() < 0.1
    assert (images.std(dim=(0, 2, 3)) - 1).abs().max() < 0.15


def test_cifar10_valid_takes_the_images_of_cifar10() -> None:
    assert same(load_batch("cifar10-valid", 100), load_batch("cifar10", 100))


def test_noise_is_standard_normal() -> None:
    images = load_batch("cifar10", 200, source="random").images
    assert abs(images.mean().item()) < 0.01
    assert abs(images.std().item() - 1) < 0.01
    assert 3.5 < images.abs().max() < 7


def test_descriptions_say_what_the_images_are() -> None:
    cifar = load_batch("cifar10", 64, split="val").description
    assert "bundled" in cifar
    assert "training images that serve for either split" in cifar
    stand_in = load_batch("ImageNet16-120", 512).description
    assert "stand-in for ImageNet16-120, which is not the real data set" in stand_in
    assert "one ImageNet photo for each" in stand_in
    assert load_batch("cifar10", 1, source="random").description == "1 image of Gaussian noise (mean 0, variance 1)."


def test_available_images_bounds_num_samples() -> None:
    assert available_images("cifar100") == 1000
    assert available_images("ImageNet16-120") == 600
    assert available_images("cifar10", split="train") == 1000
    assert available_images("cifar10", source="random") == sys.maxsize


def test_asking_for_more_images_than_there_are_says_what_to_do() -> None:
    with pytest.raises(
        ValueError, match=r"^num_samples 601 is more than the 600 images .* at most 600, give the folder"
    ):
        load_batch("ImageNet16-120", 601)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dataset": "mnist"}, "^dataset 'mnist' is unknown; valid are cifar10, "),
        ({"batch_size": 0}, "^num_samples 0 is not valid; it must be 1 or more$"),
        ({"seed": -1}, "^seed -1 is not valid; it must be 0 to 4294967295$"),
        ({"seed": 2**32}, "^seed 4294967296 is not valid"),
        ({"split": "test"}, "^split 'test' is unknown; valid are train and val$"),
        ({"split": "test", "source": "random"}, "^split 'test' is unknown"),
    ],
)
def test_bad_arguments_are_named(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load_batch(**{"dataset": "cifar10", "batch_size": 8} | change)
