"""The parts of the page "Studies": filters, the table, and what can be done with the chosen studies."""

from dashboard.components.studies.actions import actions
from dashboard.components.studies.filters import filtered
from dashboard.components.studies.queue_notice import queue_notice
from dashboard.components.studies.table import studies_frame, study_table

__all__ = ["actions", "filtered", "queue_notice", "studies_frame", "study_table"]
