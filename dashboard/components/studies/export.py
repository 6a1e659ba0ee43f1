"""Studies to take away: a ZIP file with the trials, the search file and the note of each."""

import io
import zipfile
from collections.abc import Sequence

from backend.studies import StudySummary
from backend.studies.catalog import fit_name
from dashboard import queries


def as_archive(studies: Sequence[StudySummary]) -> bytes:
    """A ZIP file with a folder a study: trials.csv, and config.toml and note.md where there are any."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder, item in zip(_folders(studies), studies, strict=True):
            archive.writestr(f"{folder}/trials.csv", queries.trials(item).to_csv(index=False))
            if item.config_text:
                archive.writestr(f"{folder}/config.toml", item.config_text)
            if item.note:
                archive.writestr(f"{folder}/note.md", item.note)
    return content.getvalue()


def _folders(studies: Sequence[StudySummary]) -> list[str]:
    """A folder's name for each."""
    names = [fit_name(item.name) for item in studies]
    return [
        name if names.count(name) == 1 else f"{name} {item.study_id}" for name, item in zip(names, studies, strict=True)
    ]
