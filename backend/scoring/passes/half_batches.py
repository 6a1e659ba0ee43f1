"""Gradients on the two halves of the batch."""

import torch
from torch import Tensor

from backend.scoring.backpropagation import Tape
from backend.scoring.loss import loss_slope
from backend.scoring.subject import Subject


@torch.no_grad()
def half_batches(subject: Subject) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """A forward and backward pass for each half, which has its own batch statistics and fresh gradients."""
    middle = len(subject.images) // 2
    labels = subject.known_labels()

    def gradients(half: slice) -> tuple[Tensor, ...]:
        tape = Tape(subject.live, frugal=subject.frugal)
        slope = loss_slope(tape.logits(subject.images[half]), labels[half])
        found = tape.backward(slope, weights=True)
        return found.in_order(found.weights)

    return gradients(slice(middle)), gradients(slice(middle, None))
