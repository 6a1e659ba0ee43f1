"""All pages with studies of a bundled space that is not the default one: on its data set, and on one without truth."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from backend import proxies
from backend.config.model import SearchConfig
from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.sharing.contents import read_contents
from backend.sharing.export import export_studies
from backend.sharing.inspection.opening import opened_file
from backend.sharing.transfer import import_studies
from backend.spaces import registry
from backend.storage.database import open_database
from backend.studies import load_study, trials_frame
from dashboard.data import queries
from dashboard.report import study_report
from tests.conftest import CONFIGS
from tests.dashboard.toy_pages import opened_pages, said

MACRO, ELSEWHERE = "macro", "on cifar100"
OF_ANOTHER_SPACE = re.compile(r"\b[Cc]ells?\b|\b[Ee]dges?\b|NAS-Bench-201|15,625|\bN = 5|HW-NAS-Bench")
NO_TRUTH = "NAS-Bench-Macro: its architectures were trained on cifar10, not on cifar100"

Open = Callable[..., AppTest]


def search(dataset: str, seed: int = 0) -> SearchConfig:
    """The search that is shipped, with fewer and smaller trials."""
    text = (CONFIGS / "nas_bench_macro.toml").read_text(encoding="utf-8")
    for shipped, given in (
        ("n_trials = 60", "n_trials = 14"),
        ("num_samples = 16", "num_samples = 2"),
        ('dataset = "cifar10"', f'dataset = "{dataset}"'),
        ("seed = 0", f"seed = {seed}"),
    ):
        assert shipped in text
        text = text.replace(shipped, given)
    return SearchConfig.from_toml(text)


@pytest.fixture(scope="session")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with a search on the data set of the benchmark, and one on another."""
    folder = tmp_path_factory.mktemp("macro")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROXYSCOPE_HOME", str(folder))
        patch.delenv("PROXYSCOPE_STORAGE", raising=False)
        database = open_database()
        database.prepare()
        for name, dataset in ((MACRO, "cifar10"), (ELSEWHERE, "cifar100")):
            prepare(database, search(dataset), name)
            execute_run(database, name)
    return folder


@pytest.fixture(scope="module")
def macro(searched: Path) -> Iterator[Open]:
    """Opens a page of that installation by its link, and checks that nothing on it is an exception."""
    with opened_pages(searched) as open_page:
        yield open_page


def checked(page: AppTest) -> str:
    """What the page says, after checks that it has no error and no word of another space."""
    assert [box.value for box in page.error] == []
    text = said(page)
    for name in proxies.available():
        # What a proxy says of itself names where it was observed.
        for sentence in (proxies.get(name).description, proxies.get(name).source, *proxies.get(name).traps):
            text = text.replace(sentence, "")
    # Names of columns are not shown, their headings are.
    text = re.sub(r"^\[.*\]$", "", text, flags=re.MULTILINE)
    # Other spaces are choices of a list.
    for name in registry.available():
        text = re.sub(rf"^{re.escape(registry.get(name).title)}$", "", text, flags=re.MULTILINE)
    assert OF_ANOTHER_SPACE.findall(text) == []
    return text


def charts(page: AppTest) -> int:
    return len([chart for chart in page.get("plotly_chart") if json.loads(chart.proto.spec)["data"]])


VIEWS = (
    ({}, ("Similar architectures", "layer 1:", "true accuracy", "50 epochs")),
    (
        {"curve": "accuracy"},
        ("of the most accurate architecture so far. The best architecture of the space reaches 93.13",),
    ),
    ({"curve": "hypervolume"}, ("architectures found so far",)),
    ({"trial": "3"}, ("Selected architecture", "trial 3", "50 epochs")),
    ({"cell": "22212202"}, ("Architecture 6,473 of the space · 85.16 M FLOPs · 1,985,514 parameters",)),
    ({"cell": "6473"}, ("Architecture 6,473 of the space",)),
    ({"view": "parallel"}, ("trials, a line each",)),
    ({"view": "settings"}, ("Mean by choice and layer", "layer 8")),
    ({"view": "time"}, ("Architectures an hour",)),
    ({"view": "trials"}, ()),
    ({"view": "ensemble"}, ("True test accuracy, 50 epochs: linear regression",)),
    ({"view": "log"}, ()),
    ({"view": "config"}, ()),
)


@pytest.mark.parametrize(("link", "words"), VIEWS, ids=[str(link) for link, _ in VIEWS])
def test_every_view_of_a_study_is_shown(macro: Open, link: dict[str, str], words: tuple[str, ...]) -> None:
    text = checked(macro("study", study=MACRO, **link))
    for expected in words:
        assert expected in text


@pytest.mark.parametrize("link", [{}, {"curve": "accuracy"}, {"trial": "3"}, {"view": "ensemble"}], ids=str)
def test_a_study_on_another_data_set_says_that_there_is_no_truth(macro: Open, link: dict[str, str]) -> None:
    assert NO_TRUTH in checked(macro("study", study=ELSEWHERE, **link))


def test_proxies_are_ranked_and_their_failures_grouped_by_layers(macro: Open) -> None:
    text = checked(macro("proxies", study=MACRO, color="by-ir5x5", by="layer_3"))
    assert "ranks these architectures best" in text
    assert "choice of layer 3" in text
    assert "True test accuracy, cifar10, 50 epochs (%)" in text


