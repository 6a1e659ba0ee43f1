"""Commands that share studies: to a file, from a file, and between databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Column, Table

from backend.cli.options import JsonOption, StorageOption, given_path
from backend.cli.study_list import print_problems, study_record
from backend.cli.terminal import confirm, console
from backend.cli.values import print_json
from backend.errors import UserError
from backend.naming import LONGEST_SHOWN, shortened
from backend.storage.database import default_url, open_database, open_existing
from backend.studies import list_studies

if TYPE_CHECKING:
    from backend.sharing.copying import Copied
    from backend.sharing.preview import Arrival

NamesArgument = Annotated[list[str] | None, typer.Argument(metavar="[STUDY]…", help="Names of studies.")]
ScoresOption = Annotated[
    bool, typer.Option("--scores/--no-scores", help="Copy the stored scores of the studies' architectures too.")
]
_FROM, _TO = "--from", "--to"


def export(
    names: NamesArgument = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", parser=given_path, metavar="FILE", help="The file to write.")
    ] = Path("studies.db"),
    everything: Annotated[bool, typer.Option("--all", help="Export all studies.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    with_scores: ScoresOption = True,
    storage: StorageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write studies to one SQLite file that Optuna opens as it is, also while searches run."""
    from backend.sharing.export import export_studies  # noqa: PLC0415

    database = open_existing(storage)
    if everything == bool(names):
        raise UserError("study: name the studies to export, or give --all")
    chosen = [item.name for item in list_studies(database)] if everything else names or []
    summary = export_studies(database, chosen, output, force=force, with_scores=with_scores)
    if as_json:
        print_json(
            {"path": str(summary.path), "bytes": summary.size, "studies": [item._asdict() for item in summary.studies]}
        )
        return
    _print_copied(summary.studies)
    console.print(f"{summary.path}: {summary.size / 2**20:,.1f} MiB", soft_wrap=True)


def import_command(
    file: Annotated[
        Path,
        typer.Argument(
            parser=given_path, metavar="FILE", help="A file that `studies export` wrote, or any Optuna study database."
        ),
    ],
    study: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this study, also where it is here with other trials; repeatable."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    with_scores: ScoresOption = True,
    storage: StorageOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; nothing is copied without --yes.")] = False,
) -> None:
    """Check a file that somebody sent, show what is in it, and copy its studies into the database."""
    from backend.sharing.contents import find, read_contents  # noqa: PLC0415
    from backend.sharing.extras import left_out  # noqa: PLC0415
    from backend.sharing.inspection.opening import opened_file  # noqa: PLC0415
    from backend.sharing.preview import arrivals  # noqa: PLC0415
    from backend.sharing.transfer import import_studies  # noqa: PLC0415

    database = open_database(storage)
    with opened_file(file) as source:
        contents = read_contents(source)
        named = [find(contents, name) for name in dict.fromkeys(study or [])]
        found = arrivals(named or contents, database)
        coming = [item for item in found if item.status == "new" or (named and item.status != "here")]
        behind = left_out(source)
        if not as_json:
            _print_arrivals(found)
            _print_left_out(behind)
        if coming:
            database.check_writable()
        wanted = bool(coming) and (yes or (not as_json and _confirmed(len(coming))))
        chosen = [item.study for item in coming]
        copied = import_studies(source, database, chosen, file.name, with_scores=with_scores) if wanted else []
    if as_json:
        print_json(
            {
                "studies": [_record(item) for item in found],
                "ensembles_left_out": behind,
                "copied": [item._asdict() for item in copied],
            }
        )
    elif copied:
        _print_copied(copied)
    else:
        console.print("nothing was copied")


def copy(
    names: NamesArgument = None,
    source: Annotated[
        str | None, typer.Option(_FROM, metavar="URL", help="The database with the studies.", show_default="this one's")
    ] = None,
    target: Annotated[
        str | None, typer.Option(_TO, metavar="URL", help="The database to copy into.", show_default="this one's")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Copy all studies.")] = False,
    with_scores: ScoresOption = True,
    as_json: JsonOption = False,
) -> None:
    """Copy studies from one database into another, such as from the local file to a server, or back."""
    from backend.sharing.contents import find, read_contents  # noqa: PLC0415
    from backend.sharing.export import place_of  # noqa: PLC0415
    from backend.sharing.extras import left_out  # noqa: PLC0415
    from backend.sharing.source import snapshot  # noqa: PLC0415
    from backend.sharing.transfer import import_studies  # noqa: PLC0415

    if everything == bool(names):
        raise UserError("study: name the studies to copy, or give --all")
    if (source or default_url()) == (target or default_url()):
        raise UserError(f"{_FROM}, {_TO}: both are the same database; give the URL of another with one of them")
    origin, database = open_existing(source), open_database(target)
    with snapshot(origin) as snapped:
        contents = read_contents(snapped)
        chosen = contents[::-1] if everything else [find(contents, name) for name in dict.fromkeys(names or [])]
        behind = left_out(snapped)
        copied = import_studies(snapped, database, chosen, place_of(origin), with_scores=with_scores)
    if as_json:
        print_json({"ensembles_left_out": behind, "copied": [item._asdict() for item in copied]})
        return
    _print_left_out(behind)
    _print_copied(copied)
    if left := len(chosen) - len(copied):
        console.print(f"{left} already there")


def _confirmed(number: int) -> bool:
    return confirm(f"Copy {number} {'study' if number == 1 else 'studies'} into the database?")


def _print_arrivals(found: Sequence[Arrival]) -> None:
    table = Table(
        Column("study", overflow="fold"),
        "state",
        "trials",
        "data set",
        Column("objectives", overflow="fold"),
        Column("what would come of it", overflow="fold"),
    )
    for item in found:
        summary = item.study.summary
        state = summary.run.state if summary.run else "made elsewhere"
        architectures = [summary.name, state, f"{summary.trials:,}", summary.dataset or "–"]
        architectures += [", ".join(summary.objectives), item.status_words("here")]
        table.add_row(*(shortened(architecture, LONGEST_SHOWN) for architecture in architectures))
    console.print(table)
    print_problems(console, (item.study.summary for item in found))


def _print_left_out(behind: Mapping[str, str]) -> None:
    for name, why in behind.items():
        console.print(f"left out: ensemble {name!r}: {why}", soft_wrap=True)


def _print_copied(copied: Sequence[Copied]) -> None:
    for item in copied:
        more = [f"{item.trials:,} trials"]
        if item.ensembles:
            more.append(f"{item.ensembles} ensemble{'' if item.ensembles == 1 else 's'}")
        if item.scores:
            more.append(f"{item.scores:,} scores")
        console.print(f"{item.name}: {', '.join(more)}", soft_wrap=True)


def _record(item: Arrival) -> dict[str, Any]:
    """A study of a file as JSON types."""
    return {
        **study_record(item.study.summary),
        "status": item.status,
        "would_be": item.here if item.status == "here" else item.name,
        "here": item.here or None,
        "trials_here": item.trials_here if item.here else None,
    }
