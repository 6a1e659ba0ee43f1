"""The parts of the page "Studies": filters, the table, and what can be done with the chosen studies."""

from dashboard.views.studies.actions import actions
from dashboard.views.studies.table import queue_notice, studies_frame, study_table
from dashboard.widgets.study_filters import filtered

__all__ = ["actions", "filtered", "queue_notice", "studies_frame", "study_table"]
