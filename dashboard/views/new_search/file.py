"""The search file beside the form: shown, downloaded, uploaded, and the presets that come with the product."""

from pathlib import Path

import streamlit as st

from backend.config.advice import notices
from backend.config.model import SearchConfig
from backend.config.toml_text import decode_toml
from backend.errors import ConfigError
from backend.runs import launch
from dashboard.text import plain
from dashboard.views.new_search.state import fill

_UPLOAD, _OUTCOME = "search_upload", "search_upload_outcome"
_ORDER = (
    "quick_look",
    "quickstart",
    "standard",
    "best_cell",
    "hardware_aware",
    "nas_bench_macro",
    "ensemble_free",
    "search_zero_cost",
)


def presets_menu() -> None:
    """A menu of the search files that come with ProxyScope; choosing one fills the form."""
    files = sorted(launch.example_config_path().parent.glob("*.toml"), key=_place)
    st.menu_button(
        "Start from",
        [path.stem for path in files],
        format_func=_preset_title,
        key="search_preset",
        icon=":material/content_copy:",
        help="Fill the form with a search file that comes with ProxyScope:\n\n"
        + "\n".join(f"- **{_preset_title(path.stem)}**: {plain(_preset_words(path))}" for path in files),
        on_click=_load_preset,
        args=(files[0].parent,),
    )


def file_exchange(config: SearchConfig | None) -> None:
    """The search file of the form, to download, and an uploader that fills the form.

    Args:
        config: what the form says; None while something in it is wrong.
    """
    st.file_uploader(
        "Fill the form from a TOML file",
        type="toml",
        max_upload_size=1,
        key=_UPLOAD,
        on_change=_load_upload,
        help="A search file as `make search` reads it, or one downloaded here. What is wrong in it is named.",
    )
    _show_outcome()
    text = config.to_toml() if config else ""
    st.download_button(
        "Download TOML",
        text,
        file_name="search.toml",
        mime="application/toml",
        icon=":material/download:",
        key="search_download",
        disabled=config is None,
        on_click="ignore",
        help="The same search as a file: for `make search CONFIG=search.toml`, or to upload here again.",
    )
    with st.expander("See and edit the file", icon=":material/description:", key="search_file"):
        if config:
            st.code(text, language="toml", height=320)
        else:
            st.caption("The file appears here once everything in the form is right.")
        _editor(text)


def _editor(text: str) -> None:
    """A field with the file's text; what is written there fills the form."""
    if st.button(
        "Edit as text",
        icon=":material/edit_note:",
        key="edit_file",
        help="Write the search file by hand, or paste one, and fill the form from it.",
    ):
        _edit_dialog(text)


@st.dialog("The search file", icon=":material/edit_note:", width="large")
def _edit_dialog(text: str) -> None:
    edited = st.text_area(
        "Search file (TOML)",
        text,
        key="edited_file",
        height=520,
        help="What a search file may hold, `python -m backend search` reads too. Comments are not kept.",
    )
    if st.button("Fill the form", type="primary", key="take_edited", help="Check the text and put it into the form."):
        _load(edited, "The edited file")
        good, lines = st.session_state[_OUTCOME]
        if good:
            st.rerun()
        st.error("\n".join(f"- {plain(line)}" for line in lines))


def _place(path: Path) -> tuple[int, str]:
    """The quicker first; those that somebody has added come last."""
    return _ORDER.index(path.stem) if path.stem in _ORDER else len(_ORDER), path.stem


def _preset_title(stem: str) -> str:
    return stem.replace("_", " ").capitalize()


def _preset_words(path: Path) -> str:
    """The first sentence of a preset's opening comment."""
    comment = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        comment.append(line.lstrip("# "))
    if comment:
        return " ".join(comment).partition(": ")[2].partition(". ")[0].rstrip(".")
    config = SearchConfig.from_file(path)
    return f"{config.setup.n_trials} trials on {config.dataset}, {len(config.proxy_names)} proxies"


def _load_preset(folder: Path) -> None:
    _load((folder / f"{st.session_state['search_preset']}.toml").read_text(encoding="utf-8"), "The preset")


def _load_upload() -> None:
    uploaded = st.session_state[_UPLOAD]
    if uploaded is None:
        st.session_state.pop(_OUTCOME, None)
        return
    _load(uploaded.getvalue(), uploaded.name)


def _load(content: str | bytes, source: str) -> None:
    try:
        text = content if isinstance(content, str) else decode_toml(content, source)
        config = SearchConfig.from_toml(text, source=source)
    except ConfigError as error:
        st.session_state[_OUTCOME] = (False, error.lines())
        return
    fill(st.session_state, config)
    st.session_state[_OUTCOME] = (True, [f"{source} fills the form.", *notices(config)])


def _show_outcome() -> None:
    if outcome := st.session_state.get(_OUTCOME):
        good, lines = outcome
        body = "\n".join(f"- {plain(line)}" for line in lines)
        if good:
            st.success(body)
        else:
            st.error(f"**The file was not taken over**\n\n{body}")
