"""Scores of cells: equal for twins, repeatable to the last bit, and clear about bad input."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from backend import proxies
from backend.errors import UserError
from backend.proxies import registry as proxy_registry
from backend.scoring import InvalidArchitectureError, Scorer, resolve_device, score_cell, score_network
from backend.scoring.runtime import make_generator
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.network import CellNetwork, build_network
from backend.spaces.nas_bench_201.space import CellArchitecture

CELL = Cell.parse("|nor_conv_3x3~0|+|nor_conv_1x1~0|nor_conv_3x3~1|+|skip_connect~0|avg_pool_3x3~1|nor_conv_3x3~2|")
DISCONNECTED = Cell.parse("|none~0|+|nor_conv_3x3~0|none~1|+|none~0|nor_conv_1x1~1|none~2|")
ALL = proxies.available()
LITERAL = {"params", "flops"}
SMALL = {"channels": 4, "cells_per_stage": 1}


def small(cell: Cell) -> CellArchitecture:
    return CellArchitecture(cell, **SMALL)


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer("cifar10", ALL, batch_size=8, device="cpu")


@pytest.fixture
def registry() -> Iterator[None]:
    """Takes back what a test registers."""
    before = dict(proxy_registry._PROXIES)
    yield
    proxy_registry._PROXIES.clear()
    proxy_registry._PROXIES.update(before)


def test_all_scores_are_finite(scorer: Scorer) -> None:
    scores = scorer.score(small(CELL))
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
    first, second = (scorer.score(small(Cell.parse(arch))) for arch in (one, other))
    assert {n: v for n, v in first.items() if n not in LITERAL} == {n: v for n, v in second.items() if n not in LITERAL}


def test_size_is_that_of_the_literal_cell() -> None:
    scores = score_cell(Cell.from_index(1), "cifar10", ["params", "flops"], batch_size=10)
    assert scores == {"params": 802426.0, "flops": pytest.approx(113.95137)}
    assert {name for name in ALL if proxies.get(name).literal} == LITERAL


def test_a_seed_fixes_every_bit(scorer: Scorer) -> None:
    again = Scorer("cifar10", ALL, batch_size=8, device="cpu")
    other = Scorer("cifar10", ALL, batch_size=8, device="cpu", seed=1)
    scores = scorer.score(small(CELL))
    assert again.score(small(CELL)) == scores
    changed = other.score(small(CELL))
    assert [n for n in ALL if changed[n] == scores[n] and n != "linear_regions"] == ["params", "flops"]


@pytest.mark.parametrize("name", ALL)
def test_a_score_does_not_depend_on_its_company(scorer: Scorer, name: str) -> None:
    alone = Scorer("cifar10", [name], batch_size=8, device="cpu").score(small(CELL))
    assert alone == {name: scorer.score(small(CELL))[name]}


def test_threads_do_not_disturb_each_other(scorer: Scorer) -> None:
    cells = [CELL, *(Cell.from_index(index) for index in (0, 1, 5))]
    expected = [scorer.score(small(cell)) for cell in cells]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda cell: scorer.score(small(cell)), cells)) == expected


def test_the_global_random_numbers_and_gradient_mode_do_not_matter(scorer: Scorer) -> None:
    expected = scorer.score(small(CELL))
    torch.manual_seed(99)
    before = torch.random.get_rng_state()
    with torch.no_grad():
        assert scorer.score(small(CELL)) == expected
    assert torch.equal(before, torch.random.get_rng_state())


def test_score_network_takes_the_same_path(scorer: Scorer) -> None:
    network = build_network(CELL.representative(), 10, 4, 1, generator=make_generator(0, "weights"))
    scores = score_network(network, scorer.batch.images, scorer.batch.labels, ALL)
    expected = scorer.score(small(CELL))
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
    scores = scorer.score(small(Cell.from_index(5)))
    assert int(scorer.batch.labels.max()) == 119
    assert all(math.isfinite(value) for value in scores.values())


def test_disconnected_cells_have_no_score(scorer: Scorer) -> None:
    for attempt in (
        lambda: scorer.score(CellArchitecture(DISCONNECTED)),
        lambda: score_cell(DISCONNECTED, "cifar10", ["snip"]),
        lambda: score_network(build_network(DISCONNECTED, 10, 4, 1), scorer.batch.images, scorer.batch.labels, ALL),
    ):
        with pytest.raises(InvalidArchitectureError, match="no path leads from its input to its output"):
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
        own = scorer_of_both.score(small(CELL))
    assert {name: value for name, value in scorer_of_both.score(small(CELL)).items() if name in ALL} == {
        name: own[name] for name in ALL
    }
    expected = scorer.score(small(CELL))
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
        (
            {"network": torch.nn.Linear(3, 3)},
            "network: its forward fails: RuntimeError: mat1 and mat2 shapes cannot be",
        ),
        ({"network": "resnet18"}, "network: expected a torch.nn.Module, got a str"),
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


class AnotherForward(CellNetwork):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return 2 * super().forward(images)


def _subclass(network: CellNetwork) -> CellNetwork:
    other = AnotherForward(network.cell, network.num_classes, network.channels, network.cells_per_stage)
    other.load_state_dict(network.state_dict())
    return other


def _hooked(network: CellNetwork) -> CellNetwork:
    network.blocks[0].register_forward_hook(lambda module, inputs, outputs: outputs * 2)
    return network


def _hooked_before(network: CellNetwork) -> CellNetwork:
    network.register_forward_pre_hook(lambda module, inputs: (inputs[0] * 2,))
    return network


def _hooked_back(network: CellNetwork) -> CellNetwork:
    network.norm.register_full_backward_hook(lambda module, inputs, outputs: (inputs[0] * 2,))
    return network


def _group_norm(network: CellNetwork) -> CellNetwork:
    network.stem[1] = torch.nn.GroupNorm(2, network.channels)
    return network


def _instance_norm(network: CellNetwork) -> CellNetwork:
    network.blocks[0].convolutions["0"].norm = torch.nn.InstanceNorm2d(network.channels, affine=True)
    return network


def _strided(network: CellNetwork) -> CellNetwork:
    network.stem[0].stride = (2, 2)
    return network


def _wrapped(network: CellNetwork) -> CellNetwork:
    network.blocks[0] = torch.nn.Sequential(network.blocks[0], torch.nn.GELU())
    return network


def _dropped_out(network: CellNetwork) -> CellNetwork:
    network.blocks.append(torch.nn.Dropout(0.5))
    return network


def _own_forward(network: CellNetwork) -> CellNetwork:
    network.blocks[0].forward = torch.nn.Identity()
    return network


def _parametrized(network: CellNetwork) -> CellNetwork:
    torch.nn.utils.parametrizations.weight_norm(network.stem[0])
    return network


def _shared_module(network: CellNetwork) -> CellNetwork:
    network.blocks[1] = network.blocks[0]
    return network


def _another_cell(network: CellNetwork) -> CellNetwork:
    network.blocks[0].cell = Cell.from_index(0)
    return network


def _without_bias(network: CellNetwork) -> CellNetwork:
    network.norm.bias = None
    return network


CHANGES = [
    _subclass,
    _hooked,
    _hooked_before,
    _hooked_back,
    _group_norm,
    _instance_norm,
    _strided,
    _wrapped,
    _dropped_out,
    _own_forward,
    _parametrized,
    _shared_module,
    _without_bias,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_network_that_is_not_just_as_built_has_scores_of_its_own(
    change: Callable[[CellNetwork], CellNetwork],
) -> None:
    network = build_network(CELL, 10, channels=4, cells_per_stage=2, generator=torch.Generator().manual_seed(0))
    images, labels = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 1, 2, 3])
    network = change(network)
    scores = score_network(network, images, labels, ["params", "snip", "grad_norm"])
    for module in network.modules():
        module.train(not isinstance(module, torch.nn.Dropout))
    torch.nn.functional.cross_entropy(network(images), labels).backward()
    weights = [weight for weight in network.parameters() if weight.dim() > 1 and weight.grad is not None]
    assert scores["snip"] == pytest.approx(sum((w * w.grad).abs().sum().item() for w in weights), rel=1e-5)
    assert scores["grad_norm"] == pytest.approx(sum(w.grad.norm().item() for w in weights), rel=1e-5)
    assert scores["params"] == sum(weight.numel() for weight in network.parameters())


def test_a_forward_that_fails_is_said_in_a_line() -> None:
    network = _another_cell(build_network(CELL, 10, channels=4, cells_per_stage=1))
    with pytest.raises(UserError, match=r"^network: its forward fails: KeyError: '3'$"):
        score_network(network, torch.randn(4, 3, 8, 8), torch.tensor([0, 1, 2, 3]), ["snip"])


def test_weights_of_any_values_and_either_mode_are_scored() -> None:
    network = build_network(CELL, 10, channels=4, cells_per_stage=1).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(1.5)
    assert score_network(network, torch.randn(4, 3, 8, 8), torch.tensor([0, 1, 2, 3]), ["snip"])["snip"] > 0
