"""The command line: ``python -m backend COMMAND``.

Exit status: 0 done, 2 bad input (one line on standard error), 1 anything else.
"""

import sys

import typer

from backend.cli import ensembles, recommendations, scores, searches, studies, truth
from backend.errors import UserError
from backend.search.runner import SearchFailedError

app = typer.Typer(
    help="Zero-cost neural architecture search on NAS-Bench-201.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (
    searches.search,
    searches.run,
    scores.score,
    scores.sweep,
    scores.correlate,
    ensembles.ensemble,
    ensembles.import_ensemble,
    recommendations.recommend,
    truth.truth,
    truth.import_benchmark,
):
    app.command()(command)
app.add_typer(studies.app, name="studies")


def main() -> None:
    """Run the command line; a user's error becomes one line and exit status 2, a failed search 1."""
    try:
        app()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except SearchFailedError as error:
        print(f"failed: {error}", file=sys.stderr)
        sys.exit(1)
