"""All pages with studies of spaces that were trained on other images than networks are scored on, for several tasks."""

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

SPACES = {"transnas_macro": "jigsaw", "transnas_micro": "normal"}
"""And what the study of each is compared with."""
OF_ANOTHER_SPACE = re.compile(r"NAS-Bench-201|NAS-Bench-Macro|15,625|6,561|\bN = 5|HW-NAS-Bench")
CELL = re.compile(r"\b[Cc]ells?\b|\b[Ee]dges?\b")

Open = Callable[..., AppTest]


def search(space: str, truth: str) -> SearchConfig:
    """The search that is shipped, with fewer trials on fewer and smaller images."""
    text = (CONFIGS / f"{space}.toml").read_text(encoding="utf-8")
    for shipped, given in (
        ("n_trials = 40", "n_trials = 12"),
        ("num_samples = 8", "num_samples = 2"),
        ("image_size = 64", "image_size = 16"),
        ('truth = "class_scene"', f'truth = "{truth}"'),
    ):
        assert shipped in text
        text = text.replace(shipped, given)
    # Narrow networks, as the widest have fifty million weights.
    text = re.sub(
        r"module_([2-6]) = \[(0?).*\]", lambda found: f"module_{found[1]} = [1, 3{', 0' * bool(found[2])}]", text
    )
    text = re.sub(r"module_1 = .*", "module_1 = [2]", text)
    text = re.sub(r"(edge_\w+) = .*", r"\1 = [0, 1, 2]", text)
    return SearchConfig.from_toml(text)


