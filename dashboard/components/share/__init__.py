"""The parts of the page "Share": to a file, from a file, between databases, and who did what."""

from dashboard.components.share.between import between_section
from dashboard.components.share.choices import VIEW, link_problems
from dashboard.components.share.export import export_section
from dashboard.components.share.history import history_section
from dashboard.components.share.incoming import import_section

__all__ = ["VIEW", "between_section", "export_section", "history_section", "import_section", "link_problems"]
