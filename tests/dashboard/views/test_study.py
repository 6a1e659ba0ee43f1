from collections.abc import Callable
from typing import Any

import optuna
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.storage.database import Database
from backend.studies import load_study, runs
from backend.studies.summaries import CONFIG
from tests.dashboard.conftest import Config
from tests.dashboard.markdown import as_read

Open = Callable[..., AppTest]


def text(page: AppTest) -> str:
    return "\n".join(element.value for element in [*page.markdown, *page.caption, *page.subheader, *page.title])


def table(page: AppTest, column: object) -> pd.DataFrame:
    """The first table with that column."""
    return next(element.value for element in page.dataframe if column in element.value)


def test_a_finished_study_shows_progress_charts_cell_best_trials_and_weights(app: Open, finished: str) -> None:
    page = app("study", study=finished)
    assert not page.exception
    assert not page.error
    assert page.title[0].value == finished
    assert page.button(key="stop_study").disabled
    metrics = {metric.label: metric.value for metric in page.metric}
    assert metrics["Time left"] == "–"
    assert metrics["200 epochs"].endswith(" %")
    assert "bundled CIFAR-10 sample" in text(page)
    assert "Recommended cell" in text(page)
    best = table(page, ("software_metrics", "l2_norm"))
    assert list(dict.fromkeys(group for group, _ in best.columns)) == [
        "number",
        "index",
        "software_metrics",
        "hardware_metrics",
        "scaled_metrics",
        "nasbench_data_metrics",
        "arch",
    ]
    assert best["nasbench_data_metrics", "test-accuracy"].between(10, 95).all()
    recommended = table(page, "hours")
    assert f"Train **cell {recommended['index'].iloc[0]:,}**" in text(page)
    assert "params, flops of the logarithm of its rank" in text(page)
    page = app("study", study=finished, view="ensemble")
    assert {metric.label: metric.value for metric in page.metric}["Cells"] == "12"


def test_the_link_selects_a_trial(app: Open, finished: str) -> None:
    page = app("study", study=finished, trial="3")
    assert "**Selected cell** · trial 3" in text(page)
    page.button(key="clear_trial").click().run()
    assert "Selected cell" not in text(page)
    assert "trial" not in page.query_params


def test_a_trial_that_is_not_there_is_said(app: Open, finished: str) -> None:
    page = app("study", study=finished, trial="999")
    assert not page.exception
    assert any("no trial 999" in box.value for box in page.info)


def test_the_axes_can_be_any_two_or_three_quantities_and_stand_in_the_link(app: Open, finished: str) -> None:
    page = app("study", study=finished)
    page.selectbox(key="linked_x").select("flops").run()
    page.selectbox(key="linked_y").select("12:test-accuracy").run()
    page.selectbox(key="linked_z").select("l2_norm").run()
    assert not page.exception
    assert "higher True test accuracy, 12 epochs (%), higher l2" in text(page)
    assert page.query_params["x"] == "flops"
    assert page.query_params["y"] == "12:test-accuracy"
    page = app("study", study=finished, x="flops", y="200:test-accuracy", color="none")
    assert page.selectbox(key="linked_x").value == "flops"
    assert table(page, "worst_rank")["worst_rank"].is_monotonic_increasing


@pytest.mark.parametrize("state", ["finished", "running", "queued", "failed", "foreign"])
def test_every_view_shows_a_study_in_every_state_or_says_why_not(
    app: Open, request: pytest.FixtureRequest, state: str
) -> None:
    name = request.getfixturevalue(state)
    for view in ("overview", "parallel", "settings", "time", "trials", "ensemble", "log", "config"):
        page = app("study", study=name, view=view)
        assert not page.exception, view
        assert page.title[0].value == name
        shown = [*page.info, *page.caption, *page.code, *page.dataframe, *page.get("plotly_chart")]
        assert len(shown) > 2, view
        assert bool(page.error) == (state == "failed"), view


