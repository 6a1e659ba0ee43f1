"""Under which host names the servers answer.

A page on the internet can have its own name lead to this machine (DNS rebinding). Its scripts then reach a server here
as if it were their own, and only the Host header, which they cannot change, tells that they are strangers.
"""

import ipaddress
import os
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from backend.errors import UserError

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

HOSTS_VARIABLE: Final = "PROXYSCOPE_ALLOWED_HOSTS"
_OPTION: Final = "server.allowedHosts"
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_NAME: Final = re.compile(r"\*|(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?", re.I)
_REFUSED: Final = (
    "host: this server does not answer under the name in the address bar. Open it as localhost on its own machine, or "
    f"ask whoever runs it to add the name to {HOSTS_VARIABLE}.\n"
)


def parse_hosts(text: str) -> list[str]:
    """The host names of a comma-separated list.

    Raises:
        UserError: one is no host name.
    """
    return [_host(part.strip()) for part in text.split(",") if part.strip()]


def allow_hosts() -> None:
    """Have this process answer only under the configured names: by default loopback's, and those of the environment.

    Raises:
        UserError: the environment names what is no host.
    """
    named = parse_hosts(os.environ.get(HOSTS_VARIABLE, ""))

    def extend() -> None:
        # Streamlit takes an empty list, which it finds outside of the project's folder, for every name.
        configured = config.get_option(_OPTION) or _LOOPBACK
        config.set_option(_OPTION, [*configured, *named])

    extend()
    # The configuration is read again when its file changes.
    config.on_config_parsed(extend, force_connect=True)


class AllowedHosts:
    """ASGI middleware that refuses every request and websocket under another name.

    Streamlit's own check is of websockets alone; pages, uploads and downloads are checked here.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] == "lifespan" or is_host_allowed(Headers(scope=scope).get("host")):
            await self._app(scope, receive, send)
        else:
            await PlainTextResponse(_REFUSED, status_code=400)(scope, receive, send)


def with_allowed_hosts(app: "WSGIApplication") -> "WSGIApplication":
    """A WSGI application that refuses every request under another name."""

    def checked(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if is_host_allowed(environ.get("HTTP_HOST")):
            return app(environ, start_response)
        start_response("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8")])
        return [_REFUSED.encode()]

    return checked


def _host(text: str) -> str:
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        if _NAME.fullmatch(text):
            return text
    raise UserError(
        f"{HOSTS_VARIABLE}: {text[:60]!r} is not a host name; give names without scheme, port and path, separated by "
        "commas, such as proxyscope.lab.org or *.lab.org"
    )
