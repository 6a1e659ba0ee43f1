"""Scores of any module: what the plain definitions say, refused where they mean nothing, and without a trace."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from backend import proxies
from backend.errors import UserError
from backend.scoring import explain_network, score_network
from backend.scoring.engine import Plan, evaluate, refusals
from backend.scoring.engines.autograd import AutogradEngine, ModuleSubject
from backend.scoring.runtime import make_generator
from backend.scoring.scorer import Scorer
from backend.spaces import registry
from backend.spaces.building import make_seeded
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.task import Task
from tests.backend.scoring.ordinary import NETWORKS
from tests.backend.scoring.plain import DEFINITIONS, kernel, ready
from tests.backend.scoring.test_definitions import CELLS, TOLERANCES, batch_of, network_far_from_kinks

THIN = {"linear_regions", "tenas"}
AZ_NAS = {"az_expressivity", "az_progressivity", "az_trainability"}
NEVER = THIN | AZ_NAS
"""What no module on its own can have: a thin copy, or named blocks."""

IMAGES = torch.randn(6, 3, 16, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
LABELS = torch.tensor([0, 1, 2, 3, 4, 0])


@pytest.mark.parametrize("name", NETWORKS)
def test_scores_are_what_the_plain_definitions_say(name: str) -> None:
    network, modular = NETWORKS[name]()
    computed = [proxy for proxy, reason in explain_network(network, IMAGES, LABELS).items() if not reason]
    has_norms = name in ("ResNet", "MobileNet", "1-D CNN")
    assert set(proxies.available()) - set(computed) - NEVER == (set() if has_norms else {"zen"})
    scores = score_network(network, IMAGES, LABELS, computed)
    for proxy in set(computed) - {"flops"}:
        assert scores[proxy] == pytest.approx(DEFINITIONS[proxy](modular, IMAGES, LABELS), rel=1e-7), proxy


@pytest.mark.parametrize("name", ["ViT block", "nn.MultiheadAttention"])
def test_the_examples_are_told_from_as_many_tokens(name: str) -> None:
    network, modular = NETWORKS[name]()
    images, labels = torch.randn(16, 3, 16, 16, dtype=torch.float64), torch.arange(16) % 5
    wanted = ["fisher", "naswot", "t_cet"]
    scores = score_network(network, images, labels, wanted)
    assert scores == pytest.approx({n: DEFINITIONS[n](modular, images, labels) for n in wanted}, rel=1e-7)


def cells_of(network: nn.Module) -> list[nn.Module]:
    return [network.stem, *network.blocks]


def generic(network: nn.Module, images: Tensor, labels: Tensor) -> dict[str, float]:
    """All scores of the generic engine, whatever the network."""
    subject = ModuleSubject("it", lambda: network, images, labels, 0, task=Task(images, labels), blocks=cells_of)
    every, engine = [proxies.get(proxy) for proxy in proxies.available()], AutogradEngine()
    refused = refusals(every, subject, engine)
    computed = [proxy for proxy in every if proxy.name not in refused]
    return evaluate(subject, computed, Plan(computed, engine))


@pytest.mark.parametrize("cell", ["skip only", "one 1x1", "chain of 3x3", "best in class", "dead end", "pooled twice"])
def test_it_agrees_with_the_engine_of_nas_bench_201(cell: str) -> None:
    """Twice the tolerance of each: both sides are off by rounding. The dead end is scored by its representative."""
    images, labels = batch_of(10, 8)
    network = network_far_from_kinks(Cell.parse(CELLS[cell]).representative(), 10, images)
    fast, found = score_network(network, images, labels, proxies.available()), generic(network, images, labels)
    assert set(fast) - set(found) == THIN
    assert fast.pop("flops") - found.pop("flops") == pytest.approx(10 / 1e6)  # the classifier's bias
    if cell == "dead end":
        found = {name: value for name, value in found.items() if name not in {"zen", *AZ_NAS}}  # drawn in another order
    for proxy, value in found.items():
        assert value == pytest.approx(fast[proxy], rel=2 * TOLERANCES[proxy]), proxy


def test_what_the_outputs_do_not_depend_on_is_no_layer() -> None:
    images, labels = batch_of(10, 8)
    network = network_far_from_kinks(Cell.parse(CELLS["dead end"]), 10, images)
    fast, found = score_network(network, images, labels, proxies.available()), generic(network, images, labels)
    for proxy in ("snip", "l2_norm", "fisher", "naswot", "naswot_relu", "log_synflow", "t_cet", "params"):
        assert found[proxy] == pytest.approx(fast[proxy], rel=2 * TOLERANCES[proxy]), proxy


class Watched(nn.Module):
    """A network of everything that a pass could leave a trace in."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.frozen = nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.BatchNorm2d(6)
        self.still = nn.Conv2d(6, 6, 1).requires_grad_(False)
        self.head, self.drop = nn.Linear(6, 5), nn.Dropout(0.5)
        self.register_buffer("calls", torch.zeros(()))
        self.register_buffer("seen", None)

    def forward(self, x: Tensor) -> Tensor:
        x.mul_(2)
        self.calls += 1
        self.seen = x.detach().mean()
        x = functional.relu(self.norm(self.conv(x)), inplace=True)
        x = torch.relu(self.frozen(self.still(x)))
        return self.head(self.drop(functional.dropout(x.mean((2, 3)), 0.2, self.training)))