def test_what_is_not_valid_in_a_link_is_said(app: Open, finished: str) -> None:
    page = app("study", study=finished, x="nothing", view="nowhere", curve="bent", cell="99999")
    said = " ".join(box.value for box in page.warning).replace("\\", "")
    assert not page.exception
    for words in ("x: 'nothing'", "view: 'nowhere'", "curve: 'bent'", "cell: index 99999"):
        assert words in said


def test_curves_of_true_accuracy_and_hypervolume(app: Open, finished: str, foreign: str) -> None:
    page = app("study", study=finished, curve="accuracy")
    assert not page.exception
    assert "Random search over the whole space" in text(page)
    page = app("study", study=foreign, curve="accuracy")
    assert not page.exception
    assert any("valid are value, hypervolume, distribution" in as_read(box.value) for box in page.warning)
    page = app("study", study=foreign, curve="hypervolume")
    assert not page.exception
    assert "Of the ranks of 2 objectives" in text(page)


def test_similar_cells_are_those_of_the_study_and_of_the_space(app: Open, finished: str) -> None:
    page = app("study", study=finished, trial="0")
    similar = table(page, "gain")
    assert len(similar) >= 24
    stranger = int(similar.loc[similar["trial"].isna(), "index"].iloc[0])
    page = app("study", study=finished, cell=str(stranger))
    assert "which this study has not tried" in text(page)
    assert f"Cell {stranger:,} of the space" in text(page)


def test_a_study_whose_trials_all_failed_says_so(app: Open, database: Database) -> None:
    study = optuna.create_study(storage=database.storage, study_name="broken")

    def objective(trial: optuna.Trial) -> float:
        trial.suggest_float("x", 0, 1)
        raise ValueError

    study.optimize(objective, n_trials=3, catch=ValueError)
    page = app("study", study="broken")
    assert not page.exception
    assert any("No trial of this study has a value (3 failed)" in box.value for box in page.info)
    page = app("study", study="broken", view="trials")
    assert len(table(page, "number")) == 3


def test_a_foreign_study_of_one_objective_with_every_kind_of_parameter(app: Open, database: Database) -> None:
    study = optuna.create_study(storage=database.storage, study_name="kinds", direction="minimize")

    def objective(trial: optuna.Trial) -> float:
        trial.set_user_attr("pareto", "no")
        trial.set_user_attr("note", {"any": "thing"})
        trial.suggest_categorical("mixed", [None, 1, "one", 1.5, True])
        trial.suggest_int("deep", 1, 9, log=True)
        if trial.number % 2:
            trial.suggest_float("only sometimes", 0, 1)
        return float("inf") if trial.number == 3 else trial.suggest_float("x", 0.1, 1)

    study.optimize(objective, n_trials=20)
    for view in ("overview", "parallel", "settings", "trials"):
        page = app("study", study="kinds", view=view)
        assert not page.exception, view
        assert not page.error, view
    assert set(table(page, "number")["attr:pareto"]) == {"no"}


def test_a_running_study_is_live_and_can_be_stopped(app: Open, running: str, database: Database) -> None:
    page = app("study", study=running)
    assert not page.exception
    assert "Latest cell" in text(page)
    assert page.button(key="delete_study").disabled
    assert page.button(key="resume_study").disabled
    page.button(key="stop_study").click().run()
    (run,) = runs.read_runs(database).values()
    assert run.state == "stopping"


def test_a_queued_study_waits_with_an_empty_page_that_says_so(app: Open, queued: str) -> None:
    page = app("study", study=queued)
    assert not page.exception
    assert any("first scored cell" in box.value for box in page.info)


def test_a_failed_study_says_why_and_can_be_resumed(app: Open, failed: str) -> None:
    page = app("study", study=failed)
    assert not page.exception
    assert "process ended" in page.error[0].value
    assert not page.button(key="resume_study").disabled


