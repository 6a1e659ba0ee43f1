from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.spaces.nas_bench_201.cell import NUM_CELLS, Cell
from backend.storage.database import Database
from backend.studies import load_study, trials_frame
from backend.truth.importing.release_import import import_release
from backend.truth.lookup import OPTIMA, architecture, query
from backend.truth.tables import test_accuracy as true_accuracy
from tests.dashboard.conftest import Config

Open = Callable[..., AppTest]
SAMPLE = Path(__file__).parents[2] / "data" / "nas_bench_201_three_archs.pth"


def text(page: AppTest) -> str:
    return "\n".join(element.value for element in [*page.markdown, *page.caption, *page.subheader, *page.info])


def alerts(page: AppTest) -> str:
    return "\n".join(box.value.replace("\\", "") for box in page.error)


def linked(page: AppTest, parameter: str) -> str:
    value = page.query_params[parameter]
    return value if isinstance(value, str) else value[-1]


def table(page: AppTest, *columns: str):
    """The table on the page that has these columns."""
    return next(box.value for box in page.dataframe if set(columns) <= set(box.value.columns))


def test_an_empty_storage_shows_the_space_with_the_best_cell(app: Open) -> None:
    page = app("benchmark")
    assert not page.exception
    assert not page.error
    assert "**Cell 6,111**" in text(page)
    assert "Best by Test accuracy, cifar10, 200 epochs (%) [NATS-Bench tss v1_0]" in text(page)
    summaries = table(page, "median", "release")
    assert len(summaries) == 13
    best = summaries[(summaries["epochs"] == 200) & (summaries["accuracy"] == "Test accuracy")]
    assert best.set_index("dataset")["best"].to_dict() == OPTIMA


@pytest.mark.parametrize("chart", ["cost", "datasets", "epochs"])
@pytest.mark.parametrize("dataset", ["cifar10", "cifar10-valid"])
@pytest.mark.parametrize("split", ["test", "valid"])
def test_every_chart_opens_on_every_data_set_or_says_what_there_is(
    app: Open, chart: str, dataset: str, split: str
) -> None:
    page = app("benchmark", chart=chart, dataset=dataset, split=split, against="cifar100")
    assert not page.exception
    assert not page.error
    drawn = "Rank correlation" in text(page)
    assert drawn or "The table has no" in text(page)
    missing = {("cifar10", "valid"): True, ("cifar10-valid", "test"): chart == "epochs"}
    assert drawn is not missing.get((dataset, split), False)


def test_cells_that_the_edge_tpu_does_not_support_are_counted(app: Open) -> None:
    page = app("benchmark", chart="cost", cost="latency:edgetpu", epochs="12", cell="0")
    assert "4,699 cells are not drawn" in text(page)
    assert "10,926 cells" in text(page)
    front = table(page, "Edge TPU latency, cifar10 (ms) [HW-NAS-Bench]")
    assert "Test accuracy, cifar10, 12 epochs (%) [NAS-Bench-201-v1_1-096897]" in front
    page = app("benchmark", chart="cost", cost="latency:fpga")
    assert "15,625 cells" in text(page)
    assert "not drawn" not in text(page)


def test_a_choice_enters_the_link_and_its_default_leaves_it(app: Open) -> None:
    page = app("benchmark", chart="cost")
    page.selectbox(key="linked_cost").select("energy:eyeriss").run()
    page.selectbox(key="linked_dataset").select("cifar100").run()
    assert linked(page, "cost") == "energy:eyeriss"
    assert linked(page, "dataset") == "cifar100"
    page.selectbox(key="linked_dataset").select("cifar10").run()
    assert "dataset" not in page.query_params
    assert not page.exception


def test_a_cell_shows_its_places_neighbours_isomorphic_cells_records_and_costs(app: Open) -> None:
    page = app("benchmark", view="cell", cell="5115")
    assert not page.exception
    assert "Cell 5,115" in text(page)
    places = table(page, "rank", "percentile", "gap", "release")
    row = places[(places["dataset"] == "cifar10") & (places["epochs"] == 12)].iloc[0]
    assert row["value"] == 85.11
    assert row["rank"] == 2185
    assert row["release"] == "NAS-Bench-201-v1_1-096897"
    neighbours = table(page, "edge", "operation")
    assert set(neighbours["index"]) == {edit.cell.index for edit in Cell.from_index(5115).neighbours()}
    assert "3 of 24 are better" in text(page)
    assert "No other cell computes the same function." in text(page)
    assert "85.11 %" in table(page, "Field")["12 epochs"].tolist()
    costs = table(page, "cost", "shown").set_index("cost")["shown"]
    assert costs["Parameters"] == "1,101,466"
    assert costs["Training time, 12 epochs"] == "394.1 s"


