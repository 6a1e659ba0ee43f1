"""Random numbers of a score: each purpose has its own stream, fixed by the seed alone."""

import hashlib

import torch


def make_generator(seed: int, purpose: str) -> torch.Generator:
    """A CPU generator; the global one is never touched, so that threads don't disturb each other.

    Args:
        seed: of the score.
        purpose: what the numbers are for, such as "weights"; streams of different purposes are independent.
    """
    digest = hashlib.sha256(f"{seed} {purpose}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "little") >> 1)
