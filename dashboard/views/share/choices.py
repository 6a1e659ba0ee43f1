"""What is chosen on the page, and kept in its link."""

from typing import Final

from dashboard.links import VIEW_PARAMETER
from dashboard.widgets.linked import LinkedChoice

VIEW: Final = LinkedChoice(
    VIEW_PARAMETER,
    {"export": "Export", "import": "Import", "between": "Copy between databases", "history": "History"},
)
WHICH: Final = LinkedChoice("which", {"chosen": "Chosen", "filtered": "Those of a filter", "all": "All"})
DIRECTION: Final = LinkedChoice("direction", {"there": "From here to there", "here": "From there to here"})
_SCORES = LinkedChoice("scores", {"with": "With scores", "without": "Without"})


def choose_scores(words: str) -> bool:
    """A control for whether stored scores go along."""
    return _SCORES.segments("Stored scores", words) == "with"


def link_problems() -> list[str]:
    """What is wrong with the page's link, a line each."""
    return [choice.problem for choice in (VIEW, WHICH, DIRECTION, _SCORES) if choice.problem]
