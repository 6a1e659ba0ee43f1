"""What every architecture of a benchmark reached when it was trained, and what it costs.

What reads tables loads pandas, which the names of metrics need not: each name is imported when it is used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