def test_a_foreign_study_shows_what_it_recorded(app: Open, foreign: str) -> None:
    page = app("study", study=foreign)
    assert not page.exception
    assert not page.error
    assert any("external study" in box.value for box in page.info)
    assert set(page.selectbox(key="linked_x").options) >= {"objective 0", "objective 1"}
    best = table(page, "pareto")
    assert {"value:0", "value:1", "param:x", "param:depth"} <= set(best)
    assert 0 < len(best) < 8
    recorded = next(item.value for item in page.table if "Recorded" in item.value)
    assert set(recorded["Recorded"]) >= {"objective 0", "objective 1", "x", "depth"}
    page = app("study", study=foreign, view="trials")
    assert len(table(page, "number")) == 8
    page = app("study", study=foreign, view="parallel")
    assert page.multiselect(key="parallel_axes").value == ["value:0", "value:1", "seconds"]


def test_an_unknown_study_is_named_with_those_there_are(app: Open, finished: str) -> None:
    page = app("study", study="nowhere")
    assert not page.exception
    assert "no study 'nowhere'" in page.error[0].value
    assert finished in page.error[0].value
    page.button(key="open_chosen").click().run()
    assert page.title[0].value == finished


def test_without_a_study_in_the_link_one_is_chosen(app: Open, finished: str, foreign: str) -> None:
    page = app("study")
    page.selectbox(key="choose_study").select(foreign)
    page.button(key="open_chosen").click().run()
    assert page.title[0].value == foreign


def test_without_any_study_the_page_says_what_to_do(app: Open) -> None:
    page = app("study")
    assert not page.exception
    assert "no study yet" in page.info[0].value


def test_a_foreign_study_with_names_of_our_columns_is_shown_as_it_is(app: Open, database: Database) -> None:
    study = optuna.create_study(storage=database.storage, study_name="odd", directions=["maximize", "minimize"])

    def objective(trial: optuna.Trial) -> tuple[float, float]:
        trial.set_user_attr("arch", "resnet18")
        trial.set_user_attr("software_metrics", [1, 2])
        return trial.suggest_float("number", 0, 1), trial.suggest_float("state", 0, 1)

    study.optimize(objective, n_trials=6)
    study.set_metric_names(["accuracy", "number"])
    page = app("study", study="odd")
    assert not page.exception
    assert not page.error
    assert {"accuracy", "number"} <= set(page.selectbox(key="linked_x").options)
    page = app("study", study="odd", view="trials")
    assert set(table(page, "number")["attr:arch"]) == {"resnet18"}


def test_a_study_whose_proxy_is_not_loaded_shows_its_run_and_says_what_is_missing(
    app: Open, failed: str, database: Database
) -> None:
    study = load_study(database, failed)
    study.set_user_attr(CONFIG, study.user_attrs[CONFIG].replace('"flops"', '"their_own"'))
    page = app("study", study=failed)
    assert not page.exception
    assert any("Its process ended before the search began" in box.value for box in page.error)
    assert any("unknown proxy" in box.value and "PROXYSCOPE_PROXY_MODULES" in box.value for box in page.warning)
    assert "external study" not in text(page)
    page = app("study", study=failed, view="config")
    assert any("their_own" in block.value for block in page.code)


def test_a_sum_says_what_is_in_it(app: Open, database: Database, make_config: Config) -> None:
    prepare(database, make_config(setup={"sum_scaled_metrics": True, "direction": "maximize"}), "sum")
    execute_run(database, "sum")
    page = app("study", study="sum")
    assert not page.exception
    roles = {as_read(row["Measured"]): row["Role"] for _, row in page.table[0].value.iterrows()}
    assert roles["l2_norm"] == roles["params"] == "in the sum"
    assert roles["flops"] == "recorded"
    assert page.selectbox(key="linked_x").value == "objective"


