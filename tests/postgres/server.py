"""A real PostgreSQL server on a free loopback port, with its data in a temporary folder."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL

from tests.browser.app import free_port

USER, PASSWORD = "proxyscope", "kept-secret"
_START_SECONDS = 60
_SETTINGS = {"fsync": "off", "max_connections": "200", "unix_socket_directories": ""}


def find_programs() -> Path | None:
    """The folder of ``initdb`` and ``postgres``: Debian's, the newest version first, else that on the path."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = debian[-1] if debian else shutil.which("initdb")
    return Path(found).parent if found else None


class Server:
    """A server that can be stopped and started again, as one that is lost for a while.

    Args:
        programs: as :func:`find_programs` gives it.
        folder: an empty one, which the server's account owns.
        address: of this machine, at which it listens.
        settings: by name, beside and instead of those of the tests.
    """

    def __init__(
        self,
        programs: Path,
        folder: Path,
        address: str = "127.0.0.1",
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._programs, self._data = programs, folder / "data"
        self._log, self._process = folder / "server.log", None
        self.address, self.port = address, free_port()
        self._settings = {**_SETTINGS, "listen_addresses": address, **settings}
        secret = folder / "password"
        secret.write_text(PASSWORD)
        own = ["--username", USER, "--pwfile", str(secret), "--auth", "scram-sha-256", "--no-sync"]
        initdb = [str(programs / "initdb"), "--pgdata", str(self._data), "--encoding", "UTF8", "--locale", "C", *own]
        subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **_account())
        with (self._data / "pg_hba.conf").open("a") as access:
            access.write("host all all samenet scram-sha-256\n")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(self._programs / "postgres"), "-D", str(self._data), "-p", str(self.port), *settings]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self._data.parent, start_new_session=True, **_account()
            )
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self._connect().close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"PostgreSQL did not start:\n{self._log.read_text()}") from None
                time.sleep(0.1)

    @property
    def pid(self) -> int:
        """Of the process that all the server's others are children of."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        """Stop it at once; those who are connected lose their connections."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=60)
            self._process = None

    def create(self, template: str | None = None) -> str:
        """Make a database; returns its URL.

        Args:
            template: URL of the database to copy, to which nobody is connected; None makes an empty one.
        """
        name = f"study_{uuid4().hex[:12]}"
        source = template.rpartition("/")[2] if template else "template1"
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._execute(create.format(sql.Identifier(name), sql.Identifier(source)))
        url = URL.create("postgresql+psycopg", USER, PASSWORD, self.address, self.port, name)
        return url.render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Delete a database, whoever is connected to it."""
        name = sql.Identifier(url.rpartition("/")[2])
        self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))

    def _execute(self, statement: sql.Composed) -> None:
        with self._connect() as connection:
            connection.execute(statement)

    def _connect(self) -> psycopg.Connection:
        where = {"host": self.address, "port": self.port, "dbname": "postgres"}
        return psycopg.connect(**where, user=USER, password=PASSWORD, connect_timeout=5, autocommit=True)


@contextmanager
def running_server(
    programs: Path, address: str = "127.0.0.1", settings: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Server]:
    """A server of this process's own; it and its data are gone afterwards.

    Args:
        programs: as :func:`find_programs` gives it.
        address: of this machine, at which it listens.
        settings: by name, beside and instead of those of the tests.
    """
    folder = Path(tempfile.mkdtemp(prefix="proxyscope-postgres-"))
    server = None
    try:
        if account := _account():
            os.chown(folder, account["user"], account["group"])
        server = Server(programs, folder, address, settings)
        server.start()
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _account() -> dict[str, int]:
    """PostgreSQL refuses to be run by root: there it runs under Debian's account for it, else as nobody."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    entry = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid}
