import json
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from backend import proxies
from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.spaces.nas_bench_201.cell import class_indices
from backend.storage.database import Database
from backend.truth.lookup import query
from tests.dashboard.conftest import Config
from tests.score_tables import SWEEP, write_sweep_table

Open = Callable[..., AppTest]


@pytest.fixture
def table(home: Path) -> str:
    write_sweep_table(home)
    return SWEEP


def text(page: AppTest) -> str:
    elements = [*page.markdown, *page.caption, *page.subheader, *page.title]
    return "\n".join(element.value for element in elements).replace("\\", "")


def charts(page: AppTest) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]


def said(boxes: Any) -> str:
    return "\n".join(box.value for box in boxes).replace("\\", "")


@pytest.mark.slow
def test_a_new_installation_shows_the_bundled_table(app: Open) -> None:
    page = app("proxies")
    assert not page.exception
    assert not page.error
    assert page.query_params["table"] == "cifar10"
    assert len(charts(page)) == 5
    assert "64 images" in text(page)
    assert "**t_cet** ranks these cells best" in text(page)
    assert "Among the most accurate tenth **tenas** is best: +0.301" in text(page)


def test_a_table_shows_ranking_scatter_groups_agreement_and_what_a_proxy_is(app: Open, table: str) -> None:
    page = app("proxies", table=table)
    assert not page.exception
    assert not page.error
    assert len(charts(page)) == 5
    assert "ranks these cells best" in text(page)
    assert "The number of parameters alone reaches" in text(page) or "**params** ranks" in text(page)
    assert "Most accurate cell here" in text(page)
    assert page.latex
    assert "2 images" in text(page)
    assert page.query_params["table"] == table


def test_intervals_follow_the_values(app: Open, table: str) -> None:
    ranking = charts(app("proxies", table=table))[0]
    bounds = ranking["data"][0]["error_x"]["array"]
    assert bounds
    assert "null" not in json.dumps(bounds)


def test_the_ranking_is_a_table_too_with_the_columns_of_the_command_line(app: Open, table: str) -> None:
    page = app("proxies", table=table, ranking="table")
    frame = page.dataframe[0].value
    assert set(frame["proxy"]) == {"params", "flops", "l2_norm"}
    assert {"cells", "spearman", "kendall", "top_spearman"} <= set(frame)
    assert frame["spearman interval"].str.contains("…").all()
    assert frame["spearman"].abs().is_monotonic_decreasing


def test_the_link_reproduces_proxy_axes_colour_groups_and_cell(app: Open, table: str) -> None:
    page = app(
        "proxies",
        table=table,
        proxy="flops",
        against="params",
        scale="rank",
        color="by-depth",
        by="skip_path",
        dataset="cifar100",
        epochs="12",
        count="classes",
        cell="9930",
    )
    assert not page.exception
    assert not page.warning
    values = {box.label: box.value for box in page.selectbox}
    assert values["Proxy"] == "flops"
    assert values["Against"] == "params"
    assert values["True accuracy on"] == "cifar100"
    scatter = charts(page)[1]
    assert "Rank by flops" in json.dumps(scatter["layout"]["xaxis"])
    assert "What is flops?" in text(page)
    assert "**Selected cell**" in text(page)
    page.button(key="clear_cell").click().run()
    assert "cell" not in page.query_params
    assert "Most accurate cell here" in text(page)


def test_controls_put_their_choice_into_the_link(app: Open, table: str) -> None:
    page = app("proxies", table=table)
    box = page.selectbox(key="linked_proxy")
    assert box.options[0] == box.value == "l2_norm", "the page opens on the proxy that ranks best"
    box.select("params").run()
    assert page.query_params["proxy"] == "params"
    page.selectbox(key="linked_proxy").select("l2_norm").run()
    assert "proxy" not in page.query_params
    assert "What is l2_norm?" in text(page)
    assert "Known failure modes" in text(page)
    assert "arxiv.org/abs/2101.08134" in text(page)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"study": "nowhere"}, "no study 'nowhere'"),
        ({"table": "nothing"}, "no score table 'nothing'"),
        ({"table": SWEEP, "cell": "15625"}, "cell: index 15625"),
        ({"table": SWEEP, "cell": "|none~0|"}, "cell: architecture"),
    ],
)
def test_a_bad_link_is_said_in_words(app: Open, table: str, parameters: dict[str, str], words: str) -> None:
    page = app("proxies", **parameters)
    assert not page.exception
    assert words in said(page.error)


def test_a_choice_that_there_is_not_is_named_and_the_default_shown(app: Open, table: str) -> None:
    page = app("proxies", table=table, proxy="snap", scale="cubic")
    assert not page.exception
    assert not page.error
    assert "proxy: 'snap' is not valid in a link; valid are params, flops, l2_norm" in said(page.warning)
    assert "scale: 'cubic'" in said(page.warning)


def test_a_cell_without_a_score_is_said(app: Open, table: str) -> None:
    disconnected = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"
    page = app("proxies", table=table, cell=disconnected)
    assert not page.exception
    assert "has no score here" in said(page.info)


def test_a_cell_of_the_space_is_shown_with_its_scores_and_truth(app: Open, table: str) -> None:
    page = app("proxies", table=table, cell="5115")
    accuracy = query(5115, "cifar10", 200)["test-accuracy"]
    assert {metric.label: metric.value for metric in page.metric}["200 epochs"] == f"{accuracy:.2f} %"
    assert "trial" not in text(page).split("**Selected cell**")[1].splitlines()[0]


