"""The data of the form: a published data set or a user's own images, how many, and from where."""

from __future__ import annotations

from typing import Final

import streamlit as st
from streamlit.elements.lib.grid_container import GridContainer

from backend.datasets.info import DATASETS, KINDS
from dashboard.server import session
from dashboard.views.new_search.metrics import KEEP, number_field, scores_field
from dashboard.views.new_search.problems import Problems
from dashboard.views.new_search.state import (
    ARCHITECTURES,
    FOLDER,
    IMAGE_SIZE,
    IMAGE_SOURCES,
    PUBLISHED,
    TRUTH,
    UNREAD,
    extras_of,
    from_table,
    images_of,
    is_own,
    key,
    lengths_of,
    own_name,
    space_of,
    splits,
)

_WHICH: Final = {"all": "All", "table": "Trained ones"}
_IMAGE_NAMES = {"bundled": "Bundled sample", "random": "Gaussian noise", FOLDER: "My own data"}
_SPLIT_NAMES = {"train": "Training images", "val": "Validation images"}
_FORMATS: Final = {
    PUBLISHED: "Files of CIFAR or ImageNet16-120",
    "folder": "A folder for each class (PNG, JPEG)",
    "npz": "Arrays images and labels (.npz)",
    "idx": "IDX files, as MNIST's",
    "hf": "Hugging Face data set on disk",
    "code": "Function of a Python file",
}
_PATHS: Final = {
    PUBLISHED: (
        "Folder of the data",
        "/data/cifar-10-batches-py",
        "The CIFAR 'python version' folders or the ImageNet16-120 batch files.",
    ),
    "folder": (
        "Folder of the images",
        "/data/pets",
        "It has a folder for each class; or folders train and val, with these in each.",
    ),
    "npz": (
        "File of the arrays",
        "/data/pets.npz",
        "images: N × H × W, or with channels; labels: N whole numbers; classes, the names of these, may be left out.",
    ),
    "idx": (
        "Folder of the files",
        "/data/mnist",
        "train-images-idx3-ubyte and t10k-images-idx3-ubyte, with their labels, packed (.gz) or not.",
    ),
    "hf": ("Folder of the data set", "/data/beans", "What save_to_disk wrote: a column Image and one ClassLabel."),
    "code": (
        "Function",
        "my_data.py:batch",
        "It returns (batch, labels). The file has to be allowed where the "
        "dashboard is started: in PROXYSCOPE_SPACES or PROXYSCOPE_DATA.",
    ),
}


def data_section(problems: Problems) -> None:
    """Data set, scores, and the images of the mini-batch."""
    with st.container(border=True, key="section_data"):
        st.subheader("Data", anchor=False)
        grid = st.grid(2, min_column_width=230)
        with grid.cell():
            _dataset_field(problems)
        _space_fields(grid, problems)
        with grid.cell():
            scores_field(problems)
        tabled = from_table(st.session_state)
        with grid.cell():
            number_field(
                "Number of images",
                key("num_samples"),
                "Size of the mini-batch that every proxy sees (num_samples). More is steadier and slower. A table has "
                "its own.",
                disabled=tabled,
            )
            problems.of_runner("num_samples")
        with grid.cell():
            st.segmented_control(
                "Images",
                IMAGE_SOURCES,
                wrap=True,
                format_func=_IMAGE_NAMES.__getitem__,
                required=True,
                key=key("images"),
                persist_state=KEEP,
                disabled=tabled,
                help="The bundled sample needs no download. Your own data: a published data set's files, or any images "
                "of yours, whose size, channels and classes are taken as they are.",
            )
            if st.session_state[key("images")] == FOLDER:
                _own_fields(tabled)
            problems.of_runner("images")
        with grid.cell():
            st.segmented_control(
                "Split",
                splits(),
                format_func=_SPLIT_NAMES.__getitem__,
                required=True,
                key=key("split"),
                persist_state=KEEP,
                disabled=tabled,
                help="Which images the mini-batch is drawn from (data_loader). Data without splits serve for either.",
            )


def _dataset_field(problems: Problems) -> None:
    if is_own(st.session_state):
        st.text_input(
            "Name of the data set",
            key=key("own_name"),
            persist_state=KEEP,
            placeholder=own_name(st.session_state),
            help="What lists and charts call your images: letters, digits, hyphens and underscores. Empty: made of the "
            "path.",
        )
    else:
        st.selectbox(
            "Data set",
            DATASETS,
            key=key("dataset"),
            persist_state=KEEP,
            help="Decides the images, the number of classes, and which true accuracies are shown.",
        )
    problems.of_space(space_of(st.session_state), "dataset")


def _space_fields(grid: GridContainer, problems: Problems) -> None:
    """What the space lets one choose beside the data set: what scores are compared with, and the size of images."""
    space = space_of(st.session_state)
    for name in extras_of(space):
        with grid.cell():
            if name == TRUTH:
                st.selectbox(
                    "Truth",
                    space.section.truths,
                    key=key(TRUTH),
                    persist_state=KEEP,
                    help=f"The task that {space.title} trained for and that scores are compared with; networks are "
                    "scored on the images of the data set.",
                    on_change=_truth_chosen,
                )
            elif name == ARCHITECTURES:
                st.segmented_control(
                    "Architectures",
                    list(_WHICH),
                    format_func=_WHICH.__getitem__,
                    required=True,
                    key=key(ARCHITECTURES),
                    persist_state=KEEP,
                    help=f"{space.title} trained and measured a sample. A search among those meets a true accuracy, "
                    "and what devices measured, with every trial.",
                )
            else:
                number_field(
                    "Image size",
                    key(IMAGE_SIZE),
                    "Height and width that images are resized to. Time grows with its square.",
                    disabled=from_table(st.session_state),
                )
            problems.of_space(space, name)


def _truth_chosen() -> None:
    lengths = lengths_of(st.session_state)
    if lengths:
        st.session_state[key("epochs")] = lengths[-1]


def _own_fields(disabled: bool) -> None:
    if space_of(st.session_state).section.takes_own_data:
        st.selectbox(
            "Format",
            (PUBLISHED, *KINDS),
            format_func=_FORMATS.__getitem__,
            key=key("format"),
            persist_state=KEEP,
            disabled=disabled,
            help="How the images are stored on the machine that runs the dashboard.",
        )
    kind = str(st.session_state[key("format")])
    label, example, words = _PATHS[kind]
    st.text_input(
        label,
        key=key("folder"),
        persist_state=KEEP,
        disabled=disabled,
        placeholder=example,
        help=f"A path on the machine that runs the dashboard. {words}",
    )
    if kind not in {PUBLISHED, "code"}:
        st.text_input(
            "Size of the images",
            key=key("side"),
            persist_state=KEEP,
            disabled=disabled,
            placeholder="their own",
            help="Pixels. The shorter side is resized to it, and the longer one cut to its middle. Empty: as they are, "
            "where all have one size.",
        )
    if not session.read_only() and st.session_state.get(UNREAD) == images_of(st.session_state):
        st.caption("What filled the form names this path. It is looked for when the search is launched.")
        st.button("Look for it now", key="read_images", icon=":material/search:", on_click=_allow_reading)


def _allow_reading() -> None:
    st.session_state[UNREAD] = None
