"""What the project's programs would import and find out when first needed: imported by what they are forked from."""

import alembic.command  # noqa: F401
import plotly.graph_objects  # noqa: F401
import pyarrow.pandas_compat  # noqa: F401
import sklearn.ensemble  # noqa: F401
import streamlit.web.bootstrap
import streamlit.web.server.starlette.starlette_server  # noqa: F401

import backend.cli.searches
import backend.cli.studies
import backend.runs.worker
import backend.sharing  # noqa: F401
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.network import build_network

_CELL = Cell.from_index(0).representative()
build_network(_CELL, 10, 1, 1)
