"""Search files of a user's own images."""

from collections.abc import Iterator

import pytest

from backend.config.headline import read_headline
from backend.config.model import SearchConfig
from backend.errors import ConfigError
from backend.spaces import registry
from tests.toy_space import ToySpace

IMAGES = "search.strategy.sw_runner.zero_cost.images"


@pytest.fixture(autouse=True)
def toy() -> Iterator[None]:
    registry.register(ToySpace())
    yield
    registry.unregister("toy")


def config_of(images: str, **space: object) -> SearchConfig:
    runner = {"metrics": ["l2_norm"], "images": images}
    strategy = {"sw_runner": {"zero_cost": runner}, "metrics": {"l2_norm": {"scale": 1.0}}}
    return SearchConfig.from_mapping({"search": {"search_space": {"name": "toy", **space}, "strategy": strategy}})


@pytest.mark.parametrize(
    ("images", "space", "name"),
    [
        ("folder:/data/pets", {}, "pets"),
        ("folder@64:/data/my pets", {}, "my_pets"),
        ("npz:cifar10.npz", {}, "own_cifar10"),
        ("digits.py:batch", {}, "digits"),
        ("idx:/data/mnist", {"dataset": "MNIST"}, "MNIST"),
        ("bundled", {}, "cifar10"),
        ("bundled", {"dataset": "cifar100"}, "cifar100"),
        ("folder:/data/pets", {"name": "nas_bench_201"}, "pets"),
        ("npz:/data/x.npz", {"name": "nas_bench_201", "nas_zero_cost": {"config": {"dataset": ["mine"]}}}, "mine"),
        ("folder:/data/pets", {"name": "nas_bench_macro"}, "pets"),
        ("folder:/data/pets", {"name": "transnas_micro"}, "pets"),
        ("folder:/data/pets", {"name": "accel_nasbench"}, "pets"),
    ],
)
def test_the_data_set_is_named_by_the_file_or_the_path(images: str, space: dict[str, str], name: str) -> None:
    config = config_of(images, **space)
    assert config.dataset == name
    assert SearchConfig.from_toml(config.to_toml()) == config
    assert read_headline(config.to_toml()).dataset == name


@pytest.mark.parametrize(
    ("images", "space", "field", "said"),
    [
        ("folder:/data/pets", {"dataset": "cifar10"}, "search.search_space.dataset", "give their name, such as 'pets'"),
        ("bundled", {"dataset": "pets"}, "search.search_space.dataset", "'pets' is no published data set"),
        ("npz:x.npz", {"dataset": "www.example.com"}, "search.search_space.dataset", "is no name of a data set"),
        ("npz:x.npz", {"dataset": "[a](b)"}, "search.search_space.dataset", "is no name of a data set"),
        ("folder:", {}, IMAGES, "names no path"),
        ("folder@9999:/x", {}, IMAGES, "1 to 1024 pixels"),
        ("digits.py", {}, IMAGES, "expected FILE.py:NAME"),
        (
            "folder:/x",
            {"name": "nas_bench_201", "nas_zero_cost": {"config": {"dataset": ["cifar10"]}}},
            "search.search_space.nas_zero_cost.config.dataset",
            "'cifar10' is a published data set",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(images: str, space: dict[str, str], field: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        config_of(images, **space)
    ((key, words),) = refused.value.problems
    assert key == field
    assert said in words


def test_parameters_are_kept_in_the_file() -> None:
    config = config_of("bundled", parameters={"depth": {"low": 1, "high": 2}, "width": {"high": 16}})
    assert SearchConfig.from_toml(config.to_toml()) == config
    assert {item.params["depth"] for item in map(config.space.parse, ["depth=1 width=8", "depth=2 width=8"])} == {1, 2}
    assert "parameters" not in config_of("bundled").to_toml()