@pytest.fixture(scope="session")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with a search of each space, compared with a task of its own."""
    folder = tmp_path_factory.mktemp("transnas")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROXYSCOPE_HOME", str(folder))
        patch.delenv("PROXYSCOPE_STORAGE", raising=False)
        database = open_database()
        database.prepare()
        for space, truth in SPACES.items():
            prepare(database, search(space, truth), space)
            execute_run(database, space)
    return folder


@pytest.fixture(scope="module")
def pages(searched: Path) -> Iterator[Open]:
    """Opens a page of that installation by its link, and checks that nothing on it is an exception."""
    with opened_pages(searched) as open_page:
        yield open_page


def checked(page: AppTest, space: str) -> str:
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
    if space == "transnas_macro":
        assert CELL.findall(text) == []
    return text


VIEWS: tuple[tuple[str, dict[str, str]], ...] = (
    ("transnas_macro", {}),
    ("transnas_micro", {}),
    ("transnas_macro", {"curve": "accuracy"}),
    ("transnas_micro", {"curve": "accuracy"}),
    ("transnas_macro", {"cell": "100"}),
    ("transnas_micro", {"cell": "100"}),
    ("transnas_macro", {"view": "settings"}),
    ("transnas_micro", {"view": "settings"}),
    ("transnas_macro", {"view": "trials"}),
    ("transnas_micro", {"view": "ensemble"}),
    ("transnas_macro", {"view": "parallel"}),
)


@pytest.mark.parametrize(("space", "link"), VIEWS, ids=str)
def test_every_view_of_a_study_is_shown(pages: Open, space: str, link: dict[str, str]) -> None:
    text = checked(pages("study", study=space, **link), space)
    assert f"cifar10 · truth: {SPACES[space]}" in text
    if not link:
        expected = {"jigsaw": ("true accuracy", "10 epochs"), "normal": ("SSIM", "30 epochs")}[SPACES[space]]
        assert all(word in text for word in expected)


@pytest.mark.parametrize("space", SPACES)
def test_proxies_are_ranked_by_any_task(pages: Open, space: str) -> None:
    own = {"jigsaw": "True validation accuracy, jigsaw, 10 epochs (%)", "normal": "True SSIM, normal, 30 epochs"}
    assert own[SPACES[space]] in checked(pages("proxies", study=space), space)
    text = checked(pages("proxies", study=space, dataset="room_layout"), space)
    assert "True minus MSE, room_layout, 25 epochs" in text


def test_an_ensemble_is_fitted_and_carried_to_another_task(pages: Open) -> None:
    space = "transnas_micro"
    text = checked(pages("ensemble", study=space, model="ridge", graph="yes", to="autoencoder"), space)
    assert "fitted on normal" in text
    assert "nan" not in text


def test_studies_of_two_tasks_are_compared_as_far_as_they_can_be(pages: Open) -> None:
    checked(pages("compare", study=list(SPACES)), "transnas_micro")
    assert "on jigsaw" in checked(pages("compare", study=["transnas_macro"]), "transnas_macro")


@pytest.mark.parametrize(
    ("space", "link"),
    [
        ("transnas_macro", {}),
        ("transnas_micro", {"dataset": "room_layout"}),
        ("transnas_macro", {"dataset": "jigsaw", "chart": "cost"}),
        ("transnas_micro", {"chart": "datasets", "dataset": "class_scene", "against": "autoencoder"}),
    ],
    ids=str,
)
def test_the_whole_space_is_shown_with_what_its_numbers_are(pages: Open, space: str, link: dict[str, str]) -> None:
    text = checked(pages("benchmark", space=space, **link), space)
    assert "each trained on 7 data sets" in text
    assert "validation images of Taskonomy" in text
    of_task = {"room_layout": "minus sign", "jigsaw": "1,000 permutations"}
    assert of_task.get(link.get("dataset", ""), "last epoch") in text


@pytest.mark.parametrize("space", SPACES)
def test_an_architecture_of_the_benchmark_has_all_seven_results(pages: Open, space: str) -> None:
    page = pages("benchmark", space=space, view="cell", cell="1000", dataset="room_layout")
    checked(page, space)
    places = next(box.value for box in page.dataframe if "percentile" in box.value and "gap" in box.value)
    assert len(places) == 7
    assert sorted(places["epochs"].unique()) == [10, 25, 30]


@pytest.mark.parametrize("space", SPACES)
def test_a_study_has_its_place_in_the_space(pages: Open, space: str) -> None:
    page = pages("benchmark", view="study", study=space, space=space)
    assert "Distance to the optimum" in checked(page, space)
    distances = next(box.value for box in page.dataframe if "optimum_cell" in box.value)
    assert len(distances) == 7


@pytest.mark.parametrize("space", SPACES)
def test_the_form_chooses_the_truth_and_launches_the_search(pages: Open, space: str) -> None:
    page = pages("new_search", space=space)
    page.multiselect(key="search_proxies").set_value(["snip", "l2_norm"]).run()
    page.selectbox(key="search_truth").select("jigsaw").run()
    checked(page, space)
    first = registry.get(space).parameters[0].name  # type: ignore[attr-defined]
    page.pills(key=f"search_{first}").set_value([3]).run()
    page.text_input(key="search_image_size").set_value("16").run()
    page.text_input(key="search_n_trials").set_value("2").run()
    page.text_input(key="search_num_samples").set_value("2").run()
    page.text_input(key="study_name").set_value(f"{space} from the form").run()
    page.checkbox(key="leave_to_worker").check().run()
    page.button(key="launch").click().run()
    assert not page.exception
    assert [box.value for box in page.error] == []
    summary = queries.find_study(f"{space} from the form")
    assert summary.config
    assert (summary.dataset, summary.trained_on, summary.config.runner.nasbench_epochs) == ("cifar10", "jigsaw", 10)
    database = open_database()
    execute_run(database, summary.name)
    frame = trials_frame(load_study(database, summary.name))
    assert frame["10:jigsaw"].notna().all()
    assert frame[first].nunique() == 1


@pytest.mark.parametrize("space", SPACES)
def test_a_study_is_cloned_reported_and_carried_to_another_installation(
    pages: Open, space: str, tmp_path: Path
) -> None:
    name = space
    page = pages("new_search", study=name)
    checked(page, space)
    assert page.selectbox(key="search_truth").value == SPACES[space]
    assert page.text_input(key="search_image_size").value == "16"
    body = re.sub(r"<script.*?</script>", "", study_report(queries.find_study(name)), flags=re.DOTALL)
    assert SPACES[space] in body
    assert not OF_ANOTHER_SPACE.search(body)
    database, file = open_database(), tmp_path / "study.db"
    export_studies(database, [name], file)
    other = open_database(f"sqlite:///{tmp_path / 'other.db'}")
    other.prepare()
    with opened_file(file, other) as source:
        import_studies(source, other, read_contents(source), file.name)
    assert trials_frame(load_study(other, name)).equals(trials_frame(load_study(database, name)))
