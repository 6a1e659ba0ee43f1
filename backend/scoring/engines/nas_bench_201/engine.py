"""The scoring engine of NAS-Bench-201: all proxies of a cell's network in as few passes as possible.

What it computes by hand would miss any change to a network, so it takes those alone that are just as
`backend.network.build_network` makes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from backend.errors import UserError
from backend.scoring.checks import InvalidArchitectureError, check_batch, check_proxies
from backend.scoring.engine import Pass, Plan, evaluate
from backend.scoring.engines.nas_bench_201.curvature import curvature
from backend.scoring.engines.nas_bench_201.gaussian_blocks import gaussian_blocks
from backend.scoring.engines.nas_bench_201.gradients import half_batches, tangent_kernel, training_step
from backend.scoring.engines.nas_bench_201.responses import region_patterns, synaptic_flow, zen_responses
from backend.scoring.engines.nas_bench_201.subject import CellSubject
from backend.scoring.runtime import make_generator
from backend.scoring.scorer import Scorer
from backend.spaces.base import Architecture, SearchSpace
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.network import CellNetwork, build_network, difference
from backend.spaces.nas_bench_201.space import CellArchitecture, NasBench201
from backend.spaces.task import Task

_IMAGES = "images: expected a float32 tensor (B, 3, H, W) with H and W multiples of 4"


class NasBench201Engine:
    """Observes the networks of NAS-Bench-201."""

    passes: Sequence[Pass] = (
        Pass(
            lambda subject, wanted, _: training_step(subject, wanted),
            frozenset({"gradients", "saliencies", "input_gradients", "relu_agreement", "layer_agreements"}),
        ),
        Pass(
            lambda subject, _, known: {"bare_curvature": curvature(subject, known["gradients"])},
            frozenset({"bare_curvature"}),
            needs=frozenset({"gradients"}),
        ),
        Pass(lambda subject, *_: {"half_gradients": half_batches(subject)}, frozenset({"half_gradients"})),
        Pass(lambda subject, *_: {"synaptic_flows": synaptic_flow(subject)}, frozenset({"synaptic_flows"})),
        Pass(lambda subject, *_: {"zen_responses": zen_responses(subject)}, frozenset({"zen_responses"})),
        Pass(lambda subject, *_: gaussian_blocks(subject), frozenset({"block_spectra", "block_pullbacks"})),
        Pass(lambda subject, *_: {"tangent_kernel": tangent_kernel(subject)}, frozenset({"tangent_kernel"})),
        Pass(lambda subject, *_: {"region_patterns": region_patterns(subject)}, frozenset({"region_patterns"})),
    )
    properties: Mapping[str, Callable[[Any], Any]] = {
        "architecture": lambda subject: subject.architecture,
        "size": lambda subject: subject.size,
        "weights": lambda subject: subject.live.weights,
        "normalised": lambda subject: tuple(layer.norm is not None for layer in subject.live.layers),
    }

    def check(self, task: Task) -> None:
        """Check that the networks take the images.

        Raises:
            UserError: they are no float32 (B, 3, H, W) with H and W multiples of 4.
        """
        shape = tuple(task.batch.shape)
        if task.batch.dtype != torch.float32 or len(shape) != 4:
            raise UserError(f"{_IMAGES}, got {task.batch.dtype} {shape}")
        if shape[0] == 0 or shape[1] != 3 or shape[2] % 4 or shape[3] % 4 or 0 in shape:
            raise UserError(f"{_IMAGES}, got {shape}")

    def subject(
        self, space: SearchSpace, architecture: Architecture, task: Task, seed: int, device: torch.device
    ) -> CellSubject:
        """The network of the representative of a cell's class, which all cells of the class share."""
        assert isinstance(architecture, CellArchitecture)
        sizes = architecture.channels, architecture.cells_per_stage

        def build() -> CellNetwork:
            generator = make_generator(seed, "weights")
            cell = architecture.cell.representative()
            return build_network(cell, task.num_outputs, *sizes, generator=generator).to(device)

        name = f"{space.words.one} {architecture.key}"
        return CellSubject(
            name, build, task.batch, task.labels, seed, architecture=architecture, num_classes=task.num_outputs
        )


