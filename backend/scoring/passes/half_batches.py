"""Gradients on the two halves of the batch."""

import torch
from torch import Tensor
from torch.nn import functional

from backend.scoring.subject import Subject
from backend.scoring.training import logits, tracked


def half_batches(subject: Subject) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """A forward and backward pass for each half, which has its own batch statistics and fresh gradients."""
    middle = len(subject.images) // 2
    labels = subject.known_labels()

    def gradients(half: slice) -> tuple[Tensor, ...]:
        weights = tracked(subject.live.weights)
        loss = functional.cross_entropy(logits(subject.live, weights, subject.images[half]), labels[half])
        return torch.autograd.grad(loss, weights)

    with torch.enable_grad():
        return gradients(slice(middle)), gradients(slice(middle, None))