@pytest.mark.parametrize("state", ["finished", "running"])
def test_a_study_shows_its_cells(app: Open, state: str, request: pytest.FixtureRequest) -> None:
    name = request.getfixturevalue(state)
    page = app("proxies", study=name)
    assert not page.exception
    assert not page.error
    assert len(charts(page)) == 5
    assert "Most accurate cell here** · trial" in text(page)
    assert [button.key for button in page.button if button.key == "refresh"] == ["refresh"] * (state == "running")


@pytest.mark.parametrize(
    ("state", "words"),
    [("foreign", "is an external study"), ("failed", "no scored cell yet"), ("queued", "no scored cell yet")],
)
def test_a_study_that_cannot_be_shown_says_why(
    app: Open, state: str, words: str, request: pytest.FixtureRequest
) -> None:
    name = request.getfixturevalue(state)
    page = app("proxies", study=name)
    assert not page.exception
    assert words in said(page.error)
    assert name in said(page.error)


def test_a_file_that_is_no_table_is_said(app: Open, home: Path) -> None:
    path = write_sweep_table(home)
    path.write_text("no table")
    os.utime(path, (1, 1))
    page = app("proxies", table=SWEEP)
    assert not page.exception
    assert "is not one" in said(page.error)


@pytest.fixture
def own_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A proxy in a user's file, which the environment names."""
    module = tmp_path / "mine.py"
    module.write_text(
        "from backend.proxies import register\n"
        "@register(reads=('size',), literal=True)\n"
        "def convolutions(size):\n"
        '    """Counts convolutions.\n\n    Of any size.\n\n    Args:\n        size: of the network.\n    """\n'
        "    return size.parameters\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PROXYSCOPE_PROXY_MODULES", str(module))
    proxies.load_module(module)
    yield "convolutions"
    proxies.registry._PROXIES.pop("convolutions", None)


def test_a_proxy_of_ones_own_shows_its_docstring(
    app: Open, database: Database, make_config: Config, own_proxy: str
) -> None:
    config = make_config(runner={"metrics": ["params", own_proxy]}, metrics={own_proxy: {"scale": 1.0}})
    execute_run(database, prepare(database, config, "with mine"))
    page = app("proxies", study="with mine", proxy=own_proxy)
    assert not page.exception
    assert "What is convolutions?" in text(page)
    assert "Counts convolutions." in text(page)
    assert "Known failure modes" not in text(page)
    assert any("Counts convolutions.\n\nOf any size." in code.value for code in page.code)
    assert not any("size: of the network" in code.value for code in page.code)


def squares(page: AppTest) -> dict[tuple[str, str], dict[str, Any]]:
    """Text, customdata and hover text of the table's squares, by the first two."""
    (chart,) = charts(page)
    trace = next(trace for trace in chart["data"] if trace.get("mode") == "markers+text")
    cells = zip(trace["text"], trace["customdata"], trace["hovertext"], strict=True)
    return {tuple(link): {"text": value, "words": words} for value, link, words in cells}


SOME = ["params", "naswot", "ntk_cond"]


def test_all_spaces_are_one_table_with_intervals_reasons_and_the_ceiling(app: Open, home: Path) -> None:
    page = app("proxies", view="spaces", proxies=SOME, spaces=["nas_bench_201", "nas_bench_macro"])
    assert not page.exception
    assert not page.error
    assert not page.warning
    found = squares(page)
    naswot = found["nas_bench_201:cifar10", "naswot"]
    assert naswot["text"] == "0.80"
    assert "95% interval: +0.79" in naswot["words"]
    assert "15,284 cells" in naswot["words"]
    assert found["nas_bench_201:cifar10", "ntk_cond"]["text"] == "0.62"
    assert "scores of cifar10's images" in found["nas_bench_201:cifar100", "naswot"]["words"]
    assert "two cells that compute the same function" in found["nas_bench_201:cifar10", "repeat training"]["words"]
    assert found["nas_bench_macro:cifar10", "params"]["text"] == "0.32"
    missing = found["nas_bench_macro:cifar10", "ntk_cond"]
    assert missing["text"] == "–"
    assert "score table" in missing["words"]
    assert "**naswot** has the best average rank" in text(page)


def test_the_link_of_all_spaces_chooses_what_counts_and_what_is_shown(app: Open, home: Path) -> None:
    page = app(
        "proxies",
        view="spaces",
        ranking="table",
        statistic="kendall",
        best="10",
        count="classes",
        tasks="nas_bench_201:ImageNet16-120",
        proxies=["flops", "zen"],
    )
    assert not page.exception
    assert not page.warning
    frame = page.dataframe[0].value
    assert set(frame["proxy"]) == {"repeat training", "flops", "zen"}
    assert set(frame["task"]) == {"NAS-Bench-201, ImageNet16-120"}
    classes = pd.Series(class_indices()).nunique()
    assert frame.set_index("proxy")["architectures"]["zen"] == math.ceil(classes / 10)
    assert frame.set_index("proxy")["interval"]["zen"].count("…") == 1
    page.multiselect(key="linked_proxies").unselect("flops").run()
    assert page.query_params["proxies"] == "zen"
    page.segmented_control(key="linked_best").select("50").run()
    assert page.query_params["best"] == "50"


def test_a_bad_link_of_all_spaces_is_said_and_all_is_shown(app: Open, home: Path) -> None:
    page = app("proxies", view="spaces", proxies=["params", "<b>snap"], tasks="moon", best="5")
    assert not page.exception
    assert "proxies: '<b>snap': not valid in a link" in said(page.warning)
    assert "tasks: 'moon'" in said(page.warning)
    assert "best: '5' is not valid in a link; valid are 100, 50, 25, 10" in said(page.warning)
    assert ("nas_bench_201:cifar10", "params") in squares(page)