@pytest.mark.parametrize("grad_mode", [torch.no_grad, torch.enable_grad, torch.inference_mode])
def test_it_leaves_no_trace(grad_mode: Callable[[], AbstractContextManager[None]]) -> None:
    network = Watched().train()
    network.frozen.eval()
    handle = network.conv.register_forward_hook(lambda *_: None)
    functional.cross_entropy(network(torch.randn(6, 3, 8, 8)), LABELS).backward()
    images = torch.randn(6, 3, 8, 8)
    parts = [*network.state_dict().values(), images, *(w.grad for w in network.parameters() if w.grad is not None)]
    before = [value.clone() for value in parts]
    modes = [module.training for module in network.modules()]
    hooks = len(network.conv._forward_hooks)
    random_numbers = torch.random.get_rng_state()
    computed = [proxy for proxy, reason in explain_network(network, images, LABELS).items() if not reason]
    with grad_mode():
        scores = score_network(network, images, LABELS, computed)
    assert all(math.isfinite(value) for value in scores.values())
    assert all(torch.equal(one, other) for one, other in zip(parts, before, strict=True))
    assert [module.training for module in network.modules()] == modes
    assert [weight.requires_grad for weight in network.still.parameters()] == [False, False]
    assert (len(network.conv._forward_hooks), network.seen) == (hooks, network._buffers["seen"])
    assert torch.equal(torch.random.get_rng_state(), random_numbers)
    assert all(not hasattr(weight, "_origin") for weight in (*network.parameters(), *network.buffers()))
    assert vars(network).keys() == vars(Watched()).keys()
    handle.remove()


@pytest.mark.parametrize("name", ["ResNet", "nn.MultiheadAttention"])
def test_a_score_does_not_depend_on_its_company(name: str) -> None:
    network = NETWORKS[name]().network.float()
    images = IMAGES.float()
    computed = [proxy for proxy, reason in explain_network(network, images, LABELS).items() if not reason]
    together = score_network(network, images, LABELS, computed)
    for proxy in computed:
        assert score_network(network, images, LABELS, [proxy]) == {proxy: together[proxy]}


