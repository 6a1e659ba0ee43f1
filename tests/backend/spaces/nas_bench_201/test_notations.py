"""The notations in which people give a cell: each reads back as that cell, and what means several is asked back."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.errors import UserError
from backend.spaces.nas_bench_201.cell import EDGES, NUM_CELLS, OPERATIONS, Cell
from backend.spaces.nas_bench_201.notations import ACCEPTED, NUMBERINGS, parse_cell
from tests.backend.cli.command_line import backend

cells = st.tuples(*[st.sampled_from(OPERATIONS)] * len(EDGES)).map(Cell)
blanks = st.text(" \t\n", max_size=2)
LONGEST_LINE = 500


@given(cells, blanks, blanks)
def test_an_index_is_read(cell: Cell, before: str, after: str) -> None:
    assert parse_cell(f"{before}{cell.index}{after}") == cell


@given(cells, st.data())
def test_a_string_is_read_with_blanks_without_outer_bars_and_with_a_nodes_inputs_in_any_order(
    cell: Cell, data: st.DataObject
) -> None:
    nodes = []
    for target in (1, 2, 3):
        inputs = [
            f"{operation}{data.draw(blanks)}~{data.draw(blanks)}{source}"
            for (source, node), operation in zip(EDGES, cell.operations, strict=True)
            if node == target
        ]
        bar = f"{data.draw(blanks)}|{data.draw(blanks)}"
        outer = data.draw(st.sampled_from(["", bar]))
        nodes.append(outer + bar.join(data.draw(st.permutations(inputs))) + outer)
    text = "+".join(nodes)
    assert parse_cell(text) == cell
    assert parse_cell(f"Structure(4 nodes with {text})") == cell


@given(cells)
def test_the_text_of_autodls_structure_is_read(cell: Cell) -> None:
    assert parse_cell(f"Structure(4 nodes with {cell})") == cell


@given(cells, st.sampled_from(sorted(NUMBERINGS)), st.sampled_from(["{}", "({})", "[{}]", "({},)"]), st.data())
def test_operation_numbers_are_read_with_their_numbering(
    cell: Cell, name: str, brackets: str, data: st.DataObject
) -> None:
    separator = data.draw(st.sampled_from([",", ", ", " ", " ,\n"]))
    numbers = brackets.format(separator.join(map(str, NUMBERINGS[name].write(cell))))
    assert parse_cell(f"{name}:{numbers}") == cell
    assert parse_cell(f"{name.upper()} : {numbers}") == cell


# Worked out by hand from naslib/search_spaces/nasbench201/conversions.py and xautodl/models/cell_operations.py.
@pytest.mark.parametrize(
    ("text", "arch"),
    [
        (
            "naslib:(4, 0, 3, 1, 4, 3)",
            "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|avg_pool_3x3~1|nor_conv_1x1~2|",
        ),
        (
            "autodl:(4, 0, 3, 1, 4, 3)",
            "|avg_pool_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|avg_pool_3x3~1|nor_conv_3x3~2|",
        ),
        (
            "options:(4, 0, 3, 1, 4, 3)",
            "|avg_pool_3x3~0|+|none~0|nor_conv_1x1~1|+|skip_connect~0|avg_pool_3x3~1|nor_conv_1x1~2|",
        ),
    ],
)
def test_each_numbering_has_its_own_operations_and_edges(text: str, arch: str) -> None:
    assert str(parse_cell(text)) == arch


@pytest.mark.parametrize("text", ["0,1,2,3,2,4", "(4, 0, 3, 1, 4, 3)", "[4, 0, 3, 1, 4, 3]", "4 0 3 1 4 3"])
def test_bare_operation_numbers_are_asked_back_with_what_to_type(text: str) -> None:
    with pytest.raises(UserError, match="not numbered alike everywhere") as refused:
        parse_cell(text)
    choices = re.findall(r"([a-z]+:[0-9,]+) \([^)]+\) for cell (\d+)", str(refused.value))
    assert [choice.partition(":")[0] for choice, _ in choices] == list(NUMBERINGS)
    assert [parse_cell(choice).index for choice, _ in choices] == [int(index) for _, index in choices]


def test_operation_numbers_that_mean_one_cell_by_every_numbering_are_read() -> None:
    assert parse_cell("4,4,4,4,4,4") == Cell(("avg_pool_3x3",) * 6)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("6,111", "an index is typed without commas and blanks, such as 6111"),
        ("12,324", "got 2; an index is typed without commas"),
        ("1,2,3", "got 3; an index is typed without commas"),
        ("12 324", "got 2; an index is typed without commas"),
        ("naslib:1,2,3", "six operation numbers make a cell, got 3"),
        ("000011", "type 11 for the index, or separate the operations"),
        ("012324", "type 12324 for the index, or separate the operations"),
        ("-1", "from 0 to 15624"),
        ("15625", "from 0 to 15624"),
        ("403143", "from 0 to 15624"),
        ("0,1,2,3,2,5", "operation numbers are 0 to 4"),
        ("darts:0,1,2,3,2,4", "no numbering 'darts'; valid are naslib, autodl, options"),
        ("|conv_7x7~0|+|none~0|none~1|+|none~0|none~1|none~2|", "unknown operation 'conv_7x7'; valid: none"),
        ("|none~0|+|none~0|none~0|+|none~0|none~1|none~2|", "not a cell; valid is an official index"),
        ("|none~0|+|none~0|none~2|+|none~0|none~1|none~2|", "not a cell"),
        ("|none~0|+|none~0|none~1|", "not a cell"),
        ("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|+|none~0|", "not a cell"),
        ("|none~0|+|none~0||none~1|+|none~0|none~1|none~2|", "not a cell"),
        ("Structure(5 nodes with |none~0|+|none~0|none~1|+|none~0|none~1|none~2|)", "not a cell"),
        ("(0,1,2,3,2,4]", "not a cell"),
        ("((0,1,2,3,2,4))", "not a cell"),
        ("0,,1,2,3,2", "not a cell"),
        ("6111.0", "not a cell"),
        ("1e3", "not a cell"),
        ("٣", "not a cell"),
        ("", "not a cell"),
    ],
)
def test_what_is_no_cell_or_several_is_asked_back(text: str, said: str) -> None:
    with pytest.raises(UserError, match=re.escape(said)):
        parse_cell(text)


def hostile() -> list[str]:
    chance = random.Random(0)
    signs = "0123456789,()[]|~+ \n\t-:none_conv3x\0\u2028é\ud800"
    return [
        "9" * 10_000,
        "-" + "9" * 200,
        "0" * 299,
        "(" * 10_000,
        "(" * 140 + ")" * 140,
        ",".join("1" * 10_000),
        ",".join(["9" * 40] * 6),
        "|none~0" * 2_000,
        "none~0|" * 40,
        "Structure(" * 1_000,
        "Structure(4 nodes with " * 12,
        " " * 10_000 + "x",
        " " * 290 + "x" + " " * 10_000,
        "naslib:" * 42,
        *("".join(chance.choices(signs, k=chance.choice([5, 100, 300, 10_000]))) for _ in range(300)),
    ]


@pytest.mark.parametrize("text", hostile(), ids=lambda text: repr(text[:10]))
def test_hostile_text_gives_one_short_line(text: str) -> None:
    with pytest.raises(UserError) as refused:
        parse_cell(text)
    (line,) = str(refused.value).splitlines()
    assert line.isprintable()
    assert len(line) < LONGEST_LINE


def test_the_command_line_reads_them_and_asks_back_in_one_line() -> None:
    cell = Cell.from_index(5115)
    for text in (str(cell).strip("|"), f"Structure(4 nodes with {cell})", f"naslib:{NUMBERINGS['naslib'].write(cell)}"):
        assert "cell 5115 " in backend("truth", text).stdout
    for command in (["truth", "6,111"], ["score", "0,1,2,3,2,4", "--proxies", "params"], ["truth", "9" * 10_000]):
        (line,) = backend(*command, status=2).stderr.splitlines()
        assert line.startswith(("error: architecture '", "error: index '"))


def test_the_help_says_what_is_accepted() -> None:
    for command in ("truth", "score"):
        words = " ".join(re.sub(r"[│\s]+", " ", backend(command, "--help").stdout).split())
        assert ACCEPTED[1:] in words


def test_all_indices_are_cells() -> None:
    assert [parse_cell(str(index)).index for index in range(NUM_CELLS)] == list(range(NUM_CELLS))
