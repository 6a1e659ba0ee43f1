"""The form of a new search: its state, its fields, and the search file that says the same."""

from dashboard.views.new_search.fields import search_fields
from dashboard.views.new_search.file import file_exchange, presets_menu
from dashboard.views.new_search.launch_box import launch_box
from dashboard.views.new_search.problems import Problems, rest_of
from dashboard.views.new_search.state import UNREAD, begin, config_of_form, form_tables

__all__ = [
    "UNREAD",
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
