"""The parts of the page "Share": to a file, from a file, between databases, and who did what."""

from dashboard.views.share.between import between_section
from dashboard.views.share.choices import VIEW, link_problems
from dashboard.views.share.export import export_section
from dashboard.views.share.history import history_section
from dashboard.views.share.incoming import import_section

__all__ = ["VIEW", "between_section", "export_section", "history_section", "import_section", "link_problems"]
