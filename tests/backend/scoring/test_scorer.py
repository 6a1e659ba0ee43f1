"""Scores of cells: equal for twins, repeatable to the last bit, and clear about bad input."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from backend import proxies
from backend.proxies import registry as _registry
from backend.scoring import DisconnectedCellError, Scorer, resolve_device, score_cell, score_network
from backend.scoring.runtime import make_generator
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.network import build_network

CELL = Cell.parse("|nor_conv_3x3~0|+|nor_conv_1x1~0|nor_conv_3x3~1|+|skip_connect~0|avg_pool_3x3~1|nor_conv_3x3~2|")
DISCONNECTED = Cell.parse("|none~0|+|nor_conv_3x3~0|none~1|+|none~0|nor_conv_1x1~1|none~2|")
ALL = proxies.available()
LITERAL = {"params", "flops"}
SMALL = {"channels": 4, "cells_per_stage": 1}


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer("cifar10", ALL, batch_size=8, device="cpu")


@pytest.fixture
def registry() -> Iterator[None]:
    """Takes back what a test registers."""
    before = dict(_registry._PROXIES)
    yield
    _registry._PROXIES.clear()
    _registry._PROXIES.update(before)


def test_all_scores_are_finite(scorer: Scorer) -> None:
    scores = scorer.score(CELL, **SMALL)
    assert tuple(scores) == ALL
    assert all(math.isfinite(value) for value in scores.values())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (  # nodes swapped
            "|nor_conv_3x3~0|+|skip_connect~0|none~1|+|none~0|nor_conv_1x1~1|avg_pool_3x3~2|",
            "|skip_connect~0|+|nor_conv_3x3~0|none~1|+|none~0|avg_pool_3x3~1|nor_conv_1x1~2|",
        ),
        (  # a dead convolution
            "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_1x1~1|+|nor_conv_3x3~0|nor_conv_1x1~1|none~2|",
            "|nor_conv_3x3~0|+|none~0|none~1|+|nor_conv_3x3~0|nor_conv_1x1~1|none~2|",
        ),
        (  # a skip connection before the convolution
            "|skip_connect~0|+|none~0|nor_conv_3x3~1|+|nor_conv_1x1~0|none~1|skip_connect~2|",
            "|none~0|+|nor_conv_3x3~0|none~1|+|nor_conv_1x1~0|none~1|skip_connect~2|",
        ),
    ],
)
def test_twins_score_alike_but_for_their_size(scorer: Scorer, one: str, other: str) -> None:
    first, second = (scorer.score(Cell.parse(arch), **SMALL) for arch in (one, other))
    assert {n: v for n, v in first.items() if n not in LITERAL} == {n: v for n, v in second.items() if n not in LITERAL}


def test_size_is_that_of_the_literal_cell() -> None:
    scores = score_cell(Cell.from_index(1), "cifar10", ["params", "flops"], batch_size=10)
    assert scores == {"params": 802426.0, "flops": pytest.approx(113.95137)}
    assert {name for name in ALL if proxies.get(name).literal} == LITERAL


def test_a_seed_fixes_every_bit(scorer: Scorer) -> None:
    again = Scorer("cifar10", ALL, batch_size=8, device="cpu")
    other = Scorer("cifar10", ALL, batch_size=8, device="cpu", seed=1)
    scores = scorer.score(CELL, **SMALL)
    assert again.score(CELL, **SMALL) == scores
    changed = other.score(CELL, **SMALL)
    assert [n for n in ALL if changed[n] == scores[n] and n != "linear_regions"] == ["params", "flops"]


@pytest.mark.parametrize("name", ALL)
def test_a_score_does_not_depend_on_its_company(scorer: Scorer, name: str) -> None:
    alone = Scorer("cifar10", [name], batch_size=8, device="cpu").score(CELL, **SMALL)
    assert alone == {name: scorer.score(CELL, **SMALL)[name]}


def test_threads_do_not_disturb_each_other(scorer: Scorer) -> None:
    cells = [CELL, *(Cell.from_index(index) for index in (0, 1, 5))]
    expected = [scorer.score(cell, **SMALL) for cell in cells]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda cell: scorer.score(cell, **SMALL), cells)) == expected


def test_the_global_random_numbers_and_gradient_mode_do_not_matter(scorer: Scorer) -> None:
    expected = scorer.score(CELL, **SMALL)
    torch.manual_seed(99)
    before = torch.random.get_rng_state()
    with torch.no_grad():
        assert scorer.score(CELL, **SMALL) == expected
    assert torch.equal(before, torch.random.get_rng_state())


def test_score_network_takes_the_same_path(scorer: Scorer) -> None:
    network = build_network(CELL.representative(), 10, 4, 1, generator=make_generator(0, "weights"))
    scores = score_network(network, scorer.batch.images, scorer.batch.labels, ALL)
    expected = scorer.score(CELL, **SMALL)
    assert {n: v for n, v in scores.items() if n not in LITERAL} == {
        n: v for n, v in expected.items() if n not in LITERAL
    }


def test_score_network_changes_nothing(scorer: Scorer) -> None:
    network = build_network(CELL, 10, 4, 1).eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    score_network(network, scorer.batch.images, scorer.batch.labels, ALL)
    assert not network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())


def test_a_hundred_and_twenty_classes() -> None:
    scorer = Scorer("ImageNet16-120", ALL, batch_size=120, device="cpu")
    scores = scorer.score(Cell.from_index(5), **SMALL)
    assert int(scorer.batch.labels.max()) == 119
    assert all(math.isfinite(value) for value in scores.values())


def test_disconnected_cells_have_no_score(scorer: Scorer) -> None:
    for attempt in (
        lambda: scorer.score(DISCONNECTED),
        lambda: score_cell(DISCONNECTED, "cifar10", ["snip"]),
        lambda: score_network(build_network(DISCONNECTED, 10, 4, 1), scorer.batch.images, scorer.batch.labels, ALL),
    ):
        with pytest.raises(DisconnectedCellError, match="no path leads from its input to its output"):
            attempt()


@pytest.mark.usefixtures("registry")
def test_a_users_proxy(scorer: Scorer, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "import torch\n"
        "from backend.proxies import register\n"
        "@register\n"
        "def logit_spread(network, images, labels):\n"
        "    network(images).std().backward()\n"
        "    return network.classifier.weight.grad.norm()\n"
        "@register(direction='minimize')\n"
        "def vandal(network, images, labels):\n"
        "    for parameter in network.parameters():\n"
        "        parameter.data.zero_()\n"
        "    images.zero_()\n"
        "    labels.zero_()\n"
        "    raise RuntimeError('broken')\n"
        "@register\n"
        "def endless(network, images, labels):\n"
        "    return float('inf')\n"
        "@register(reads=('gradients',))\n"
        "def largest(gradients):\n"
        "    return max(float(g.abs().max()) for g in gradients)\n"
    )
    names = proxies.load_module(file)
    scorer_of_both = Scorer("cifar10", [*names, *ALL], batch_size=8, device="cpu")
    with torch.no_grad():
        own = scorer_of_both.score(CELL, **SMALL)
    assert {name: value for name, value in scorer_of_both.score(CELL, **SMALL).items() if name in ALL} == {
        name: own[name] for name in ALL
    }
    expected = scorer.score(CELL, **SMALL)
    assert {name: own[name] for name in ALL} == expected
    assert own["logit_spread"] > 0
    assert own["largest"] > 0
    assert math.isnan(own["vandal"])
    assert math.isnan(own["endless"])
    assert "vandal of cell" in caplog.text
    assert "RuntimeError: broken" in caplog.text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"proxies": ["snipe"]}, "unknown proxy 'snipe'; valid: grad_norm, snip"),
        ({"proxies": "snip"}, "proxies: expected a sequence of names"),
        ({"network": torch.nn.Linear(3, 3)}, "network: expected one made by backend.network.build_network"),
        ({"labels": None}, "labels: snip needs them, got None"),
        ({"labels": torch.full((8,), 10)}, "labels: expected an int64 tensor .* from 0 to 9, got values from 10 to 10"),
        ({"labels": torch.zeros(7, dtype=torch.int64)}, "labels: expected an int64 tensor"),
        ({"labels": torch.zeros(8)}, "labels: expected an int64 tensor"),
        ({"images": torch.zeros(8, 1, 16, 16)}, r"images: expected a float32 tensor \(B, 3, H, W\)"),
        ({"images": torch.zeros(8, 3, 15, 16)}, "multiples of 4"),
        ({"images": torch.zeros(3, 16, 16)}, "images: expected a float32 tensor"),
        ({"images": torch.zeros(8, 3, 16, 16, dtype=torch.uint8)}, "images: expected a float32 tensor .* torch.uint8"),
        ({"images": torch.full((8, 3, 16, 16), math.nan)}, "images: expected finite values"),
    ],
)
def test_bad_input(change: dict[str, object], message: str) -> None:
    arguments = {
        "network": build_network(CELL, 10, 4, 1),
        "images": torch.randn(8, 3, 16, 16),
        "labels": torch.arange(8),
        "proxies": ["snip"],
    }
    with pytest.raises(ValueError, match=message):
        score_network(**(arguments | change))


@pytest.mark.parametrize("name", ["zico", "jacob_cov", "naswot", "naswot_relu", "ntk_cond", "t_cet", "tenas"])
def test_one_image_is_not_enough(name: str) -> None:
    network = build_network(CELL, 10, 4, 1)
    with pytest.raises(ValueError, match=f"images: {name} needs at least 2, got 1"):
        score_network(network, torch.randn(1, 3, 16, 16), torch.zeros(1, dtype=torch.int64), [name])


def test_what_needs_no_labels_gets_none() -> None:
    network = build_network(CELL, 10, 4, 1)
    free = [name for name in ALL if not proxies.get(name).needs_labels]
    assert set(ALL) - set(free) == {"grad_norm", "snip", "plain", "grasp", "fisher", "zico"}
    scores = score_network(network, torch.randn(4, 3, 16, 16), None, free)
    assert all(math.isfinite(value) for value in scores.values())


def test_devices() -> None:
    assert resolve_device("cpu") == torch.device("cpu")
    with pytest.raises(ValueError, match="device 'gpu': unknown; valid: auto, cuda, mps, cpu"):
        resolve_device("gpu")
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="device 'cuda': this machine has none; valid here: auto"):
            resolve_device("cuda")
