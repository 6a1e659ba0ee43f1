"""What the dashboard does without a browser: ``python -m dashboard report STUDY``, or ``optuna``, beside it."""

from pathlib import Path
from typing import Annotated

import typer
from streamlit.logger import set_log_level

from backend.cli import main
from backend.cli.options import given_path
from backend.cli.terminal import console
from backend.errors import UserError
from backend.naming import file_name

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.callback()
def dashboard() -> None:
    """The dashboard's commands; the dashboard itself is started with ``make app``."""


@app.command()
def report(
    study: Annotated[str, typer.Argument(help="name of the study")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", parser=given_path, metavar="FILE", help="file to write; STUDY.html if left out"),
    ] = None,
) -> None:
    """Write a study's charts, best trials, configuration and versions as one HTML file."""
    # Streamlit warns of each cache that no server holds.
    set_log_level("error")
    from backend.proxies.own import load_user_proxies  # noqa: PLC0415
    from backend.spaces.own import load_user_spaces  # noqa: PLC0415
    from dashboard.data import queries  # noqa: PLC0415
    from dashboard.report import study_report  # noqa: PLC0415

    path = output or Path(f"{file_name(study)}.html")
    load_user_proxies()
    load_user_spaces()
    page = study_report(queries.find_study(study))
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UserError(f"--output: cannot write {path}: {error.strerror}") from None
    console.print(f"wrote {path}", soft_wrap=True)


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

    from backend.storage.database import open_database  # noqa: PLC0415
    from dashboard.server.hosts import allow_hosts, with_allowed_hosts  # noqa: PLC0415

    allow_hosts()
    database = open_database()
    if not database.read_only:
        # Whoever takes a note there writes.
        database.prepare()
    console.print(f"optuna-dashboard of {database}: http://{host}:{port}/dashboard", soft_wrap=True)
    run(with_allowed_hosts(wsgi(database.storage)), host=host, port=port)


if __name__ == "__main__":
    main(app)
