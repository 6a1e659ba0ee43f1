"""Looks into a database file that somebody sent: nothing of it is trusted before it has been checked."""

from backend.sharing.inspection.file import LARGEST_FILE
from backend.sharing.inspection.opening import opened_file

__all__ = ["LARGEST_FILE", "opened_file"]
