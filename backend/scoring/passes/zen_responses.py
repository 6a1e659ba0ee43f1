"""Gaussian networks on Gaussian images, and on the same images changed a little."""

from __future__ import annotations

import torch
from torch import Tensor

from backend.proxies.observations import ZenResponse
from backend.scoring.batch_norm import Norm
from backend.scoring.live import features
from backend.scoring.seeding import make_generator
from backend.scoring.subject import Subject, layout
from backend.scoring.training import TrainingArithmetic, channels_last

REPEATS = 4
"""Networks whose scores are averaged: the score varies by about 1% from one draw of the weights to the next."""

IMAGES = 8
"""Images of each repeat; more of them hardly make the score steadier."""

MIXTURE = 0.01
"""How much noise changes the images."""


def zen_responses(subject: Subject) -> tuple[ZenResponse, ...]:
    """Two forward passes a repeat; the images of the subject give no more than their size."""
    return tuple(_respond(subject, repeat) for repeat in range(REPEATS))


@torch.no_grad()
def _respond(subject: Subject, repeat: int) -> ZenResponse:
    live = subject.live
    generator = make_generator(subject.seed, f"zen {repeat}")

    def draw(shape: tuple[int, ...]) -> Tensor:
        return torch.randn(shape, generator=generator).to(subject.device)

    weights = [draw(tuple(weight.shape)).contiguous(memory_format=layout(weight)) for weight in live.weights]
    norms = [Norm(torch.ones_like(weight), torch.zeros_like(bias), eps) for weight, bias, eps in live.norms]
    shape = (IMAGES, *subject.images.shape[1:])
    images = draw(shape)
    changed = images + MIXTURE * draw(shape)

    variances: list[Tensor] = []
    watching = TrainingArithmetic(
        weights, norms, on_norm=lambda statistics: variances.append(statistics.variance.mean())
    )
    before = features(live, watching, channels_last(images))
    after = features(live, TrainingArithmetic(weights, norms), channels_last(changed))
    change = (before - after).abs().sum((1, 2, 3)).mean()
    return ZenResponse(change, torch.stack(variances))
