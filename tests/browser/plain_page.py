"""A page with every way in which Streamlit shows Markdown, each with texts that are no Markdown."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))

import streamlit as st

from dashboard.text import plain

TEXTS = (
    "![i](http://evil.invalid/a.png)",
    "[a](http://evil.invalid)",
    "http://evil.invalid/x",
    "x:http://evil.invalid/y@z.invalid",
    "HTTPS://www.evil.invalid",
    "www.evil.invalid/x",
    "<http://evil.invalid>",
    "a@evil.invalid",
    "<img src=http://evil.invalid/b.png>",
    "<a href='http://evil.invalid'>x</a>",
    "$x^2$",
    "$$y$$",
    ":material/home:",
    ":material_home:",
    ":red[x]{foreground=red}",
    ":color[x]",
    ":help[x]",
    "::smile:",
    ":+1:",
    ":streamlit:",
    "[^1]",
    "| a | b |",
    "# h",
    "- x",
    "+ x",
    "* x",
    "1. x",
    "12) x",
    "===",
    "---",
    "> q",
    "->",
    "a -> b -- c >= 1",
    "&lt;b&gt; &amp;",
    "`code` **b** _i_ ~~s~~",
    "\\(x\\)\\",
    "!",
    "12:30:15 :smile:",
    "speed [/s]",
    "搜索-零成本-1",
    "Größe",
)


def show() -> None:
    """Show them all."""
    for number, text in enumerate(TEXTS):
        with st.container(key=f"markdown{number}"):
            st.markdown(plain(text))
        with st.container(key=f"caption{number}"):
            st.caption(f":gray[12:30:15 UTC] {plain(text)}")
        with st.container(key=f"button{number}"):
            st.button(plain(text), key=f"of{number}")
        with st.container(key=f"list{number}"):
            st.info(f"- **{plain(text)}**[x](/y)")
        with st.container(key=f"choice{number}"):
            st.segmented_control("c", [text], format_func=plain, key=f"choice_of{number}")
    st.code("the end")


if __name__ == "__main__":
    show()
