"""What a proxy is: definition, source, better direction and known failure modes, as its registration tells them."""

from urllib.parse import urlsplit

import streamlit as st

from backend import proxies
from backend.proxies import Proxy
from dashboard.data import proxies as proxy_queries
from dashboard.data.proxies import Source
from dashboard.figures.numbers import duration
from dashboard.text import plain


def about_proxy(name: str, source: Source) -> None:
    """A card on one proxy."""
    proxy = proxies.get(name)
    with st.container(border=True, key="about_proxy"):
        title = f" · {plain(proxy.title)}" if proxy.title != name else ""
        st.markdown(f"**What is {plain(name)}?**{title}")
        if proxy.description:
            st.markdown(plain(proxy.description))
        if proxy.formula:
            st.latex(proxy.formula)
        _facts(proxy, source)
        if proxy.traps:
            st.markdown("**Known failure modes**\n" + "\n".join(f"- {plain(trap)}" for trap in proxy.traps))
        _source(proxy)
        if proxy.definition:
            with st.expander("Definition in its code", icon=":material/code:", key="proxy_definition"):
                st.code(proxy.definition, language=None, wrap_lines=True)


def _facts(proxy: Proxy, source: Source) -> None:
    better = ":material/arrow_upward: higher" if proxy.direction == "maximize" else ":material/arrow_downward: lower"
    needs = [*([] if proxy.needs_labels else ["no labels"]), *proxy.needs]
    facts = [f"Better: **{better}**", f"needs {', '.join(needs)}"]
    if proxy.skewed:
        facts.append("values span orders of magnitude")
    if proxy.literal:
        facts.append(f"counted from the {source.space.words.one}, no network is built")
    elif proxy.name in source.recorded and (seconds := proxy_queries.seconds_each(source)):
        passes = sum(not proxies.get(name).literal for name in source.recorded)
        alone = "alone" if passes == 1 else f"for all {passes} proxies together"
        facts.append(f"{duration(seconds)} {source.space.words.a} here, {alone}")
    st.caption(" · ".join([*facts, f"version {proxy.version} of its definition"]))


def _source(proxy: Proxy) -> None:
    if not proxy.source:
        return
    links = "".join(f" [{plain(_shown(link))}]({link})" for link in proxy.links)
    st.caption(f"Source: {plain(proxy.source)}.{links}")


def _shown(link: str) -> str:
    parts = urlsplit(link)
    return parts.netloc + parts.path
