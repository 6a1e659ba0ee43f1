"""Scores: any set of proxies of an architecture or network, in as few passes as possible.

What computes scores loads PyTorch, which the readers of score tables need not: each name is imported when it is used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
