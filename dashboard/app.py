"""The entry point: run it with ``streamlit run dashboard/app.py``.

The server imports this file once for its application; for every visitor Streamlit then runs it as the main module.
"""

import sys
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

# Streamlit puts this file's folder on the path; the packages stand one above.
_ROOT = str(Path(__file__).parents[1])
if _ROOT not in sys.path:
    sys.path.append(_ROOT)

from backend.cli.terminal import complain  # noqa: E402
from backend.errors import UserError  # noqa: E402
from dashboard.server.hosts import AllowedHosts, allow_hosts  # noqa: E402

if __name__ == "__main__":
    # The pages' caches are made with the server that holds them, which is not there yet when it imports this file.
    from dashboard.pages import show

    show()
else:
    try:
        allow_hosts()
    except UserError as error:
        complain(f"error: {error}")
        sys.exit(2)
    app = st.App(__file__, middleware=[Middleware(AllowedHosts)])