def test_an_ensemble_is_fitted_saved_and_said_to_transfer_nowhere(macro: Open) -> None:
    page = macro("ensemble", study=MACRO, model="ridge", graph="yes")
    text = checked(page)
    assert "its architectures were trained on cifar10 alone" in text
    assert "Expected accuracy" in text
    assert "nan" not in text
    page.text_input(key="ensemble_name").input("of macro").run()
    page.button(key="ensemble_save").click().run()
    assert not page.exception
    assert not page.error


def test_an_ensemble_on_another_data_set_adds_up_ranks_without_labels(macro: Open) -> None:
    page = macro("ensemble", study=ELSEWHERE)
    text = checked(page)
    for why in ("no model can be fitted", "cannot be measured", "A learning curve needs", "Transfer is measured by"):
        assert f"{NO_TRUTH}. " in text
        assert why in text


def test_studies_are_compared_as_far_as_their_truth_goes(macro: Open) -> None:
    text = checked(macro("compare", study=[MACRO, ELSEWHERE]))
    assert "93.13 % on cifar10" in text
    assert f"has no regret. {NO_TRUTH}" in text


@pytest.mark.parametrize("link", [{}, {"chart": "cost"}, {"chart": "cost", "cost": "params"}], ids=str)
def test_the_whole_space_is_shown_with_what_its_numbers_are(macro: Open, link: dict[str, str]) -> None:
    page = macro("benchmark", space="nas_bench_macro", **link)
    text = checked(page)
    assert "6,561 architectures, each trained on cifar10" in text
    assert "the numbers are optimistic. The standard deviation of one training is 0.21 %" in text
    assert charts(page) == 2


def test_an_architecture_of_the_benchmark_has_records_neighbours_and_isomorphic_ones(macro: Open) -> None:
    page = macro("benchmark", space="nas_bench_macro", view="cell", cell="22212202")
    text = checked(page)
    assert "Its 16 neighbours" in text
    assert "1 of the 6,561 architectures computes the same function" in text
    places = next(box.value for box in page.dataframe if "percentile" in box.value and "gap" in box.value)
    assert places["rank"].tolist() == [1]
    records = next(box.value for box in page.dataframe if "images" in box.value and "field" in box.value)
    assert records["epochs"].tolist() == [50, 50]
    assert records["value"].iloc[0] == pytest.approx(93.127, abs=5e-4)


def test_a_study_has_its_place_in_the_space(macro: Open) -> None:
    page = macro("benchmark", view="study", study=MACRO, space="nas_bench_macro")
    assert "Distance to the optimum" in checked(page)
    distances = next(box.value for box in page.dataframe if "optimum_cell" in box.value)
    assert distances["optimum_cell"].tolist() == [6473]


def test_the_form_chooses_layers_and_launches_the_search(macro: Open) -> None:
    page = macro("new_search", space="nas_bench_macro")
    page.multiselect(key="search_proxies").set_value(["snip", "l2_norm"]).run()
    text = checked(page)
    assert "These choices leave **6,561** of 6,561 architectures. **3,969** of them are distinct" in text
    assert "Latenc" not in text
    page.pills(key="search_layer_1").set_value([1]).run()
    page.text_input(key="search_n_trials").set_value("3").run()
    page.text_input(key="search_num_samples").set_value("2").run()
    page.text_input(key="study_name").set_value("from the form").run()
    page.checkbox(key="leave_to_worker").check().run()
    page.button(key="launch").click().run()
    assert not page.exception
    database = open_database()
    summary = queries.find_study("from the form")
    assert summary.config
    assert (summary.space_name, summary.config.runner.nasbench_epochs) == ("nas_bench_macro", 50)
    execute_run(database, "from the form")
    frame = trials_frame(load_study(database, "from the form"))
    assert set(frame["layer_1"]) == {"ir_3x3_t3"}
    assert frame["50:test-accuracy"].notna().all()


def test_the_form_goes_from_one_space_to_the_other_and_back(macro: Open) -> None:
    page = macro("new_search")
    for space, epochs in (("nas_bench_macro", 50), ("nas_bench_201", 200)):
        page.selectbox(key="search_space").select(space).run()
        assert not page.exception
        assert page.session_state["search_epochs"] == epochs


def test_a_study_is_cloned_into_the_form(macro: Open) -> None:
    page = macro("new_search", study=MACRO)
    checked(page)
    assert page.selectbox(key="search_space").value == "nas_bench_macro"
    assert page.text_input(key="search_num_samples").value == "2"


@pytest.mark.parametrize(("study", "said_of_truth"), [(MACRO, "50 epochs"), (ELSEWHERE, NO_TRUTH)])
def test_the_report_has_the_words_of_the_space(macro: Open, study: str, said_of_truth: str) -> None:
    macro("study", study=study)
    body = re.sub(r"<script.*?</script>", "", study_report(queries.find_study(study)), flags=re.DOTALL)
    assert said_of_truth in body
    assert not OF_ANOTHER_SPACE.search(body)


def test_a_file_carries_a_study_to_another_installation(macro: Open, tmp_path: Path) -> None:
    macro("studies")
    database, file = open_database(), tmp_path / "macro.db"
    export_studies(database, [MACRO], file)
    other = open_database(f"sqlite:///{tmp_path / 'other.db'}")
    other.prepare()
    with opened_file(file) as source:
        import_studies(source, other, read_contents(source), file.name)
    frame = trials_frame(load_study(other, MACRO))
    assert frame.equals(trials_frame(load_study(database, MACRO)))
