"""Texts of others in a chart: Plotly reads titles, ticks, legends and hover texts as a kind of HTML, with links."""

import html

from backend.naming import visible


def drawn(text: str) -> str:
    """Text that Plotly draws as it is: no tag, place of a hover text's template, or formula comes of it."""
    return html.escape(visible(text), quote=False).replace("%{", "%&#123;").replace("$", "&#36;")
