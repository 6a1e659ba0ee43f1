"""Pages of a space too large to list, of which a sample was trained: with searches of all of it, and of the sample."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from backend.config.model import SearchConfig
from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.spaces.accel_nasbench.table import means
from backend.storage.database import open_database
from backend.studies import load_study, trials_frame
from tests.dashboard.toy_pages import opened_pages, said

SPACE = "accel_nasbench"
SEARCH = """
[search.search_space]
name = "accel_nasbench"
image_size = 32
architectures = "{which}"
[search.strategy.sw_runner.zero_cost]
metrics = ["l2_norm", "params"]
num_samples = 2
[search.strategy.setup]
n_trials = 8
sampler = "random"
[search.strategy.metrics]
l2_norm.scale = 1.0
params = {{ scale = 1.0, direction = "minimize" }}
{more}
"""
OF_ANOTHER_SPACE = ("15,625", "6,561", "HW-NAS-Bench has")

Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with a search of all architectures, and one of those that were trained."""
    folder = tmp_path_factory.mktemp(SPACE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROXYSCOPE_HOME", str(folder))
        patch.delenv("PROXYSCOPE_STORAGE", raising=False)
        database = open_database()
        database.prepare()
        for which, more in (("all", ""), ("table", '"throughput:a100".scale = 1.0')):
            prepare(database, SearchConfig.from_toml(SEARCH.format(which=which, more=more)), which)
            execute_run(database, which)
    return folder


@pytest.fixture(scope="module")
def pages(searched: Path) -> Iterator[Open]:
    with opened_pages(searched) as open_page:
        yield open_page


def checked(page: AppTest) -> str:
    """What the page says, after checks that it has no error and no word of another space."""
    assert [box.value for box in page.error] == []
    text = said(page)
    assert not [word for word in OF_ANOTHER_SPACE if word in text]
    return text


@pytest.mark.parametrize("view", ["overview", "parallel", "settings", "trials"])
def test_a_studys_views(pages: Open, view: str) -> None:
    checked(pages("study", study="table", view=view))


def test_a_trial_of_all_architectures_says_that_it_is_not_in_the_table(pages: Open) -> None:
    assert "this architecture is not in Accel-NASBench's table" in checked(pages("study", study="all"))
    assert "not in Accel-NASBench's table" not in checked(pages("study", study="table"))


def test_a_search_of_the_trained_ones_meets_their_truth_and_their_devices(searched: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROXYSCOPE_HOME", str(searched))
        trials = {name: trials_frame(load_study(open_database(), name)) for name in ("all", "table")}
    of_table = trials["table"]
    assert of_table["16:valid-accuracy"].tolist() == means().loc[of_table["architecture"], "val_top1"].tolist()
    measured = means().loc[of_table["architecture"], "throughput_a100"]
    assert of_table["throughput:a100"].tolist() == measured.tolist()
    assert trials["all"]["16:valid-accuracy"].isna().all()


def test_the_benchmark_of_the_sample(pages: Open) -> None:
    text = checked(pages("benchmark", space=SPACE))
    assert "5,125 architectures, the trained ones of a space that cannot be listed" in text
    checked(pages("benchmark", space=SPACE, chart="cost", cost="throughput:a100"))
    checked(pages("benchmark", space=SPACE, view="cell"))
    unknown = pages("benchmark", space=SPACE, view="cell", cell="_".join(["e1k3l1se1"] * 7))
    assert "Accel-NASBench did not train it" in checked(unknown)
    checked(pages("benchmark", view="study", study="table"))
    checked(pages("benchmark", view="study", study="all"))


@pytest.mark.slow
def test_the_other_pages(pages: Open) -> None:
    assert "184" in checked(pages("proxies", table="accel_nasbench-ImageNet16-120"))
    checked(pages("proxies", study="table"))
    checked(pages("ensemble", study="table"))
    checked(pages("compare", study=["all", "table"]))
    checked(pages("new_search", space=SPACE))
    assert "Accel-NASBench" in said(pages("proxies", view="spaces"))
