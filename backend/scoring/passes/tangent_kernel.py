"""The neural tangent kernel of the first images of the batch."""

import torch
from torch import Tensor

from backend.scoring.backpropagation import Tape
from backend.scoring.devices import to_double
from backend.scoring.subject import Subject

IMAGES = 16
"""Images at most: each costs a backward pass, since the batch statistics couple them."""


@torch.no_grad()
def tangent_kernel(subject: Subject) -> Tensor:
    """One forward pass in train mode and a sweep back for each image."""
    tape = Tape(subject.live, frugal=subject.frugal)
    outputs = tape.logits(subject.images[:IMAGES])
    rows = []
    for image in range(len(outputs)):
        cotangents = torch.zeros_like(outputs)
        cotangents[image] = 1
        found = tape.backward(cotangents, weights=True, keep=True)
        rows.append(found.in_order(found.weights))
    jacobians = (to_double(torch.stack(layer)).flatten(1) for layer in zip(*rows, strict=True))
    return torch.stack([jacobian @ jacobian.T for jacobian in jacobians]).sum(0)