def test_an_imported_cell_shows_each_of_its_runs(app: Open, home: Path) -> None:
    asked = {"view": "cell", "cell": "11", "dataset": "cifar100"}
    page = app("benchmark", **asked)
    assert not any("seed" in box.value.columns for box in page.dataframe)
    summary = import_release(SAMPLE)
    page = app("benchmark", **asked)
    assert not page.exception
    runs = table(page, "seed", "test-accuracy").set_index("seed")
    assert runs.loc["777", "test-accuracy"] == query(11, "cifar100", release="v1_1", seed=777)["test-accuracy"]
    assert set(runs["release"]) == {summary.release}
    assert not any("seed" in box.value.columns for box in app("benchmark", view="cell", cell="12").dataframe)


def test_a_cell_without_a_path_has_isomorphic_cells_and_no_edge_tpu(app: Open) -> None:
    cell = Cell.parse("|none~0|+|nor_conv_3x3~0|none~1|+|none~0|nor_conv_1x1~1|none~2|")
    page = app("benchmark", view="cell", cell=str(cell.index))
    assert not page.exception
    assert "Nothing connects its input to its output." in text(page)
    assert "340 of the 15,625 cells compute the same function" in text(page)


def test_an_unsupported_device_is_said_in_the_costs(app: Open) -> None:
    page = app("benchmark", view="cell", cell="11")
    shown = table(page, "cost", "shown").set_index("cost")["shown"]
    assert shown["Edge TPU latency"].endswith(" ms") or shown["Edge TPU latency"] == "not supported"
    page = app("benchmark", view="cell", cell="4")
    assert not page.exception


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("6111", "6111"),
        ("naslib:(4, 0, 3, 1, 4, 3)", "2631"),
        ("Structure(4 nodes with |none~0|+|none~0|none~1|+|none~2|none~1|none~0|)", "1651"),
        (" |nor_conv_1x1~0|+|none~0|nor_conv_1x1~1|+|none~0|nor_conv_1x1~1|nor_conv_1x1~2| ", "15624"),
    ],
)
def test_a_cell_is_found_by_what_is_typed(app: Open, typed: str, found: str) -> None:
    page = app("benchmark", view="cell")
    page.text_input(key="find_cell").input(typed).run()
    assert linked(page, "cell") == found
    assert page.text_input(key="find_cell").value == ""


UNKNOWN = "|conv~0|+|none~0|none~1|+|none~0|none~1|none~2|"


@pytest.mark.parametrize(
    "typed", ["99999", "-1", "conv everywhere", UNKNOWN, "6,111", "1,2,3", "0,1,2,3,2,4", "(" * 9999]
)
def test_what_is_no_cell_or_several_is_said_and_the_cell_stays(app: Open, typed: str) -> None:
    page = app("benchmark", view="cell", cell="5115")
    page.text_input(key="find_cell").input(typed).run()
    assert not page.exception
    assert page.error
    assert linked(page, "cell") == "5115"
    assert page.text_input(key="find_cell").value == typed


def test_a_link_names_a_cell_in_any_notation_and_what_means_several_is_said(app: Open) -> None:
    assert "Cell 2,631" in text(app("benchmark", view="cell", cell="naslib:4,0,3,1,4,3"))
    page = app("benchmark", view="cell", cell="0,1,2,3,2,4")
    assert not page.exception
    assert "autodl:0,1,2,3,2,4 (AutoDL, NATS-Bench) for cell 13026" in "".join(
        box.value.replace("\\", "") for box in [*page.error, *page.warning]
    )


def test_a_cell_is_drawn_edge_by_edge(app: Open) -> None:
    page = app("benchmark", view="cell", cell="6111")
    page.selectbox(key="draw_op_3_0").select("nor_conv_1x1").run()
    page.selectbox(key="draw_op_2_1").select("nor_conv_1x1").run()
    page.selectbox(key="draw_op_3_2").select("nor_conv_3x3").run()
    assert linked(page, "cell") == "5115"
    assert "Cell 5,115" in text(page)