class Counting(nn.Module):
    """Counts the forward passes of more than a few examples."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network, self.passes = network, 0

    def forward(self, x: Tensor) -> Tensor:
        self.passes += len(x) > 2
        return self.network(x)


def test_proxies_share_their_passes() -> None:
    network = Counting(NETWORKS["ResNet"]().network)
    shared = ["grad_norm", "snip", "plain", "fisher", "l2_norm", "jacob_cov", "naswot", "naswot_relu", "params"]
    shared += ["grasp"]
    score_network(network, IMAGES, LABELS, shared)
    assert network.passes == 1
    score_network(network, IMAGES, LABELS, [*shared, "zico"])
    assert network.passes == 4


def test_weights_that_are_used_twice_are_one_layer() -> None:
    torch.manual_seed(0)
    layer, relu = nn.Linear(12, 12), nn.ReLU()
    network = nn.Sequential(nn.Flatten(), layer, relu, layer, relu, nn.Linear(12, 3)).double()
    images, labels = torch.randn(4, 3, 2, 2, dtype=torch.float64), torch.tensor([0, 1, 2, 0])
    loss = functional.cross_entropy(network(images), labels)
    gradients = torch.autograd.grad(loss, [layer.weight, network[5].weight])
    scores = score_network(network, images, labels, ["grad_norm", "l2_norm", "naswot_relu", "params"])
    assert scores["grad_norm"] == pytest.approx(sum(g.norm().item() for g in gradients))
    assert scores["l2_norm"] == pytest.approx(layer.weight.norm().item() + network[5].weight.norm().item())
    inputs = [layer(images.flatten(1)), layer(torch.relu(layer(images.flatten(1))))]
    assert scores["naswot_relu"] == pytest.approx(np.linalg.slogdet(sum(kernel(value) for value in inputs))[1])


class Tokens(nn.Module):
    """A language model whose head is its table of words, and whose result is a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(9, 8), nn.Embedding(7, 8)
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)

    def forward(self, tokens: Tensor, scale: Tensor) -> dict[str, Tensor]:
        positions = self.places(torch.arange(tokens.shape[1], device=tokens.device))
        hidden = self.layer(self.words(tokens) * scale[:, None, None] + positions)
        return {"logits": functional.linear(hidden, self.words.weight).transpose(1, 2)}


def test_tokens_and_several_inputs() -> None:
    torch.manual_seed(0)
    network = Tokens().double()
    batch = {"tokens": torch.randint(9, (6, 7)), "scale": torch.rand(6).double() + 0.5}
    labels = torch.randint(9, (6, 7))
    reasons = explain_network(network, batch, labels)
    for proxy in ("jacob_cov", "synflow", "zen", "t_cet"):
        assert reasons[proxy] == "needs inputs of floating point, and the network takes whole numbers, such as tokens"
    with pytest.raises(
        UserError, match=r"^proxies: jacob_cov needs inputs of floating point, and .*; computed for this"
    ):
        score_network(network, batch, labels, ["jacob_cov", "snip"])
    wanted = ["grad_norm", "snip", "grasp", "fisher", "naswot", "naswot_relu", "zico", "ntk_cond"]
    scores = score_network(network, batch, labels, wanted)
    assert all(math.isfinite(value) for value in scores.values())
    for module in network.modules():
        module.train(not isinstance(module, nn.Dropout))
    network.layer.self_attn.dropout = 0.0
    loss = functional.cross_entropy(network(**batch)["logits"], labels)
    weights = [weight for weight in network.parameters() if weight.dim() > 1]
    gradients = torch.autograd.grad(loss, weights)
    assert scores["grad_norm"] == pytest.approx(sum(gradient.norm().item() for gradient in gradients))
    shifted = score_network(network, tuple(batch.values()), labels, ["snip"])
    assert shifted["snip"] == scores["snip"]


def test_labels_of_all_kinds_and_a_loss_of_ones_own() -> None:
    network = NETWORKS["MLP"]().network
    soft = torch.rand(6, 5, dtype=torch.float64).softmax(1)
    for labels, task in (
        (soft, None),
        (torch.rand(6, dtype=torch.float64), Task(loss=lambda outputs, wanted: ((outputs[:, 0] - wanted) ** 2).mean())),
    ):
        ready_network = ready(network)
        loss = (task or Task()).loss(ready_network(IMAGES), labels)
        loss.backward()
        expected = sum(w.grad.norm().item() for w in ready_network.parameters() if w.dim() > 1)
        found = score_network(network, IMAGES, labels, ["grad_norm", "zico", "fisher", "grasp"], task=task)
        assert found["grad_norm"] == pytest.approx(expected)
    dense = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 5, 1)).double()
    pixels = torch.randint(5, (6, 16, 16))
    scores = score_network(dense, IMAGES, pixels, ["snip", "fisher", "zico", "jacob_cov", "naswot_relu"])
    assert all(math.isfinite(value) for value in scores.values())


