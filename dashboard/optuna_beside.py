"""Where optuna-dashboard shows a study, when it runs beside this dashboard."""

import os

from backend.studies import StudySummary
from dashboard import access, session

ADDRESS_VARIABLE = "PROXYSCOPE_OPTUNA_DASHBOARD"


def optuna_link(summary: StudySummary) -> str:
    """The study's page there; "" where it does not run, or shows another database than this session does.

    It has no login and changes studies, so those who may only look are not led there.
    """
    address = os.environ.get(ADDRESS_VARIABLE, "").rstrip("/")
    known = address.startswith(("http://", "https://")) and not session.is_chosen() and access.visitor().may_write
    return f"{address}/dashboard/studies/{summary.study_id}" if known else ""
