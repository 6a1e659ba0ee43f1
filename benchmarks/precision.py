"""Measures what convolutions in bfloat16 would gain and cost: ``python -m benchmarks.precision [--sample 30]``.

Each convolution that adds up enough products, forward and backward, rounds what it reads to bfloat16, adds up in
float32 and gives float32; all else stays as it is. The same networks are scored both ways, in turn, in one thread:
cells of NAS-Bench-201, a sample for the order that each proxy keeps, and a residual network of 64 to 512 channels.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Annotated, Any

import pandas as pd
import torch
import typer
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from backend.scoring import Scorer, score_network
from backend.spaces import registry
from backend.spaces.building import draw
from benchmarks.scoring import scorer_names

_FORWARD = (torch.conv1d, torch.conv2d, torch.conv3d)
_BACKWARD = (torch.ops.aten.convolution_backward, torch.ops.aten.convolution_backward.default)
_FEWEST_PRODUCTS = 128
"""That an output adds up: with fewer, and in depthwise convolutions, the conversions take longer than they save."""
_TOP = 0.1
console = Console(width=120)


class BFloat16Convolutions(TorchFunctionMode):
    """Has the convolutions of this thread computed in bfloat16."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Rounds what a convolution reads, and gives float32."""
        del types
        kwargs = kwargs or {}
        forward, backward = func in _FORWARD, func in _BACKWARD
        if not (forward or backward) or not _pays(args, kwargs, forward=forward):
            return func(*args, **kwargs)
        result = func(*map(_rounded, args), **{name: _rounded(value) for name, value in kwargs.items()})
        if isinstance(result, Tensor):
            return result.float()
        return tuple(None if value is None else value.float() for value in result)


def _pays(args: Sequence[Any], kwargs: dict[str, Any], *, forward: bool) -> bool:
    weight, groups = (1, 6) if forward else (2, 9)
    kernel = args[weight] if len(args) > weight else kwargs["weight"]
    count = args[groups] if len(args) > groups else kwargs.get("groups", 1)
    return count == 1 and kernel.dtype == torch.float32 and kernel[0].numel() >= _FEWEST_PRODUCTS


def _rounded(value: Any) -> Any:
    return value.bfloat16() if isinstance(value, Tensor) else value


Way = Callable[[], AbstractContextManager[Any]]
WAYS: dict[str, Way] = {"float32": nullcontext, "bfloat16": BFloat16Convolutions}
"""Both precisions, by name."""


def in_turn(
    score: Callable[[], dict[str, float]], rounds: int, ways: Mapping[str, Way] = WAYS
) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """Scores in each way, and how many times as fast as float32 each is (medians of rounds in turn)."""
    scores: dict[str, dict[str, float]] = {}
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, inside in ways.items():
            with inside():
                started = time.perf_counter()
                scores[way] = score()
                seconds[way].append(time.perf_counter() - started)
    exact = statistics.median(seconds["float32"])
    return scores, {way: exact / statistics.median(taken) for way, taken in seconds.items()}


class _Residual(nn.Module):
    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        first = [nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU()]
        self.body = nn.Sequential(*first, nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels))
        self.shortcut = nn.Conv2d(channels_in, channels, 1, stride, bias=False)
        self.relu = nn.ReLU()

    def forward(self, value: Tensor) -> Tensor:
        output: Tensor = self.relu(self.body(value) + self.shortcut(value))
        return output


def residual_network() -> nn.Module:
    """Eight residual blocks of 64 to 512 channels."""
    torch.manual_seed(0)
    widths = (64, 64, 128, 128, 256, 256, 512, 512)
    blocks = [
        _Residual(before, width, 1 if before == width else 2)
        for before, width in zip((64, *widths), widths, strict=False)
    ]
    stem = [nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


def main(
    sample: Annotated[int, typer.Option(min=10, help="Cells whose order is compared.")] = 30,
    batch_size: Annotated[int, typer.Option(min=2, help="Images.")] = 64,
) -> None:
    """Compare convolutions in bfloat16 with those in float32."""
    torch.set_num_threads(1)
    known = f"avx512_bf16 {torch.cpu._is_avx512_bf16_supported()}, amx {torch.cpu._is_amx_tile_supported()}"
    console.print(f"this processor: {known}")
    space = registry.get()
    scorer = Scorer("cifar10", scorer_names(), batch_size=batch_size, space=space)
    rows, gains = [], []
    for architecture in draw(space, 20 * sample):
        if architecture.invalid or len(gains) == sample:
            continue
        scores, gain = in_turn(lambda architecture=architecture: scorer.score(architecture), 1)  # type: ignore[misc]
        rows.append(pd.concat({way: pd.Series(values) for way, values in scores.items()}))
        gains.append(gain["bfloat16"])
    console.print(
        f"cells: {statistics.median(gains):.2f}× as fast (median of {len(gains)}, {min(gains):.2f} to {max(gains):.2f})"
    )
    _print_order(pd.DataFrame(rows))
    images, labels = scorer.batch.images[:32], scorer.batch.labels[:32]
    for names in (["naswot"], ["snip", "grad_norm", "fisher"], ["naswot_relu", "log_synflow", "jacob_cov", "snip"]):
        _, gain = in_turn(lambda names=names: score_network(residual_network(), images, labels, names), 3)  # type: ignore[misc]
        console.print(f"residual network, {', '.join(names)}: {gain['bfloat16']:.2f}× as fast")


def _print_order(scores: pd.DataFrame) -> None:
    table = Table("proxy", "Spearman", "Kendall", "largest shift in the top tenth (places)")
    exact, rough = scores["float32"], scores["bfloat16"]
    top = max(1, round(_TOP * len(scores)))
    for name in exact:
        places = [column[name].rank(ascending=False) for column in (exact, rough)]
        shift = (places[0] - places[1]).abs()[places[0] <= top].max()
        spearman, kendall = (exact[name].corr(rough[name], method=method) for method in ("spearman", "kendall"))
        table.add_row(str(name), f"{spearman:.4f}", f"{kendall:.4f}", f"{shift:.0f}")
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
