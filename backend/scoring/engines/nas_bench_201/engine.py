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
from backend.scoring.checks import InvalidArchitectureError
from backend.scoring.engine import Pass
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

    saves_memory = True
    passes: Sequence[Pass] = (
        Pass(
            lambda subject, wanted, _: training_step(subject, wanted),
            frozenset(
                {"gradients", "bare_curvature", "saliencies", "input_gradients", "relu_agreement", "layer_agreements"}
            ),
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
        "flow_scale": lambda _: 0.0,
        "normalised": lambda subject: tuple(layer.norm is not None for layer in subject.live.layers),
    }

    def check(self, task: Task) -> None:
        """Check that the networks take the images.

        Raises:
            UserError: they are no float32 (B, 3, H, W) with H and W multiples of 4.
        """
        if not isinstance(task.batch, Tensor):
            raise UserError(f"{_IMAGES}, got a {type(task.batch).__name__}")
        shape = tuple(task.batch.shape)
        if task.batch.dtype != torch.float32 or len(shape) != 4:
            raise UserError(f"{_IMAGES}, got {task.batch.dtype} {shape}")
        if shape[0] == 0 or shape[1] != 3 or shape[2] % 4 or shape[3] % 4 or 0 in shape:
            raise UserError(f"{_IMAGES}, got {shape}")

    def missing(self, subject: CellSubject, requirement: str) -> bool:
        """See `Engine`: every network of the space has all that is ever required."""
        del subject, requirement
        return False

    def subject(
        self, space: SearchSpace, architecture: Architecture, task: Task, seed: int, device: torch.device
    ) -> CellSubject:
        """The network of the representative of a cell's class, which all cells of the class share."""
        assert isinstance(architecture, CellArchitecture)
        sizes = architecture.channels, architecture.cells_per_stage

        def build() -> CellNetwork:
            generator = make_generator(seed, "weights")
            cell = architecture.cell.representative()
            network = build_network(cell, task.num_outputs, *sizes, generator=generator)
            return network.to(device, non_blocking=device.type == "cuda")

        name = f"{space.words.one} {architecture.key}"
        return CellSubject(
            name, build, task.batch, task.labels, seed, architecture=architecture, num_classes=task.num_outputs
        )


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


def subject_of(network: nn.Module, task: Task, seed: int) -> CellSubject | None:
    """A given network to observe, if it is exactly what the space builds; None for any other module.

    Args:
        network: any module.
        task: batch and labels, on any device.
        seed: of the random weights and inputs that some proxies draw.

    Raises:
        InvalidArchitectureError: no path leads through the network's cell.
    """
    if not isinstance(network, CellNetwork) or difference(network):
        return None
    if any(parameter.dtype != torch.float32 for parameter in network.parameters()):
        return None
    architecture = CellArchitecture(network.cell, network.channels, network.cells_per_stage)
    if architecture.invalid:
        raise InvalidArchitectureError(NasBench201(), architecture)
    device = network.classifier.weight.device
    return CellSubject(
        f"cell {network.cell}",
        lambda: network,
        task.batch.to(device),
        None if task.labels is None else task.labels.to(device),
        seed,
        architecture=architecture,
        num_classes=network.num_classes,
    )
