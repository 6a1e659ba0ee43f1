"""Nothing that anybody named or wrote reaches a page's Markdown, or a chart, as it is: on every page, in every view."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, Node

from backend.storage.database import Database
from tests.hostile_studies import FOREIGN, HOST, HOSTILE, OWN, make_hostile

MARKDOWN = {"body", "caption", "content", "delta", "help", "label", "text", "tooltip"}
"""Fields of elements that Streamlit's pages read as Markdown, or that hold nothing of others."""
RAW = re.compile(
    rf"\]\(http://|http://{HOST}|www\.{HOST}|(?<!\\)<(?:img|a) |(?<!\\)\$x|:smile:|:material/home:|(?<!\\)`c"
)
DRAWN = (f"<a href=//{HOST}", f"<img src=//{HOST}")
VIEWS = ("overview", "parallel", "settings", "time", "trials", "ensemble", "log", "config")
PAGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("studies", {}),
    *(("study", {"study": name, "view": view}) for name in (OWN, FOREIGN) for view in VIEWS),
    ("study", {"study": OWN, "curve": "hypervolume"}),
    ("study", {"study": FOREIGN, "view": HOSTILE, "x": HOSTILE, "trial": HOSTILE}),
    ("study", {"study": HOSTILE}),
    ("compare", {}),
    ("compare", {"study": [OWN, FOREIGN, HOSTILE]}),
    ("benchmark", {"view": "study", "study": OWN}),
    ("proxies", {"study": OWN}),
    ("ensemble", {"study": OWN}),
    *(("share", {"view": view, "study": [OWN, HOSTILE]}) for view in ("export", "import", "between", "history")),
    ("new_search", {"study": OWN}),
    ("help", {"term": HOSTILE}),
)


@pytest.fixture
def open_page(database: Database, app: Callable[..., AppTest]) -> Callable[..., AppTest]:
    make_hostile(database)
    return app


@pytest.mark.slow
def test_no_page_reads_a_name_as_markup(open_page: Callable[..., AppTest]) -> None:
    found, drawn = list[str](), list[str]()
    for page, parameters in PAGES:
        test = open_page(page, **parameters)
        assert not test.exception, page
        for node in nodes(test._tree):
            proto = getattr(node, "proto", None)
            if not isinstance(proto, Message):
                continue
            for name, text in texts(proto):
                if name.rpartition(".")[2] in MARKDOWN and RAW.search(text):
                    found.append(f"{page} {parameters}: {type(proto).__name__}.{name}: {text}")
                if name.endswith("spec") and any(tag in text.replace("\\u003c", "<") for tag in DRAWN):
                    drawn.append(f"{page} {parameters}: {text[:2000]}")
    assert not "\n".join(found)
    assert not drawn


def nodes(node: Node) -> Iterator[Node]:
    """An element or block with all that is in it."""
    yield node
    if isinstance(node, Block):
        for child in node.children.values():
            yield from nodes(child)


def texts(message: Message, path: str = "") -> Iterator[tuple[str, str]]:
    """The texts of an element, by the fields that they stand in."""
    for field, value in message.ListFields():
        name = f"{path}.{field.name}" if path else field.name
        for item in value if isinstance(value, list) or hasattr(value, "append") or hasattr(value, "add") else [value]:
            if field.type == FieldDescriptor.TYPE_STRING:
                yield name, str(item)
            elif isinstance(item, Message):
                yield from texts(item, name)