class Several(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = nn.Linear(768, 5), nn.Linear(768, 5)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.one(x.flatten(1)), self.other(x.flatten(1))


def test_one_of_several_results() -> None:
    network = Several().double()
    task = Task(outputs=lambda result: result[1])
    scores = score_network(network, IMAGES, LABELS, ["l2_norm"], task=task)
    assert scores["l2_norm"] == pytest.approx(network.other.weight.norm().item())
    with pytest.raises(
        UserError, match=r"its forward returns 2 tensors in a tuple; give Task\(outputs=…\) to pick one"
    ):
        score_network(network, IMAGES, LABELS, ["l2_norm"])


class Noisy(nn.Module):
    """Stochastic depth written by hand, in a block with weights."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(768, 768)

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        return x + self.layer(x) * (torch.rand(len(x), 1, device=x.device) < 0.5) + torch.randn_like(x)


def test_noise_of_the_forward_is_the_same_each_time() -> None:
    network = nn.Sequential(Noisy(), nn.ReLU(), nn.Linear(768, 5))
    images, wanted = IMAGES.float(), ["snip", "naswot_relu", "zico"]
    random_numbers = torch.random.get_rng_state()
    first = score_network(network, images, LABELS, wanted)
    assert torch.equal(torch.random.get_rng_state(), random_numbers)
    torch.manual_seed(99)
    assert score_network(network, images, LABELS, wanted) == first
    assert score_network(network, images, LABELS, wanted, seed=1) != first


def test_threads_do_not_disturb_each_other() -> None:
    networks = [nn.Sequential(Noisy(), nn.ReLU(), nn.Linear(768, 5)).double(), NETWORKS["ResNet"]().network] * 3
    wanted = ["snip", "naswot_relu", "zico", "log_synflow"]
    expected = [score_network(network, IMAGES, LABELS, wanted) for network in networks[:2]] * 3
    copies = [copy.deepcopy(network) for network in networks]
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(lambda network: score_network(network, IMAGES, LABELS, wanted), copies)) == expected


def test_a_flow_beyond_float64_has_a_logarithm(caplog: pytest.LogCaptureFixture) -> None:
    network = NETWORKS["ResNet"]().network
    before = score_network(network, IMAGES, None, ["log_synflow", "t_cet"])
    with torch.no_grad():
        network.stem.weight.mul_(1e200)
        network.head.weight.mul_(1e200)
        network.head.bias.mul_(1e200)
    scores = score_network(network, IMAGES, None, ["synflow", "log_synflow"])
    assert math.isnan(scores["synflow"])
    assert "synflow of this FunctionalResNet is inf" in caplog.text
    # The flow is linear in each of the two, but for what the head's offset adds.
    assert scores["log_synflow"] == pytest.approx(before["log_synflow"] + 2 * math.log(1e200), rel=1e-9)


class TokenBlocks(nn.Module):
    """Two blocks on tokens, behind a convolution that makes them."""

    def __init__(self, calls: int = 1) -> None:
        super().__init__()
        self.stem, self.calls = nn.Sequential(nn.Conv2d(3, 8, 4, 4), nn.Flatten(2)), calls
        self.first, self.second, self.head = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 5)
        self.turn = Turn()

    def forward(self, x: Tensor) -> Tensor:
        x = self.turn(self.stem(x))
        for _ in range(self.calls):
            x = self.first(x)
        return self.head((x + torch.tanh(self.second(x))).mean(1))


class Turn(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2)


def test_the_proxies_of_az_nas_are_computed_where_the_blocks_are_named() -> None:
    network = TokenBlocks().double()
    scores = score_network(network, IMAGES, None, AZ_NAS, blocks=lambda it: [it.turn, it.first, it.second])
    generator = make_generator(0, "gaussian blocks")
    layers = [network.stem[0], network.first, network.second, network.head]
    weights = [torch.randn(layer.weight.shape, generator=generator) for layer in layers]
    kaiming = [weight * math.sqrt(2 / weight[0].numel()) for weight in weights]
    images = torch.randn(64, *IMAGES.shape[1:], generator=generator)
    conv, first, second = (weight.double() for weight in kaiming[:3])
    features = [functional.conv2d(images.double(), conv, stride=4).flatten(2).transpose(1, 2)]
    features += [features[0] @ first.T, features[0] @ first.T @ second.T]
    entropies, sigmas = [], []
    for number, (found, weight) in enumerate(zip(features, [None, first, second], strict=True)):
        shares = torch.linalg.eigvalsh(torch.cov(found.flatten(0, 1).T, correction=0))
        entropies.append(float(torch.special.entr(shares / shares.sum()).sum()))
        if number:
            signs = torch.randint(2, found.shape, generator=generator).flatten(0, 1).double() * 2 - 1
            sigmas.append(float(torch.linalg.matrix_norm((signs @ weight).T @ signs / len(signs), 2)))
    assert scores["az_expressivity"] == pytest.approx(sum(entropies), rel=1e-6)
    assert scores["az_progressivity"] == pytest.approx(min(b - a for a, b in pairwise(entropies)), rel=1e-6)
    assert scores["az_trainability"] == pytest.approx(sum(2 - s - 1 / s for s in sigmas) / 2, rel=1e-6)
    reasons = explain_network(network, IMAGES, None, blocks=list)
    assert {reasons[proxy] for proxy in AZ_NAS} == {""}


@pytest.mark.parametrize(
    ("network", "blocks", "said"),
    [
        (
            TokenBlocks(),
            lambda it: [it.turn],
            "expected the stem and at least one block, different modules of the network",
        ),
        (TokenBlocks(), lambda it: [it.turn, it.turn], "different modules of the network"),
        (TokenBlocks(), lambda it: [it.turn, nn.Linear(8, 8)], "different modules of the network"),
        (TokenBlocks(), lambda it: [it.turn, it.head], "block 1 does not take a feature map"),
        (TokenBlocks(), lambda it: [it.stem, it.stem[0]], "block 1 is called before block 0 has ended"),
        (TokenBlocks(2), lambda it: [it.turn, it.first], "the network's forward calls block 1 more than once"),
        (TokenBlocks(0), lambda it: [it.turn, it.first], "the network's forward does not call block 1"),
        (TokenBlocks(), lambda it: [it.nothing], "network: its blocks cannot be told: AttributeError"),
        (TokenBlocks(), lambda it: 3, "network: its blocks cannot be told: TypeError"),
        (TokenBlocks(), lambda it: [it.turn, 3], "different modules of the network"),
    ],
)
def test_what_is_no_list_of_blocks_is_said(network: nn.Module, blocks: Callable[..., Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        score_network(network, IMAGES.float(), None, ["az_expressivity"], blocks=blocks)


@pytest.mark.parametrize("code", ["22212202", "10000000", "00000000"])
def test_the_regions_of_a_thin_copy_are_counted(code: str) -> None:
    space = registry.get("nas_bench_macro")
    architecture = space.parse(code)
    scores = Scorer("cifar10", ["linear_regions"], batch_size=2, image_source="random", seed=3, space=space).score(
        architecture
    )
    thin, shape = make_seeded(lambda: space.thin(architecture), 3)
    generator = make_generator(3, "linear regions")
    patterns = set()
    with torch.no_grad():
        for inputs in torch.randn(3, 1000, *shape, generator=generator):
            codes = [torch.zeros(1000, 0, dtype=torch.bool)]
            for module in thin.modules():
                if isinstance(module, nn.ReLU):
                    module.register_forward_pre_hook(lambda _, given, kept=codes: kept.append(given[0].flatten(1) > 0))
            thin(inputs)
            patterns |= {row.numpy().tobytes() for row in torch.cat(codes, 1)}
    assert scores["linear_regions"] == len(patterns)


def test_what_a_network_lacks_is_said() -> None:
    gelu = nn.Sequential(nn.Flatten(), nn.Linear(768, 8), nn.GELU(), nn.Linear(8, 5)).double()
    with pytest.raises(UserError, match=r"^proxies: naswot_relu needs ReLUs, and the network has none; computed for"):
        score_network(gelu, IMAGES, LABELS, ["naswot_relu", "snip"])
    reasons = explain_network(gelu, IMAGES, None)
    assert reasons["snip"] == "needs labels, and there are none"
    assert reasons["zen"] == "needs convolutions, and the network has none"
    assert reasons["az_trainability"] == "needs the blocks of the network, and nothing says what these are"
    assert reasons["linear_regions"].startswith("needs a thin copy of the network, and only a search space")
    assert reasons["naswot"] == reasons["params"] == ""
    assert explain_network(gelu, IMAGES[:1], LABELS[:1])["zico"] == "needs at least 2 images, and there is 1"

    class Recurrent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers, self.head = nn.LSTM(8, 6, 2, dropout=0.5, batch_first=True), nn.Linear(6, 5)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.layers(x)[0][:, -1])

    network, steps = Recurrent(), torch.randn(6, 4, 8)
    reasons = explain_network(network, steps, LABELS)
    assert reasons["fisher"].startswith("needs the outputs of each layer, and a recurrent layer of the network keeps")
    scores = score_network(network, steps, LABELS, ["snip", "log_synflow", "grasp", "params", "flops"])
    assert scores == score_network(network, steps, LABELS, list(scores))
    weights = sum(weight.numel() for weight in network.layers.parameters() if weight.dim() > 1)
    assert scores["flops"] == pytest.approx((4 * weights + 30) / 1e6)


class NotANumber(nn.Linear):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.flatten(1)) / 0 * 0


def linear() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(768, 5)).double()


class Checkpointed(nn.Module):
    def __init__(self, reentrant: bool) -> None:
        super().__init__()
        self.first, self.then, self.reentrant = linear(), nn.Linear(5, 5).double(), reentrant

    def forward(self, x: Tensor) -> Tensor:
        return checkpoint(self.then, self.first(x), use_reentrant=self.reentrant)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"network": lambda x: x}, r"^network: expected a torch\.nn\.Module, got a function$"),
        ({"network": NotANumber(768, 5).double()}, r"^network: its outputs are not finite: NaN or infinity$"),
        ({"network": nn.Flatten()}, r"^network: its outputs depend on no weight of two dimensions or more"),
        (
            {"network": nn.Sequential(nn.Flatten(), nn.LazyLinear(5))},
            r"^network: has lazy modules whose weights have no",
        ),
        (
            {"network": torch.jit.trace(linear(), IMAGES)},
            r"^network: is TorchScript, whose forward cannot be seen; give the module that it was made of$",
        ),
        ({"network": Checkpointed(reentrant=False)}, r"^network: .*it computes activations a second time on the way"),
        ({"network": Checkpointed(reentrant=True)}, r"^network: it computes activations a second time on the way"),
        (
            {"images": IMAGES.float()},
            r"^network: its forward fails: RuntimeError: mat1 and mat2 must have the same dtype",
        ),
        ({"images": IMAGES[:, :1]}, r"^network: its forward fails: RuntimeError: mat1 and mat2 shapes cannot be"),
        ({"images": IMAGES[:0]}, r"^batch: expected at least one example, along the first dimension of every tensor"),
        (
            {"images": (IMAGES, IMAGES[:2])},
            r"^batch: expected at least one example, .*\(6, 3, 16, 16\), \(2, 3, 16, 16\)",
        ),
        ({"images": "cats"}, r"^batch: expected a tensor, or a tuple, list or dict of tensors, got a str$"),
        ({"images": IMAGES * math.nan}, r"^images: expected finite values, got NaN or infinity$"),
        ({"labels": None}, r"^labels: snip needs them, got None$"),
        (
            {"labels": LABELS[:5]},
            r"^labels: expected an int64 tensor \(6,\) of values from 0 to 4, got torch\.int64 \(5,\)",
        ),
        ({"labels": LABELS + 1}, r"^labels: expected an int64 tensor \(6,\) .*, got values from 1 to 5$"),
        ({"labels": torch.rand(6, 4)}, r"^labels: expected classes, int64 \(6,\), or probabilities \(6, 5\), got"),
        ({"task": Task(loss=lambda outputs, _: outputs)}, r"^loss: expected a scalar, .*, got a tensor \(6, 5\)$"),
        ({"task": Task(loss=lambda outputs, _: outputs[9, 0])}, r"^network: the loss of its outputs and these labels"),
        ({"task": Task(outputs=lambda _: 3)}, r"^task: outputs gives a int, expected a tensor$"),
        ({"task": "regression"}, r"^task: expected a backend\.spaces\.task\.Task, got a str$"),
    ],
)
def test_bad_input_is_said_in_a_line(change: dict[str, Any], message: str) -> None:
    arguments = {"network": linear(), "images": IMAGES, "labels": LABELS, "proxies": ["snip"]} | change
    with pytest.raises(UserError, match=message) as caught:
        score_network(**arguments)
    assert "\n" not in str(caught.value)
