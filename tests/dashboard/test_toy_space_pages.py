"""The pages on scores, ensembles, comparisons and the benchmark, for studies of a space that has no capability."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from backend import proxies
from backend.config.model import SearchConfig
from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.spaces import registry
from tests.conftest import cheap_config
from tests.dashboard.markdown import as_read
from tests.dashboard.toy_pages import installation, opened_pages
from tests.toy_space import ToySpace

FILE = """
[search.search_space]
name = "{space}"
dataset = "cifar10"
[search.strategy.setup]
n_trials = 12
sampler = "tpe"
seed = {seed}
[search.strategy.sw_runner.zero_cost]
metrics = ["grad_norm", "snip", "l2_norm"]
num_samples = 8
device = "cpu"
[search.strategy.metrics.l2_norm]
scale = 1.0
[search.strategy.metrics.params]
scale = 1.0
direction = "minimize"
[search.strategy.hw_runner.hardware_cost]
metrics = ["params"]
"""
STUDIES, CELLS, GONE = ("toys 0", "toys 1"), "cells", "gone"
LACKS_TRUTH = "Toy MLPs: what its architectures reach when they are trained is not known"
OF_THE_BENCHMARK = re.compile(r"\bcells?\b|\bedges?\b|NAS-Bench|15,625|\bN = 5", re.IGNORECASE)

Open = Callable[..., AppTest]


@pytest.fixture(scope="session")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with two searches of the toy space that differ in the seed, and one of a space that is gone."""
    folder = tmp_path_factory.mktemp("toys")
    with installation(folder) as database:
        for seed, name in enumerate(STUDIES):
            prepare(database, SearchConfig.from_toml(FILE.format(space="toy", seed=seed)), name)
            execute_run(database, name)
        prepare(database, cheap_config(setup={"n_trials": 8}), CELLS)
        execute_run(database, CELLS)
        registry.register(Gone())
        prepare(database, SearchConfig.from_toml(FILE.format(space="gone", seed=0)), GONE)
        execute_run(database, GONE)
        registry.unregister("gone")
    return folder


@pytest.fixture(scope="module")
def toys(searched: Path) -> Iterator[Open]:
    """Opens a page on that installation by its link, and checks that nothing on it is a failure."""
    with opened_pages(searched) as open_page:
        yield open_page


class Gone(ToySpace):
    name = "gone"


def text(page: AppTest) -> str:
    """All that a page says: texts, labels, options and tooltips, the columns of tables, and the words of charts."""
    elements = [*page.title, *page.subheader, *page.markdown, *page.caption, *page.info, *page.warning, *page.error]
    words = [element.value for element in elements]
    for widget in (*page.selectbox, *page.multiselect, *page.text_input, *page.button, *page.metric):
        # The list of all score tables names other spaces too.
        options = getattr(widget, "options", ()) if widget.key != "source" else ()
        words += [widget.label, getattr(widget, "help", ""), *map(str, options)]
    words += [chart.proto.spec for chart in page.get("plotly_chart")]
    for table in page.dataframe:
        columns = json.loads(table.proto.columns or "{}")
        words += [str(column.get("label") or name) + str(column.get("help", "")) for name, column in columns.items()]
    return as_read("\n".join(map(str, filter(None, words))))


def of_the_space(page: AppTest) -> str:
    """What the page says, after checks that it has no error and no word of another space."""
    assert [box.value for box in page.error] == []
    said = text(page)
    for name in proxies.available():
        # What a proxy says of itself names where it was observed.
        for sentence in (proxies.get(name).description, *proxies.get(name).traps):
            said = said.replace(sentence, "")
    said = said.replace(CELLS, "")
    assert OF_THE_BENCHMARK.findall(said) == []
    return said


def charts(page: AppTest) -> list[list[str]]:
    """The kinds of traces of each chart."""
    return [[trace["type"] for trace in json.loads(each.proto.spec)["data"]] for each in page.get("plotly_chart")]


def shown(page: AppTest, *columns: str) -> pd.DataFrame:
    """The table on the page that has these columns."""
    return next(box.value for box in page.dataframe if set(columns) <= set(box.value.columns))


def test_proxies_are_compared_with_each_other(toys: Open) -> None:
    page = toys("proxies", study=STUDIES[0])
    said = of_the_space(page)
    assert f"{LACKS_TRUTH}. Proxies are ranked by their correlation with true accuracy." in said
    assert f"{LACKS_TRUTH}; its architectures are in no groups" in said
    assert charts(page) == [["scatter"], ["heatmap", "scatter"]]
    assert "Best perceptron by grad_norm" in said


@pytest.mark.parametrize("choices", [{"against": "l2_norm"}, {"color": "params"}, {"proxy": "snip", "scale": "rank"}])
def test_every_choice_of_axes_is_drawn(toys: Open, choices: dict[str, str]) -> None:
    page = toys("proxies", study=STUDIES[0], **choices)
    of_the_space(page)
    assert not page.warning
    assert charts(page)[0] == ["scatter"]


def test_a_link_names_an_architecture_by_its_key(toys: Open) -> None:
    key = shown(toys("ensemble", study=STUDIES[0]), "rank")["index"][0]
    page = toys("proxies", study=STUDIES[0], cell=key)
    said = of_the_space(page)
    assert "Selected perceptron" in said
    assert key in "".join(box.value for box in page.code)
    page = toys("proxies", study=STUDIES[0], cell="depth=4 narrow=17")
    assert "Perceptron depth=4 narrow=17 has no score here. The study did not try it." in of_the_space(page)
    page = toys("proxies", study=STUDIES[0], cell="6111")
    assert "cell: perceptron '6111': expected depth=" in as_read(page.error[0].value)


