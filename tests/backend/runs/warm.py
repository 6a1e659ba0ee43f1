"""What each worker would import and find out when first needed: imported by the process that they are forked from."""

import alembic.command  # noqa: F401
import pyarrow.pandas_compat  # noqa: F401

import backend.cli.searches
import backend.runs.worker  # noqa: F401
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.network import build_network

_CELL = Cell.from_index(0).representative()
build_network(_CELL, 10, 1, 1)
