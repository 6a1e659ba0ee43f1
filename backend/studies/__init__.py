"""Studies in an Optuna database: open, make, list, read, and the state of their runs.

What reads trials loads pandas, which a list of studies need not: each name is imported when it is used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
