"""The registry: finding proxies, declaring them, loading a user's file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend import proxies
from backend.proxies import registry as _registry


@pytest.fixture(autouse=True)
def _registry_as_before() -> Iterator[None]:
    before = dict(_registry._PROXIES)
    yield
    _registry._PROXIES.clear()
    _registry._PROXIES.update(before)


def test_every_proxy_says_what_it_is() -> None:
    for name in proxies.available():
        proxy = proxies.get(name)
        assert proxy.name == name
        assert proxy.title
        assert proxy.formula
        assert proxy.description.endswith(".")
        assert any(year in proxy.source for year in ("2018", "2019", "202", "AutoML"))
        assert proxy.links
        assert all(link.startswith("https://") for link in proxy.links)
        assert proxy.traps
        assert all(trap.endswith(".") for trap in proxy.traps)
        assert proxy.definition
        assert "Args:" not in proxy.definition


@pytest.mark.parametrize(
    ("source", "links"),
    [
        ("A, 2018; B, ICLR 2020, arXiv 1906.04113v2", ["https://arxiv.org/abs/1906.04113v2"]),
        (
            "C, arXiv 2101.08134; D, arXiv:1801.05787",
            ["https://arxiv.org/abs/2101.08134", "https://arxiv.org/abs/1801.05787"],
        ),
        ("E, OpenReview y7rbX884LZrX", ["https://openreview.net/forum?id=y7rbX884LZrX"]),
        ("F, doi 10.1000/xyz-1.2", ["https://doi.org/10.1000/xyz-1.2"]),
        ("G, https://example.org/paper.pdf, page 3", ["https://example.org/paper.pdf"]),
        ("notes of mine", []),
    ],
)
def test_a_source_leads_to_the_work(source: str, links: list[str]) -> None:
    proxies.register(name="cited", source=source)(lambda network, images, labels: 0.0)
    assert list(proxies.get("cited").links) == links


def test_every_proxy_says_what_it_requires() -> None:
    needs = {name: proxies.get(name).needs for name in proxies.available()}
    assert needs["l2_norm"] == needs["params"] == ()
    assert needs["zico"] == ("labels", "at least 2 images")
    assert needs["naswot_relu"] == ("at least 2 images", "ReLUs")
    assert needs["zen"] == (
        *("inputs of floating point", "convolutions", "batch norms"),
        "feature maps before a global pooling",
    )
    assert needs["az_expressivity"] == ("the blocks of the network",)
    assert needs["linear_regions"] == ("a thin copy of the network",)
    proxies.register(name="mine", reads=("weights",), requires=("relus",))(lambda weights: 0.0)
    assert proxies.get("mine").needs == ("ReLUs",)


def test_only_the_condition_number_is_minimised() -> None:
    assert [n for n in proxies.available() if proxies.get(n).direction == "minimize"] == ["ntk_cond"]


def test_unknown_proxy() -> None:
    with pytest.raises(ValueError, match="unknown proxy 'nope'; valid: grad_norm, snip, plain"):
        proxies.get("nope")


def test_a_bare_decorator_takes_name_and_docstring() -> None:
    @proxies.register
    def my_proxy(network: object, images: object, labels: object) -> float:
        """Counts nothing.

        At length.
        """
        return 0.0

    proxy = proxies.get("my_proxy")
    assert proxies.available()[-1] == "my_proxy"
    assert (proxy.title, proxy.direction, proxy.version) == ("my_proxy", "maximize", 1)
    assert proxy.description == "Counts nothing."
    assert proxy.definition == "Counts nothing.\n\nAt length."
    assert proxy.traps == ()
    assert proxy.needs_labels
    assert my_proxy(None, None, None) == 0.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "snip"}, "proxy 'snip': the name is taken by"),
        ({"name": "not a name"}, "must be an identifier"),
        ({"name": "x", "direction": "up"}, "direction 'up'; valid: maximize, minimize"),
        ({"name": "x", "reads": ("hessian",)}, "reads 'hessian'; valid: network, images, labels"),
        ({"name": "x", "requires": ("luck",)}, "requires 'luck'; valid: architecture, relus, layer outputs"),
    ],
)
def test_bad_declarations(arguments: dict[str, object], message: str) -> None:
    before = proxies.available()
    with pytest.raises(ValueError, match=message):
        proxies.register(**arguments)(lambda network, images, labels: 0.0)
    assert proxies.available() == before


def test_a_module_can_be_loaded_again(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("from backend.proxies import register\n@register(version=1)\ndef mine(n, i, l): return 1.0\n")
    assert proxies.load_module(file) == ("mine",)
    file.write_text("from backend.proxies import register\n@register(version=2)\ndef yours(n, i, l): return 2.0\n")
    assert proxies.load_module(str(file)) == ("yours",)
    assert "mine" not in proxies.available()
    assert proxies.get("yours").version == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\n", "registers no proxy"),
        ("def broken(:\n", "SyntaxError"),
        ("import no_such_library\n", "ModuleNotFoundError: No module named 'no_such_library'"),
        (
            "from backend.proxies import register\n@register\ndef fine(n, i, l): return 1.0\n1 / 0\n",
            "ZeroDivisionError: division by zero",
        ),
    ],
)
def test_bad_modules_leave_no_trace(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "bad.py"
    file.write_text(text)
    before = proxies.available()
    with pytest.raises(ValueError, match=message) as caught:
        proxies.load_module(file)
    assert "bad.py" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert proxies.available() == before


@pytest.mark.parametrize("name", ["missing.py", "folder", "text.txt"])
def test_files_that_are_no_modules(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.txt").write_text("x = 1")
    with pytest.raises(ValueError, match=f"{name}: expected an existing Python file"):
        proxies.load_module(tmp_path / name)
