"""The list of studies as the command line prints it."""

from collections.abc import Iterable
from typing import Any

from rich.table import Column, Table

from backend.cli.terminal import Terminal
from backend.naming import LONGEST_SHOWN, shortened
from backend.studies import StudySummary

_LONGEST_CELL = 400


def print_studies(console: Terminal, summaries: list[StudySummary]) -> None:
    """Print the list of studies."""
    if not summaries:
        console.print("no study yet: `python -m backend search` makes one")
        return
    table = Table(
        Column("study", overflow="fold"),
        "state",
        "done",
        "data set",
        "sampler",
        Column("objectives", overflow="fold"),
        "created (UTC)",
    )
    for item in summaries:
        record = study_record(item)
        done = f"{record['done']}/{record['asked']}" if item.run else str(item.trials)
        created = f"{item.created:%Y-%m-%d %H:%M}" if item.created else "–"
        architectures = [item.name, record["state"], done, record["dataset"] or "–", record["sampler"] or "–"]
        architectures += [", ".join(item.objectives), created]
        table.add_row(*(shortened(architecture, _LONGEST_CELL) for architecture in architectures))
    console.print(table)
    print_problems(console, summaries)


def print_problems(console: Terminal, summaries: Iterable[StudySummary]) -> None:
    """Print what is wrong with the search files of studies, a line each."""
    for item in summaries:
        if item.file_problem:
            line = f"{shortened(item.name, LONGEST_SHOWN)}: {shortened(item.file_problem, _LONGEST_CELL)}"
            console.print(line, style="yellow", soft_wrap=True)


def study_record(item: StudySummary) -> dict[str, Any]:
    """A study of the list as JSON types."""
    run = item.run
    return {
        "name": item.name,
        "state": run.state if run else "made elsewhere",
        "message": run.message if run else "",
        "done": run.done if run else None,
        "asked": run.asked if run else None,
        "trials": item.trials,
        "dataset": item.dataset,
        "sampler": item.sampler,
        "constraints": item.constraints,
        "objectives": dict(zip(item.objectives, item.directions, strict=True)),
        "created": item.created.isoformat() if item.created else None,
        "problem": item.file_problem or None,
    }
