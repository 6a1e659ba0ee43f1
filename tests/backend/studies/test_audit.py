"""Who did what is kept: in order, with whom and from where, also of studies that are gone."""

from dataclasses import replace

from backend.search import launch
from backend.search.execution import execute_run
from backend.studies import Database, audit, delete_study, rename_study
from tests.conftest import cheap_config


def test_each_change_leaves_a_line_that_outlives_its_study(database: Database) -> None:
    ann = replace(database, actor="ann@lab.org", via="page")
    launch.prepare(ann, cheap_config(), "a")
    execute_run(database, "a")
    launch.requeue(database, "a", trials=20)
    launch.stop(ann, "a")
    rename_study(database, "a", "b")
    delete_study(ann, "b")
    lines = audit.entries(database)[::-1]
    assert [(line.action, line.study, line.detail) for line in lines] == [
        ("launch", "a", ""),
        ("resume", "a", "20 trials"),
        ("stop", "a", ""),
        ("rename", "a", "to b"),
        ("delete", "b", ""),
    ]
    assert [line.via for line in lines] == ["page", "command line", "page", "command line", "page"]
    assert lines[0].who == "ann@lab.org"
    assert "@" in lines[1].who
    assert all(line.time.tzinfo is not None for line in lines)