def test_a_constrained_study_shows_costs_with_units_and_no_infeasible_cell_among_the_best(
    app: Open, database: Database, make_config: Config
) -> None:
    goals = {"l2_norm": {"scale": 1.0}, "energy:edgegpu": {"scale": 1.0}}
    prepare(database, make_config(metrics=goals, setup={"constraints": ["latency:raspi4 <= 15"]}), "frugal")
    execute_run(database, "frugal")
    page = app("study", study="frugal")
    assert not page.exception
    assert not page.error
    said = as_read(text(page))
    assert "minimize energy:edgegpu · latency:raspi4 <= 15 ms" in said
    assert "among those that keep latency:raspi4 <= 15 ms" in said
    best = table(page, ("software_metrics", "params"))
    trials = table(app("study", study="frugal", view="trials"), "state")
    page = app("study", study="frugal")
    assert (best["hardware_metrics", "latency:raspi4"] <= 15).all()
    infeasible = trials[trials["state"] == "infeasible"]
    assert (infeasible["latency:raspi4"] > 15).all()
    assert not infeasible["pareto"].any()
    assert {"latency:raspi4 (ms)", "energy:edgegpu (mJ)"} <= set(page.selectbox(key="linked_x").options)
    roles = {as_read(row["Measured"]): row["Role"] for _, row in page.table[0].value.iterrows()}
    assert roles["energy:edgegpu"] == "objective"
    assert roles["latency:raspi4"] == "at most 15 ms"
    (tries,) = (metric.delta for metric in page.metric if metric.label == "Trials")
    assert f"{len(infeasible)} infeasible" in tries

    page = app("study", study="frugal", trial=str(int(infeasible["number"].iloc[0])))
    page.selectbox(key="linked_x").select("latency:raspi4").run()
    page.selectbox(key="linked_y").select("200:test-accuracy").run()
    assert not page.exception
    assert "Infeasible, never among the best: latency:raspi4 is" in as_read(text(page))
    assert "infeasible" not in "".join(line.value for line in page.caption if line.value.startswith("Better:"))
    page.selectbox(key="linked_x").select("l2_norm").run()
    (drawn,) = (line.value for line in page.caption if line.value.startswith("Better:"))
    assert f"{len(infeasible)} infeasible trials have no value" in drawn


def test_a_link_with_no_sensible_trial_opens_the_study(app: Open, finished: str) -> None:
    page = app("study", study=finished, trial="9" * 5000)
    assert not page.exception
    assert page.title[0].value == finished
    (said,) = (box.value for box in page.warning)
    assert "is no number of a trial" in said
    assert len(said) < 200


def test_a_shared_search_lists_its_workers(app: Open, database: Database, make_config: Config) -> None:
    prepare(database, make_config(setup={"n_trials": 6, "n_workers": 3}), "shared")
    execute_run(database, "shared")
    page = app("study", study="shared")
    assert not page.exception
    assert "0 of 3 workers" in [box.label for box in page.expander]
    assert table(page, "machine")[["state", "trials"]].to_dict("records") == [{"state": "left", "trials": 6}]


def test_axes_with_values_above_zero_can_be_logarithmic_and_the_link_keeps_it(app: Open, finished: str) -> None:
    page = app("study", study=finished, x="flops", y="params", log="y")
    pills = page.get("button_group")
    (log,) = [group for group in pills if group.key == "linked_log"]
    assert log.value == ["y"]
    log.set_value(["x"]).run()
    assert list(page.query_params["log"]) == ["x"]
    assert not page.exception


def test_a_space_of_three_says_how_to_choose_a_cell(app: Open, finished: str) -> None:
    page = app("study", study=finished, z="flops")
    assert "choose its row below" in text(page)


def test_the_hypervolume_stands_beside_random_search_or_says_why_not(
    app: Open, database: Database, make_config: Config, finished: str
) -> None:
    assert "is known for the scored cells alone" in text(app("study", study=finished, curve="hypervolume"))
    prepare(database, make_config(setup={"n_trials": 4}, runner={"scores": "table"}), "from a table")
    execute_run(database, "from a table")
    page = app("study", study="from a table", curve="hypervolume")
    assert not page.exception
    assert "60 simulated on these cells" in text(page)


