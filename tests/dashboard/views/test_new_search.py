import re
from collections.abc import Callable

import optuna
import pytest
from streamlit.testing.v1 import AppTest

from backend.config.model import SearchConfig
from backend.runs import queue
from backend.storage.database import Database
from backend.studies import list_studies
from tests.conftest import CONFIGS
from tests.dashboard.conftest import Config
from tests.dashboard.markdown import as_read

Open = Callable[..., AppTest]


@pytest.fixture
def form(app: Open, database: Database) -> AppTest:
    return app("new_search")


def problems(form: AppTest) -> str:
    return as_read("\n".join(box.value for box in form.error))


def test_the_form_begins_with_an_example_that_can_be_launched(form: AppTest) -> None:
    assert not form.exception
    assert not form.error
    assert not form.button(key="launch").disabled
    assert form.selectbox(key="search_dataset").value in {"cifar10", "ImageNet16-120"}


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("search_n_trials", "0", "search.strategy.setup.n_trials: should be at least 1 (got 0)"),
        ("search_num_samples", "100000", "num_samples: 100000 is more than the 1000 images there are"),
        ("search_num_samples", "2.7", "num_samples: should be a whole number (got 2.7)"),
        ("search_num_samples", "99999999999999999999", "num_samples: should be a whole number"),
        ("search_timeout", "1e400", "search.strategy.setup.timeout: should be a finite number (got inf)"),
        ("search_n_trials", "many", "search.strategy.setup.n_trials: should be a whole number (got 'many')"),
        ("search_seed", "", "search.strategy.setup.seed: this field is empty; give a value"),
    ],
)
def test_a_wrong_number_is_said_and_keeps_the_search_back(form: AppTest, key: str, value: str, words: str) -> None:
    form.selectbox(key="search_dataset").select("cifar10").run()
    form.text_input(key=key).set_value(value).run()
    assert words in problems(form)
    assert form.button(key="launch").disabled
    assert any(":red[" in line.value for line in form.caption)


def test_mending_the_field_frees_the_launch(form: AppTest) -> None:
    form.text_input(key="search_C").set_value("sixteen").run()
    assert "config.C[0]" in problems(form)
    assert form.button(key="launch").disabled
    form.text_input(key="search_C").set_value("8, 16").run()
    assert not form.error
    assert not form.button(key="launch").disabled


def test_a_folder_without_the_data_is_named(form: AppTest) -> None:
    form.segmented_control(key="search_images").set_value("folder").run()
    assert form.button(key="launch").disabled
    form.text_input(key="search_folder").set_value("/no/such/folder").run()
    assert "/no/such/folder" in problems(form)
    assert form.button(key="launch").disabled


def test_a_malformed_name_is_said(form: AppTest) -> None:
    form.text_input(key="study_name").set_value("a\x1bb").run()
    assert "use 1 to 100 characters that can be seen" in problems(form)
    assert form.button(key="launch").disabled


def test_a_proxy_added_can_be_scaled_and_turned(form: AppTest) -> None:
    chosen = form.multiselect(key="search_proxies")
    chosen.set_value([*chosen.value, "ntk_cond"]).run()
    assert not form.error
    assert form.text_input(key="search_scale_ntk_cond").value == "1"
    assert form.selectbox(key="search_direction_ntk_cond").value == "minimize"


def test_one_operation_an_edge_leaves_one_cell(form: AppTest) -> None:
    for edge in ("op_1_0", "op_2_0", "op_2_1", "op_3_0", "op_3_1", "op_3_2"):
        form.pills(key=f"search_{edge}").set_value([2])
    form.run()
    assert any("leave **1** connected" in line.value for line in form.caption)


def test_the_sum_asks_for_its_direction(form: AppTest) -> None:
    form.segmented_control(key="search_goal").set_value("sum").run()
    assert form.segmented_control(key="search_sum_direction").value == "maximize"
    assert not form.button(key="launch").disabled


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda path: path.stem)
def test_an_uploaded_file_fills_the_form(form: AppTest, path: object) -> None:
    text = (CONFIGS / str(path)).read_bytes()
    config = SearchConfig.from_toml(text.decode())
    form.file_uploader(key="search_upload").upload("mine.toml", text, "application/toml").run()
    assert not form.exception
    assert "mine.toml fills the form" in form.success[0].value.replace("\\", "")
    assert form.selectbox(key="search_dataset").value == config.dataset
    assert form.text_input(key="search_n_trials").value == str(config.setup.n_trials)
    assert form.multiselect(key="search_proxies").value == config.proxy_names