_ENGINE = NasBench201Engine()


def score_network(
    network: nn.Module, images: Tensor, labels: Tensor | None, proxies: Iterable[str], *, seed: int = 0
) -> dict[str, float]:
    """Scores a given network with the weights that it has, on its device; the network isn't changed.

    Args:
        network: made by `backend.network.build_network`.
        images: normalised, float32 (B, 3, H, W), H and W multiples of 4.
        labels: int64 (B,); None if no proxy needs them.
        proxies: names.
        seed: of the random weights and inputs that zen, linear_regions and tenas draw.

    Returns:
        The score of each proxy; nan where a proxy failed, with a warning in the log.

    Raises:
        UserError: an unknown proxy, another network, images or labels of another shape or type.
        InvalidArchitectureError: no path leads through the network's cell.
    """
    chosen = check_proxies(proxies)
    checked = _check_network(network)
    if not isinstance(images, Tensor):
        raise UserError(f"{_IMAGES}, got a {type(images).__name__}")
    task = Task(images, labels, checked.num_classes)
    _ENGINE.check(task)
    check_batch(task, chosen)
    device = checked.classifier.weight.device
    subject = CellSubject(
        f"cell {checked.cell}",
        lambda: checked,
        images.to(device),
        None if labels is None else labels.to(device),
        seed,
        architecture=CellArchitecture(checked.cell, checked.channels, checked.cells_per_stage),
        num_classes=checked.num_classes,
    )
    return evaluate(subject, chosen, Plan(chosen, _ENGINE))


def score_cell(
    cell: Cell,
    dataset: str,
    proxies: Iterable[str],
    batch_size: int = 64,
    seed: int = 0,
    device: str = "auto",
    *,
    channels: int = 16,
    cells_per_stage: int = 5,
    image_source: str = "bundled",
    split: str = "val",
) -> dict[str, float]:
    """Scores one cell; for many cells, `Scorer` reads the images once.

    Result and errors, and the other arguments, are those of `Scorer` and `Scorer.score`.

    Args:
        cell: any cell.
        dataset: of the images.
        proxies: names.
        batch_size: images of the mini-batch.
        seed: of the mini-batch, the weights and all random inputs.
        device: one of `backend.scoring.DEVICES`.
        channels: channels of the first stage, C.
        cells_per_stage: cells of each stage, N.
        image_source: "bundled", "random", or the folder of the user's own data.
        split: "train" or "val".
    """
    space, architecture = NasBench201(), CellArchitecture(cell, channels, cells_per_stage)
    if architecture.invalid:
        raise InvalidArchitectureError(space, architecture)
    scorer = Scorer(
        dataset,
        proxies,
        batch_size=batch_size,
        seed=seed,
        device=device,
        image_source=image_source,
        split=split,
        space=space,
    )
    return scorer.score(architecture)


def _check_network(network: nn.Module) -> CellNetwork:
    """The network, if it is exactly what the space builds.

    Raises:
        UserError: it isn't, or its weights aren't float32.
        InvalidArchitectureError: no path leads through its cell.
    """
    if not isinstance(network, CellNetwork):
        raise UserError(f"network: expected one made by backend.network.build_network, got a {type(network).__name__}")
    if other := difference(network):
        raise UserError(f"network: expected one just as backend.network.build_network makes it, but {other}")
    architecture = CellArchitecture(network.cell, network.channels, network.cells_per_stage)
    if architecture.invalid:
        raise InvalidArchitectureError(NasBench201(), architecture)
    for name, parameter in network.named_parameters():
        if parameter.dtype != torch.float32:
            raise UserError(f"network: expected float32 weights, got {parameter.dtype} in {name}")
    return network