@pytest.mark.parametrize("by", ["rule", "ensemble"])
def test_the_rule_without_labels_makes_a_shortlist(toys: Open, by: str) -> None:
    page = toys("ensemble", study=STUDIES[0], of=by)
    said = of_the_space(page)
    table = shown(page, "rank")
    assert list(table.columns) == ["rank", "index"]
    assert 1 < len(table) <= 10
    assert f"Train **perceptron {table['index'][0]}**" in said
    for why in ("no model can be fitted", "cannot be measured", "A learning curve needs", "Transfer is measured by"):
        assert why in said
    assert (
        page.selectbox(key="linked_model").options == ["Log-rank sum (no labels)"]
        or len(page.selectbox(key="linked_model").options) == 1
    )


def test_an_ensemble_without_labels_is_saved_and_shown_again(toys: Open) -> None:
    page = toys("ensemble", study=STUDIES[0])
    page.text_input(key="ensemble_name").input("of toys").run()
    page.button(key="ensemble_save").click().run()
    assert not page.exception
    assert not page.error
    saved = shown(page, "proxies", "model")
    assert saved["name"].tolist() == ["of toys"]
    assert saved["dataset"].tolist() == ["cifar10"]


def test_two_studies_are_compared_by_hypervolume_and_time(toys: Open) -> None:
    page = toys("compare", study=list(STUDIES), seeds="apart")
    said = of_the_space(page)
    table = shown(page, "study", "hypervolume").set_index("study")
    assert table.index.tolist() == list(STUDIES)
    assert (table["cells"] == 12).all()
    assert table["hypervolume"].between(0, 1).all()
    assert (table["scoring"] > 0).all()
    assert not {"accuracy", "regret"} & set(table.columns)
    assert f"has no regret. {LACKS_TRUTH}" in said
    assert "No band of random search (Toy MLPs: its architectures cannot be listed)" in said
    (volumes,) = charts(page)
    assert volumes == ["scatter", "scatter"]
    for axis in ("scoring", "clock"):
        page = toys("compare", study=list(STUDIES), x=axis)
        of_the_space(page)
        assert len(charts(page)) == 1


def test_studies_of_two_spaces_are_compared_each_in_its_own(toys: Open) -> None:
    page = toys("compare", study=[CELLS, STUDIES[0]])
    assert not page.error
    said = text(page)
    assert f"has no regret. {LACKS_TRUTH}" in said
    assert "searches Toy MLPs" in said
    assert "Distinct architectures" in said
    assert shown(page, "study", "regret")["regret"].notna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("choices", "why"),
    [
        ({"view": "space"}, f"{LACKS_TRUTH}; its architectures cannot be listed"),
        ({"view": "cell"}, "Type a perceptron to see it"),
        ({"view": "cell", "cell": "depth=1 width=4"}, "Perceptron depth=1 width=4"),
        ({"view": "cell", "cell": "depth=1 width=4"}, "it does not say how an architecture is drawn"),
        ({"view": "study", "study": STUDIES[0]}, f"{LACKS_TRUTH}; its architectures cannot be listed"),
    ],
)
def test_the_benchmark_says_what_a_space_lacks(toys: Open, choices: dict[str, str], why: str) -> None:
    page = toys("benchmark", space="toy", **choices)
    assert [box.value for box in page.error] == []
    said = text(page)
    for name in registry.available():
        if name != "toy":
            said = said.replace(registry.get(name).title, "", 1)  # a choice of a search space
    assert why in said
    assert OF_THE_BENCHMARK.findall(said.replace(CELLS, "")) == []


def test_a_perceptron_is_found_by_its_key(toys: Open) -> None:
    page = toys("benchmark", space="toy", view="cell")
    page.text_input(key="find_cell").input("depth=2 width=8").run()
    assert not page.exception
    assert "Perceptron depth=2 width=8" in text(page)
    page.text_input(key="find_cell").input("6111").run()
    assert "expected depth=" in as_read(page.error[0].value)


def test_an_unknown_space_in_the_link_is_named_with_those_there_are(toys: Open) -> None:
    page = toys("benchmark", space="nowhere")
    known = "nas_bench_201, nas_bench_macro, transnas_micro, transnas_macro, accel_nasbench, toy"
    assert f"space: 'nowhere' is not valid in a link; valid are {known}" in as_read(page.error[0].value)


def test_a_study_whose_space_is_not_installed_says_so(toys: Open) -> None:
    for page in ("proxies", "ensemble"):
        assert "searches 'gone', a space that is not installed here" in as_read(toys(page, study=GONE).error[0].value)
    assert "not installed here" in text(toys("benchmark", view="study", study=GONE))
    page = toys("compare", study=[GONE, STUDIES[0]])
    assert not page.error
    assert "searches 'gone', a space that is not installed here" in text(page)
    assert shown(page, "study", "trials")["cells"].tolist() == [12, 12]


def test_help_has_general_words_outside_the_section_of_a_space(toys: Open) -> None:
    page = toys("help", term="held out")
    assert "**Held out**" in "".join(box.value for box in page.markdown)
    of_the_space(page)
