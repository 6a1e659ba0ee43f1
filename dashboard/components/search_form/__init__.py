"""The form of a new search: its state, its fields, and the search file that says the same."""

from dashboard.components.search_form.fields import search_fields
from dashboard.components.search_form.file import file_exchange, presets_menu
from dashboard.components.search_form.launch_box import launch_box
from dashboard.components.search_form.partial import rest_of
from dashboard.components.search_form.problems import Problems
from dashboard.components.search_form.state import begin, config_of_form, form_tables

__all__ = [
    "Problems",
    "begin",
    "config_of_form",
    "file_exchange",
    "form_tables",
    "launch_box",
    "presets_menu",
    "rest_of",
    "search_fields",
]
