"""What the dashboard does without a browser: ``python -m dashboard report STUDY``, or ``optuna``, beside it."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from streamlit.logger import set_log_level

from backend.errors import UserError

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def dashboard() -> None:
    """The dashboard's commands; the dashboard itself is started with ``make app``."""


@app.command()
def report(
    study: Annotated[str, typer.Argument(help="name of the study")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="file to write; STUDY.html if left out")] = None,
) -> None:
    """Write a study's charts, best trials, configuration and versions as one HTML file."""
    # Streamlit warns of each cache that no server holds.
    set_log_level("error")
    from backend.studies.database import DATABASE_ERRORS, lost_in_words  # noqa: PLC0415
    from backend.user_proxies import load_user_proxies  # noqa: PLC0415
    from dashboard import queries  # noqa: PLC0415
    from dashboard.report import study_report  # noqa: PLC0415

    path = output or Path(f"{study}.html")
    try:
        load_user_proxies()
        path.write_text(study_report(queries.find_study(study)), encoding="utf-8")
    except UserError as error:
        typer.echo(str(error), err=True)
        sys.exit(error.exit_status)
    except DATABASE_ERRORS as error:
        typer.echo(lost_in_words(error), err=True)
        sys.exit(1)
    except OSError as error:
        typer.echo(f"output: cannot write {path}: {error.strerror}", err=True)
        sys.exit(2)
    typer.echo(f"wrote {path}")


@app.command()
def optuna(
    port: Annotated[int, typer.Option(min=1, max=65535, help="to listen on")] = 8080,
    host: Annotated[
        str, typer.Option(help="to listen on; it has no login, so others are kept out by default")
    ] = "127.0.0.1",
) -> None:
    """Serve the study database with optuna-dashboard; the password of its URL is in no process list."""
    from bottle import run  # noqa: PLC0415
    from optuna_dashboard import wsgi  # noqa: PLC0415

    from backend.studies import open_database  # noqa: PLC0415
    from dashboard.hosts import allow_hosts, with_allowed_hosts  # noqa: PLC0415

    try:
        allow_hosts()
        database = open_database()
        if not database.read_only:
            # Whoever takes a note there writes.
            database.prepare()
    except UserError as error:
        typer.echo(str(error), err=True)
        sys.exit(error.exit_status)
    typer.echo(f"optuna-dashboard of {database}: http://{host}:{port}/dashboard")
    run(with_allowed_hosts(wsgi(database.storage)), host=host, port=port)


if __name__ == "__main__":
    app()
