"""What each proxy takes on this machine, for those that are chosen and those that could be."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from backend import proxies
from backend.config.model import SearchConfig
from dashboard.data import configurations
from dashboard.text import plain


def measured_prices(config: SearchConfig | None) -> Mapping[str, float]:
    """Seconds that each proxy adds to the others of a configuration, by name; empty where nothing was measured.

    Args:
        config: what the form says; None while something in it is wrong.
    """
    found = configurations.measurement(config) if config else None
    return found.prices(config.proxy_names) if found and config else {}


def shown_price(seconds: float | None) -> str:
    """A price, such as "12 ms" or "1.2 s"."""
    if seconds is None:
        return "not measured"
    if seconds < 0.001:
        return "under 1 ms"
    return f"{seconds:.1f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"


def price_of_more(config: SearchConfig | None, prices: Mapping[str, float]) -> None:
    """A line on what each proxy that is not chosen would add, the cheapest first; nothing where nothing was measured.

    Args:
        config: what the form says.
        prices: as :func:`measured_prices` gives them.
    """
    if config is None or not prices:
        return
    others = [name for name in proxies.available() if name not in config.proxy_names]
    known = sorted((name for name in others if name in prices), key=prices.__getitem__)
    unknown = [name for name in others if name not in prices]
    said = [f"{plain(name)} **+{shown_price(prices[name])}**".replace("+under", "under") for name in known]
    said += [f"not measured: {plain(', '.join(unknown))}"] if unknown else []
    if said:
        st.caption(
            f"What another proxy adds for each {plain(config.space.words.one)}: {' · '.join(said)}",
            help="Measured on this machine, beside the proxies chosen: proxies that share passes through the network "
            "cost less together. Below, a proxy takes what leaving it out would save. On a busy machine measure again: "
            "differences are small beside what others disturb.",
        )
