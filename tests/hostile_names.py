"""Names that anybody may have given: markup, control sequences, addresses, paths, and other alphabets."""

from pathlib import Path
from typing import Final

CASES = Path(__file__).with_name("data") / "cases"
"""Small study databases on which something once failed."""

SPOKEN: Final = ("搜索-零成本-1", "Größe", "👩‍🔬 test 🧪", "بحث")
"""Names in other alphabets, which are shown and kept just as they are."""
MARKUP: Final = (
    "speed [/s]",
    "latency [ms]",
    "[bold]x[/bold]",
    "[link=file:///x]",
    ":smile: *x* _y_ `z`",
    "exp[1]",
)
"""Names that rich, or Markdown, would take for markup."""
PATHS: Final = ("../../etc", "/etc/passwd", "a/b\\c", "..", ".hidden", "con.txt", "~root")
ACTING: Final = (
    "\x1b[2J",
    "\x1b]0;title\x07",
    "a\rb",
    "two\nlines",
    "tab\there",
    "\u202egnp.exe",
    "\u2066x",
    "\x9b2J",
    "\x7f",
)
"""Names that would clear a terminal, name its window, hide what is before them, or turn text around."""

ANY: Final = (*SPOKEN, *MARKUP, *PATHS, *ACTING)