def test_the_panel_leads_to_all_about_its_cell(app: Open) -> None:
    page = app("benchmark", chart="epochs", cell="857")
    page.button(key="open_cell").click().run()
    assert linked(page, "view") == "cell"
    assert linked(page, "cell") == "857"
    assert "Cell 857" in text(page)


@pytest.mark.parametrize(
    ("view", "cell"),
    [
        ("space", "99999"),
        ("study", "99999"),
        *(("cell", text) for text in ("99999", "-3", "", "9" * 4000, "<b>no</b>")),
    ],
)
def test_a_bad_cell_in_the_link_is_said_and_the_page_stays_usable(app: Open, view: str, cell: str) -> None:
    page = app("benchmark", view=view, cell=cell)
    assert not page.exception
    assert "cell: " in alerts(page)
    assert page.selectbox or view == "study"


def test_bad_choices_in_the_link_are_each_said(app: Open) -> None:
    page = app("benchmark", view="nowhere", dataset="mnist", epochs="90", cost="latency:toaster", chart="pie")
    assert not page.exception
    for name, valid in [
        ("view: 'nowhere'", "space, cell, study"),
        ("dataset: 'mnist'", "cifar10, cifar10-valid"),
        ("epochs: '90'", "200, 12"),
        ("cost: 'latency:toaster'", "params, flops"),
        ("chart: 'pie'", "distribution, cost"),
    ]:
        assert name in alerts(page)
        assert valid in alerts(page)
    page.selectbox(key="linked_dataset").select("cifar100").run()
    assert "mnist" not in alerts(page)


def test_a_finished_study_is_placed_in_the_space(app: Open, finished: str, database: Database) -> None:
    page = app("benchmark", view="study")
    assert not page.exception
    assert not page.error
    regret = table(page, "recommended_gap", "release").set_index("dataset")
    assert regret["optimum"].to_dict() == OPTIMA
    assert (regret["optimum"] - regret["found"]).tolist() == pytest.approx(regret["found_gap"].tolist())
    frame = trials_frame(load_study(database, finished))
    assert regret.loc["cifar10", "found"] == frame["200:test-accuracy"].max()
    recommended = table(page, "number", "rank on cifar10")
    assert set(recommended["number"]) == set(frame.loc[frame["pareto"], "number"])
    metrics = {metric.label: metric.value for metric in page.metric}
    assert metrics["Optimum of the space"] == "94.37 %"
    assert "Best that it allows" not in metrics
    assert "allowed" not in regret


def test_a_constrained_study_is_told_from_the_best_that_it_allows(
    app: Open, database: Database, make_config: Config
) -> None:
    prepare(database, make_config(setup={"constraints": ["latency:edgetpu <= 0.5"]}), "frugal")
    execute_run(database, "frugal")
    page = app("benchmark", view="study", study="frugal", cost="latency:edgetpu")
    assert not page.exception
    assert not page.error
    facts = pd.DataFrame([architecture(index) for index in range(NUM_CELLS)])
    within = facts["hwnb_c10_edgetpu_latency"] <= 0.5
    best = true_accuracy("cifar10", 200)[within.to_numpy()].max()
    metrics = {metric.label: metric.value for metric in page.metric}
    assert metrics["Best that it allows"] == f"{best:.2f} %"
    regret = table(page, "allowed", "release").set_index("dataset")
    assert regret.loc["cifar10", "allowed"] == best
    assert (regret["recommended"] <= regret["allowed"]).loc["cifar10"]


def test_a_study_of_other_networks_has_no_place(app: Open, database: Database, make_config: Config) -> None:
    prepare(database, make_config(cells={"C": [8]}, setup={"n_trials": 3}), "narrow")
    execute_run(database, "narrow")
    page = app("benchmark", view="study", study="narrow")
    assert not page.exception
    assert "C = 16, N = 5" in text(page)


def test_an_external_study_has_no_place(app: Open, foreign: str) -> None:
    page = app("benchmark", view="study", study=foreign)
    assert not page.exception
    assert "name no architectures" in text(page)


def test_an_unknown_study_is_named_with_those_there_are(app: Open, finished: str, foreign: str) -> None:
    page = app("benchmark", view="study", study="nowhere")
    assert not page.exception
    assert "no study 'nowhere'" in alerts(page)
    page.selectbox(key="benchmark_study").select(foreign).run()
    assert not page.error
    assert linked(page, "study") == foreign


def test_without_a_study_the_view_says_what_to_do(app: Open) -> None:
    page = app("benchmark", view="study")
    assert not page.exception
    assert "no study yet" in text(page)
