"""Studies to take away: a ZIP file with the trials, the search file and the note of each."""

import io
import zipfile
from collections.abc import Sequence

from backend.naming import file_name
from backend.studies import StudySummary
from dashboard import queries
from dashboard.components.download import csv_text


def as_archive(studies: Sequence[StudySummary]) -> bytes:
    """A ZIP file with a folder a study: trials.csv, and config.toml and note.md where there are any."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder, item in zip(_folders(studies), studies, strict=True):
            archive.writestr(f"{folder}/trials.csv", csv_text(queries.trials(item)))
            if item.config_text:
                archive.writestr(f"{folder}/config.toml", item.config_text)
            if item.note:
                archive.writestr(f"{folder}/note.md", item.note)
    return content.getvalue()


def _folders(studies: Sequence[StudySummary]) -> list[str]:
    """A folder's name for each."""
    return [file_name(item.name) for item in studies]
