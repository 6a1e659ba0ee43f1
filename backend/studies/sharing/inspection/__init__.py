"""Looks into a database file that somebody sent: nothing of it is trusted before it has been checked."""

from backend.studies.sharing.inspection.opening import LARGEST_FILE, opened_file

__all__ = ["LARGEST_FILE", "opened_file"]