@pytest.mark.parametrize(
    ("text", "words"),
    [("search = [", "not valid TOML"), ("[search.strategy.metrics]\nsnipp.scale = 1.0", "unknown proxy 'snipp'")],
)
def test_a_broken_file_is_refused_in_words_and_changes_nothing(form: AppTest, text: str, words: str) -> None:
    before = form.text_input(key="search_n_trials").value
    form.file_uploader(key="search_upload").upload("mine.toml", text.encode(), "application/toml").run()
    assert words in problems(form)
    assert form.text_input(key="search_n_trials").value == before


def test_a_cost_is_chosen_bounded_and_counted(form: AppTest) -> None:
    form.multiselect(key="search_hardware").set_value(["latency:raspi4", "energy:edgegpu"]).run()
    assert form.text_input(key="search_scale_latency:raspi4").value == "0"
    assert form.selectbox(key="search_direction_latency:raspi4").value == "minimize"
    form.selectbox(key="search_dataset").select("cifar10")
    form.text_input(key="search_bound_latency:raspi4").set_value("15").run()
    assert not form.exception
    assert not form.error
    assert any("**3,361** of 15,284 connected networks keep them" in line.value for line in form.caption)
    shown = next(block.value for block in form.code if "[search" in block.value)
    assert [str(item) for item in SearchConfig.from_toml(shown).constraints] == ["latency:raspi4 <= 15"]
    form.text_input(key="search_floor_latency:raspi4").set_value("16").run()
    assert "latency:raspi4 >= 16 ms: no cell of the search space keeps it together with" in problems(form)


@pytest.mark.parametrize(
    ("bound", "words"),
    [
        ("fast", "constraints[0]: 'fast' is no bound of latency:raspi4; give a finite number above 0 (ms)"),
        ("0.1", "latency:raspi4 <= 0.1 ms: no cell of the search space keeps it; the smallest latency:raspi4 there is"),
    ],
)
def test_a_bound_that_cannot_be_kept_holds_the_search_back(form: AppTest, bound: str, words: str) -> None:
    form.multiselect(key="search_hardware").set_value(["latency:raspi4"]).run()
    form.text_input(key="search_bound_latency:raspi4").set_value(bound).run()
    assert not form.exception
    assert words in problems(form)
    assert form.button(key="launch").disabled
    assert any(":red[" in line.value for line in form.caption)


def test_another_size_has_no_latency(form: AppTest) -> None:
    form.multiselect(key="search_hardware").set_value(["latency:raspi4"]).run()
    form.text_input(key="search_C").set_value("8").run()
    assert "nas_zero_cost.config.C: latency:raspi4: measured for networks with C = 16 and N = 5 only" in problems(form)
    assert form.button(key="launch").disabled


def test_a_size_that_is_a_proxy_too_has_one_scale(form: AppTest) -> None:
    form.multiselect(key="search_proxies").set_value(["naswot_relu", "params"])
    form.multiselect(key="search_hardware").set_value(["params"]).run()
    form.text_input(key="search_bound_params").set_value("300000").run()
    assert not form.exception
    assert not form.error
    assert any("as a proxy" in line.value for line in form.caption)


def test_the_file_shown_is_the_search_of_the_form(form: AppTest) -> None:
    form.text_input(key="search_n_trials").set_value("7").run()
    shown = next(block.value for block in form.code if "[search" in block.value)
    assert SearchConfig.from_toml(shown).setup.n_trials == 7


def test_a_taken_name_is_said_and_nothing_is_made(form: AppTest, finished: str, database: Database) -> None:
    form.text_input(key="study_name").set_value(finished).run()
    assert f"the name '{finished}' is taken" in problems(form)
    assert form.button(key="launch").disabled
    assert optuna.get_all_study_names(database.storage) == [finished]


def test_what_was_typed_survives_a_visit_to_another_page(form: AppTest, make_config: Config) -> None:
    form.text_input(key="search_n_trials").set_value("33").run()
    form.switch_page("views/studies/page.py").run()
    form.switch_page("views/new_search/page.py").run()
    assert form.text_input(key="search_n_trials").value == "33"


def test_problems_of_this_machine_stand_beside_those_of_the_form(form: AppTest) -> None:
    form.selectbox(key="search_dataset").select("cifar10")
    form.text_input(key="search_num_samples").set_value("100000")
    form.text_input(key="search_device").set_value("cuda:99")
    form.text_input(key="search_n_trials").set_value("0").run()
    said = problems(form)
    assert "Fix 3 problems to launch" in said
    assert "n_trials: should be at least 1" in said
    assert "device: device 'cuda:99': this machine has none; valid here: auto" in said
    assert "num_samples: 100000 is more than the 1000 images there are" in said


def test_noise_has_a_largest_batch_too(form: AppTest) -> None:
    form.segmented_control(key="search_images").set_value("random")
    form.text_input(key="search_num_samples").set_value("9000000").run()
    assert "give at most 8192" in problems(form)
    assert form.button(key="launch").disabled


