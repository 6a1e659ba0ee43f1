"""The neural tangent kernel of the first images of the batch."""

import torch
from torch import Tensor

from backend.scoring.devices import to_double
from backend.scoring.subject import Subject
from backend.scoring.training import logits, tracked

IMAGES = 16
"""Images at most: each costs a backward pass, since the batch statistics couple them."""


def tangent_kernel(subject: Subject) -> Tensor:
    """One forward pass in train mode and a backward pass an image."""
    live = subject.live
    images = subject.images[:IMAGES]
    with torch.enable_grad():
        weights = tracked(live.weights)
        outputs = logits(live, weights, images).sum(1)
        rows = [torch.autograd.grad(output, weights, retain_graph=True) for output in outputs]
    jacobians = (to_double(torch.stack(layer)).flatten(1) for layer in zip(*rows, strict=True))
    return torch.stack([jacobian @ jacobian.T for jacobian in jacobians]).sum(0)