@pytest.fixture
def tuned(database: Database) -> str:
    """A study of another tool with one objective: twenty trials, of which the last reported values and was pruned."""

    def objective(trial: optuna.Trial) -> float:
        rate = trial.suggest_float("rate", 1e-4, 1e-1, log=True)
        layers = trial.suggest_int("layers", 1, 4)
        kind = trial.suggest_categorical("kind", ["adam", "sgd"])
        if trial.number == 19:
            trial.report(3.0, 1)
            raise optuna.TrialPruned
        return abs(rate - 0.01) + layers + (kind == "sgd")

    study = optuna.create_study(
        study_name="tuned", storage=database.storage, sampler=optuna.samplers.RandomSampler(seed=0)
    )
    study.set_user_attr("commit <b>", "0a1b2c")
    study.optimize(objective, n_trials=20)
    return "tuned"


def test_a_study_of_one_objective_has_slices_in_place_of_a_front(app: Open, tuned: str) -> None:
    page = app("study", study=tuned)
    assert not page.exception
    assert "Pareto front" not in text(page)
    assert "against kind, layers, rate" in text(page)
    assert "The best trial." in text(page)
    assert table(page, "Attribute").to_dict("records") == [{"Attribute": "commit <b>", "Value": "0a1b2c"}]
    assert not {"Ensemble", "Log", "Configuration"} & {tab.label for tab in page.tabs}


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({"curve": "distribution"}, "The share of the 19 trials"),
        ({"curve": "intermediate"}, "What 1 trial reported"),
        ({"view": "settings"}, "by Optuna's PED-ANOVA"),
        ({"view": "settings", "dependence": "contour"}, "interpolated between the trials"),
        ({"view": "settings", "dependence": "rank", "horizontal": "kind"}, "over kind and"),
        ({"view": "time"}, "When each trial ran"),
    ],
)
def test_a_study_of_another_tool_has_optunas_charts(app: Open, tuned: str, link: dict[str, str], words: str) -> None:
    page = app("study", study=tuned, **link)
    assert not page.exception
    assert not page.error
    assert not page.warning
    assert words in as_read(text(page))


@pytest.mark.filterwarnings("ignore:Choices for a categorical")
def test_a_study_with_choices_of_tuples_opens(app: Open, database: Database) -> None:
    study = optuna.create_study(study_name="tuples", storage=database.storage)
    pairs: list[Any] = [(3, 3), (5, 5)]
    study.optimize(lambda trial: trial.suggest_categorical("kernel", pairs)[0] + trial.suggest_float("x", 0, 1), 6)
    for link in ({}, {"view": "settings"}, {"view": "settings", "dependence": "contour"}):
        page = app("study", study="tuples", **link)
        assert not page.exception
        assert not page.error


def test_a_chart_that_there_is_not_is_named(app: Open, tuned: str) -> None:
    page = app("study", study=tuned, view="settings", dependence="magic")
    assert not page.exception
    assert any("valid are slice, contour, rank" in as_read(box.value) for box in page.warning)


def test_parameters_of_a_logarithmic_scale_are_drawn_on_one_until_the_reader_chooses(
    app: Open, database: Database
) -> None:
    study = optuna.create_study(study_name="two", storage=database.storage, directions=["minimize", "minimize"])
    study.optimize(lambda trial: (trial.suggest_float("rate", 1e-4, 1e-1, log=True), trial.number), n_trials=5)
    page = app("study", study="two", x="param:rate")
    assert not page.exception
    (log,) = [group for group in page.get("button_group") if group.key == "linked_log"]
    assert log.value == ["x"]
    log.set_value([]).run()
    assert page.query_params["log"] == "none"
    (log,) = [group for group in page.get("button_group") if group.key == "linked_log"]
    assert log.value == []
