"""NAS-Bench-201's truth by the name that other programs import; it lives in :mod:`backend.truth`."""

from backend.truth import *  # noqa: F403
from backend.truth import __all__  # noqa: F401
