"""Scores of networks and of cells."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from backend.datasets.batch import Batch, load_batch
from backend.proxies.observations import Design
from backend.scoring.checks import DisconnectedCellError, check_batch, check_network, check_proxies
from backend.scoring.engines.nas_bench_201.subject import Subject
from backend.scoring.plan import Plan, evaluate
from backend.scoring.runtime import make_generator, resolve_device
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.network import CellNetwork, build_network


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
        DisconnectedCellError: no path leads through the network's cell.
    """
    chosen = check_proxies(proxies)
    checked = check_network(network)
    check_batch(images, labels, checked.num_classes, chosen)
    device = checked.classifier.weight.device
    subject = Subject(
        build=lambda: checked,
        images=images.to(device),
        labels=None if labels is None else labels.to(device),
        design=Design(checked.cell, checked.channels, checked.cells_per_stage, checked.num_classes, *images.shape[2:]),
        seed=seed,
    )
    return evaluate(subject, chosen, Plan(chosen))


def setting_of(batch: Batch, seed: int, channels: int, cells_per_stage: int) -> str:
    """Digest of all that a score depends on beside cell and proxy (64 hexadecimal digits)."""
    digest = hashlib.sha256(f"{seed} {channels} {cells_per_stage} {batch.num_classes}".encode())
    digest.update(batch.images.numpy().tobytes())
    digest.update(batch.labels.numpy().tobytes())
    return digest.hexdigest()


class Scorer:
    """Scores cells of one dataset: holds the mini-batch and the plan; several threads may score at once.

    A score is a function of the cell's class, the mini-batch, the network's size, the seed and the proxy's version; on
    one machine equal to the last bit, whichever other proxies are computed beside it.

    Args:
        dataset: one of `backend.datasets.DATASETS`.
        proxies: names.
        batch_size: images of the mini-batch.
        seed: of the mini-batch, the weights and all random inputs.
        device: one of `backend.scoring.DEVICES`.
        image_source: "bundled", "random", or the folder of the user's own data.
        split: "train" or "val".

    Attributes:
        batch: the mini-batch.
        device: where the scores are computed.
        proxies: what is computed.

    Raises:
        UserError: an unknown proxy, dataset or device, more images than there are, or fewer than a proxy needs.
    """

    def __init__(
        self,
        dataset: str,
        proxies: Iterable[str],
        *,
        batch_size: int = 64,
        seed: int = 0,
        device: str = "auto",
        image_source: str = "bundled",
        split: str = "val",
    ) -> None:
        self.proxies = check_proxies(proxies)
        self.device: torch.device = resolve_device(device)
        self.batch: Batch = load_batch(dataset, batch_size, seed, image_source, split)
        check_batch(self.batch.images, self.batch.labels, self.batch.num_classes, self.proxies)
        self._seed = seed
        self._plan = Plan(self.proxies)
        self._images = self.batch.images.to(self.device)
        self._labels = self.batch.labels.to(self.device)

    def score(
        self, cell: Cell, channels: int = 16, cells_per_stage: int = 5, proxies: Iterable[str] | None = None
    ) -> dict[str, float]:
        """The scores of one cell, whose class shares them (but for the sizes, which are the literal cell's).

        Args:
            cell: any cell.
            channels: channels of the first stage, C.
            cells_per_stage: cells of each stage, N.
            proxies: names, if not all of the scorer's.

        Returns:
            The score of each proxy; nan where a proxy failed, with a warning in the log.

        Raises:
            DisconnectedCellError: no path leads through the cell.
            UserError: a size that is not a whole number from 1.
        """
        if not cell.connected:
            raise DisconnectedCellError(cell)
        chosen = self.proxies if proxies is None else check_proxies(proxies)
        plan = self._plan if proxies is None else Plan(chosen)
        classes = self.batch.num_classes

        def build() -> CellNetwork:
            generator = make_generator(self._seed, "weights")
            network = build_network(cell.representative(), classes, channels, cells_per_stage, generator=generator)
            return network.to(self.device)

        design = Design(cell, channels, cells_per_stage, classes, *self._images.shape[2:])
        return evaluate(Subject(build, self._images, self._labels, design, self._seed), chosen, plan)


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

    Arguments, result and errors are those of `Scorer` and `Scorer.score`.
    """
    if not cell.connected:
        raise DisconnectedCellError(cell)
    scorer = Scorer(
        dataset, proxies, batch_size=batch_size, seed=seed, device=device, image_source=image_source, split=split
    )
    return scorer.score(cell, channels, cells_per_stage)
