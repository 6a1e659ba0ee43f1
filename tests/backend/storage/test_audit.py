"""Who did what is kept: in order, with whom and from where, also of studies that are gone."""

from dataclasses import replace
from pathlib import Path

from backend.runs import launch
from backend.runs.execute import execute_run
from backend.sharing.contents import read_contents
from backend.sharing.export import export_studies
from backend.sharing.inspection.opening import opened_file
from backend.sharing.transfer import import_studies
from backend.storage import audit
from backend.storage.database import Database, open_database
from backend.studies import delete_study, rename_study
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


def test_an_import_leaves_a_line_here_and_none_in_the_file(database: Database, tmp_path: Path) -> None:
    launch.prepare(database, cheap_config(), "theirs")
    export_studies(database, ["theirs"], tmp_path / "theirs.db")
    other = open_database(f"sqlite:///{tmp_path / 'other.db'}")
    with opened_file(tmp_path / "theirs.db") as source:
        import_studies(source, other, read_contents(source), "theirs.db")
    assert [(entry.action, entry.study) for entry in audit.entries(other)] == [("import", "theirs")]
    assert audit.entries(open_database(f"sqlite:///{tmp_path / 'theirs.db'}")) == []
