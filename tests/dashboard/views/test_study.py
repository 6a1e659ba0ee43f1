from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from backend.studies import Database, runs

Open = Callable[..., AppTest]


def text(page: AppTest) -> str:
    return "\n".join(element.value for element in [*page.markdown, *page.caption, *page.subheader, *page.title])


def test_a_finished_study_shows_progress_charts_cell_best_trials_and_weights(app: Open, finished: str) -> None:
    page = app("study", study=finished)
    assert not page.exception
    assert not page.error
    assert page.title[0].value == finished
    assert page.button(key="stop_study").disabled
    metrics = {metric.label: metric.value for metric in page.metric}
    assert metrics["Time left"] == "–"
    assert metrics["Cells"] == "12"
    assert metrics["200 epochs"].endswith(" %")
    assert "bundled CIFAR-10 sample" in text(page)
    assert "Best cell by l2" in text(page)
    best = page.dataframe[0].value
    assert list(dict.fromkeys(group for group, _ in best.columns)) == [
        "number",
        "software_metrics",
        "hardware_metrics",
        "scaled_metrics",
        "nasbench_data_metrics",
    ]
    assert best["nasbench_data_metrics", "test-accuracy"].between(10, 95).all()
    assert len(page.dataframe[1].value) >= 12


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


def test_the_axes_can_be_any_two_quantities(app: Open, finished: str) -> None:
    page = app("study", study=finished)
    page.selectbox(key="x").select("flops").run()
    page.selectbox(key="y").select("12:test-accuracy").run()
    assert not page.exception
    assert "higher True test accuracy, 12 epochs" in text(page)


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
    assert any("made elsewhere" in box.value for box in page.info)
    assert set(page.selectbox(key="x").options) >= {"objective 0", "objective 1"}
    assert len(page.dataframe[-1].value) == 8


def test_an_unknown_study_is_named_with_those_there_are(app: Open, finished: str) -> None:
    page = app("study", study="nowhere")
    assert not page.exception
    assert "no study 'nowhere'" in page.error[0].value
    assert finished in page.error[0].value


def test_without_a_study_in_the_link_one_is_chosen(app: Open, finished: str, foreign: str) -> None:
    page = app("study")
    page.selectbox(key="choose_study").select(foreign)
    page.button(key="open_chosen").click().run()
    assert page.title[0].value == foreign


def test_without_any_study_the_page_says_what_to_do(app: Open) -> None:
    page = app("study")
    assert not page.exception
    assert "no study yet" in page.info[0].value
