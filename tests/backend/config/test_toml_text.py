"""Search files are bounded before they are parsed, and by one module alone."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.config.model import SearchConfig
from backend.config.toml_text import DEEPEST, LARGEST, MOST_KEYS, ExcessiveTomlError, parse_toml
from backend.errors import ConfigError
from tests.conftest import CONFIGS

ROOT = Path(__file__).parents[3]
CASES = ROOT / "tests" / "data" / "cases"
_MOST_MEGABYTES = 60

EXCESSIVE = {
    "a dotted key": ("a" + ".a" * 20_000 + " = 1", "deeper than"),
    "a quoted dotted key": ('"a" . ' * 5_000 + "a = 1", "deeper than"),
    "a dotted heading": ("[" + "a." * 20_000 + "a]", "deeper than"),
    "many long keys": ("\n".join(f"k{number}" + ".a" * (DEEPEST - 1) + " = 1" for number in range(2_000)), "keys"),
    "nested lists": ("a = " + "[" * 20_000, "deeper than"),
    "nested lists on lines": ("a = [\n" + "[\n" * 5_000, "deeper than"),
    "nested inline tables": ("a = " + "{a = " * 5_000, "deeper than"),
    "keys behind a text": ("a = '''\n# \"'''\nb" + ".a" * 20_000 + " = 1", "deeper than"),
    "many tables": ("\n".join(f"[k{number}]" for number in range(MOST_KEYS + 1)), "keys"),
    "many lists": ("a = [" + "[]," * (MOST_KEYS + 1) + "]", "keys"),
    "a long comment": ("# " + "x" * LARGEST, "kB"),
}
NOT_VALID = {
    "escapes without an end": '"\\' * 100_000,
    "a text without an end": 'a = """' + '"" ' * 50_000,
    "a number of many digits": "a = " + "9" * 100_000,
}


@pytest.mark.parametrize("name", EXCESSIVE)
def test_what_no_search_file_is_like_is_refused_in_words(name: str) -> None:
    text, words = EXCESSIVE[name]
    with pytest.raises(ExcessiveTomlError, match=words) as refused:
        SearchConfig.from_toml(text, source="mine.toml")
    assert str(refused.value).startswith("mine.toml is not a search file: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", NOT_VALID)
def test_what_is_no_toml_is_said_however_long_it_is(name: str) -> None:
    with pytest.raises(ConfigError, match=r"^mine\.toml is not valid TOML: "):
        SearchConfig.from_toml(NOT_VALID[name], source="mine.toml")


@pytest.mark.parametrize("name", ["a dotted key", "many long keys", "a quoted dotted key"])
def test_the_memory_that_a_file_takes_is_bounded(name: str, tmp_path: Path) -> None:
    path = tmp_path / "file.toml"
    path.write_text(EXCESSIVE[name][0][:LARGEST], encoding="utf-8")
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from backend.errors import ConfigError\n"
        "from backend.config.model import SearchConfig\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n    SearchConfig.from_file(Path(sys.argv[1]))\nexcept ConfigError:\n    pass\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)\n"
    )
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=300)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < _MOST_MEGABYTES


@pytest.mark.parametrize("path", [*sorted(CONFIGS.glob("*.toml")), CASES / "whole_framework_file.toml"])
def test_real_files_are_parsed_as_they_are(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert parse_toml(text, "it") == tomllib.loads(text)
    commented = "\n".join([f"# {'a.b = [[' * 20}"] * 300) + "\n" + text
    assert parse_toml(commented, "it") == tomllib.loads(text)


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    without = (CASES / "bom.toml").read_bytes().removeprefix(b"\xef\xbb\xbf")
    (tmp_path / "plain.toml").write_bytes(without)
    config = SearchConfig.from_file(CASES / "bom.toml")
    assert config == SearchConfig.from_file(tmp_path / "plain.toml")
    assert config == SearchConfig.from_toml((CASES / "bom.toml").read_text(encoding="utf-8"))


def test_a_file_that_is_too_large_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "huge.toml"
    with path.open("wb") as file:
        file.truncate(3 * 2**30)
    with pytest.raises(ConfigError, match=f"larger than {LARGEST // 1024} kB"):
        SearchConfig.from_file(path)


_scalars = st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text(max_size=40))
_texts = st.text(alphabet="\"'\\\n#.[]{}=,ab ", max_size=40)
_tables = st.dictionaries(
    _texts | st.text(max_size=20),
    st.recursive(
        _scalars | _texts,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4),
        max_leaves=20,
    ),
    max_size=6,
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(_tables, st.booleans())
def test_whatever_is_in_its_texts_a_file_within_the_bounds_is_parsed(tables: dict[str, Any], multiline: bool) -> None:
    text = tomli_w.dumps(tables, multiline_strings=multiline)
    assert parse_toml(text, "it") == tomllib.loads(text)


def test_one_module_alone_parses_toml() -> None:
    callers = [
        str(path.relative_to(ROOT))
        for part in ("backend", "dashboard")
        for path in sorted((ROOT / part).rglob("*.py"))
        if "tomllib" in path.read_text(encoding="utf-8") and path.name != "toml_text.py"
    ]
    assert callers == []
    assert "tomllib.loads(text)" in (ROOT / "backend" / "config" / "toml_text.py").read_text(encoding="utf-8")


def test_a_problem_is_one_short_line_whatever_the_file_holds() -> None:
    key = "a\x1b[31m\n" + "b" * 10_000
    text = tomli_w.dumps({"search": {"strategy": {"metrics": {"l2_norm": {"scale": [key] * 50}}, key: 1}}})
    with pytest.raises(ConfigError) as refused:
        SearchConfig.from_toml(text)
    for line in refused.value.lines():
        assert line.isprintable()
        assert len(line) < 500
    assert json.loads(json.dumps(refused.value.problems))