def test_scores_can_come_from_a_table(form: AppTest) -> None:
    form.selectbox(key="search_dataset").select("cifar10")
    form.segmented_control(key="search_scores").set_value("table").run()
    assert not form.error
    assert form.text_input(key="search_num_samples").disabled
    assert form.text_input(key="search_device").disabled
    shown = next(block.value for block in form.code if "[search" in block.value)
    assert SearchConfig.from_toml(shown).runner.scores == "table"
    assert any("scores come from a table" in line.value for line in form.markdown)
    form.segmented_control(key="search_scores").set_value("file").run()
    form.text_input(key="search_scores_file").set_value("/no/such.parquet").run()
    assert "score table /no/such.parquet: no such file" in problems(form)
    assert form.button(key="launch").disabled


def test_the_distinct_cells_are_counted(form: AppTest) -> None:
    assert any("**15,284** connected cells of 15,625" in line.value for line in form.caption)
    assert any("**5,043** of the cells are distinct" in line.value for line in form.caption)


def test_seeds_queue_several_searches(form: AppTest, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.runs.queueing.start_worker", lambda _: None)
    form.selectbox(key="search_dataset").select("cifar10")
    form.text_input(key="study_name").set_value("mine")
    form.text_input(key="search_seeds").set_value("0-2, 7").run()
    assert form.button(key="launch").label == "Queue 4 searches"
    form.number_input(key="searches_at_once").set_value(2).run()
    form.button(key="launch").click().run()
    assert not form.exception
    assert optuna.get_all_study_names(database.storage) == [f"mine seed {seed}" for seed in (0, 1, 2, 7)]
    assert len(queue.waiting(database)) == 4
    assert queue.parallel(database) == 2


def test_a_search_can_be_left_to_workers(form: AppTest, database: Database) -> None:
    form.text_input(key="study_name").set_value("theirs")
    form.text_input(key="search_n_workers").set_value("4")
    form.checkbox(key="leave_to_worker").check().run()
    form.button(key="launch").click().run()
    assert not form.exception
    (study,) = list_studies(database)
    assert study.config is not None
    assert study.config.setup.n_workers == 4
    assert study.run is not None
    assert (study.run.state, study.run.pid) == ("queued", None)


def test_wrong_seeds_and_taken_names_of_seeds_are_said_before_the_click(form: AppTest, database: Database) -> None:
    optuna.create_study(storage=database.storage, study_name="mine seed 1")
    form.text_input(key="study_name").set_value("mine")
    form.text_input(key="search_seeds").set_value("0-9").run()
    assert "the name 'mine seed 1' is taken" in problems(form)
    assert form.button(key="launch").disabled
    form.text_input(key="search_seeds").set_value("many").run()
    assert "seeds: 'many' is no seed" in problems(form)


@pytest.mark.slow
def test_the_time_is_estimated_from_earlier_searches(app: Open, finished: str) -> None:
    page = app("new_search", study=finished)
    assert any("cells scored on this machine" in line.value for line in page.markdown)
    assert not [button for button in page.button if button.key == "measure_time"]
    assert not any("another proxy adds" in line.value for line in page.caption)
    page.button(key="measure_again").click().run()
    assert not page.exception
    assert any("another proxy adds" in line.value for line in page.caption)
    assert any("cells scored on this machine" in line.value for line in page.markdown)


def test_the_time_can_be_measured(form: AppTest, make_config: Config) -> None:
    small = make_config(cells={"C": [4], "N": [1]}).to_toml().encode()
    form.file_uploader(key="search_upload").upload("small.toml", small, "application/toml").run()
    form.button(key="measure_time").click().run()
    assert not form.exception
    assert any("measured on 3 cells" in line.value for line in form.markdown)
    said = next(line.value for line in form.caption if "another proxy adds" in line.value)
    assert re.search(r"grad_norm \**\+\d+(\.\d)? m?s", as_read(said))
    assert any(line.value == "under 1 ms" for line in form.caption)  # l2_norm takes no pass
    form.multiselect(key="search_proxies").select("grad_norm").run()
    assert not form.exception
    assert any("with other proxies" in line.value for line in form.markdown)


def test_a_link_to_a_study_that_is_not_there_says_so_and_keeps_the_form(app: Open, database: Database) -> None:
    page = app("new_search", study="nowhere")
    assert not page.exception
    assert "no study 'nowhere'" in problems(page)
    assert not page.button(key="launch").disabled


def test_an_external_study_has_no_settings_to_clone(app: Open, foreign: str) -> None:
    assert "it is an external study" in problems(app("new_search", study=foreign))


def test_the_file_can_be_edited_and_a_wrong_one_is_refused(form: AppTest, make_config: Config) -> None:
    form.button(key="edit_file").click().run()
    assert "[search" in form.text_area(key="edited_file").value
