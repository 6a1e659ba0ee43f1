"""PgBouncer in front of a server: many clients on a few of the server's connections."""

import pwd
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from tests.browser.app import free_port
from tests.postgres.server import PASSWORD, USER, Server

_POOL = 16


@contextmanager
def pooled(server: Server) -> Iterator[Callable[[str], str]]:
    """PgBouncer, as Debian installs it; yields what makes a URL through it of one of the server's."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="pooler-") as name:
        folder = Path(name)
        (folder / "users").write_text(f'"{USER}" "{PASSWORD}"\n')
        (folder / "settings").write_text(f"""[databases]
* = host={server.address} port={server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder / "users"}
pool_mode = transaction
default_pool_size = {_POOL}
max_client_conn = 5000
logfile = {folder / "log"}
""")
        account = pwd.getpwnam("postgres")
        for path in (folder, *folder.iterdir()):
            path.chmod(0o755)
        folder.chmod(0o777)
        command = ["pgbouncer", "-q", str(folder / "settings")]
        with subprocess.Popen(command, user=account.pw_uid, group=account.pw_gid, cwd=folder) as process:
            try:
                _wait_until_it_answers(port)
                yield lambda url: _through(url, port)
            finally:
                process.terminate()


def _through(url: str, port: int) -> str:
    parsed = make_url(url).set(host="127.0.0.1", port=port).update_query_dict({"prepare_threshold": "none"})
    return parsed.render_as_string(hide_password=False)


def _wait_until_it_answers(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            where = {"host": "127.0.0.1", "port": port, "dbname": "postgres"}
            psycopg.connect(**where, user=USER, password=PASSWORD, connect_timeout=5).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return
