"""One proxy against true accuracy or another proxy, a marker an architecture."""

import streamlit as st

from dashboard.cards.proxies import scatter_card
from dashboard.data.proxies import Source, Target
from dashboard.links import link_architecture, linked_architecture
from dashboard.views.proxies.choices import against_choice, color_choice, scale_choice
from dashboard.widgets.charts import clicked, show


def scatter_section(source: Source, target: Target | None, proxy: str) -> None:
    """The scatter with its controls; a click puts an architecture into the page's link.

    Args:
        source: of the scores.
        target: the true accuracy; None where none is known.
        proxy: on the horizontal axis.
    """
    with st.container(border=True, key="scatter_section"):
        first, second, third = st.columns(3)
        with first:
            against = against_choice(source, proxy)
        with second:
            scale = scale_choice(source)
        with third:
            color = color_choice(source)
        selected = linked_architecture(source.space)
        label = source.space.label(selected) if selected else None
        card = scatter_card(source, target, proxy, against=against, scale=scale, color=color, selected=label)
        name = target.dataset if target and against == "accuracy" else against
        show(card, f"{source.name} {proxy} against {name}", on_select=_link_clicked)
        st.caption(card.help)


def _link_clicked() -> None:
    if data := clicked("proxy_scatter"):
        link_architecture(data[0])
