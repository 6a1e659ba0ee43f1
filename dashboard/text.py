"""Texts from data, safe where a page shows them: as Markdown, and in charts."""

import html
import re

from backend.naming import visible

_MARKUP = frozenset(r"\`*_[]{}$~:<>#!&|")
_REPLACED = re.compile(
    r":(?=//|[\w+/-]+:)"  # http://, and :icon: or :emoji:
    r"|(?<=www)\."
    r"|@"  # of an address for mail
    r"|(?<!\S)(?:<->|->|<-|--|>=|<=|~=)(?!\S)",  # arrows and signs
    re.IGNORECASE,
)
_LIST_ITEM = re.compile(r"^(\s*(?:\d+(?=[.)])|(?=[-+=])))")


def drawn(text: str) -> str:
    """Text that Plotly draws as it is: no tag, place of a hover text's template, or formula comes of it."""
    return html.escape(visible(text), quote=False).replace("%{", "%&#123;").replace("$", "&#36;")


def plain(text: str) -> str:
    """Text as Markdown that shows just this text: no markup, link, picture, formula, icon or emoji comes of it."""
    text = re.sub(r" {2,}", " ", visible(text))
    parts, end = [], 0
    for found in _REPLACED.finditer(text):
        begin = found.start()
        # Streamlit replaces these after Markdown has taken its backslashes off; a span of no colour parts them.
        parts += [_escaped(text[end:begin]), rf":color[\{text[begin]}]"]
        end = begin + 1
    return _LIST_ITEM.sub(r"\1\\", "".join([*parts, _escaped(text[end:])]))


def _escaped(text: str) -> str:
    return "".join(f"\\{character}" if character in _MARKUP else character for character in text)
